// Derivatives of products and of scans.
import * as ops from "../../gen/ops";
import { Device } from "../../dispatch/device";
import { full } from "../../tensor/create";
import { DType, NO_DTYPE } from "../../tensor/dtype";
import { Ints, ints1, NONE, shapeOf } from "../../tensor/ints";
import { Tensor } from "../../tensor/tensor";
import { newTensors, tensors2 } from "../../tensor/tensors";
import { wrapDim } from "../../tensor/broadcast";
import { gradEnabled } from "../mode";
import { listOf, number, restored } from "./reductions";

/** Whether an element may be 0: known on the CPU, assumed on devices that cannot be read at once. */
function mayHaveZeros(t: Tensor): bool {
  if (t.device != Device.Cpu) return true;
  const zero = ops.any(ops.eq(t, number(0)));
  return load<u8>(zero.dataPtr()) != 0;
}

export function prodBackward(grad: Tensor, input: Tensor, result: Tensor, dim: i32, keepdim: bool): Tensor {
  const shape = shapeOf(input);
  if (input.ndim == 0) return ops.to(grad, input.dtype);
  const g = ops.to(restored(grad, shape, listOf(dim), keepdim), input.dtype);
  if (!mayHaveZeros(input)) {
    const product = ops.to(restored(result, shape, listOf(dim), keepdim), input.dtype);
    return ops.div(ops.mul(g, product), input);
  }
  if (dim != NONE) return ops.mul(g, productOfOthers(input, wrapDim(dim, input.ndim)));
  const others = productOfOthers(ops.reshape(input, ints1(input.numel)), 0);
  return ops.mul(g, ops.reshape(others, shape));
}

/** For each element the product of the others along its line, without dividing. */
function productOfOthers(input: Tensor, dim: i32): Tensor {
  const n = input.shape(dim);
  const shape = shapeOf(input);
  shape.set(dim, min(n, 1));
  const one = full(shape, 1, input.dtype, input.device);
  if (n < 2) return one;
  const before = ops.cumprod(ops.cat(tensors2(one, ops.slice(input, dim, 0, n - 1)), dim), dim, NO_DTYPE);
  const dims = ints1(dim);
  const reversed = ops.flip(ops.slice(input, dim, 1, n), dims);
  const after = ops.flip(ops.cumprod(ops.cat(tensors2(one, reversed), dim), dim, NO_DTYPE), dims);
  return ops.mul(before, after);
}

export function cumprodBackward(grad: Tensor, input: Tensor, result: Tensor, dim: i32): Tensor {
  if (grad.dtype != input.dtype) {
    grad = ops.to(grad, input.dtype);
    result = ops.to(result, input.dtype);
  }
  if (input.ndim == 0 || input.numel <= 1) return grad;
  const axis = wrapDim(dim, input.ndim);
  if (!mayHaveZeros(input)) return ops.div(ops.cumsumReverse(ops.mul(result, grad), axis), input);
  if (!gradEnabled()) return cumprodAroundZeros(grad, input, result, axis);
  // d result[j] / d input[k] for j >= k is the product of the first j elements but k
  const n = input.shape(axis);
  const rows = newTensors(n);
  for (let k = 0; k < n; k++) {
    const later = ops.slice(input, axis, k + 1, n);
    let omitted: Tensor;
    const shape = shapeOf(input);
    shape.set(axis, 1);
    const before =
      k == 0 ? full(shape, 1, input.dtype, input.device) : ops.prod(ops.slice(input, axis, 0, k), axis, true, NO_DTYPE);
    if (k == n - 1) omitted = before;
    else omitted = ops.cat(tensors2(before, ops.mul(before, ops.cumprod(later, axis, NO_DTYPE))), axis);
    rows.set(k, ops.sum(ops.mul(ops.slice(grad, axis, k, n), omitted), ints1(axis), true, NO_DTYPE));
  }
  return ops.cat(rows, axis);
}

/**
 * The gradient where lines have zeros: before the first zero as without zeros, nothing behind it; the zero itself takes
 * the gradients up to the second one, times the products of all the elements but itself.
 */
function cumprodAroundZeros(grad: Tensor, input: Tensor, result: Tensor, dim: i32): Tensor {
  const zero = number(0);
  const one = number(1);
  const isZero = ops.eq(input, zero);
  const zeros = ops.cumsum(isZero, dim, NO_DTYPE);
  const before = ops.eq(zeros, zero);
  const between = ops.eq(zeros, one);
  const first = ops.logicalAnd(isZero, between);
  const weighted = ops.where(before, ops.mul(result, grad), zero);
  const plain = ops.where(before, ops.div(ops.cumsumReverse(weighted, dim), input), zero);
  const shape = shapeOf(input);
  shape.set(dim, 1);
  const start = full(shape, 1, input.dtype, input.device);
  const prefix = ops.cat(tensors2(start, ops.slice(result, dim, 0, input.shape(dim) - 1)), dim);
  const products = ops.cumprod(ops.where(between, ops.where(first, prefix, input), one), dim, NO_DTYPE);
  const total = ops.sum(ops.where(between, ops.mul(products, grad), zero), ints1(dim), true, NO_DTYPE);
  return ops.where(first, total, plain);
}

/** Each result's gradient goes to the element that was the extremum then. */
export function cumulativeExtremumBackward(grad: Tensor, inputShape: Ints, indices: Tensor, dim: i32): Tensor {
  if (inputShape.length == 0) return grad;
  const zeros = full(inputShape, 0, grad.dtype, grad.device);
  return ops.scatterAdd(zeros, dim, indices, grad);
}

export function logcumsumexpBackward(grad: Tensor, input: Tensor, result: Tensor, dim: i32): Tensor {
  if (input.ndim == 0 || input.numel == 0) return grad;
  return ops.sub(reverseShare(grad, input, result, dim, 1), reverseShare(grad, input, result, dim, -1));
}

/** sum over j >= k of grad[j] exp(input[k] - result[j]) for the gradients of one sign, in logarithms. */
function reverseShare(grad: Tensor, input: Tensor, result: Tensor, dim: i32, sign: f64): Tensor {
  const dims = ints1(dim);
  const lowest = input.dtype == DType.Float64 ? -1.7976931348623157e308 : -3.4028234663852886e38;
  const zero = number(0);
  const wanted = sign > 0 ? ops.gt(grad, zero) : ops.lt(grad, zero);
  // log is taken of positive numbers only, so that its own derivative stays finite
  const size = ops.where(wanted, sign > 0 ? grad : ops.neg(grad), number(1));
  const logs = ops.where(wanted, ops.log(size), number(lowest));
  const sums = ops.flip(ops.logcumsumexp(ops.flip(ops.sub(logs, result), dims), dim), dims);
  return ops.exp(ops.add(sums, input));
}
