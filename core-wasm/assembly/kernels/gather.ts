// out[x] = input[x, index[x]]: torch.gather, and with suitable strides indexSelect, take, embedding and every read by index
// tensors. Cost: reads index and one element an output element; rows that share one index are copied as a whole.
import { Args, Operand } from "../dispatch/args";
import { itemSize } from "../tensor/dtype";
import { columnStride, columnsOf, copyRun, planeOffset, planesOf, rowStride, rowsOf } from "./planes";

/** An int64 index (known to be in range) as an i32, negative ones counted from the end. */
// @ts-ignore: decorator
@inline
export function loadIndex(address: usize, size: i32): i32 {
  const i = load<i32>(address);
  return i + (size & (i >> 31));
}

function gatherAs<T>(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  const index = args.operand(2);
  const step = <usize>args.int(0) * sizeof<T>();
  const size = args.int(1);
  const ndim = index.ndim;
  const rows = rowsOf(index);
  const columns = columnsOf(index);
  const outStep = columnStride(out, ndim);
  const inputStep = columnStride(input, ndim);
  const indexStep = columnStride(index, ndim);
  const toStep = <usize>outStep * sizeof<T>();
  const baseStep = <usize>inputStep * sizeof<T>();
  const atStep = (<usize>indexStep) << 3;
  for (let plane = 0, planes = planesOf(index); plane < planes; plane++) {
    let outAt = planeOffset(index, out, plane);
    let inputAt = planeOffset(index, input, plane);
    let indexAt = planeOffset(index, index, plane);
    for (let row = 0; row < rows; row++) {
      let to = out.data + <usize>outAt * sizeof<T>();
      let at = index.data + ((<usize>indexAt) << 3);
      if (indexStep == 0) {
        const from = input.data + <usize>inputAt * sizeof<T>() + <usize>loadIndex(at, size) * step;
        copyRun(sizeof<T>(), to, toStep, from, baseStep, columns);
      } else {
        let base = input.data + <usize>inputAt * sizeof<T>();
        let i = 0;
        if (sizeof<T>() >= 4 && sizeof<T>() <= 8 && outStep == 1 && indexStep == 1) {
          for (; i + 4 <= columns; i += 4) {
            store<T>(to, load<T>(base + <usize>loadIndex(at, size) * step));
            base += baseStep;
            store<T>(to, load<T>(base + <usize>loadIndex(at + 8, size) * step), sizeof<T>());
            base += baseStep;
            store<T>(to, load<T>(base + <usize>loadIndex(at + 16, size) * step), 2 * sizeof<T>());
            base += baseStep;
            store<T>(to, load<T>(base + <usize>loadIndex(at + 24, size) * step), 3 * sizeof<T>());
            base += baseStep;
            to += 4 * sizeof<T>();
            at += 32;
          }
        }
        for (; i < columns; i++) {
          store<T>(to, load<T>(base + <usize>loadIndex(at, size) * step));
          to += toStep;
          at += atStep;
          base += baseStep;
        }
      }
      outAt += rowStride(out, ndim);
      inputAt += rowStride(input, ndim);
      indexAt += rowStride(index, ndim);
    }
  }
}

/**
 * Operands: 0 out, 1 input (any dtype, the same), 2 index (int64, every index in [-size, size)). The index's shape is the
 * iteration space: all three have its ndim and their own strides over it, the input stride 0 where the index stands in.
 * ints: 0 elements of the input per index step, 1 size of the indexed dim; for other devices 2 Fault, 3 the dim.
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
  const lows = i64x2.splat(low);
  const highs = i64x2.splat(high);
  let position = 0;
  for (let plane = 0, planes = planesOf(index); plane < planes; plane++) {
    let offset = planeOffset(index, index, plane);
    for (let row = 0; row < rows; row++) {
      let at = index.data + ((<usize>offset) << 3);
      let i = 0;
      if (step == 8) {
        let outside = i64x2.splat(0);
        for (; i + 2 <= columns; i += 2) {
          const v = v128.load(at);
          outside = v128.or(outside, v128.or(i64x2.lt_s(v, lows), i64x2.ge_s(v, highs)));
          at += 16;
        }
        if (v128.any_true(outside)) {
          at -= (<usize>i) << 3;
          i = 0;
        }
      }
      for (; i < columns; i++) {
        if (<u64>(load<i64>(at) - low) >= <u64>(high - low)) return position + i;
        at += step;
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
