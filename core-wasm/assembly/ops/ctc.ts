// Connectionist temporal classification.
import { args } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { setResult } from "../dispatch/entry";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import * as ops from "../gen/ops";
import { ctcWorkspace } from "../kernels/ctc";
import { empty, emptyLike, rawContiguous, rawToDType, wrappedNumber } from "../tensor/create";
import { computeType, DType, isFloating, NO_DTYPE } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgInt, raise } from "../tensor/error";
import { Ints, ints1, ints3, newInts } from "../tensor/ints";
import { ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { Reduction } from "./loss";
import { rawToDevice } from "../tensor/transfer";

function checkLengths(name: string, lengths: Ints, batch: i32, most: i32): void {
  if (lengths.length != batch) {
    msg(name);
    msg(" must be of size batch_size");
    raise(ErrorKind.Runtime);
  }
  for (let i = 0; i < batch; i++) {
    const length = lengths.get(i);
    if (length >= 0 && length <= most) continue;
    msg("Expected ");
    msg(name);
    msg(length < 0 ? " to have value at least 0" : " to have value at most ");
    if (length >= 0) msgInt(most);
    msg(", but got value ");
    msgInt(length);
    msg(" (while checking arguments for ctc_loss_cpu)");
    raise(ErrorKind.Runtime);
  }
}

function checkCtc(logProbs: Tensor, targets: Tensor, inputLengths: Ints, targetLengths: Ints, blank: i32): void {
  if (!isFloating(logProbs.dtype)) fail(ErrorKind.Runtime, "ctc_loss: expected log_probs of a floating point dtype");
  const classes = logProbs.shape(2);
  const batch = logProbs.shape(1);
  if (blank < 0 || blank >= classes) fail(ErrorKind.Runtime, "blank must be in label range");
  checkLengths("input_lengths", inputLengths, batch, logProbs.shape(0));
  let total: i64 = 0;
  for (let i = 0; i < targetLengths.length; i++) total += targetLengths.get(i);
  const most = targets.ndim == 1 ? targets.numel : targets.shape(1);
  checkLengths("target_lengths", targetLengths, batch, most);
  if (targets.ndim == 1 && total > targets.numel) {
    fail(ErrorKind.Runtime, "Expected tensor to have size at least the sum of target_lengths at dimension 0");
  }
  if (targets.ndim == 2 && targets.shape(0) != batch) {
    fail(ErrorKind.Runtime, "Expected targets to have size batch_size at dimension 0");
  }
}

/** Raises at a label that is no class. */
function checkLabels(targets: Tensor, classes: i32): void {
  if (targets.device != Device.Cpu) return;
  for (let i = 0; i < targets.numel; i++) {
    const label = load<i64>(targets.dataPtr() + ((<usize>i) << 3));
    if (label >= 0 && label < classes) continue;
    msg("ctc_loss: target ");
    msgInt(label);
    msg(" is out of bounds.");
    raise(ErrorKind.Index);
  }
}

function statesOf(targetLengths: Ints): i32 {
  let longest = 0;
  for (let i = 0; i < targetLengths.length; i++) longest = max(longest, targetLengths.get(i));
  return 2 * longest + 1;
}

function tensorOf(lengths: Ints, device: i32): Tensor {
  const t = empty(ints1(lengths.length), DType.Int64, Device.Cpu);
  for (let i = 0; i < lengths.length; i++) store<i64>(t.dataPtr() + ((<usize>i) << 3), lengths.get(i));
  return rawToDevice(t, device);
}

function setCtc(logProbs: Tensor, targets: Tensor, states: i32, blank: i32, zeroInfinity: bool): void {
  args.setInt(0, logProbs.shape(0));
  args.setInt(1, logProbs.shape(1));
  args.setInt(2, logProbs.shape(2));
  args.setInt(3, states);
  args.setInt(4, blank);
  args.setInt(5, targets.ndim == 2 ? targets.shape(1) : 0);
  args.setInt(6, zeroInfinity ? 1 : 0);
  args.compute = computeType(logProbs.dtype);
}

export function ctcLossOf(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Ints,
  targetLengths: Ints,
  blank: i32,
  zeroInfinity: bool,
): Tensor {
  checkCtc(logProbs, targets, inputLengths, targetLengths, blank);
  const labels = rawContiguous(rawToDType(targets, DType.Int64));
  checkLabels(labels, logProbs.shape(2));
  const x = rawContiguous(logProbs);
  const states = statesOf(targetLengths);
  const losses = empty(ints1(x.shape(1)), x.dtype, x.device);
  const alpha = empty(ints3(x.shape(1), x.shape(0), states), x.dtype, x.device);
  const inputs = tensorOf(inputLengths, logProbs.device);
  const lengths = tensorOf(targetLengths, logProbs.device);
  begin(Kernel.CtcLoss);
  addOperand(losses);
  addOperand(alpha);
  addOperand(x);
  addOperand(labels);
  addOperand(inputs);
  addOperand(lengths);
  setCtc(x, labels, states, blank, zeroInfinity);
  run(x.device);
  setResult(0, losses);
  setResult(1, alpha);
  return losses;
}

export function ctcLossBackward(
  grad: Tensor,
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Ints,
  targetLengths: Ints,
  losses: Tensor,
  alpha: Tensor,
  blank: i32,
  zeroInfinity: bool,
): Tensor {
  const labels = rawContiguous(rawToDType(targets, DType.Int64));
  const x = rawContiguous(logProbs);
  const g = rawContiguous(grad);
  const states = statesOf(targetLengths);
  const out = emptyLike(x, x.dtype);
  const inputs = tensorOf(inputLengths, logProbs.device);
  const lengths = tensorOf(targetLengths, logProbs.device);
  begin(Kernel.CtcLossBackward);
  addOperand(out);
  addOperand(g);
  addOperand(x);
  addOperand(labels);
  addOperand(inputs);
  addOperand(lengths);
  addOperand(losses);
  addOperand(alpha);
  setCtc(x, labels, states, blank, zeroInfinity);
  workspace(ctcWorkspace(states));
  run(x.device);
  return out;
}

export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Ints,
  targetLengths: Ints,
  blank: i32,
  reduction: i32,
  zeroInfinity: bool,
): Tensor {
  const single = logProbs.ndim == 2;
  const batched = single ? ops.unsqueeze(logProbs, 1) : logProbs;
  let losses = ops.ctcLossOf(batched, targets, inputLengths, targetLengths, blank, zeroInfinity);
  if (zeroInfinity) {
    losses = ops.where(ops.isinf(losses), wrappedNumber(0, ScalarKind.Float), losses);
  }
  if (reduction == Reduction.Mean) {
    const lengths = ops.clampMin(tensorOf(targetLengths, logProbs.device), wrappedNumber(1, ScalarKind.Int));
    return ops.mean(ops.div(losses, lengths), null, false, NO_DTYPE);
  }
  if (reduction == Reduction.Sum) return ops.sum(losses, null, false, NO_DTYPE);
  return single ? ops.reshape(losses, newInts(0)) : losses;
}
