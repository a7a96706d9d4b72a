// Steps of optimizers: an elementwise program with several results, which overwrite its first inputs.
// Memory-bound: every tensor is read once, and the written ones are written once.

import { u8 } from "../../bindings/core.ts";
import { type Call, Compute, DType, floatBits, type Operand } from "../call.ts";
import { coalesce } from "../geometry.ts";
import { linear, type Stream } from "../stream.ts";
import { decode, print, type Program } from "../wgsl/printer.ts";
import type { Writer } from "../wgsl/writer.ts";

const GROUP = 256;

/** One pipeline's worth of an update: the number of dims, or -1 for vectors of four. */
interface Variant {
  readonly key: string;
  readonly params: number;
  readonly code: (w: Writer) => void;
}
const variants = new Map<number, Variant>();

const operands: Operand[] = [];
const words: number[] = [];

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
  const space = flat ? undefined : coalesce(...operands);
  const form = four ? -1 : (space?.ndim ?? 0);
  const variant = variantOf(call, form);
  for (let p = 0; p < variant.params; p++) words.push(floatBits(call.param(p)));
  if (space !== undefined) words.push(...space.sizes, ...space.strides.flat());
  const groups = linear(four ? (n + 3) >>> 2 : n, GROUP);
  stream.dispatch({ key: variant.key, operands, outputs: call.int(0), words, groups, code: variant.code });
}

function variantOf(call: Call, form: number): Variant {
  const address = call.program;
  const number = address * 32 + form + 1;
  let variant = variants.get(number);
  if (variant === undefined) {
    const program = decode(u8, address);
    const outs = Array.from({ length: call.int(0) }, (_, i) => call.int(1 + i));
    const code = (w: Writer) => (form < 0 ? writeFour(w, program, outs) : writeOne(w, program, outs, form));
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
function printed(w: Writer, program: Program, inputs: readonly string[], outs: readonly number[], prefix: string) {
  const params = Array.from({ length: program.params }, (_, p) => w.f32(1 + p));
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
  const { statements, results } = printed(w, program, inputs, outs, "t");
  const stores = results.map((result, k) => `${w.store(k, Compute.F32)}(p${k}, ${result});`);
  w.main(GROUP, `if (i >= ${w.u32(0)}) { return; }\n${[...lines, ...statements, ...stores].join("\n")}`);
}

/** Vectors of four. The last one may reach beyond the tensor: what lies there is written back as it was. */
function writeFour(w: Writer, program: Program, outs: readonly number[]): void {
  const lines: string[] = [];
  const vectors = Array.from({ length: program.inputs }, (_, k) => {
    lines.push(`let p${k} = i + (${w.offset(k)} >> 2u);`, `let v${k} = ${w.vec4(k)}[p${k}];`);
    return `v${k}`;
  });
  const lanes = Array.from("xyzw", (lane) => {
    const inputs = vectors.map((v) => `${v}.${lane}`);
    const { statements, results } = printed(w, program, inputs, outs, `${lane}_`);
    lines.push(...statements);
    return results;
  });
  const n = w.u32(0);
  lines.push(`let inside = vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(${n} - 4u * i);`);
  outs.forEach((_, k) => {
    const result = `vec4<f32>(${lanes.map((results) => results[k]!).join(", ")})`;
    lines.push(`${w.vec4(k)}[p${k}] = select(v${k}, ${result}, inside);`);
  });
  w.main(GROUP, `if (i >= (${n} + 3u) >> 2u) { return; }\n${lines.join("\n")}`);
}
