// Derivatives of reductions.
import * as ops from "../../gen/ops";
import { wrapDims } from "../../tensor/broadcast";
import { wrappedNumber } from "../../tensor/create";
import { NO_DTYPE } from "../../tensor/dtype";
import { Ints, ints1, newInts, NONE, shapeOf } from "../../tensor/ints";
import { ScalarKind } from "../../tensor/scalar";
import { Tensor } from "../../tensor/tensor";

// @ts-ignore: decorator
@inline
export function number(value: f64): Tensor {
  return wrappedNumber(value, ScalarKind.Float);
}

/** The list that stands for an optional single dim. */
export function listOf(dim: i32): Ints | null {
  return dim == NONE ? null : ints1(dim);
}

/** `grad` over the kept dims, spread over the input's shape. */
export function sumBackward(grad: Tensor, inputShape: Ints, inputDtype: i32, dim: Ints | null, keepdim: bool): Tensor {
  return ops.to(spread(grad, inputShape, dim, keepdim), inputDtype);
}

/** A reduced result expanded over the shape that it was reduced from. */
export function spread(result: Tensor, inputShape: Ints, dim: Ints | null, keepdim: bool): Tensor {
  return ops.expand(restored(result, inputShape, dim, keepdim), inputShape, false);
}

/** A reduced result with the dims it lost put back with size 1. */
export function restored(result: Tensor, inputShape: Ints, dim: Ints | null, keepdim: bool): Tensor {
  if (keepdim && <i32>result.ndim == inputShape.length) return result;
  const set = wrapDims(dim, inputShape.length);
  const shape = newInts(inputShape.length);
  for (let i = 0; i < shape.length; i++) shape.set(i, set & (1 << i) ? 1 : inputShape.get(i));
  return ops.reshape(result, shape);
}

function countOf(inputShape: Ints, dim: Ints | null): f64 {
  const set = wrapDims(dim, inputShape.length);
  let n: f64 = 1;
  for (let i = 0; i < inputShape.length; i++) if (set & (1 << i)) n *= <f64>inputShape.get(i);
  return n;
}

export function meanBackward(grad: Tensor, inputShape: Ints, inputDtype: i32, dim: Ints | null, keepdim: bool): Tensor {
  const share = ops.div(grad, number(countOf(inputShape, dim)));
  return sumBackward(share, inputShape, inputDtype, dim, keepdim);
}

export function nansumBackward(grad: Tensor, input: Tensor, dim: Ints | null, keepdim: bool): Tensor {
  const whole = sumBackward(grad, shapeOf(input), input.dtype, dim, keepdim);
  return ops.where(ops.isnan(input), number(0), whole);
}

// ---- extrema

/** The elements that equal the result; all NaNs where the result is one. */
function attained(input: Tensor, result: Tensor): Tensor {
  return ops.logicalOr(ops.eq(input, result), ops.logicalAnd(ops.isnan(input), ops.isnan(result)));
}

/** Equal extrema share the gradient evenly. As in PyTorch it is NaN where the extremum is. */
export function extremumBackward(grad: Tensor, input: Tensor, result: Tensor, dim: Ints | null, keepdim: bool): Tensor {
  const shape = shapeOf(input);
  const mask = ops.eq(input, restored(result, shape, dim, keepdim));
  const count = ops.sum(mask, dim, true, NO_DTYPE);
  return ops.mul(mask, ops.div(restored(grad, shape, dim, keepdim), count));
}

/** As extremumBackward over all dims, but NaNs share the gradient of a NaN. */
export function evenlyBackward(grad: Tensor, input: Tensor, result: Tensor): Tensor {
  const mask = attained(input, result);
  return ops.mul(mask, ops.div(grad, ops.sum(mask, null, false, NO_DTYPE)));
}

export function aminmaxBackward(
  gradMin: Tensor,
  gradMax: Tensor,
  input: Tensor,
  low: Tensor,
  high: Tensor,
  dim: i32,
  keepdim: bool,
): Tensor {
  const dims = listOf(dim);
  return ops.add(
    extremumBackward(gradMin, input, low, dims, keepdim),
    extremumBackward(gradMax, input, high, dims, keepdim),
  );
}

// ---- logsumexp, norms and moments

export function logsumexpBackward(grad: Tensor, input: Tensor, result: Tensor, dim: Ints, keepdim: bool): Tensor {
  const shape = shapeOf(input);
  const share = ops.exp(ops.sub(input, restored(result, shape, dim, keepdim)));
  return ops.mul(restored(grad, shape, dim, keepdim), share);
}

/** `t` with 0 where `condition` holds. */
function zeroWhere(condition: Tensor, t: Tensor): Tensor {
  return ops.where(condition, number(0), t);
}

export function normBackward(
  grad: Tensor,
  input: Tensor,
  result: Tensor,
  p: f64,
  dim: Ints | null,
  keepdim: bool,
): Tensor {
  const shape = shapeOf(input);
  const norm = restored(result, shape, dim, keepdim);
  const g = restored(grad, shape, dim, keepdim);
  if (p == 0) return ops.mul(g, ops.mul(input, number(0)));
  if (p == 1) return ops.mul(ops.sgn(input), g);
  if (p == 2) return ops.mul(g, zeroWhere(ops.eq(norm, number(0)), ops.div(input, norm)));
  if (Math.abs(p) == Infinity) {
    const mask = attained(ops.abs(input), norm);
    const count = ops.sum(mask, dim, true, NO_DTYPE);
    return ops.mul(ops.mul(ops.sgn(input), mask), ops.div(g, count));
  }
  const size = ops.abs(input);
  if (p < 1) {
    const scaled = zeroWhere(ops.eq(input, number(0)), ops.mul(ops.sgn(input), ops.pow(size, number(p - 1))));
    return ops.mul(scaled, ops.mul(g, ops.pow(norm, number(1 - p))));
  }
  if (p < 2) {
    const scaled = ops.mul(ops.sgn(input), ops.pow(size, number(p - 1)));
    const scale = zeroWhere(ops.eq(norm, number(0)), ops.mul(g, ops.pow(norm, number(1 - p))));
    return ops.mul(scaled, scale);
  }
  const scaled = ops.mul(input, ops.pow(size, number(p - 2)));
  const scale = zeroWhere(ops.eq(norm, number(0)), ops.div(g, ops.pow(norm, number(p - 1))));
  return ops.mul(scaled, scale);
}

export function varBackward(grad: Tensor, input: Tensor, dim: Ints | null, correction: f64, keepdim: bool): Tensor {
  const shape = shapeOf(input);
  const factor = number(2 / (countOf(shape, dim) - correction));
  const deviation = ops.sub(input, ops.mean(input, dim, true, NO_DTYPE));
  return ops.mul(ops.mul(restored(grad, shape, dim, keepdim), factor), deviation);
}

/** The gradient of the variance from that of the deviation `std`. */
function varianceGradient(grad: Tensor, std: Tensor): Tensor {
  return zeroWhere(ops.eq(std, number(0)), ops.div(grad, ops.mul(std, number(2))));
}

export function stdBackward(
  grad: Tensor,
  input: Tensor,
  result: Tensor,
  dim: Ints | null,
  correction: f64,
  keepdim: bool,
): Tensor {
  return varBackward(varianceGradient(grad, result), input, dim, correction, keepdim);
}

export function varMeanBackward(
  gradVar: Tensor,
  gradMean: Tensor,
  input: Tensor,
  dim: Ints | null,
  correction: f64,
  keepdim: bool,
): Tensor {
  return ops.add(
    varBackward(gradVar, input, dim, correction, keepdim),
    meanBackward(gradMean, shapeOf(input), input.dtype, dim, keepdim),
  );
}

export function stdMeanBackward(
  gradStd: Tensor,
  gradMean: Tensor,
  input: Tensor,
  std: Tensor,
  dim: Ints | null,
  correction: f64,
  keepdim: bool,
): Tensor {
  return varMeanBackward(varianceGradient(gradStd, std), gradMean, input, dim, correction, keepdim);
}
