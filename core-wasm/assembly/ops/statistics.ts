// Ops made of reductions and other ops.
import * as ops from "../gen/ops";
import { wrapDim } from "../tensor/broadcast";
import { DType, isFloating, NO_DTYPE, isComplex } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgInt, raise } from "../tensor/error";
import { Ints, ints1, newInts, NONE } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { newTensors, Tensors } from "../tensor/tensors";
import { wrappedNumber } from "../tensor/create";

/** `correction` where it is given, else what `unbiased` stands for. */
function correctionOf(unbiased: bool, correction: i32): f64 {
  return correction != NONE ? <f64>correction : unbiased ? 1 : 0;
}

export function variance(input: Tensor, dim: Ints | null, unbiased: bool, keepdim: bool, correction: i32): Tensor {
  return ops.varOf(input, dim, correctionOf(unbiased, correction), keepdim);
}

export function std(input: Tensor, dim: Ints | null, unbiased: bool, keepdim: bool, correction: i32): Tensor {
  return ops.stdOf(input, dim, correctionOf(unbiased, correction), keepdim);
}

export function varMean(input: Tensor, dim: Ints | null, unbiased: bool, keepdim: bool, correction: i32): Tensor {
  return ops.varMeanOf(input, dim, correctionOf(unbiased, correction), keepdim);
}

export function stdMean(input: Tensor, dim: Ints | null, unbiased: bool, keepdim: bool, correction: i32): Tensor {
  return ops.stdMeanOf(input, dim, correctionOf(unbiased, correction), keepdim);
}

export function nanmean(input: Tensor, dim: Ints | null, keepdim: bool, dtype: i32): Tensor {
  if (!isFloating(input.dtype)) {
    msg("nanmean(): expected input to have floating point or complex dtype but got ");
    msg(input.dtype == DType.Bool ? "Bool" : "Long");
    raise(ErrorKind.Runtime);
  }
  const count = ops.sum(ops.logicalNot(ops.isnan(input)), dim, keepdim, NO_DTYPE);
  return ops.div(ops.nansum(input, dim, keepdim, dtype), count);
}

/** torch.norm with a number: the vector norm over dims. */
export function norm(input: Tensor, p: f64, dim: Ints | null, keepdim: bool, dtype: i32): Tensor {
  return ops.vectorNorm(isComplex(input.dtype) ? ops.abs(input) : input, p, dim, keepdim, dtype);
}

// ---- differences and trapezoids

/** input[1:] - input[:-1] along a dim */
function difference(input: Tensor, dim: i32): Tensor {
  const n = input.shape(dim);
  const later = ops.slice(input, dim, 1, n);
  const earlier = ops.slice(input, dim, 0, max(n - 1, 0));
  return input.dtype == DType.Bool ? ops.logicalXor(later, earlier) : ops.sub(later, earlier);
}

export function diff(input: Tensor, n: i32, dim: i32, prepend: Tensor | null, append: Tensor | null): Tensor {
  if (input.ndim == 0) fail(ErrorKind.Runtime, "diff expects input to be at least one-dimensional");
  const axis = wrapDim(dim, input.ndim);
  if (n < 0) {
    msg("order must be non-negative but got ");
    msgInt(n);
    raise(ErrorKind.Runtime);
  }
  if (n == 0) return ops.clone(input);
  if (prepend !== null || append !== null) {
    const parts = newTensors(1 + i32(prepend !== null) + i32(append !== null));
    let k = 0;
    if (prepend !== null) parts.set(k++, extended(input, prepend, axis, "prepend"));
    parts.set(k++, input);
    if (append !== null) parts.set(k, extended(input, append, axis, "append"));
    input = joined(parts, axis);
  }
  const times = min(n, input.shape(axis));
  for (let i = 0; i < times; i++) input = difference(input, axis);
  return input;
}

function joined(parts: Tensors, dim: i32): Tensor {
  return ops.cat(parts, dim);
}

function extended(input: Tensor, part: Tensor, dim: i32, name: string): Tensor {
  if (part.ndim != input.ndim) {
    msg("diff expects prepend or append to be the same dimension as input");
    raise(ErrorKind.Runtime);
  }
  for (let i = 0; i < <i32>input.ndim; i++) {
    if (i == dim || part.shape(i) == input.shape(i)) continue;
    msg(
      "diff expects the shape of tensor to prepend or append to match that of input except along the differencing dimension; input.size(",
    );
    msgInt(i);
    msg(") = ");
    msgInt(input.shape(i));
    msg(", but got tensor.size(");
    msgInt(i);
    msg(") = ");
    msgInt(part.shape(i));
    raise(ErrorKind.Runtime);
  }
  return part;
}

/** y[1:] + y[:-1] along a dim */
function neighbours(y: Tensor, dim: i32): Tensor {
  const n = y.shape(dim);
  return ops.add(ops.slice(y, dim, 1, n), ops.slice(y, dim, 0, max(n - 1, 0)));
}

/** The widths of the intervals that `x` bounds, shaped to multiply the sums of neighbours of `y`. */
function widths(y: Tensor, x: Tensor, dim: i32): Tensor {
  if (x.ndim == 1 && y.ndim != 1) {
    if (x.shape(0) != y.shape(dim)) {
      fail(ErrorKind.Runtime, "There must be one `x` value for each sample point");
    }
    const shape = newInts(y.ndim);
    for (let i = 0; i < shape.length; i++) shape.set(i, i == dim ? x.shape(0) : 1);
    return difference(ops.reshape(x, shape), dim);
  }
  const axis = dim - (<i32>y.ndim - <i32>x.ndim);
  return difference(x, max(axis, 0));
}

export function trapezoid(y: Tensor, x: Tensor | null, dx: f64, dim: i32): Tensor {
  const axis = wrapDim(dim, y.ndim);
  if (y.shape(axis) == 0) return ops.sum(y, ints1(axis), false, NO_DTYPE);
  if (x !== null) {
    return ops.div(ops.sum(ops.mul(widths(y, x, axis), neighbours(y, axis)), ints1(axis), false, NO_DTYPE), number(2));
  }
  return ops.mul(ops.sum(neighbours(y, axis), ints1(axis), false, NO_DTYPE), number(dx / 2));
}

export function cumulativeTrapezoid(y: Tensor, x: Tensor | null, dx: f64, dim: i32): Tensor {
  const axis = wrapDim(dim, y.ndim);
  const sums = neighbours(y, axis);
  if (x !== null) return ops.div(ops.cumsum(ops.mul(widths(y, x, axis), sums), axis, NO_DTYPE), number(2));
  return ops.mul(ops.cumsum(sums, axis, NO_DTYPE), number(dx / 2));
}

// @ts-ignore: decorator
@inline function number(value: f64): Tensor {
  return wrappedNumber(value, 2);
}
