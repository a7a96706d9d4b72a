// Layer, batch, group and instance normalization.
import { args } from "../dispatch/args";
import { resultAt, setResult } from "../dispatch/entry";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import * as ops from "../gen/ops";
import { batchNormWorkspace } from "../kernels/batchNorm";
import { groupNormWorkspace } from "../kernels/groupNorm";
import { layerNormWorkspace } from "../kernels/layerNorm";
import { alias, copyInto, empty, emptyLike, full, rawContiguous, rawToDType, wrappedNumber } from "../tensor/create";
import { Compute, computeType, DType, isFloating, itemSize, NO_DTYPE } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgInt, msgInts, msgShape, raise } from "../tensor/error";
import { Ints, ints1, ints2, newInts, numelOf, shapeOf } from "../tensor/ints";
import { Scalar, ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";

/** The alternatives of div's roundingMode. */
const enum Rounding {
  Trunc = 0,
}

// @ts-ignore: decorator
@inline
function number(value: f64): Tensor {
  return wrappedNumber(value, ScalarKind.Float);
}

/** The dtype the kernels take for elements of `dtype`. */
function kernelDType(dtype: i32): i32 {
  return computeType(dtype) == Compute.F64 ? DType.Float64 : DType.Float32;
}

function prepared(t: Tensor, dtype: i32): Tensor {
  return rawContiguous(rawToDType(t, dtype));
}

/** A weight or bias as the kernels take it: `value` everywhere where it is absent. */
function vectorOr(t: Tensor | null, value: f64, n: i32, dtype: i32, device: i32): Tensor {
  return t !== null ? prepared(t, dtype) : full(ints1(n), value, dtype, device);
}

function requireFloat(op: string, input: Tensor): void {
  if (isFloating(input.dtype)) return;
  msg('"');
  msg(op);
  msg("\" not implemented for '");
  msgDType(input.dtype);
  msg("'");
  raise(ErrorKind.Runtime);
}

// ---- layer normalization

function sameShapeAs(t: Tensor, shape: Ints): bool {
  if (<i32>t.ndim != shape.length) return false;
  for (let i = 0; i < shape.length; i++) if (t.shape(i) != shape.get(i)) return false;
  return true;
}

function checkVector(name: string, t: Tensor | null, shape: Ints): void {
  if (t === null || sameShapeAs(t, shape)) return;
  msg("Expected ");
  msg(name);
  msg(" to be of same shape as normalized_shape, but got ");
  msg(name);
  msg(" of shape ");
  msgShape(t);
  msg(" and normalized_shape = ");
  msgInts(shape);
  raise(ErrorKind.Runtime);
}

function checkLayerNorm(input: Tensor, shape: Ints, weight: Tensor | null, bias: Tensor | null): void {
  if (shape.length == 0) {
    fail(
      ErrorKind.Runtime,
      "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got normalized_shape = []",
    );
  }
  checkVector("weight", weight, shape);
  checkVector("bias", bias, shape);
  const lead = <i32>input.ndim - shape.length;
  let fits = lead >= 0;
  for (let i = 0; fits && i < shape.length; i++) fits = input.shape(lead + i) == shape.get(i);
  if (!fits) {
    msg("Given normalized_shape=");
    msgInts(shape);
    msg(", expected input with shape [*");
    for (let i = 0; i < shape.length; i++) {
      msg(", ");
      msgInt(shape.get(i));
    }
    msg("], but got input of size");
    msgShape(input);
    raise(ErrorKind.Runtime);
  }
  requireFloat("LayerNormKernelImpl", input);
}

/** The shape of statistics over the last `count` dims. */
function statisticsShape(input: Tensor, count: i32): Ints {
  const shape = shapeOf(input);
  for (let i = shape.length - count; i < shape.length; i++) shape.set(i, 1);
  return shape;
}

export function layerNormOf(
  input: Tensor,
  normalizedShape: Ints,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: f64,
): Tensor {
  checkLayerNorm(input, normalizedShape, weight, bias);
  const n = numelOf(normalizedShape);
  const dtype = kernelDType(input.dtype);
  const x = prepared(input, dtype);
  const w = vectorOr(weight, 1, n, dtype, input.device);
  const b = vectorOr(bias, 0, n, dtype, input.device);
  const out = emptyLike(x, dtype);
  const shape = statisticsShape(input, normalizedShape.length);
  const mean = empty(shape, dtype, input.device);
  const rstd = empty(shape, dtype, input.device);
  begin(Kernel.LayerNorm);
  addOperand(out);
  addOperand(mean);
  addOperand(rstd);
  addOperand(x);
  addOperand(w);
  addOperand(b);
  args.setInt(0, n > 0 ? input.numel / n : 0);
  args.setInt(1, n);
  args.setParam(0, eps);
  args.compute = computeType(dtype);
  run(input.device);
  const result = rawToDType(out, input.dtype);
  setResult(0, result);
  setResult(1, mean);
  setResult(2, rstd);
  return result;
}

export function layerNormBackward(
  grad: Tensor,
  input: Tensor,
  mean: Tensor,
  rstd: Tensor,
  weight: Tensor | null,
  normalizedShape: Ints,
): Tensor {
  const n = numelOf(normalizedShape);
  const dtype = kernelDType(input.dtype);
  const g = prepared(grad, dtype);
  const x = prepared(input, dtype);
  const w = vectorOr(weight, 1, n, dtype, input.device);
  const out = emptyLike(x, dtype);
  const gradWeight = empty(normalizedShape, dtype, input.device);
  const gradBias = empty(normalizedShape, dtype, input.device);
  begin(Kernel.LayerNormBackward);
  addOperand(out);
  addOperand(gradWeight);
  addOperand(gradBias);
  addOperand(g);
  addOperand(x);
  addOperand(mean);
  addOperand(rstd);
  addOperand(w);
  args.setInt(0, n > 0 ? input.numel / n : 0);
  args.setInt(1, n);
  args.compute = computeType(dtype);
  workspace(layerNormWorkspace(args.int(0), n, itemSize(dtype)));
  run(input.device);
  return setThree(out, gradWeight, gradBias, input.dtype);
}

function setThree(out: Tensor, gradWeight: Tensor, gradBias: Tensor, dtype: i32): Tensor {
  const result = rawToDType(out, dtype);
  setResult(0, result);
  setResult(1, rawToDType(gradWeight, dtype));
  setResult(2, rawToDType(gradBias, dtype));
  return result;
}

/** The statistics are results without history. */
function detachStatistics(first: Tensor): Tensor {
  const mean = alias(resultAt(1));
  const rstd = alias(resultAt(2));
  setResult(0, first);
  setResult(1, mean);
  setResult(2, rstd);
  return first;
}

export function nativeLayerNorm(
  input: Tensor,
  normalizedShape: Ints,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: f64,
): Tensor {
  return detachStatistics(ops.layerNormOf(input, normalizedShape, weight, bias, eps));
}

export function layerNorm(
  input: Tensor,
  normalizedShape: Ints,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: f64,
): Tensor {
  return ops.layerNormOf(input, normalizedShape, weight, bias, eps);
}

export function rmsNorm(input: Tensor, normalizedShape: Ints, weight: Tensor | null, eps: Scalar | null): Tensor {
  checkLayerNorm(input, normalizedShape, weight, null);
  const dims = newInts(normalizedShape.length);
  for (let i = 0; i < dims.length; i++) dims.set(i, <i32>input.ndim - dims.length + i);
  // torch.finfo(dtype).eps
  const tiny = eps !== null ? eps.f : input.dtype == DType.Float64 ? 2.220446049250313e-16 : 1.1920928955078125e-7;
  const square = ops.mean(ops.mul(input, input), dims, true, NO_DTYPE);
  const normal = ops.mul(input, ops.rsqrt(ops.add(square, number(tiny))));
  return weight !== null ? ops.mul(normal, weight) : normal;
}

// ---- batch normalization

function checkCount(name: string, t: Tensor | null, channels: i32): void {
  if (t === null || t.numel == channels) return;
  msg(name);
  msg(" should contain ");
  msgInt(channels);
  msg(" elements not ");
  msgInt(t.numel);
  raise(ErrorKind.Runtime);
}

/** Sets ints for [batch, channels, size]. */
function setGeometry(input: Tensor, training: bool): void {
  const channels = input.shape(1);
  args.setInt(0, input.shape(0));
  args.setInt(1, channels);
  const rows = input.shape(0) * channels;
  args.setInt(2, rows > 0 ? input.numel / rows : 0);
  args.setInt(3, training ? 1 : 0);
  args.setInt(5, channels);
}

/** 1 / sqrt(running variance + eps) */
function inverseDeviation(runningVar: Tensor, dtype: i32, eps: f64): Tensor {
  return ops.rsqrt(ops.add(prepared(runningVar, dtype), number(eps)));
}

export function batchNormOf(
  input: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  training: bool,
  momentum: f64,
  eps: f64,
): Tensor {
  requireFloat("batch_norm", input);
  const channels = input.shape(1);
  checkCount("running_mean", runningMean, channels);
  checkCount("running_var", runningVar, channels);
  checkCount("weight", weight, channels);
  checkCount("bias", bias, channels);
  if (!training && runningMean === null) fail(ErrorKind.Runtime, "running_mean must be defined in evaluation mode");
  if (!training && runningVar === null) fail(ErrorKind.Runtime, "running_var must be defined in evaluation mode");
  const dtype = kernelDType(input.dtype);
  const x = prepared(input, dtype);
  const w = vectorOr(weight, 1, channels, dtype, input.device);
  const b = vectorOr(bias, 0, channels, dtype, input.device);
  const out = emptyLike(x, dtype);
  let mean: Tensor;
  let scale: Tensor;
  if (training) {
    mean = empty(ints1(channels), dtype, input.device);
    scale = empty(ints1(channels), dtype, input.device);
  } else {
    mean = prepared(runningMean!, dtype);
    scale = inverseDeviation(runningVar!, dtype, eps);
  }
  const moves = training && runningMean !== null && runningVar !== null;
  const movingMean = moves ? prepared(runningMean!, dtype) : mean;
  const movingVar = moves ? prepared(runningVar!, dtype) : scale;
  begin(Kernel.BatchNorm);
  addOperand(out);
  addOperand(mean);
  addOperand(scale);
  addOperand(x);
  addOperand(w);
  addOperand(b);
  addOperand(movingMean);
  addOperand(movingVar);
  setGeometry(input, training);
  args.setInt(4, moves ? 1 : 0);
  args.setParam(0, eps);
  args.setParam(1, momentum);
  args.compute = computeType(dtype);
  workspace(batchNormWorkspace(channels));
  run(input.device);
  if (moves) {
    written(runningMean!, movingMean);
    written(runningVar!, movingVar);
  }
  const result = rawToDType(out, input.dtype);
  setResult(0, result);
  setResult(1, training ? mean : empty(ints1(0), dtype, input.device));
  setResult(2, training ? scale : empty(ints1(0), dtype, input.device));
  return result;
}

/**
 * A buffer took new values, in place or in the copy that the kernel wrote. Its version stays: as in PyTorch, another
 * forward pass does not make the graph of this one stale.
 */
function written(buffer: Tensor, values: Tensor): void {
  if (buffer != values) copyInto(buffer, values);
}

export function batchNormBackward(
  grad: Tensor,
  input: Tensor,
  weight: Tensor | null,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  saveMean: Tensor,
  saveInvstd: Tensor,
  training: bool,
  eps: f64,
): Tensor {
  const channels = input.shape(1);
  const dtype = kernelDType(input.dtype);
  const g = prepared(grad, dtype);
  const x = prepared(input, dtype);
  const w = vectorOr(weight, 1, channels, dtype, input.device);
  const mean = training ? saveMean : prepared(runningMean!, dtype);
  const scale = training ? saveInvstd : inverseDeviation(runningVar!, dtype, eps);
  const out = emptyLike(x, dtype);
  const gradWeight = empty(ints1(channels), dtype, input.device);
  const gradBias = empty(ints1(channels), dtype, input.device);
  begin(Kernel.BatchNormBackward);
  addOperand(out);
  addOperand(gradWeight);
  addOperand(gradBias);
  addOperand(g);
  addOperand(x);
  addOperand(mean);
  addOperand(scale);
  addOperand(w);
  setGeometry(input, training);
  args.compute = computeType(dtype);
  workspace(batchNormWorkspace(channels));
  run(input.device);
  return setThree(out, gradWeight, gradBias, input.dtype);
}

export function nativeBatchNorm(
  input: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  training: bool,
  momentum: f64,
  eps: f64,
): Tensor {
  return detachStatistics(ops.batchNormOf(input, weight, bias, runningMean, runningVar, training, momentum, eps));
}

/** Statistics of a single value per channel are refused in training, as nn.functional does. */
function checkTrainable(input: Tensor): void {
  let n: i64 = input.ndim > 0 ? input.shape(0) : 1;
  for (let i = 2; i < <i32>input.ndim; i++) n *= input.shape(i);
  if (n != 1) return;
  msg("Expected more than 1 value per channel when training, got input size torch.Size(");
  msgShape(input);
  msg(")");
  raise(ErrorKind.Value);
}

export function batchNorm(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight: Tensor | null,
  bias: Tensor | null,
  training: bool,
  momentum: f64,
  eps: f64,
): Tensor {
  if (training) checkTrainable(input);
  if (input.numel == 0) {
    let out = ops.clone(input);
    if (weight !== null) out = ops.mul(out, ops.select(weight, 0, 0));
    if (bias !== null) out = ops.add(out, ops.select(bias, 0, 0));
    return out;
  }
  return ops.batchNormOf(input, weight, bias, runningMean, runningVar, training, momentum, eps);
}

// ---- group and instance normalization

export function groupNormOf(input: Tensor, groups: i32, weight: Tensor | null, bias: Tensor | null, eps: f64): Tensor {
  requireFloat("GroupNormKernelImpl", input);
  const batch = input.shape(0);
  const channels = input.shape(1);
  const dtype = kernelDType(input.dtype);
  const x = prepared(input, dtype);
  const w = vectorOr(weight, 1, channels, dtype, input.device);
  const b = vectorOr(bias, 0, channels, dtype, input.device);
  const out = emptyLike(x, dtype);
  const mean = empty(ints2(batch, groups), dtype, input.device);
  const rstd = empty(ints2(batch, groups), dtype, input.device);
  begin(Kernel.GroupNorm);
  addOperand(out);
  addOperand(mean);
  addOperand(rstd);
  addOperand(x);
  addOperand(w);
  addOperand(b);
  setGroups(input, groups);
  args.setParam(0, eps);
  args.compute = computeType(dtype);
  run(input.device);
  const result = rawToDType(out, input.dtype);
  setResult(0, result);
  setResult(1, mean);
  setResult(2, rstd);
  return result;
}

function setGroups(input: Tensor, groups: i32): void {
  const rows = input.shape(0) * input.shape(1);
  args.setInt(0, input.shape(0));
  args.setInt(1, groups);
  args.setInt(2, input.shape(1) / groups);
  args.setInt(3, rows > 0 ? input.numel / rows : 0);
  args.setInt(4, groups);
}

export function groupNormBackward(
  grad: Tensor,
  input: Tensor,
  mean: Tensor,
  rstd: Tensor,
  weight: Tensor | null,
  groups: i32,
): Tensor {
  const channels = input.shape(1);
  const dtype = kernelDType(input.dtype);
  const g = prepared(grad, dtype);
  const x = prepared(input, dtype);
  const w = vectorOr(weight, 1, channels, dtype, input.device);
  const out = emptyLike(x, dtype);
  const gradWeight = empty(ints1(channels), dtype, input.device);
  const gradBias = empty(ints1(channels), dtype, input.device);
  begin(Kernel.GroupNormBackward);
  addOperand(out);
  addOperand(gradWeight);
  addOperand(gradBias);
  addOperand(g);
  addOperand(x);
  addOperand(mean);
  addOperand(rstd);
  addOperand(w);
  setGroups(input, groups);
  args.compute = computeType(dtype);
  workspace(groupNormWorkspace(channels));
  run(input.device);
  return setThree(out, gradWeight, gradBias, input.dtype);
}

export function groupNorm(input: Tensor, numGroups: i32, weight: Tensor | null, bias: Tensor | null, eps: f64): Tensor {
  if (input.ndim < 2) {
    msg("Expected at least 2 dimensions for input tensor but received ");
    msgInt(input.ndim);
    raise(ErrorKind.Runtime);
  }
  const channels = input.shape(1);
  if (numGroups <= 0) {
    msg("Expected num groups to be greater than 0, got ");
    msgInt(numGroups);
    raise(ErrorKind.Runtime);
  }
  if (channels % numGroups != 0) {
    msg("Expected number of channels in input to be divisible by num_groups, but got input of shape ");
    msgShape(input);
    msg(" and num_groups=");
    msgInt(numGroups);
    raise(ErrorKind.Runtime);
  }
  checkChannelVector("weight", weight, channels);
  checkChannelVector("bias", bias, channels);
  return ops.groupNormOf(input, numGroups, weight, bias, eps);
}

function checkChannelVector(name: string, t: Tensor | null, channels: i32): void {
  if (t === null || (t.ndim == 1 && t.numel == channels)) return;
  msg("Expected ");
  msg(name);
  msg(" to be a vector of size equal to the number of channels in input, but got ");
  msg(name);
  msg(" of shape ");
  msgShape(t);
  msg(" and input of shape [*, ");
  msgInt(channels);
  msg(", *]");
  raise(ErrorKind.Runtime);
}

export function instanceNorm(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight: Tensor | null,
  bias: Tensor | null,
  useInputStats: bool,
  momentum: f64,
  eps: f64,
): Tensor {
  if (!useInputStats) {
    if (runningMean === null || runningVar === null) {
      fail(ErrorKind.Runtime, "Expected running_mean and running_var to be defined when use_input_stats is false");
    }
    return ops.batchNormOf(input, weight, bias, runningMean, runningVar, false, momentum, eps);
  }
  let size: i64 = 1;
  for (let i = 2; i < <i32>input.ndim; i++) size *= input.shape(i);
  if (size == 1) {
    msg("Expected more than 1 spatial element when training, got input size torch.Size(");
    msgShape(input);
    msg(")");
    raise(ErrorKind.Value);
  }
  // without channels there is nothing to normalize, and no group to count
  if (input.ndim > 1 && input.shape(1) == 0) return ops.clone(input);
  const out = ops.groupNormOf(input, input.shape(1), weight, bias, eps);
  if (runningMean !== null && runningVar !== null) moveInstanceStatistics(input, runningMean, runningVar, momentum);
  return out;
}

/** Running statistics move towards the means over the batch of each instance's. */
function moveInstanceStatistics(input: Tensor, runningMean: Tensor, runningVar: Tensor, momentum: f64): void {
  const x = alias(input);
  const dims = newInts(<i32>input.ndim - 2);
  for (let i = 0; i < dims.length; i++) dims.set(i, i + 2);
  const variances = ops.varMeanOf(x, dims, 1, false);
  const means = resultAt(1);
  move(runningMean, ops.mean(means, ints1(0), false, NO_DTYPE), momentum);
  move(runningVar, ops.mean(variances, ints1(0), false, NO_DTYPE), momentum);
}

function move(buffer: Tensor, value: Tensor, momentum: f64): void {
  const kept = ops.mul(alias(buffer), number(1 - momentum));
  copyInto(buffer, ops.add(kept, ops.mul(value, number(momentum))));
}

// ---- local response normalization

export function localResponseNorm(input: Tensor, size: i32, alpha: f64, beta: f64, k: f64): Tensor {
  const ndim = <i32>input.ndim;
  if (ndim < 3) {
    msg("Expected 3D or higher dimensionality                          input (got ");
    msgInt(ndim);
    msg(" dimensions)");
    raise(ErrorKind.Value);
  }
  if (input.numel == 0) return input;
  // the sums of squares of `size` neighbouring channels, as differences of shifted views
  const channels = input.shape(1);
  const squares = ops.mul(input, input);
  let sum: Tensor | null = null;
  for (let s = -(size / 2); s <= (size - 1) / 2; s++) {
    const shifted = shiftedChannels(squares, s, channels);
    if (shifted !== null) sum = sum === null ? shifted : ops.add(sum, shifted);
  }
  // integers are averaged as integers, as PyTorch's pooling does
  const average = isFloating(input.dtype)
    ? ops.div(sum!, number(size))
    : ops.div(sum!, wrappedNumber(size, ScalarKind.Int), Rounding.Trunc);
  const scaled = ops.add(ops.mul(average, number(alpha)), number(k));
  return ops.div(input, ops.pow(scaled, number(beta)));
}

/** result[:, c] = t[:, c + by], zeros where there is no such channel; null where there is none at all */
function shiftedChannels(t: Tensor, by: i32, channels: i32): Tensor | null {
  if (abs(by) >= channels) return null;
  if (by == 0) return t;
  const shape = shapeOf(t);
  const start = max(by, 0);
  const end = channels + min(by, 0);
  return ops.sliceBackward(ops.slice(t, 1, start, end), shape, 1, start - by, end - by, 1);
}
