// Moves runs of elements between strided memory and a dense block of 32- or 64-bit lanes, widening on the way in and
// wrapping on the way out. float16 and bfloat16 move as bits; `load` and `store` convert them.
import { DType } from "../../tensor/dtype";
import { Operand } from "../../dispatch/args";

// @ts-ignore: decorator
@inline function gather<S, R>(dst: usize, src: usize, rows: i32, rowStride: i32, cols: i32, stride: i32): void {
  const step = <usize>stride * sizeof<S>();
  const rowStep = <usize>rowStride * sizeof<S>();
  for (; rows > 0; rows--) {
    let p = src;
    const end = dst + <usize>cols * sizeof<R>();
    if (stride == 1) {
      if (sizeof<S>() == sizeof<R>()) {
        for (; dst + 16 <= end; dst += 16, p += 16) v128.store(dst, v128.load(p));
      } else if (sizeof<S>() == 1) {
        for (; dst + 32 <= end; dst += 32, p += 8) {
          const x = isSigned<S>() ? v128.load8x8_s(p) : v128.load8x8_u(p);
          v128.store(dst, isSigned<S>() ? i32x4.extend_low_i16x8_s(x) : i32x4.extend_low_i16x8_u(x));
          v128.store(dst, isSigned<S>() ? i32x4.extend_high_i16x8_s(x) : i32x4.extend_high_i16x8_u(x), 16);
        }
      } else {
        for (; dst + 16 <= end; dst += 16, p += 8) {
          v128.store(dst, isSigned<S>() ? v128.load16x4_s(p) : v128.load16x4_u(p));
        }
      }
    }
    if (stride == 0) {
      // may write past `end`: into the next row's place, or the padding of the block
      const value = v128.splat<R>(<R>load<S>(p));
      for (; dst < end; dst += 16) v128.store(dst, value);
      dst = end;
    }
    for (; dst < end; dst += sizeof<R>(), p += step) store<R>(dst, <R>load<S>(p));
    src += rowStep;
  }
}

// @ts-ignore: decorator
@inline function scatter<S, R>(dst: usize, src: usize, rows: i32, rowStride: i32, cols: i32, stride: i32): void {
  const step = <usize>stride * sizeof<S>();
  const rowStep = <usize>rowStride * sizeof<S>();
  for (; rows > 0; rows--) {
    let p = dst;
    const end = src + <usize>cols * sizeof<R>();
    if (stride == 1) {
      if (sizeof<S>() == sizeof<R>()) {
        for (; src + 16 <= end; src += 16, p += 16) v128.store(p, v128.load(src));
      } else if (sizeof<S>() == 1) {
        const low = i32x4.splat(0xff);
        for (; src + 32 <= end; src += 32, p += 8) {
          const x = i16x8.narrow_i32x4_s(v128.and(v128.load(src), low), v128.and(v128.load(src, 16), low));
          v128.store64_lane(p, i8x16.narrow_i16x8_u(x, x), 0);
        }
      } else {
        const low = i32x4.splat(0xffff);
        for (; src + 16 <= end; src += 16, p += 8) {
          const x = v128.and(v128.load(src), low);
          v128.store64_lane(p, i16x8.narrow_i32x4_u(x, x), 0);
        }
      }
    }
    for (; src < end; src += sizeof<R>(), p += step) store<S>(p, <S>load<R>(src));
    dst += rowStep;
  }
}

export function gatherRows(dtype: i32, lanes: usize, data: usize, rows: i32, rs: i32, cols: i32, cs: i32): void {
  switch (dtype) {
    case DType.Uint8:
    case DType.Bool:
      return gather<u8, u32>(lanes, data, rows, rs, cols, cs);
    case DType.Int8:
      return gather<i8, i32>(lanes, data, rows, rs, cols, cs);
    case DType.Int16:
      return gather<i16, i32>(lanes, data, rows, rs, cols, cs);
    case DType.Float16:
    case DType.BFloat16:
      return gather<u16, u32>(lanes, data, rows, rs, cols, cs);
    case DType.Int32:
    case DType.Float32:
      return gather<u32, u32>(lanes, data, rows, rs, cols, cs);
    default:
      return gather<u64, u64>(lanes, data, rows, rs, cols, cs);
  }
}

export function scatterRows(dtype: i32, lanes: usize, data: usize, rows: i32, rs: i32, cols: i32, cs: i32): void {
  switch (dtype) {
    case DType.Uint8:
    case DType.Bool:
    case DType.Int8:
      return scatter<u8, u32>(data, lanes, rows, rs, cols, cs);
    case DType.Int16:
    case DType.Float16:
    case DType.BFloat16:
      return scatter<u16, u32>(data, lanes, rows, rs, cols, cs);
    case DType.Int32:
    case DType.Float32:
      return scatter<u32, u32>(data, lanes, rows, rs, cols, cs);
    default:
      return scatter<u64, u64>(data, lanes, rows, rs, cols, cs);
  }
}

/**
 * Moves elements [at, at + n) of the index space of `space` between the dense block `lanes` and the memory of `operand`,
 * which has its own strides. `laneShift`: log2 of the bytes per lane, `size`: bytes per element in memory,
 * `coordinates`: room for MAX_DIMS i32.
 */
export function transfer(
  write: bool,
  operand: Operand,
  space: Operand,
  size: i32,
  laneShift: i32,
  lanes: usize,
  at: i32,
  n: i32,
  coordinates: usize,
): void {
  const dtype = operand.dtype;
  const last = space.ndim - 1;
  if (last < 0) {
    if (write) scatterRows(dtype, lanes, operand.data, 1, 0, 1, 1);
    else gatherRows(dtype, lanes, operand.data, 1, 0, 1, 1);
    return;
  }
  const cols = space.shape(last);
  const colStride = operand.stride(last);
  let col = at % cols;
  let rest = at / cols;
  // without a second dimension all is one row
  const rows = last > 0 ? space.shape(last - 1) : i32.MAX_VALUE;
  const rowStride = last > 0 ? operand.stride(last - 1) : 0;
  let row = 0;
  let outer = 0;
  if (last > 0) {
    row = rest % rows;
    rest /= rows;
    for (let d = last - 2; d >= 0; d--) {
      const extent = space.shape(d);
      const coordinate = rest % extent;
      rest /= extent;
      store<i32>(coordinates + ((<usize>d) << 2), coordinate);
      outer += coordinate * operand.stride(d);
    }
  }
  while (true) {
    let runRows = 1;
    let run = min(cols - col, n);
    if (col == 0 && run == cols) runRows = min(rows - row, n / cols);
    const p = operand.data + <usize>(outer + row * rowStride + col * colStride) * size;
    if (write) scatterRows(dtype, lanes, p, runRows, rowStride, run, colStride);
    else gatherRows(dtype, lanes, p, runRows, rowStride, run, colStride);
    const moved = runRows * run;
    n -= moved;
    if (n <= 0) return;
    lanes += (<usize>moved) << laneShift;
    // more is left, so this run ended at the end of a row
    col = 0;
    row += runRows;
    if (row == rows) {
      row = 0;
      for (let d = last - 2; d >= 0; d--) {
        const slot = coordinates + ((<usize>d) << 2);
        const coordinate = load<i32>(slot) + 1;
        outer += operand.stride(d);
        if (coordinate < space.shape(d)) {
          store<i32>(slot, coordinate);
          break;
        }
        store<i32>(slot, 0);
        outer -= coordinate * operand.stride(d);
      }
    }
  }
}

/** True when the elements lie in memory in the order of the index space, without gaps. */
export function isDense(operand: Operand, space: Operand): bool {
  let expected = 1;
  for (let d = space.ndim - 1; d >= 0; d--) {
    const extent = space.shape(d);
    if (extent != 1) {
      if (operand.stride(d) != expected) return false;
      expected *= extent;
    }
  }
  return true;
}

/**
 * After how many elements of the index space the operand's memory starts over: a dense run of so many, repeated by
 * broadcasting. The whole count for a dense operand, 1 for a single element, 0 if there is no such run.
 */
export function period(operand: Operand, space: Operand): i32 {
  let run = 1;
  let d = space.ndim - 1;
  for (; d >= 0; d--) {
    const extent = space.shape(d);
    if (extent == 1) continue;
    if (operand.stride(d) != run) break;
    run *= extent;
  }
  for (; d >= 0; d--) {
    if (space.shape(d) != 1 && operand.stride(d) != 0) return 0;
  }
  return run;
}
