// Losses with margins and of distributions, made of ops.
import * as ops from "../gen/ops";
import { broadcastShapes, wrapDim } from "../tensor/broadcast";
import { alias, full, scalarTensor, wrappedNumber } from "../tensor/create";
import { Device } from "../dispatch/device";
import { DType, isFloating, NO_DTYPE } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgInt, msgShape, raise } from "../tensor/error";
import { ints1, ints2, newInts, shapeOf } from "../tensor/ints";
import { ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { number, reduced, Reduction } from "./loss";

/** A number that stands for Python's int. */
function whole(value: i32): Tensor {
  return wrappedNumber(value, ScalarKind.Int);
}

/** -1 as targets of this dtype say it: 255 in uint8. */
function minusOne(target: Tensor): Tensor {
  return target.dtype == DType.Uint8 ? scalarTensor(255, DType.Uint8, target.device) : whole(-1);
}

/** max(t, 0) */
function positivePart(t: Tensor): Tensor {
  return ops.clampMin(t, whole(0));
}

function sumOver(t: Tensor, dim: i32, keepdim: bool): Tensor {
  return ops.sum(t, ints1(dim), keepdim, NO_DTYPE);
}

export function softMarginLoss(input: Tensor, target: Tensor, reduction: i32): Tensor {
  return reduced(ops.softMargin(input, target), reduction);
}

export function hingeEmbeddingLoss(input: Tensor, target: Tensor, margin: f64, reduction: i32): Tensor {
  const apart = ops.where(ops.ne(target, whole(1)), positivePart(ops.sub(number(margin), input)), whole(0));
  const together = ops.where(ops.ne(target, minusOne(target)), input, whole(0));
  return reduced(ops.add(apart, together), reduction);
}

export function marginRankingLoss(input1: Tensor, input2: Tensor, target: Tensor, margin: f64, reduction: i32): Tensor {
  if (input1.ndim != input2.ndim || input1.ndim != target.ndim) {
    msg("margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: torch.Size(");
    msgShape(input1);
    msg("), input2: torch.Size(");
    msgShape(input2);
    msg("), target: torch.Size(");
    msgShape(target);
    msg(") ");
    raise(ErrorKind.Runtime);
  }
  const order = ops.mul(ops.neg(target), ops.sub(input1, input2));
  return reduced(positivePart(ops.add(order, number(margin))), reduction);
}

// ---- distances

/** The cosine of the angle between the vectors along a dim; norms below eps count as eps. */
export function cosineSimilarity(x1: Tensor, x2: Tensor, dim: i32, eps: f64): Tensor {
  const shape = broadcastShapes(x1, x2);
  x1 = ops.expand(x1, shape);
  x2 = ops.expand(x2, shape);
  const product = ops.mul(boundedDirection(x1, dim, eps), boundedDirection(x2, dim, eps));
  const axis = wrapDim(dim, product.ndim);
  return product.ndim == 0 ? product : sumOver(product, axis, false);
}

/** x / max(norm, eps), where the bound takes no part in the gradient. */
function boundedDirection(x: Tensor, dim: i32, eps: f64): Tensor {
  const norm = ops.vectorNorm(x, 2, ints1(dim), true, NO_DTYPE);
  const value = alias(norm);
  const lift = ops.sub(ops.clampMin(value, number(eps)), value);
  return ops.div(x, ops.add(norm, lift));
}

export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  margin: f64,
  reduction: i32,
): Tensor {
  if (target.ndim > 1) {
    msg("0D or 1D target tensor expected, multi-target not supported");
    raise(ErrorKind.Runtime);
  }
  const dim = <i32>target.ndim;
  const products = sumOver(ops.mul(input1, input2), dim, false);
  const tiny = number(1e-12);
  const size1 = ops.add(sumOver(ops.mul(input1, input1), dim, false), tiny);
  const size2 = ops.add(sumOver(ops.mul(input2, input2), dim, false), tiny);
  const cosine = ops.div(products, ops.sqrt(ops.mul(size1, size2)));
  const similar = ops.where(ops.eq(target, whole(1)), ops.sub(whole(1), cosine), whole(0));
  const apart = positivePart(ops.sub(cosine, number(margin)));
  return reduced(ops.add(similar, ops.where(ops.eq(target, minusOne(target)), apart, whole(0))), reduction);
}

export function pairwiseDistance(x1: Tensor, x2: Tensor, p: f64, eps: f64, keepdim: bool): Tensor {
  return ops.vectorNorm(ops.add(ops.sub(x1, x2), number(eps)), p, ints1(-1), keepdim, NO_DTYPE);
}

export function normalize(input: Tensor, p: f64, dim: i32, eps: f64): Tensor {
  const norm = ops.vectorNorm(input, p, ints1(dim), true, NO_DTYPE);
  return ops.div(input, ops.clampMin(norm, number(eps)));
}

export function pdist(input: Tensor, p: f64): Tensor {
  if (input.ndim != 2) {
    msg("pdist only supports 2D tensors, got: ");
    msgInt(input.ndim);
    msg("D");
    raise(ErrorKind.Runtime);
  }
  if (!isFloating(input.dtype)) fail(ErrorKind.Runtime, "pdist only supports floating-point dtypes");
  if (p < 0) fail(ErrorKind.Runtime, "pdist only supports non-negative p values");
  const n = input.shape(0);
  const pairs = ops.triuIndices(n, n, 1, DType.Int64, input.device);
  const left = ops.indexSelect(input, 0, ops.select(pairs, 0, 0));
  const right = ops.indexSelect(input, 0, ops.select(pairs, 0, 1));
  return ops.vectorNorm(ops.sub(left, right), p, ints1(1), false, NO_DTYPE);
}

export function renorm(input: Tensor, p: f64, dim: i32, maxnorm: f64): Tensor {
  if (input.ndim < 2) {
    msg("renorm: input needs at least 2 dimensions, got ");
    msgInt(input.ndim);
    msg(" dimensions");
    raise(ErrorKind.Runtime);
  }
  if (!(p > 0)) fail(ErrorKind.Runtime, "renorm: non-positive-norm not supported");
  if (!(maxnorm >= 0)) {
    msg("renorm: expected maxnorm to be >= 0 but got ");
    msgInt(<i64>maxnorm);
    raise(ErrorKind.Runtime);
  }
  const axis = wrapDim(dim, input.ndim);
  const dims = newInts(<i32>input.ndim - 1);
  for (let i = 0, k = 0; i < <i32>input.ndim; i++) if (i != axis) dims.set(k++, i);
  const norm = ops.vectorNorm(input, p, dims, true, NO_DTYPE);
  const factor = ops.div(number(maxnorm), ops.add(norm, number(1e-7)));
  return ops.mul(input, ops.where(ops.gt(norm, number(maxnorm)), factor, number(1)));
}

export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  margin: f64,
  p: f64,
  eps: f64,
  swap: bool,
  reduction: i32,
): Tensor {
  if (anchor.ndim != positive.ndim || anchor.ndim != negative.ndim) {
    msg("All inputs should have same dimension but got, anchor: ");
    msgInt(anchor.ndim);
    msg("D, positive: ");
    msgInt(positive.ndim);
    msg("D, negative: ");
    msgInt(negative.ndim);
    msg("D.");
    raise(ErrorKind.Runtime);
  }
  const near = pairwiseDistance(anchor, positive, p, eps, false);
  let far = pairwiseDistance(anchor, negative, p, eps, false);
  if (swap) far = ops.minimum(far, pairwiseDistance(positive, negative, p, eps, false));
  return reduced(positivePart(ops.sub(ops.add(near, number(margin)), far)), reduction);
}

// ---- several classes

export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  p: i32,
  margin: f64,
  weight: Tensor | null,
  reduction: i32,
): Tensor {
  if (p != 1 && p != 2) fail(ErrorKind.Value, "only p == 1 and p == 2 supported");
  const single = input.ndim < 2;
  const classes = input.ndim == 0 ? 1 : input.shape(<i32>input.ndim - 1);
  const x = ops.reshape(input, ints2(single ? 1 : input.shape(0), classes));
  const index = ops.reshape(target, ints2(x.shape(0), 1));
  const own = ops.gather(x, 1, index);
  let terms = positivePart(ops.add(ops.sub(x, own), number(margin)));
  if (p == 2) terms = ops.mul(terms, terms);
  if (weight !== null)
    terms = ops.mul(terms, ops.reshape(ops.indexSelect(weight, 0, ops.reshape(index, ints1(-1))), ints2(-1, 1)));
  // the class itself does not count
  const mask = full(shapeOf(x), 1, x.dtype, x.device);
  terms = ops.mul(terms, ops.scatter(mask, 1, index, number(0)));
  const losses = ops.div(sumOver(terms, 1, false), whole(classes));
  if (reduction == Reduction.None && single) return ops.reshape(losses, newInts(0));
  return reduced(losses, reduction);
}

export function multilabelMarginLoss(input: Tensor, target: Tensor, reduction: i32): Tensor {
  const single = input.ndim < 2;
  const classes = input.ndim == 0 ? 1 : input.shape(<i32>input.ndim - 1);
  const batch = single ? 1 : input.shape(0);
  const x = ops.reshape(input, ints2(batch, classes));
  const listed = ops.reshape(target, ints2(batch, classes));
  // labels count up to the first negative one
  const valid = ops.cumprod(ops.ge(listed, whole(0)), 1, NO_DTYPE);
  const labels = ops.mul(listed, valid);
  const zero = full(shapeOf(x), 0, DType.Int64, x.device);
  const isTarget = ops.gt(ops.scatterAdd(zero, 1, labels, valid), whole(0));
  const own = ops.unsqueeze(ops.gather(x, 1, labels), 2);
  const others = ops.unsqueeze(x, 1);
  const terms = positivePart(ops.sub(number(1), ops.sub(own, others)));
  const counted = ops.mul(ops.unsqueeze(valid, 2), ops.unsqueeze(ops.logicalNot(isTarget), 1));
  const losses = ops.div(ops.sum(ops.mul(terms, counted), ints2(1, 2), false, NO_DTYPE), whole(classes));
  if (reduction == Reduction.None && single) return ops.reshape(losses, newInts(0));
  return reduced(losses, reduction);
}

export function multilabelSoftMarginLoss(input: Tensor, target: Tensor, weight: Tensor | null, reduction: i32): Tensor {
  const missed = ops.mul(target, ops.logsigmoid(input));
  const wrong = ops.mul(ops.sub(whole(1), target), ops.logsigmoid(ops.neg(input)));
  let losses = ops.neg(ops.add(missed, wrong));
  if (weight !== null) losses = ops.mul(losses, weight);
  const last = <i32>input.ndim - 1;
  return reduced(ops.div(sumOver(losses, last, false), whole(input.shape(last))), reduction);
}

// ---- distributions

export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  isFull: bool,
  eps: f64,
  reduction: i32,
): Tensor {
  const ndim = <i32>input.ndim;
  if (!sameLeading(input, variance, ndim) || input.ndim != variance.ndim) {
    if (<i32>variance.ndim == ndim - 1 && sameLeading(input, variance, ndim - 1))
      variance = ops.unsqueeze(variance, -1);
    else if (<i32>variance.ndim != ndim || variance.shape(ndim - 1) != 1 || !sameLeading(input, variance, ndim - 1)) {
      fail(ErrorKind.Value, "var is of incorrect size");
    }
  }
  if (variance.device == Device.Cpu) {
    const negative = ops.any(ops.lt(variance, whole(0)));
    if (load<u8>(negative.dataPtr()) != 0) fail(ErrorKind.Value, "var has negative entry/entries");
  }
  // the bound takes no part in the gradient
  const value = alias(variance);
  const bounded = ops.add(variance, ops.sub(ops.clampMin(value, number(eps)), value));
  const difference = ops.sub(input, target);
  let losses = ops.mul(ops.add(ops.log(bounded), ops.div(ops.mul(difference, difference), bounded)), number(0.5));
  if (isFull) losses = ops.add(losses, number(0.5 * Math.log(2 * Math.PI)));
  return reduced(losses, reduction);
}

function sameLeading(a: Tensor, b: Tensor, count: i32): bool {
  if (<i32>b.ndim < count) return false;
  for (let i = 0; i < count; i++) if (a.shape(i) != b.shape(i)) return false;
  return true;
}

export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  logInput: bool,
  isFull: bool,
  eps: f64,
  reduction: i32,
): Tensor {
  let losses = logInput
    ? ops.sub(ops.exp(input), ops.mul(target, input))
    : ops.sub(input, ops.mul(target, ops.log(ops.add(input, number(eps)))));
  if (isFull) {
    const stirling = ops.add(
      ops.sub(ops.mul(target, ops.log(target)), target),
      ops.mul(ops.log(ops.mul(target, number(2 * Math.PI))), number(0.5)),
    );
    losses = ops.add(losses, ops.where(ops.le(target, whole(1)), whole(0), stirling));
  }
  return reduced(losses, reduction);
}
