// Walking strided operands: the two innermost dims are loops of the kernel ("rows" and "columns"), the rest are "planes",
// whose offsets are found by division. No state is kept between planes, so that planes can be shared out to threads.
import { Operand } from "../dispatch/args";

// @ts-ignore: decorator
@inline
export function columnsOf(space: Operand): i32 {
  return space.ndim > 0 ? space.shape(space.ndim - 1) : 1;
}

// @ts-ignore: decorator
@inline
export function rowsOf(space: Operand): i32 {
  return space.ndim > 1 ? space.shape(space.ndim - 2) : 1;
}

export function planesOf(space: Operand): i32 {
  let n = 1;
  for (let d = 0; d < space.ndim - 2; d++) n *= space.shape(d);
  return n;
}

/** Stride of the innermost dim of a space of `ndim` dims. */
// @ts-ignore: decorator
@inline
export function columnStride(o: Operand, ndim: i32): i32 {
  return ndim > 0 ? o.stride(ndim - 1) : 0;
}

// @ts-ignore: decorator
@inline
export function rowStride(o: Operand, ndim: i32): i32 {
  return ndim > 1 ? o.stride(ndim - 2) : 0;
}

/** Elements from `o`'s element 0 to the start of a plane of `space`. */
export function planeOffset(space: Operand, o: Operand, plane: i32): i32 {
  let offset = 0;
  for (let d = space.ndim - 3; d >= 0; d--) {
    const size = space.shape(d);
    const rest = <i32>(<u32>plane / <u32>size);
    offset += (plane - rest * size) * o.stride(d);
    plane = rest;
  }
  return offset;
}

/** Elements from `o`'s element 0 to the element of `space` with this row-major position. */
export function elementOffset(space: Operand, o: Operand, position: i32): i32 {
  let offset = 0;
  for (let d = space.ndim - 1; d >= 0; d--) {
    const size = space.shape(d);
    const rest = <i32>(<u32>position / <u32>size);
    offset += (position - rest * size) * o.stride(d);
    position = rest;
  }
  return offset;
}

// @ts-ignore: decorator
@inline function copyEach<T>(to: usize, toStep: usize, from: usize, fromStep: usize, n: i32): void {
  for (; n > 0; n--) {
    store<T>(to, load<T>(from));
    to += toStep;
    from += fromStep;
  }
}

/** Copies between places that do not overlap. For short rows, calling memory.copy costs as much as copying. */
export function copyBytes(to: usize, from: usize, n: usize): void {
  if (n > 2048) {
    memory.copy(to, from, n);
    return;
  }
  const end = from + n;
  for (; from + 64 <= end; from += 64, to += 64) {
    const x0 = v128.load(from);
    const x1 = v128.load(from, 16);
    const x2 = v128.load(from, 32);
    const x3 = v128.load(from, 48);
    v128.store(to, x0);
    v128.store(to, x1, 16);
    v128.store(to, x2, 32);
    v128.store(to, x3, 48);
  }
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, v128.load(from));
  for (; from + 4 <= end; from += 4, to += 4) store<u32>(to, load<u32>(from));
  for (; from < end; from++, to++) store<u8>(to, load<u8>(from));
}

/** Copies `n` elements of `size` bytes; the steps are in bytes. */
export function copyRun(size: i32, to: usize, toStep: usize, from: usize, fromStep: usize, n: i32): void {
  if (toStep == <usize>size && fromStep == <usize>size) return copyBytes(to, from, <usize>(n * size));
  switch (size) {
    case 1:
      return copyEach<u8>(to, toStep, from, fromStep, n);
    case 2:
      return copyEach<u16>(to, toStep, from, fromStep, n);
    case 4:
      return copyEach<u32>(to, toStep, from, fromStep, n);
    case 8:
      return copyEach<u64>(to, toStep, from, fromStep, n);
    default:
      return copyEach<v128>(to, toStep, from, fromStep, n);
  }
}
