// Derivatives of reductions.
import * as ops from "../../gen/ops";
import { wrapDims } from "../../tensor/broadcast";
import { Ints, newInts } from "../../tensor/ints";
import { Tensor } from "../../tensor/tensor";

/** `grad` over the kept dims, spread over the input's shape. */
export function sumBackward(grad: Tensor, inputShape: Ints, inputDtype: i32, dim: Ints | null, keepdim: bool): Tensor {
  return ops.to(spread(grad, inputShape, dim, keepdim), inputDtype);
}

/** A reduced result expanded over the shape that it was reduced from. */
export function spread(result: Tensor, inputShape: Ints, dim: Ints | null, keepdim: bool): Tensor {
  if (!keepdim) {
    const set = wrapDims(dim, inputShape.length);
    const shape = newInts(inputShape.length);
    for (let i = 0; i < shape.length; i++) shape.set(i, set & (1 << i) ? 1 : inputShape.get(i));
    result = ops.view(result, shape);
  }
  return ops.expand(result, inputShape, false);
}
