// Negative log likelihood over the middle dim of a contiguous [batch, classes, size], targets int64 [batch, size].
// int(0) = batch, int(1) = classes, int(2) = size, int(3) = reduction, int(4) = ignoreIndex, int(5) = 1: weighted.
// A target that is no class raises a fault and counts as ignored.
// Cost: forward gathers an element a target; backward writes the whole gradient: memory-bound.

import { type Bound, type Call, Compute, DType } from "../call.ts";
import { Fault } from "../faults.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import {
  chunksFor,
  GROUP,
  layoutFor,
  layoutKey,
  type RowLayout,
  rowGroups,
  rowPrelude,
  summing,
  sumOf,
} from "./rows.ts";

const Reduction = { None: 0, Mean: 1, Sum: 2 } as const;

/** Words of every dispatch: targets, classes, size, and the two halves of the ignored index. */
function wordsOf(call: Call): number[] {
  const ignore = call.int(4);
  return [call.int(0) * call.int(2), call.int(1), call.int(2), ignore, ignore < 0 ? -1 : 0];
}

/** Defines `classAt(i)`: the class of target i, operand k; `NO_CLASS` where it does not count. */
function defineClass(w: Writer, k: number, faults: boolean): void {
  const fault = faults ? `${w.fault()}(${Fault.TargetOutOfBounds}u, t.x, ${w.u32(1)});` : "";
  w.define("NO_CLASS", "const NO_CLASS = 0xffffffffu;");
  w.define(
    "classAt",
    `fn classAt(i: u32) -> u32 {
  let t = ${w.load(k, Compute.I64)}(i);
  if (t.x == ${w.u32(3)} && t.y == ${w.u32(4)}) { return NO_CLASS; }
  if (t.y != 0u || t.x >= ${w.u32(1)}) { ${fault} return NO_CLASS; }
  return t.x;
}`,
  );
}

/** Defines `termAt(i)`: loss and weight of target i. Operands from `k` on: input, targets, class weights. */
function defineTerm(w: Writer, k: number, weighted: boolean): void {
  defineClass(w, k + 1, true);
  w.define(
    "termAt",
    `fn termAt(i: u32) -> vec2<f32> {
  let c = classAt(i);
  if (c == NO_CLASS) { return vec2<f32>(); }
  let weight = ${weighted ? `${w.load(k + 2, Compute.F32)}(c)` : "1.0"};
  let q = i / ${w.u32(2)};
  return vec2<f32>(-${w.load(k, Compute.F32)}((q * ${w.u32(1)} + c) * ${w.u32(2)} + i - q * ${w.u32(2)}) * weight, weight);
}`,
  );
}

/** Operands: 0 result ([batch, size] for reduction none, else a scalar), 1 total weight, 2 input, 3 targets, 4 weights. */
export function nllLoss(call: Call, stream: Stream): void {
  const [out, total] = [call.operand(0), call.operand(1)];
  const words = wordsOf(call);
  const count = words[0]!;
  const weighted = call.int(5) !== 0;
  const inputs: Bound[] = [call.operand(2), call.operand(3)];
  if (weighted) inputs.push(call.operand(4));
  if (call.int(3) === Reduction.None) {
    stream.dispatch({
      key: `nllLoss${weighted}`,
      operands: [out, total, ...inputs],
      outputs: 2,
      words,
      groups: linear(Math.max(count, 1), GROUP),
      faults: true,
      code: (w) => {
        defineTerm(w, 2, weighted);
        w.main(
          GROUP,
          `if (i < ${w.u32(0)}) { ${w.store(0, Compute.F32)}(i, termAt(i).x); }
if (i == 0u) { ${w.store(1, Compute.F32)}(0u, 0.0); }`,
        );
      },
    });
    return;
  }
  const mean = call.int(3) === Reduction.Mean;
  const layout = layoutFor(count);
  const chunks = chunksFor(1, count, layout);
  if (chunks === 1) {
    stream.dispatch({
      key: `nllReduced${layoutKey(layout)}${weighted}${mean}`,
      operands: [out, total, ...inputs],
      outputs: 2,
      words,
      groups: [1],
      faults: true,
      code: (w) => {
        defineTerm(w, 2, weighted);
        reduceTerms(w, layout, w.u32(0), "part += termAt(j);", mean);
      },
    });
    return;
  }
  const partial = stream.temporary(DType.Float32, 2 * chunks, 4);
  stream.dispatch({
    key: `nllChunks${layoutKey(layout)}${weighted}`,
    operands: [partial, ...inputs],
    outputs: 1,
    words: [...words, Math.ceil(count / chunks)],
    groups: rowGroups(chunks, layout),
    faults: true,
    code: (w) => {
      defineTerm(w, 1, weighted);
      const pair = summing(w, "sumPair", "vec2<f32>", layout);
      const store = w.store(0, Compute.F32);
      w.main(
        GROUP,
        `${rowPrelude(layout)}
let begin = min(row * ${w.u32(5)}, ${w.u32(0)});
let end = min(begin + ${w.u32(5)}, ${w.u32(0)});
${sumOf(layout, "vec2<f32>", "sums", "begin", "end", "part += termAt(j);")}
let both = ${pair}(sums, local, lane);
if (lane == 0u) { ${store}(row * 2u, both.x); ${store}(row * 2u + 1u, both.y); }`,
      );
    },
  });
  const join = layoutFor(chunks);
  stream.dispatch({
    key: `nllJoin${layoutKey(join)}${mean}`,
    operands: [out, total, partial],
    outputs: 2,
    words: [chunks],
    groups: [1],
    code: (w) => {
      const load = w.load(2, Compute.F32);
      reduceTerms(w, join, w.u32(0), `part += vec2<f32>(${load}(j * 2u), ${load}(j * 2u + 1u));`, mean);
    },
  });
}

/** The entry point that reduces `n` terms to the result and the total weight. */
function reduceTerms(w: Writer, layout: RowLayout, n: string, term: string, mean: boolean): void {
  const pair = summing(w, "sumPair", "vec2<f32>", layout);
  w.main(
    GROUP,
    `${rowPrelude(layout)}
let n = select(0u, ${n}, row == 0u);
${sumOf(layout, "vec2<f32>", "sums", "0u", "n", term)}
let both = ${pair}(sums, local, lane);
if (i == 0u) {
  ${w.store(0, Compute.F32)}(0u, ${mean ? "both.x / both.y" : "both.x"});
  ${w.store(1, Compute.F32)}(0u, both.y);
}`,
  );
}

/** Operands: 0 gradient of the input, 1 of the result, 2 targets, 3 class weights, 4 total weight. */
export function nllLossBackward(call: Call, stream: Stream): void {
  const words = wordsOf(call);
  const n = words[0]! * words[1]!;
  if (n === 0) return;
  const reduction = call.int(3);
  const weighted = call.int(5) !== 0;
  stream.dispatch({
    key: `nllBackward${weighted}${reduction}`,
    operands: [0, 1, 2, 3, 4].map((k) => call.operand(k)),
    outputs: 1,
    words,
    groups: linear(n, GROUP),
    code: (w) => {
      defineClass(w, 2, false);
      const weight = weighted ? ` * ${w.load(3, Compute.F32)}(c)` : "";
      const scale = reduction === Reduction.Mean ? ` / ${w.load(4, Compute.F32)}(0u)` : "";
      w.main(
        GROUP,
        `if (i < ${w.u32(0)} * ${w.u32(1)}) {
  let q = i / ${w.u32(2)};
  let b = q / ${w.u32(1)};
  let place = b * ${w.u32(2)} + i - q * ${w.u32(2)};
  let c = classAt(place);
  var value = 0.0;
  if (c == q - b * ${w.u32(1)}) { value = -${w.load(1, Compute.F32)}(${reduction === Reduction.None ? "place" : "0u"})${weight}${scale}; }
  ${w.store(0, Compute.F32)}(i, value);
}`,
      );
    },
  });
}
