// Arithmetic made of other ops, and what arithmetic ops check beyond their dtype rules.
import * as elementary from "../gen/ops";
import { resultType } from "../tensor/broadcast";
import { rawContiguous, rawToDType, wrappedNumber } from "../tensor/create";
import { DType, isFloating, isIntegral } from "../tensor/dtype";
import { ErrorKind, cppTypeName, fail, msg, msgDType, raise } from "../tensor/error";
import { ScalarKind, scalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { setResult } from "../dispatch/entry";
import { Device } from "../dispatch/device";

/** alpha must be of the category of the result. */
export function checkAlpha(input: Tensor, other: Tensor, alpha: usize): void {
  const alphaKind = scalarKind(alpha);
  if (alphaKind == ScalarKind.Int) return;
  const dtype = resultType(input, other);
  if (alphaKind == ScalarKind.Bool && dtype != DType.Bool) {
    fail(ErrorKind.Runtime, "Boolean alpha only supported for Boolean results.");
  }
  if (alphaKind == ScalarKind.Float && isIntegral(dtype, true)) {
    fail(ErrorKind.Runtime, "For integral input tensors, argument alpha must not be a floating point number.");
  }
}

export function checkSub(input: Tensor, other: Tensor, alpha: usize): void {
  if ((input.dtype == DType.Bool) != (other.dtype == DType.Bool)) {
    fail(
      ErrorKind.Runtime,
      "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
    );
  }
  checkAlpha(input, other, alpha);
}

/** Whether some element of an integral tensor equals `value`, on devices that can be read at once. */
function contains(t: Tensor, value: i64): bool {
  if (t.numel == 0 || t.device != Device.Cpu) return false;
  const wide = rawContiguous(rawToDType(t, DType.Int64));
  const p = wide.dataPtr();
  for (let i = 0; i < wide.numel; i++) if (load<i64>(p + ((<usize>i) << 3)) == value) return true;
  return false;
}

export function checkDivisor(input: Tensor, other: Tensor): void {
  if (!isIntegral(resultType(input, other), false)) return;
  if (contains(other, 0)) fail(ErrorKind.Runtime, "ZeroDivisionError");
}

export function checkDiv(input: Tensor, other: Tensor, roundingMode: i32): void {
  if (roundingMode >= 0) checkDivisor(input, other);
}

export function checkPow(input: Tensor, exponent: Tensor): void {
  // a tensor exponent may be negative (the result is 0, or ±1 for bases ±1), a plain number may not
  if (
    exponent.device != Device.Cpu ||
    exponent.ndim != 0 ||
    !isIntegral(exponent.dtype, false) ||
    !isIntegral(resultType(input, exponent), false)
  )
    return;
  const wide = rawToDType(exponent, DType.Int64);
  if (load<i64>(wide.dataPtr()) < 0) {
    fail(ErrorKind.Runtime, "Integers to negative integer powers are not allowed.");
  }
}

export function checkLerp(input: Tensor, end: Tensor, weight: Tensor): void {
  expectDType(input, end, "end");
  if (weight.ndim > 0) expectDType(input, weight, "weight");
  if (isFloating(input.dtype)) return;
  msg(weight.ndim > 0 ? '"lerp_kernel_tensor" not implemented for \'' : '"lerp_kernel_scalar" not implemented for \'');
  msgDType(input.dtype);
  msg("'");
  raise(ErrorKind.Runtime);
}

function expectDType(input: Tensor, other: Tensor, name: string): void {
  if (input.dtype == other.dtype) return;
  msg("expected dtype ");
  msg(cppTypeName(input.dtype));
  msg(" for `");
  msg(name);
  msg("` but got dtype ");
  msg(cppTypeName(other.dtype));
  raise(ErrorKind.Runtime);
}

export function checkAddcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: usize): void {
  if (!isIntegral(tensor1.dtype, true) || !isIntegral(tensor2.dtype, true)) return;
  fail(
    ErrorKind.Runtime,
    "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all dtypes.",
  );
}

export function floatPower(input: Tensor, exponent: Tensor): Tensor {
  return elementary.pow(elementary.to(input, DType.Float64), elementary.to(exponent, DType.Float64));
}

export function checkFloatPowerInPlace(input: Tensor, exponent: Tensor): void {
  if (input.dtype == DType.Float64) return;
  msg("the base given to float_power_ has dtype ");
  msgDType(input.dtype);
  msg(" but the operation's result requires dtype Double");
  raise(ErrorKind.Runtime);
}

export function square(input: Tensor): Tensor {
  return elementary.pow(input, wrappedNumber(2, ScalarKind.Int));
}

export function positive(input: Tensor): Tensor {
  if (input.dtype == DType.Bool) fail(ErrorKind.Runtime, "The `+` operator, on a bool tensor is not supported.");
  return input;
}

export function ldexp(input: Tensor, other: Tensor): Tensor {
  return elementary.mul(input, elementary.pow(wrappedNumber(2, ScalarKind.Float), other));
}

export function frexp(input: Tensor): Tensor {
  if (!isFloating(input.dtype)) {
    msg("torch.frexp() only supports floating-point dtypes");
    raise(ErrorKind.Runtime);
  }
  const mantissa = elementary.frexpMantissa(input);
  setResult(1, elementary.frexpExponent(input));
  setResult(0, mantissa);
  return mantissa;
}
