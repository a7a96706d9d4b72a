// Copies, conversions, and the geometry ops that everything else is built on.
import * as ops from "../gen/ops";
import { gradEnabled } from "../autograd/mode";
import { Device } from "../dispatch/device";
import { wrapDim } from "../tensor/broadcast";
import { copyInto, emptyLike, emptyPreserving, zeros } from "../tensor/create";
import { ErrorKind, fail, msg, msgInt, msgInts, msgShape, raise } from "../tensor/error";
import { Ints, NONE, ints1, newInts, sameInts, shapeOf, stridesOf } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { rawToDevice } from "../tensor/transfer";
import {
  inferShape,
  rawAsStrided,
  rawExpand,
  rawNarrow,
  rawPermute,
  rawSelect,
  rawSqueeze,
  rawTranspose,
  rawUnsqueeze,
  rawView,
} from "../tensor/views";

/** Conversion to `dtype`; the input itself if it has it. */
export function to(input: Tensor, dtype: i32): Tensor {
  if (<i32>input.dtype == dtype) return input;
  const copy = emptyPreserving(input, dtype);
  copyInto(copy, input);
  return copy;
}

export function toDevice(input: Tensor, device: i32, from: i32): Tensor {
  return rawToDevice(input, device);
}

export function clone(input: Tensor): Tensor {
  const copy = emptyPreserving(input, input.dtype);
  copyInto(copy, input);
  return copy;
}

export function contiguous(input: Tensor): Tensor {
  if (input.isContiguous()) return input;
  const copy = emptyLike(input, input.dtype);
  copyInto(copy, input);
  return copy;
}

/** What copy_ writes: the source in the target's dtype and shape. */
export function copy(input: Tensor, src: Tensor): Tensor {
  let result = src;
  if (src.device != input.device) {
    // what has no history is left to the write itself, which spares a copy on the device
    if (src.device != Device.Cpu || (gradEnabled() && src.requiresGrad)) {
      if (src.device == Device.Cpu) result = ops.to(result, input.dtype);
      result = ops.toDevice(result, input.device, src.device);
    }
  }
  result = ops.to(result, input.dtype);
  if (!sameInts(shapeOf(result), shapeOf(input))) result = ops.expand(result, shapeOf(input), false);
  return result;
}

export function expand(input: Tensor, size: Ints, implicit: bool): Tensor {
  const ndim = <i32>input.ndim;
  const lead = size.length - ndim;
  if (lead < 0) {
    msg("expand(torch.FloatTensor{");
    msgShape(input);
    msg("}, size=");
    msgInts(size);
    msg("): the number of sizes provided (");
    msgInt(size.length);
    msg(") must be greater or equal to the number of dimensions in the tensor (");
    msgInt(ndim);
    msg(")");
    raise(ErrorKind.Runtime);
  }
  const shape = newInts(size.length);
  for (let i = 0; i < size.length; i++) {
    let wanted = size.get(i);
    const have = i < lead ? 1 : input.shape(i - lead);
    if (wanted == -1) {
      if (i < lead) {
        msg("The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension ");
        msgInt(i);
        raise(ErrorKind.Runtime);
      }
      wanted = have;
    }
    if (have != wanted && have != 1) {
      msg("The expanded size of the tensor (");
      msgInt(wanted);
      msg(") must match the existing size (");
      msgInt(have);
      msg(") at non-singleton dimension ");
      msgInt(i);
      msg(".  Target sizes: ");
      msgInts(size);
      msg(".  Tensor sizes: ");
      msgShape(input);
      raise(ErrorKind.Runtime);
    }
    shape.set(i, wanted);
  }
  return rawExpand(input, shape);
}

/** The sum over the dims along which `size` was broadcast to the input's shape. */
export function sumToSize(input: Tensor, size: Ints): Tensor {
  const lead = <i32>input.ndim - size.length;
  let fits = lead >= 0;
  for (let i = 0; fits && i < size.length; i++) fits = size.get(i) == 1 || size.get(i) == input.shape(i + lead);
  if (!fits) {
    msg("size {");
    msgInts(size);
    msg("} is not expandable to size {");
    msgShape(input);
    msg("}.");
    raise(ErrorKind.Runtime);
  }
  const dims = newInts(input.ndim);
  let count = 0;
  for (let i = 0; i < <i32>input.ndim; i++) {
    if (i < lead || (size.get(i - lead) == 1 && input.shape(i) != 1)) dims.set(count++, i);
  }
  dims.length = count;
  if (size.length == 0) return ops.sum(input);
  if (count == 0) return input;
  const sum = ops.sum(input, dims, true);
  return lead > 0 ? ops.view(sum, size) : sum;
}

export function transpose(input: Tensor, dim0: i32, dim1: i32): Tensor {
  return rawTranspose(input, wrapDim(dim0, input.ndim), wrapDim(dim1, input.ndim));
}

export function t(input: Tensor): Tensor {
  if (input.ndim > 2) {
    msg("t() expects a tensor with <= 2 dimensions, but self is ");
    msgInt(input.ndim);
    msg("D");
    raise(ErrorKind.Runtime);
  }
  return input.ndim < 2 ? ops.alias(input) : ops.transpose(input, 0, 1);
}

/** A view of the whole. */
export function alias(input: Tensor): Tensor {
  return rawExpand(input, shapeOf(input));
}

export function permute(input: Tensor, dims: Ints): Tensor {
  if (dims.length != <i32>input.ndim) {
    msg(
      "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. input.dim() = ",
    );
    msgInt(input.ndim);
    msg(" is not equal to len(dims) = ");
    msgInt(dims.length);
    raise(ErrorKind.Runtime);
  }
  const order = newInts(dims.length);
  let seen: u32 = 0;
  for (let i = 0; i < dims.length; i++) {
    const dim = wrapDim(dims.get(i), input.ndim);
    if (seen & (1 << dim)) fail(ErrorKind.Runtime, "permute(): duplicate dims are not allowed.");
    seen |= 1 << dim;
    order.set(i, dim);
  }
  return rawPermute(input, order);
}

export function view(input: Tensor, size: Ints): Tensor {
  const result = rawView(input, inferShape(size, input.numel));
  if (result === null) {
    fail(
      ErrorKind.Runtime,
      "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.",
    );
  }
  return changetype<Tensor>(result);
}

/** A view where the strides allow it, else a view of a contiguous copy. */
export function reshape(input: Tensor, shape: Ints): Tensor {
  const sizes = inferShape(shape, input.numel);
  return rawView(input, sizes) !== null ? ops.view(input, sizes) : ops.view(ops.contiguous(input), sizes);
}

export function select(input: Tensor, dim: i32, index: i32): Tensor {
  if (input.ndim == 0) fail(ErrorKind.Index, "select() cannot be applied to a 0-dim tensor.");
  dim = wrapDim(dim, input.ndim);
  const size = input.shape(dim);
  if (index < -size || index >= size) {
    msg("select(): index ");
    msgInt(index);
    msg(" out of range for tensor of size ");
    msgShape(input);
    msg(" at dimension ");
    msgInt(dim);
    raise(ErrorKind.Index);
  }
  return rawSelect(input, dim, index < 0 ? index + size : index);
}

export function selectBackward(grad: Tensor, inputShape: Ints, dim: i32, index: i32): Tensor {
  const result = zeros(inputShape, grad.dtype, grad.device);
  copyInto(select(result, dim, index), grad);
  return result;
}

/** input[..., start:end:step, ...] along `dim`, bounds clamped as Python's. */
export function slice(input: Tensor, dim: i32, start: i32, end: i32, step: i32): Tensor {
  if (input.ndim == 0) fail(ErrorKind.Runtime, "slice() cannot be applied to a 0-dim tensor.");
  dim = wrapDim(dim, input.ndim);
  if (step <= 0) fail(ErrorKind.Runtime, "slice step must be positive");
  const size = input.shape(dim);
  let from = start == NONE ? 0 : start;
  let until = end == NONE ? size : end;
  if (from < 0) from += size;
  if (until < 0) until += size;
  from = min(max(from, 0), size);
  until = min(max(until, from), size);
  return rawNarrow(input, dim, from, <i32>((<i64>(until - from) + step - 1) / step), step);
}

export function sliceBackward(grad: Tensor, inputShape: Ints, dim: i32, start: i32, end: i32, step: i32): Tensor {
  const result = zeros(inputShape, grad.dtype, grad.device);
  copyInto(slice(result, dim, start, end, step), grad);
  return result;
}

export function narrow(input: Tensor, dim: i32, start: i32, length: i32): Tensor {
  if (input.ndim == 0) fail(ErrorKind.Runtime, "narrow() cannot be applied to a 0-dim tensor.");
  dim = wrapDim(dim, input.ndim);
  if (length < 0) fail(ErrorKind.Runtime, "narrow(): length must be non-negative.");
  const size = input.shape(dim);
  if (start < -size || start > size) {
    msg("start out of range (expected to be in range of [");
    msgInt(-size);
    msg(", ");
    msgInt(size);
    msg("], but got ");
    msgInt(start);
    msg(")");
    raise(ErrorKind.Index);
  }
  if (start < 0) start += size;
  if (<i64>start + <i64>length > size) {
    msg("start (");
    msgInt(start);
    msg(") + length (");
    msgInt(length);
    msg(") exceeds dimension size (");
    msgInt(size);
    msg(").");
    raise(ErrorKind.Runtime);
  }
  return ops.slice(input, dim, start, start + length, 1);
}

export function unsqueeze(input: Tensor, dim: i32): Tensor {
  return rawUnsqueeze(input, wrapDim(dim, <i32>input.ndim + 1));
}

export function squeeze(input: Tensor, dim: i32): Tensor {
  let set: u32 = 0;
  if (dim == NONE) {
    for (let i = 0; i < <i32>input.ndim; i++) if (input.shape(i) == 1) set |= 1 << i;
  } else {
    dim = wrapDim(dim, input.ndim);
    if (input.ndim > 0 && input.shape(dim) == 1) set = 1 << dim;
  }
  return rawSqueeze(input, set);
}

// ---- as_strided --------------------------------------------------------------------------------------------------

export function asStrided(input: Tensor, size: Ints, stride: Ints, storageOffset: i32): Tensor {
  const offset = storageOffset == NONE ? input.offset : storageOffset;
  return ops.asStridedOf(input, size, stride, offset, stridesOf(input), input.offset);
}

/** as_strided, told the geometry of its input, which its derivative needs. */
export function asStridedOf(
  input: Tensor,
  size: Ints,
  stride: Ints,
  offset: i32,
  inputStride: Ints,
  inputOffset: i32,
): Tensor {
  return rawAsStrided(input, size, stride, offset);
}

/** one past the last element that the geometry reaches */
function reach(size: Ints, stride: Ints, offset: i32): i32 {
  let last = offset;
  for (let i = 0; i < size.length; i++) {
    if (size.get(i) == 0) return 0;
    last += (size.get(i) - 1) * stride.get(i);
  }
  return last + 1;
}

/** Whether two indices of the geometry may be the same element. */
function mayOverlap(size: Ints, stride: Ints): bool {
  // dims by rising stride: each must step over all that the smaller ones span
  let spanned: i64 = 0;
  let seen: u32 = 0;
  for (let n = 0; n < size.length; n++) {
    let best = -1;
    for (let i = 0; i < size.length; i++) {
      if (!(seen & (1 << i)) && (best < 0 || stride.get(i) < stride.get(best))) best = i;
    }
    seen |= 1 << best;
    if (size.get(best) <= 1) continue;
    if (<i64>stride.get(best) <= spanned) return true;
    spanned += <i64>(size.get(best) - 1) * <i64>stride.get(best);
  }
  return false;
}

/**
 * Moves values from one geometry over a storage to another: each element of `grad` is added to its place in memory, and the
 * memory is read in the second geometry. With the two exchanged it is its own derivative.
 */
export function asStridedBackward(
  grad: Tensor,
  size: Ints,
  stride: Ints,
  offset: i32,
  inputShape: Ints,
  inputStride: Ints,
  inputOffset: i32,
): Tensor {
  const length = max(reach(size, stride, offset), reach(inputShape, inputStride, inputOffset));
  const flat = zeros(ints1(length), grad.dtype, grad.device);
  if (mayOverlap(size, stride)) {
    accumulateStrided(flat, grad, size, stride, offset);
    return contiguous(rawAsStrided(flat, inputShape, inputStride, inputOffset));
  }
  copyInto(rawAsStrided(flat, size, stride, offset), grad);
  return contiguous(rawAsStrided(flat, inputShape, inputStride, inputOffset));
}

/** Adds `grad` into overlapping places, one slice of the overlapping dims at a time. */
function accumulateStrided(flat: Tensor, grad: Tensor, size: Ints, stride: Ints, offset: i32): void {
  if (!mayOverlap(size, stride)) {
    const place = rawAsStrided(flat, size, stride, offset);
    copyInto(place, ops.add(place, grad, 1));
    return;
  }
  // split along the dim of the smallest stride, the one that runs into its neighbours
  let split = 0;
  for (let i = 1; i < size.length; i++) {
    if (size.get(i) > 1 && (size.get(split) <= 1 || stride.get(i) < stride.get(split))) split = i;
  }
  const restSize = newInts(size.length - 1);
  const restStride = newInts(size.length - 1);
  for (let i = 0, k = 0; i < size.length; i++) {
    if (i == split) continue;
    restSize.set(k, size.get(i));
    restStride.set(k++, stride.get(i));
  }
  const pieces = size.get(split);
  for (let i = 0; i < pieces; i++) {
    accumulateStrided(flat, rawSelect(grad, split, i), restSize, restStride, offset + i * stride.get(split));
  }
}
