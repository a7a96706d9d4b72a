// Losses: negative log likelihood with its kernel; the others are made of ops.
import { args } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { resultAt, setResult } from "../dispatch/entry";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run } from "../dispatch/run";
import * as ops from "../gen/ops";
import { alias, empty, empty0, emptyLike, rawContiguous, rawToDType, wrappedNumber } from "../tensor/create";
import { Compute, computeType, DType, isFloating, NO_DTYPE } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgFloat, msgInt, msgShape, raise } from "../tensor/error";
import { Ints, ints1, newInts, shapeOf } from "../tensor/ints";
import { ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { valueOf } from "../tensor/transfer";

/** The alternatives of `reduction`, in the order of the records. */
export const enum Reduction {
  None = 0,
  Mean = 1,
  Sum = 2,
  BatchMean = 3,
}

/** Reduces the losses of the elements. */
export function reduced(losses: Tensor, reduction: i32): Tensor {
  if (reduction == Reduction.None) return losses;
  return reduction == Reduction.Mean ? ops.mean(losses, null, false, NO_DTYPE) : ops.sum(losses, null, false, NO_DTYPE);
}

// @ts-ignore: decorator
@inline
export function number(value: f64): Tensor {
  return wrappedNumber(value, ScalarKind.Float);
}

/** The dtype the kernels take for elements of `dtype`. */
function kernelDType(dtype: i32): i32 {
  return computeType(dtype) == Compute.F64 ? DType.Float64 : DType.Float32;
}

// ---- negative log likelihood

/** Raises at the first target that is no class. */
function checkTargets(targets: Tensor, classes: i32, ignoreIndex: i32): void {
  if (targets.device != Device.Cpu) return;
  const bad = empty0(DType.Int64, Device.Cpu);
  begin(Kernel.CheckTargets);
  addOperand(bad);
  addOperand(targets);
  args.setInt(0, classes);
  args.setInt(1, ignoreIndex);
  run(Device.Cpu);
  const at = load<i64>(bad.dataPtr());
  if (at < 0) return;
  msg("Target ");
  msgInt(load<i64>(targets.dataPtr() + ((<usize>at) << 3)));
  msg(" is out of bounds.");
  raise(ErrorKind.Index);
}

function checkNll(input: Tensor, target: Tensor, weight: Tensor | null): void {
  if (input.ndim == 0) fail(ErrorKind.Value, "Expected 1 or more dimensions (got 0)");
  const channelDim = input.ndim == 1 ? 0 : 1;
  if (input.ndim > 1 && (target.ndim == 0 || input.shape(0) != target.shape(0))) {
    msg("Expected input batch_size (");
    msgInt(input.shape(0));
    msg(") to match target batch_size (");
    msgInt(target.ndim == 0 ? 0 : target.shape(0));
    msg(").");
    raise(ErrorKind.Value);
  }
  if (input.ndim == 1 && target.ndim > 0 && target.numel != 1) {
    msg("size mismatch (got input: ");
    msgShape(input);
    msg(", target: ");
    msgShape(target);
    msg(")");
    raise(ErrorKind.Runtime);
  }
  let fits = input.ndim == 1 || target.ndim == <u8>(<i32>input.ndim - 1);
  for (let i = 2; fits && i < <i32>input.ndim; i++) fits = input.shape(i) == target.shape(i - 1);
  if (!fits) {
    msg("Expected target size ");
    const shape = newInts(<i32>input.ndim - 1);
    for (let i = 0, k = 0; i < <i32>input.ndim; i++) if (i != 1) shape.set(k++, input.shape(i));
    msg("[");
    for (let i = 0; i < shape.length; i++) {
      if (i > 0) msg(", ");
      msgInt(shape.get(i));
    }
    msg("], got ");
    msgShape(target);
    raise(ErrorKind.Runtime);
  }
  if (target.dtype != DType.Int64 && target.dtype != DType.Uint8) {
    msg("expected scalar type Long but found ");
    msgDType(target.dtype);
    raise(ErrorKind.Runtime);
  }
  const classes = input.shape(channelDim);
  if (weight !== null && (weight.ndim != 1 || weight.numel != classes)) {
    msg("weight tensor should be defined either for all ");
    msgInt(classes);
    msg(" classes or no classes but got weight tensor of shape: ");
    msgShape(weight);
    raise(ErrorKind.Runtime);
  }
  if (!isFloating(input.dtype)) {
    msg('"nll_loss_out_frame" not implemented for \'');
    msgDType(input.dtype);
    msg("'");
    raise(ErrorKind.Runtime);
  }
}

/** Sets the ints of both kernels for scores of `shape`. */
function setNll(shape: Ints, reduction: i32, ignoreIndex: i32, weighted: bool): void {
  const channelDim = shape.length == 1 ? 0 : 1;
  let size = 1;
  for (let i = 2; i < shape.length; i++) size *= shape.get(i);
  args.setInt(0, shape.length == 1 ? 1 : shape.get(0));
  args.setInt(1, shape.get(channelDim));
  args.setInt(2, size);
  args.setInt(3, reduction);
  args.setInt(4, ignoreIndex);
  args.setInt(5, weighted ? 1 : 0);
}

export function nllLossOf(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  reduction: i32,
  ignoreIndex: i32,
): Tensor {
  checkNll(input, target, weight);
  const dtype = kernelDType(input.dtype);
  const x = rawContiguous(rawToDType(input, dtype));
  const targets = rawContiguous(rawToDType(target, DType.Int64));
  const weights = weight !== null ? rawContiguous(rawToDType(weight, dtype)) : x;
  checkTargets(targets, input.shape(input.ndim == 1 ? 0 : 1), ignoreIndex);
  const out = reduction == Reduction.None ? emptyLike(targets, dtype) : empty0(dtype, input.device);
  const total = empty0(dtype, input.device);
  begin(Kernel.NllLoss);
  addOperand(out);
  addOperand(total);
  addOperand(x);
  addOperand(targets);
  addOperand(weights);
  setNll(shapeOf(input), reduction, ignoreIndex, weight !== null);
  args.compute = computeType(dtype);
  run(input.device);
  const result = rawToDType(out, input.dtype);
  setResult(0, result);
  setResult(1, total);
  return result;
}

export function nllLossBackward(
  grad: Tensor,
  target: Tensor,
  weight: Tensor | null,
  totalWeight: Tensor,
  inputShape: Ints,
  inputDtype: i32,
  reduction: i32,
  ignoreIndex: i32,
): Tensor {
  const dtype = kernelDType(inputDtype);
  const g = rawContiguous(rawToDType(grad, dtype));
  const targets = rawContiguous(rawToDType(target, DType.Int64));
  const weights = weight !== null ? rawContiguous(rawToDType(weight, dtype)) : g;
  const out = empty(inputShape, dtype, grad.device);
  begin(Kernel.NllLossBackward);
  addOperand(out);
  addOperand(g);
  addOperand(targets);
  addOperand(weights);
  addOperand(totalWeight);
  setNll(inputShape, reduction, ignoreIndex, weight !== null);
  args.compute = computeType(dtype);
  run(grad.device);
  return rawToDType(out, inputDtype);
}

export function nllLoss(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex: i32,
  reduction: i32,
): Tensor {
  return ops.nllLossOf(input, target, weight, reduction, ignoreIndex);
}

// ---- cross entropy

export function crossEntropy(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex: i32,
  reduction: i32,
  labelSmoothing: f64,
): Tensor {
  if (labelSmoothing < 0 || labelSmoothing > 1) {
    msg("label_smoothing must be between 0.0 and 1.0. Got: ");
    msgFloat(labelSmoothing);
    raise(ErrorKind.Runtime);
  }
  if (input.ndim == 0) fail(ErrorKind.Value, "Expected 1 or more dimensions (got 0)");
  const channelDim = input.ndim == 1 ? 0 : 1;
  if (input.ndim == target.ndim && sameSizes(input, target)) {
    return probabilityEntropy(input, target, weight, ignoreIndex, reduction, labelSmoothing, channelDim);
  }
  const logs = ops.logSoftmax(input, channelDim, NO_DTYPE);
  if (labelSmoothing == 0) return ops.nllLossOf(logs, target, weight, reduction, ignoreIndex);
  return smoothedEntropy(logs, target, weight, ignoreIndex, reduction, labelSmoothing, channelDim);
}

/** A vector over the classes, shaped to broadcast against scores of rank `ndim`. */
function classVector(weight: Tensor, ndim: i32, channelDim: i32): Tensor {
  const shape = newInts(ndim);
  for (let i = 0; i < ndim; i++) shape.set(i, i == channelDim ? weight.numel : 1);
  return ops.reshape(weight, shape);
}

function checkClassWeight(weight: Tensor | null, classes: i32): void {
  if (weight === null || (weight.ndim == 1 && weight.numel == classes)) return;
  msg("cross_entropy: weight tensor should be defined either for all ");
  msgInt(classes);
  msg(" classes or no classes but got weight tensor of shape: ");
  msgShape(weight);
  raise(ErrorKind.Runtime);
}

function probabilityEntropy(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex: i32,
  reduction: i32,
  labelSmoothing: f64,
  channelDim: i32,
): Tensor {
  if (!isFloating(target.dtype)) {
    msg("Expected floating point type for target with class probabilities, got ");
    msgDType(target.dtype);
    raise(ErrorKind.Runtime);
  }
  if (ignoreIndex >= 0) {
    fail(ErrorKind.Runtime, "ignore_index is not supported for floating point target");
  }
  const classes = input.shape(channelDim);
  checkClassWeight(weight, classes);
  let probabilities = target;
  if (labelSmoothing > 0) {
    probabilities = ops.add(ops.mul(target, number(1 - labelSmoothing)), number(labelSmoothing / <f64>classes));
  }
  let terms = ops.mul(ops.logSoftmax(input, channelDim, NO_DTYPE), probabilities);
  if (weight !== null) terms = ops.mul(terms, classVector(weight, input.ndim, channelDim));
  if (reduction == Reduction.None) return ops.neg(ops.sum(terms, ints1(channelDim), false, NO_DTYPE));
  const total = ops.neg(ops.sum(terms, null, false, NO_DTYPE));
  if (reduction == Reduction.Sum) return total;
  return ops.div(total, number(<f64>input.numel / <f64>classes));
}

function sameSizes(a: Tensor, b: Tensor): bool {
  for (let i = 0; i < <i32>a.ndim; i++) if (a.shape(i) != b.shape(i)) return false;
  return true;
}

function smoothedEntropy(
  logs: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex: i32,
  reduction: i32,
  labelSmoothing: f64,
  channelDim: i32,
): Tensor {
  const classes = logs.shape(channelDim);
  const nll = ops.nllLossOf(logs, target, weight, reduction, ignoreIndex);
  const totalWeight = alias(resultAt(1));
  const weighted = weight !== null ? ops.mul(logs, classVector(weight, logs.ndim, channelDim)) : logs;
  let smooth = ops.neg(ops.sum(weighted, ints1(channelDim), false, NO_DTYPE));
  const ignored = ops.eq(target, number(<f64>ignoreIndex));
  smooth = ops.where(ignored, number(0), smooth);
  if (reduction == Reduction.Mean) smooth = ops.div(ops.sum(smooth, null, false, NO_DTYPE), totalWeight);
  else if (reduction == Reduction.Sum) smooth = ops.sum(smooth, null, false, NO_DTYPE);
  return ops.add(ops.mul(nll, number(1 - labelSmoothing)), ops.mul(smooth, number(labelSmoothing / <f64>classes)));
}

// ---- losses of elements

export function mseLoss(input: Tensor, target: Tensor, reduction: i32): Tensor {
  return reduced(ops.squaredError(input, target), reduction);
}

export function l1Loss(input: Tensor, target: Tensor, reduction: i32): Tensor {
  return reduced(ops.abs(ops.sub(input, target)), reduction);
}

export function smoothL1Loss(input: Tensor, target: Tensor, reduction: i32, beta: f64): Tensor {
  if (beta < 0) fail(ErrorKind.Runtime, "smooth_l1_loss does not support negative values for beta.");
  if (beta == 0) return l1Loss(input, target, reduction);
  return reduced(ops.smoothL1Error(input, target, beta), reduction);
}

export function huberLoss(input: Tensor, target: Tensor, reduction: i32, delta: f64): Tensor {
  if (!(delta > 0)) fail(ErrorKind.Runtime, "huber_loss does not support non-positive values for delta.");
  return reduced(ops.huberError(input, target, delta), reduction);
}

export function binaryCrossEntropy(input: Tensor, target: Tensor, weight: Tensor | null, reduction: i32): Tensor {
  if (input.ndim != target.ndim || !sameSizes(input, target)) {
    msg("Using a target size (torch.Size(");
    msgShape(target);
    msg(")) that is different to the input size (torch.Size(");
    msgShape(input);
    msg(")) is deprecated. Please ensure they have the same size.");
    raise(ErrorKind.Value);
  }
  checkProbabilities(input);
  let losses = ops.binaryError(input, target);
  if (weight !== null) losses = ops.mul(losses, weight);
  return reduced(losses, reduction);
}

/** Raises for elements outside of [0, 1], on devices that can be read at once. */
function checkProbabilities(input: Tensor): void {
  if (input.device != Device.Cpu || input.numel == 0 || !isFloating(input.dtype)) return;
  const low = valueOf(ops.amin(alias(input)));
  const high = valueOf(ops.amax(alias(input)));
  if (low >= 0 && high <= 1) return;
  fail(ErrorKind.Runtime, "all elements of input should be between 0 and 1");
}

export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  reduction: i32,
  posWeight: Tensor | null,
): Tensor {
  if (input.ndim != target.ndim || !sameSizes(input, target)) {
    msg("Target size (torch.Size(");
    msgShape(target);
    msg(")) must be the same as input size (torch.Size(");
    msgShape(input);
    msg("))");
    raise(ErrorKind.Value);
  }
  let losses =
    posWeight === null
      ? ops.logitError(input, target)
      : ops.weightedLogitError(input, target, ops.to(posWeight, input.dtype));
  if (weight !== null) losses = ops.mul(losses, weight);
  return reduced(losses, reduction);
}

export function klDiv(input: Tensor, target: Tensor, reduction: i32, logTarget: bool): Tensor {
  const losses = logTarget ? ops.logTargetDivergence(input, target) : ops.divergence(input, target);
  if (reduction != Reduction.BatchMean) return reduced(losses, reduction);
  const batch = input.ndim == 0 ? 1 : input.shape(0);
  return ops.div(ops.sum(losses, null, false, NO_DTYPE), number(batch));
}
