// Views and in-place writes on the tape. A view shares its base's storage; an in-place write through either changes the
// history of the base, and the histories of its views are made anew when they are next asked for (PyTorch's CopySlices).
import * as ops from "../gen/ops";
import { alias, copyInto, empty, fillWith, rawCopy, wrappedNumber } from "../tensor/create";
import { DType, canCast } from "../tensor/dtype";
import { ScalarKind } from "../tensor/scalar";
import { broadcastShapes, hasShape, sameShape } from "../tensor/broadcast";
import { ErrorKind, fail, msg, msgDType, msgInts, msgShape, raise } from "../tensor/error";
import { ints1, shapeOf, stridesOf } from "../tensor/ints";
import { Flag, Tensor } from "../tensor/tensor";
import { rawAsStrided } from "../tensor/views";
import { GradMode, gradEnabled, gradMode, setGradMode } from "./mode";
import { Node, SpecialNode, doneNode, newNode, releaseNode, setHistory } from "./node";

/** Declares `view` a differentiable view of `input`; recorded view ops call it. */
export function markView(view: Tensor, input: Tensor): void {
  if (view == input || view.storage != input.storage || !gradEnabled()) return;
  const inner = input.base;
  const root = inner === null ? input : inner;
  if (view.base !== null) return;
  root.retain();
  view.base = root;
  view.viewVersion = view.storage.version;
}

/** The node that made `t`, brought up to date if `t` is a view whose base was written to; null for leaves. */
export function historyOf(t: Tensor): Node | null {
  const base = t.base;
  if (base !== null && t.viewVersion != t.storage.version) {
    t.viewVersion = t.storage.version;
    if (base.has(Flag.RequiresGrad)) {
      const mode = gradMode;
      setGradMode(GradMode.Enabled);
      const again = ops.asStrided(base, shapeOf(t), stridesOf(t), t.offset);
      setGradMode(mode);
      const node = again.gradFn;
      if (node !== null) setHistory(t, node, again.outputNr);
    }
  }
  return t.gradFn;
}

function overlapsItself(t: Tensor): bool {
  for (let i = 0; i < <i32>t.ndim; i++) if (t.shape(i) > 1 && t.stride(i) == 0) return true;
  return false;
}

/** Raises where PyTorch forbids an in-place write to `t`. */
export function checkInplace(t: Tensor): void {
  if (overlapsItself(t)) {
    fail(
      ErrorKind.Runtime,
      "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation.",
    );
  }
  if (!gradEnabled()) return;
  if (t.has(Flag.Inference)) {
    fail(
      ErrorKind.Runtime,
      "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal tensor before doing inplace update.",
    );
  }
  if (t.has(Flag.RequiresGrad) && t.gradFn === null && t.base === null) {
    fail(ErrorKind.Runtime, "a leaf Variable that requires grad is being used in an in-place operation.");
  }
  const base = t.base;
  if (base !== null && base.has(Flag.RequiresGrad) && base.gradFn === null) {
    fail(ErrorKind.Runtime, "a view of a leaf Variable that requires grad is being used in an in-place operation.");
  }
}

/** Writes `result` into `t` and lets `t` take over its history. Both have the same shape, or `result` broadcasts to it. */
export function assignInplace(t: Tensor, result: Tensor): Tensor {
  checkCast(result.dtype, t.dtype);
  checkGrowth(t, result);
  const recorded = gradEnabled() && (result.requiresGrad || t.requiresGrad);
  if (recorded) {
    if (result.dtype != t.dtype) result = ops.to(result, t.dtype);
    if (result.numel != t.numel || result.ndim != t.ndim) result = ops.expand(result, shapeOf(t), false);
    // the history to take over must be a node's: a leaf, or a view that shares t's storage, is copied first
    if (result.requiresGrad && (historyOf(result) === null || result.storage == t.storage)) result = ops.clone(result);
  }
  if (result != t) copyInto(t, result.storage == t.storage ? rawCopy(result) : result);
  t.storage.version++;
  if (recorded) rebaseHistory(t, result);
  return t;
}

/** An in-place op may not make its tensor larger. */
function checkGrowth(t: Tensor, result: Tensor): void {
  if (sameShape(t, result)) return;
  const shape = broadcastShapes(t, result);
  if (hasShape(t, shape)) return;
  msg("output with shape ");
  msgShape(t);
  msg(" doesn't match the broadcast shape ");
  msgInts(shape);
  raise(ErrorKind.Runtime);
}

export function checkCast(from: i32, to: i32): void {
  if (canCast(from, to)) return;
  msg("result type ");
  msgDType(from);
  msg(" can't be cast to the desired output type ");
  msgDType(to);
  raise(ErrorKind.Runtime);
}

/** Gives `t` (just written in place) the history of `result`, through the base where `t` is a view. */
export function rebaseHistory(t: Tensor, result: Tensor): void {
  const base = t.base;
  if (base === null) {
    const node = historyOf(result);
    if (node !== null) {
      setHistory(t, node, result.outputNr);
    } else {
      const cut = newNode(SpecialNode.Cut, 0, 1, 0, 0, 0);
      setHistory(t, cut, 0);
      doneNode(cut);
    }
    return;
  }
  const node = newNode(SpecialNode.CopySlices, 2, 1, 0, 6, 0);
  node.edge(0, base);
  node.edge(1, result);
  node.saveInts(0, shapeOf(t));
  node.saveInts(1, stridesOf(t));
  node.saveInts(2, ints1(t.offset - base.offset));
  node.saveInts(3, shapeOf(base));
  node.saveInts(4, stridesOf(base));
  node.saveInts(5, ints1(span(base)));
  setHistory(base, node, 0);
  doneNode(node);
  t.viewVersion = t.storage.version - 1;
  historyOf(t);
}

/** elements from the first to the last that `t` reaches */
function span(t: Tensor): i32 {
  if (t.numel == 0) return 0;
  let last = 0;
  for (let i = 0; i < <i32>t.ndim; i++) last += (t.shape(i) - 1) * t.stride(i);
  return last + 1;
}

/** The derivative of an in-place write into a view: the base's gradient is zero where the write went, the rest goes to what was written. */
export function copySlicesBackward(node: Node): void {
  const grad = node.grad(0);
  const shape = node.savedInts(0);
  const strides = node.savedInts(1);
  const offset = node.savedInts(2).get(0);
  if (gradEnabled()) {
    const dense = ops.contiguous(grad);
    node.give(1, ops.asStrided(dense, shape, strides, dense.offset + offset));
    if (node.needs(0)) {
      const kept = fillWith(empty(shapeOf(dense), DType.Bool, grad.device), 1);
      fillWith(rawAsStrided(kept, shape, strides, offset), 0);
      node.give(0, ops.where(kept, dense, wrappedNumber(0, ScalarKind.Int)));
    }
    return;
  }
  // memory laid out as the base's
  const flat = empty(node.savedInts(5), grad.dtype, grad.device);
  const like = rawAsStrided(flat, node.savedInts(3), node.savedInts(4), 0);
  copyInto(like, grad);
  const slice = rawAsStrided(flat, shape, strides, offset);
  if (node.needs(1)) {
    const part = empty(shape, grad.dtype, grad.device);
    copyInto(part, slice);
    node.give(1, part);
  }
  if (node.needs(0)) {
    fillWith(slice, 0);
    node.give(0, like);
  }
}

/** A tensor over the same storage without history. */
export function detach(t: Tensor): Tensor {
  return alias(t);
}

/** Makes `t` a leaf in place. */
export function detachInPlace(t: Tensor): void {
  if (t.base !== null) {
    fail(
      ErrorKind.Runtime,
      "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be called on these gradients. To fix this error, please refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as a solution.",
    );
  }
  const node = t.gradFn;
  t.gradFn = null;
  t.outputNr = 0;
  t.set(Flag.RequiresGrad, false);
  if (node !== null) releaseNode(node);
}
