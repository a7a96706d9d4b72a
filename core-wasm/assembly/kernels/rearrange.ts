// Copies in another order or with parts left out: tril, triu, flip. Cost: one read and one write an element.
import { Args } from "../dispatch/args";
import { itemSize } from "../tensor/dtype";
import { columnStride, columnsOf, planeOffset, planesOf, rowStride, rowsOf } from "./planes";

function triangleAs<T>(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  const diagonal = args.int(0);
  const upper = args.int(1) != 0;
  const ndim = out.ndim;
  const rows = rowsOf(out);
  const columns = columnsOf(out);
  const step = <usize>columnStride(input, ndim) * sizeof<T>();
  let to = out.data;
  for (let plane = 0, planes = planesOf(out); plane < planes; plane++) {
    let inputAt = planeOffset(out, input, plane);
    for (let row = 0; row < rows; row++) {
      // columns from `begin` to before `end` are kept
      const edge = min(max(<i64>row + <i64>diagonal + i64(!upper), 0), <i64>columns);
      const begin = upper ? <i32>edge : 0;
      const end = upper ? columns : <i32>edge;
      memory.fill(to, 0, <usize>begin * sizeof<T>());
      const from = input.data + <usize>inputAt * sizeof<T>();
      if (step == sizeof<T>()) {
        const skip = <usize>begin * sizeof<T>();
        memory.copy(to + skip, from + skip, <usize>(end - begin) * sizeof<T>());
      } else {
        for (let i = begin; i < end; i++) store<T>(to + <usize>i * sizeof<T>(), load<T>(from + <usize>i * step));
      }
      memory.fill(to + <usize>end * sizeof<T>(), 0, <usize>(columns - end) * sizeof<T>());
      to += <usize>columns * sizeof<T>();
      inputAt += rowStride(input, ndim);
    }
  }
}

/** Operands: 0 out, contiguous, 1 input of the same shape. ints: 0 diagonal, 1 upper (triu) or lower (tril). */
export function triangle(args: Args): void {
  if (args.operand(0).numel == 0) return;
  switch (itemSize(args.operand(0).dtype)) {
    case 1:
      return triangleAs<u8>(args);
    case 2:
      return triangleAs<u16>(args);
    case 4:
      return triangleAs<u32>(args);
    case 8:
      return triangleAs<u64>(args);
    default:
      return triangleAs<v128>(args);
  }
}

function flipAs<T>(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  const dims = args.int(0);
  const ndim = out.ndim;
  const columns = columnsOf(out);
  let step = columnStride(input, ndim);
  let corner = 0;
  for (let d = 0; d < ndim; d++) if (dims & (1 << d)) corner += (out.shape(d) - 1) * input.stride(d);
  if (ndim > 0 && dims & (1 << (ndim - 1))) step = -step;
  let to = out.data;
  for (let row = 0, rows = out.numel / columns; row < rows; row++) {
    let offset = corner;
    let rest = row;
    for (let d = ndim - 2; d >= 0; d--) {
      const size = out.shape(d);
      const quotient = <i32>(<u32>rest / <u32>size);
      const along = (rest - quotient * size) * input.stride(d);
      offset += dims & (1 << d) ? -along : along;
      rest = quotient;
    }
    let from = input.data + <usize>offset * sizeof<T>();
    for (let i = 0; i < columns; i++) {
      store<T>(to, load<T>(from));
      to += sizeof<T>();
      from += <usize>step * sizeof<T>();
    }
  }
}

/** Operands: 0 out, contiguous, 1 input of the same shape. int 0: the dims to reverse, a bit each. */
export function flip(args: Args): void {
  if (args.operand(0).numel == 0) return;
  switch (itemSize(args.operand(0).dtype)) {
    case 1:
      return flipAs<u8>(args);
    case 2:
      return flipAs<u16>(args);
    case 4:
      return flipAs<u32>(args);
    case 8:
      return flipAs<u64>(args);
    default:
      return flipAs<v128>(args);
  }
}
