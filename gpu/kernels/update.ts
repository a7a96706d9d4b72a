// Steps of optimizers: an elementwise program with several results, which overwrite its first inputs.
// Memory-bound: every tensor is read once, and the written ones are written once.
//
// An optimizer updates one parameter after another with the same program. As many of them as a shader may bind wait for one
// another and run in one dispatch (multi-tensor): the stream calls `runWaiting` before anything else happens.

import { u8 } from "../../bindings/core.ts";
import { type Bound, type Call, Compute, DType, floatBits, type Operand } from "../call.ts";
import { coalesce } from "../geometry.ts";
import { linear, type Stream } from "../stream.ts";
import { decode, print, type Program } from "../wgsl/printer.ts";
import type { Writer } from "../wgsl/writer.ts";

const GROUP = 256;

/** One pipeline's worth of an update over a number of dims. */
interface Variant {
  readonly key: string;
  readonly params: number;
  readonly code: (w: Writer) => void;
}
const variants = new Map<number, Variant>();

const operands: Operand[] = [];
const words: number[] = [];

/** Updates of one program that wait to run together. */
interface Waiting {
  readonly program: number;
  readonly outputs: number;
  readonly params: readonly number[];
  /** registers of the results */
  readonly outs: readonly number[];
  readonly items: { readonly operands: readonly Bound[]; readonly n: number }[];
}
const waiting = new WeakMap<Stream, Waiting>();

/** Whether the tensors of one more update can be bound beside those that wait. */
function joins(group: Waiting, call: Call, stream: Stream, params: readonly number[]): boolean {
  if (group.program !== call.program || group.outputs !== call.int(0)) return false;
  if ((group.items.length + 1) * operands.length > stream.limits.maxStorageBuffersPerShaderStage) return false;
  if (!params.every((value, p) => value === group.params[p])) return false;
  // a buffer that two updates share would be bound twice
  return operands.every(({ id }) => group.items.every((item) => item.operands.every((other) => other.id !== id)));
}

/** Takes the update into a group that waits. */
function wait(call: Call, stream: Stream, n: number, params: number[]): void {
  let group = waiting.get(stream);
  if (group !== undefined && !joins(group, call, stream, params)) {
    stream.runWaiting();
    group = undefined;
  }
  if (group === undefined) {
    const outs = Array.from({ length: call.int(0) }, (_, i) => call.int(1 + i));
    group = { program: call.program, outputs: call.int(0), params, outs, items: [] };
    waiting.set(stream, group);
    stream.wait(() => runGroup(stream));
  }
  // the block that the operands are read from belongs to the next call
  group.items.push({ operands: operands.map(({ id, offset, dtype }) => ({ id, offset, dtype })), n });
}

/** Words: the params, then for every tensor its first workgroup and its number of elements. */
function runGroup(stream: Stream): void {
  const group = waiting.get(stream)!;
  waiting.delete(stream);
  const { items, outputs, params, outs, program: address } = group;
  const inputs = items[0]!.operands.length;
  const tensors: number[] = [];
  let groups = 0;
  for (const { n } of items) {
    tensors.push(groups, n);
    groups += Math.ceil(n / (4 * GROUP));
  }
  stream.dispatch({
    key: `updates${address}x${items.length}`,
    // all that is written stands first
    operands: [...items.flatMap((item) => item.operands.slice(0, outputs)), ...items.flatMap((item) => item.operands.slice(outputs))], // prettier-ignore
    outputs: items.length * outputs,
    words: [...params, ...tensors],
    groups: linear(groups, 1),
    code: (w) => {
      const program = decode(u8, address);
      const index = (item: number, k: number): number =>
        k < outputs ? item * outputs + k : items.length * outputs + item * (inputs - outputs) + (k - outputs);
      const bodies = items.map((_, item) => {
        const first = program.params + 2 * item;
        const lines = fourLines(w, program, outs, (k) => index(item, k), 0, w.u32(first + 1));
        return `{ let i = (at - ${w.u32(first)}) * ${GROUP}u + local;\nif (i >= (${w.u32(first + 1)} + 3u) >> 2u) { return; }\n${lines.join("\n")} }`;
      });
      const choice = bodies.map((body, item) =>
        item + 1 < bodies.length ? `if (at < ${w.u32(program.params + 2 * (item + 1))}) ${body} else ` : body,
      );
      w.main(GROUP, `let at = group.y * groups.x + group.x;\n${choice.join("")}`);
    },
  });
}

/** Operands: the program's inputs, all of one shape. ints: 0 how many results, 1 … their registers. */
export function update(call: Call, stream: Stream): void {
  const { count } = call;
  const n = call.operand(0).numel;
  if (n === 0) return;
  operands.length = 0;
  words.length = 0;
  words.push(n);
  let flat = true;
  for (let k = 0; k < count; k++) {
    const operand = call.operand(k);
    operands.push(operand);
    flat &&= operand.ndim === 0 || (operand.ndim === 1 && operand.stride(0) === 1);
  }
  const four = flat && inVectors(stream);
  if (four) {
    const { params } = variantOf(call, -1);
    wait(
      call,
      stream,
      n,
      Array.from({ length: params }, (_, p) => floatBits(call.param(p))),
    );
    return;
  }
  stream.runWaiting();
  const space = flat ? undefined : coalesce(...operands);
  const form = space?.ndim ?? 0;
  const variant = variantOf(call, form);
  for (let p = 0; p < variant.params; p++) words.push(floatBits(call.param(p)));
  if (space !== undefined) words.push(...space.sizes, ...space.strides.flat());
  const groups = linear(n, GROUP);
  stream.dispatch({ key: variant.key, operands, outputs: call.int(0), words, groups, code: variant.code });
}

function variantOf(call: Call, form: number): Variant {
  const address = call.program;
  const number = address * 32 + form + 1;
  let variant = variants.get(number);
  if (variant === undefined) {
    const program = decode(u8, address);
    const outs = Array.from({ length: call.int(0) }, (_, i) => call.int(1 + i));
    const code = (w: Writer) => writeOne(w, program, outs, form);
    variant = { key: `update${address}.${form}`, params: program.params, code };
    variants.set(number, variant);
  }
  return variant;
}

/**
 * Whether all operands can be seen as vectors of four float32. No two may share a buffer, whose last vector one of them would
 * write back as it was before.
 */
function inVectors(stream: Stream): boolean {
  for (let k = 0; k < operands.length; k++) {
    const operand = operands[k]!;
    if (operand.dtype !== DType.Float32 || (operand.offset & 3) !== 0 || !stream.fits(operand)) return false;
    for (let j = 0; j < k; j++) if (operands[j]!.id === operand.id) return false;
  }
  return true;
}

/** The program's statements over `inputs`, and the expressions of its results. */
function printed(
  w: Writer,
  program: Program,
  inputs: readonly string[],
  outs: readonly number[],
  prefix: string,
  firstParam: number,
) {
  const params = Array.from({ length: program.params }, (_, p) => w.f32(firstParam + p));
  const { statements, registers } = print(program, Compute.F32, inputs, params, prefix);
  return { statements, results: outs.map((out) => registers[out]!) };
}

function writeOne(w: Writer, program: Program, outs: readonly number[], ndim: number): void {
  const sizes = 1 + program.params;
  const lines: string[] = [];
  const inputs = Array.from({ length: program.inputs }, (_, k) => {
    const at = ndim === 0 ? "" : w.locate(`at${k}`, ndim, sizes, sizes + ndim * (1 + k));
    lines.push(`let p${k} = ${at}(i);`, `let x${k} = ${w.load(k, Compute.F32)}(p${k});`);
    return `x${k}`;
  });
  const { statements, results } = printed(w, program, inputs, outs, "t", 1);
  const stores = results.map((result, k) => `${w.store(k, Compute.F32)}(p${k}, ${result});`);
  w.main(GROUP, `if (i >= ${w.u32(0)}) { return; }\n${[...lines, ...statements, ...stores].join("\n")}`);
}

/**
 * Statements for vector `i` of four elements of a tensor of `n`. The last vector may reach beyond the tensor: what lies there
 * is written back as it was. `at`: the dispatch's operand that is input k.
 */
function fourLines(
  w: Writer,
  program: Program,
  outs: readonly number[],
  at: (k: number) => number,
  firstParam: number,
  n: string,
): string[] {
  const lines: string[] = [];
  const vectors = Array.from({ length: program.inputs }, (_, k) => {
    lines.push(`let p${k} = i + (${w.offset(at(k))} >> 2u);`, `let v${k} = ${w.vec4(at(k))}[p${k}];`);
    return `v${k}`;
  });
  const lanes = Array.from("xyzw", (lane) => {
    const inputs = vectors.map((v) => `${v}.${lane}`);
    const { statements, results } = printed(w, program, inputs, outs, `${lane}_`, firstParam);
    lines.push(...statements);
    return results;
  });
  lines.push(`let inside = vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(${n} - 4u * i);`);
  outs.forEach((_, k) => {
    const result = `vec4<f32>(${lanes.map((results) => results[k]!).join(", ")})`;
    lines.push(`${w.vec4(at(k))}[p${k}] = select(v${k}, ${result}, inside);`);
  });
  return lines;
}
