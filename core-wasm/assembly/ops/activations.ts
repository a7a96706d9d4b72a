// Activations made of other ops, and what activations check.
import * as ops from "../gen/ops";
import { wrapDim } from "../tensor/broadcast";
import { ErrorKind, fail, msg, msgFloat, msgInt, raise } from "../tensor/error";
import { newInts } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";

export function checkCelu(input: Tensor, alpha: f64): void {
  if (alpha == 0) fail(ErrorKind.Runtime, "ZeroDivisionError: alpha cannot be 0 for CELU");
}

export function checkSoftshrink(input: Tensor, lambd: f64): void {
  if (lambd >= 0) return;
  msg("lambda must be greater or equal to 0, but found to be ");
  msgFloat(lambd);
  msg(".");
  raise(ErrorKind.Runtime);
}

export function prelu(input: Tensor, weight: Tensor): Tensor {
  if (weight.ndim > 1) {
    msg("prelu: Expected `weight` to be a scalar or 1D tensor, but got ndim = ");
    msgInt(weight.ndim);
    raise(ErrorKind.Runtime);
  }
  if (weight.numel == 1) {
    return ops.preluElements(input, weight.ndim == 0 ? weight : ops.reshape(weight, newInts(0)));
  }
  if (input.ndim == 0) fail(ErrorKind.Runtime, "Not allow zero-dim input tensor.");
  const channels = input.ndim > 1 ? input.shape(1) : 1;
  if (weight.numel != channels) {
    msg("Mismatch of parameter numbers and input channel size. Found parameter numbers = ");
    msgInt(weight.numel);
    msg(" and channel size = ");
    msgInt(channels);
    msg(".");
    raise(ErrorKind.Runtime);
  }
  const shape = newInts(<i32>input.ndim - 1);
  shape.set(0, channels);
  for (let i = 1; i < shape.length; i++) shape.set(i, 1);
  return ops.preluElements(input, ops.reshape(weight, shape));
}

export function rrelu(input: Tensor, lower: f64, upper: f64, training: bool): Tensor {
  if (lower > upper) fail(ErrorKind.Runtime, "Lower bound should be less than or equal to the upper bound");
  if (!training) return ops.leakyRelu(input, (lower + upper) / 2);
  return ops.mul(input, ops.rreluSlopes(input, lower, upper));
}

export function glu(input: Tensor, dim: i32): Tensor {
  if (input.ndim == 0) fail(ErrorKind.Runtime, "glu does not support 0-dimensional tensors");
  const d = wrapDim(dim, input.ndim);
  const size = input.shape(d);
  if (size & 1) {
    msg("Halving dimension must be even, but dimension ");
    msgInt(d);
    msg(" is size ");
    msgInt(size);
    raise(ErrorKind.Runtime);
  }
  const half = size >> 1;
  return ops.mul(ops.narrow(input, d, 0, half), ops.sigmoid(ops.narrow(input, d, half, half)));
}
