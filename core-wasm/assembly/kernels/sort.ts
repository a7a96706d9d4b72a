// Order statistics of contiguous rows: sort, topk, kthvalue, median, mode. The op functions bring the dim to the end.
import { Args } from "../dispatch/args";
import { DType, itemSize } from "../tensor/dtype";
import { bfloatToFloat, halfToFloat } from "./half";
import { Pairs, introsort, makeHeap, nthElement, quickSelect, replaceTop, sortHeap } from "./selection";
import { floatKey, hasWideKeys, keyAt, keysIn, pairsAt, positionsIn, signedKeys, sortKeys } from "./sortKeys";

// @ts-ignore: decorator
@inline
function copyElement(to: usize, from: usize, size: i32): void {
  if (size == 4) store<u32>(to, load<u32>(from));
  else if (size == 8) store<u64>(to, load<u64>(from));
  else if (size == 2) store<u16>(to, load<u16>(from));
  else store<u8>(to, load<u8>(from));
}

/** Keys and positions of the first `count` elements of a row of `n`. */
function fillKeys<K>(workspace: usize, row: usize, n: i32, dtype: i32, flip: K, count: i32 = n): void {
  const size = itemSize(dtype);
  const keys = keysIn(workspace);
  const positions = positionsIn(workspace, n);
  for (let i = 0; i < count; i++) {
    store<K>(keys + <usize>i * sizeof<K>(), keyAt<K>(row + <usize>(i * size), dtype, flip));
    store<u32>(positions + ((<usize>i) << 2), i);
  }
}

function sortRows<K>(args: Args): void {
  const values = args.operand(0);
  const indices = args.operand(1);
  const input = args.operand(2);
  const n = args.int(0);
  const dtype = input.dtype;
  const size = itemSize(dtype);
  const flip: K = args.int(1) ? ~(<K>0) : 0;
  const workspace = args.workspace;
  const positions = positionsIn(workspace, n);
  let to = values.data;
  let indexTo = indices.data;
  for (let row = 0, rows = input.numel / n; row < rows; row++) {
    const from = input.data + <usize>(row * n * size);
    fillKeys<K>(workspace, from, n, dtype, flip);
    sortKeys<K>(workspace, n);
    for (let i = 0; i < n; i++) {
      const position = load<u32>(positions + ((<usize>i) << 2));
      copyElement(to, from + <usize>position * size, size);
      store<i64>(indexTo, position);
      to += size;
      indexTo += 8;
    }
  }
}

/**
 * Operands: 0 values, 1 indices (int64), 2 input; contiguous rows. ints: 0 row length, 1 descending. Stable.
 * Workspace: sortWorkspace(row length).
 */
export function sort(args: Args): void {
  if (args.operand(2).numel == 0) return;
  if (hasWideKeys(args.operand(2).dtype)) sortRows<u64>(args);
  else sortRows<u32>(args);
}

/** The arrays of a workspace for the algorithms of selection.ts. */
// @ts-ignore: decorator
@inline
function pairsIn(workspace: usize, n: i32): Pairs {
  const p = changetype<Pairs>(pairsAt(workspace));
  p.keys = keysIn(workspace);
  p.positions = positionsIn(workspace, n);
  return p;
}

/**
 * std::partial_sort for a few elements: what is greater than the greatest of those chosen is not even stored, and of float32,
 * four of them are passed over at once.
 */
function chooseFew<K>(pairs: Pairs, from: usize, n: i32, k: i32, dtype: i32, flip: K): void {
  const size = itemSize(dtype);
  makeHeap<K>(pairs, 0, k);
  const quads = sizeof<K>() == 4 && dtype == DType.Float32;
  for (let i = k; i < n;) {
    const at = from + <usize>(i * size);
    if (quads && i + 4 <= n) {
      const keys = v128.xor(signedKeys(v128.load(at)), i32x4.splat(<i32>flip));
      const top = i32x4.splat(load<i32>(pairs.keys) ^ i32.MIN_VALUE);
      for (let less = i32x4.bitmask(i32x4.lt_s(keys, top)); less; less &= less - 1) {
        const lane = ctz(less);
        const key = floatKey(load<f32>(at + ((<usize>lane) << 2))) ^ (<u32>flip);
        if (key < load<u32>(pairs.keys)) replaceTop<K>(pairs, k, <K>key, i + lane);
      }
      i += 4;
      continue;
    }
    const key = keyAt<K>(at, dtype, flip);
    if (key < load<K>(pairs.keys)) replaceTop<K>(pairs, k, key, i);
    i++;
  }
  sortHeap<K>(pairs, 0, k);
}

function topRows<K>(args: Args): void {
  const values = args.operand(0);
  const indices = args.operand(1);
  const input = args.operand(2);
  const n = args.int(0);
  const k = args.int(2);
  const dtype = input.dtype;
  const size = itemSize(dtype);
  const flip: K = args.int(1) ? ~(<K>0) : 0;
  const pairs = pairsIn(args.workspace, n);
  let to = values.data;
  let indexTo = indices.data;
  for (let row = 0, rows = input.numel / n; row < rows; row++) {
    const from = input.data + <usize>(row * n * size);
    fillKeys<K>(args.workspace, from, n, dtype, flip, k * 64 <= n ? k : n);
    if (k * 64 <= n) chooseFew<K>(pairs, from, n, k, dtype, flip);
    else {
      nthElement<K>(pairs, 0, k - 1, n);
      introsort<K>(pairs, 0, k - 1);
    }
    for (let i = 0; i < k; i++) {
      const position = load<u32>(pairs.positions + ((<usize>i) << 2));
      copyElement(to, from + <usize>position * size, size);
      store<i64>(indexTo, position);
      to += size;
      indexTo += 8;
    }
  }
}

/**
 * Operands: 0 values, 1 indices (int64), both of rows of k, 2 input; contiguous. ints: 0 row length, 1 largest, 2 k.
 * The results are sorted. Workspace: sortWorkspace(row length).
 */
export function topk(args: Args): void {
  if (args.operand(2).numel == 0 || args.int(2) == 0) return;
  if (hasWideKeys(args.operand(2).dtype)) topRows<u64>(args);
  else topRows<u32>(args);
}

// @ts-ignore: decorator
@inline
function isNan(at: usize, dtype: i32): bool {
  switch (dtype) {
    case DType.Float32:
      return isNaN(load<f32>(at));
    case DType.Float64:
      return isNaN(load<f64>(at));
    case DType.Float16:
      return isNaN(halfToFloat(load<u16>(at)));
    case DType.BFloat16:
      return isNaN(bfloatToFloat(load<u16>(at)));
    default:
      return false;
  }
}

/** Which element of the sorted row `select` picks. */
export const enum Select {
  /** the k-th smallest */
  Kth = 0,
  /** the lower median; the first NaN if there is one */
  Median = 1,
  /** the lower median of what is not NaN */
  NanMedian = 2,
}

function selectRows<K>(args: Args): void {
  const values = args.operand(0);
  const indices = args.operand(1);
  const input = args.operand(2);
  const n = args.int(0);
  const which = args.int(1);
  const dtype = input.dtype;
  const size = itemSize(dtype);
  const workspace = args.workspace;
  const pairs = pairsIn(workspace, n);
  for (let row = 0, rows = input.numel / n; row < rows; row++) {
    const from = input.data + <usize>(row * n * size);
    let rank = args.int(2) - 1;
    let position = -1;
    if (which != Select.Kth) {
      let numbers = n;
      for (let i = n - 1; i >= 0; i--) {
        if (isNan(from + <usize>(i * size), dtype)) {
          numbers--;
          if (which == Select.Median) position = i;
        }
      }
      rank = max(numbers - 1, 0) >> 1;
      if (which == Select.Median && position < 0) rank = (n - 1) >> 1;
    }
    if (position < 0) {
      fillKeys<K>(workspace, from, n, dtype, 0);
      if (which == Select.Kth) quickSelect<K>(pairs, rank, n);
      else sortKeys<K>(workspace, n); // of equal elements the first
      // not from `pairs`: the sort's digit counts lie where it does
      position = load<u32>(positionsIn(workspace, n) + ((<usize>rank) << 2));
    }
    copyElement(values.data + <usize>(row * size), from + <usize>(position * size), size);
    store<i64>(indices.data + ((<usize>row) << 3), position);
  }
}

/**
 * Operands: 0 values, 1 indices (int64), one a row, 2 input, contiguous rows. ints: 0 row length, 1 Select, 2 k from 1.
 * Workspace: sortWorkspace(row length).
 */
export function select(args: Args): void {
  if (args.operand(2).numel == 0) return;
  if (hasWideKeys(args.operand(2).dtype)) selectRows<u64>(args);
  else selectRows<u32>(args);
}

function modeRows<K>(args: Args): void {
  const values = args.operand(0);
  const indices = args.operand(1);
  const input = args.operand(2);
  const n = args.int(0);
  const dtype = input.dtype;
  const size = itemSize(dtype);
  const workspace = args.workspace;
  const pairs = pairsIn(workspace, n);
  const keys = pairs.keys;
  for (let row = 0, rows = input.numel / n; row < rows; row++) {
    const from = input.data + <usize>(row * n * size);
    fillKeys<K>(workspace, from, n, dtype, 0);
    introsort<K>(pairs, 0, n);
    let best = 0;
    let found = 0;
    let start = 0;
    for (let i = 0; i < n; i++) {
      const last = i + 1 == n || load<K>(keys + <usize>i * sizeof<K>()) != load<K>(keys + <usize>(i + 1) * sizeof<K>());
      if (!last) continue;
      if (i + 1 - start > best) {
        best = i + 1 - start;
        found = i;
      }
      start = i + 1;
    }
    const position = load<u32>(pairs.positions + ((<usize>found) << 2));
    copyElement(values.data + <usize>(row * size), from + <usize>position * size, size);
    store<i64>(indices.data + ((<usize>row) << 3), position);
  }
}

/**
 * The most frequent element of each row, the smallest of several, with its last position. Operands and workspace as for
 * `select`; int 0: row length.
 */
export function mode(args: Args): void {
  if (args.operand(2).numel == 0) return;
  if (hasWideKeys(args.operand(2).dtype)) modeRows<u64>(args);
  else modeRows<u32>(args);
}
