// Derivatives of softmax and of the normalizations. Where they are not recorded themselves the fused kernels compute
// them in one pass; recorded, they are made of ops, so that they can be differentiated again.
import * as ops from "../../gen/ops";
import { resultAt } from "../../dispatch/entry";
import { NO_DTYPE } from "../../tensor/dtype";
import { Ints, ints1, newInts, shapeOf } from "../../tensor/ints";
import { Tensor } from "../../tensor/tensor";
import { newTensors, Tensors } from "../../tensor/tensors";
import { gradEnabled } from "../mode";
import { number } from "./reductions";

export function softmaxGradient(grad: Tensor, result: Tensor, dim: i32): Tensor {
  if (!gradEnabled()) return ops.softmaxBackward(grad, result, dim);
  const weighted = ops.mul(grad, result);
  if (result.ndim == 0) return ops.sub(weighted, ops.mul(result, weighted));
  return ops.sub(weighted, ops.mul(result, ops.sum(weighted, ints1(dim), true, NO_DTYPE)));
}

export function logSoftmaxGradient(grad: Tensor, result: Tensor, dim: i32): Tensor {
  if (!gradEnabled()) return ops.logSoftmaxBackward(grad, result, dim);
  const total = result.ndim == 0 ? grad : ops.sum(grad, ints1(dim), true, NO_DTYPE);
  return ops.sub(grad, ops.mul(ops.exp(result), total));
}

// ---- normalizations

/** Three gradients as a list; absent ones stay null. */
function three(input: Tensor, weight: Tensor | null, bias: Tensor | null): Tensors {
  const list = newTensors(3);
  list.set(0, input);
  if (weight !== null) list.set(1, weight);
  if (bias !== null) list.set(2, bias);
  return list;
}

function fusedResults(): Tensors {
  const list = newTensors(3);
  for (let i = 0; i < 3; i++) list.set(i, resultAt(i));
  return list;
}

/** The last `count` dims of a tensor of rank `ndim`. */
function lastDims(ndim: i32, count: i32): Ints {
  const dims = newInts(count);
  for (let i = 0; i < count; i++) dims.set(i, ndim - count + i);
  return dims;
}

function firstDims(count: i32): Ints {
  const dims = newInts(count);
  for (let i = 0; i < count; i++) dims.set(i, i);
  return dims;
}

function inverseDeviation(input: Tensor, dims: Ints, eps: f64): Tensor {
  return ops.rsqrt(ops.add(ops.varOf(input, dims, 0, true), number(eps)));
}

/** (x - mean) rstd with both as functions of x. */
function normalized(input: Tensor, rstd: Tensor, dims: Ints): Tensor {
  return ops.mul(ops.sub(input, ops.mean(input, dims, true, NO_DTYPE)), rstd);
}

/** The gradient of x from that of its normalization: rstd (g - mean(g) - xhat mean(g xhat)). */
function normalizedGradient(g: Tensor, normal: Tensor, rstd: Tensor, dims: Ints): Tensor {
  const average = ops.mean(g, dims, true, NO_DTYPE);
  const slope = ops.mean(ops.mul(g, normal), dims, true, NO_DTYPE);
  return ops.mul(rstd, ops.sub(ops.sub(g, average), ops.mul(normal, slope)));
}

export function layerNormGradients(
  grad: Tensor,
  input: Tensor,
  mean: Tensor,
  rstd: Tensor,
  weight: Tensor | null,
  normalizedShape: Ints,
  eps: f64,
): Tensors {
  if (!gradEnabled()) {
    ops.layerNormBackward(grad, input, mean, rstd, weight, normalizedShape);
    return fusedResults();
  }
  const count = normalizedShape.length;
  const dims = lastDims(input.ndim, count);
  const scale = inverseDeviation(input, dims, eps);
  const normal = normalized(input, scale, dims);
  const g = weight === null ? grad : ops.mul(grad, weight);
  const outer = <i32>input.ndim - count;
  const overRows = firstDims(outer);
  const gradNormal = ops.mul(grad, normal);
  return three(
    normalizedGradient(g, normal, scale, dims),
    outer == 0 ? gradNormal : ops.sum(gradNormal, overRows, false, NO_DTYPE),
    outer == 0 ? grad : ops.sum(grad, overRows, false, NO_DTYPE),
  );
}

/** A per-channel vector shaped to broadcast against [batch, channels, ...]. */
function channelwise(vector: Tensor, ndim: i32): Tensor {
  const shape = newInts(ndim);
  for (let i = 0; i < ndim; i++) shape.set(i, i == 1 ? vector.numel : 1);
  return ops.reshape(vector, shape);
}

/** All dims but the channels'. */
function otherDims(ndim: i32): Ints {
  const dims = newInts(ndim - 1);
  for (let i = 0; i < dims.length; i++) dims.set(i, i == 0 ? 0 : i + 1);
  return dims;
}

export function batchNormGradients(
  grad: Tensor,
  input: Tensor,
  weight: Tensor | null,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  saveMean: Tensor,
  saveInvstd: Tensor,
  training: bool,
  eps: f64,
): Tensors {
  if (!gradEnabled()) {
    ops.batchNormBackward(grad, input, weight, runningMean, runningVar, saveMean, saveInvstd, training, eps);
    return fusedResults();
  }
  const ndim = <i32>input.ndim;
  const dims = otherDims(ndim);
  let scale: Tensor;
  let normal: Tensor;
  if (training) {
    scale = inverseDeviation(input, dims, eps);
    normal = normalized(input, scale, dims);
  } else {
    scale = channelwise(ops.rsqrt(ops.add(runningVar!, number(eps))), ndim);
    normal = ops.mul(ops.sub(input, channelwise(runningMean!, ndim)), scale);
  }
  const g = weight === null ? grad : ops.mul(grad, channelwise(weight, ndim));
  const inputGrad = training ? normalizedGradient(g, normal, scale, dims) : ops.mul(g, scale);
  return three(inputGrad, ops.sum(ops.mul(grad, normal), dims, false, NO_DTYPE), ops.sum(grad, dims, false, NO_DTYPE));
}

export function groupNormGradients(
  grad: Tensor,
  input: Tensor,
  mean: Tensor,
  rstd: Tensor,
  weight: Tensor | null,
  groups: i32,
  eps: f64,
): Tensors {
  if (!gradEnabled()) {
    ops.groupNormBackward(grad, input, mean, rstd, weight, groups);
    return fusedResults();
  }
  const ndim = <i32>input.ndim;
  const shape = shapeOf(input);
  const rows = newInts(3);
  rows.set(0, input.shape(0));
  rows.set(1, groups);
  const count = input.shape(0) * groups;
  rows.set(2, count > 0 ? input.numel / count : 0);
  const grouped = ops.reshape(input, rows);
  const scale = inverseDeviation(grouped, ints1(2), eps);
  const normal = normalized(grouped, scale, ints1(2));
  const weighted = weight === null ? grad : ops.mul(grad, channelwise(weight, ndim));
  const inputGrad = normalizedGradient(ops.reshape(weighted, rows), normal, scale, ints1(2));
  const dims = otherDims(ndim);
  return three(
    ops.reshape(inputGrad, shape),
    ops.sum(ops.mul(grad, ops.reshape(normal, shape)), dims, false, NO_DTYPE),
    ops.sum(grad, dims, false, NO_DTYPE),
  );
}
