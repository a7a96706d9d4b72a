// What generated ops and backward functions save on nodes beyond single tensors, numbers and int lists.
import { isComplex, isFloating } from "../tensor/dtype";
import { Ints, newInts } from "../tensor/ints";
import { Scalar, newScalar } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { Tensors, newTensors } from "../tensor/tensors";
import { Node, attach } from "./node";

export function anyRequiresGrad(list: Tensors | null): bool {
  if (list === null) return false;
  for (let i = 0; i < list.length; i++) if (list.has(i) && list.get(i).requiresGrad) return true;
  return false;
}

export function lengthOf(list: Tensors | null): i32 {
  return list === null ? 0 : list.length;
}

/** Indices and other integral results have no history. */
export function attachFloating(t: Tensor, node: Node, outputNr: i32): void {
  if (isFloating(t.dtype) || isComplex(t.dtype)) attach(t, node, outputNr);
}

/** Connects the edges from `first` up with the tensors of a list. */
export function edges(node: Node, first: i32, list: Tensors | null): void {
  if (list === null) return;
  for (let i = 0; i < list.length; i++) if (list.has(i)) node.edge(first + i, list.get(i));
}

export function needsAny(node: Node, first: i32): bool {
  for (let i = first; i < <i32>node.inputCount; i++) if (node.needs(i)) return true;
  return false;
}

/** Sends the gradients of a list on their way. */
export function giveAll(node: Node, first: i32, grads: Tensors): void {
  for (let i = 0; i < grads.length; i++) if (grads.has(i) && node.needs(first + i)) node.give(first + i, grads.get(i));
}

/** The gradients of an op whose result is a list, zeros where none arrived. */
export function gradList(node: Node): Tensors {
  const list = newTensors(node.outputCount);
  for (let i = 0; i < list.length; i++) list.set(i, node.grad(i));
  return list;
}

/** A list takes the last tensor slots of its node. */
export function saveTensors(node: Node, slot: i32, list: Tensors | null): void {
  if (list === null) return;
  for (let i = 0; i < list.length; i++) if (list.has(i)) node.saveTensor(slot + i, list.get(i), false);
}

export function savedTensors(node: Node, slot: i32): Tensors {
  const list = newTensors(<i32>node.tensorCount - slot);
  for (let i = 0; i < list.length; i++) if (node.hasTensor(slot + i)) list.set(i, node.savedTensor(slot + i));
  return list;
}

/** The shapes of a list, one after the other, each led by its number of dimensions (-1 for an absent tensor). */
export function shapesOf(list: Tensors | null): Ints {
  if (list === null) return newInts(0);
  let length = 0;
  for (let i = 0; i < list.length; i++) length += 1 + (list.has(i) ? <i32>list.get(i).ndim : 0);
  const shapes = newInts(length);
  let at = 0;
  for (let i = 0; i < list.length; i++) {
    if (!list.has(i)) {
      shapes.set(at++, -1);
      continue;
    }
    const t = list.get(i);
    shapes.set(at++, t.ndim);
    for (let d = 0; d < <i32>t.ndim; d++) shapes.set(at++, t.shape(d));
  }
  return shapes;
}

/** An optional scalar takes two number slots: value and kind. */
export function saveScalar(node: Node, slot: i32, value: Scalar | null): void {
  node.saveF64(slot, value === null ? 0 : value.f);
  node.saveF64(slot + 1, value === null ? -1 : <f64>value.kind);
}

export function savedScalar(node: Node, slot: i32): Scalar | null {
  const kind = <i32>node.savedF64(slot + 1);
  return kind < 0 ? null : newScalar(node.savedF64(slot), kind);
}
