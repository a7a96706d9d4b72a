// Derivatives of the matmul family and of convolutions.
import * as ops from "../../gen/ops";
import { wrapped } from "../../tensor/create";
import { ints2, newInts } from "../../tensor/ints";
import { Scalar } from "../../tensor/scalar";
import { Tensor } from "../../tensor/tensor";

/** `t` times a number; `t` itself if that is 1. */
export function scaled(t: Tensor, factor: Scalar): Tensor {
  return factor.f == 1 ? t : ops.mul(t, wrapped(factor));
}

/** All leading dims as one. */
export function rows(t: Tensor): Tensor {
  let n = 1;
  for (let i = 0; i < <i32>t.ndim - 1; i++) n *= t.shape(i);
  return ops.reshape(t, ints2(n, t.shape(<i32>t.ndim - 1)));
}

/** The sum of [N, C, ...] over everything but the channels. */
export function channelSums(grad: Tensor): Tensor {
  const dims = newInts(<i32>grad.ndim - 1);
  for (let i = 1; i < dims.length; i++) dims.set(i, i + 1);
  dims.set(0, 0);
  return ops.sum(grad, dims, false, grad.dtype);
}
