// Order statistics of contiguous rows: sort, topk, kthvalue, median, mode. The op functions bring the dim to the end. Of
// equal elements the first comes first, in topk and kthvalue too, where PyTorch leaves it open.

import { type Call, Compute, computeOf } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import { sortedAccess, sortInto, sortRows } from "./sortRows.ts";

const GROUP = 256;

/** Operands: 0 values, 1 indices (int64), 2 input; contiguous rows. ints: 0 row length, 1 descending. Stable. */
export function sort(call: Call, stream: Stream): void {
  const n = call.int(0);
  sortOperands(call, stream, n);
}

/** As `sort`, the first k (int 2) of every row; int 1: largest. */
export function topk(call: Call, stream: Stream): void {
  sortOperands(call, stream, call.int(2));
}

function sortOperands(call: Call, stream: Stream, keep: number): void {
  const input = call.operand(2);
  const n = call.int(0);
  if (input.numel === 0 || keep === 0) return;
  sortInto(stream, call.operand(0), call.operand(1), input, input.numel / n, n, keep, call.int(1) !== 0);
}

const Which = { Kth: 0, Median: 1, NanMedian: 2 } as const;

/** Operands: 0 values, 1 indices (int64), one a row, 2 input, contiguous rows. ints: 0 row length, 1 Select, 2 k from 1. */
export function select(call: Call, stream: Stream): void {
  const input = call.operand(2);
  if (input.numel === 0) return;
  const n = call.int(0);
  const which = call.int(1);
  const rows = input.numel / n;
  const compute = computeOf(input.dtype);
  // NaN, which sorts last, decides which element is the median
  const seesNan = which !== Which.Kth && compute === Compute.F32;
  const rank = which === Which.Kth ? call.int(2) - 1 : (n - 1) >> 1;
  const keep = seesNan ? n : rank + 1;
  const sorted = sortRows(stream, input, rows, n, keep, false);
  stream.dispatch({
    key: `selectRow${seesNan ? which : 0}`,
    operands: [call.operand(0), call.operand(1), input, ...sorted.buffers],
    outputs: 2,
    words: [rows, n, sorted.stride, rank],
    groups: linear(rows, GROUP),
    code: (w) => {
      const { key, position } = sortedAccess(w, sorted, 3);
      const numbers = `var numbers = ${w.u32(1)};
if (${key}(start + numbers - 1u).x == 0x7fffffffu) {
  var low = 0u;
  numbers -= 1u;
  while (low < numbers) {
    let middle = (low + numbers) >> 1u;
    if (${key}(start + middle).x == 0x7fffffffu) { numbers = middle; } else { low = middle + 1u; }
  }
  rank = ${which === Which.Median ? "numbers" : "(max(numbers, 1u) - 1u) >> 1u"};
}`;
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
let start = i * ${w.u32(2)};
var rank = ${w.u32(3)};
${seesNan ? numbers : ""}
let position = ${position}(start + rank);
${w.store(0, compute)}(i, ${w.load(2, compute)}(i * ${w.u32(1)} + position));
${w.store(1, Compute.I32)}(i, i32(position));`,
      );
    },
  });
}

/**
 * The most frequent element of each row, the smallest of several, with its last position. Operands as for `select`; int 0:
 * row length. A workgroup looks at the ends of a row's runs, whose beginnings it finds by binary search.
 */
export function mode(call: Call, stream: Stream): void {
  const input = call.operand(2);
  if (input.numel === 0) return;
  const n = call.int(0);
  const rows = input.numel / n;
  const compute = computeOf(input.dtype);
  const sorted = sortRows(stream, input, rows, n, n, false);
  stream.dispatch({
    key: "mode",
    operands: [call.operand(0), call.operand(1), input, ...sorted.buffers],
    outputs: 2,
    words: [rows, n, sorted.stride],
    groups: linear(rows, 1),
    code: (w) => {
      const { key, position } = sortedAccess(w, sorted, 3);
      w.declare(`var<workgroup> lengths: array<u32, ${GROUP}>;`);
      w.declare(`var<workgroup> ends: array<u32, ${GROUP}>;`);
      w.main(
        GROUP,
        `let row = group.y * groups.x + group.x;
if (row >= ${w.u32(0)}) { return; }
let n = ${w.u32(1)};
let start = row * ${w.u32(2)};
var best = 0u;
var end = 0u;
for (var k = local; k < n; k += ${GROUP}u) {
  let key = ${key}(start + k);
  if (k + 1u < n && all(key == ${key}(start + k + 1u))) { continue; }
  // keys rise up to k: the first that equals it begins the run
  var low = 0u;
  var high = k;
  while (low < high) {
    let middle = (low + high) >> 1u;
    if (all(${key}(start + middle) == key)) { high = middle; } else { low = middle + 1u; }
  }
  if (k + 1u - low > best) {
    best = k + 1u - low;
    end = k;
  }
}
lengths[local] = best;
ends[local] = end;
workgroupBarrier();
for (var half = ${GROUP / 2}u; half > 0u; half >>= 1u) {
  if (local < half) {
    let other = local + half;
    if (lengths[other] > lengths[local] || (lengths[other] == lengths[local] && ends[other] < ends[local])) {
      lengths[local] = lengths[other];
      ends[local] = ends[other];
    }
  }
  workgroupBarrier();
}
if (local == 0u) {
  let position = ${position}(start + ends[0]);
  ${w.store(0, compute)}(row, ${w.load(2, compute)}(row * n + position));
  ${w.store(1, Compute.I32)}(row, i32(position));
}`,
      );
    },
  });
}
