// Steps of optimizers: an elementwise program with several results, which overwrite its first inputs.
// Memory-bound: every tensor is read once, and the written ones are written once.

import { u8 } from "../../bindings/core.ts";
import { type Call, Compute, DType, floatBits, type Operand } from "../call.ts";
import { coalesce, isLinear } from "../geometry.ts";
import { linear, type Stream } from "../stream.ts";
import { decode, print, type Program } from "../wgsl/printer.ts";
import type { Writer } from "../wgsl/writer.ts";

const GROUP = 256;

const programs = new Map<number, Program>();

/** Operands: the program's inputs, all of one shape. ints: 0 how many results, 1 … their registers. */
export function update(call: Call, stream: Stream): void {
  const operands = Array.from({ length: call.count }, (_, k) => call.operand(k));
  const n = operands[0]!.numel;
  if (n === 0) return;
  const address = call.program;
  let program = programs.get(address);
  if (program === undefined) programs.set(address, (program = decode(u8, address)));
  const outs = Array.from({ length: call.int(0) }, (_, i) => call.int(1 + i));
  const numbers = Array.from({ length: program.params }, (_, p) => floatBits(call.param(p)));
  const space = coalesce(...operands);
  const { ndim, sizes, strides } = space;
  const four = operands.every((operand, k) => isLinear(space, k) && isVector(operand, stream)) && apart(operands);
  const known = program;
  stream.dispatch({
    key: four ? `updateFour${address}` : `update${address}.${ndim}`,
    operands,
    outputs: outs.length,
    words: four ? [n, ...numbers] : [n, ...numbers, ...sizes, ...strides.flat()],
    groups: linear(four ? (n + 3) >>> 2 : n, GROUP),
    code: (w) => (four ? writeFour(w, known, outs) : writeOne(w, known, outs, ndim)),
  });
}

const isVector = (operand: Operand, stream: Stream): boolean =>
  operand.dtype === DType.Float32 && (operand.offset & 3) === 0 && stream.fits(operand);

/** Whether no two operands share a buffer, whose last vector one of them could then write back as it was before. */
const apart = (operands: readonly Operand[]): boolean =>
  new Set(operands.map((operand) => operand.id)).size === operands.length;

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
    const at = w.locate(`at${k}`, ndim, sizes, sizes + ndim * (1 + k));
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
