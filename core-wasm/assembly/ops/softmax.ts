// softmax and logSoftmax, forward and backward.
import { args } from "../dispatch/args";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import * as ops from "../gen/ops";
import { SOFTMAX_WORKSPACE } from "../kernels/softmax";
import { wrapDim } from "../tensor/broadcast";
import { emptyLike, rawContiguous, rawToDType } from "../tensor/create";
import { Compute, computeType, DType, isFloating, NO_DTYPE } from "../tensor/dtype";
import { ErrorKind, msg, msgDType, raise } from "../tensor/error";
import { Tensor } from "../tensor/tensor";

/** The dtype the kernels take for elements of `dtype`. */
function kernelDType(dtype: i32): i32 {
  return computeType(dtype) == Compute.F64 ? DType.Float64 : DType.Float32;
}

/** Fills in [outer, n, inner] around `dim` of `t` and runs the kernel whose operands are there. */
function runAlong(t: Tensor, dim: i32, log: bool): void {
  const axis = wrapDim(dim, t.ndim);
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < axis; i++) outer *= t.shape(i);
  for (let i = axis + 1; i < <i32>t.ndim; i++) inner *= t.shape(i);
  args.setInt(0, outer);
  args.setInt(1, t.ndim == 0 ? 1 : t.shape(axis));
  args.setInt(2, inner);
  args.setInt(3, log ? 1 : 0);
  args.compute = computeType(t.dtype);
  workspace(SOFTMAX_WORKSPACE);
  run(t.device);
}

function forward(input: Tensor, dim: i32, dtype: i32, log: bool): Tensor {
  const wanted = dtype != NO_DTYPE ? dtype : <i32>input.dtype;
  wrapDim(dim, input.ndim);
  if (!isFloating(wanted)) {
    msg(
      log
        ? '"log_softmax_lastdim_kernel_impl" not implemented for \''
        : '"softmax_lastdim_kernel_impl" not implemented for \'',
    );
    msgDType(wanted);
    msg("'");
    raise(ErrorKind.Runtime);
  }
  const x = rawContiguous(rawToDType(input, kernelDType(wanted)));
  const out = emptyLike(x, x.dtype);
  begin(Kernel.Softmax);
  addOperand(out);
  addOperand(x);
  runAlong(x, dim, log);
  return rawToDType(out, wanted);
}

export function softmax(input: Tensor, dim: i32, dtype: i32): Tensor {
  return forward(input, dim, dtype, false);
}

export function logSoftmax(input: Tensor, dim: i32, dtype: i32): Tensor {
  return forward(input, dim, dtype, true);
}

function backward(grad: Tensor, output: Tensor, dim: i32, log: bool): Tensor {
  const dtype = kernelDType(output.dtype);
  const g = rawContiguous(rawToDType(grad, dtype));
  const y = rawContiguous(rawToDType(output, dtype));
  const out = emptyLike(y, dtype);
  begin(Kernel.SoftmaxBackward);
  addOperand(out);
  addOperand(g);
  addOperand(y);
  runAlong(y, dim, log);
  return rawToDType(out, output.dtype);
}

export function softmaxBackward(grad: Tensor, output: Tensor, dim: i32): Tensor {
  return backward(grad, output, dim, false);
}

export function logSoftmaxBackward(grad: Tensor, output: Tensor, dim: i32): Tensor {
  return backward(grad, output, dim, true);
}

export function softmin(input: Tensor, dim: i32, dtype: i32): Tensor {
  return ops.softmax(ops.neg(input), dim, dtype);
}
