// Derivatives of joining and rearranging.
import * as ops from "../../gen/ops";
import { wrapDim } from "../../tensor/broadcast";
import { zeros } from "../../tensor/create";
import { Ints, newInts } from "../../tensor/ints";
import { Tensor } from "../../tensor/tensor";
import { Tensors, newTensors } from "../../tensor/tensors";

/** The pieces of `grad`; `shapes` lists the shape of each tensor behind its number of dims. */
export function catBackward(grad: Tensor, shapes: Ints, dim: i32): Tensors {
  let count = 0;
  for (let at = 0; at < shapes.length; at += shapes.get(at) + 1) count++;
  const pieces = newTensors(count);
  dim = wrapDim(dim, grad.ndim);
  for (let i = 0, at = 0, from = 0; i < count; i++) {
    const ndim = shapes.get(at);
    const isNothing = ndim == 1 && shapes.get(at + 1) == 0;
    if (isNothing) {
      const empty = newInts(1);
      empty.set(0, 0);
      pieces.set(i, zeros(empty, grad.dtype, grad.device));
    } else {
      const size = shapes.get(at + 1 + dim);
      pieces.set(i, ops.slice(grad, dim, from, from + size));
      from += size;
    }
    at += ndim + 1;
  }
  return pieces;
}

function negated(list: Ints): Ints {
  const result = newInts(list.length);
  for (let i = 0; i < list.length; i++) result.set(i, -list.get(i));
  return result;
}

export function rollBackward(grad: Tensor, shifts: Ints, dims: Ints): Tensor {
  return ops.roll(grad, negated(shifts), dims);
}

export function constantPadBackward(grad: Tensor, pad: Ints): Tensor {
  return ops.constantPadNd(grad, negated(pad));
}

export function zerosOf(shape: Ints, like: Tensor): Tensor {
  return zeros(shape, like.dtype, like.device);
}
