// Lists of integers: shapes, strides, dims. Owned by the pool (or, copied by `keepInts`, by a tape node).
import { allocate, free } from "../memory/allocator";
import { temporary } from "../memory/pool";
import { outOfMemory } from "./error";
import { Tensor } from "./tensor";

/** Marks an absent optional integer. */
export const NONE: i32 = i32.MIN_VALUE;


@unmanaged
export class Ints {
  length: i32;

  // @ts-ignore: decorator
  @inline get(i: i32): i32 {
    return load<i32>(changetype<usize>(this) + ((<usize>i) << 2), 4);
  }
  // @ts-ignore: decorator
  @inline set(i: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + ((<usize>i) << 2), value, 4);
  }
}

// @ts-ignore: decorator
@inline function bytesOf(length: i32): usize {
  return (<usize>length + 1) << 2;
}

export function newInts(length: i32): Ints {
  if (<u32>length > 0x0fffffff) outOfMemory(<f64>length * 4);
  const list = changetype<Ints>(temporary(bytesOf(length)));
  list.length = length;
  return list;
}

export function ints1(a: i32): Ints {
  const list = newInts(1);
  list.set(0, a);
  return list;
}

export function ints2(a: i32, b: i32): Ints {
  const list = newInts(2);
  list.set(0, a);
  list.set(1, b);
  return list;
}

export function ints3(a: i32, b: i32, c: i32): Ints {
  const list = newInts(3);
  list.set(0, a);
  list.set(1, b);
  list.set(2, c);
  return list;
}

export function ints4(a: i32, b: i32, c: i32, d: i32): Ints {
  const list = newInts(4);
  list.set(0, a);
  list.set(1, b);
  list.set(2, c);
  list.set(3, d);
  return list;
}

export function copyInts(source: Ints): Ints {
  const list = newInts(source.length);
  memory.copy(changetype<usize>(list), changetype<usize>(source), bytesOf(source.length));
  return list;
}

export function shapeOf(t: Tensor): Ints {
  const list = newInts(t.ndim);
  for (let i = 0; i < <i32>t.ndim; i++) list.set(i, t.shape(i));
  return list;
}

export function stridesOf(t: Tensor): Ints {
  const list = newInts(t.ndim);
  for (let i = 0; i < <i32>t.ndim; i++) list.set(i, t.stride(i));
  return list;
}

export function sameInts(a: Ints, b: Ints): bool {
  if (a.length != b.length) return false;
  for (let i = 0; i < a.length; i++) if (a.get(i) != b.get(i)) return false;
  return true;
}

/** A copy outside the pool; give it back with `dropInts`. */
export function keepInts(source: Ints): Ints {
  const bytes = bytesOf(source.length);
  const list = changetype<Ints>(allocate(bytes));
  memory.copy(changetype<usize>(list), changetype<usize>(source), bytes);
  return list;
}

export function dropInts(list: Ints): void {
  free(changetype<usize>(list), bytesOf(list.length));
}

/** The product of the sizes; raises nothing (see checkedNumel in create.ts for untrusted sizes). */
export function numelOf(shape: Ints): i32 {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape.get(i);
  return n;
}
