// Copies in another order or with parts left out: tril, triu, flip. Cost: one read and one write an element.
import { Args } from "../dispatch/args";
import { itemSize } from "../tensor/dtype";
import { columnStride, columnsOf, copyRun, planeOffset, planesOf, rowStride, rowsOf } from "./planes";

/** Operands: 0 out, contiguous, 1 input of the same shape. ints: 0 diagonal, 1 upper (triu) or lower (tril). */
export function triangle(args: Args): void {
  const out = args.operand(0);
  if (out.numel == 0) return;
  const input = args.operand(1);
  const size = itemSize(out.dtype);
  const diagonal = args.int(0);
  const upper = args.int(1) != 0;
  const ndim = out.ndim;
  const rows = rowsOf(out);
  const columns = columnsOf(out);
  const step = <usize>(columnStride(input, ndim) * size);
  let to = out.data;
  for (let plane = 0, planes = planesOf(out); plane < planes; plane++) {
    let inputAt = planeOffset(out, input, plane);
    for (let row = 0; row < rows; row++) {
      // columns from `begin` to before `end` are kept
      const edge = min(max(<i64>row + <i64>diagonal + i64(!upper), 0), <i64>columns);
      const begin = upper ? <i32>edge : 0;
      const end = upper ? columns : <i32>edge;
      memory.fill(to, 0, <usize>(begin * size));
      const from = input.data + <usize>(inputAt * size) + <usize>begin * step;
      if (begin < end) copyRun(size, to + <usize>(begin * size), size, from, step, end - begin);
      memory.fill(to + <usize>(end * size), 0, <usize>((columns - end) * size));
      to += <usize>(columns * size);
      inputAt += rowStride(input, ndim);
    }
  }
}

/** Operands: 0 out, contiguous, 1 input of the same shape. int 0: the dims to reverse, a bit each. */
export function flip(args: Args): void {
  const out = args.operand(0);
  if (out.numel == 0) return;
  const input = args.operand(1);
  const size = itemSize(out.dtype);
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
      const extent = out.shape(d);
      const quotient = <i32>(<u32>rest / <u32>extent);
      const along = (rest - quotient * extent) * input.stride(d);
      offset += dims & (1 << d) ? -along : along;
      rest = quotient;
    }
    copyRun(size, to, size, input.data + <usize>(offset * size), <usize>(step * size), columns);
    to += <usize>(columns * size);
  }
}
