// Copies in another arrangement: repeat, roll, flip, triangles, diagonals, and writes of a slice out of place.
import * as ops from "../gen/ops";
import { args } from "../dispatch/args";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run } from "../dispatch/run";
import { wrapDim } from "../tensor/broadcast";
import { copyInto, empty, emptyPreserving, rawContiguous, rawToDType, zeros } from "../tensor/create";
import { DType } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgInt, msgInts, msgShape, raise } from "../tensor/error";
import { Ints, NONE, ints1, newInts, sameInts, shapeOf } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { rawAsStrided, rawExpand, rawNarrow } from "../tensor/views";
import { Device } from "../dispatch/device";
import { readBack, rawToDevice } from "../tensor/transfer";

// ---- repeating ---------------------------------------------------------------------------------------------------

/** Every repeated dim is split in [times, size], expanded, and folded again. */
export function repeat(input: Tensor, repeats: Ints): Tensor {
  const lead = repeats.length - <i32>input.ndim;
  if (lead < 0) {
    fail(
      ErrorKind.Runtime,
      "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
    );
  }
  let count = 0;
  for (let i = 0; i < repeats.length; i++) {
    if (repeats.get(i) < 0) {
      msg("Trying to create tensor with negative dimension ");
      msgInt(repeats.get(i));
      msg(": ");
      msgInts(repeats);
      raise(ErrorKind.Runtime);
    }
    count += repeats.get(i) == 1 ? 1 : 2;
  }
  const split = newInts(count);
  const wide = newInts(count);
  const shape = newInts(repeats.length);
  for (let i = 0, k = 0; i < repeats.length; i++) {
    const size = i < lead ? 1 : input.shape(i - lead);
    const times = repeats.get(i);
    if (times != 1) {
      split.set(k, 1);
      wide.set(k++, times);
    }
    split.set(k, size);
    wide.set(k++, size);
    shape.set(i, size * times);
  }
  const repeated = ops.expand(ops.reshape(input, split), wide);
  const result = ops.reshape(repeated, shape);
  return result.storage == input.storage ? ops.clone(result) : result;
}

export function tile(input: Tensor, dims: Ints): Tensor {
  const lead = <i32>input.ndim - dims.length;
  if (lead <= 0) return repeat(input, dims);
  const all = newInts(input.ndim);
  for (let i = 0; i < all.length; i++) all.set(i, i < lead ? 1 : dims.get(i - lead));
  return repeat(input, all);
}

/** The positions 0…n-1, each as often as `repeats` says. */
function repeatedPositions(repeats: Tensor, n: i32, outputSize: i32, device: i32): Tensor {
  if (repeats.dtype != DType.Int32 && repeats.dtype != DType.Int64) {
    fail(ErrorKind.Runtime, "repeats has to be Long or Int tensor");
  }
  if (repeats.ndim > 1) fail(ErrorKind.Runtime, "repeat_interleave only accept 1D vector as repeat");
  const single = repeats.numel == 1;
  if (!single && repeats.numel != n) {
    fail(ErrorKind.Runtime, "repeats must have the same size as input along dim");
  }
  const wide = rawToDType(repeats, DType.Int64);
  if (outputSize != NONE && repeats.device != Device.Cpu && <i32>repeats.device == device) {
    // who tells the size spares the device's being read
    const line = single ? rawExpand(wide, ints1(n)) : wide;
    return runPositions(empty(ints1(outputSize), DType.Int64, device), rawContiguous(line));
  }
  const counts = rawContiguous(readBack(wide));
  let total: i64 = 0;
  const list = empty(ints1(n), DType.Int64, Device.Cpu);
  for (let i = 0; i < n; i++) {
    const times = load<i64>(counts.dataPtr() + ((<usize>(single ? 0 : i)) << 3));
    if (times < 0) fail(ErrorKind.Runtime, "repeats can not be negative");
    store<i64>(list.dataPtr() + ((<usize>i) << 3), times);
    total += times;
  }
  if (outputSize != NONE && outputSize != <i32>total) {
    fail(ErrorKind.Runtime, "allocated size does not match required size");
  }
  const out = empty(ints1(<i32>min<i64>(total, i32.MAX_VALUE)), DType.Int64, Device.Cpu);
  return rawToDevice(runPositions(out, list), device);
}

function runPositions(out: Tensor, repeats: Tensor): Tensor {
  begin(Kernel.RepeatPositions);
  addOperand(out);
  addOperand(repeats);
  run(out.device);
  return out;
}

export function repeatInterleave(input: Tensor, repeats: Tensor | null, dim: i32, outputSize: i32): Tensor {
  if (repeats === null) return repeatedPositions(input, input.numel, outputSize, input.device);
  if (dim == NONE) {
    input = ops.reshape(input, ints1(-1));
    dim = 0;
  }
  dim = wrapDim(dim, input.ndim);
  const from = input.ndim == 0 ? ops.reshape(input, ints1(1)) : input;
  return ops.indexSelect(from, dim, repeatedPositions(repeats, from.shape(dim), outputSize, input.device));
}

// ---- moving ------------------------------------------------------------------------------------------------------

export function roll(input: Tensor, shifts: Ints, dims: Ints): Tensor {
  if (shifts.length == 0) fail(ErrorKind.Runtime, "`shifts` required");
  if (dims.length == 0 && shifts.length == 1) {
    // without dims the flattened elements roll
    const flat = rawContiguous(input);
    const line = rawAsStrided(flat, ints1(flat.numel), ints1(1), flat.offset);
    const out = rollOne(line, shifts.get(0), 0);
    return ops.view(out, shapeOf(input));
  }
  if (shifts.length != dims.length) {
    msg("shifts and dimensions must align. shifts: ");
    msgInt(shifts.length);
    msg(", dims:");
    msgInt(dims.length);
    raise(ErrorKind.Runtime);
  }
  let out = input;
  for (let i = 0; i < dims.length; i++) out = rollOne(out, shifts.get(i), wrapDim(dims.get(i), input.ndim));
  return out;
}

function rollOne(input: Tensor, shift: i32, dim: i32): Tensor {
  const out = empty(shapeOf(input), input.dtype, input.device);
  const size = input.ndim > 0 ? input.shape(dim) : 1;
  if (input.numel == 0) return out;
  const start = ((shift % size) + size) % size;
  if (start == 0) {
    copyInto(out, input);
    return out;
  }
  copyInto(rawNarrow(out, dim, start, size - start, 1), rawNarrow(input, dim, 0, size - start, 1));
  copyInto(rawNarrow(out, dim, 0, start, 1), rawNarrow(input, dim, size - start, start, 1));
  return out;
}

export function flip(input: Tensor, dims: Ints): Tensor {
  let set: u32 = 0;
  for (let i = 0; i < dims.length; i++) {
    const dim = wrapDim(dims.get(i), input.ndim);
    if (set & (1 << dim)) {
      msg("dim ");
      msgInt(dim);
      msg(" appears multiple times in the list of dims");
      raise(ErrorKind.Runtime);
    }
    set |= 1 << dim;
  }
  const out = empty(shapeOf(input), input.dtype, input.device);
  begin(Kernel.Flip);
  addOperand(out);
  addOperand(input);
  args.setInt(0, <i32>set);
  run(out.device);
  return out;
}

export function fliplr(input: Tensor): Tensor {
  if (input.ndim < 2) fail(ErrorKind.Runtime, "Input must be >= 2-d.");
  return ops.flip(input, ints1(1));
}

export function flipud(input: Tensor): Tensor {
  if (input.ndim < 1) fail(ErrorKind.Runtime, "Input must be >= 1-d.");
  return ops.flip(input, ints1(0));
}

export function rot90(input: Tensor, k: i32, dims: Ints): Tensor {
  if (dims.length != 2) {
    msg("expected total rotation dims == 2, but got dims = ");
    msgInt(dims.length);
    raise(ErrorKind.Runtime);
  }
  if (input.ndim < 2) {
    msg("expected total dims >= 2, but got total dims = ");
    msgInt(input.ndim);
    raise(ErrorKind.Runtime);
  }
  const a = dims.get(0);
  const b = dims.get(1);
  if (a == b || abs(a - b) == <i32>input.ndim) {
    msg("expected rotation dims to be different, but got dim0 = ");
    msgInt(a);
    msg(" and dim1 = ");
    msgInt(b);
    raise(ErrorKind.Runtime);
  }
  for (let i = 0; i < 2; i++) {
    if (dims.get(i) < <i32>input.ndim && dims.get(i) >= -(<i32>input.ndim)) continue;
    msg("Rotation dim");
    msgInt(i);
    msg(" out of range, dim");
    msgInt(i);
    msg(" = ");
    msgInt(dims.get(i));
    raise(ErrorKind.Runtime);
  }
  switch (k & 3) {
    case 1:
      return ops.clone(ops.transpose(ops.flip(input, ints1(b)), a, b));
    case 2:
      return ops.flip(input, dims);
    case 3:
      return ops.clone(ops.transpose(ops.flip(input, ints1(a)), a, b));
    default:
      return ops.clone(input);
  }
}

// ---- triangles and diagonals -------------------------------------------------------------------------------------

function triangle(input: Tensor, diagonal: i32, upper: bool): Tensor {
  if (input.ndim < 2) {
    msg(upper ? "triu" : "tril");
    msg(": input tensor must have at least 2 dimensions");
    raise(ErrorKind.Runtime);
  }
  const out = empty(shapeOf(input), input.dtype, input.device);
  begin(Kernel.Triangle);
  addOperand(out);
  addOperand(input);
  args.setInt(0, diagonal);
  args.setInt(1, i32(upper));
  run(out.device);
  return out;
}

export function tril(input: Tensor, diagonal: i32): Tensor {
  return triangle(input, diagonal, false);
}

export function triu(input: Tensor, diagonal: i32): Tensor {
  return triangle(input, diagonal, true);
}

export function diagEmbed(input: Tensor, offset: i32, dim1: i32, dim2: i32): Tensor {
  const ndim = <i32>input.ndim + 1;
  const a = wrapDim(dim1, ndim);
  const b = wrapDim(dim2, ndim);
  if (a == b) {
    msg("diagonal dimensions cannot be identical ");
    msgInt(dim1);
    msg(", ");
    msgInt(dim2);
    raise(ErrorKind.Runtime);
  }
  const size = input.shape(<i32>input.ndim - 1) + abs(offset);
  const shape = newInts(ndim);
  for (let d = 0, k = 0; d < ndim; d++) shape.set(d, d == a || d == b ? size : input.shape(k++));
  const out = zeros(shape, input.dtype, input.device);
  copyInto(ops.diagonal(out, offset, a, b), input);
  return out;
}

export function diag(input: Tensor, diagonal: i32): Tensor {
  if (input.ndim == 1) return ops.diagEmbed(input, diagonal);
  if (input.ndim != 2) fail(ErrorKind.Runtime, "matrix or a vector expected");
  return ops.clone(ops.diagonal(input, diagonal));
}

export function diagflat(input: Tensor, offset: i32): Tensor {
  return ops.diagEmbed(ops.reshape(input, ints1(-1)), offset);
}

// ---- a slice written out of place --------------------------------------------------------------------------------

/** Writes `src` into `slice`, a view of the fresh tensor `whole`. */
function written(whole: Tensor, slice: Tensor, src: Tensor): Tensor {
  if (!sameInts(shapeOf(slice), shapeOf(src))) {
    msg("expected src to have a size equal to the slice of self. src size = ");
    msgShape(src);
    msg(", slice size = ");
    msgShape(slice);
    raise(ErrorKind.Runtime);
  }
  copyInto(slice, src);
  return whole;
}

function copyOf(input: Tensor): Tensor {
  const copy = empty(shapeOf(input), input.dtype, input.device);
  copyInto(copy, input);
  return copy;
}

export function selectScatter(input: Tensor, src: Tensor, dim: i32, index: i32): Tensor {
  const out = copyOf(input);
  dim = wrapDim(dim, input.ndim);
  return written(out, ops.select(out, dim, index), src);
}

export function sliceScatter(input: Tensor, src: Tensor, dim: i32, start: i32, end: i32, step: i32): Tensor {
  const out = copyOf(input);
  return written(out, ops.slice(out, dim, start, end, step), src);
}

export function diagonalScatter(input: Tensor, src: Tensor, offset: i32, dim1: i32, dim2: i32): Tensor {
  const out = copyOf(input);
  return written(out, ops.diagonal(out, offset, dim1, dim2), src);
}

/** The geometry is over a copy of the input, which starts at offset 0. */
export function asStridedScatter(input: Tensor, src: Tensor, size: Ints, stride: Ints, storageOffset: i32): Tensor {
  const out = emptyPreserving(input, input.dtype);
  copyInto(out, input);
  return written(out, rawAsStrided(out, size, stride, storageOffset == NONE ? 0 : storageOffset), src);
}
