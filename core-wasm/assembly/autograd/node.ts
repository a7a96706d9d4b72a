// A node of the tape: which op, where its gradients go, and what its derivative needs.
//
// Behind the fixed fields lie, in this order: edges {target, outputNr} × inputs, saved tensors {tensor, version, outputNr or -1} ×
// tensors, int lists × ints, output descriptions × outputs, and (8-aligned) numbers f64 × params.
import { detecting, noteNode } from "./anomaly";
import { allocate, free } from "../memory/allocator";
import { msgNodeName } from "../gen/programs";
import { alias, empty, fillWith } from "../tensor/create";
import { dtypeName, ErrorKind, fail, msg, msgInt, msgShape, raise } from "../tensor/error";
import { Ints, dropInts, keepInts, newInts } from "../tensor/ints";
import { Flag, Tensor } from "../tensor/tensor";
import { Hook, addHook, releaseCallback, releaseHooks } from "./hooks";
import { give, leafWanted } from "./engine";
import { gradEnabled } from "./mode";
import { historyOf } from "./views";

/** ops of nodes that no record declares */
export const enum SpecialNode {
  /** a user's autograd.Function */
  Function = -1,
  /** an in-place write into a view, seen from its base */
  CopySlices = -2,
  /** an in-place write that cuts the history: nothing flows on */
  Cut = -3,
}

/** outputNr of an edge that leads to a leaf tensor instead of a node */
export const LEAF: i32 = -1;

const HEADER: usize = 64;
const RELEASED: u16 = 1;
const NEEDED: u16 = 2;

export let liveNodes: i32 = 0;
let sequence: u32 = 0;


@unmanaged
export class Node {
  refs: i32;
  op: i32;
  /** creation order: a node's inputs have smaller numbers */
  seq: u32;
  /** the run that has seen this node last */
  epoch: i32;
  inputCount: u16;
  outputCount: u16;
  tensorCount: u16;
  intsCount: u16;
  paramCount: u16;
  flags: u16;
  /** gradient slots of the running backward: outputCount tensor references */
  grads: usize;
  hooks: Hook | null;
  /** the number of the JavaScript function of a Function node */
  callback: i32;
  bytes: u32;
  /** link of the release worklist */
  next: Node | null;
  tensorsAt: usize;
  intsAt: usize;
  paramsAt: usize;

  // @ts-ignore: decorator
  @inline private at(offset: usize): usize {
    return changetype<usize>(this) + offset;
  }

  // @ts-ignore: decorator
  @inline target(i: i32): usize {
    return load<usize>(this.at(HEADER + ((<usize>i) << 3)));
  }
  // @ts-ignore: decorator
  @inline targetNr(i: i32): i32 {
    return load<i32>(this.at(HEADER + ((<usize>i) << 3)), 4);
  }

  get released(): bool {
    return (this.flags & RELEASED) != 0;
  }
  get needed(): bool {
    return (this.flags & NEEDED) != 0;
  }
  set needed(on: bool) {
    this.flags = on ? this.flags | NEEDED : this.flags & ~NEEDED;
  }

  /** Connects input `i` with `t`'s history, if it requires a gradient. */
  edge(i: i32, t: Tensor): void {
    if (!t.requiresGrad) return;
    const history = historyOf(t);
    const slot = this.at(HEADER + ((<usize>i) << 3));
    if (history !== null) {
      // that of a view whose base was written to has only just been made
      if (history.seq > this.seq) this.seq = ++sequence;
      history.refs++;
      store<usize>(slot, changetype<usize>(history));
      store<i32>(slot, t.outputNr, 4);
    } else {
      t.retain();
      store<usize>(slot, changetype<usize>(t));
      store<i32>(slot, LEAF, 4);
    }
  }

  /** Whether a gradient for input `i` is wanted in the running backward. */
  needs(i: i32): bool {
    const target = this.target(i);
    if (target == 0) return false;
    return this.targetNr(i) == LEAF ? leafWanted(target) : changetype<Node>(target).needed;
  }

  /** Keeps `t` for the derivative; a result of this very node is kept without its history, or it would hold itself. */
  saveTensor(slot: i32, t: Tensor, isOutput: bool): void {
    if (t.has(Flag.Inference)) {
      fail(
        ErrorKind.Runtime,
        "Inference tensors cannot be saved for backward. To work around you can make a clone to get a normal tensor and use it in autograd.",
      );
    }
    const p = this.at(this.tensorsAt + <usize>slot * 12);
    const kept = isOutput ? alias(t) : t;
    kept.retain();
    store<usize>(p, changetype<usize>(kept));
    store<i32>(p, t.storage.version, 4);
    store<i32>(p, isOutput ? t.outputNr : -1, 8);
  }

  hasTensor(slot: i32): bool {
    return load<usize>(this.at(this.tensorsAt + <usize>slot * 12)) != 0;
  }

  /** The saved tensor; raises if the graph was freed or the tensor was written to since. */
  savedTensor(slot: i32): Tensor {
    if (this.released) {
      fail(
        ErrorKind.Runtime,
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retainGraph: true if you need to backward through the graph a second time or if you need to access saved tensors after calling backward. (PyTorch: Specify retain_graph=True)",
      );
    }
    const p = this.at(this.tensorsAt + <usize>slot * 12);
    const t = load<Tensor>(p);
    const version = load<i32>(p, 4);
    const outputNr = load<i32>(p, 8);
    if (t.storage.version != version)
      stale(t, version, outputNr >= 0 ? this : t.gradFn, outputNr >= 0 ? outputNr : t.outputNr);
    if (outputNr < 0 || !gradEnabled()) return t;
    const again = alias(t);
    setHistory(again, this, outputNr);
    return again;
  }

  saveInts(slot: i32, list: Ints): void {
    store<usize>(this.at(this.intsAt + ((<usize>slot) << 2)), changetype<usize>(keepInts(list)));
  }
  // @ts-ignore: decorator
  @inline savedInts(slot: i32): Ints {
    return load<Ints>(this.at(this.intsAt + ((<usize>slot) << 2)));
  }
  hasInts(slot: i32): bool {
    return load<usize>(this.at(this.intsAt + ((<usize>slot) << 2))) != 0;
  }
  // @ts-ignore: decorator
  @inline saveF64(slot: i32, value: f64): void {
    store<f64>(this.at(this.paramsAt + ((<usize>slot) << 3)), value);
  }
  // @ts-ignore: decorator
  @inline savedF64(slot: i32): f64 {
    return load<f64>(this.at(this.paramsAt + ((<usize>slot) << 3)));
  }

  /** Whether the running backward has a gradient for output `i`. */
  hasGrad(i: i32): bool {
    return load<usize>(this.grads + ((<usize>i) << 2)) != 0;
  }

  /** The gradient of output `i`; zeros where none arrived. */
  grad(i: i32): Tensor {
    if (this.hasGrad(i)) return load<Tensor>(this.grads + ((<usize>i) << 2));
    const d = this.output(i);
    const shape = newInts(d.length - 2);
    for (let k = 0; k < shape.length; k++) shape.set(k, d.get(k + 2));
    return fillWith(empty(shape, d.get(0), d.get(1)), 0);
  }

  /** Sends the gradient of input `i` on its way. */
  give(i: i32, t: Tensor | null): void {
    if (t !== null) give(this, i, t);
  }

  /** dtype, device, sizes of output `i` (nodes with several outputs, and Functions) */
  private output(i: i32): Ints {
    return load<Ints>(this.at(this.outputsAt + ((<usize>i) << 2)));
  }
  private get outputsAt(): usize {
    return this.intsAt + ((<usize>this.intsCount) << 2);
  }

  describeOutput(i: i32, t: Tensor): void {
    const d = newInts(2 + <i32>t.ndim);
    d.set(0, t.dtype);
    d.set(1, t.device);
    for (let k = 0; k < <i32>t.ndim; k++) d.set(k + 2, t.shape(k));
    store<usize>(this.at(this.outputsAt + ((<usize>i) << 2)), changetype<usize>(keepInts(d)));
  }

  addHook(id: i32, outputNr: i32): void {
    this.hooks = addHook(this.hooks, id, outputNr);
  }

  /** Drops what was saved, as after a backward that does not retain the graph. */
  releaseSaved(): void {
    this.flags |= RELEASED;
    for (let i = 0; i < <i32>this.tensorCount; i++) {
      const p = this.at(this.tensorsAt + <usize>i * 12);
      const t = load<usize>(p);
      if (t != 0) {
        store<usize>(p, 0);
        changetype<Tensor>(t).release();
      }
    }
  }
}

function stale(t: Tensor, expected: i32, origin: Node | null, outputNr: i32): void {
  msg("one of the variables needed for gradient computation has been modified by an inplace operation: [torch.");
  msg(dtypeName(t.dtype));
  msg("Tensor ");
  msgShape(t);
  msg("]");
  if (origin !== null) {
    msg(", which is output ");
    msgInt(outputNr);
    msg(" of ");
    msgNodeName(origin.op);
    msg(",");
  }
  msg(" is at version ");
  msgInt(t.storage.version);
  msg("; expected version ");
  msgInt(expected);
  msg(
    " instead. Hint: enable anomaly detection to find the operation that failed to compute its gradient, with autograd.setDetectAnomaly(true).",
  );
  raise(ErrorKind.Runtime);
}

/** A node with one reference. Give it to its outputs with `attach`, then drop the reference with `doneNode`. */
export function newNode(op: i32, inputs: i32, outputs: i32, tensors: i32, ints: i32, params: i32): Node {
  const tensorsAt = HEADER + ((<usize>inputs) << 3);
  const intsAt = tensorsAt + <usize>tensors * 12;
  const paramsAt = (intsAt + ((<usize>(ints + outputs)) << 2) + 7) & ~7;
  const bytes = paramsAt + ((<usize>params) << 3);
  const p = allocate(bytes);
  memory.fill(p, 0, bytes);
  const node = changetype<Node>(p);
  node.refs = 1;
  node.op = op;
  node.seq = ++sequence;
  node.inputCount = <u16>inputs;
  node.outputCount = <u16>outputs;
  node.tensorCount = <u16>tensors;
  node.intsCount = <u16>ints;
  node.paramCount = <u16>params;
  node.bytes = <u32>bytes;
  node.tensorsAt = tensorsAt;
  node.intsAt = intsAt;
  node.paramsAt = paramsAt;
  liveNodes++;
  if (detecting) noteNode(p);
  return node;
}

/** Makes `node` the history of `t`. */
export function setHistory(t: Tensor, node: Node, outputNr: i32): void {
  const old = t.gradFn;
  node.refs++;
  t.gradFn = node;
  t.outputNr = outputNr;
  t.set(Flag.RequiresGrad, true);
  if (old !== null) releaseNode(old);
}

/** Makes `t` output `outputNr` of `node`. */
export function attach(t: Tensor, node: Node, outputNr: i32): void {
  setHistory(t, node, outputNr);
  if (node.outputCount > 1 || node.op == SpecialNode.Function) node.describeOutput(outputNr, t);
}

// @ts-ignore: decorator
@inline export function doneNode(node: Node): void {
  releaseNode(node);
}

/** worklist of nodes without references: graphs can be longer than the stack is deep */
let dead: Node | null = null;
let releasing: bool = false;

export function releaseNode(node: Node): void {
  if (--node.refs > 0) return;
  node.next = dead;
  dead = node;
  if (releasing) return;
  releasing = true;
  for (let next = dead; next !== null; next = dead) {
    dead = next.next;
    destroy(next);
  }
  releasing = false;
}

function destroy(node: Node): void {
  node.releaseSaved();
  for (let i = 0; i < <i32>node.intsCount + <i32>node.outputCount; i++) {
    const list = load<usize>(changetype<usize>(node) + node.intsAt + ((<usize>i) << 2));
    if (list != 0) dropInts(changetype<Ints>(list));
  }
  const hooks = node.hooks;
  if (hooks !== null) releaseHooks(hooks);
  if (node.callback != 0) releaseCallback(node.callback);
  for (let i = 0; i < <i32>node.inputCount; i++) {
    const target = node.target(i);
    if (target == 0) continue;
    if (node.targetNr(i) == LEAF) changetype<Tensor>(target).release();
    else releaseNode(changetype<Node>(target));
  }
  liveNodes--;
  free(changetype<usize>(node), node.bytes);
}

/** tensors whose gradient a node's hooks keep (retainGrad): entries of the hook list with id = -(address) */
export function retainGradOf(t: Tensor): void {
  const node = t.gradFn;
  if (node === null || t.has(Flag.RetainsGrad)) return;
  t.set(Flag.RetainsGrad, true);
  retained = pushRetained(node, t);
}

/** { next, node, tensor }: weak on both sides; an entry goes when either dies */
let retained: usize = 0;

function pushRetained(node: Node, t: Tensor): usize {
  const entry = allocate(16);
  store<usize>(entry, retained);
  store<usize>(entry, changetype<usize>(node), 4);
  store<usize>(entry, changetype<usize>(t), 8);
  return entry;
}

/** Stores the gradient of output `outputNr` in the tensors that asked for it. */
export function keepRetainedGrad(node: Node, outputNr: i32, grad: Tensor): void {
  for (let entry = retained; entry != 0; entry = load<usize>(entry)) {
    if (load<usize>(entry, 4) != changetype<usize>(node)) continue;
    const t = load<Tensor>(entry, 8);
    if (t.outputNr != outputNr) continue;
    const old = t.grad;
    grad.retain();
    t.grad = grad;
    if (old !== null) old.release();
  }
}

export function anyRetained(): bool {
  return retained != 0;
}

/** Called when a tensor that retains its gradient dies (it holds its node, so the node cannot have died before). */
export function tensorDied(node: Node, t: Tensor): void {
  let previous: usize = 0;
  for (let entry = retained; entry != 0; entry = load<usize>(entry)) {
    if (load<usize>(entry, 8) == changetype<usize>(t) && load<usize>(entry, 4) == changetype<usize>(node)) {
      if (previous == 0) retained = load<usize>(entry);
      else store<usize>(previous, load<usize>(entry));
      free(entry, 16);
      return;
    }
    previous = entry;
  }
}
