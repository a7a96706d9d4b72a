// Convolutions, their transposes and both gradients, over one to three spatial dimensions.
import { args } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import * as ops from "../gen/ops";
import { convWorkspace } from "../kernels/conv/conv";
import { ConvKind, wayInt } from "../kernels/conv/geometry";
import { copyInto, empty, rawContiguous, rawToDType, zeros } from "../tensor/create";
import { DType, isFloating, takesStored } from "../tensor/dtype";
import { ErrorKind, cppTypeName, fail, msg, msgDType, msgInt, msgInts, msgShape, raise } from "../tensor/error";
import { Ints, ints1, newInts, shapeOf } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { rawNarrow } from "../tensor/views";

/** In a list of paddings of its own: as much as keeps the size ("same"). */
const SAME: i32 = i32.MIN_VALUE + 1;

/** `list` with one value per spatial dimension. */
function perDimension(list: Ints, rank: i32, name: string): Ints {
  if (list.length == rank) return list;
  if (list.length != 1) {
    msg("expected ");
    msg(name);
    msg(" to be a single integer value or a list of ");
    msgInt(rank);
    msg(" values to match the convolution dimensions, but got ");
    msg(name);
    msg("=");
    msgInts(list);
    raise(ErrorKind.Runtime);
  }
  const result = newInts(rank);
  for (let i = 0; i < rank; i++) result.set(i, list.get(0));
  return result;
}

function anyBelow(list: Ints, limit: i32): bool {
  for (let i = 0; i < list.length; i++) if (list.get(i) < limit) return true;
  return false;
}

function checkType(input: Tensor, other: Tensor, name: string): void {
  if (input.dtype == other.dtype) return;
  msg("Input type (");
  msg(cppTypeName(input.dtype));
  msg(") and ");
  msg(name);
  msg(" type (");
  msg(cppTypeName(other.dtype));
  msg(") should be the same");
  raise(ErrorKind.Runtime);
}

function sizesOf(extent: Ints): void {
  msg("(");
  for (let i = 0; i < extent.length; i++) {
    if (i > 0) msg(" x ");
    msgInt(extent.get(i));
  }
  msg(")");
}

function checkSettings(stride: Ints, padding: Ints, outputPadding: Ints, dilation: Ints, groups: i32): void {
  if (groups <= 0) fail(ErrorKind.Runtime, "non-positive groups is not supported");
  if (anyBelow(padding, 0)) fail(ErrorKind.Runtime, "negative padding is not supported");
  if (anyBelow(outputPadding, 0)) fail(ErrorKind.Runtime, "negative output_padding is not supported");
  if (anyBelow(stride, 1)) fail(ErrorKind.Runtime, "non-positive stride is not supported");
  if (anyBelow(dilation, 1)) fail(ErrorKind.Runtime, "dilation should be greater than zero");
}

function checkShapes(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  padding: Ints,
  dilation: Ints,
  transposed: bool,
  groups: i32,
): void {
  const rank = <i32>weight.ndim;
  if (input.ndim != weight.ndim) {
    msg("Expected ");
    msgInt(rank);
    msg("-dimensional input for ");
    msgInt(rank);
    msg("-dimensional weight ");
    msgShape(weight);
    msg(", but got ");
    msgInt(input.ndim);
    msg("-dimensional input of size ");
    msgShape(input);
    msg(" instead");
    raise(ErrorKind.Runtime);
  }
  if (weight.shape(0) < groups) {
    msg("Given groups=");
    msgInt(groups);
    msg(", expected weight to be at least ");
    msgInt(groups);
    msg(" at dimension 0, but got weight of size ");
    msgShape(weight);
    msg(" instead");
    raise(ErrorKind.Runtime);
  }
  if (weight.shape(0) % groups != 0) {
    msg("Given groups=");
    msgInt(groups);
    msg(", expected weight to be divisible by ");
    msgInt(groups);
    msg(" at dimension 0, but got weight of size ");
    msgShape(weight);
    msg(" instead");
    raise(ErrorKind.Runtime);
  }
  const channels = transposed ? weight.shape(0) : weight.shape(1) * groups;
  if (input.shape(1) != channels) {
    if (transposed) {
      msg("Given transposed=1");
    } else {
      msg("Given groups=");
      msgInt(groups);
    }
    msg(", weight of size ");
    msgShape(weight);
    msg(", expected input");
    msgShape(input);
    msg(" to have ");
    msgInt(channels);
    msg(" channels, but got ");
    msgInt(input.shape(1));
    msg(" channels instead");
    raise(ErrorKind.Runtime);
  }
  const outputs = transposed ? weight.shape(1) * groups : weight.shape(0);
  if (bias !== null && (bias.ndim != 1 || bias.shape(0) != outputs)) {
    msg(transposed ? "Given transposed=1, weight of size " : "Given weight of size ");
    msgShape(weight);
    msg(", expected bias to be 1-dimensional with ");
    msgInt(outputs);
    msg(" elements, but got bias of size ");
    msgShape(bias);
    msg(" instead");
    raise(ErrorKind.Runtime);
  }
  if (transposed) return;
  const extent = newInts(rank - 2);
  const kernel = newInts(rank - 2);
  let fits = true;
  for (let i = 0; i < rank - 2; i++) {
    extent.set(i, input.shape(i + 2) + 2 * padding.get(i));
    kernel.set(i, dilation.get(i) * (weight.shape(i + 2) - 1) + 1);
    if (extent.get(i) < kernel.get(i)) fits = false;
  }
  if (fits) return;
  msg("Calculated padded input size per channel: ");
  sizesOf(extent);
  msg(". Kernel size: ");
  sizesOf(kernel);
  msg(". Kernel size can't be greater than actual input size");
  raise(ErrorKind.Runtime);
}

function checkOutputPadding(outputPadding: Ints, stride: Ints, dilation: Ints): void {
  for (let i = 0; i < outputPadding.length; i++) {
    if (outputPadding.get(i) < max(stride.get(i), dilation.get(i))) continue;
    msg("output padding must be smaller than either stride or dilation, but got output_padding: ");
    msgInts(outputPadding);
    msg(", stride: ");
    msgInts(stride);
    msg(", dilation: ");
    msgInts(dilation);
    raise(ErrorKind.Runtime);
  }
}

/** The dtype of the kernel for tensors of `dtype`; raises where there is none. */
function kernelDType(dtype: i32, device: i32): i32 {
  if (dtype == DType.Float32 || dtype == DType.Float64 || dtype == DType.Int64) return dtype;
  if (isFloating(dtype)) return takesStored(device) ? dtype : DType.Float32;
  msg('"slow_conv2d_cpu" not implemented for \'');
  msgDType(dtype);
  msg("'");
  raise(ErrorKind.Runtime);
  return dtype;
}

function prepared(t: Tensor, dtype: i32): Tensor {
  return rawContiguous(rawToDType(t, dtype));
}

/**
 * `launch` without the elements of the kernel that meet nothing but padding, which 3x3 ones have on images of one element: eight
 * of nine. Null where there are none.
 */
function launchTrimmed(
  kind: i32,
  shape: Ints,
  a: Tensor,
  b: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  groups: i32,
): Tensor | null {
  const image = kind == ConvKind.Transpose ? shape : shapeOf(a);
  const map = kind == ConvKind.Forward ? shape : shapeOf(kind == ConvKind.Weight ? b : a);
  const weight = kind == ConvKind.Weight ? shape : shapeOf(b);
  const rank = stride.length;
  const first = newInts(rank);
  const count = newInts(rank);
  const rest = newInts(rank);
  let trimmed = false;
  for (let i = 0; i < rank; i++) {
    const d = dilation.get(i);
    const p = padding.get(i);
    const kernel = weight.get(i + 2);
    const from = max(0, (p - (map.get(i + 2) - 1) * stride.get(i) + d - 1) / d);
    const to = min(kernel - 1, (image.get(i + 2) - 1 + p) / d);
    if (to < from) return null;
    if (to - from + 1 < kernel) trimmed = true;
    first.set(i, from);
    count.set(i, to - from + 1);
    rest.set(i, p - from * d);
  }
  if (!trimmed) return null;
  const whole = kind == ConvKind.Weight ? zeros(shape, a.dtype, a.device) : b;
  let part = whole;
  for (let i = 0; i < rank; i++) part = rawNarrow(part, i + 2, first.get(i), count.get(i), 1);
  if (kind != ConvKind.Weight) return launch(kind, shape, a, part, bias, stride, rest, dilation, groups);
  copyInto(part, launch(kind, shapeOf(part), a, b, bias, stride, rest, dilation, groups));
  return whole;
}

/** Runs one of the three kernels into a new tensor of `shape`; see kernels/conv/conv.ts for the operands. */
function launch(
  kind: i32,
  shape: Ints,
  a: Tensor,
  b: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  groups: i32,
): Tensor {
  if (a.device == Device.Cpu) {
    const result = launchTrimmed(kind, shape, a, b, bias, stride, padding, dilation, groups);
    if (result !== null) return result;
  }
  const dtype = kernelDType(a.dtype, a.device);
  const out = empty(shape, dtype, a.device);
  const first = prepared(a, dtype);
  const second = prepared(b, dtype);
  if (bias !== null) bias = prepared(bias, dtype);
  begin(
    kind == ConvKind.Forward
      ? Kernel.Convolution
      : kind == ConvKind.Transpose
        ? Kernel.ConvolutionTranspose
        : Kernel.ConvolutionWeight,
  );
  addOperand(out);
  addOperand(first);
  addOperand(second);
  if (bias !== null) addOperand(bias);
  const rank = stride.length;
  args.setInt(0, groups);
  for (let i = 0; i < rank; i++) {
    args.setInt(1 + i, stride.get(i));
    args.setInt(1 + rank + i, padding.get(i));
    args.setInt(1 + 2 * rank + i, dilation.get(i));
  }
  args.setInt(wayInt(rank), 0);
  if (a.device == Device.Cpu) workspace(convWorkspace(args, kind));
  run(a.device);
  return rawToDType(out, a.dtype);
}

export function convolution(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  transposed: bool,
  outputPadding: Ints,
  groups: i32,
): Tensor {
  const rank = <i32>weight.ndim - 2;
  if (rank < 1 || rank > 3) {
    msg("convolution: expected a weight of 3 to 5 dimensions, but got one of size ");
    msgShape(weight);
    raise(ErrorKind.Runtime);
  }
  stride = perDimension(stride, rank, "stride");
  padding = perDimension(padding, rank, "padding");
  dilation = perDimension(dilation, rank, "dilation");
  outputPadding = perDimension(outputPadding, rank, "output_padding");
  checkSettings(stride, padding, outputPadding, dilation, groups);
  checkType(input, weight, "weight");
  if (bias !== null) checkType(input, bias, "bias");
  checkShapes(input, weight, bias, padding, dilation, transposed, groups);
  const shape = newInts(rank + 2);
  shape.set(0, input.shape(0));
  shape.set(1, transposed ? weight.shape(1) * groups : weight.shape(0));
  for (let i = 0; i < rank; i++) {
    const reach = dilation.get(i) * (weight.shape(i + 2) - 1);
    const size = input.shape(i + 2);
    if (transposed) {
      shape.set(i + 2, (size - 1) * stride.get(i) - 2 * padding.get(i) + reach + outputPadding.get(i) + 1);
    } else {
      shape.set(i + 2, (size + 2 * padding.get(i) - reach - 1) / stride.get(i) + 1);
    }
  }
  if (transposed) {
    checkOutputPadding(outputPadding, stride, dilation);
    for (let i = 0; i < rank; i++) {
      if (shape.get(i + 2) >= 1) continue;
      msg("Given input size per channel: ");
      msgShape(input);
      msg(". Calculated output size per channel: ");
      msgInts(shape);
      msg(". Output size is too small");
      raise(ErrorKind.Runtime);
    }
  }
  const kind = transposed ? ConvKind.Transpose : ConvKind.Forward;
  return launch(kind, shape, input, weight, bias, stride, padding, dilation, groups);
}

/** The gradient of a convolution's input: the transpose, or for a transposed one the convolution itself. */
export function convolutionInput(
  gradOutput: Tensor,
  weight: Tensor,
  size: Ints,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  transposed: bool,
  outputPadding: Ints,
  groups: i32,
): Tensor {
  const rank = <i32>weight.ndim - 2;
  return launch(
    transposed ? ConvKind.Forward : ConvKind.Transpose,
    size,
    gradOutput,
    weight,
    null,
    perDimension(stride, rank, "stride"),
    perDimension(padding, rank, "padding"),
    perDimension(dilation, rank, "dilation"),
    groups,
  );
}

/** The gradient of a convolution's weight. A transposed convolution has input and output in each other's place. */
export function convolutionWeight(
  gradOutput: Tensor,
  input: Tensor,
  size: Ints,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  transposed: bool,
  outputPadding: Ints,
  groups: i32,
): Tensor {
  const rank = size.length - 2;
  return launch(
    ConvKind.Weight,
    size,
    transposed ? gradOutput : input,
    transposed ? input : gradOutput,
    null,
    perDimension(stride, rank, "stride"),
    perDimension(padding, rank, "padding"),
    perDimension(dilation, rank, "dilation"),
    groups,
  );
}

function checkBatched(name: string, rank: i32, input: Tensor): void {
  const ndim = <i32>input.ndim;
  if (ndim == rank + 1 || ndim == rank + 2) return;
  msg("Expected ");
  msgInt(rank + 1);
  msg("D (unbatched) or ");
  msgInt(rank + 2);
  msg("D (batched) input to ");
  msg(name);
  msgInt(rank);
  msg("d, but got input of size: ");
  msgShape(input);
  raise(ErrorKind.Runtime);
}

/** conv1d, conv2d, conv3d: an image without a batch, and padding to the same size. */
function convNd(
  rank: i32,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  groups: i32,
): Tensor {
  checkBatched("conv", rank, input);
  const batched = <i32>input.ndim == rank + 2;
  const x = batched ? input : ops.unsqueeze(input, 0);
  const none = ints1(0);
  let y: Tensor;
  if (padding.length == 1 && padding.get(0) == SAME) {
    y = sameConv(rank, x, weight, bias, perDimension(stride, rank, "stride"), dilation, groups);
  } else {
    y = ops.convolution(x, weight, bias, stride, padding, dilation, false, none, groups);
  }
  return batched ? y : ops.squeeze(y, 0);
}

/**
 * Where an even kernel needs one more element at the far end than at the near one, both ends get it, and the first position
 * of the result is dropped.
 */
function sameConv(
  rank: i32,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Ints,
  dilation: Ints,
  groups: i32,
): Tensor {
  for (let i = 0; i < rank; i++) {
    if (stride.get(i) != 1) fail(ErrorKind.Runtime, "padding='same' is not supported for strided convolutions");
  }
  if (<i32>weight.ndim != rank + 2) {
    msg("Expected ");
    msgInt(rank + 2);
    msg("-dimensional weight, but got one of size ");
    msgShape(weight);
    raise(ErrorKind.Runtime);
  }
  dilation = perDimension(dilation, rank, "dilation");
  const padding = newInts(rank);
  for (let i = 0; i < rank; i++) padding.set(i, (dilation.get(i) * (weight.shape(i + 2) - 1) + 1) / 2);
  let y = ops.convolution(input, weight, bias, stride, padding, dilation, false, ints1(0), groups);
  for (let i = 0; i < rank; i++) {
    const size = input.shape(i + 2);
    if (y.shape(i + 2) > size) y = ops.narrow(y, i + 2, 1, size);
  }
  return y;
}

export function conv1d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  groups: i32,
): Tensor {
  return convNd(1, input, weight, bias, stride, padding, dilation, groups);
}

export function conv2d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  groups: i32,
): Tensor {
  return convNd(2, input, weight, bias, stride, padding, dilation, groups);
}

export function conv3d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  groups: i32,
): Tensor {
  return convNd(3, input, weight, bias, stride, padding, dilation, groups);
}

function transposeNd(
  rank: i32,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  outputPadding: Ints,
  groups: i32,
  dilation: Ints,
): Tensor {
  checkBatched("conv_transpose", rank, input);
  const batched = <i32>input.ndim == rank + 2;
  const x = batched ? input : ops.unsqueeze(input, 0);
  const y = ops.convolution(x, weight, bias, stride, padding, dilation, true, outputPadding, groups);
  return batched ? y : ops.squeeze(y, 0);
}

export function convTranspose1d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  outputPadding: Ints,
  groups: i32,
  dilation: Ints,
): Tensor {
  return transposeNd(1, input, weight, bias, stride, padding, outputPadding, groups, dilation);
}

export function convTranspose2d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  outputPadding: Ints,
  groups: i32,
  dilation: Ints,
): Tensor {
  return transposeNd(2, input, weight, bias, stride, padding, outputPadding, groups, dilation);
}

export function convTranspose3d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Ints,
  padding: Ints,
  outputPadding: Ints,
  groups: i32,
  dilation: Ints,
): Tensor {
  return transposeNd(3, input, weight, bias, stride, padding, outputPadding, groups, dilation);
}
