// The backward pass. A node's inputs were made before it, so going through the reachable nodes by falling sequence number
// is a topological order. Gradients collect in slots beside the nodes; those of leaves are kept in a table and handed
// over when every node has run, so that a failing backward leaves all `.grad`s as they were.
import { checkGradient, detecting } from "./anomaly";
import { resultAt, enterCallback, leaveCallback, setResult, resultPresent } from "../dispatch/entry";
import { Event, observe, observing } from "../dispatch/observe";
import { ELEMENTWISE_COUNT } from "../gen/programs";
import { backwardOf } from "../gen/derivatives";
import * as ops from "../gen/ops";
import { allocate, free } from "../memory/allocator";
import { autorelease, drain, poolTop } from "../memory/pool";
import { addInPlaceRaw, elementwiseBackward } from "../ops/elementwise";
import { sameShape } from "../tensor/broadcast";
import { copyInto, emptyLike, onesLike } from "../tensor/create";
import { isFloating, isComplex } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgInt, msgShape, raise } from "../tensor/error";
import { Tensors } from "../tensor/tensors";
import { Tensor } from "../tensor/tensor";
import { runHooks } from "./hooks";
import { GradMode, gradEnabled, gradMode, setGradMode } from "./mode";
import { LEAF, Node, SpecialNode, anyRetained, keepRetainedGrad, releaseNode } from "./node";
import { copySlicesBackward, historyOf } from "./views";

// @ts-ignore: decorator
@external("env", "callFunction")
declare function hostCallFunction(id: i32, count: i32): void;

/** One backward pass in progress. Passes nest when a hook or a Function runs another. */
@unmanaged
class Run {
  previous: Run | null;
  /** reachable nodes, each held by a reference */
  nodes: usize;
  nodeCount: i32;
  nodeCapacity: i32;
  /** { leaf, gradient } */
  leaves: usize;
  leafCount: i32;
  leafCapacity: i32;
  /** the tensors asked about, or null: every leaf */
  inputs: Tensors | null;
  /** per input: the gradient so far */
  captured: usize;
}

let current: Run | null = null;
let depth: i32 = 0;
let epoch: i32 = 0;

export function runMark(): i32 {
  return depth;
}

/** Drops the passes above `mark`, as after an error. */
export function abandonRuns(mark: i32): void {
  while (depth > mark) endRun();
}

function beginRun(inputs: Tensors | null): Run {
  const run = changetype<Run>(allocate(offsetof<Run>()));
  memory.fill(changetype<usize>(run), 0, offsetof<Run>());
  run.previous = current;
  run.inputs = inputs;
  if (inputs !== null) {
    run.captured = allocate((<usize>inputs.length) << 2);
    memory.fill(run.captured, 0, (<usize>inputs.length) << 2);
  }
  current = run;
  depth++;
  return run;
}

function endRun(): void {
  const run = current!;
  current = run.previous;
  depth--;
  for (let i = 0; i < run.nodeCount; i++) {
    const node = nodeAt(run, i);
    dropGrads(node);
    releaseNode(node);
  }
  if (run.nodeCapacity > 0) free(run.nodes, (<usize>run.nodeCapacity) << 2);
  for (let i = 0; i < run.leafCount; i++) {
    const entry = run.leaves + ((<usize>i) << 3);
    const grad = load<usize>(entry, 4);
    if (grad != 0) changetype<Tensor>(grad).release();
    changetype<Tensor>(load<usize>(entry)).release();
  }
  if (run.leafCapacity > 0) free(run.leaves, (<usize>run.leafCapacity) << 3);
  const inputs = run.inputs;
  if (inputs !== null) {
    for (let i = 0; i < inputs.length; i++) releaseSlot(run.captured + ((<usize>i) << 2));
    free(run.captured, (<usize>inputs.length) << 2);
  }
  free(changetype<usize>(run), offsetof<Run>());
}

function releaseSlot(slot: usize): void {
  const t = load<usize>(slot);
  store<usize>(slot, 0);
  if (t != 0) changetype<Tensor>(t).release();
}

// @ts-ignore: decorator
@inline function nodeAt(run: Run, i: i32): Node {
  return load<Node>(run.nodes + ((<usize>i) << 2));
}

function dropGrads(node: Node): void {
  if (node.grads == 0) return;
  const count = <i32>node.outputCount;
  for (let i = 0; i < count; i++) releaseSlot(node.grads + ((<usize>i) << 2));
  free(node.grads, (<usize>count) << 2);
  node.grads = 0;
}

function visit(run: Run, node: Node): void {
  if (node.epoch == epoch) return;
  if (run.nodeCount == run.nodeCapacity) {
    const capacity = max(64, run.nodeCapacity * 2);
    const moved = allocate((<usize>capacity) << 2);
    if (run.nodeCapacity > 0) {
      memory.copy(moved, run.nodes, (<usize>run.nodeCount) << 2);
      free(run.nodes, (<usize>run.nodeCapacity) << 2);
    }
    run.nodes = moved;
    run.nodeCapacity = capacity;
  }
  node.epoch = epoch;
  node.refs++;
  store<usize>(run.nodes + ((<usize>run.nodeCount) << 2), changetype<usize>(node));
  run.nodeCount++;
}

function makeSlots(node: Node): void {
  if (node.grads != 0) {
    // an enclosing pass is inside this very node's graph
    fail(
      ErrorKind.Runtime,
      "a backward pass inside a hook or Function may not go through the graph of the pass that called it",
    );
  }
  const bytes = (<usize>node.outputCount) << 2;
  node.grads = allocate(bytes);
  memory.fill(node.grads, 0, bytes);
}

/** All nodes reachable from those in the list so far, by falling sequence number, with empty gradient slots. */
function collect(run: Run): void {
  for (let i = 0; i < run.nodeCount; i++) {
    const node = nodeAt(run, i);
    for (let k = 0; k < <i32>node.inputCount; k++) {
      const target = node.target(k);
      if (target != 0 && node.targetNr(k) != LEAF) visit(run, changetype<Node>(target));
    }
  }
  sortNodes(run.nodes, run.nodeCount);
  for (let i = 0; i < run.nodeCount; i++) makeSlots(nodeAt(run, i));
}

/** Heapsort by falling sequence number (a min-heap whose minimum goes to the end). */
function sortNodes(nodes: usize, count: i32): void {
  for (let i = (count >> 1) - 1; i >= 0; i--) sift(nodes, i, count);
  for (let end = count - 1; end > 0; end--) {
    const first = load<usize>(nodes);
    store<usize>(nodes, load<usize>(nodes + ((<usize>end) << 2)));
    store<usize>(nodes + ((<usize>end) << 2), first);
    sift(nodes, 0, end);
  }
}

function sift(nodes: usize, i: i32, count: i32): void {
  const moving = load<Node>(nodes + ((<usize>i) << 2));
  for (;;) {
    let child = 2 * i + 1;
    if (child >= count) break;
    if (
      child + 1 < count &&
      load<Node>(nodes + ((<usize>(child + 1)) << 2)).seq < load<Node>(nodes + ((<usize>child) << 2)).seq
    )
      child++;
    const smaller = load<Node>(nodes + ((<usize>child) << 2));
    if (moving.seq <= smaller.seq) break;
    store<usize>(nodes + ((<usize>i) << 2), changetype<usize>(smaller));
    i = child;
  }
  store<usize>(nodes + ((<usize>i) << 2), changetype<usize>(moving));
}

/** With inputs given: a node is needed if a gradient for one of them passes through it. */
function markNeeded(run: Run): void {
  for (let i = run.nodeCount - 1; i >= 0; i--) {
    const node = nodeAt(run, i);
    let needed = run.inputs === null || isInputNode(run, node);
    for (let k = 0; !needed && k < <i32>node.inputCount; k++) {
      const target = node.target(k);
      if (target != 0) needed = node.targetNr(k) == LEAF ? leafWanted(target) : changetype<Node>(target).needed;
    }
    node.needed = needed;
  }
}

function isInputNode(run: Run, node: Node): bool {
  const inputs = run.inputs!;
  for (let i = 0; i < inputs.length; i++) if (inputs.get(i).gradFn == node) return true;
  return false;
}

/** Whether the running pass wants the gradient of this leaf. */
export function leafWanted(leaf: usize): bool {
  const run = current;
  if (run === null) return true;
  const inputs = run.inputs;
  if (inputs === null) return true;
  for (let i = 0; i < inputs.length; i++) if (changetype<usize>(inputs.get(i)) == leaf) return true;
  return false;
}

/** Sends the gradient of input `i` of `node` to where that input came from. */
export function give(node: Node, i: i32, grad: Tensor): void {
  const target = node.target(i);
  if (target == 0) return;
  if (detecting) checkGradient(node, i, grad);
  if (node.targetNr(i) == LEAF) {
    if (leafWanted(target)) giveLeaf(changetype<Tensor>(target), grad);
    return;
  }
  const next = changetype<Node>(target);
  if (next.needed) accumulate(next.grads + ((<usize>node.targetNr(i)) << 2), grad);
}

function giveLeaf(leaf: Tensor, grad: Tensor): void {
  const run = current!;
  let index = leaf.reserved - 1;
  if (
    index < 0 ||
    index >= run.leafCount ||
    load<usize>(run.leaves + ((<usize>index) << 3)) != changetype<usize>(leaf)
  ) {
    if (run.leafCount == run.leafCapacity) {
      const capacity = max(32, run.leafCapacity * 2);
      const moved = allocate((<usize>capacity) << 3);
      if (run.leafCapacity > 0) {
        memory.copy(moved, run.leaves, (<usize>run.leafCount) << 3);
        free(run.leaves, (<usize>run.leafCapacity) << 3);
      }
      run.leaves = moved;
      run.leafCapacity = capacity;
    }
    index = run.leafCount++;
    leaf.reserved = index + 1;
    leaf.retain();
    store<usize>(run.leaves + ((<usize>index) << 3), changetype<usize>(leaf));
    store<usize>(run.leaves + ((<usize>index) << 3), 0, 4);
  }
  accumulate(run.leaves + ((<usize>index) << 3) + 4, grad);
}

/** Adds `grad` to what the slot holds. */
function accumulate(slot: usize, grad: Tensor): void {
  const have = load<usize>(slot);
  if (have == 0) {
    grad.retain();
    store<usize>(slot, changetype<usize>(grad));
    return;
  }
  const sum = changetype<Tensor>(have);
  // nobody else sees a sum that only the slot holds
  if (
    !gradEnabled() &&
    sum.refs == 1 &&
    sum.storage.refs == 1 &&
    sum.dtype == grad.dtype &&
    sum.isContiguous() &&
    sameShape(sum, grad)
  ) {
    addInPlaceRaw(sum, grad);
    return;
  }
  const next = ops.add(sum, grad);
  next.retain();
  store<usize>(slot, changetype<usize>(next));
  sum.release();
}

/** The gradient a backward starts with, checked against its output. */
function seed(output: Tensor, grad: Tensor | null, index: i32): Tensor {
  if (grad === null) {
    if (output.numel != 1) fail(ErrorKind.Runtime, "grad can be implicitly created only for scalar outputs");
    if (!isFloating(output.dtype)) {
      msg("grad can be implicitly created only for real scalar outputs but got ");
      msgDType(output.dtype);
      raise(ErrorKind.Runtime);
    }
    return onesLike(output);
  }
  if (!sameShape(output, grad)) {
    msg("Mismatch in shape: grad_output[");
    msgInt(index);
    msg("] has a shape of torch.Size(");
    msgShape(grad);
    msg(") and output[");
    msgInt(index);
    msg("] has a shape of torch.Size(");
    msgShape(output);
    msg(").");
    raise(ErrorKind.Runtime);
  }
  if (isComplex(grad.dtype) != isComplex(output.dtype)) {
    msg(
      "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: grad_output[",
    );
    msgInt(index);
    msg("] has a dtype of ");
    msgDType(grad.dtype);
    raise(ErrorKind.Runtime);
  }
  return grad;
}

function checkRoot(t: Tensor, index: i32): void {
  if (t.requiresGrad) return;
  msg("element ");
  msgInt(index);
  msg(" of tensors does not require grad and does not have a grad_fn");
  raise(ErrorKind.Runtime);
}

/** What becomes of a node's saved tensors once its gradients are known. */
export const enum Retain {
  Nothing = 0,
  Graph = 1,
  /** all go together at the end: a pass that may be broken off, to wait for a device's values, can begin anew */
  UntilDone = 2,
}

/**
 * Runs backward from `roots`. `grads` has null entries (or is null) where the gradient is implicit. With `inputs` only their
 * gradients are computed: put into `results` (null: unused), or added to .grad where `results` is null.
 */
function execute(
  roots: Tensors,
  grads: Tensors,
  retain: Retain,
  create: bool,
  inputs: Tensors | null,
  results: Tensors | null,
): void {
  for (let i = 0; i < roots.length; i++) checkRoot(roots.get(i), i);
  const mode = gradMode;
  setGradMode(0);
  seedAll(roots, grads);
  const run = beginRun(inputs);
  epoch++;
  if (inputs !== null) {
    for (let i = 0; i < inputs.length; i++) {
      const t = inputs.get(i);
      if (!t.requiresGrad) fail(ErrorKind.Runtime, "One of the differentiated Tensors does not require grad");
      historyOf(t);
    }
  }
  for (let i = 0; i < roots.length; i++) {
    const node = historyOf(roots.get(i));
    if (node !== null) visit(run, node);
  }
  collect(run);
  markNeeded(run);
  setGradMode(create ? GradMode.Enabled : 0);
  for (let i = 0; i < roots.length; i++) {
    const root = roots.get(i);
    const node = root.gradFn;
    if (node !== null) accumulate(node.grads + ((<usize>root.outputNr) << 2), grads.get(i));
    else if (leafWanted(changetype<usize>(root))) giveLeaf(root, grads.get(i));
  }
  for (let i = 0; i < run.nodeCount; i++) {
    const node = nodeAt(run, i);
    const mark = poolTop();
    if (node.needed) runNode(run, node);
    dropGrads(node);
    if (retain == Retain.Nothing) node.releaseSaved();
    drain(mark);
  }
  finishLeaves(run, create, results === null);
  if (retain == Retain.UntilDone) for (let i = 0; i < run.nodeCount; i++) nodeAt(run, i).releaseSaved();
  if (inputs !== null && results !== null) {
    for (let i = 0; i < inputs.length; i++) {
      const slot = run.captured + ((<usize>i) << 2);
      const grad = load<usize>(slot);
      store<usize>(slot, 0);
      if (grad != 0) results.set(i, autorelease(changetype<Tensor>(grad)));
    }
  }
  endRun();
  setGradMode(mode);
}

/** Whether one of `roots` depends on a leaf beside `leaves`. */
export function hasOtherLeaves(roots: Tensors, leaves: Tensors): bool {
  const run = beginRun(leaves);
  epoch++;
  let found = false;
  for (let i = 0; i < roots.length; i++) {
    const root = roots.get(i);
    const node = historyOf(root);
    if (node !== null) visit(run, node);
    else if (root.requiresGrad && !leafWanted(changetype<usize>(root))) found = true;
  }
  for (let i = 0; i < run.nodeCount; i++) {
    const node = nodeAt(run, i);
    for (let k = 0; k < <i32>node.inputCount; k++) {
      const target = node.target(k);
      if (target == 0) continue;
      if (node.targetNr(k) != LEAF) visit(run, changetype<Node>(target));
      else if (!leafWanted(target)) found = true;
    }
  }
  // their slots may belong to an enclosing pass
  for (let i = 0; i < run.nodeCount; i++) releaseNode(nodeAt(run, i));
  run.nodeCount = 0;
  endRun();
  return found;
}

function seedAll(roots: Tensors, grads: Tensors): void {
  for (let i = 0; i < roots.length; i++) grads.set(i, seed(roots.get(i), grads.has(i) ? grads.get(i) : null, i));
}

function anyGrad(node: Node): bool {
  for (let i = 0; i < <i32>node.outputCount; i++) if (node.hasGrad(i)) return true;
  return false;
}

function runNode(run: Run, node: Node): void {
  if (!anyGrad(node)) return;
  if (node.hooks !== null) {
    for (let i = 0; i < <i32>node.outputCount; i++) {
      if (!node.hasGrad(i)) continue;
      const grad = node.grad(i);
      const next = runHooks(node.hooks, i, grad);
      if (next != grad) {
        next.retain();
        store<usize>(node.grads + ((<usize>i) << 2), changetype<usize>(next));
        grad.release();
      }
    }
  }
  if (anyRetained()) {
    for (let i = 0; i < <i32>node.outputCount; i++) if (node.hasGrad(i)) keepRetainedGrad(node, i, node.grad(i));
  }
  const inputs = run.inputs;
  if (inputs !== null) {
    for (let i = 0; i < inputs.length; i++) {
      const t = inputs.get(i);
      if (t.gradFn == node && node.hasGrad(t.outputNr))
        accumulate(run.captured + ((<usize>i) << 2), node.grad(t.outputNr));
    }
    let further = false;
    for (let k = 0; !further && k < <i32>node.inputCount; k++) further = node.needs(k);
    if (!further) return;
  }
  if (observing) observe(Event.Node, changetype<usize>(node));
  if (node.op >= 0) {
    if (node.op < ELEMENTWISE_COUNT) elementwiseBackward(node);
    else backwardOf(node);
  } else if (node.op == SpecialNode.CopySlices) {
    copySlicesBackward(node);
  } else if (node.op == SpecialNode.Function) {
    functionBackward(node);
  }
  if (observing) observe(Event.End, 0);
}

/** Calls a user's backward: gradients of the outputs in, of the inputs out (0 where there is none). */
function functionBackward(node: Node): void {
  if (node.released) node.savedTensor(0);
  const outputs = <i32>node.outputCount;
  const mark = gradMode;
  enterCallback();
  for (let i = 0; i < outputs; i++) {
    if (node.hasGrad(i)) {
      const grad = node.grad(i);
      grad.retain();
      setResult(i, grad);
    } else {
      setResult(i, changetype<Tensor>(0));
    }
  }
  hostCallFunction(node.callback, outputs);
  const count = <i32>node.inputCount;
  // results are owned by this call now; another callback may overwrite the area
  for (let i = 0; i < count; i++) if (resultPresent(i)) resultAt(i).retain();
  leaveCallback();
  setGradMode(mark);
  for (let i = 0; i < count; i++) if (resultPresent(i)) autorelease(resultAt(i));
  for (let i = 0; i < count; i++) if (resultPresent(i) && node.needs(i)) node.give(i, resultAt(i));
}

/** Hands collected leaf gradients over to .grad (or to the captured list). */
function finishLeaves(run: Run, create: bool, accumulateInputs: bool): void {
  const inputs = run.inputs;
  for (let i = 0; i < run.leafCount; i++) {
    const entry = run.leaves + ((<usize>i) << 3);
    const leaf = load<Tensor>(entry);
    leaf.reserved = 0;
    const mark = poolTop();
    let grad = autorelease(load<Tensor>(entry, 4));
    store<usize>(entry, 0, 4);
    if (leaf.hooks !== null) grad = runHooks(leaf.hooks, 0, grad);
    if (grad.dtype != leaf.dtype) grad = ops.to(grad, leaf.dtype);
    if (!sameShape(grad, leaf)) {
      msg("Function returned an invalid gradient at index 0 - got ");
      msgShape(grad);
      msg(" but expected shape compatible with ");
      msgShape(leaf);
      raise(ErrorKind.Runtime);
    }
    if (inputs !== null && !accumulateInputs) {
      for (let k = 0; k < inputs.length; k++) {
        if (inputs.get(k) == leaf) accumulate(run.captured + ((<usize>k) << 2), grad);
      }
    } else {
      accumulateGrad(leaf, grad, create);
    }
    drain(mark);
  }
  if (inputs !== null && accumulateInputs) {
    for (let k = 0; k < inputs.length; k++) {
      const grad = load<usize>(run.captured + ((<usize>k) << 2));
      if (grad != 0) accumulateGrad(inputs.get(k), changetype<Tensor>(grad), create);
    }
  }
}

function accumulateGrad(leaf: Tensor, grad: Tensor, create: bool): void {
  const have = leaf.grad;
  if (have === null) {
    let own = grad;
    if (create) own = ops.clone(grad);
    else if (grad.refs > 1 || grad.storage.refs > 1 || !grad.isContiguous() || grad.gradFn !== null) {
      own = emptyLike(leaf, leaf.dtype);
      copyInto(own, grad);
    }
    own.retain();
    leaf.grad = own;
  } else if (!create && !have.requiresGrad) {
    addInPlaceRaw(have, grad);
    have.storage.version++;
  } else {
    const sum = ops.add(have, grad);
    sum.retain();
    leaf.grad = sum;
    have.release();
  }
}

/** torch.autograd.backward. */
export function backward(roots: Tensors, grads: Tensors, retain: Retain, create: bool, inputs: Tensors | null): void {
  execute(roots, grads, retain, create, inputs, null);
}

/** torch.autograd.grad: fills `results` (one per input; null where unused and allowed). */
export function grad(
  roots: Tensors,
  grads: Tensors,
  inputs: Tensors,
  retain: Retain,
  create: bool,
  allowUnused: bool,
  results: Tensors,
): void {
  execute(roots, grads, retain, create, inputs, results);
  if (allowUnused) return;
  for (let i = 0; i < inputs.length; i++) {
    if (results.has(i)) continue;
    fail(
      ErrorKind.Runtime,
      "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior.",
    );
  }
}
