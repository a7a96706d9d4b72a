// Operations whose result depends on which elements are set: nonzero, maskedSelect, maskedScatter. The op function learns
// the size of the result from `countSet` before it allocates. Cost: one pass over the mask.
import { Args, Operand } from "../dispatch/args";
import { DType, itemSize } from "../tensor/dtype";
import { columnStride, columnsOf, planeOffset, planesOf, rowStride, rowsOf } from "./planes";

// @ts-ignore: decorator
@inline
function isSet(at: usize, dtype: i32): bool {
  switch (dtype) {
    case DType.Bool:
    case DType.Uint8:
    case DType.Int8:
      return load<u8>(at) != 0;
    case DType.Int16:
      return load<u16>(at) != 0;
    case DType.Float16:
    case DType.BFloat16:
      return (load<u16>(at) & 0x7fff) != 0;
    case DType.Int32:
      return load<u32>(at) != 0;
    case DType.Float32:
      return load<f32>(at) != 0;
    case DType.Int64:
      return load<u64>(at) != 0;
    case DType.Float64:
      return load<f64>(at) != 0;
    case DType.Complex64:
      return load<f32>(at) != 0 || load<f32>(at, 4) != 0;
    default:
      return load<f64>(at) != 0 || load<f64>(at, 8) != 0;
  }
}

/** The number of nonzero elements (NaN counts as one). */
export function countSet(mask: Operand): i32 {
  if (mask.numel == 0) return 0;
  const dtype = mask.dtype;
  const size = itemSize(dtype);
  const ndim = mask.ndim;
  const rows = rowsOf(mask);
  const columns = columnsOf(mask);
  const step = <usize>(columnStride(mask, ndim) * size);
  let count = 0;
  for (let plane = 0, planes = planesOf(mask); plane < planes; plane++) {
    let offset = planeOffset(mask, mask, plane);
    for (let row = 0; row < rows; row++) {
      let at = mask.data + <usize>(offset * size);
      for (let i = 0; i < columns; i++) {
        count += i32(isSet(at, dtype));
        at += step;
      }
      offset += rowStride(mask, ndim);
    }
  }
  return count;
}

/** Operands: 0 out int64 [count, ndim] contiguous, 1 input. Rows are the indices of nonzero elements in row-major order. */
export function nonzero(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  if (out.numel == 0) return;
  const dtype = input.dtype;
  const size = itemSize(dtype);
  const ndim = input.ndim;
  const rows = rowsOf(input);
  const columns = columnsOf(input);
  const step = <usize>(columnStride(input, ndim) * size);
  let to = out.data;
  for (let plane = 0, planes = planesOf(input); plane < planes; plane++) {
    let offset = planeOffset(input, input, plane);
    for (let row = 0; row < rows; row++) {
      let at = input.data + <usize>(offset * size);
      for (let i = 0; i < columns; i++) {
        if (isSet(at, dtype)) {
          let rest = plane;
          for (let d = ndim - 3; d >= 0; d--) {
            const n = input.shape(d);
            store<i64>(to + ((<usize>d) << 3), rest % n);
            rest /= n;
          }
          if (ndim > 1) store<i64>(to + ((<usize>(ndim - 2)) << 3), row);
          store<i64>(to + ((<usize>(ndim - 1)) << 3), i);
          to += (<usize>ndim) << 3;
        }
        at += step;
      }
      offset += rowStride(input, ndim);
    }
  }
}

function selectAs<T>(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  const mask = args.operand(2);
  const ndim = mask.ndim;
  const rows = rowsOf(mask);
  const columns = columnsOf(mask);
  const maskStep = <usize>columnStride(mask, ndim);
  const inputStep = <usize>columnStride(input, ndim) * sizeof<T>();
  let to = out.data;
  for (let plane = 0, planes = planesOf(mask); plane < planes; plane++) {
    let maskAt = planeOffset(mask, mask, plane);
    let inputAt = planeOffset(mask, input, plane);
    for (let row = 0; row < rows; row++) {
      let flag = mask.data + <usize>maskAt;
      let from = input.data + <usize>inputAt * sizeof<T>();
      for (let i = 0; i < columns; i++) {
        if (load<u8>(flag)) {
          store<T>(to, load<T>(from));
          to += sizeof<T>();
        }
        flag += maskStep;
        from += inputStep;
      }
      maskAt += rowStride(mask, ndim);
      inputAt += rowStride(input, ndim);
    }
  }
}

/** Operands: 0 out [count] contiguous, 1 input, 2 mask (bool), both over the mask's shape. */
export function maskedSelect(args: Args): void {
  if (args.operand(0).numel == 0) return;
  switch (itemSize(args.operand(0).dtype)) {
    case 1:
      return selectAs<u8>(args);
    case 2:
      return selectAs<u16>(args);
    case 4:
      return selectAs<u32>(args);
    case 8:
      return selectAs<u64>(args);
    default:
      return selectAs<v128>(args);
  }
}

function fillMaskedAs<T>(args: Args): void {
  const out = args.operand(0);
  const mask = args.operand(1);
  const ndim = mask.ndim;
  const rows = rowsOf(mask);
  const columns = columnsOf(mask);
  const maskStep = <usize>columnStride(mask, ndim);
  const outStep = <usize>columnStride(out, ndim) * sizeof<T>();
  let from = args.operand(2).data;
  for (let plane = 0, planes = planesOf(mask); plane < planes; plane++) {
    let maskAt = planeOffset(mask, mask, plane);
    let outAt = planeOffset(mask, out, plane);
    for (let row = 0; row < rows; row++) {
      let flag = mask.data + <usize>maskAt;
      let to = out.data + <usize>outAt * sizeof<T>();
      for (let i = 0; i < columns; i++) {
        if (load<u8>(flag)) {
          store<T>(to, load<T>(from));
          from += sizeof<T>();
        }
        flag += maskStep;
        to += outStep;
      }
      maskAt += rowStride(mask, ndim);
      outAt += rowStride(out, ndim);
    }
  }
}

/**
 * Operands: 0 out (read and written), 1 mask (bool) over out's shape, 2 source, contiguous, with at least as many elements
 * as the mask has set ones; they are used in order.
 */
export function maskedScatter(args: Args): void {
  if (args.operand(1).numel == 0) return;
  switch (itemSize(args.operand(0).dtype)) {
    case 1:
      return fillMaskedAs<u8>(args);
    case 2:
      return fillMaskedAs<u16>(args);
    case 4:
      return fillMaskedAs<u32>(args);
    case 8:
      return fillMaskedAs<u64>(args);
    default:
      return fillMaskedAs<v128>(args);
  }
}
