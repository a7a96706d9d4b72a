// Products with one row or one column: a matrix times a vector. Every element of the matrix is read once, so that reading
// side by side is all that counts. Where lines of the matrix (what meets the vector) are contiguous, 16 to 256 threads share a
// line; where elements of neighbouring lines are, 16 threads stand side by side and 16 share k.

import { Compute } from "../../call.ts";
import { linear, type Stream } from "../../stream.ts";
import type { Writer } from "../../wgsl/writer.ts";
import { arithmetic, loadFour } from "../arithmetic.ts";
import { addParts, partsOf, scratch, splitsOf } from "./gemm.ts";
import { batchCount, batchStart, type Factor, numberAt, type Problem, Words } from "./problem.ts";

const GROUP = 256;
/** least k of a part */
const LEAST_PART = 1024;

export function vectorProduct(p: Problem, stream: Stream): void {
  const { compute } = p;
  const tall = p.n === 1;
  const matrix: Factor = tall ? p.a : p.b;
  const vector: Factor = tall ? p.b : p.a;
  const lines = tall ? p.m : p.n;
  const lineStride = tall ? p.a.rows : p.b.columns;
  const kStride = tall ? p.a.columns : p.b.rows;
  const vectorStride = tall ? p.b.rows : p.a.columns;
  const along = lines === 1 || kStride <= lineStride;
  const batch = batchCount(p);

  const floats = compute !== Compute.I64;
  const shared = matrix.operand.id === vector.operand.id || matrix.operand.id === p.s?.operand.id;
  const aligned =
    floats &&
    !shared &&
    matrix.operand.offset % 4 === 0 &&
    matrix.batch.every((stride) => stride % 4 === 0) &&
    stream.fits(matrix.operand);
  const four =
    aligned && (along ? kStride === 1 && lineStride % 4 === 0 && p.k % 4 === 0 : lineStride === 1 && kStride % 4 === 0);
  // threads that share a line, and lines of a workgroup
  const sharers = along ? (p.k <= 256 ? 16 : p.k <= 4096 ? 64 : 256) : 16;
  const linesOfGroup = (GROUP / sharers) * (along || !four ? 1 : 4);
  const groups = Math.ceil(lines / linesOfGroup) * batch;
  const { part, splits } = partsOf(p.k, splitsOf(stream, groups, p.k, LEAST_PART));
  const partial = splits > 1;
  const out = partial ? scratch(p, stream, splits * batch) : p.out;
  const s = partial ? undefined : p.s;

  const nb = p.batch.length;
  const words = new Words();
  const sizes = words.add(lines, p.k, groups * splits, splits, part, batch);
  const strides = words.add(lineStride, kStride, vectorStride, s === undefined ? 0 : tall ? s.rows : s.columns);
  const batchSizes = words.add(...p.batch);
  const batchM = words.add(...matrix.batch);
  const batchV = words.add(...vector.batch);
  const batchS = words.add(...(s?.batch ?? []));
  const alpha = words.number(p.alpha, compute);
  const beta = words.number(p.beta, compute);
  stream.dispatch({
    key: `gemm.vector.${compute}.${along}.${four}.${sharers}.${nb}.${partial ? "part" : s !== undefined}`,
    operands: [out, matrix.operand, vector.operand, ...(s === undefined ? [] : [s.operand])],
    outputs: 1,
    words: words.values,
    groups: linear(groups * splits, 1),
    code: (w) => {
      const { add, mul, madd, type } = arithmetic(compute);
      const word = (i: number): string => w.u32(sizes + i);
      const stride = (i: number): string => w.u32(strides + i);
      let value = "total";
      if (!partial) value = mul(value, numberAt(w, alpha, compute));
      if (s !== undefined) {
        const at = `${batchStart(w, "S", nb, batchSizes, batchS)} + line * ${stride(3)}`;
        value = madd(`${w.load(3, compute)}(${at})`, numberAt(w, beta, compute), value);
      }
      const finish = (line: string, total: string): string =>
        `{ let line = ${line}; let total = ${total}; if (line < ${word(0)}) { ${w.store(0, compute)}((${partial ? `part * ${word(5)} + ` : ""}batch) * ${word(0)} + line, ${value}); } }`;
      const begin = `
let job = group.y * groups.x + group.x;
if (job >= ${word(2)}) { return; }
let perBatch = (${word(0)} + ${linesOfGroup - 1}u) / ${linesOfGroup}u;
let layer = job / perBatch;
let firstLine = (job % perBatch) * ${linesOfGroup}u;
let part = layer % ${word(3)};
let batch = layer / ${word(3)};
let kFrom = part * ${word(4)};
let kTo = min(${word(1)}, kFrom + ${word(4)});
let startM = ${batchStart(w, "M", nb, batchSizes, batchM)};
let startV = ${batchStart(w, "V", nb, batchSizes, batchV)};`;
      const vectorAt = (k: string): string => `${w.load(2, compute)}(startV + (${k}) * ${stride(2)})`;
      const accumulator = four && !along ? `vec4<${type}>` : type;
      const madd4 = (a: string, b: string): string =>
        compute === Compute.F32 ? `sum = fma(${a}, ${b}, sum);` : `sum += ${a} * ${b};`;
      let body: string;
      if (along) {
        const lane = `local % ${sharers}u`;
        const loop = four
          ? `var sum = vec4<${type}>();
  let at = (${w.offset(1)} + startM + line * ${stride(0)}) / 4u;
  for (var k = kFrom + 4u * (${lane}); k < kTo; k += ${4 * sharers}u) {
    ${madd4(loadFour(w, 1, matrix.operand.dtype, "at + k / 4u"), `vec4<${type}>(${["k", "k + 1u", "k + 2u", "k + 3u"].map(vectorAt).join(", ")})`)}
  }
  own = (sum.x + sum.y) + (sum.z + sum.w);`
          : `let at = startM + line * ${stride(0)};
  for (var k = kFrom + ${lane}; k < kTo; k += ${sharers}u) {
    own = ${madd(`${w.load(1, compute)}(at + k * ${stride(1)})`, vectorAt("k"), "own")};
  }`;
        body = `let own_line = firstLine + local / ${sharers}u;
var own = ${type}();
{ let line = min(own_line, ${word(0)} - 1u);
  ${loop} }
${tree(w, type, sharers, 1, add)}
if (${lane} == 0u) ${finish("own_line", "sums[local]")}`;
      } else {
        const place = "(local & 15u)";
        const loop = four
          ? `var sum = vec4<${type}>();
let at = (${w.offset(1)} + startM + firstLine) / 4u + ${place};
for (var k = kFrom + local / 16u; k < kTo; k += 16u) {
  ${madd4(loadFour(w, 1, matrix.operand.dtype, `at + k * (${stride(1)} / 4u)`), `vec4<${type}>(${vectorAt("k")})`)}
}
var own = sum;`
          : `var own = ${type}();
let at = startM + min(firstLine + ${place}, ${word(0)} - 1u) * ${stride(0)};
for (var k = kFrom + local / 16u; k < kTo; k += 16u) {
  own = ${madd(`${w.load(1, compute)}(at + k * ${stride(1)})`, vectorAt("k"), "own")};
}`;
        const ends = four
          ? [0, 1, 2, 3].map((j) => finish(`firstLine + 4u * local + ${j}u`, `sums[local].${"xyzw"[j]}`)).join(" ")
          : finish("firstLine + local", "sums[local]");
        const sum = (a: string, b: string): string => (compute === Compute.I64 ? add(a, b) : `(${a} + ${b})`);
        body = `${loop}\n${tree(w, accumulator, 16, 16, sum)}\nif (local < 16u) { ${ends} }`;
      }
      w.main(GROUP, `${begin}\n${body}`);
    },
  });
  if (partial) addParts(p, stream, out, splits);
}

/**
 * Sums `own` of `sharers` threads that lie `apart` into sums[first of them], four at a time; the number is a power of four.
 */
export function tree(
  w: Writer,
  type: string,
  sharers: number,
  apart: number,
  add: (a: string, b: string) => string,
): string {
  w.declare(`var<workgroup> sums: array<${type}, ${GROUP}>;`);
  const index = apart === 1 ? `local % ${sharers}u` : `local / ${apart}u`;
  let text = `sums[local] = own; let rank = ${index};`;
  for (let width = sharers / 4; width >= 1; width /= 4) {
    const at = (j: number): string => `sums[local + ${j * width * apart}u]`;
    text += `
workgroupBarrier();
if (rank < ${width}u) { sums[local] = ${add(add("sums[local]", at(1)), add(at(2), at(3)))}; }`;
  }
  return text;
}
