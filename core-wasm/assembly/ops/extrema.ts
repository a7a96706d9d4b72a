// Bounds: what clamp checks, and nanToNum.
import * as ops from "../gen/ops";
import { DType } from "../tensor/dtype";
import { ErrorKind, fail } from "../tensor/error";
import { Scalar } from "../tensor/scalar";
import { Flag, Tensor } from "../tensor/tensor";

export function checkClamp(input: Tensor, min: Tensor | null, max: Tensor | null): void {
  if (min === null && max === null)
    fail(ErrorKind.Runtime, "torch.clamp: At least one of 'min' or 'max' must not be None");
}

export function checkClampMin(input: Tensor, min: Tensor): void {
  checkBoolBound(input, min, "\"clamp_min_cpu\" not implemented for 'Bool'");
}

export function checkClampMax(input: Tensor, max: Tensor): void {
  checkBoolBound(input, max, "\"clamp_max_cpu\" not implemented for 'Bool'");
}

/** PyTorch's kernels with a number as bound lack bool; those with a tensor have it. */
function checkBoolBound(input: Tensor, bound: Tensor, message: string): void {
  if (bound.has(Flag.Wrapped) && bound.dtype == DType.Bool && input.dtype == DType.Bool)
    fail(ErrorKind.Runtime, message);
}

function largest(dtype: i32): f64 {
  switch (dtype) {
    case DType.Float64:
      return f64.MAX_VALUE;
    case DType.Float16:
      return 65504;
    case DType.BFloat16:
      return 3.3895313892515355e38;
    default:
      return <f64>f32.MAX_VALUE;
  }
}

export function nanToNum(input: Tensor, nan: Scalar | null, posinf: Scalar | null, neginf: Scalar | null): Tensor {
  const limit = largest(input.dtype);
  return ops.replaceNonFinite(
    input,
    nan === null ? 0 : nan.f,
    posinf === null ? limit : posinf.f,
    neginf === null ? -limit : neginf.f,
  );
}
