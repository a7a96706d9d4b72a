// Joining tensors: cat, stack and their relatives, grids and products.
import * as ops from "../gen/ops";
import { differentDevices, beginPromotion, promoteOperand, promotedDType, wrapDim } from "../tensor/broadcast";
import { copyInto, empty } from "../tensor/create";
import { ErrorKind, fail, msg, msgInt, msgShape, raise } from "../tensor/error";
import { ints1, ints2, newInts, shapeOf } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { Tensors, newTensors } from "../tensor/tensors";
import { rawNarrow } from "../tensor/views";
import { range } from "./factories";

/** PyTorch leaves vectors without elements out of a cat, whatever the shapes of the rest. */
function isNothing(t: Tensor): bool {
  return t.ndim == 1 && t.numel == 0;
}

function requireSome(op: string, tensors: Tensors): void {
  if (tensors.length > 0) return;
  msg(op);
  msg(" expects a non-empty TensorList");
  raise(ErrorKind.Runtime);
}

/** The dtype of all together; tensors that have it already are passed through. */
function promoted(tensors: Tensors): Tensors {
  let same = true;
  for (let i = 1; i < tensors.length; i++) if (tensors.get(i).dtype != tensors.get(0).dtype) same = false;
  if (same) return tensors;
  beginPromotion();
  for (let i = 0; i < tensors.length; i++) promoteOperand(tensors.get(i));
  const dtype = promotedDType();
  const list = newTensors(tensors.length);
  for (let i = 0; i < tensors.length; i++) list.set(i, ops.to(tensors.get(i), dtype));
  return list;
}

export function cat(tensors: Tensors, dim: i32): Tensor {
  if (tensors.length == 0) fail(ErrorKind.Runtime, "torch.cat(): expected a non-empty list of Tensors");
  for (let i = 0; i < tensors.length; i++) {
    if (!tensors.has(i)) {
      msg("expected Tensor as element ");
      msgInt(i);
      msg(" in argument 0, but got NoneType");
      raise(ErrorKind.Type);
    }
    if (tensors.get(i).device != tensors.get(0).device) differentDevices(tensors.get(0).device, tensors.get(i).device);
    if (tensors.get(i).ndim > 0) continue;
    msg("zero-dimensional tensor (at position ");
    msgInt(i);
    msg(") cannot be concatenated");
    raise(ErrorKind.Runtime);
  }
  return ops.catOf(promoted(tensors), dim);
}

/** cat of tensors of one dtype. */
export function catOf(tensors: Tensors, dim: i32): Tensor {
  let like = tensors.get(0);
  for (let i = 0; i < tensors.length; i++) {
    if (isNothing(tensors.get(i))) continue;
    like = tensors.get(i);
    break;
  }
  dim = wrapDim(dim, like.ndim);
  let length: i64 = 0;
  for (let i = 0; i < tensors.length; i++) {
    const t = tensors.get(i);
    if (isNothing(t)) continue;
    if (t.ndim != like.ndim) {
      msg("Tensors must have same number of dimensions: got ");
      msgInt(like.ndim);
      msg(" and ");
      msgInt(t.ndim);
      raise(ErrorKind.Runtime);
    }
    for (let d = 0; d < <i32>like.ndim; d++) {
      if (d == dim || t.shape(d) == like.shape(d)) continue;
      msg("Sizes of tensors must match except in dimension ");
      msgInt(dim);
      msg(". Expected size ");
      msgInt(like.shape(d));
      msg(" but got size ");
      msgInt(t.shape(d));
      msg(" for tensor number ");
      msgInt(i);
      msg(" in the list.");
      raise(ErrorKind.Runtime);
    }
    length += t.shape(dim);
  }
  const shape = shapeOf(like);
  shape.set(dim, <i32>min<i64>(length, i32.MAX_VALUE));
  const out = empty(shape, like.dtype, like.device);
  for (let i = 0, at = 0; i < tensors.length; i++) {
    const t = tensors.get(i);
    if (isNothing(t)) continue;
    copyInto(rawNarrow(out, dim, at, t.shape(dim), 1), t);
    at += t.shape(dim);
  }
  return out;
}

export function stack(tensors: Tensors, dim: i32): Tensor {
  if (tensors.length == 0) fail(ErrorKind.Runtime, "stack expects a non-empty TensorList");
  const first = tensors.get(0);
  dim = wrapDim(dim, <i32>first.ndim + 1);
  const list = newTensors(tensors.length);
  for (let i = 0; i < tensors.length; i++) {
    const t = tensors.get(i);
    let same = t.ndim == first.ndim;
    for (let d = 0; same && d < <i32>t.ndim; d++) same = t.shape(d) == first.shape(d);
    if (!same) {
      msg("stack expects each tensor to be equal size, but got ");
      msgShape(first);
      msg(" at entry 0 and ");
      msgShape(t);
      msg(" at entry ");
      msgInt(i);
      raise(ErrorKind.Runtime);
    }
    list.set(i, ops.unsqueeze(t, dim));
  }
  return ops.cat(list, dim);
}

export function hstack(tensors: Tensors): Tensor {
  requireSome("hstack", tensors);
  const list = newTensors(tensors.length);
  for (let i = 0; i < tensors.length; i++) list.set(i, ops.atleast1d(tensors.get(i)));
  return ops.cat(list, list.get(0).ndim == 1 ? 0 : 1);
}

export function vstack(tensors: Tensors): Tensor {
  requireSome("vstack", tensors);
  const list = newTensors(tensors.length);
  for (let i = 0; i < tensors.length; i++) list.set(i, ops.atleast2d(tensors.get(i)));
  return ops.cat(list, 0);
}

export function dstack(tensors: Tensors): Tensor {
  requireSome("dstack", tensors);
  const list = newTensors(tensors.length);
  for (let i = 0; i < tensors.length; i++) list.set(i, ops.atleast3d(tensors.get(i)));
  return ops.cat(list, 2);
}

export function columnStack(tensors: Tensors): Tensor {
  requireSome("column_stack", tensors);
  const list = newTensors(tensors.length);
  for (let i = 0; i < tensors.length; i++) {
    const t = tensors.get(i);
    list.set(i, t.ndim <= 1 ? ops.reshape(t, ints2(t.numel, 1)) : t);
  }
  return hstack(list);
}

export function blockDiag(tensors: Tensors): Tensor {
  requireSome("torch.block_diag(): ", tensors);
  const list = promoted(tensors);
  const blocks = newTensors(list.length);
  let columns = 0;
  for (let i = 0; i < list.length; i++) {
    const t = list.get(i);
    if (t.ndim > 2) {
      msg("torch.block_diag: Input tensors must have 2 or fewer dimensions. Input ");
      msgInt(i);
      msg(" has ");
      msgInt(t.ndim);
      msg(" dimensions");
      raise(ErrorKind.Runtime);
    }
    blocks.set(i, ops.atleast2d(t));
    columns += blocks.get(i).shape(1);
  }
  const rows = newTensors(list.length);
  for (let i = 0, at = 0; i < blocks.length; i++) {
    const block = blocks.get(i);
    const width = block.shape(1);
    rows.set(i, ops.constantPadNd(block, ints2(at, columns - at - width)));
    at += width;
  }
  return ops.cat(rows, 0);
}

/** indexing: 0 "ij", 1 "xy" */
export function meshgrid(tensors: Tensors, indexing: i32): Tensors {
  const n = tensors.length;
  if (n == 0) fail(ErrorKind.Runtime, "meshgrid expects a non-empty TensorList");
  for (let i = 0; i < n; i++) {
    const t = tensors.get(i);
    if (t.ndim > 1) {
      msg("torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: ");
      msgShape(t);
      raise(ErrorKind.Runtime);
    }
    if (t.dtype != tensors.get(0).dtype) {
      fail(ErrorKind.Runtime, "torch.meshgrid expects all tensors to have the same dtype");
    }
  }
  const shape = newInts(n);
  for (let i = 0; i < n; i++) shape.set(i, tensors.get(i).numel);
  const swapped = indexing == 1 && n >= 2;
  if (swapped) {
    shape.set(0, tensors.get(1).numel);
    shape.set(1, tensors.get(0).numel);
  }
  const grids = newTensors(n);
  for (let i = 0; i < n; i++) {
    const at = swapped && i < 2 ? 1 - i : i;
    const line = newInts(n);
    for (let d = 0; d < n; d++) line.set(d, d == at ? tensors.get(i).numel : 1);
    grids.set(i, ops.expand(ops.view(tensors.get(i), line), shape));
  }
  return grids;
}

export function cartesianProd(tensors: Tensors): Tensor {
  for (let i = 0; i < tensors.length; i++) {
    if (tensors.get(i).ndim == 1) continue;
    msg("Expect a 1D vector, but got shape ");
    msgShape(tensors.get(i));
    raise(ErrorKind.Runtime);
  }
  if (tensors.length == 1) return tensors.get(0);
  const grids = meshgrid(tensors, 0);
  const columns = newTensors(grids.length);
  for (let i = 0; i < grids.length; i++) columns.set(i, ops.reshape(grids.get(i), ints1(-1)));
  return ops.stack(columns, 1);
}

export function combinations(input: Tensor, r: i32, withReplacement: bool): Tensor {
  if (input.ndim != 1) {
    msg("Expect a 1D vector, but got shape ");
    msgShape(input);
    raise(ErrorKind.Runtime);
  }
  if (r < 0) {
    msg("Expect a non-negative number, but got ");
    msgInt(r);
    raise(ErrorKind.Runtime);
  }
  if (r == 0) return empty(ints1(0), input.dtype, input.device);
  const n = input.numel;
  const grids = newTensors(r);
  const line = range(n, input.device);
  for (let i = 0; i < r; i++) grids.set(i, line);
  const positions = meshgrid(grids, 0);
  const shape = newInts(r);
  for (let i = 0; i < r; i++) shape.set(i, n);
  let mask: Tensor | null = null;
  for (let i = 0; i < r - 1; i++) {
    const a = positions.get(i);
    const b = positions.get(i + 1);
    const ordered = withReplacement ? ops.le(a, b) : ops.lt(a, b);
    mask = mask === null ? ordered : ops.logicalAnd(mask, ordered);
  }
  const columns = newTensors(r);
  for (let i = 0; i < r; i++) {
    const index = mask === null ? line : ops.maskedSelect(positions.get(i), mask);
    columns.set(i, ops.indexSelect(input, 0, index));
  }
  return ops.stack(columns, 1);
}
