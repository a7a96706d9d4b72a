// Chooses the order of dimensions for a copy. Any order gives the same result, so the destination's own order in memory
// is taken, and dimensions that are one run in both operands become one.
import { Operand } from "../../dispatch/args";

/**
 * Fills `to` and `from` with the operands `a` (the destination) and `b` over an equal space: no dimensions of extent 1 but
 * for a single element (which becomes one dimension), strides of the destination decreasing, adjacent ones merged.
 */
export function arrange(a: Operand, b: Operand, to: Operand, from: Operand): void {
  to.data = a.data;
  to.dtype = a.dtype;
  to.numel = a.numel;
  from.data = b.data;
  from.dtype = b.dtype;
  from.numel = a.numel;
  let count = 0;
  for (let d = 0; d < a.ndim; d++) {
    const extent = a.shape(d);
    if (extent == 1) continue;
    const stride = a.stride(d);
    let at = count++;
    for (; at > 0 && to.stride(at - 1) < stride; at--)
      set(to, from, at, to.shape(at - 1), to.stride(at - 1), from.stride(at - 1));
    set(to, from, at, extent, stride, b.stride(d));
  }
  let merged = 0;
  for (let d = 1; d < count; d++) {
    const extent = to.shape(d);
    if (to.stride(merged) == extent * to.stride(d) && from.stride(merged) == extent * from.stride(d)) {
      set(to, from, merged, to.shape(merged) * extent, to.stride(d), from.stride(d));
    } else {
      set(to, from, ++merged, extent, to.stride(d), from.stride(d));
    }
  }
  if (count == 0) set(to, from, 0, 1, 1, 1);
  to.ndim = merged + 1;
  from.ndim = merged + 1;
}

/** A transpose within a larger space: brings the dimension along which the source is contiguous next to the last one. */
export function moveToSecondLast(to: Operand, from: Operand): void {
  const last = to.ndim - 1;
  if (from.stride(last) == 1) return;
  for (let d = 0; d < last - 1; d++) {
    if (from.stride(d) != 1) continue;
    const extent = to.shape(d);
    const stride = to.stride(d);
    for (let k = d; k < last - 1; k++) set(to, from, k, to.shape(k + 1), to.stride(k + 1), from.stride(k + 1));
    set(to, from, last - 1, extent, stride, 1);
    return;
  }
}

function set(to: Operand, from: Operand, d: i32, extent: i32, stride: i32, fromStride: i32): void {
  to.setShape(d, extent);
  from.setShape(d, extent);
  to.setStride(d, stride);
  from.setStride(d, fromStride);
}
