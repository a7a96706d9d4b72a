// Einstein summation: operands are contracted two at a time, the cheapest pair first, each pair as one batched product.
import * as ops from "../gen/ops";
import { NO_DTYPE } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgInt, msgUnit, raise } from "../tensor/error";
import { Ints, ints2, ints3, newInts } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { Tensors, newTensors } from "../tensor/tensors";

/** Labels: 0–25 A–Z, 26–51 a–z, from 52 on the dims of the ellipsis, the last of them the last one. */
const ELLIPSIS: i32 = 52;
const LABELS: i32 = 68;

/** Operands with the labels of their dims; the lists shrink as pairs are contracted. */
@unmanaged
class State {
  count: i32;
  tensors: Tensors;
  /** address of a list of Ints per operand */
  labels: Ints;
  /** per label: 1 if it stands in the output */
  output: Ints;
}

// @ts-ignore: decorator
@inline function labelsOf(s: State, i: i32): Ints {
  return changetype<Ints>(<usize>s.labels.get(i));
}

// @ts-ignore: decorator
@inline function setOperand(s: State, i: i32, t: Tensor, labels: Ints): void {
  s.tensors.set(i, t);
  s.labels.set(i, <i32>changetype<usize>(labels));
}

function positionOf(labels: Ints, label: i32): i32 {
  for (let i = 0; i < labels.length; i++) if (labels.get(i) == label) return i;
  return -1;
}

function msgLabel(label: i32): void {
  if (label >= ELLIPSIS) return msg("...");
  msgUnit(label < 26 ? 65 + label : 71 + label);
}

const state = changetype<State>(memory.data(16, 16));

/** `subscripts`: per operand the number of its subscripts and these, then the same for the output, -1 if there is none. */
export function einsum(operands: Tensors, subscripts: Ints): Tensor {
  const n = operands.length;
  if (n == 0) fail(ErrorKind.Runtime, "einsum(): must provide at least one operand");
  const s = state;
  s.count = n;
  s.tensors = newTensors(n);
  s.labels = newInts(n);
  const sizes = newInts(LABELS);
  const seen = newInts(LABELS);
  for (let i = 0; i < LABELS; i++) {
    sizes.set(i, 1);
    seen.set(i, 0);
  }
  let at = 0;
  let widest = 0;
  for (let i = 0, p = 0; i < n; i++) {
    widest = max(widest, ellipsisDims(operands.get(i), subscripts, p, i));
    p += 1 + subscripts.get(p);
  }
  for (let i = 0; i < n; i++) {
    const t = operands.get(i);
    const labels = newInts(t.ndim);
    const count = subscripts.get(at++);
    let d = 0;
    for (let k = 0; k < count; k++) {
      const label = subscripts.get(at++);
      if (label != ELLIPSIS) {
        labels.set(d++, label);
        continue;
      }
      const dims = <i32>t.ndim - (count - 1);
      for (let e = 0; e < dims; e++) labels.set(d++, ELLIPSIS + widest - dims + e);
    }
    for (let k = 0; k < labels.length; k++) {
      const label = labels.get(k);
      seen.set(label, seen.get(label) + 1);
    }
    setOperand(s, i, t, labels);
    takeDiagonals(s, i);
    checkSizes(s, i, sizes);
  }
  const result = outputLabels(subscripts, at, widest, seen);
  s.output = newInts(LABELS);
  for (let i = 0; i < LABELS; i++) s.output.set(i, 0);
  for (let i = 0; i < result.length; i++) s.output.set(result.get(i), 1);
  for (let i = 0; i < n; i++) dropBroadcast(s, i, sizes);
  while (s.count > 1) contractCheapest(s);
  if (n > 1) return finish(s.tensors.get(0), labelsOf(s, 0), result, s.tensors.get(0).dtype);
  return finish(s.tensors.get(0), labelsOf(s, 0), result, NO_DTYPE);
}

function ellipsisDims(t: Tensor, subscripts: Ints, at: i32, operand: i32): i32 {
  const count = subscripts.get(at);
  let has = false;
  for (let k = 1; k <= count; k++) if (subscripts.get(at + k) == ELLIPSIS) has = true;
  const named = has ? count - 1 : count;
  if (has ? named > <i32>t.ndim : named != <i32>t.ndim) {
    msg("einsum(): the number of subscripts in the equation (");
    msgInt(named);
    msg(has ? ") is more than the number of dimensions (" : ") does not match the number of dimensions (");
    msgInt(t.ndim);
    msg(") for operand ");
    msgInt(operand);
    msg(has ? "" : " and no ellipsis was given");
    raise(ErrorKind.Runtime);
  }
  return has ? <i32>t.ndim - named : 0;
}

/** A label that an operand has twice stands for the diagonal. */
function takeDiagonals(s: State, operand: i32): void {
  let t = s.tensors.get(operand);
  let labels = labelsOf(s, operand);
  for (let i = 0; i < labels.length; i++) {
    const label = labels.get(i);
    let j = i + 1;
    while (j < labels.length && labels.get(j) != label) j++;
    if (j == labels.length) continue;
    if (t.shape(i) != t.shape(j)) {
      msg("einsum(): subscript ");
      msgLabel(label);
      msg(" is repeated for operand ");
      msgInt(operand);
      msg(" but the sizes don't match, ");
      msgInt(t.shape(j));
      msg(" != ");
      msgInt(t.shape(i));
      raise(ErrorKind.Runtime);
    }
    t = ops.diagonal(t, 0, i, j);
    // the diagonal is the last dim of the view
    const rest = newInts(labels.length - 1);
    let k = 0;
    for (let d = 0; d < labels.length; d++) if (d != i && d != j) rest.set(k++, labels.get(d));
    rest.set(k, label);
    labels = rest;
    i = -1;
  }
  setOperand(s, operand, t, labels);
}

function checkSizes(s: State, operand: i32, sizes: Ints): void {
  const t = s.tensors.get(operand);
  const labels = labelsOf(s, operand);
  for (let d = 0; d < labels.length; d++) {
    const label = labels.get(d);
    const size = t.shape(d);
    const have = sizes.get(label);
    if (have == 1) sizes.set(label, size);
    if (have == 1 || size == 1 || size == have) continue;
    if (label >= ELLIPSIS) {
      msg("einsum(): operands do not broadcast with remapped shapes [original->remapped]: ellipsis dimension of size ");
      msgInt(size);
      msg(" against ");
      msgInt(have);
    } else {
      msg("einsum(): subscript ");
      msgLabel(label);
      msg(" has size ");
      msgInt(size);
      msg(" for operand ");
      msgInt(operand);
      msg(" which does not broadcast with previously seen size ");
      msgInt(have);
    }
    raise(ErrorKind.Runtime);
  }
}

/** The output's labels as given, or, without `->`, the ellipsis and then all that occur once, in alphabetical order. */
function outputLabels(subscripts: Ints, at: i32, widest: i32, seen: Ints): Ints {
  const count = subscripts.get(at++);
  const labels = newInts(LABELS);
  let length = 0;
  if (count < 0) {
    for (let e = 0; e < widest; e++) labels.set(length++, ELLIPSIS + e);
    for (let label = 0; label < ELLIPSIS; label++) if (seen.get(label) == 1) labels.set(length++, label);
  }
  for (let k = 0; k < count; k++) {
    const label = subscripts.get(at++);
    if (label == ELLIPSIS) {
      for (let e = 0; e < widest; e++) labels.set(length++, ELLIPSIS + e);
      continue;
    }
    if (seen.get(label) == 0) {
      msg("einsum(): output subscript ");
      msgLabel(label);
      msg(" does not appear in the equation for any input operand");
      raise(ErrorKind.Runtime);
    }
    for (let i = 0; i < length; i++) {
      if (labels.get(i) != label) continue;
      msg("einsum(): output subscript ");
      msgLabel(label);
      msg(" appears more than once in the output");
      raise(ErrorKind.Runtime);
    }
    labels.set(length++, label);
  }
  labels.length = length;
  return labels;
}

/** A dim of size 1 that others have larger is as good as absent. */
function dropBroadcast(s: State, operand: i32, sizes: Ints): void {
  let t = s.tensors.get(operand);
  const labels = labelsOf(s, operand);
  const kept = newInts(labels.length);
  let length = 0;
  for (let d = 0; d < labels.length; d++) {
    if (t.shape(length) == 1 && sizes.get(labels.get(d)) != 1) t = ops.squeeze(t, length);
    else kept.set(length++, labels.get(d));
  }
  kept.length = length;
  setOperand(s, operand, t, kept);
}

/** Whether `label` is wanted once operands `a` and `b` are contracted. */
function wanted(s: State, label: i32, a: i32, b: i32): bool {
  if (s.output.get(label)) return true;
  for (let i = 0; i < s.count; i++) {
    if (i != a && i != b && positionOf(labelsOf(s, i), label) >= 0) return true;
  }
  return false;
}

/** Elements of the product of two operands. */
function resultSize(s: State, a: i32, b: i32): f64 {
  let n: f64 = 1;
  const la = labelsOf(s, a);
  const lb = labelsOf(s, b);
  for (let d = 0; d < la.length; d++) if (wanted(s, la.get(d), a, b)) n *= <f64>s.tensors.get(a).shape(d);
  for (let d = 0; d < lb.length; d++) {
    const label = lb.get(d);
    if (positionOf(la, label) < 0 && wanted(s, label, a, b)) n *= <f64>s.tensors.get(b).shape(d);
  }
  return n;
}

function contractCheapest(s: State): void {
  let a = 0;
  let b = 1;
  if (s.count > 2) {
    let best: f64 = Infinity;
    for (let i = 0; i < s.count; i++) {
      for (let j = i + 1; j < s.count; j++) {
        // what is gained is the two operands that are no longer there
        const cost = resultSize(s, i, j) - <f64>s.tensors.get(i).numel - <f64>s.tensors.get(j).numel;
        if (cost >= best) continue;
        best = cost;
        a = i;
        b = j;
      }
    }
  }
  sumAlone(s, a, b);
  sumAlone(s, b, a);
  contract(s, a, b);
  for (let i = b; i < s.count - 1; i++) setOperand(s, i, s.tensors.get(i + 1), labelsOf(s, i + 1));
  s.count--;
}

/** Sums `operand` over the labels that only it has. */
function sumAlone(s: State, operand: i32, other: i32): void {
  const t = s.tensors.get(operand);
  const labels = labelsOf(s, operand);
  const dims = newInts(labels.length);
  const kept = newInts(labels.length);
  let summed = 0;
  let length = 0;
  for (let d = 0; d < labels.length; d++) {
    const label = labels.get(d);
    if (positionOf(labelsOf(s, other), label) < 0 && !wanted(s, label, operand, other)) dims.set(summed++, d);
    else kept.set(length++, label);
  }
  if (summed == 0) return;
  dims.length = summed;
  kept.length = length;
  setOperand(s, operand, ops.sum(t, dims, false, t.dtype), kept);
}

function contract(s: State, a: i32, b: i32): void {
  const x = s.tensors.get(a);
  const y = s.tensors.get(b);
  const lx = labelsOf(s, a);
  const ly = labelsOf(s, b);
  // dims of x: [batch, its own, contracted]; of y: [batch, contracted, its own]
  const orderX = newInts(lx.length);
  const orderY = newInts(ly.length);
  const labels = newInts(lx.length + ly.length);
  const shape = newInts(lx.length + ly.length);
  let length = 0;
  let batch = 1;
  let rows = 1;
  let depth = 1;
  let columns = 1;
  let px = 0;
  let py = 0;
  for (let d = 0; d < lx.length; d++) {
    const label = lx.get(d);
    const e = positionOf(ly, label);
    if (e < 0 || !wanted(s, label, a, b)) continue;
    orderX.set(px++, d);
    orderY.set(py++, e);
    batch *= x.shape(d);
    shape.set(length, x.shape(d));
    labels.set(length++, label);
  }
  for (let d = 0; d < lx.length; d++) {
    if (positionOf(ly, lx.get(d)) >= 0) continue;
    orderX.set(px++, d);
    rows *= x.shape(d);
    shape.set(length, x.shape(d));
    labels.set(length++, lx.get(d));
  }
  for (let d = 0; d < lx.length; d++) {
    const label = lx.get(d);
    const e = positionOf(ly, label);
    if (e < 0 || wanted(s, label, a, b)) continue;
    orderX.set(px++, d);
    orderY.set(py++, e);
    depth *= x.shape(d);
  }
  for (let d = 0; d < ly.length; d++) {
    if (positionOf(lx, ly.get(d)) >= 0) continue;
    orderY.set(py++, d);
    columns *= y.shape(d);
    shape.set(length, y.shape(d));
    labels.set(length++, ly.get(d));
  }
  shape.length = length;
  labels.length = length;
  const left = ops.permute(x, orderX);
  const right = ops.permute(y, orderY);
  let product: Tensor;
  if (lx.length + ly.length == length + sharedCount(lx, ly)) {
    // nothing is contracted: an elementwise product
    product = ops.mul(ops.reshape(left, ints3(batch, rows, 1)), ops.reshape(right, ints3(batch, 1, columns)));
  } else if (batch == 1) {
    product = ops.mm(ops.reshape(left, ints2(rows, depth)), ops.reshape(right, ints2(depth, columns)));
  } else {
    product = ops.bmm(ops.reshape(left, ints3(batch, rows, depth)), ops.reshape(right, ints3(batch, depth, columns)));
  }
  setOperand(s, a, ops.reshape(product, shape), labels);
}

function sharedCount(lx: Ints, ly: Ints): i32 {
  let n = 0;
  for (let d = 0; d < lx.length; d++) if (positionOf(ly, lx.get(d)) >= 0) n++;
  return n;
}

/** Sums over what the output does not have, and brings the rest into its order. */
function finish(t: Tensor, labels: Ints, result: Ints, dtype: i32): Tensor {
  const dims = newInts(labels.length);
  const kept = newInts(labels.length);
  let summed = 0;
  let length = 0;
  for (let d = 0; d < labels.length; d++) {
    if (positionOf(result, labels.get(d)) < 0) dims.set(summed++, d);
    else kept.set(length++, labels.get(d));
  }
  dims.length = summed;
  kept.length = length;
  if (summed > 0) t = ops.sum(t, dims, false, dtype);
  const order = newInts(result.length);
  for (let i = 0; i < result.length; i++) order.set(i, positionOf(kept, result.get(i)));
  return ops.permute(t, order);
}
