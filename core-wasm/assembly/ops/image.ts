// Images: columns of windows, interpolation, sampling at the places of a grid.
import { args } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import * as ops from "../gen/ops";
import { GRID_SAMPLE_WORKSPACE } from "../kernels/gridSample";
import { resampleWorkspace } from "../kernels/resample";
import { empty, rawContiguous, rawToDType } from "../tensor/create";
import { DType, isFloating, takesStored } from "../tensor/dtype";
import { ErrorKind, cppTypeName, fail, msg, msgDType, msgInt, msgShape, raise } from "../tensor/error";
import { Ints, ints3, ints4, newInts, shapeOf } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { perDimension } from "./pooling";

/** float64 in float64, other floating types in float32, unless the device's kernels take them as they are. */
function floatDType(op: string, dtype: i32, device: i32): i32 {
  if (dtype == DType.Float64) return dtype;
  if (isFloating(dtype)) return takesStored(device) ? dtype : DType.Float32;
  msg('"');
  msg(op);
  msg("\" not implemented for '");
  msgDType(dtype);
  msg("'");
  raise(ErrorKind.Runtime);
  return dtype;
}

function prepared(t: Tensor, dtype: i32): Tensor {
  return rawContiguous(rawToDType(t, dtype));
}

// ---- unfold and fold -----------------------------------------------------------------------------------------------

function checkPositive(list: Ints, what: string): void {
  if (list.get(0) > 0 && list.get(1) > 0) return;
  msg(what);
  msg(" should be greater than zero, but got ");
  msgInt(list.get(0));
  msg(" x ");
  msgInt(list.get(1));
  raise(ErrorKind.Runtime);
}

/** Windows along one dim of an image. */
function positions(size: i32, kernel: i32, stride: i32, padding: i32, dilation: i32): i32 {
  const room = size + 2 * padding - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

function setWindows(kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, rows: i32, across: i32): void {
  for (let i = 0; i < 2; i++) {
    args.setInt(i, kernel.get(i));
    args.setInt(2 + i, stride.get(i));
    args.setInt(4 + i, padding.get(i));
    args.setInt(6 + i, dilation.get(i));
  }
  args.setInt(8, rows);
  args.setInt(9, across);
}

export function im2col(input: Tensor, kernelSize: Ints, dilation: Ints, padding: Ints, stride: Ints): Tensor {
  const kernel = perDimension(kernelSize, 2, "unfold", "kernel_size");
  const spread = perDimension(dilation, 2, "unfold", "dilation");
  const pad = perDimension(padding, 2, "unfold", "padding");
  const step = perDimension(stride, 2, "unfold", "stride");
  checkPositive(kernel, "kernel size");
  checkPositive(spread, "dilation");
  checkPositive(step, "stride");
  const ndim = <i32>input.ndim;
  let valid = ndim == 3 || ndim == 4;
  for (let d = ndim - 3; valid && d < ndim; d++) if (input.shape(d) == 0) valid = false;
  if (!valid) {
    msg(
      "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: ",
    );
    msgShape(input);
    raise(ErrorKind.Runtime);
  }
  const rows = positions(input.shape(ndim - 2), kernel.get(0), step.get(0), pad.get(0), spread.get(0));
  const across = positions(input.shape(ndim - 1), kernel.get(1), step.get(1), pad.get(1), spread.get(1));
  if (rows < 1 || across < 1) {
    msg("Given input with spatial size (");
    msgInt(input.shape(ndim - 2));
    msg(", ");
    msgInt(input.shape(ndim - 1));
    msg("), kernel_size=(");
    msgInt(kernel.get(0));
    msg(", ");
    msgInt(kernel.get(1));
    msg("), calculated shape of the array of sliding blocks as (");
    msgInt(rows);
    msg(", ");
    msgInt(across);
    msg("), but its components must be at least one.");
    raise(ErrorKind.Runtime);
  }
  const x = ndim == 3 ? ops.unsqueeze(input, 0) : input;
  const columns = ops.imageColumns(x, kernel, step, pad, spread, rows, across);
  return ndim == 3 ? ops.squeeze(columns, 0) : columns;
}

export function col2im(
  input: Tensor,
  outputSize: Ints,
  kernelSize: Ints,
  dilation: Ints,
  padding: Ints,
  stride: Ints,
): Tensor {
  const size = perDimension(outputSize, 2, "fold", "output_size");
  const kernel = perDimension(kernelSize, 2, "fold", "kernel_size");
  const spread = perDimension(dilation, 2, "fold", "dilation");
  const pad = perDimension(padding, 2, "fold", "padding");
  const step = perDimension(stride, 2, "fold", "stride");
  checkPositive(kernel, "kernel size");
  checkPositive(spread, "dilation");
  checkPositive(step, "stride");
  const ndim = <i32>input.ndim;
  if ((ndim != 2 && ndim != 3) || input.shape(ndim - 2) == 0 || input.shape(ndim - 1) == 0) {
    msg(
      "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, but got: ",
    );
    msgShape(input);
    raise(ErrorKind.Runtime);
  }
  const elements = kernel.get(0) * kernel.get(1);
  if (input.shape(ndim - 2) % elements != 0) {
    msg("Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)=");
    msgInt(input.shape(ndim - 2));
    msg(" and kernel_size=(");
    msgInt(kernel.get(0));
    msg(", ");
    msgInt(kernel.get(1));
    msg(").");
    raise(ErrorKind.Runtime);
  }
  const rows = positions(size.get(0), kernel.get(0), step.get(0), pad.get(0), spread.get(0));
  const across = positions(size.get(1), kernel.get(1), step.get(1), pad.get(1), spread.get(1));
  if (input.shape(ndim - 1) != rows * across) {
    msg("Given output_size=(");
    msgInt(size.get(0));
    msg(", ");
    msgInt(size.get(1));
    msg("), kernel_size=(");
    msgInt(kernel.get(0));
    msg(", ");
    msgInt(kernel.get(1));
    msg("), expected size of input's dimension 2 to match the calculated number of sliding blocks ");
    msgInt(rows);
    msg(" * ");
    msgInt(across);
    msg(" = ");
    msgInt(rows * across);
    msg(", but got input.size(2)=");
    msgInt(input.shape(ndim - 1));
    msg(".");
    raise(ErrorKind.Runtime);
  }
  const x = ndim == 2 ? ops.unsqueeze(input, 0) : input;
  const shape = ints4(x.shape(0), x.shape(1) / elements, size.get(0), size.get(1));
  const image = ops.columnsImage(x, shape, kernel, step, pad, spread, rows, across);
  return ndim == 2 ? ops.squeeze(image, 0) : image;
}

export function imageColumns(
  input: Tensor,
  kernel: Ints,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  rows: i32,
  across: i32,
): Tensor {
  const dtype = floatDType("im2col_out_cpu", input.dtype, input.device);
  const x = prepared(input, dtype);
  const shape = ints3(x.shape(0), x.shape(1) * kernel.get(0) * kernel.get(1), rows * across);
  const out = empty(shape, dtype, x.device);
  if (out.numel > 0) {
    begin(Kernel.UnfoldImage);
    addOperand(out);
    addOperand(x);
    setWindows(kernel, stride, padding, dilation, rows, across);
    run(x.device);
  }
  return rawToDType(out, input.dtype);
}

export function columnsImage(
  input: Tensor,
  size: Ints,
  kernel: Ints,
  stride: Ints,
  padding: Ints,
  dilation: Ints,
  rows: i32,
  across: i32,
): Tensor {
  const dtype = floatDType("col2im_out_cpu", input.dtype, input.device);
  const x = prepared(input, dtype);
  const out = empty(size, dtype, x.device);
  if (out.numel > 0) {
    begin(Kernel.FoldImage);
    addOperand(out);
    addOperand(x);
    setWindows(kernel, stride, padding, dilation, rows, across);
    run(x.device);
  }
  return rawToDType(out, input.dtype);
}

// ---- interpolation -------------------------------------------------------------------------------------------------

/** One dim interpolated to `size`; see kernels/resample.ts. */
export function resample(input: Tensor, dim: i32, size: i32, mode: i32, alignCorners: bool, scale: f64): Tensor {
  return launchResample(false, input, dim, size, mode, alignCorners, scale);
}

/** The transpose of `resample`: the gradient of its input. */
export function resampleBackward(
  gradOutput: Tensor,
  dim: i32,
  size: i32,
  mode: i32,
  alignCorners: bool,
  scale: f64,
): Tensor {
  return launchResample(true, gradOutput, dim, size, mode, alignCorners, scale);
}

function launchResample(
  transposed: bool,
  input: Tensor,
  dim: i32,
  size: i32,
  mode: i32,
  alignCorners: bool,
  scale: f64,
): Tensor {
  if (size < 1 || input.shape(dim) < 1) {
    msg("Input and output sizes should be greater than 0, but got input (");
    msgInt(input.shape(dim));
    msg(") output (");
    msgInt(size);
    msg(")");
    raise(ErrorKind.Runtime);
  }
  const dtype =
    input.dtype == DType.Uint8 && mode < 2 ? DType.Uint8 : floatDType("interpolate", input.dtype, input.device);
  const x = prepared(input, dtype);
  const shape = shapeOf(x);
  shape.set(dim, size);
  const out = empty(shape, dtype, x.device);
  if (out.numel > 0) {
    begin(Kernel.Resample);
    addOperand(out);
    addOperand(x);
    args.setInt(0, dim);
    args.setInt(1, mode);
    args.setInt(2, alignCorners ? 1 : 0);
    args.setInt(3, transposed ? 1 : 0);
    args.setParam(0, scale);
    if (x.device == Device.Cpu) workspace(resampleWorkspace(transposed ? x.shape(dim) : size));
    run(x.device);
  }
  return rawToDType(out, input.dtype);
}

// ---- grid_sample ---------------------------------------------------------------------------------------------------

function checkGrid(input: Tensor, grid: Tensor, mode: i32): void {
  if (input.dtype != grid.dtype) {
    msg("grid_sampler(): expected input and grid to have same dtype, but input has ");
    msg(cppTypeName(input.dtype));
    msg(" and grid has ");
    msg(cppTypeName(grid.dtype));
    raise(ErrorKind.Runtime);
  }
  if ((input.ndim != 4 && input.ndim != 5) || input.ndim != grid.ndim) {
    msg("grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes ");
    msgShape(input);
    msg(" and grid with sizes ");
    msgShape(grid);
    raise(ErrorKind.Runtime);
  }
  if (input.shape(0) != grid.shape(0)) {
    msg("grid_sampler(): expected grid and input to have same batch size, but got input with sizes ");
    msgShape(input);
    msg(" and grid with sizes ");
    msgShape(grid);
    raise(ErrorKind.Runtime);
  }
  if (grid.shape(<i32>grid.ndim - 1) != <i32>input.ndim - 2) {
    msg("grid_sampler(): expected grid to have size ");
    msgInt(<i32>input.ndim - 2);
    msg(" in last dimension, but got grid with sizes ");
    msgShape(grid);
    raise(ErrorKind.Runtime);
  }
  for (let i = 2; i < <i32>input.ndim; i++) {
    if (input.shape(i) > 0) continue;
    msg("grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes ");
    msgShape(input);
    msg(" with dimension ");
    msgInt(i);
    msg(" being empty");
    raise(ErrorKind.Runtime);
  }
  if (input.ndim == 5 && mode == 2) {
    fail(ErrorKind.Runtime, "grid_sampler(): bicubic interpolation only supports 4D input");
  }
}

/** Runs one of the three kernels into a tensor of `shape`. */
function launchGrid(
  kernel: i32,
  shape: Ints,
  first: Tensor,
  grid: Tensor,
  input: Tensor | null,
  mode: i32,
  paddingMode: i32,
  alignCorners: bool,
): Tensor {
  // the image's gradient is added up in place
  const device = kernel == Kernel.GridSampleInput ? Device.Cpu : first.device;
  const dtype = floatDType("grid_sampler_2d_cpu", first.dtype, device);
  const a = prepared(first, dtype);
  const g = prepared(grid, dtype);
  if (input !== null) input = prepared(input, dtype);
  const out = empty(shape, dtype, first.device);
  if (out.numel > 0) {
    begin(kernel);
    addOperand(out);
    addOperand(a);
    addOperand(g);
    if (input !== null) addOperand(input);
    args.setInt(0, mode);
    args.setInt(1, paddingMode);
    args.setInt(2, alignCorners ? 1 : 0);
    workspace(GRID_SAMPLE_WORKSPACE);
    run(first.device);
  }
  return rawToDType(out, first.dtype);
}

export function gridSample(input: Tensor, grid: Tensor, mode: i32, paddingMode: i32, alignCorners: i32): Tensor {
  checkGrid(input, grid, mode);
  const shape = newInts(input.ndim);
  shape.set(0, input.shape(0));
  shape.set(1, input.shape(1));
  for (let i = 2; i < shape.length; i++) shape.set(i, grid.shape(i - 1));
  return launchGrid(Kernel.GridSample, shape, input, grid, null, mode, paddingMode, alignCorners == 1);
}

export function gridSampleInput(
  gradOutput: Tensor,
  grid: Tensor,
  size: Ints,
  mode: i32,
  paddingMode: i32,
  alignCorners: i32,
): Tensor {
  return launchGrid(Kernel.GridSampleInput, size, gradOutput, grid, null, mode, paddingMode, alignCorners == 1);
}

export function gridSampleGrid(
  gradOutput: Tensor,
  grid: Tensor,
  input: Tensor,
  mode: i32,
  paddingMode: i32,
  alignCorners: i32,
): Tensor {
  const align = alignCorners == 1;
  return launchGrid(Kernel.GridSampleGrid, shapeOf(grid), gradOutput, grid, input, mode, paddingMode, align);
}
