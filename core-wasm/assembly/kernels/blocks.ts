// Blocks: runs of elements of any dtype and stride, converted to and from a compute type (f32, f64 or i64). Kernels do
// their arithmetic on contiguous blocks of the compute type only, so they are written once and not once per dtype.
import { DType } from "../tensor/dtype";
import { bfloatToFloat, floatToBFloat, floatToHalf, halfToFloat } from "./half";

function convert<S, A>(dst: usize, src: usize, step: usize, n: i32): void {
  const end = dst + <usize>n * sizeof<A>();
  while (dst < end) {
    store<A>(dst, <A>load<S>(src));
    dst += sizeof<A>();
    src += step;
  }
}

/**
 * Reads n elements of `dtype`, `stride` elements apart, into a contiguous block of A. Integer A is for integer and bool
 * dtypes only.
 */
export function loadBlock<A>(dst: usize, src: usize, dtype: i32, stride: i32, n: i32): void {
  const s = <usize>stride;
  switch (dtype) {
    case DType.Uint8:
    case DType.Bool:
      return convert<u8, A>(dst, src, s, n);
    case DType.Int8:
      return convert<i8, A>(dst, src, s, n);
    case DType.Int16:
      return convert<i16, A>(dst, src, s << 1, n);
    case DType.Int32:
      return convert<i32, A>(dst, src, s << 2, n);
    case DType.Int64:
      if (isInteger<A>() && stride == 1) {
        memory.copy(dst, src, (<usize>n) << 3);
        return;
      }
      return convert<i64, A>(dst, src, s << 3, n);
    case DType.Float32:
      if (isFloat<A>() && sizeof<A>() == 4 && stride == 1) {
        memory.copy(dst, src, (<usize>n) << 2);
        return;
      }
      return convert<f32, A>(dst, src, s << 2, n);
    case DType.Float64:
      if (isFloat<A>() && sizeof<A>() == 8 && stride == 1) {
        memory.copy(dst, src, (<usize>n) << 3);
        return;
      }
      return convert<f64, A>(dst, src, s << 3, n);
    case DType.Float16:
      for (let i = 0; i < n; i++) {
        store<A>(dst, <A>halfToFloat(load<u16>(src)));
        dst += sizeof<A>();
        src += s << 1;
      }
      return;
    default:
      for (let i = 0; i < n; i++) {
        store<A>(dst, <A>bfloatToFloat(load<u16>(src)));
        dst += sizeof<A>();
        src += s << 1;
      }
  }
}

/** Stores one value of the compute type A as `dtype`. */
export function storeAs<A>(dst: usize, dtype: i32, value: A): void {
  switch (dtype) {
    case DType.Uint8:
    case DType.Int8:
      store<u8>(dst, <u8>(<i64>value));
      return;
    case DType.Int16:
      store<u16>(dst, <u16>(<i64>value));
      return;
    case DType.Int32:
      store<i32>(dst, <i32>(<i64>value));
      return;
    case DType.Int64:
      store<i64>(dst, <i64>value);
      return;
    case DType.Float16:
      store<u16>(dst, <u16>floatToHalf(<f32>value));
      return;
    case DType.Float32:
      store<f32>(dst, <f32>value);
      return;
    case DType.Float64:
      store<f64>(dst, <f64>value);
      return;
    case DType.Bool:
      store<u8>(dst, u8(value != 0));
      return;
    default:
      store<u16>(dst, <u16>floatToBFloat(<f32>value));
  }
}

function convertTo<A, S>(dst: usize, step: usize, src: usize, n: i32): void {
  const end = src + <usize>n * sizeof<A>();
  while (src < end) {
    store<S>(dst, <S>load<A>(src));
    src += sizeof<A>();
    dst += step;
  }
}

/** Writes a contiguous block of A to n elements of `dtype` and `size` bytes, `stride` elements apart. */
export function storeBlock<A>(dst: usize, dtype: i32, stride: i32, src: usize, n: i32, size: i32): void {
  const step = <usize>(stride * size);
  if (dtype == DType.Float32) return convertTo<A, f32>(dst, step, src, n);
  if (dtype == DType.Float64) return convertTo<A, f64>(dst, step, src, n);
  if (dtype == DType.Int64) return convertTo<A, i64>(dst, step, src, n);
  const end = src + <usize>n * sizeof<A>();
  while (src < end) {
    storeAs<A>(dst, dtype, load<A>(src));
    src += sizeof<A>();
    dst += step;
  }
}

/** The dtype whose elements are the compute type A itself, so that a contiguous run of it is a block already. */
// @ts-ignore: decorator
@inline
export function blockDType<A>(): i32 {
  if (isInteger<A>()) return DType.Int64;
  return sizeof<A>() == 4 ? DType.Float32 : DType.Float64;
}
