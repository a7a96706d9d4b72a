// Sorting contiguous rows by keys. Every dtype maps to signed integers of 32 bits (int64: 64) of the same order, NaN
// greatest and -0 equal to 0. Blocks are sorted in workgroup memory by a bitonic network over key and position, which makes
// it stable, then merged in pairs: each element finds its place by a binary search in the neighbouring run. Where only the
// first `keep` of a row are wanted, runs are cut to that length on the way.

import { type Bound, Compute, computeOf, DType } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";

const GROUP = 256;
/** elements that a workgroup sorts: 16 KiB of keys and positions, 12 KiB for wide keys */
const BLOCK = 2048;
const WIDE_BLOCK = 1024;

export interface SortedRows {
  readonly wide: boolean;
  /** narrow: pairs of key and position; wide: keys, positions */
  readonly buffers: readonly Bound[];
  /** elements from one row to the next */
  readonly stride: number;
}

/** The name of a function (at: u32) → vec2<u32>: the key of an element of operand k; narrow ones have their high word 0. */
export function keyOf(w: Writer, k: number, dtype: number, flip = false): string {
  const name = `key${k}`;
  const not = flip ? "~" : "";
  if (dtype === DType.Int64)
    return w.define(name, `fn ${name}(at: u32) -> vec2<u32> { return ${not}${w.load(k, Compute.I64)}(at); }`);
  if (computeOf(dtype) === Compute.I32) {
    const value = `bitcast<u32>(${w.load(k, Compute.I32)}(at))`;
    return w.define(name, `fn ${name}(at: u32) -> vec2<u32> { return vec2<u32>(${not}${value}, 0u); }`);
  }
  return w.define(
    name,
    `fn ${name}(at: u32) -> vec2<u32> {
  let bits = bitcast<u32>(${w.load(k, Compute.F32)}(at));
  let size = bits & 0x7fffffffu;
  var order = select(bits, ~size, size != bits);
  if (size == 0u) { order = 0u; }
  if (size > 0x7f800000u) { order = 0x7fffffffu; }
  return vec2<u32>(${not}order, 0u);
}`,
  );
}

/** The name of a function (a, b: vec2<u32>) → bool: whether key a is less than key b. */
export function beforeOf(w: Writer, wide: boolean): string {
  if (wide) return "i64_lt";
  return w.define(
    "before",
    "fn before(a: vec2<u32>, b: vec2<u32>) -> bool { return bitcast<i32>(a.x) < bitcast<i32>(b.x); }",
  );
}

/** Functions (at: u32) that give key and position of what stands there; the buffers are operands from `k` on. */
export function sortedAccess(w: Writer, sorted: SortedRows, k: number): { key: string; position: string } {
  const load = w.load(k, Compute.I64);
  if (!sorted.wide) {
    w.define("sortedKey", `fn sortedKey(at: u32) -> vec2<u32> { return vec2<u32>(${load}(at).x, 0u); }`);
    w.define("sortedPosition", `fn sortedPosition(at: u32) -> u32 { return ${load}(at).y; }`);
  } else {
    const position = w.load(k + 1, Compute.I32);
    w.define("sortedKey", `fn sortedKey(at: u32) -> vec2<u32> { return ${load}(at); }`);
    w.define("sortedPosition", `fn sortedPosition(at: u32) -> u32 { return u32(${position}(at)); }`);
  }
  return { key: "sortedKey", position: "sortedPosition" };
}

/** A statement that stores a key and a position. */
function put(w: Writer, wide: boolean, k: number, at: string, key: string, position: string): string {
  const store = w.store(k, Compute.I64);
  if (!wide) return `${store}(${at}, vec2<u32>(${key}.x, ${position}));`;
  return `${store}(${at}, ${key}); ${w.store(k + 1, Compute.I32)}(${at}, i32(${position}));`;
}

function room(stream: Stream, wide: boolean, n: number): Bound[] {
  const keys = stream.temporary(DType.Int64, n, 8);
  return wide ? [keys, stream.temporary(DType.Int32, n, 4)] : [keys];
}

function powerOfTwo(n: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(n, 1)));
}

/** The part of each row that a block sort takes at once. */
function blockSize(wide: boolean, n: number): number {
  return Math.min(wide ? WIDE_BLOCK : BLOCK, powerOfTwo(n));
}

/**
 * Sorts blocks of `size` elements and hands the first `keep` of each to `sink`, which writes them: a statement with
 * `to` (place in the output), `key`, `position` and `origin` (place in the input).
 */
function sortBlocks(
  stream: Stream,
  key: string,
  input: Bound,
  outputs: readonly Bound[],
  rows: number,
  n: number,
  keep: number,
  flip: boolean,
  sink: (w: Writer) => string,
): void {
  const wide = input.dtype === DType.Int64;
  const size = blockSize(wide, n);
  const tile = Math.max(size, 2 * GROUP);
  const blocks = Math.ceil(n / size);
  const segments = rows * blocks;
  stream.dispatch({
    key: `${key}${size}.${flip}`,
    operands: [...outputs, input],
    outputs: outputs.length,
    words: [segments, blocks, n, Math.min(keep, size)],
    groups: linear(segments * size, tile),
    code: (w) => {
      const load = keyOf(w, outputs.length, input.dtype, flip);
      const type = wide ? "vec2<u32>" : "u32";
      const keyAt = (at: string) => (wide ? `keys[${at}]` : `vec2<u32>(keys[${at}], 0u)`);
      w.declare(`var<workgroup> keys: array<${type}, ${tile}>;`);
      w.declare(`var<workgroup> positions: array<u32, ${tile}>;`);
      const before = beforeOf(w, wide);
      w.define(
        "exchange",
        `fn exchange(a: u32, b: u32, rising: bool) {
  let keyA = ${keyAt("a")};
  let keyB = ${keyAt("b")};
  let positionA = positions[a];
  let positionB = positions[b];
  let after = ${before}(keyB, keyA) || (all(keyA == keyB) && positionB < positionA);
  if (after == rising) {
    keys[a] = keyB${wide ? "" : ".x"};
    keys[b] = keyA${wide ? "" : ".x"};
    positions[a] = positionB;
    positions[b] = positionA;
  }
}`,
      );
      // what lies beyond the row comes last
      const last = wide ? "vec2<u32>(0xffffffffu, 0x7fffffffu)" : "0x7fffffffu";
      w.main(
        GROUP,
        `let first = (group.y * groups.x + group.x) * ${tile / size}u;
for (var e = local; e < ${tile}u; e += ${GROUP}u) {
  let segment = first + e / ${size}u;
  let row = segment / ${w.u32(1)};
  let column = (segment - row * ${w.u32(1)}) * ${size}u + e % ${size}u;
  if (segment < ${w.u32(0)} && column < ${w.u32(2)}) {
    keys[e] = ${load}(row * ${w.u32(2)} + column)${wide ? "" : ".x"};
    positions[e] = column;
  } else {
    keys[e] = ${last};
    positions[e] = 0xffffffffu;
  }
}
workgroupBarrier();
for (var span = 2u; span <= ${size}u; span <<= 1u) {
  for (var step = span >> 1u; step > 0u; step >>= 1u) {
    for (var t = local; t < ${tile / 2}u; t += ${GROUP}u) {
      let a = 2u * t - (t & (step - 1u));
      exchange(a, a + step, (a & ${size - 1}u & span) == 0u);
    }
    workgroupBarrier();
  }
}
for (var e = local; e < ${tile}u; e += ${GROUP}u) {
  let segment = first + e / ${size}u;
  let k = e % ${size}u;
  let position = positions[e];
  if (k < ${w.u32(3)} && position != 0xffffffffu) {
    let to = segment * ${w.u32(3)} + k;
    let key = ${keyAt("e")};
    let origin = (segment / ${w.u32(1)}) * ${w.u32(2)} + position;
    ${sink(w)}
  }
}`,
      );
    },
  });
}

/** The first `keep` keys of every row in order, with their positions in the row. */
export function sortRows(
  stream: Stream,
  input: Bound,
  rows: number,
  n: number,
  keep: number,
  flip: boolean,
): SortedRows {
  const wide = input.dtype === DType.Int64;
  const size = blockSize(wide, n);
  let runs = Math.ceil(n / size);
  // elements of the row that a run stands for, and how many of them are kept
  let covered = size;
  let length = Math.min(size, keep);
  let sorted: SortedRows = { wide, buffers: room(stream, wide, rows * runs * length), stride: runs * length };
  sortBlocks(stream, `sortBlocks`, input, sorted.buffers, rows, n, keep, flip, (w) =>
    put(w, wide, 0, "to", "key", "position"),
  );
  while (runs > 1) {
    const nextRuns = Math.ceil(runs / 2);
    const nextLength = Math.min(2 * length, keep);
    const next = room(stream, wide, rows * nextRuns * nextLength);
    mergeRuns(stream, sorted, next, [rows * runs * length, n, runs, length, covered, nextRuns, nextLength]);
    runs = nextRuns;
    length = nextLength;
    covered *= 2;
    sorted = { wide, buffers: next, stride: runs * length };
  }
  return sorted;
}

/** words: elements in all, row length, runs a row, elements a run, elements that a run stands for, the next runs and length */
function mergeRuns(stream: Stream, sorted: SortedRows, next: readonly Bound[], words: readonly number[]): void {
  const { wide } = sorted;
  stream.dispatch({
    key: "mergeRuns",
    operands: [...next, ...sorted.buffers],
    outputs: next.length,
    words,
    groups: linear(words[0]!, GROUP),
    code: (w) => {
      const { key, position } = sortedAccess(w, sorted, next.length);
      const before = beforeOf(w, wide);
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
let n = ${w.u32(1)};
let runs = ${w.u32(2)};
let length = ${w.u32(3)};
let covered = ${w.u32(4)};
let row = i / (runs * length);
let run = i / length - row * runs;
let k = i % length;
if (k >= min(length, n - run * covered)) { return; }
let key = ${key}(i);
let other = run ^ 1u;
var low = 0u;
if (other < runs) {
  let start = (row * runs + other) * length;
  var high = min(length, n - other * covered);
  while (low < high) {
    let middle = (low + high) >> 1u;
    let rival = ${key}(start + middle);
    // of equal keys those of the earlier run come first
    var ahead = ${before}(rival, key);
    if ((run & 1u) == 1u) { ahead = !${before}(key, rival); }
    if (ahead) { low = middle + 1u; } else { high = middle; }
  }
}
let place = k + low;
if (place < ${w.u32(6)}) {
  let to = (row * ${w.u32(5)} + (run >> 1u)) * ${w.u32(6)} + place;
  ${put(w, wide, 0, "to", "key", `${position}(i)`)}
}`,
      );
    },
  });
}

/** Writes the first `keep` of every sorted row as values and int64 indices. */
export function sortInto(
  stream: Stream,
  values: Bound,
  indices: Bound,
  input: Bound,
  rows: number,
  n: number,
  keep: number,
  flip: boolean,
): void {
  const compute = computeOf(input.dtype);
  const write = (w: Writer, inputAt: number): string =>
    `${w.store(0, compute)}(to, ${w.load(inputAt, compute)}(origin)); ${w.store(1, Compute.I32)}(to, i32(position));`;
  if (n <= blockSize(input.dtype === DType.Int64, n)) {
    sortBlocks(stream, "sortInto", input, [values, indices], rows, n, keep, flip, (w) => write(w, 2));
    return;
  }
  const sorted = sortRows(stream, input, rows, n, keep, flip);
  stream.dispatch({
    key: "sortedValues",
    operands: [values, indices, input, ...sorted.buffers],
    outputs: 2,
    words: [rows * keep, keep, sorted.stride, n],
    groups: linear(rows * keep, GROUP),
    code: (w) =>
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
let row = i / ${w.u32(1)};
let position = ${sortedAccess(w, sorted, 3).position}(row * ${w.u32(2)} + i % ${w.u32(1)});
let origin = row * ${w.u32(3)} + position;
let to = i;
${write(w, 2)}`,
      ),
  });
}
