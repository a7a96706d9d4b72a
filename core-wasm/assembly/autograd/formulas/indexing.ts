// Derivatives of reads and writes by index.
import * as ops from "../../gen/ops";
import { sameShape } from "../../tensor/broadcast";
import { empty, fillWith, scalarTensor, zeros } from "../../tensor/create";
import { Ints, ints1, newInts, shapeOf } from "../../tensor/ints";
import { Scalar } from "../../tensor/scalar";
import { Tensor } from "../../tensor/tensor";
import { Tensors } from "../../tensor/tensors";
import { wrapDim } from "../../tensor/broadcast";

/** A 0-d tensor beside `like`. */
function constant(value: f64, like: Tensor): Tensor {
  return scalarTensor(value, like.dtype, like.device);
}

export function gatherBackward(grad: Tensor, inputShape: Ints, dim: i32, index: Tensor): Tensor {
  return ops.scatterAdd(zeros(inputShape, grad.dtype, grad.device), dim, index, grad);
}

/** Zero where a scatter has written. */
export function scatterBackward(grad: Tensor, dim: i32, index: Tensor): Tensor {
  return ops.scatter(grad, dim, index, ops.expand(constant(0, grad), shapeOf(index)));
}

/** The gradient of what a scatter reads; the part of `src` beyond the index has none. */
export function scatterSourceBackward(grad: Tensor, srcShape: Ints, dim: i32, index: Tensor): Tensor {
  return padTo(ops.gather(grad, dim, index), srcShape);
}

/** Zeros behind the elements of `t`, up to `shape`. */
function padTo(t: Tensor, shape: Ints): Tensor {
  const padding = newInts(2 * shape.length);
  let any = false;
  for (let d = 0; d < shape.length; d++) {
    const missing = shape.get(d) - t.shape(d);
    padding.set(2 * (shape.length - 1 - d), 0);
    padding.set(2 * (shape.length - 1 - d) + 1, missing);
    if (missing != 0) any = true;
  }
  return any ? ops.constantPadNd(t, padding) : t;
}

export function indexSelectBackward(grad: Tensor, inputShape: Ints, dim: i32, index: Tensor): Tensor {
  return ops.indexAdd(zeros(inputShape, grad.dtype, grad.device), dim, index, grad);
}

export function indexAddSourceBackward(
  grad: Tensor,
  sourceShape: Ints,
  dim: i32,
  index: Tensor,
  alpha: Scalar,
): Tensor {
  const selected = indexSourceBackward(grad, sourceShape, dim, index);
  return alpha.f == 1 ? selected : ops.mul(selected, constant(alpha.f, grad));
}

export function indexSourceBackward(grad: Tensor, sourceShape: Ints, dim: i32, index: Tensor): Tensor {
  const selected = ops.indexSelect(grad, dim, index);
  return selected.ndim == sourceShape.length ? selected : ops.reshape(selected, sourceShape);
}

export function indexZeroBackward(grad: Tensor, dim: i32, index: Tensor): Tensor {
  return ops.indexFill(grad, dim, index, constant(0, grad));
}

export function indexFillValueBackward(grad: Tensor, dim: i32, index: Tensor): Tensor {
  return ops.sum(ops.indexSelect(grad, dim, index));
}

export function takeBackward(grad: Tensor, inputShape: Ints, index: Tensor): Tensor {
  return ops.put(zeros(inputShape, grad.dtype, grad.device), index, grad, true);
}

export function putBackward(grad: Tensor, index: Tensor, accumulate: bool): Tensor {
  if (accumulate) return grad;
  return ops.put(grad, index, zeros(shapeOf(index), grad.dtype, grad.device), false);
}

export function putSourceBackward(grad: Tensor, sourceShape: Ints, index: Tensor): Tensor {
  return ops.reshape(ops.take(grad, index), sourceShape);
}

export function maskedSelectBackward(grad: Tensor, inputShape: Ints, mask: Tensor): Tensor {
  const like = fillWith(empty(inputShape, grad.dtype, grad.device), 0);
  let full = like;
  if (!sameShape(like, mask)) {
    // both were broadcast
    const shape = newInts(max(inputShape.length, <i32>mask.ndim));
    for (let i = 1; i <= shape.length; i++) {
      const a = i <= inputShape.length ? inputShape.get(inputShape.length - i) : 1;
      const b = i <= <i32>mask.ndim ? mask.shape(<i32>mask.ndim - i) : 1;
      shape.set(shape.length - i, a == 1 ? b : a);
    }
    full = zeros(shape, grad.dtype, grad.device);
  }
  const spread = ops.maskedScatter(full, mask, grad);
  return full == like ? spread : ops.sumToSize(spread, inputShape);
}

export function maskedScatterBackward(grad: Tensor, mask: Tensor): Tensor {
  return ops.maskedFill(grad, mask, constant(0, grad));
}

export function maskedScatterSourceBackward(grad: Tensor, mask: Tensor, sourceShape: Ints): Tensor {
  let numel = 1;
  for (let i = 0; i < sourceShape.length; i++) numel *= sourceShape.get(i);
  return ops.reshape(padTo(ops.maskedSelect(grad, mask), ints1(numel)), sourceShape);
}

export function indexBackward(grad: Tensor, inputShape: Ints, indices: Tensors): Tensor {
  return ops.indexPut(zeros(inputShape, grad.dtype, grad.device), indices, grad, true);
}

export function indexPutBackward(grad: Tensor, indices: Tensors, accumulate: bool): Tensor {
  return accumulate ? grad : ops.indexPut(grad, indices, constant(0, grad), false);
}

export function indexPutValuesBackward(grad: Tensor, indices: Tensors, valuesShape: Ints): Tensor {
  return ops.sumToSize(ops.index(grad, indices), valuesShape);
}

/** Where a sort or selection along `dim` has read; `indices` lacks the dim if it was not kept. */
export function selectionBackward(grad: Tensor, inputShape: Ints, dim: i32, indices: Tensor, keepdim: bool): Tensor {
  const base = zeros(inputShape, grad.dtype, grad.device);
  if (inputShape.length == 0 || keepdim) return ops.scatter(base, dim, indices, grad);
  const at = wrapDim(dim, inputShape.length);
  return ops.scatter(base, at, ops.unsqueeze(indices, at), ops.unsqueeze(grad, at));
}

// ---- scatterReduce -----------------------------------------------------------------------------------------------

const PROD: i32 = 1;
const MEAN: i32 = 2;

export function scatterReduceBackward(
  grad: Tensor,
  input: Tensor,
  dim: i32,
  index: Tensor,
  src: Tensor,
  reduce: i32,
  includeSelf: bool,
  result: Tensor,
): Tensor {
  let own = grad;
  if (reduce == PROD) {
    const masked = ops.maskedFill(input, ops.eq(input, constant(0, input)), constant(1, input));
    const product = ops.scatterReduce(masked, dim, index, src, reduce, includeSelf);
    own = ops.div(ops.mul(grad, product), masked);
  } else if (reduce == MEAN) {
    own = ops.div(grad, meanCounts(grad, dim, index, src, includeSelf));
  } else if (reduce > MEAN) {
    const chosen = ops.to(ops.eq(input, result), grad.dtype);
    own = ops.mul(chosen, ops.div(grad, choices(grad, input, dim, index, src, result)));
  }
  return includeSelf ? own : scatterBackward(own, dim, index);
}

export function scatterReduceSourceBackward(
  grad: Tensor,
  input: Tensor,
  dim: i32,
  index: Tensor,
  src: Tensor,
  reduce: i32,
  includeSelf: bool,
  result: Tensor,
): Tensor {
  if (reduce == PROD) {
    const isZero = ops.eq(src, constant(0, src));
    const count = ops.scatterAdd(
      zeros(shapeOf(input), grad.dtype, grad.device),
      dim,
      index,
      ops.to(isZero, grad.dtype),
    );
    const onlyZero = ops.logicalAnd(isZero, ops.eq(ops.gather(count, dim, index), constant(1, grad)));
    const without = ops.scatterReduce(
      input,
      dim,
      index,
      ops.maskedFill(src, onlyZero, constant(1, src)),
      reduce,
      includeSelf,
    );
    return ops.where(
      onlyZero,
      ops.gather(ops.mul(grad, without), dim, index),
      ops.div(ops.gather(ops.mul(grad, result), dim, index), ops.maskedFill(src, isZero, constant(1, src))),
    );
  }
  if (reduce == MEAN) {
    return ops.div(
      ops.gather(grad, dim, index),
      ops.gather(meanCounts(grad, dim, index, src, includeSelf), dim, index),
    );
  }
  if (reduce > MEAN) {
    const chosen = ops.to(ops.eq(src, ops.gather(result, dim, index)), grad.dtype);
    const share = ops.div(grad, choices(grad, input, dim, index, src, result));
    return ops.mul(chosen, ops.gather(share, dim, index));
  }
  return scatterSourceBackward(grad, shapeOf(src), dim, index);
}

/** How many operands each mean has, 1 where there is none. */
function meanCounts(grad: Tensor, dim: i32, index: Tensor, src: Tensor, includeSelf: bool): Tensor {
  const start = fillWith(empty(shapeOf(grad), grad.dtype, grad.device), includeSelf ? 1 : 0);
  const ones = fillWith(empty(shapeOf(src), grad.dtype, grad.device), 1);
  const counts = ops.scatterAdd(start, dim, index, ones);
  return includeSelf ? counts : ops.maskedFill(counts, ops.eq(counts, constant(0, grad)), constant(1, grad));
}

/** How many operands equal each extremum: they share the gradient. */
function choices(grad: Tensor, input: Tensor, dim: i32, index: Tensor, src: Tensor, result: Tensor): Tensor {
  const own = ops.to(ops.eq(input, result), grad.dtype);
  const read = ops.to(ops.eq(src, ops.gather(result, dim, index)), grad.dtype);
  return ops.scatterAdd(own, dim, index, read);
}
