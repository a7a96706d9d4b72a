// Pooling: validation in PyTorch's order and words, output sizes, and the kernels' calls. One and two spatial dims may come
// without a batch; everything in front of the spatial dims counts as planes.
import { gradEnabled } from "../autograd/mode";
import { args } from "../dispatch/args";
import { resultAt, setResult } from "../dispatch/entry";
import { Device } from "../dispatch/device";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import * as ops from "../gen/ops";
import { poolWorkspace } from "../kernels/poolWindows";
import { empty, rawContiguous, rawToDType } from "../tensor/create";
import { DType, isFloating, takesStored } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgInt, msgShape, raise } from "../tensor/error";
import { Ints, newInts, shapeOf } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";

/** `list` with one value per spatial dim. */
export function perDimension(list: Ints, rank: i32, op: string, name: string): Ints {
  if (list.length == rank) return list;
  if (list.length != 1) {
    msg(op);
    msg(": ");
    msg(name);
    msg(
      rank == 1
        ? " must be one int"
        : rank == 2
          ? " must either be a single int, or a tuple of two ints"
          : " must either be a single int, or a tuple of three ints",
    );
    raise(ErrorKind.Runtime);
  }
  const result = newInts(rank);
  for (let i = 0; i < rank; i++) result.set(i, list.get(0));
  return result;
}

function divFloor(a: i32, b: i32): i32 {
  const q = a / b;
  return a % b != 0 && a < 0 != b < 0 ? q - 1 : q;
}

/** The number of windows along one dim. */
function outputSize(input: i32, kernel: i32, padding: i32, stride: i32, dilation: i32, ceilMode: bool): i32 {
  if (stride == 0) fail(ErrorKind.Runtime, "stride should not be zero");
  if (padding < 0) {
    msg("pad must be non-negative, but got pad: ");
    msgInt(padding);
    raise(ErrorKind.Runtime);
  }
  if (padding > kernel / 2) {
    msg("pad should be at most half of kernel size, but got pad=");
    msgInt(padding);
    msg(" and kernel_size=");
    msgInt(kernel);
    raise(ErrorKind.Runtime);
  }
  const reach = input + 2 * padding - dilation * (kernel - 1) - 1 + (ceilMode ? stride - 1 : 0);
  let size = divFloor(reach, stride) + 1;
  // the last window has to start inside the input or the padding before it
  if (ceilMode && (size - 1) * stride >= input + padding) size--;
  return size;
}

/** kT: 2 kH: 3 kW: 4 */
function msgPer(prefix: string, values: Ints): void {
  for (let i = 0; i < values.length; i++) {
    const which = values.length - i;
    if (i > 0) msg(" ");
    msg(prefix);
    msg(which == 1 ? "W: " : which == 2 ? "H: " : "T: ");
    msgInt(values.get(i));
  }
}

function checkPositive(values: Ints, what: string, prefix: string): void {
  for (let i = 0; i < values.length; i++) {
    if (values.get(i) > 0) continue;
    msg(what);
    msg(" should be greater than zero, but got ");
    msgPer(prefix, values);
    raise(ErrorKind.Runtime);
  }
}

function msgSizes(first: i32, x: Tensor, rank: i32, sizes: Ints | null): void {
  msg("(");
  msgInt(first);
  for (let i = 0; i < rank; i++) {
    msg("x");
    msgInt(sizes === null ? x.shape(<i32>x.ndim - rank + i) : sizes.get(i));
  }
  msg(")");
}

function checkOutput(x: Tensor, rank: i32, sizes: Ints): void {
  for (let i = 0; i < rank; i++) {
    if (sizes.get(i) >= 1) continue;
    const planes = x.shape(<i32>x.ndim - rank - 1);
    msg("Given input size: ");
    msgSizes(planes, x, rank, null);
    msg(". Calculated output size: ");
    msgSizes(planes, x, rank, sizes);
    msg(". Output size is too small");
    raise(ErrorKind.Runtime);
  }
}

/** Two dims: PyTorch's pool2d_shape_check. A batch may be empty, nothing else. */
function checkFlat(x: Tensor): void {
  const ndim = <i32>x.ndim;
  let valid = ndim == 3 || ndim == 4;
  for (let i = ndim - 3; valid && i < ndim; i++) if (x.shape(i) == 0) valid = false;
  if (valid) return;
  msg("Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:");
  msgShape(x);
  raise(ErrorKind.Runtime);
}

function checkVolumeRank(x: Tensor): void {
  if (x.ndim == 4 || x.ndim == 5) return;
  fail(ErrorKind.Runtime, "non-empty 4D or 5D (batch mode) tensor expected for input");
}

/** Three dims: PyTorch's pool3d_shape_check. */
function checkVolume(x: Tensor, op: string): void {
  for (let i = <i32>x.ndim - 4; i < <i32>x.ndim; i++) {
    if (x.shape(i) > 0) continue;
    msg(op);
    msg("(): Expected input's non-batch dimensions to have positive length, but input has a shape of ");
    msgShape(x);
    msg(" and non-batch dimension ");
    msgInt(x.shape(i));
    msg(" has length zero!");
    raise(ErrorKind.Runtime);
  }
}

/** Checks everything about a pooling over two or three dims and returns the output's spatial sizes. */
export function pooledSizes(
  x: Tensor,
  rank: i32,
  kernel: Ints,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  ceilMode: bool,
  op: string,
): Ints {
  if (rank == 3) checkVolumeRank(x);
  const sizes = newInts(rank);
  for (let i = 0; i < rank; i++) {
    const d = <i32>x.ndim - rank + i;
    const size = d < 0 ? 1 : x.shape(d);
    sizes.set(i, outputSize(size, kernel.get(i), padding.get(i), stride.get(i), dilation.get(i), ceilMode));
  }
  checkPositive(kernel, "kernel size", "k");
  checkPositive(stride, "stride", "d");
  checkPositive(dilation, "dilation", "dilation");
  if (rank == 2) checkFlat(x);
  else checkVolume(x, op);
  checkOutput(x, rank, sizes);
  return sizes;
}

/** The input's sizes with the last ones replaced. */
export function withSizes(x: Tensor, sizes: Ints): Ints {
  const shape = shapeOf(x);
  const lead = shape.length - sizes.length;
  for (let i = 0; i < sizes.length; i++) shape.set(lead + i, sizes.get(i));
  return shape;
}

export function setWindows(rank: i32, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints): void {
  args.setInt(0, rank);
  args.setInt(1, 0);
  args.setInt(2, 0);
  args.setInt(3, 0);
  for (let i = 0; i < rank; i++) {
    args.setInt(4 + i, kernel.get(i));
    args.setInt(4 + rank + i, stride.get(i));
    args.setInt(4 + 2 * rank + i, padding.get(i));
    args.setInt(4 + 3 * rank + i, dilation.get(i));
  }
}

export function filled(length: i32, value: i32): Ints {
  const list = newInts(length);
  for (let i = 0; i < length; i++) list.set(i, value);
  return list;
}

/** float16 and bfloat16 pool in float32, narrow integers in int32. */
function maxDType(op: string, dtype: i32, device: i32): i32 {
  if (dtype == DType.Float64 || dtype == DType.Float32) return dtype;
  if (isFloating(dtype)) return takesStored(device) ? dtype : DType.Float32;
  notImplemented(op, dtype);
  return dtype;
}

export function notImplemented(op: string, dtype: i32): void {
  msg('"');
  msg(op);
  msg("\" not implemented for '");
  msgDType(dtype);
  msg("'");
  raise(ErrorKind.Runtime);
}

/** Values as result 0, indices, if they are wanted, as result 1. `adaptive`: the windows follow from the sizes. */
export function runMax(
  x: Tensor,
  sizes: Ints,
  adaptive: bool,
  kernel: Ints,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  dtypeName: string,
  indexed: bool,
): Tensor {
  const rank = sizes.length;
  const dtype = maxDType(dtypeName, x.dtype, x.device);
  const shape = withSizes(x, sizes);
  const input = rawContiguous(rawToDType(x, dtype));
  const values = empty(shape, dtype, x.device);
  const alone = !indexed && dtype == DType.Float32 && x.device == Device.Cpu;
  const indices = alone ? values : empty(shape, DType.Int64, x.device);
  if (values.numel > 0) {
    begin(Kernel.MaxPool);
    addOperand(values);
    if (!alone) addOperand(indices);
    addOperand(input);
    setWindows(rank, kernel, stride, padding, dilation);
    args.setInt(1, adaptive ? 1 : 0);
    args.setInt(2, alone ? 1 : 0);
    workspace(poolWorkspace(args, args.operand(args.count - 1), args.operand(0)));
    run(x.device);
  }
  const result = rawToDType(values, x.dtype);
  setResult(0, result);
  setResult(1, indices);
  return result;
}

function maxPool(
  x: Tensor,
  rank: i32,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  dilation: Ints,
  ceilMode: bool,
  op: string,
  template: string,
  indexed: bool,
): Tensor {
  const kernel = perDimension(kernelSize, rank, op, "kernel_size");
  const step = stride === null || stride.length == 0 ? kernel : perDimension(stride, rank, op, "stride");
  const pad = perDimension(padding, rank, op, "padding");
  const spread = perDimension(dilation, rank, op, "dilation");
  const sizes = pooledSizes(x, rank, kernel, step, pad, spread, ceilMode, template);
  return runMax(x, sizes, false, kernel, step, pad, spread, op, indexed);
}

export function maxPool2dWithIndices(
  input: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  dilation: Ints,
  ceilMode: bool,
): Tensor {
  return maxPool(input, 2, kernelSize, stride, padding, dilation, ceilMode, "max_pool2d", "max_pool2d", true);
}

export function maxPool3dWithIndices(
  input: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  dilation: Ints,
  ceilMode: bool,
): Tensor {
  const template = "max_pool3d_with_indices_out_cpu_template";
  return maxPool(input, 3, kernelSize, stride, padding, dilation, ceilMode, "max_pool3d", template, true);
}

function with1(value: i32, list: Ints): Ints {
  const result = newInts(2);
  result.set(0, value);
  result.set(1, list.get(0));
  return result;
}

function checkLine(input: Tensor): void {
  const ndim = <i32>input.ndim;
  let valid = ndim == 2 || ndim == 3;
  for (let i = ndim - 2; valid && i < ndim; i++) if (input.shape(i) == 0) valid = false;
  if (valid) return;
  msg("max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:");
  msgShape(input);
  raise(ErrorKind.Runtime);
}

/** A line is a plane of one row. */
export function maxPool1dWithIndices(
  input: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  dilation: Ints,
  ceilMode: bool,
): Tensor {
  checkLine(input);
  const kernel = perDimension(kernelSize, 1, "max_pool1d", "kernel_size");
  const step = stride === null || stride.length == 0 ? kernel : perDimension(stride, 1, "max_pool1d", "stride");
  const values = ops.maxPool2dWithIndices(
    ops.unsqueeze(input, -2),
    with1(1, kernel),
    with1(1, step),
    with1(0, perDimension(padding, 1, "max_pool1d", "padding")),
    with1(1, perDimension(dilation, 1, "max_pool1d", "dilation")),
    ceilMode,
  );
  const planeIndices = resultAt(1);
  const indices = ops.squeeze(planeIndices, -2);
  const result = ops.squeeze(values, -2);
  setResult(0, result);
  setResult(1, indices);
  return result;
}

function failMax1d(what: string, value: i32): void {
  msg("max_pool1d() ");
  msg(what);
  msgInt(value);
  raise(ErrorKind.Runtime);
}

/** The checks that PyTorch makes where no indices are wanted; its words differ from those with indices. */
export function maxPool1d(
  input: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  dilation: Ints,
  ceilMode: bool,
): Tensor {
  if (!input.requiresGrad) {
    checkLine(input);
    const kernel = perDimension(kernelSize, 1, "max_pool1d", "kernel_size").get(0);
    const step = stride === null || stride.length == 0 ? kernel : stride.get(0);
    const pad = perDimension(padding, 1, "max_pool1d", "padding").get(0);
    const spread = perDimension(dilation, 1, "max_pool1d", "dilation").get(0);
    if (kernel <= 0) failMax1d("kernel_size must be greater than zero, but got ", kernel);
    if (step <= 0) failMax1d("stride must be greater than zero, but got ", step);
    if (pad < 0) failMax1d("padding must be non-negative, but got ", pad);
    if (pad > kernel / 2) {
      msg("max_pool1d() padding should be at most half of kernel size, but got padding=");
      msgInt(pad);
      msg(" and kernel_size=");
      msgInt(kernel);
      raise(ErrorKind.Runtime);
    }
    if (spread <= 0) failMax1d("dilation must be greater than zero, but got ", spread);
    const size = outputSize(input.shape(<i32>input.ndim - 1), kernel, pad, step, spread, ceilMode);
    if (size <= 0) failMax1d("Invalid computed output size: ", size);
  }
  return ops.maxPool1dWithIndices(input, kernelSize, stride, padding, dilation, ceilMode);
}

export function maxPool2d(
  input: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  dilation: Ints,
  ceilMode: bool,
): Tensor {
  if (!recorded(input)) {
    return maxPool(input, 2, kernelSize, stride, padding, dilation, ceilMode, "max_pool2d", "max_pool2d", false);
  }
  return ops.maxPool2dWithIndices(input, kernelSize, stride, padding, dilation, ceilMode);
}

/** Whether a derivative, which takes the indices, may be asked for. */
function recorded(input: Tensor): bool {
  return gradEnabled() && input.requiresGrad;
}

export function maxPool3d(
  input: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  dilation: Ints,
  ceilMode: bool,
): Tensor {
  if (recorded(input)) return ops.maxPool3dWithIndices(input, kernelSize, stride, padding, dilation, ceilMode);
  const template = "max_pool3d_with_indices_out_cpu_template";
  return maxPool(input, 3, kernelSize, stride, padding, dilation, ceilMode, "max_pool3d", template, false);
}

/** Adds the elements of planes (the last `rank` dims) to places in zeros; `size` ends in the planes' new sizes. */
export function planeScatter(input: Tensor, indices: Tensor, size: Ints, rank: i32): Tensor {
  return movePlanes(Kernel.PlaneScatter, input, indices, size, rank, true);
}

/** As planeScatter, where no two elements go to one place. */
export function planePut(input: Tensor, indices: Tensor, size: Ints, rank: i32): Tensor {
  return movePlanes(Kernel.PlaneScatter, input, indices, size, rank, false);
}

/** The elements of planes at `indices`. */
export function planeGather(input: Tensor, indices: Tensor, rank: i32): Tensor {
  return movePlanes(Kernel.PlaneGather, input, indices, shapeOf(indices), rank, false);
}

function movePlanes(kernel: i32, input: Tensor, indices: Tensor, size: Ints, rank: i32, add: bool): Tensor {
  const scatter = kernel == Kernel.PlaneScatter;
  const dtype = isFloating(input.dtype) && input.dtype != DType.Float64 ? DType.Float32 : <i32>input.dtype;
  const last = newInts(rank);
  for (let i = 0; i < rank; i++) last.set(i, size.get(size.length - rank + i));
  const from = rawContiguous(rawToDType(input, dtype));
  const places = rawContiguous(indices);
  const out = empty(withSizes(input, last), dtype, input.device);
  if (out.numel > 0) {
    begin(kernel);
    addOperand(out);
    addOperand(from);
    addOperand(places);
    args.setInt(0, planeSize(indices, rank));
    args.setInt(1, planeSize(scatter ? out : from, rank));
    args.setInt(2, add ? 1 : 0);
    run(input.device);
  }
  return rawToDType(out, input.dtype);
}

function planeSize(t: Tensor, rank: i32): i32 {
  let n = 1;
  for (let i = <i32>t.ndim - rank; i < <i32>t.ndim; i++) n *= t.shape(i);
  return n;
}
