// Binary search and histograms.

import { type Bound, type Call, Compute, DType, floatBits } from "../call.ts";
import { Fault } from "../faults.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import { beforeOf, keyOf } from "./sortRows.ts";

const GROUP = 256;

/**
 * Operands: 0 out (int64 or int32), 1 sorted sequences [rows, n] or [n] for all, 2 values [rows, m], 3 (if int 3) sorter
 * int64 in the sequences' shape; contiguous, 1 and 2 of one dtype. ints: 0 n, 1 m, 2 right, 3 has a sorter, 4 one
 * sequence for all. NaN is greater than every number.
 */
export function searchSorted(call: Call, stream: Stream): void {
  const values = call.operand(2);
  const total = values.numel;
  if (total === 0) return;
  const { dtype } = values;
  const right = call.int(2) !== 0;
  const sorter = call.int(3) !== 0;
  const operands: Bound[] = [call.operand(0), call.operand(1), values];
  if (sorter) operands.push(call.operand(3));
  stream.dispatch({
    key: `searchSorted.${right}.${sorter}`,
    operands,
    outputs: 1,
    faults: sorter,
    words: [total, call.int(0), call.int(1), call.int(4)],
    groups: linear(total, GROUP),
    code: (w) => {
      const sequence = keyOf(w, 1, dtype);
      const before = beforeOf(w, dtype === DType.Int64);
      let place = "middle";
      if (sorter) {
        place = w.define(
          "sorted",
          `fn sorted(at: u32) -> u32 {
  let place = ${w.load(3, Compute.I32)}(at);
  if (place >= 0 && place < ${w.i32(1)}) { return u32(place); }
  ${w.fault()}(${Fault.SorterIndex}u, bitcast<u32>(place), ${w.u32(1)});
  return 0u;
}`,
        );
        place = "sorted(start + middle)";
      }
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
let value = ${keyOf(w, 2, dtype)}(i);
let start = select(i / ${w.u32(2)}, 0u, ${w.u32(3)} == 1u) * ${w.u32(1)};
var low = 0u;
var high = ${w.u32(1)};
while (low < high) {
  let middle = (low + high) >> 1u;
  let rival = ${sequence}(start + ${place});
  if (${right ? `!${before}(value, rival)` : `${before}(rival, value)`}) { low = middle + 1u; } else { high = middle; }
}
${w.store(0, Compute.I32)}(i, i32(low));`,
      );
    },
  });
}

/** x / y for positive numbers, rounded to nearest even; WGSL's own quotient may be off by some units in the last place. */
function quotient(w: Writer): string {
  return w.define(
    "quotient",
    `fn quotient(x: f32, y: f32) -> f32 {
  let a = bitcast<u32>(x);
  let b = bitcast<u32>(y);
  // zeros, subnormal numbers and infinities never decide on a bin
  if (a < 0x00800000u || b < 0x00800000u || a >= 0x7f800000u || b >= 0x7f800000u) { return x / y; }
  var rest = (a & 0x7fffffu) | 0x800000u;
  let divisor = (b & 0x7fffffu) | 0x800000u;
  var exponent = i32(a >> 23u) - i32(b >> 23u);
  if (rest < divisor) { rest <<= 1u; exponent -= 1; }
  var digits = 0u;
  for (var k = 0u; k < 25u; k++) {
    digits <<= 1u;
    if (rest >= divisor) { rest -= divisor; digits |= 1u; }
    rest <<= 1u;
  }
  // 24 digits and the one that rounds
  let up = (digits & 1u) == 1u && (rest != 0u || (digits & 2u) == 2u);
  let mantissa = (digits >> 1u) + select(0u, 1u, up);
  if (exponent < -126 || exponent > 126) { return x / y; }
  return f32(mantissa) * bitcast<f32>(u32(exponent + 127) << 23u) * 1.1920928955078125e-7;
}`,
  );
}

/** bins that fit workgroup memory: 8 KiB */
const LOCAL_BINS = 2048;

/**
 * Operands: 0 out [bins], zeroed, 1 input, 2 bin edges [bins + 1] (if int 1 or not int 3), 3 weights (if int 2); float32,
 * contiguous. ints: 0 bins, 1 settle by the edges, 2 weighted, 3 even bins. params: 0 lowest, 1 highest. Elements outside,
 * and NaN, are not counted; the highest belongs to the last bin. Counts are whole numbers until the end, so that none is
 * lost beyond 2²⁴; few bins are counted in workgroup memory first.
 */
export function histogram(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const input = call.operand(1);
  const n = input.numel;
  if (n === 0) return;
  const bins = call.int(0);
  const correct = call.int(1) !== 0;
  const even = call.int(3) !== 0;
  const weighted = call.int(2) !== 0;
  const edged = correct || !even;
  const counts = weighted ? out : stream.temporary(DType.Int32, bins, 4);
  if (!weighted) clear(stream, counts, bins);
  const local = !weighted && bins <= LOCAL_BINS;
  const operands: Bound[] = [counts, input];
  if (edged) operands.push(call.operand(2));
  if (weighted) operands.push(call.operand(3));
  const low = Math.fround(call.param(0));
  const high = Math.fround(call.param(1));
  const width = Math.fround(high - low);
  const each = local ? 16 : 1;
  stream.dispatch({
    key: `histogram.${weighted}.${even}.${correct}.${local}`,
    operands,
    outputs: 1,
    words: [n, bins, floatBits(low), floatBits(high), floatBits(width)],
    groups: linear(n, GROUP * each),
    code: (w) => {
      const bin = binOf(w, even, correct);
      const totals = w.atomic(0);
      const at = `u32(bin) + ${w.offset(0)}`;
      if (local) {
        w.declare(`var<workgroup> tally: array<atomic<u32>, ${LOCAL_BINS}>;`);
        w.main(
          GROUP,
          `for (var b = local; b < ${w.u32(1)}; b += ${GROUP}u) { atomicStore(&tally[b], 0u); }
workgroupBarrier();
let first = (group.y * groups.x + group.x) * ${GROUP * each}u + local;
for (var k = 0u; k < ${each}u; k++) {
  let e = first + k * ${GROUP}u;
  if (e >= ${w.u32(0)}) { break; }
  let bin = ${bin}(${w.load(1, Compute.F32)}(e));
  if (bin >= 0) { atomicAdd(&tally[bin], 1u); }
}
workgroupBarrier();
for (var b = local; b < ${w.u32(1)}; b += ${GROUP}u) {
  let count = atomicLoad(&tally[b]);
  if (count > 0u) { atomicAdd(&${totals}[b + ${w.offset(0)}], count); }
}`,
        );
        return;
      }
      const add = weighted
        ? `let weight = ${w.load(edged ? 3 : 2, Compute.F32)}(i);
var held = atomicLoad(&${totals}[at]);
loop {
  let exchange = atomicCompareExchangeWeak(&${totals}[at], held, bitcast<u32>(bitcast<f32>(held) + weight));
  if (exchange.exchanged) { break; }
  held = exchange.old_value;
}`
        : `atomicAdd(&${totals}[at], 1u);`;
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
let bin = ${bin}(${w.load(1, Compute.F32)}(i));
if (bin < 0) { return; }
let at = ${at};
${add}`,
      );
    },
  });
  if (weighted) return;
  stream.dispatch({
    key: "histogramCounts",
    operands: [out, counts],
    outputs: 1,
    words: [bins],
    groups: linear(bins, GROUP),
    code: (w) =>
      w.main(GROUP, `if (i < ${w.u32(0)}) { ${w.store(0, Compute.F32)}(i, f32(u32(${w.load(1, Compute.I32)}(i)))); }`),
  });
}

function clear(stream: Stream, counts: Bound, n: number): void {
  stream.dispatch({
    key: "clearCounts",
    operands: [counts],
    outputs: 1,
    words: [n],
    groups: linear(n, GROUP),
    code: (w) => w.main(GROUP, `if (i < ${w.u32(0)}) { ${w.store(0, Compute.I32)}(i, 0); }`),
  });
}

/** The name of a function (x: f32) → i32: its bin, -1 for none. Edges are operand 2. */
function binOf(w: Writer, even: boolean, correct: boolean): string {
  const bins = w.i32(1);
  const low = w.f32(2);
  const edge = even && !correct ? "" : w.load(2, Compute.F32);
  const settle = `if (bin > 0 && x < ${edge}(u32(bin))) { bin -= 1; }
  else if (bin < ${bins} && x >= ${edge}(u32(bin) + 1u)) { bin += 1; }`;
  const search = `var first = 0;
  var last = ${bins} + 1;
  while (first < last) {
    let middle = (first + last) >> 1u;
    if (${edge}(u32(middle)) <= x) { first = middle + 1; } else { last = middle; }
  }
  var bin = first - 1;`;
  const divide = even ? `var bin = i32(${quotient(w)}((x - ${low}) * f32(${bins}), ${w.f32(4)}));` : search;
  return w.define(
    "binOf",
    `fn binOf(x: f32) -> i32 {
  if (!(x >= ${low} && x <= ${w.f32(3)}) || (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u) { return -1; }
  ${divide}
  ${even && correct ? settle : ""}
  return min(bin, ${bins} - 1);
}`,
  );
}
