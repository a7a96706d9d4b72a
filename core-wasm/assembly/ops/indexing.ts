// Reads by index: gather, indexSelect, take, masks, and indexing by several tensors.
import * as ops from "../gen/ops";
import { args } from "../dispatch/args";
import { Fault } from "../dispatch/fault";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run } from "../dispatch/run";
import { countSet } from "../kernels/compress";
import { metIndexOutside } from "../kernels/gather";
import { broadcastInto, broadcastShapes, wrapDim } from "../tensor/broadcast";
import { empty, rawContiguous } from "../tensor/create";
import { DType } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgInt, msgShape, raise } from "../tensor/error";
import { Ints, NONE, ints1, ints2, newInts, shapeOf } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { Tensors, newTensors } from "../tensor/tensors";
import { openView, rawExpand, rawSelect, rawView, sealView } from "../tensor/views";
import {
  alongDim,
  asIndex,
  atLeast1d,
  badIndex,
  checkLong,
  checkRange,
  hasBadIndex,
  runGather,
  shapeWith,
} from "./indices";
import { Device } from "../dispatch/device";
import { rawToDevice, valueOf } from "../tensor/transfer";

// ---- along one dim -----------------------------------------------------------------------------------------------

function checkGather(input: Tensor, dim: i32, index: Tensor): void {
  checkLong("gather", index);
  if (max<i32>(input.ndim, 1) != max<i32>(index.ndim, 1)) {
    fail(ErrorKind.Runtime, "Index tensor must have the same number of dimensions as input tensor");
  }
  for (let d = 0; d < <i32>min(input.ndim, index.ndim); d++) {
    if (d == dim || index.shape(d) <= input.shape(d)) continue;
    msg("Size does not match at dimension ");
    msgInt(d);
    msg(" expected index ");
    msgShape(index);
    msg(" to be smaller than self ");
    msgShape(input);
    msg(" apart from dimension ");
    msgInt(dim);
    raise(ErrorKind.Runtime);
  }
}

export function gather(input: Tensor, dim: i32, index: Tensor, sparseGrad: bool): Tensor {
  dim = wrapDim(dim, input.ndim);
  if (index.numel == 0) return empty(shapeOf(index), input.dtype, input.device);
  checkGather(input, dim, index);
  const from = atLeast1d(input);
  const out = empty(shapeOf(index), input.dtype, input.device);
  runGather(atLeast1d(out), from, atLeast1d(index), dim, Fault.GatherIndex | Fault.FromFront);
  if (metIndexOutside()) checkRange(index, 0, from.shape(dim), dim, ErrorKind.Runtime, "");
  return out;
}

export function indexSelect(input: Tensor, dim: i32, index: Tensor): Tensor {
  dim = wrapDim(dim, input.ndim);
  if (index.ndim > 1) fail(ErrorKind.Index, "index_select(): Index is supposed to be a vector");
  if (index.dtype != DType.Int64 && index.dtype != DType.Int32) {
    fail(ErrorKind.Runtime, "index_select(): Expected dtype int32 or int64 for index");
  }
  const from = atLeast1d(input);
  index = asIndex(index);
  if (input.ndim == 0 && index.numel != 1) {
    if (hasBadIndex(index, 0, 1)) fail(ErrorKind.Index, "index out of range in self");
    fail(ErrorKind.Index, "index_select(): Index to scalar can have only 1 value, got a tensor of another size");
  }
  const out = empty(input.ndim == 0 ? newInts(0) : shapeWith(input, dim, index.numel), input.dtype, input.device);
  const to = atLeast1d(out);
  runGather(to, from, alongDim(index, to, dim), dim, Fault.EmbeddingIndex | Fault.FromFront);
  if (metIndexOutside() || (out.numel == 0 && hasBadIndex(index, 0, from.shape(dim)))) {
    fail(ErrorKind.Index, "index out of range in self");
  }
  return out;
}

/** Composite: both tensors broadcast but for `dim`; without a dim both are flattened. */
export function takeAlongDim(input: Tensor, indices: Tensor, dim: i32): Tensor {
  if (indices.dtype != DType.Int64) {
    msg("torch.take_along_dim(): dtype of indices should be Long but got ");
    msgDType(indices.dtype);
    raise(ErrorKind.Runtime);
  }
  if (dim == NONE) {
    return ops.gather(ops.reshape(input, ints1(-1)), 0, ops.reshape(indices, ints1(-1)));
  }
  if (input.ndim != indices.ndim) {
    msg("torch.take_along_dim(): input and indices should have the same number of dimensions, but got ");
    msgInt(input.ndim);
    msg(" dimensions for input, and ");
    msgInt(indices.ndim);
    msg(" dimensions for indices");
    raise(ErrorKind.Runtime);
  }
  dim = wrapDim(dim, input.ndim);
  const shape = broadcastShapes(atDim(input, dim, 1), atDim(indices, dim, 1));
  shape.set(dim, input.shape(dim));
  const from = ops.expand(input, shape);
  const indexShape = newInts(shape.length);
  for (let d = 0; d < shape.length; d++) indexShape.set(d, d == dim ? indices.shape(d) : shape.get(d));
  return ops.gather(from, dim, ops.expand(indices, indexShape));
}

/** A tensor that stands for the shape of `t` with another size at `dim` in shape computations only. */
function atDim(t: Tensor, dim: i32, size: i32): Tensor {
  const view = openView(t, t.ndim);
  for (let d = 0; d < <i32>t.ndim; d++) {
    view.setShape(d, d == dim ? size : t.shape(d));
    view.setStride(d, t.stride(d));
  }
  return sealView(view);
}

// ---- flat --------------------------------------------------------------------------------------------------------

/** Raises where an index leaves the `numel` elements that take and put_ see. */
export function checkFlatRange(index: Tensor, numel: i32): void {
  if (!hasBadIndex(index, -(<i64>numel), numel)) return;
  msg("out of range: tried to access index ");
  msgInt(badIndex);
  msg(" on a tensor of ");
  msgInt(numel);
  msg(" elements.");
  raise(ErrorKind.Index);
}

export function take(input: Tensor, index: Tensor): Tensor {
  if (index.dtype != DType.Int64) {
    msg("take(): Expected a long tensor for index, but got ");
    msgDType(index.dtype);
    raise(ErrorKind.Runtime);
  }
  if (input.numel == 0 && index.numel != 0) fail(ErrorKind.Index, "take(): tried to take from an empty tensor");
  checkFlatRange(index, input.numel);
  const out = empty(shapeOf(index), input.dtype, input.device);
  const flat = rawView(rawContiguous(input), ints1(input.numel))!;
  runGather(
    rawView(out, ints1(out.numel))!,
    flat,
    rawView(rawContiguous(index), ints1(index.numel))!,
    0,
    Fault.FlatIndex,
  );
  return out;
}

// ---- masks -------------------------------------------------------------------------------------------------------

/** The number of set elements. */
export function countOf(mask: Tensor): i32 {
  if (mask.device != Device.Cpu) return <i32>valueOf(ops.countNonzero(mask));
  begin(Kernel.Nonzero);
  addOperand(mask);
  return countSet(args.operand(0));
}

export function maskedSelect(input: Tensor, mask: Tensor): Tensor {
  if (mask.dtype != DType.Bool && mask.dtype != DType.Uint8) {
    fail(ErrorKind.Runtime, "masked_select: expected BoolTensor or ByteTensor for mask");
  }
  const shape = broadcastShapes(mask, input);
  const flags = rawExpand(mask, shape);
  const out = empty(ints1(countOf(flags)), input.dtype, input.device);
  begin(Kernel.MaskedSelect);
  addOperand(out);
  addOperand(rawExpand(input, shape));
  addOperand(flags);
  run(out.device);
  return out;
}

export function nonzero(input: Tensor): Tensor {
  const out = empty(ints2(countOf(input), input.ndim), DType.Int64, input.device);
  begin(Kernel.Nonzero);
  addOperand(out);
  addOperand(input);
  run(out.device);
  return out;
}

// ---- by several tensors ------------------------------------------------------------------------------------------

/**
 * The geometry of input[indices]: dims with an index tensor are replaced by the tensors' common shape, in place if they are
 * neighbours, else in front. As in the kernels, every operand is described over the shape of the result.
 */
@unmanaged
export class Indexed {
  shape: Ints;
  /** the input over the result's shape, stride 0 in the indexed dims */
  base: Tensor;
  /** int64, over the result's shape */
  index: Tensor;
  /** elements per index step, and the size that negative indices count from */
  step: i32;
  size: i32;
  /** Fault of an index that is not in the dim, and the dim */
  fault: i32;
  dim: i32;
}

const geometry = changetype<Indexed>(memory.data(28, 16));

function checkIndexTensors(input: Tensor, indices: Tensors): Ints {
  if (indices.length > <i32>input.ndim) {
    msg("too many indices for tensor of dimension ");
    msgInt(input.ndim);
    msg(" (got ");
    msgInt(indices.length);
    msg(")");
    raise(ErrorKind.Index);
  }
  let shape = newInts(0);
  let fits = true;
  for (let i = 0; i < indices.length; i++) {
    if (!indices.has(i)) continue;
    const index = indices.get(i);
    if (index.dtype != DType.Int64) {
      fail(ErrorKind.Index, "tensors used as indices must be long, byte or bool tensors");
    }
    for (let d = 1; fits && d <= <i32>min<i32>(index.ndim, shape.length); d++) {
      const a = index.shape(<i32>index.ndim - d);
      const b = shape.get(shape.length - d);
      fits = a == b || a == 1 || b == 1;
    }
    if (fits) shape = broadcastInto(shape, index);
  }
  if (!fits) {
    msg("shape mismatch: indexing tensors could not be broadcast together with shapes ");
    let first = true;
    for (let i = 0; i < indices.length; i++) {
      if (!indices.has(i)) continue;
      if (!first) msg(", ");
      first = false;
      msgShape(indices.get(i));
    }
    raise(ErrorKind.Index);
  }
  for (let i = 0; i < indices.length; i++) {
    if (!indices.has(i)) continue;
    const size = input.shape(i);
    checkRange(indices.get(i), -(<i64>size), size, i, ErrorKind.Index, "");
  }
  return shape;
}

function isMask(index: Tensor): bool {
  return index.dtype == DType.Bool || index.dtype == DType.Uint8;
}

/** Raises unless `mask` has the shape of the dims of `input` from `first` on. */
function checkMask(input: Tensor, mask: Tensor, first: i32): void {
  for (let d = 0; d < <i32>mask.ndim; d++) {
    if (first + d < <i32>input.ndim && mask.shape(d) == input.shape(first + d)) continue;
    msg("The shape of the mask ");
    msgShape(mask);
    msg(" at index ");
    msgInt(d);
    msg(" does not match the shape of the indexed tensor ");
    msgShape(input);
    msg(" at index ");
    msgInt(first + d);
    raise(ErrorKind.Index);
  }
}

/** The mask, to be broadcast to `input`, that `indices` consists of, or null where there is more. */
export function onlyMask(input: Tensor, indices: Tensors): Tensor | null {
  let first = -1;
  for (let i = 0; i < indices.length; i++) {
    if (!indices.has(i)) continue;
    if (first >= 0 || !isMask(indices.get(i))) return null;
    first = i;
  }
  if (first < 0) return null;
  const mask = indices.get(first);
  checkMask(input, mask, first);
  const view = openView(mask, <i32>input.ndim - first);
  for (let d = 0; d < <i32>view.ndim; d++) {
    view.setShape(d, d < <i32>mask.ndim ? mask.shape(d) : 1);
    view.setStride(d, d < <i32>mask.ndim ? mask.stride(d) : 0);
  }
  return sealView(view);
}

/** Bool and uint8 masks as the index tensors that their nonzero elements are. */
function withoutMasks(input: Tensor, indices: Tensors): Tensors {
  let count = 0;
  let any = false;
  for (let i = 0; i < indices.length; i++) {
    const masked = indices.has(i) && isMask(indices.get(i));
    if (masked) any = true;
    count += masked ? <i32>indices.get(i).ndim : 1;
  }
  if (!any) return indices;
  const list = newTensors(count);
  for (let i = 0, k = 0; i < indices.length; i++) {
    if (!indices.has(i) || !isMask(indices.get(i))) {
      if (indices.has(i)) list.set(k, indices.get(i));
      k++;
      continue;
    }
    const mask = indices.get(i);
    checkMask(input, mask, k);
    const places = nonzero(mask);
    for (let d = 0; d < <i32>mask.ndim; d++) list.set(k++, rawSelect(places, 1, d));
  }
  return list;
}

/** Checks everything and works the geometry out; the result stays valid until the next call. */
export function indexedGeometry(input: Tensor, given: Tensors): Indexed {
  const indices = withoutMasks(input, given);
  const common = checkIndexTensors(input, indices);
  for (let i = 0; i < indices.length; i++) {
    if (!indices.has(i)) continue;
    const at = indices.get(i);
    if (at.device != input.device && at.device != Device.Cpu) {
      fail(ErrorKind.Runtime, "indices should be either on cpu or on the same device as the indexed tensor (cpu)");
    }
    indices.set(i, rawToDevice(at, input.device));
  }
  const ndim = <i32>input.ndim;
  let first = -1;
  let last = -1;
  let count = 0;
  for (let i = 0; i < indices.length; i++) {
    if (!indices.has(i)) continue;
    if (first < 0) first = i;
    last = i;
    count++;
  }
  const neighbours = last - first + 1 == count;
  const place = count == 0 ? ndim : neighbours ? first : 0;
  const rank = ndim - count + common.length;
  const shape = newInts(rank);
  const base = openView(input, rank);
  let to = 0;
  // dims of the result: plain dims before the place, the common shape, the other plain dims
  for (let d = 0, plain = 0; ; d++) {
    if (plain == place) {
      for (let k = 0; k < common.length; k++) {
        shape.set(to, common.get(k));
        base.setStride(to++, 0);
      }
      plain = ndim + 1;
    }
    if (d == ndim) break;
    if (d < indices.length && indices.has(d)) continue;
    shape.set(to, input.shape(d));
    base.setStride(to++, input.stride(d));
    plain++;
  }
  for (let d = 0; d < rank; d++) base.setShape(d, shape.get(d));
  const index = openView(offsetsOf(input, indices, common, count), rank);
  const from = indexTensor;
  const lead = common.length - <i32>from.ndim;
  for (let d = 0; d < rank; d++) {
    const k = d - place - lead;
    index.setShape(d, shape.get(d));
    const inside = d >= place && d < place + common.length && k >= 0 && from.shape(k) != 1;
    index.setStride(d, inside ? from.stride(k) : 0);
  }
  geometry.shape = shape;
  geometry.base = sealView(base);
  geometry.index = sealView(index);
  return geometry;
}

let indexTensor: Tensor = changetype<Tensor>(0);

/** One tensor of indices or offsets for all indexed dims; sets step and size to go with it. */
function offsetsOf(input: Tensor, indices: Tensors, common: Ints, count: i32): Tensor {
  if (count == 1) {
    for (let i = 0; i < indices.length; i++) {
      if (!indices.has(i)) continue;
      geometry.step = input.stride(i);
      geometry.size = input.shape(i);
      geometry.fault = Fault.Index;
      geometry.dim = i;
      indexTensor = indices.get(i);
    }
    return indexTensor;
  }
  const out = empty(common, DType.Int64, input.device);
  begin(Kernel.IndexOffsets);
  addOperand(out);
  let k = 0;
  for (let i = 0; i < indices.length; i++) {
    if (!indices.has(i)) continue;
    args.setInt(1 + 2 * k, input.stride(i));
    args.setInt(2 + 2 * k, input.shape(i));
    args.setInt(64 + k, Fault.Index | (i << 8));
    addOperand(rawExpand(indices.get(i), common));
    k++;
  }
  args.setInt(0, k);
  run(out.device);
  geometry.step = 1;
  geometry.size = i32.MAX_VALUE;
  geometry.fault = Fault.None;
  geometry.dim = 0;
  indexTensor = out;
  return out;
}

export function index(input: Tensor, indices: Tensors): Tensor {
  const g = indexedGeometry(input, indices);
  const out = empty(g.shape, input.dtype, input.device);
  if (out.numel == 0) return out;
  begin(Kernel.Gather);
  addOperand(out);
  addOperand(g.base);
  addOperand(g.index);
  args.setInt(0, g.step);
  args.setInt(1, g.size);
  args.setInt(2, g.fault);
  args.setInt(3, g.dim);
  run(out.device);
  return out;
}
