// unique over rows: their order, and the numbers of the runs of equal ones.

import { type Bound, type Call, Compute, computeOf, DType } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import { exclusiveSums } from "./prefix.ts";
import { beforeOf, keyOf, sortedAccess, sortRows } from "./sortRows.ts";

const GROUP = 256;

/** Operands: 0 order of the rows (int64 [n]), 1 rows, contiguous [n, length]. ints: 0 n, 1 length. Lexicographic, stable. */
export function lexsort(call: Call, stream: Stream): void {
  const n = call.int(0);
  const length = call.int(1);
  if (n === 0) return;
  const rows = call.operand(1);
  const order = length === 1 ? orderOfElements(stream, rows, n) : orderOfRows(stream, rows, n, length);
  stream.dispatch({
    key: "order",
    operands: [call.operand(0), order],
    outputs: 1,
    words: [n],
    groups: linear(n, GROUP),
    code: (w) => w.main(GROUP, `if (i < ${w.u32(0)}) { ${w.store(0, Compute.I32)}(i, ${w.load(1, Compute.I32)}(i)); }`),
  });
}

function orderOfElements(stream: Stream, input: Bound, n: number): Bound {
  const order = stream.temporary(DType.Int32, n, 4);
  const sorted = sortRows(stream, input, 1, n, n, false);
  stream.dispatch({
    key: "positions",
    operands: [order, ...sorted.buffers],
    outputs: 1,
    words: [n],
    groups: linear(n, GROUP),
    code: (w) =>
      w.main(
        GROUP,
        `if (i < ${w.u32(0)}) { ${w.store(0, Compute.I32)}(i, i32(${sortedAccess(w, sorted, 1).position}(i))); }`,
      ),
  });
  return order;
}

/** Merges runs of 1, 2, 4 … rows; each row finds its place in the neighbouring run by comparing rows. */
function orderOfRows(stream: Stream, rows: Bound, n: number, length: number): Bound {
  let order = stream.temporary(DType.Int32, n, 4);
  let next = stream.temporary(DType.Int32, n, 4);
  for (let run = 1, first = true; run < n || first; run *= 2, first = false) {
    // the first pass knows that the order is 0, 1, 2 …
    const isFirst = first;
    stream.dispatch({
      key: `mergeRows.${isFirst}`,
      operands: [next, order, rows],
      outputs: 1,
      words: [n, length, run],
      groups: linear(n, GROUP),
      code: (w) => {
        const key = keyOf(w, 2, rows.dtype);
        const before = beforeOf(w, rows.dtype === DType.Int64);
        const row = w.define(
          "rowAt",
          `fn rowAt(at: u32) -> u32 { return ${isFirst ? "at" : `u32(${w.load(1, Compute.I32)}(at))`}; }`,
        );
        const rowBefore = w.define(
          "rowBefore",
          `fn rowBefore(a: u32, b: u32) -> bool {
  for (var c = 0u; c < ${w.u32(1)}; c++) {
    let x = ${key}(a * ${w.u32(1)} + c);
    let y = ${key}(b * ${w.u32(1)} + c);
    if (any(x != y)) { return ${before}(x, y); }
  }
  return false;
}`,
        );
        w.main(
          GROUP,
          `let n = ${w.u32(0)};
if (i >= n) { return; }
let size = ${w.u32(2)};
let mine = ${row}(i);
let run = i / size;
let odd = (run & 1u) == 1u;
let start = min((run ^ 1u) * size, n);
var low = start;
var high = min(start + size, n);
while (low < high) {
  let middle = (low + high) >> 1u;
  let rival = ${row}(middle);
  var ahead = ${rowBefore}(rival, mine);
  if (odd) { ahead = !${rowBefore}(mine, rival); }
  if (ahead) { low = middle + 1u; } else { high = middle; }
}
let base = (run & ~1u) * size;
${w.store(0, Compute.I32)}(base + (i - run * size) + (low - start), i32(mine));`,
        );
      },
    });
    [order, next] = [next, order];
  }
  return order;
}

/**
 * Operands: 0 run number of every row in the given order (int64 [n]), 1 rows, contiguous [n, length], 2 order (int64 [n]).
 * ints: 0 n, 1 length. NaN equals nothing.
 */
export function numberRuns(call: Call, stream: Stream): void {
  const n = call.int(0);
  if (n === 0) return;
  const rows = call.operand(1);
  const isFloat = computeOf(rows.dtype) === Compute.F32;
  const numbers = stream.temporary(DType.Int32, n + 1, 4);
  stream.dispatch({
    key: "runBegins",
    operands: [numbers, rows, call.operand(2)],
    outputs: 1,
    words: [n, call.int(1)],
    groups: linear(n + 1, GROUP),
    code: (w) => {
      const key = keyOf(w, 1, rows.dtype);
      const order = w.load(2, Compute.I32);
      const nan = isFloat ? " || x.x == 0x7fffffffu" : "";
      // shifted by one: the sum before i + 1 is the number of beginnings up to i
      w.main(
        GROUP,
        `if (i > ${w.u32(0)}) { return; }
var begins = 0;
if (i > 0u && i < ${w.u32(0)}) {
  let a = u32(${order}(i - 1u)) * ${w.u32(1)};
  let b = u32(${order}(i)) * ${w.u32(1)};
  for (var c = 0u; c < ${w.u32(1)}; c++) {
    let x = ${key}(a + c);
    if (any(x != ${key}(b + c))${nan}) { begins = 1; break; }
  }
}
${w.store(0, Compute.I32)}(i, begins);`,
      );
    },
  });
  exclusiveSums(stream, numbers, n + 1);
  stream.dispatch({
    key: "runNumbers",
    operands: [call.operand(0), numbers],
    outputs: 1,
    words: [n],
    groups: linear(n, GROUP),
    code: (w) =>
      w.main(GROUP, `if (i < ${w.u32(0)}) { ${w.store(0, Compute.I32)}(i, ${w.load(1, Compute.I32)}(i + 1u)); }`),
  });
}

/** Operands: 0 out int64 contiguous, 1 repeats int64 [n] contiguous: i appears repeats[i] times. */
export function repeatPositions(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const repeats = call.operand(1);
  const n = repeats.numel;
  if (out.numel === 0) return;
  const starts = stream.temporary(DType.Int32, n, 4);
  stream.dispatch({
    key: "repeatCounts",
    operands: [starts, repeats],
    outputs: 1,
    words: [n],
    groups: linear(n, GROUP),
    code: (w) => w.main(GROUP, `if (i < ${w.u32(0)}) { ${w.store(0, Compute.I32)}(i, ${w.load(1, Compute.I32)}(i)); }`),
  });
  exclusiveSums(stream, starts, n);
  stream.dispatch({
    key: "repeatPositions",
    operands: [out, starts],
    outputs: 1,
    words: [out.numel, n],
    groups: linear(out.numel, GROUP),
    code: (w) =>
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
// the last that starts here or before
var low = 0u;
var high = ${w.u32(1)};
while (low < high) {
  let middle = (low + high) >> 1u;
  if (u32(${w.load(1, Compute.I32)}(middle)) <= i) { low = middle + 1u; } else { high = middle; }
}
${w.store(0, Compute.I32)}(i, i32(low) - 1);`,
      ),
  });
}
