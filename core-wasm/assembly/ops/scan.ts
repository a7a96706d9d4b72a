// Running sums, products, extrema and logsumexps along one dim.
import { args } from "../dispatch/args";
import { setResult } from "../dispatch/entry";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import { Scan, SCAN_WORKSPACE } from "../kernels/scan";
import { wrapDim } from "../tensor/broadcast";
import { emptyLike } from "../tensor/create";
import { Compute, computeType, DType, isFloating, isIntegral, NO_DTYPE } from "../tensor/dtype";
import { ErrorKind, msg, msgDType, raise } from "../tensor/error";
import { Tensor } from "../tensor/tensor";

/** Appends `t` with `dim` as its last dim. */
function addScanned(t: Tensor, dim: i32): void {
  const operand = args.operand(args.count);
  addOperand(t);
  const last = <i32>t.ndim - 1;
  if (last < 0) {
    operand.ndim = 1;
    operand.setShape(0, 1);
    operand.setStride(0, 1);
    return;
  }
  for (let d = dim; d < last; d++) {
    operand.setShape(d, t.shape(d + 1));
    operand.setStride(d, t.stride(d + 1));
  }
  operand.setShape(last, t.shape(dim));
  operand.setStride(last, t.stride(dim));
}

/** Runs the scan into a new tensor of `dtype`; extrema have their positions as a second result. */
function scan(kind: i32, input: Tensor, dim: i32, dtype: i32, reverse: bool): Tensor {
  const axis = wrapDim(dim, input.ndim);
  const out = emptyLike(input, dtype);
  const two = kind == Scan.Max || kind == Scan.Min;
  begin(Kernel.Scan);
  addScanned(out, axis);
  if (two) {
    const indices = emptyLike(input, DType.Int64);
    addScanned(indices, axis);
    setResult(1, indices);
  }
  addScanned(input, axis);
  args.compute = isFloating(dtype) ? computeType(dtype) : Compute.I64;
  args.setInt(0, kind);
  args.setInt(1, reverse ? 1 : 0);
  workspace(SCAN_WORKSPACE);
  run(input.device);
  setResult(0, out);
  return out;
}

function accumulated(input: Tensor, dtype: i32): i32 {
  if (dtype != NO_DTYPE) return dtype;
  return isIntegral(input.dtype, true) ? DType.Int64 : <i32>input.dtype;
}

export function cumsum(input: Tensor, dim: i32, dtype: i32): Tensor {
  return scan(Scan.Sum, input, dim, accumulated(input, dtype), false);
}

export function cumsumReverse(input: Tensor, dim: i32): Tensor {
  return scan(Scan.Sum, input, dim, input.dtype, true);
}

export function cumprod(input: Tensor, dim: i32, dtype: i32): Tensor {
  return scan(Scan.Prod, input, dim, accumulated(input, dtype), false);
}

export function cummax(input: Tensor, dim: i32): Tensor {
  return scan(Scan.Max, input, dim, input.dtype, false);
}

export function cummin(input: Tensor, dim: i32): Tensor {
  return scan(Scan.Min, input, dim, input.dtype, false);
}

export function logcumsumexp(input: Tensor, dim: i32): Tensor {
  wrapDim(dim, input.ndim);
  if (!isFloating(input.dtype)) {
    msg('"logcumsumexp_out_cpu" not implemented for \'');
    msgDType(input.dtype);
    msg("'");
    raise(ErrorKind.Runtime);
  }
  return scan(Scan.LogSumExp, input, dim, input.dtype, false);
}
