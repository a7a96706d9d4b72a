// Views beyond the basic ones, and the lists of views that splitting gives. All are made of recorded views.
import * as ops from "../gen/ops";
import { broadcastInto, wrapDim } from "../tensor/broadcast";
import { ErrorKind, fail, msg, msgInt, msgInts, raise } from "../tensor/error";
import { Ints, ints1, newInts, shapeOf, stridesOf } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { Tensors, newTensors } from "../tensor/tensors";
import { inferShape, rawNarrow, rawSelect } from "../tensor/views";

// ---- dims --------------------------------------------------------------------------------------------------------

/** A new list without element `at`. */
function without(list: Ints, at: i32): Ints {
  const rest = newInts(list.length - 1);
  for (let i = 0; i < rest.length; i++) rest.set(i, list.get(i < at ? i : i + 1));
  return rest;
}

export function diagonal(input: Tensor, offset: i32, dim1: i32, dim2: i32): Tensor {
  const a = wrapDim(dim1, input.ndim);
  const b = wrapDim(dim2, input.ndim);
  if (a == b) {
    msg("diagonal dimensions cannot be identical ");
    msgInt(dim1);
    msg(", ");
    msgInt(dim2);
    raise(ErrorKind.Runtime);
  }
  const rows = input.shape(a);
  const columns = input.shape(b);
  const length = offset >= 0 ? min(rows, columns - offset) : min(rows + offset, columns);
  const high = max(a, b);
  const low = min(a, b);
  const shape = without(without(shapeOf(input), high), low);
  const strides = without(without(stridesOf(input), high), low);
  const n = shape.length;
  const size = newInts(n + 1);
  const stride = newInts(n + 1);
  for (let i = 0; i < n; i++) {
    size.set(i, shape.get(i));
    stride.set(i, strides.get(i));
  }
  size.set(n, max(length, 0));
  stride.set(n, input.stride(a) + input.stride(b));
  let start = input.offset;
  if (length > 0) start += offset >= 0 ? offset * input.stride(b) : -offset * input.stride(a);
  return ops.asStrided(input, size, stride, start);
}

export function unfold(input: Tensor, dimension: i32, size: i32, step: i32): Tensor {
  const dim = wrapDim(dimension, input.ndim);
  const length = input.ndim > 0 ? input.shape(dim) : 1;
  if (size < 0) {
    msg("size is ");
    msgInt(size);
    msg(" but must be >= 0");
    raise(ErrorKind.Runtime);
  }
  if (size > length) {
    msg("maximum size for tensor at dimension ");
    msgInt(dim);
    msg(" is ");
    msgInt(length);
    msg(" but size is ");
    msgInt(size);
    raise(ErrorKind.Runtime);
  }
  if (step <= 0) {
    msg("step is ");
    msgInt(step);
    msg(" but must be > 0");
    raise(ErrorKind.Runtime);
  }
  const ndim = <i32>input.ndim;
  const shape = newInts(ndim + 1);
  const strides = newInts(ndim + 1);
  for (let d = 0; d < ndim; d++) {
    shape.set(d, d == dim ? (length - size) / step + 1 : input.shape(d));
    strides.set(d, d == dim ? input.stride(d) * step : input.stride(d));
  }
  shape.set(ndim, size);
  strides.set(ndim, ndim > 0 ? input.stride(dim) : 1);
  return ops.asStrided(input, shape, strides, input.offset);
}

function repeatedDim(list: Ints, ndim: i32): bool {
  let seen: u32 = 0;
  for (let i = 0; i < list.length; i++) {
    const dim = wrapDim(list.get(i), ndim);
    if (seen & (1 << dim)) return true;
    seen |= 1 << dim;
  }
  return false;
}

export function movedim(input: Tensor, source: Ints, destination: Ints): Tensor {
  const ndim = <i32>input.ndim;
  if (source.length != destination.length) {
    msg("movedim: Invalid source or destination dims: source (");
    msgInts(source);
    msg(" dims) should contain the same number of dims as destination (");
    msgInts(destination);
    msg(" dims)");
    raise(ErrorKind.Runtime);
  }
  const badSource = repeatedDim(source, ndim);
  if (badSource || repeatedDim(destination, ndim)) {
    msg("movedim: repeated dim in `");
    msg(badSource ? "source" : "destination");
    msg("` (");
    msgInts(badSource ? source : destination);
    msg(")");
    raise(ErrorKind.Runtime);
  }
  const order = newInts(ndim);
  for (let i = 0; i < ndim; i++) order.set(i, -1);
  let taken: u32 = 0;
  for (let i = 0; i < source.length; i++) {
    const from = wrapDim(source.get(i), ndim);
    if (ndim > 0) order.set(wrapDim(destination.get(i), ndim), from);
    taken |= 1 << from;
  }
  for (let i = 0, next = 0; i < ndim; i++) {
    if (order.get(i) >= 0) continue;
    while (taken & (1 << next)) next++;
    order.set(i, next++);
  }
  return ops.permute(input, order);
}

/** The dims from startDim to endDim as one. */
export function flatten(input: Tensor, startDim: i32, endDim: i32): Tensor {
  const start = wrapDim(startDim, input.ndim);
  const end = wrapDim(endDim, input.ndim);
  if (start > end) fail(ErrorKind.Runtime, "flatten() has invalid args: start_dim cannot come after end_dim");
  if (input.ndim == 0) return ops.reshape(input, ints1(1));
  if (start == end) return input;
  const shape = newInts(<i32>input.ndim - (end - start));
  let size = 1;
  for (let d = start; d <= end; d++) size *= input.shape(d);
  for (let d = 0; d < shape.length; d++) {
    shape.set(d, d < start ? input.shape(d) : d == start ? size : input.shape(d + end - start));
  }
  return ops.reshape(input, shape);
}

export function unflatten(input: Tensor, dim: i32, sizes: Ints): Tensor {
  dim = wrapDim(dim, input.ndim);
  if (sizes.length == 0) fail(ErrorKind.Runtime, "unflatten: sizes must be non-empty");
  const size = input.ndim > 0 ? input.shape(dim) : 1;
  let product = 1;
  let unknown = false;
  for (let i = 0; i < sizes.length; i++) {
    if (sizes.get(i) == -1) unknown = true;
    else product *= sizes.get(i);
  }
  if (unknown ? product == 0 || size % product != 0 : product != size) {
    msg("unflatten: Provided sizes ");
    msgInts(sizes);
    msg(" don't multiply up to the size of dim ");
    msgInt(dim);
    msg(" (");
    msgInt(size);
    msg(") in the input tensor");
    raise(ErrorKind.Runtime);
  }
  const whole = inferShape(sizes, size);
  const shape = newInts(max<i32>(input.ndim, 1) - 1 + sizes.length);
  for (let i = 0; i < shape.length; i++) {
    if (i < dim) shape.set(i, input.shape(i));
    else if (i < dim + sizes.length) shape.set(i, whole.get(i - dim));
    else shape.set(i, input.shape(i - sizes.length + 1));
  }
  return ops.view(input, shape);
}

export function ravel(input: Tensor): Tensor {
  return ops.view(ops.contiguous(input), ints1(-1));
}

// ---- shapes of others --------------------------------------------------------------------------------------------

export function viewAs(input: Tensor, other: Tensor): Tensor {
  return ops.view(input, shapeOf(other));
}

export function reshapeAs(input: Tensor, other: Tensor): Tensor {
  return ops.reshape(input, shapeOf(other));
}

export function expandAs(input: Tensor, other: Tensor): Tensor {
  return ops.expand(input, shapeOf(other));
}

export function broadcastTo(input: Tensor, size: Ints): Tensor {
  return ops.expand(input, size);
}

export function broadcastTensors(tensors: Tensors): Tensors {
  const result = newTensors(tensors.length);
  let shape = newInts(0);
  for (let i = 0; i < tensors.length; i++) shape = broadcastInto(shape, tensors.get(i));
  for (let i = 0; i < tensors.length; i++) result.set(i, ops.expand(tensors.get(i), shape));
  return result;
}

export function atleast1d(input: Tensor): Tensor {
  return input.ndim == 0 ? ops.reshape(input, ints1(1)) : input;
}

export function atleast2d(input: Tensor): Tensor {
  return input.ndim >= 2 ? input : ops.unsqueeze(atleast1d(input), 0);
}

export function atleast3d(input: Tensor): Tensor {
  return input.ndim >= 3 ? input : ops.unsqueeze(atleast2d(input), -1);
}

export function matrixTranspose(input: Tensor): Tensor {
  if (input.ndim < 2) {
    msg("tensor.mT is only supported on matrices or batches of matrices. Got ");
    msgInt(input.ndim);
    msg("-D tensor.");
    raise(ErrorKind.Runtime);
  }
  return ops.transpose(input, -2, -1);
}

/** All dims in reverse. */
export function reverseDims(input: Tensor): Tensor {
  const order = newInts(input.ndim);
  for (let i = 0; i < order.length; i++) order.set(i, order.length - 1 - i);
  return ops.permute(input, order);
}

// ---- splitting ---------------------------------------------------------------------------------------------------

function sizeAt(input: Tensor, dim: i32): i32 {
  if (input.ndim == 0) {
    msg("Dimension specified as ");
    msgInt(dim);
    msg(" but tensor has no dimensions");
    raise(ErrorKind.Index);
  }
  return input.shape(dim);
}

export function unbind(input: Tensor, dim: i32): Tensors {
  if (input.ndim == 0) sizeAt(input, dim);
  dim = wrapDim(dim, input.ndim);
  const pieces = newTensors(input.shape(dim));
  for (let i = 0; i < pieces.length; i++) pieces.set(i, rawSelect(input, dim, i));
  return pieces;
}

/** A single size cuts pieces of that size (the last may be smaller), several are the sizes of the pieces. */
export function split(input: Tensor, splitSizeOrSections: Ints, dim: i32): Tensors {
  if (splitSizeOrSections.length != 1) return splitWithSizes(input, splitSizeOrSections, dim);
  if (input.ndim == 0) fail(ErrorKind.Runtime, "split expects at least a 1-dimensional tensor");
  const size = splitSizeOrSections.get(0);
  dim = wrapDim(dim, input.ndim);
  if (size < 0) {
    msg("split expects split_size be non-negative, but got split_size=");
    msgInt(size);
    raise(ErrorKind.Runtime);
  }
  const length = input.shape(dim);
  if (size == 0 && length != 0) {
    msg("split_size can only be 0 if dimension size is 0, but got dimension size of ");
    msgInt(length);
    raise(ErrorKind.Runtime);
  }
  const count = size == 0 ? 1 : max(<i32>((<i64>length + size - 1) / size), 1);
  const sizes = newInts(count);
  for (let i = 0; i < count; i++) sizes.set(i, min(size, length - i * size));
  return ops.piecesOf(input, sizes, dim);
}

/** Views of consecutive pieces of a dim; the sizes sum to the dim's. */
export function piecesOf(input: Tensor, sizes: Ints, dim: i32): Tensors {
  const pieces = newTensors(sizes.length);
  for (let i = 0, at = 0; i < pieces.length; i++) {
    pieces.set(i, rawNarrow(input, dim, at, sizes.get(i), 1));
    at += sizes.get(i);
  }
  return pieces;
}

export function splitWithSizes(input: Tensor, splitSizes: Ints, dim: i32): Tensors {
  if (input.ndim == 0) fail(ErrorKind.Runtime, "split expects at least a 1-dimensional tensor");
  dim = wrapDim(dim, input.ndim);
  const length = input.shape(dim);
  let sum: i64 = 0;
  for (let i = 0; i < splitSizes.length; i++) {
    if (splitSizes.get(i) < 0) {
      msg("split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=");
      msgInts(splitSizes);
      raise(ErrorKind.Runtime);
    }
    sum += splitSizes.get(i);
  }
  if (sum != length) {
    msg("split_with_sizes expects split_sizes to sum exactly to ");
    msgInt(length);
    msg(" (input tensor's size at dimension ");
    msgInt(dim);
    msg("), but got split_sizes=");
    msgInts(splitSizes);
    raise(ErrorKind.Runtime);
  }
  return ops.piecesOf(input, splitSizes, dim);
}

export function chunk(input: Tensor, chunks: i32, dim: i32): Tensors {
  if (input.ndim == 0) fail(ErrorKind.Runtime, "chunk expects at least a 1-dimensional tensor");
  if (chunks <= 0) {
    msg("chunk expects `chunks` to be greater than 0, got: ");
    msgInt(chunks);
    raise(ErrorKind.Runtime);
  }
  dim = wrapDim(dim, input.ndim);
  const length = input.shape(dim);
  const size = <i32>((<i64>length + chunks - 1) / chunks);
  if (size == 0) {
    const sizes = newInts(chunks);
    for (let i = 0; i < chunks; i++) sizes.set(i, 0);
    return splitWithSizes(input, sizes, dim);
  }
  return split(input, ints1(size), dim);
}

/** Pieces that differ in size by at most one. */
export function tensorSplitSections(input: Tensor, sections: i32, dim: i32): Tensors {
  if (input.ndim == 0)
    fail(ErrorKind.Runtime, "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
  dim = wrapDim(dim, input.ndim);
  if (sections <= 0) {
    msg("number of sections must be larger than 0, got ");
    msgInt(sections);
    raise(ErrorKind.Runtime);
  }
  const length = input.shape(dim);
  const sizes = newInts(sections);
  for (let i = 0; i < sections; i++) sizes.set(i, length / sections + (i < length % sections ? 1 : 0));
  return ops.piecesOf(input, sizes, dim);
}

/** Pieces that end where the indices say. */
export function tensorSplitIndices(input: Tensor, indices: Ints, dim: i32): Tensors {
  if (input.ndim == 0)
    fail(ErrorKind.Runtime, "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
  dim = wrapDim(dim, input.ndim);
  const pieces = newTensors(indices.length + 1);
  for (let i = 0, at = 0; i <= indices.length; i++) {
    const end = i < indices.length ? indices.get(i) : input.shape(dim);
    pieces.set(i, ops.slice(input, dim, at, end));
    at = end;
  }
  return pieces;
}

/** The dim that hsplit, vsplit and dsplit (which: 0, 1, 2) cut; raises for tensors with too few dims. */
function splitDim(input: Tensor, which: i32): i32 {
  const least = which + 1;
  if (<i32>input.ndim < least) {
    msg("torch.");
    msg(which == 0 ? "hsplit" : which == 1 ? "vsplit" : "dsplit");
    msg(" requires a tensor with at least ");
    msgInt(least);
    msg(" dimension, but got a tensor with ");
    msgInt(input.ndim);
    msg(" dimensions!");
    raise(ErrorKind.Runtime);
  }
  return which == 0 ? (input.ndim == 1 ? 0 : 1) : which == 1 ? 0 : 2;
}

/** hsplit, vsplit, dsplit (which: 0, 1, 2) into equal sections. */
export function splitSections(input: Tensor, which: i32, sections: i32): Tensors {
  const dim = splitDim(input, which);
  if (sections <= 0 || input.shape(dim) % sections != 0) {
    msg("torch.");
    msg(which == 0 ? "hsplit" : which == 1 ? "vsplit" : "dsplit");
    msg(" attempted to split along dimension ");
    msgInt(dim);
    msg(", but the size of the dimension ");
    msgInt(input.shape(dim));
    msg(" is not divisible by the split_size ");
    msgInt(sections);
    msg("!");
    raise(ErrorKind.Runtime);
  }
  return tensorSplitSections(input, sections, dim);
}

export function splitIndices(input: Tensor, which: i32, indices: Ints): Tensors {
  return tensorSplitIndices(input, indices, splitDim(input, which));
}

export function narrowCopy(input: Tensor, dim: i32, start: i32, length: i32): Tensor {
  return ops.clone(ops.narrow(input, dim, start, length));
}
