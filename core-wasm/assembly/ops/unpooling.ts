// max_unpool: elements go back to where max pooling found them, zeros elsewhere.
import { Device } from "../dispatch/device";
import * as ops from "../gen/ops";
import { rawContiguous } from "../tensor/create";
import { DType, isFloating } from "../tensor/dtype";
import { sameShape } from "../tensor/broadcast";
import { ErrorKind, msg, msgInt, msgInts, msgShape, raise } from "../tensor/error";
import { Ints, newInts } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { notImplemented, perDimension } from "./pooling";

/** The sizes that pooling started from: as given, if they are possible, else the least ones. */
function unpooledSizes(
  input: Tensor,
  rank: i32,
  kernel: Ints,
  stride: Ints,
  padding: Ints,
  outputSize: Ints | null,
): Ints {
  const sizes = newInts(rank);
  for (let i = 0; i < rank; i++) {
    const size = input.shape(<i32>input.ndim - rank + i);
    sizes.set(i, (size - 1) * stride.get(i) + kernel.get(i) - 2 * padding.get(i));
  }
  if (outputSize === null) return sizes;
  const given = newInts(rank);
  if (outputSize.length != rank && outputSize.length != rank + 2) {
    msg("output_size should be a sequence containing ");
    msgInt(rank);
    msg(" or ");
    msgInt(rank + 2);
    msg(" elements, but it has a length of '");
    msgInt(outputSize.length);
    msg("'");
    raise(ErrorKind.Value);
  }
  for (let i = 0; i < rank; i++) {
    given.set(i, outputSize.get(outputSize.length - rank + i));
    const least = sizes.get(i) - stride.get(i);
    const most = sizes.get(i) + stride.get(i);
    if (given.get(i) > least && given.get(i) < most) continue;
    msg('invalid output_size "');
    msgInts(given);
    msg('" (dim ');
    msgInt(i);
    msg(" must be between ");
    msgInt(least);
    msg(" and ");
    msgInt(most);
    msg(")");
    raise(ErrorKind.Value);
  }
  return given;
}

function maxUnpool(
  rank: i32,
  input: Tensor,
  indices: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  outputSize: Ints | null,
  op: string,
): Tensor {
  const kernel = perDimension(kernelSize, rank, op, "kernel_size");
  const step = stride === null || stride.length == 0 ? kernel : perDimension(stride, rank, op, "stride");
  const pad = perDimension(padding, rank, op, "padding");
  if (indices.dtype != DType.Int64) {
    msg("elements in indices should be type int64 but got: ");
    msg(indices.dtype == DType.Int32 ? "Int" : "another type");
    raise(ErrorKind.Runtime);
  }
  const ndim = <i32>input.ndim;
  if (ndim != rank + 1 && ndim != rank + 2) {
    msg("Input to ");
    msg(op);
    msg(" should be a ");
    msgInt(rank + 1);
    msg("d or ");
    msgInt(rank + 2);
    msg("d Tensor, but got tensor with shape: ");
    msgShape(input);
    raise(ErrorKind.Runtime);
  }
  if (!sameShape(input, indices)) {
    msg("Expected shape of indices to be same as that of the input tensor (");
    msgShape(input);
    msg(") but got indices tensor with shape: ");
    msgShape(indices);
    raise(ErrorKind.Runtime);
  }
  const sizes = unpooledSizes(input, rank, kernel, step, pad, outputSize);
  let volume = 1;
  for (let i = 0; i < rank; i++) volume *= sizes.get(i);
  if (indices.device == Device.Cpu) checkIndices(rawContiguous(indices), volume, sizes);
  if (!isFloating(input.dtype)) notImplemented(rank == 3 ? "max_unpool3d" : "max_unpool2d", input.dtype);
  return ops.planePut(input, indices, sizes, rank);
}

function checkIndices(indices: Tensor, volume: i32, sizes: Ints): void {
  let at = indices.dataPtr();
  for (let i = 0; i < indices.numel; i++) {
    const index = load<i64>(at);
    at += 8;
    if (index >= 0 && index < <i64>volume) continue;
    msg("Found an invalid max index: ");
    msgInt(index);
    msg(" (output volumes are of size ");
    for (let d = 0; d < sizes.length; d++) {
      if (d > 0) msg("x");
      msgInt(sizes.get(d));
    }
    msg(")");
    raise(ErrorKind.Runtime);
  }
}

export function maxUnpool1d(
  input: Tensor,
  indices: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  outputSize: Ints | null,
): Tensor {
  return maxUnpool(1, input, indices, kernelSize, stride, padding, outputSize, "max_unpool1d");
}

export function maxUnpool2d(
  input: Tensor,
  indices: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  outputSize: Ints | null,
): Tensor {
  return maxUnpool(2, input, indices, kernelSize, stride, padding, outputSize, "max_unpool2d");
}

export function maxUnpool3d(
  input: Tensor,
  indices: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  outputSize: Ints | null,
): Tensor {
  return maxUnpool(3, input, indices, kernelSize, stride, padding, outputSize, "max_unpool3d");
}
