// Derivatives of ops that move elements.
import * as ops from "../../gen/ops";
import { Ints, newInts } from "../../tensor/ints";
import { Tensor } from "../../tensor/tensor";

/** The inverse permutation. */
export function permuteBackward(grad: Tensor, dims: Ints): Tensor {
  const inverse = newInts(dims.length);
  for (let i = 0; i < dims.length; i++) {
    const dim = dims.get(i);
    inverse.set(dim < 0 ? dim + dims.length : dim, i);
  }
  return ops.permute(grad, inverse);
}

/** One size of a shape, the dim counted from either end. */
export function sizeAt(shape: Ints, dim: i32): i32 {
  return shape.get(dim < 0 ? dim + shape.length : dim);
}
