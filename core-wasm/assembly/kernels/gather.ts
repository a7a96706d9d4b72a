// out[x] = input[x, index[x]]: torch.gather, and with suitable strides indexSelect, take, embedding and every read by index
// tensors. Cost: reads index and one element an output element; rows that share one index are copied as a whole.
import { Args, Operand } from "../dispatch/args";
import { Fault } from "../dispatch/fault";
import { itemSize } from "../tensor/dtype";
import { columnStride, columnsOf, copyRun, planeOffset, planesOf, rowStride, rowsOf } from "./planes";

/** An int64 index (known to be in range) as an i32, negative ones counted from the end. */
// @ts-ignore: decorator
@inline
export function loadIndex(address: usize, size: i32): i32 {
  const i = load<i32>(address);
  return i + (size & (i >> 31));
}

/** Whether a kernel that writes to a new tensor met an index that is not in the dim, and gave up. */
const OUTSIDE = memory.data(4);

export function metIndexOutside(): bool {
  const met = load<i32>(OUTSIDE) != 0;
  store<i32>(OUTSIDE, 0);
  return met;
}

export function reportIndexOutside(): void {
  store<i32>(OUTSIDE, 1);
}

/** Indices that are looked at before any of them is used: few, so that the processor looks at the next while these are used. */
export const CHUNK: i32 = 64;

/** What the two words of an index in [0, range) are below. */
// @ts-ignore: decorator
@inline export function wordLimits(range: u32): v128 {
  return i64x2.splat(((<i64>1) << 32) | (<i64>range));
}

/** Whether any of the four indices at `at` is not below `limits`. */
// @ts-ignore: decorator
@inline export function fourOutside(at: usize, limits: v128): bool {
  return v128.any_true(i32x4.ge_u(i32x4.max_u(v128.load(at), v128.load(at, 16)), limits));
}

/** Whether any of `n` indices, `step` bytes apart, is outside of [low, low + range). */
export function anyOutside(at: usize, n: i32, step: usize, low: i64, range: u32): bool {
  if (step == 8 && n >= 4) {
    // what is left when `low` is taken away has no high word, and a low one below `range`
    const lows = i64x2.splat(low);
    const limit = wordLimits(range);
    let most = i64x2.splat(0);
    let other = most;
    for (const end = at + ((<usize>n) << 3); at < end; at += 32) {
      // the last four reach back over some that are done
      const p = min(at, end - 32);
      most = i32x4.max_u(most, i64x2.sub(v128.load(p), lows));
      other = i32x4.max_u(other, i64x2.sub(v128.load(p, 16), lows));
    }
    most = i32x4.max_u(most, other);
    return v128.any_true(i32x4.ge_u(most, limit));
  }
  for (; n > 0; n--) {
    if (<u64>(load<i64>(at) - low) >= <u64>range) return true;
    at += step;
  }
  return false;
}

function gatherAs<T>(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  const index = args.operand(2);
  const step = <usize>args.int(0) * sizeof<T>();
  const size = args.int(1);
  const front = (args.int(2) & Fault.FromFront) != 0;
  const low: i64 = front ? 0 : -(<i64>size);
  const range = front ? <u32>size : (<u32>size) << 1;
  const ndim = index.ndim;
  const rows = rowsOf(index);
  const columns = columnsOf(index);
  const outStep = columnStride(out, ndim);
  const inputStep = columnStride(input, ndim);
  const indexStep = columnStride(index, ndim);
  const toStep = <usize>outStep * sizeof<T>();
  const baseStep = <usize>inputStep * sizeof<T>();
  const atStep = (<usize>indexStep) << 3;
  const limits = wordLimits(range);
  const dense = sizeof<T>() >= 4 && sizeof<T>() <= 8 && outStep == 1 && indexStep == 1 && front;
  for (let plane = 0, planes = planesOf(index); plane < planes; plane++) {
    let outAt = planeOffset(index, out, plane);
    let inputAt = planeOffset(index, input, plane);
    let indexAt = planeOffset(index, index, plane);
    for (let row = 0; row < rows; row++) {
      let to = out.data + <usize>outAt * sizeof<T>();
      let at = index.data + ((<usize>indexAt) << 3);
      let base = input.data + <usize>inputAt * sizeof<T>();
      if (indexStep == 0) {
        if (anyOutside(at, 1, 0, low, range)) return reportIndexOutside();
        copyRun(sizeof<T>(), to, toStep, base + <usize>loadIndex(at, size) * step, baseStep, columns);
      } else {
        let left = columns;
        if (dense && baseStep == 0 && step == sizeof<T>()) {
          for (; left >= 8; left -= 8, at += 64, to += 8 * sizeof<T>()) {
            if (fourOutside(at, limits) || fourOutside(at + 32, limits)) return reportIndexOutside();
            store<T>(to, load<T>(base + <usize>load<u32>(at) * sizeof<T>()));
            store<T>(to, load<T>(base + <usize>load<u32>(at, 8) * sizeof<T>()), sizeof<T>());
            store<T>(to, load<T>(base + <usize>load<u32>(at, 16) * sizeof<T>()), 2 * sizeof<T>());
            store<T>(to, load<T>(base + <usize>load<u32>(at, 24) * sizeof<T>()), 3 * sizeof<T>());
            store<T>(to, load<T>(base + <usize>load<u32>(at, 32) * sizeof<T>()), 4 * sizeof<T>());
            store<T>(to, load<T>(base + <usize>load<u32>(at, 40) * sizeof<T>()), 5 * sizeof<T>());
            store<T>(to, load<T>(base + <usize>load<u32>(at, 48) * sizeof<T>()), 6 * sizeof<T>());
            store<T>(to, load<T>(base + <usize>load<u32>(at, 56) * sizeof<T>()), 7 * sizeof<T>());
          }
        }
        if (dense) {
          for (; left >= 4; left -= 4, at += 32, to += 4 * sizeof<T>()) {
            if (fourOutside(at, limits)) return reportIndexOutside();
            store<T>(to, load<T>(base + <usize>load<u32>(at) * step));
            base += baseStep;
            store<T>(to, load<T>(base + <usize>load<u32>(at, 8) * step), sizeof<T>());
            base += baseStep;
            store<T>(to, load<T>(base + <usize>load<u32>(at, 16) * step), 2 * sizeof<T>());
            base += baseStep;
            store<T>(to, load<T>(base + <usize>load<u32>(at, 24) * step), 3 * sizeof<T>());
            base += baseStep;
          }
        }
        for (; left > 0; left -= CHUNK) {
          const n = min(CHUNK, left);
          if (anyOutside(at, n, atStep, low, range)) return reportIndexOutside();
          for (const end = at + <usize>n * atStep; at < end; at += atStep, to += toStep, base += baseStep) {
            store<T>(to, load<T>(base + <usize>loadIndex(at, size) * step));
          }
        }
      }
      outAt += rowStride(out, ndim);
      inputAt += rowStride(input, ndim);
      indexAt += rowStride(index, ndim);
    }
  }
}

/**
 * Operands: 0 out, 1 input (any dtype, the same), 2 index (int64). The index's shape is the iteration space: all three have
 * its ndim and their own strides over it, the input stride 0 where the index stands in. An index outside of [-size, size), or
 * of [0, size) with Fault.FromFront, ends it: metIndexOutside then tells the caller to drop `out`.
 * ints: 0 elements of the input per index step, 1 size of the indexed dim, 2 Fault; for other devices 3 the dim.
 */
export function gather(args: Args): void {
  if (args.operand(2).numel == 0) return;
  switch (itemSize(args.operand(0).dtype)) {
    case 1:
      return gatherAs<u8>(args);
    case 2:
      return gatherAs<u16>(args);
    case 4:
      return gatherAs<u32>(args);
    case 8:
      return gatherAs<u64>(args);
    default:
      return gatherAs<v128>(args);
  }
}

/**
 * Position (row-major) of the first index outside [low, high), or -1. Op functions call this before they run a kernel that
 * trusts its indices; `index` is int64 with any strides.
 */
export function firstOutOfRange(index: Operand, low: i64, high: i64): i32 {
  if (index.numel == 0) return -1;
  const ndim = index.ndim;
  const rows = rowsOf(index);
  const columns = columnsOf(index);
  const step = (<usize>columnStride(index, ndim)) << 3;
  let position = 0;
  for (let plane = 0, planes = planesOf(index); plane < planes; plane++) {
    let offset = planeOffset(index, index, plane);
    for (let row = 0; row < rows; row++) {
      let at = index.data + ((<usize>offset) << 3);
      if (anyOutside(at, columns, step, low, <u32>(high - low))) {
        for (let i = 0; i < columns; i++) {
          if (<u64>(load<i64>(at) - low) >= <u64>(high - low)) return position + i;
          at += step;
        }
      }
      position += columns;
      offset += rowStride(index, ndim);
    }
  }
  return -1;
}

/**
 * Linear offsets for indexing by several tensors: operand 0 int64 contiguous, operands 1.. int64 index tensors with strides
 * over operand 0's shape. ints: 0 their count, then for each: 1 + 2k the elements per index step, 2 + 2k the dim's size,
 * 64 + k (for other devices) the Fault and, above bit 8, the dim.
 * Negative indices count from the end; all are known to be in range.
 */
export function indexOffsets(args: Args): void {
  const out = args.operand(0);
  if (out.numel == 0) return;
  const count = args.int(0);
  const ndim = out.ndim;
  const rows = rowsOf(out);
  const columns = columnsOf(out);
  for (let k = 0; k < count; k++) {
    const index = args.operand(1 + k);
    const step = args.int(1 + 2 * k);
    const size = args.int(2 + 2 * k);
    const indexStep = (<usize>columnStride(index, ndim)) << 3;
    let to = out.data;
    for (let plane = 0, planes = planesOf(out); plane < planes; plane++) {
      let offset = planeOffset(out, index, plane);
      for (let row = 0; row < rows; row++) {
        let at = index.data + ((<usize>offset) << 3);
        for (let i = 0; i < columns; i++) {
          const before = k == 0 ? <i64>0 : load<i64>(to);
          store<i64>(to, before + <i64>(loadIndex(at, size) * step));
          at += indexStep;
          to += 8;
        }
        offset += rowStride(index, ndim);
      }
    }
  }
}
