// Average pooling, and the adaptive pools.
import { args } from "../dispatch/args";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import * as ops from "../gen/ops";
import { poolWorkspace } from "../kernels/poolWindows";
import { empty, rawContiguous, rawToDType, wrappedNumber } from "../tensor/create";
import { DType, isFloating, takesStored } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgInt, msgShape, raise } from "../tensor/error";
import { Ints, NONE, ints1, ints2, newInts } from "../tensor/ints";
import { ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { filled, notImplemented, perDimension, pooledSizes, runMax, setWindows, withSizes } from "./pooling";

function averageDType(dtype: i32, rank: i32, device: i32): i32 {
  if (dtype == DType.Float32 || dtype == DType.Float64 || dtype == DType.Int64) return dtype;
  if (isFloating(dtype)) return takesStored(device) ? dtype : DType.Float32;
  notImplemented(rank == 3 ? "avg_pool3d_out_frame" : "avg_pool2d", dtype);
  return dtype;
}

/** The averages of windows over the last `kernel.length` dims; `size` ends in the output's sizes. */
export function averagePlanes(
  input: Tensor,
  size: Ints,
  kernel: Ints,
  stride: Ints,
  padding: Ints,
  adaptive: bool,
  countPadding: bool,
  divisor: i32,
): Tensor {
  return launch(false, input, size, kernel, stride, padding, adaptive, countPadding, divisor);
}

/** The transpose of averagePlanes: every element of the gradient shared out over its window. */
export function averageSpread(
  gradOutput: Tensor,
  size: Ints,
  kernel: Ints,
  stride: Ints,
  padding: Ints,
  adaptive: bool,
  countPadding: bool,
  divisor: i32,
): Tensor {
  return launch(true, gradOutput, size, kernel, stride, padding, adaptive, countPadding, divisor);
}

function launch(
  spread: bool,
  input: Tensor,
  size: Ints,
  kernel: Ints,
  stride: Ints,
  padding: Ints,
  adaptive: bool,
  countPadding: bool,
  divisor: i32,
): Tensor {
  const rank = kernel.length;
  const dtype = averageDType(input.dtype, rank, input.device);
  const last = newInts(rank);
  for (let i = 0; i < rank; i++) last.set(i, size.get(size.length - rank + i));
  const x = rawContiguous(rawToDType(input, dtype));
  const out = empty(withSizes(input, last), dtype, input.device);
  if (out.numel > 0) {
    begin(spread ? Kernel.AverageSpread : Kernel.AveragePool);
    addOperand(out);
    addOperand(x);
    setWindows(rank, kernel, stride, padding, filled(rank, 1));
    args.setInt(1, adaptive ? 1 : 0);
    args.setInt(2, countPadding ? 1 : 0);
    args.setInt(3, divisor);
    workspace(poolWorkspace(args, args.operand(spread ? 0 : 1), args.operand(spread ? 1 : 0)));
    run(input.device);
  }
  return rawToDType(out, input.dtype);
}

function averagePool(
  input: Tensor,
  rank: i32,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  ceilMode: bool,
  countIncludePad: bool,
  divisorOverride: i32,
  op: string,
): Tensor {
  if (divisorOverride == 0) fail(ErrorKind.Runtime, "divisor must be not zero");
  const kernel = perDimension(kernelSize, rank, op, "kernel_size");
  const step = stride === null || stride.length == 0 ? kernel : perDimension(stride, rank, op, "stride");
  const pad = perDimension(padding, rank, op, "padding");
  const sizes = pooledSizes(input, rank, kernel, step, pad, filled(rank, 1), ceilMode, op);
  const divisor = divisorOverride == NONE ? 0 : divisorOverride;
  return ops.averagePlanes(input, sizes, kernel, step, pad, false, countIncludePad, divisor);
}

function line(first: i32, list: Ints): Ints {
  if (list.length != 1) fail(ErrorKind.Runtime, "avg_pool1d: expected a single int for every setting");
  return ints2(first, list.get(0));
}

export function avgPool1d(
  input: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  ceilMode: bool,
  countIncludePad: bool,
): Tensor {
  if (input.ndim != 2 && input.ndim != 3) {
    fail(ErrorKind.Runtime, "Expected 2 or 3 dimensions, but got input of another number of dimensions");
  }
  const step = stride === null || stride.length == 0 ? kernelSize : stride;
  const y = averagePool(
    ops.unsqueeze(input, -2),
    2,
    line(1, kernelSize),
    line(1, step),
    line(0, padding),
    ceilMode,
    countIncludePad,
    NONE,
    "avg_pool1d",
  );
  return ops.squeeze(y, -2);
}

export function avgPool2d(
  input: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  ceilMode: bool,
  countIncludePad: bool,
  divisorOverride: i32,
): Tensor {
  return averagePool(input, 2, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride, "avg_pool2d");
}

export function avgPool3d(
  input: Tensor,
  kernelSize: Ints,
  stride: Ints | null,
  padding: Ints,
  ceilMode: bool,
  countIncludePad: bool,
  divisorOverride: i32,
): Tensor {
  return averagePool(input, 3, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride, "avg_pool3d");
}

/** One size per dim, NONE standing for the input's. */
function adaptiveSizes(input: Tensor, rank: i32, outputSize: Ints, op: string): Ints {
  const ndim = <i32>input.ndim;
  if (ndim != rank + 1 && ndim != rank + 2) {
    msg(op);
    msg("(): Expected ");
    msgInt(rank + 1);
    msg("D or ");
    msgInt(rank + 2);
    msg("D tensor, but got ");
    msgShape(input);
    raise(ErrorKind.Runtime);
  }
  for (let i = ndim - rank; i < ndim; i++) {
    if (input.shape(i) > 0) continue;
    msg(op);
    msg("(): Expected input to have non-zero size for non-batch dimensions, but input has sizes ");
    msgShape(input);
    msg(" with dimension ");
    msgInt(i);
    msg(" being empty");
    raise(ErrorKind.Runtime);
  }
  if (outputSize.length != rank && outputSize.length != 1) {
    msg(op);
    msg(": output_size must be ");
    msgInt(rank);
    raise(ErrorKind.Runtime);
  }
  const sizes = newInts(rank);
  for (let i = 0; i < rank; i++) {
    const size = outputSize.get(outputSize.length == 1 ? 0 : i);
    // the bindings pass an absent size as the least int
    sizes.set(i, size <= NONE + 1 ? input.shape(ndim - rank + i) : size);
    if (sizes.get(i) < 0) fail(ErrorKind.Runtime, "elements of output_size must be greater than or equal to 0");
  }
  return sizes;
}

function adaptiveAverage(input: Tensor, rank: i32, outputSize: Ints, op: string): Tensor {
  const sizes = adaptiveSizes(input, rank, outputSize, op);
  const one = filled(rank, 1);
  return ops.averagePlanes(input, sizes, one, one, one, true, false, 0);
}

export function adaptiveAvgPool1d(input: Tensor, outputSize: Ints): Tensor {
  return adaptiveAverage(input, 1, outputSize, "adaptive_avg_pool1d");
}

export function adaptiveAvgPool2d(input: Tensor, outputSize: Ints): Tensor {
  return adaptiveAverage(input, 2, outputSize, "adaptive_avg_pool2d");
}

export function adaptiveAvgPool3d(input: Tensor, outputSize: Ints): Tensor {
  return adaptiveAverage(input, 3, outputSize, "adaptive_avg_pool3d");
}

function adaptiveMax(input: Tensor, rank: i32, outputSize: Ints, op: string): Tensor {
  const sizes = adaptiveSizes(input, rank, outputSize, op);
  const one = filled(rank, 1);
  return runMax(input, sizes, true, one, one, one, one, op, true);
}

export function adaptiveMaxPool1dWithIndices(input: Tensor, outputSize: Ints): Tensor {
  return adaptiveMax(input, 1, outputSize, "adaptive_max_pool1d");
}

export function adaptiveMaxPool2dWithIndices(input: Tensor, outputSize: Ints): Tensor {
  return adaptiveMax(input, 2, outputSize, "adaptive_max_pool2d");
}

export function adaptiveMaxPool3dWithIndices(input: Tensor, outputSize: Ints): Tensor {
  return adaptiveMax(input, 3, outputSize, "adaptive_max_pool3d");
}

/** The p-norm of every window, by way of the average of the p-th powers. */
export function lpPool1d(input: Tensor, normType: f64, kernelSize: Ints, stride: Ints | null, ceilMode: bool): Tensor {
  const powers = ops.pow(input, number(normType));
  return normOf(avgPool1d(powers, kernelSize, stride, ints1(0), ceilMode, true), kernelSize.get(0), normType);
}

export function lpPool2d(input: Tensor, normType: f64, kernelSize: Ints, stride: Ints | null, ceilMode: bool): Tensor {
  const kernel = perDimension(kernelSize, 2, "lp_pool2d", "kernel_size");
  const means = avgPool2d(ops.pow(input, number(normType)), kernel, stride, ints1(0), ceilMode, true, NONE);
  return normOf(means, kernel.get(0) * kernel.get(1), normType);
}

function normOf(means: Tensor, count: i32, normType: f64): Tensor {
  const sums = ops.mul(ops.mul(ops.sign(means), ops.relu(ops.abs(means))), number(count));
  return ops.pow(sums, number(1 / normType));
}

// @ts-ignore: decorator
@inline function number(value: f64): Tensor {
  return wrappedNumber(value, ScalarKind.Float);
}
