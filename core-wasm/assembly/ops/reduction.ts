// Reductions.
import { args } from "../dispatch/args";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import { REDUCE_WORKSPACE } from "../kernels/reduce";
import { ReduceOp } from "../kernels/reduceOp";
import { wrapDims } from "../tensor/broadcast";
import { empty } from "../tensor/create";
import { Compute, DType, NO_DTYPE, computeType, isIntegral } from "../tensor/dtype";
import { Ints, newInts } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";

export function sum(input: Tensor, dim: Ints | null, keepdim: bool, dtype: i32): Tensor {
  const result = dtype != NO_DTYPE ? dtype : isIntegral(input.dtype, true) ? DType.Int64 : <i32>input.dtype;
  return reduce(ReduceOp.Sum, input, wrapDims(dim, input.ndim), keepdim, result, 0);
}

/** Runs one reduction of `input` over the dims of the bitset `set` into a new tensor of `dtype`. */
export function reduce(op: i32, input: Tensor, set: u32, keepdim: bool, dtype: i32, param: f64): Tensor {
  const ndim = <i32>input.ndim;
  const kept = newInts(keepdim ? ndim : ndim - popcnt<i32>(set));
  for (let i = 0, k = 0; i < ndim; i++) {
    const reduced = (set & (1 << i)) != 0;
    if (!reduced) kept.set(k++, input.shape(i));
    else if (keepdim) kept.set(k++, 1);
  }
  const out = empty(kept, dtype, input.device);
  begin(Kernel.Reduce);
  addOperand(out);
  addOperand(input);
  // the kernel wants the kept dims first, and no dims of size 1 in their place in the result
  const o = args.operand(0);
  const x = args.operand(1);
  let k = 0;
  let stride = out.numel;
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < ndim; i++) {
      if (((set & (1 << i)) != 0) != (pass == 1)) continue;
      x.setShape(k, input.shape(i));
      x.setStride(k, input.stride(i));
      if (pass == 0) {
        stride /= max(input.shape(i), 1);
        o.setShape(k, input.shape(i));
        o.setStride(k, stride);
      }
      k++;
    }
  }
  o.ndim = ndim - popcnt<i32>(set);
  args.setInt(0, popcnt<i32>(set));
  args.setInt(1, op);
  args.setParam(0, param);
  args.compute = isIntegral(input.dtype, true) ? Compute.I64 : computeType(input.dtype);
  workspace(REDUCE_WORKSPACE);
  run(input.device);
  return out;
}
