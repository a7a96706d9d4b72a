// Comparisons of whole tensors, and what comparing ops check beyond their dtype rules.
import * as ops from "../gen/ops";
import { sameShape } from "../tensor/broadcast";
import { rawContiguous, wrappedNumber } from "../tensor/create";
import { DType, isComplex } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgFloat, raise } from "../tensor/error";
import { ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { valueOf } from "../tensor/transfer";

export function checkClose(input: Tensor, other: Tensor, rtol: f64, atol: f64, equalNan: bool): void {
  if (input.dtype != other.dtype) {
    msgDType(input.dtype);
    msg(" did not match ");
    msgDType(other.dtype);
    raise(ErrorKind.Runtime);
  }
  checkTolerance("rtol", rtol);
  checkTolerance("atol", atol);
}

function checkTolerance(name: string, value: f64): void {
  if (value >= 0) return;
  msg(name);
  msg(" must be greater than or equal to zero, but got ");
  msgFloat(value);
  raise(ErrorKind.Runtime);
}

/** Whether every element of a bool tensor is true. */
function allTrue(t: Tensor): bool {
  return valueOf(ops.all(t)) != 0;
}

export function allclose(input: Tensor, other: Tensor, rtol: f64, atol: f64, equalNan: bool): bool {
  checkClose(input, other, rtol, atol, equalNan);
  if (isComplex(input.dtype)) {
    const bound = ops.add(
      ops.mul(ops.abs(other), wrappedNumber(rtol, ScalarKind.Float)),
      wrappedNumber(atol, ScalarKind.Float),
    );
    return allTrue(ops.logicalOr(ops.eq(input, other), ops.le(ops.abs(ops.sub(input, other)), bound)));
  }
  return allTrue(ops.isclose(input, other, rtol, atol, equalNan));
}

export function equal(input: Tensor, other: Tensor): bool {
  if (input.dtype != other.dtype) {
    msg("Expected object of data type ");
    msgDType(input.dtype);
    msg(" but got data type ");
    msgDType(other.dtype);
    msg(" for argument #2 'other' in call to equal");
    raise(ErrorKind.Runtime);
  }
  return sameShape(input, other) && allTrue(ops.eq(input, other));
}

export function checkWhere(condition: Tensor, input: Tensor, other: Tensor): void {
  // uint8 masks are what PyTorch had before bool
  if (condition.dtype == DType.Bool || condition.dtype == DType.Uint8) return;
  msg("where expected condition to be a boolean tensor, but got a tensor with dtype ");
  msgDType(condition.dtype);
  raise(ErrorKind.Runtime);
}

export function checkHeaviside(input: Tensor, values: Tensor): void {
  if (input.dtype != values.dtype) {
    fail(ErrorKind.Runtime, "heaviside is not yet implemented for tensors with different dtypes.");
  }
}
