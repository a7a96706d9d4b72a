// Covariance, numerical gradients, and other composites over vectors and matrices.
import * as ops from "../gen/ops";
import { broadcastShapes, wrapDim } from "../tensor/broadcast";
import { full, rawToDType, scalarTensor } from "../tensor/create";
import { DType, isFloating, isIntegral } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgInt, raise, warn } from "../tensor/error";
import { NONE, ints1, ints2, newInts } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { newTensors } from "../tensor/tensors";
import { valueOf } from "../tensor/transfer";
import { Device } from "../dispatch/device";

export function trace(input: Tensor): Tensor {
  if (input.ndim != 2) {
    msg("trace: expected a matrix, but got tensor with dim ");
    msgInt(input.ndim);
    raise(ErrorKind.Runtime);
  }
  if (input.dtype == DType.Bool) fail(ErrorKind.Runtime, "\"trace\" not implemented for 'Bool'");
  return ops.sum(ops.diagonal(input));
}

// ---- covariance --------------------------------------------------------------------------------------------------

function checkRank(op: string, input: Tensor): void {
  if (input.ndim <= 2) return;
  msg(op);
  msg("(): expected input to have two or fewer dimensions but got an input with ");
  msgInt(input.ndim);
  msg(" dimensions");
  raise(ErrorKind.Runtime);
}

function checkWeights(name: string, weights: Tensor, observations: i32, integral: bool): void {
  if (weights.ndim > 1) {
    msg("cov(): expected ");
    msg(name);
    msg(" to have one or fewer dimensions but got ");
    msg(name);
    msg(" with ");
    msgInt(weights.ndim);
    msg(" dimensions");
    raise(ErrorKind.Runtime);
  }
  if (integral ? !isIntegral(weights.dtype, false) : !isFloating(weights.dtype)) {
    msg("cov(): expected ");
    msg(name);
    msg(integral ? " to have integral dtype but got " : " to have floating point dtype but got ");
    msg(name);
    msg(" with ");
    msgDType(weights.dtype);
    msg(" dtype");
    raise(ErrorKind.Runtime);
  }
  if (weights.numel != observations) {
    msg("cov(): expected ");
    msg(name);
    msg(" to have the same numel as there are observations in the input but got ");
    msgInt(weights.numel);
    msg(" != ");
    msgInt(observations);
    raise(ErrorKind.Runtime);
  }
  if (observations > 0 && valueOf(ops.amin(weights)) < 0) {
    msg("cov(): ");
    msg(name);
    msg(" cannot be negative");
    raise(ErrorKind.Runtime);
  }
}

export function cov(input: Tensor, correction: i32, fweights: Tensor | null, aweights: Tensor | null): Tensor {
  checkRank("cov", input);
  if (input.dtype == DType.Bool) fail(ErrorKind.Runtime, "cov(): bool dtype is not supported for input");
  const x = input.ndim < 2 ? ops.reshape(input, ints2(1, -1)) : input;
  const observations = x.shape(1);
  let weights: Tensor | null = null;
  if (fweights !== null) {
    checkWeights("fweights", fweights, observations, true);
    weights = fweights;
  }
  if (aweights !== null) {
    checkWeights("aweights", aweights, observations, false);
    weights = weights === null ? aweights : ops.mul(weights, aweights);
  }
  const total = weights === null ? scalarTensor(observations, DType.Int64, Device.Cpu) : ops.sum(weights);
  if (weights !== null && valueOf(total) == 0) {
    fail(ErrorKind.Runtime, "cov(): weights sum to zero, can't be normalized");
  }
  const mean = ops.div(ops.sum(weights === null ? x : ops.mul(x, weights), ints1(1)), total);
  const less = scalarTensor(correction, DType.Int64, Device.Cpu);
  let divisor: Tensor;
  if (weights !== null && aweights !== null && correction != 0) {
    divisor = ops.sub(total, ops.div(ops.mul(less, ops.sum(ops.mul(weights, aweights))), total));
  } else divisor = ops.sub(total, less);
  if (valueOf(divisor) <= 0) {
    warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.");
    divisor = scalarTensor(0, divisor.dtype, divisor.device);
  }
  const centred = ops.sub(x, ops.unsqueeze(mean, 1));
  const weighted = weights === null ? centred : ops.mul(centred, weights);
  return ops.squeeze(ops.div(ops.matmul(centred, ops.t(weighted)), divisor));
}

export function corrcoef(input: Tensor): Tensor {
  checkRank("corrcoef", input);
  const c = cov(input, 1, null, null);
  if (c.ndim == 0) return ops.div(c, c);
  const deviation = ops.sqrt(ops.diag(c));
  const normalized = ops.div(ops.div(c, ops.reshape(deviation, ints2(-1, 1))), ops.reshape(deviation, ints2(1, -1)));
  const one = full(newInts(0), 1, normalized.dtype, input.device);
  return ops.maximum(ops.minimum(normalized, one), ops.neg(one));
}

// ---- cross product -----------------------------------------------------------------------------------------------

export function linalgCross(input: Tensor, other: Tensor, dim: i32): Tensor {
  if (input.ndim != other.ndim)
    fail(ErrorKind.Runtime, "linalg.cross: inputs must have the same number of dimensions.");
  const along = wrapDim(dim, input.ndim);
  const a = input.ndim > 0 ? input.shape(along) : 1;
  const b = other.ndim > 0 ? other.shape(along) : 1;
  if (a != 3 || b != 3) {
    msg("linalg.cross: inputs dimension ");
    msgInt(dim);
    msg(" must have length 3. Got ");
    msgInt(a);
    msg(" and ");
    msgInt(b);
    raise(ErrorKind.Runtime);
  }
  const shape = broadcastShapes(input, other);
  const x = ops.expand(input, shape);
  const y = ops.expand(other, shape);
  const one = ints1(-1);
  const two = ints1(-2);
  const at = ints1(along);
  return ops.sub(
    ops.mul(ops.roll(x, one, at), ops.roll(y, two, at)),
    ops.mul(ops.roll(x, two, at), ops.roll(y, one, at)),
  );
}

export function cross(input: Tensor, other: Tensor, dim: i32): Tensor {
  if (dim != NONE) return linalgCross(input, other, dim);
  const shape = broadcastShapes(input, other);
  for (let d = 0; d < shape.length; d++) {
    if (shape.get(d) == 3) return linalgCross(input, other, d - shape.length + <i32>input.ndim);
  }
  fail(ErrorKind.Runtime, "no dimension of size 3 in input");
  return input;
}

// ---- numerical gradient ------------------------------------------------------------------------------------------

function part(input: Tensor, dim: i32, start: i32, end: i32): Tensor {
  return ops.slice(input, dim, start, end);
}

function number(value: f64, like: Tensor): Tensor {
  return full(newInts(0), value, like.dtype, like.device);
}

function checkEdges(input: Tensor, dim: i32, edgeOrder: i32): i32 {
  if (edgeOrder != 1 && edgeOrder != 2) {
    fail(ErrorKind.Runtime, "torch.gradient only supports edge_order=1 and edge_order=2.");
  }
  dim = wrapDim(dim, input.ndim);
  if (input.ndim == 0 || input.shape(dim) < edgeOrder + 1) {
    fail(ErrorKind.Runtime, "torch.gradient expected each dimension size to be at least edge_order+1");
  }
  return dim;
}

function floating(input: Tensor): Tensor {
  return isFloating(input.dtype) ? input : ops.to(input, DType.Float32);
}

function joined(first: Tensor, inner: Tensor, last: Tensor, dim: i32): Tensor {
  const list = newTensors(3);
  list.set(0, first);
  list.set(1, inner);
  list.set(2, last);
  return ops.cat(list, dim);
}

/** Central differences at distance `spacing`, one-sided ones of the given order at the edges. */
export function gradientAlong(input: Tensor, dim: i32, spacing: f64, edgeOrder: i32): Tensor {
  dim = checkEdges(input, dim, edgeOrder);
  const x = floating(input);
  const n = x.shape(dim);
  const h = number(spacing, x);
  const inner = ops.div(ops.sub(part(x, dim, 2, n), part(x, dim, 0, n - 2)), number(2 * spacing, x));
  let first: Tensor;
  let last: Tensor;
  if (edgeOrder == 1) {
    first = ops.div(ops.sub(part(x, dim, 1, 2), part(x, dim, 0, 1)), h);
    last = ops.div(ops.sub(part(x, dim, n - 1, n), part(x, dim, n - 2, n - 1)), h);
  } else {
    first = ops.div(weighed(part(x, dim, 0, 1), -1.5, part(x, dim, 1, 2), 2, part(x, dim, 2, 3), -0.5), h);
    last = ops.div(
      weighed(part(x, dim, n - 3, n - 2), 0.5, part(x, dim, n - 2, n - 1), -2, part(x, dim, n - 1, n), 1.5),
      h,
    );
  }
  return joined(first, inner, last, dim);
}

function weighed(x: Tensor, a: f64, y: Tensor, b: f64, z: Tensor, c: f64): Tensor {
  return ops.add(ops.add(ops.mul(x, number(a, x)), ops.mul(y, number(b, y))), ops.mul(z, number(c, z)));
}

/** The same for uneven distances: the places along the dim are given. */
export function gradientOver(input: Tensor, dim: i32, coordinates: Tensor, edgeOrder: i32): Tensor {
  dim = checkEdges(input, dim, edgeOrder);
  if (coordinates.ndim != 1 || coordinates.numel != input.shape(dim)) {
    fail(
      ErrorKind.Runtime,
      "torch.gradient expected each element of spacing to have one dimension, of the size of the input's",
    );
  }
  const x = floating(input);
  const n = x.shape(dim);
  const line = newInts(x.ndim);
  for (let d = 0; d < line.length; d++) line.set(d, d == dim ? n : 1);
  const places = ops.reshape(ops.to(coordinates, x.dtype), line);
  const steps = ops.sub(part(places, dim, 1, n), part(places, dim, 0, n - 1));
  const before = part(steps, dim, 0, n - 2);
  const after = part(steps, dim, 1, n - 1);
  const both = ops.add(before, after);
  const a = ops.neg(ops.div(after, ops.mul(before, both)));
  const b = ops.div(ops.sub(after, before), ops.mul(after, before));
  const c = ops.div(before, ops.mul(after, both));
  const inner = three(x, dim, 0, n - 2, a, b, c);
  let first: Tensor;
  let last: Tensor;
  if (edgeOrder == 1) {
    first = ops.div(ops.sub(part(x, dim, 1, 2), part(x, dim, 0, 1)), part(steps, dim, 0, 1));
    last = ops.div(ops.sub(part(x, dim, n - 1, n), part(x, dim, n - 2, n - 1)), part(steps, dim, n - 2, n - 1));
  } else {
    first = edge(x, dim, 0, part(steps, dim, 0, 1), part(steps, dim, 1, 2), true);
    last = edge(x, dim, n - 3, part(steps, dim, n - 3, n - 2), part(steps, dim, n - 2, n - 1), false);
  }
  return joined(first, inner, last, dim);
}

/** a x[i] + b x[i + 1] + c x[i + 2] for `count` places from `start`. */
function three(x: Tensor, dim: i32, start: i32, count: i32, a: Tensor, b: Tensor, c: Tensor): Tensor {
  return ops.add(
    ops.add(ops.mul(a, part(x, dim, start, start + count)), ops.mul(b, part(x, dim, start + 1, start + 1 + count))),
    ops.mul(c, part(x, dim, start + 2, start + 2 + count)),
  );
}

function edge(x: Tensor, dim: i32, start: i32, d1: Tensor, d2: Tensor, left: bool): Tensor {
  const both = ops.add(d1, d2);
  const product = ops.mul(d1, d2);
  if (left) {
    const a = ops.neg(ops.div(ops.add(d1, both), ops.mul(d1, both)));
    return three(x, dim, start, 1, a, ops.div(both, product), ops.neg(ops.div(d1, ops.mul(d2, both))));
  }
  const c = ops.div(ops.add(d2, both), ops.mul(d2, both));
  return three(x, dim, start, 1, ops.div(d2, ops.mul(d1, both)), ops.neg(ops.div(both, product)), c);
}
