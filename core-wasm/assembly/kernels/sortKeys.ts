// Sorting by keys: every dtype maps to unsigned integers of the same order (NaN greatest, -0 equal to 0), which then sort
// stably, by insertion when few and by radix when many. Cost of the radix sort: 8 bits a pass, one read and one write of
// key and position each; passes whose digit is the same everywhere are left out.
import { DType } from "../tensor/dtype";
import { bfloatToFloat, halfToFloat } from "./half";

const INSERTION_LIMIT: i32 = 48;
/** A workspace begins with the digit counts of a radix sort and 16 bytes for a Pairs (selection.ts). */
const COUNTS: usize = 8 * 256 * 4;
const HEADER: usize = COUNTS + 16;

/** Bytes of workspace for sorting rows of `n` elements: two arrays of keys, two of positions, the digit counts. */
export function sortWorkspace(n: i32): usize {
  return <usize>n * 24 + HEADER;
}

/** Whether the keys of this dtype have 64 bits. */
export function hasWideKeys(dtype: i32): bool {
  return dtype == DType.Int64 || dtype == DType.Float64;
}

// @ts-ignore: decorator
@inline
export function floatKey(value: f32): u32 {
  if (value != value) return 0xffffffff;
  const bits = reinterpret<u32>(value + 0); // -0 + 0 is +0
  return bits ^ ((<u32>((<i32>bits) >> 31)) | 0x80000000);
}

/** The same of four lanes, as signed integers: all but the topmost bit of a key. */
// @ts-ignore: decorator
@inline
export function signedKeys(x: v128): v128 {
  const bits = f32x4.add(x, f32x4.splat(0));
  const key = v128.xor(bits, i32x4.shr_u(i32x4.shr_s(bits, 31), 1));
  return v128.bitselect(key, i32x4.splat(i32.MAX_VALUE), f32x4.eq(x, x));
}

// @ts-ignore: decorator
@inline
function doubleKey(value: f64): u64 {
  if (value != value) return 0xffffffffffffffff;
  const bits = reinterpret<u64>(value + 0);
  return bits ^ ((<u64>((<i64>bits) >> 63)) | 0x8000000000000000);
}

/** The 32-bit key of the element at `at`, for all dtypes without wide keys. */
export function key32(at: usize, dtype: i32): u32 {
  switch (dtype) {
    case DType.Float32:
      return floatKey(load<f32>(at));
    case DType.Float16:
      return floatKey(halfToFloat(load<u16>(at)));
    case DType.BFloat16:
      return floatKey(bfloatToFloat(load<u16>(at)));
    case DType.Int32:
      return load<u32>(at) ^ 0x80000000;
    case DType.Int16:
      return (<u32>(<i32>load<i16>(at))) ^ 0x80000000;
    case DType.Int8:
      return (<u32>(<i32>load<i8>(at))) ^ 0x80000000;
    default:
      return load<u8>(at);
  }
}

export function key64(at: usize, dtype: i32): u64 {
  return dtype == DType.Float64 ? doubleKey(load<f64>(at)) : load<u64>(at) ^ 0x8000000000000000;
}

/** The key of an element in the width that its dtype asks for; `flip` (all ones or 0) reverses the order. */
// @ts-ignore: decorator
@inline
export function keyAt<K>(at: usize, dtype: i32, flip: K): K {
  if (sizeof<K>() == 4) return <K>((<K>key32(at, dtype)) ^ flip);
  return <K>((<K>key64(at, dtype)) ^ flip);
}

function insertionSort<K>(keys: usize, positions: usize, n: i32): void {
  for (let i = 1; i < n; i++) {
    const key = load<K>(keys + <usize>i * sizeof<K>());
    const position = load<u32>(positions + ((<usize>i) << 2));
    let j = i - 1;
    for (; j >= 0; j--) {
      const other = load<K>(keys + <usize>j * sizeof<K>());
      if (other <= key) break;
      store<K>(keys + <usize>(j + 1) * sizeof<K>(), other);
      store<u32>(positions + ((<usize>(j + 1)) << 2), load<u32>(positions + ((<usize>j) << 2)));
    }
    store<K>(keys + <usize>(j + 1) * sizeof<K>(), key);
    store<u32>(positions + ((<usize>(j + 1)) << 2), position);
  }
}

/** Where a workspace has room for a Pairs. */
// @ts-ignore: decorator
@inline
export function pairsAt(workspace: usize): usize {
  return workspace + COUNTS;
}

/** Where the keys of a workspace for rows of `n` stand; the positions follow at `positionsIn`. */
// @ts-ignore: decorator
@inline
export function keysIn(workspace: usize): usize {
  return workspace + HEADER;
}

// @ts-ignore: decorator
@inline
export function positionsIn(workspace: usize, n: i32): usize {
  return keysIn(workspace) + ((<usize>n) << 4);
}

/**
 * Sorts the `n` keys at keysIn(workspace) with their positions at positionsIn(workspace, n), stably. Both end where they
 * began.
 */
export function sortKeys<K>(workspace: usize, n: i32): void {
  let keys = keysIn(workspace);
  let positions = positionsIn(workspace, n);
  if (n <= INSERTION_LIMIT) return insertionSort<K>(keys, positions, n);
  let otherKeys = keys + ((<usize>n) << 3);
  let otherPositions = positions + ((<usize>n) << 2);
  const digits = sizeof<K>();
  const counts = workspace;
  memory.fill(counts, 0, digits << 10);
  for (let i = 0; i < n; i++) {
    let key = load<K>(keys + <usize>i * sizeof<K>());
    for (let d: usize = 0; d < digits; d++) {
      const at = counts + (d << 10) + ((<usize>(key & 255)) << 2);
      store<u32>(at, load<u32>(at) + 1);
      key >>= 8;
    }
  }
  let swapped = false;
  for (let d: usize = 0; d < digits; d++) {
    const table = counts + (d << 10);
    const shift = <K>(d << 3);
    const sample = <usize>((load<K>(keys) >> shift) & 255);
    if (load<u32>(table + (sample << 2)) == <u32>n) continue;
    let sum: u32 = 0;
    for (let at = table; at < table + 1024; at += 4) {
      const count = load<u32>(at);
      store<u32>(at, sum);
      sum += count;
    }
    for (let i = 0; i < n; i++) {
      const key = load<K>(keys + <usize>i * sizeof<K>());
      const slot = table + ((<usize>((key >> shift) & 255)) << 2);
      const to = load<u32>(slot);
      store<u32>(slot, to + 1);
      store<K>(otherKeys + <usize>to * sizeof<K>(), key);
      store<u32>(otherPositions + ((<usize>to) << 2), load<u32>(positions + ((<usize>i) << 2)));
    }
    let t = keys;
    keys = otherKeys;
    otherKeys = t;
    t = positions;
    positions = otherPositions;
    otherPositions = t;
    swapped = !swapped;
  }
  if (swapped) {
    memory.copy(otherKeys, keys, <usize>n * sizeof<K>());
    memory.copy(otherPositions, positions, (<usize>n) << 2);
  }
}
