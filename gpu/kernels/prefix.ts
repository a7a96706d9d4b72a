// Running sums of counts, from which kernels whose output is packed know where to write.

import { type Bound, Compute, DType } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";

export const GROUP = 256;
/** consecutive elements of one invocation */
export const EACH = 8;
/** elements of a workgroup */
export const CHUNK = GROUP * EACH;

/**
 * The name of a function (count: u32, local: u32) → u32, to be called by the whole workgroup: the sum of the counts of the
 * invocations before this one. `groupTotal` is then the sum of all.
 */
export function sumBefore(w: Writer): string {
  w.declare(`var<workgroup> sums: array<u32, ${GROUP}>;`);
  w.declare("var<workgroup> groupTotal: u32;");
  return w.define(
    "sumBefore",
    `fn sumBefore(count: u32, local: u32) -> u32 {
  sums[local] = count;
  workgroupBarrier();
  for (var span = 1u; span < ${GROUP}u; span <<= 1u) {
    var sum = sums[local];
    if (local >= span) { sum += sums[local - span]; }
    workgroupBarrier();
    sums[local] = sum;
    workgroupBarrier();
  }
  if (local == ${GROUP - 1}u) { groupTotal = sums[local]; }
  workgroupBarrier();
  return sums[local] - count;
}`,
  );
}

/** Replaces each of `n` counts (int32) by the sum of those before it. */
export function exclusiveSums(stream: Stream, counts: Bound, n: number): void {
  const chunks = Math.ceil(n / CHUNK);
  const totals = stream.temporary(DType.Int32, chunks, 4);
  stream.dispatch({
    key: "exclusiveSums",
    operands: [counts, totals],
    outputs: 2,
    words: [n],
    groups: linear(n, CHUNK),
    code: (w) => {
      const load = w.load(0, Compute.I32);
      const steps = Array.from({ length: EACH }, (_, e) => e);
      w.main(
        GROUP,
        `let chunk = group.y * groups.x + group.x;
let first = chunk * ${CHUNK}u + local * ${EACH}u;
${steps.map((e) => `var count${e} = 0u; if (first + ${e}u < ${w.u32(0)}) { count${e} = u32(${load}(first + ${e}u)); }`).join("\n")}
var sum = ${sumBefore(w)}(${steps.map((e) => `count${e}`).join(" + ")}, local);
${steps
  .map(
    (e) =>
      `if (first + ${e}u < ${w.u32(0)}) { ${w.store(0, Compute.I32)}(first + ${e}u, i32(sum)); } sum += count${e};`,
  )
  .join("\n")}
if (local == 0u && chunk * ${CHUNK}u < ${w.u32(0)}) { ${w.store(1, Compute.I32)}(chunk, i32(groupTotal)); }`,
      );
    },
  });
  if (chunks === 1) return;
  exclusiveSums(stream, totals, chunks);
  stream.dispatch({
    key: "addSums",
    operands: [counts, totals],
    outputs: 1,
    words: [n],
    groups: linear(n, GROUP),
    code: (w) => {
      const load = w.load(0, Compute.I32);
      w.main(
        GROUP,
        `if (i < ${w.u32(0)}) { ${w.store(0, Compute.I32)}(i, ${load}(i) + ${w.load(1, Compute.I32)}(i / ${CHUNK}u)); }`,
      );
    },
  });
}

/**
 * How many of every CHUNK of `n` elements are set, as running sums: where in a packed output a chunk begins. `isSet` gives
 * an expression of element `e` of a space; the operands and words are the dispatch's, after the counts.
 */
export function chunkStarts(
  stream: Stream,
  key: string,
  operands: readonly Bound[],
  words: readonly number[],
  n: number,
  isSet: (w: Writer, firstOperand: number, e: string) => string,
): Bound {
  const chunks = Math.ceil(n / CHUNK);
  const starts = stream.temporary(DType.Int32, chunks, 4);
  stream.dispatch({
    key: `${key}.count`,
    operands: [starts, ...operands],
    outputs: 1,
    words,
    groups: linear(n, CHUNK),
    code: (w) => {
      const sum = sumBefore(w);
      w.main(
        GROUP,
        `let chunk = group.y * groups.x + group.x;
let first = chunk * ${CHUNK}u + local * ${EACH}u;
var count = 0u;
for (var e = first; e < min(first + ${EACH}u, ${w.u32(0)}); e++) {
  if (${isSet(w, 1, "e")}) { count += 1u; }
}
_ = ${sum}(count, local);
if (local == 0u && chunk * ${CHUNK}u < ${w.u32(0)}) { ${w.store(0, Compute.I32)}(chunk, i32(groupTotal)); }`,
      );
    },
  });
  exclusiveSums(stream, starts, chunks);
  return starts;
}

/**
 * Code that calls `each` (a statement with `e`, the element, and `rank`, its place in the packed output) for every element
 * that is set. `starts` is what chunkStarts gave, as operand k.
 */
export function forEachSet(w: Writer, k: number, isSet: string, each: string): string {
  return `let chunk = group.y * groups.x + group.x;
let first = chunk * ${CHUNK}u + local * ${EACH}u;
let end = min(first + ${EACH}u, ${w.u32(0)});
var count = 0u;
for (var e = first; e < end; e++) { if (${isSet}) { count += 1u; } }
var rank = ${sumBefore(w)}(count, local);
if (first >= ${w.u32(0)}) { return; }
rank += u32(${w.load(k, Compute.I32)}(chunk));
for (var e = first; e < end; e++) {
  if (${isSet}) { ${each} rank += 1u; }
}`;
}
