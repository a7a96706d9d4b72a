// Lists of tensors, owned by the pool. The list holds no references of its own: its tensors are alive for as long as the
// call is, either as arguments or as entries of the pool.
import { temporary } from "../memory/pool";
import { outOfMemory } from "./error";
import { Tensor } from "./tensor";


@unmanaged
export class Tensors {
  length: i32;

  // @ts-ignore: decorator
  @inline get(i: i32): Tensor {
    return load<Tensor>(changetype<usize>(this) + ((<usize>i) << 2), 4);
  }
  // @ts-ignore: decorator
  @inline set(i: i32, t: Tensor): void {
    store<usize>(changetype<usize>(this) + ((<usize>i) << 2), changetype<usize>(t), 4);
  }
  /** False where an optional element is absent. */
  // @ts-ignore: decorator
  @inline has(i: i32): bool {
    return load<usize>(changetype<usize>(this) + ((<usize>i) << 2), 4) != 0;
  }
}

export function newTensors(length: i32): Tensors {
  if (<u32>length > 0x0fffffff) outOfMemory(<f64>length * 4);
  const list = changetype<Tensors>(temporary((<usize>length + 1) << 2));
  list.length = length;
  memory.fill(changetype<usize>(list) + 4, 0, (<usize>length) << 2);
  return list;
}

export function tensors1(a: Tensor): Tensors {
  const list = newTensors(1);
  list.set(0, a);
  return list;
}

export function tensors2(a: Tensor, b: Tensor): Tensors {
  const list = newTensors(2);
  list.set(0, a);
  list.set(1, b);
  return list;
}

/** A copy, for calls that call JavaScript back: it lays its next lists down where those of this call lie. */
export function copyTensors(source: Tensors): Tensors {
  const list = newTensors(source.length);
  for (let i = 0; i < list.length; i++) list.set(i, source.get(i));
  return list;
}
