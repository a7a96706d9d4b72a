// out[x, index[x]] = or += source[x]: scatter and its reductions, and with suitable strides indexAdd, indexCopy, indexFill,
// put, writes by index tensors and the gradient of every gather. Serial: of several writes to one element the last counts,
// and sums are formed in row-major order. Cost: one read of index and source, a read and a write of out, an element.
import { Args } from "../dispatch/args";
import { Fault } from "../dispatch/fault";
import { DType, itemSize } from "../tensor/dtype";
import { CHUNK, anyOutside, fourOutside, loadIndex, reportIndexOutside, wordLimits } from "./gather";
import { bfloatToFloat, floatToBFloat, floatToHalf, halfToFloat } from "./half";
import { columnStride, columnsOf, copyBytes, planeOffset, planesOf, rowStride, rowsOf } from "./planes";

export const enum ScatterMode {
  Assign = 0,
  Add = 1,
  Mul = 2,
  Min = 3,
  Max = 4,
}

// @ts-ignore: decorator
@inline
function combine<T>(mode: i32, a: T, b: T): T {
  if (isVector<T>()) return b; // complex128 is only ever assigned
  switch (mode) {
    case ScatterMode.Add:
      return <T>(a + b);
    case ScatterMode.Mul:
      return <T>(a * b);
    case ScatterMode.Min:
      return a != a || a < b ? a : b; // NaN wins
    case ScatterMode.Max:
      return a != a || a > b ? a : b;
    default:
      return b;
  }
}

/** How 16-bit elements are read: as the bits they are, or as one of the two 16-bit floats. */
const enum Half {
  None = 0,
  Float16 = 1,
  BFloat16 = 2,
}

// @ts-ignore: decorator
@inline
function combineAt<T>(mode: i32, half: i32, to: usize, from: usize): void {
  if (half == Half.None) {
    if (mode == ScatterMode.Assign) store<T>(to, load<T>(from));
    else store<T>(to, combine<T>(mode, load<T>(to), load<T>(from)));
  } else if (half == Half.Float16) {
    const value = combine<f32>(mode, halfToFloat(load<u16>(to)), halfToFloat(load<u16>(from)));
    store<u16>(to, <u16>floatToHalf(value));
  } else {
    const value = combine<f32>(mode, bfloatToFloat(load<u16>(to)), bfloatToFloat(load<u16>(from)));
    store<u16>(to, <u16>floatToBFloat(value));
  }
}

function addRow(to: usize, from: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    to += 16;
    from += 16;
  }
  for (; i < n; i++) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    to += 4;
    from += 4;
  }
}

function scatterAs<T>(args: Args, mode: i32, half: i32): void {
  const out = args.operand(0);
  const source = args.operand(1);
  const index = args.operand(2);
  const before = args.operand(3);
  const fresh = args.count == 4;
  const step = <usize>args.int(0) * sizeof<T>();
  const size = args.int(1);
  const skip = args.int(3);
  const front = (args.int(4) & Fault.FromFront) != 0;
  const low: i64 = front ? 0 : -(<i64>size);
  const range = front ? <u32>size : (<u32>size) << 1;
  const ndim = index.ndim;
  const rows = rowsOf(index);
  const columns = columnsOf(index);
  const outStep = columnStride(out, ndim);
  const sourceStep = columnStride(source, ndim);
  const indexStep = columnStride(index, ndim);
  const atStep = (<usize>indexStep) << 3;
  const fromStep = <usize>sourceStep * sizeof<T>();
  const baseStep = <usize>outStep * sizeof<T>();
  const blocks = indexStep == 0 && outStep == 1 && sourceStep == 1;
  const blockAdd = blocks && mode == ScatterMode.Add && out.dtype == DType.Float32;
  const adds = mode == ScatterMode.Add && half == Half.None;
  const dense = adds && front && skip < 0 && atStep == 8 && sourceStep == 1;
  const limits = wordLimits(range);
  const blockCopy = blocks && mode == ScatterMode.Assign;
  for (let plane = 0, planes = planesOf(index); plane < planes; plane++) {
    let outAt = planeOffset(index, out, plane);
    let sourceAt = planeOffset(index, source, plane);
    let indexAt = planeOffset(index, index, plane);
    let beforeAt = fresh ? planeOffset(index, before, plane) : 0;
    for (let row = 0; row < rows; row++) {
      if (fresh) {
        const to = out.data + <usize>outAt * sizeof<T>();
        copyBytes(to, before.data + <usize>beforeAt * sizeof<T>(), <usize>size * sizeof<T>());
        beforeAt += rowStride(before, ndim);
      }
      let at = index.data + ((<usize>indexAt) << 3);
      let from = source.data + <usize>sourceAt * sizeof<T>();
      if (blockAdd || blockCopy) {
        if (anyOutside(at, 1, 0, low, range)) return reportIndexOutside();
        const i = loadIndex(at, size);
        if (i != skip) {
          const to = out.data + <usize>outAt * sizeof<T>() + <usize>i * step;
          if (blockAdd) addRow(to, from, columns);
          else copyBytes(to, from, <usize>columns * sizeof<T>());
        }
      } else {
        let base = out.data + <usize>outAt * sizeof<T>();
        let left = columns;
        if (dense) {
          for (; left >= 4; left -= 4) {
            if (fourOutside(at, limits)) return reportIndexOutside();
            combineAt<T>(ScatterMode.Add, Half.None, base + <usize>load<u32>(at) * step, from);
            base += baseStep;
            combineAt<T>(ScatterMode.Add, Half.None, base + <usize>load<u32>(at, 8) * step, from + sizeof<T>());
            base += baseStep;
            combineAt<T>(ScatterMode.Add, Half.None, base + <usize>load<u32>(at, 16) * step, from + 2 * sizeof<T>());
            base += baseStep;
            combineAt<T>(ScatterMode.Add, Half.None, base + <usize>load<u32>(at, 24) * step, from + 3 * sizeof<T>());
            base += baseStep;
            at += 32;
            from += 4 * sizeof<T>();
          }
        }
        for (; left > 0; left -= CHUNK) {
          const n = min(CHUNK, left);
          if (anyOutside(at, n, atStep, low, range)) return reportIndexOutside();
          for (let c = 0; c < n; c++) {
            const i = loadIndex(at, size);
            if (i != skip) {
              if (adds) combineAt<T>(ScatterMode.Add, Half.None, base + <usize>i * step, from);
              else combineAt<T>(mode, half, base + <usize>i * step, from);
            }
            at += atStep;
            from += fromStep;
            base += baseStep;
          }
        }
      }
      outAt += rowStride(out, ndim);
      sourceAt += rowStride(source, ndim);
      indexAt += rowStride(index, ndim);
    }
  }
}

/**
 * Operands: 0 out (read and written), 1 source (the same dtype), 2 index (int64). The index's shape is the iteration space:
 * all three have its ndim and their own strides over it, out stride 0 where the index stands in. Indices out of range are
 * as gather's. ints: 0 elements of out per index step, 1 size of the indexed dim, 2 ScatterMode, 3 an index to ignore,
 * else -1, 4 Fault; for other devices 5 the dim. On the CPU, where the last dim is indexed and the index has all rows of out,
 * operand 3 may be what they hold before: each is copied while it is near.
 */
export function scatter(args: Args): void {
  if (args.operand(2).numel == 0) return;
  const dtype = args.operand(0).dtype;
  let mode = args.int(2);
  if (mode == ScatterMode.Assign) {
    switch (itemSize(dtype)) {
      case 1:
        return scatterAs<u8>(args, ScatterMode.Assign, Half.None);
      case 2:
        return scatterAs<u16>(args, ScatterMode.Assign, Half.None);
      case 4:
        return scatterAs<i32>(args, ScatterMode.Assign, Half.None);
      case 8:
        return scatterAs<i64>(args, ScatterMode.Assign, Half.None);
      default:
        return scatterAs<v128>(args, ScatterMode.Assign, Half.None);
    }
  }
  switch (dtype) {
    case DType.Bool:
      // a sum of booleans is their disjunction
      return scatterAs<u8>(args, mode == ScatterMode.Add ? ScatterMode.Max : mode, Half.None);
    case DType.Uint8:
      return scatterAs<u8>(args, mode, Half.None);
    case DType.Int8:
      return scatterAs<i8>(args, mode, Half.None);
    case DType.Int16:
      return scatterAs<i16>(args, mode, Half.None);
    case DType.Int32:
      return scatterAs<i32>(args, mode, Half.None);
    case DType.Int64:
      return scatterAs<i64>(args, mode, Half.None);
    case DType.Float16:
      return scatterAs<u16>(args, mode, Half.Float16);
    case DType.BFloat16:
      return scatterAs<u16>(args, mode, Half.BFloat16);
    case DType.Float64:
      return scatterAs<f64>(args, mode, Half.None);
    default:
      return scatterAs<f32>(args, mode, Half.None);
  }
}
