// Complex tensors. Their elementwise ops are composites of ops on the real and imaginary parts, so that gradients, of every
// order and on every device that has the parts' dtype, are those of the parts: PyTorch's convention.
import * as ops from "../gen/ops";
import { El } from "../gen/programs";
import { beginPromotion, broadcastInto, promoteOperand, promotedDType } from "../tensor/broadcast";
import { wrappedNumber } from "../tensor/create";
import { DType, isComplex } from "../tensor/dtype";
import { ErrorKind, dtypeName, fail, msg, msgDType, raise } from "../tensor/error";
import { shapeOf } from "../tensor/ints";
import { ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { tensors2 } from "../tensor/tensors";
import { openView, rawViewAsReal, sealView } from "../tensor/views";
import { notImplemented } from "./elementwise";

/** The dtype of the parts of a complex dtype. */
function partOf(dtype: i32): i32 {
  return dtype == DType.Complex128 ? DType.Float64 : DType.Float32;
}

export function viewAsReal(input: Tensor): Tensor {
  if (!isComplex(input.dtype)) fail(ErrorKind.Runtime, "view_as_real is only supported for complex tensors");
  return rawViewAsReal(input);
}

export function viewAsComplex(input: Tensor): Tensor {
  if (input.dtype != DType.Float32 && input.dtype != DType.Float64) {
    msg("view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: ");
    msgDType(input.dtype);
    raise(ErrorKind.Runtime);
  }
  const last = <i32>input.ndim - 1;
  if (last < 0) fail(ErrorKind.Runtime, "Input tensor must have one or more dimensions");
  if (input.shape(last) != 2) fail(ErrorKind.Runtime, "Tensor must have a last dimension of size 2");
  if (input.stride(last) != 1) fail(ErrorKind.Runtime, "Tensor must have a last dimension with stride 1");
  for (let d = 0; d < last; d++) {
    if (input.stride(d) & 1) {
      fail(ErrorKind.Runtime, "Tensor must have a stride divisible by 2 for all but last dimension");
    }
  }
  if (input.offset & 1) fail(ErrorKind.Runtime, "Tensor must have a storage_offset divisible by 2");
  const view = openView(input, last);
  view.dtype = <u8>(input.dtype == DType.Float64 ? DType.Complex128 : DType.Complex64);
  view.offset = input.offset >> 1;
  for (let d = 0; d < last; d++) {
    view.setShape(d, input.shape(d));
    view.setStride(d, input.stride(d) >> 1);
  }
  return sealView(view);
}

export function complex(re: Tensor, im: Tensor): Tensor {
  if (re.dtype != im.dtype) {
    msg("Expected object of scalar type ");
    msg(dtypeName(re.dtype));
    msg(" but got scalar type ");
    msg(dtypeName(im.dtype));
    msg(" for second argument");
    raise(ErrorKind.Runtime);
  }
  if (re.dtype != DType.Float32 && re.dtype != DType.Float64) {
    msg("Expected both inputs to be Half, Float or Double tensors but got ");
    msgDType(re.dtype);
    msg(" and ");
    msgDType(im.dtype);
    raise(ErrorKind.Runtime);
  }
  const shape = broadcastInto(shapeOf(re), im);
  return ops.viewAsComplex(ops.stack(tensors2(ops.expand(re, shape), ops.expand(im, shape)), -1));
}

export function polar(abs: Tensor, angle: Tensor): Tensor {
  return ops.complex(ops.mul(abs, ops.cos(angle)), ops.mul(abs, ops.sin(angle)));
}

export function real(input: Tensor): Tensor {
  return isComplex(input.dtype) ? ops.select(ops.viewAsReal(input), -1, 0) : input;
}

export function imag(input: Tensor): Tensor {
  if (!isComplex(input.dtype)) fail(ErrorKind.Runtime, "imag is not implemented for tensors with non-complex dtypes.");
  return ops.select(ops.viewAsReal(input), -1, 1);
}

export function conj(input: Tensor): Tensor {
  return isComplex(input.dtype) ? ops.complex(ops.real(input), ops.neg(ops.imag(input))) : input;
}

// ---- elementwise

function number(value: f64): Tensor {
  return wrappedNumber(value, ScalarKind.Float);
}

/** `z` scaled by a number; itself for 1. */
function times(z: Tensor, factor: f64): Tensor {
  return factor == 1 ? z : ops.mul(z, number(factor));
}

function squaredAbs(re: Tensor, im: Tensor): Tensor {
  return ops.add(ops.mul(re, re), ops.mul(im, im));
}

/** The angle of re + i im. */
function angleOf(re: Tensor, im: Tensor): Tensor {
  return ops.atan2(im, re);
}

function exponential(re: Tensor, im: Tensor): Tensor {
  return ops.polar(ops.exp(re), im);
}

function logarithm(re: Tensor, im: Tensor, factor: f64): Tensor {
  return ops.complex(times(ops.log(ops.hypot(re, im)), factor), times(angleOf(re, im), factor));
}

function power(re: Tensor, im: Tensor, exponent: Tensor): Tensor {
  const log = logarithm(re, im, 1);
  const raised = ops.exp(ops.mul(exponent, log));
  // 0 to a positive power is 0, though its logarithm is not finite
  const zero = ops.logicalAnd(ops.eq(re, number(0)), ops.eq(im, number(0)));
  return ops.where(zero, ops.mul(raised, number(0)), raised);
}

/** Promoted operands: complex of one dtype, or real of its parts' dtype. */
function prepared(t: Tensor, dtype: i32): Tensor {
  return ops.to(t, isComplex(t.dtype) ? dtype : partOf(dtype));
}

function unary(id: i32, z: Tensor): Tensor | null {
  const re = ops.real(z);
  const im = ops.imag(z);
  switch (id) {
    case El.micro_neg:
    case El.neg:
      return ops.complex(ops.neg(re), ops.neg(im));
    case El.micro_abs:
    case El.abs:
      return ops.hypot(re, im);
    case El.angle:
      return angleOf(re, im);
    case El.reciprocal: {
      const norm = squaredAbs(re, im);
      return ops.complex(ops.div(re, norm), ops.div(ops.neg(im), norm));
    }
    case El.micro_exp:
    case El.exp:
      return exponential(re, im);
    case El.micro_log:
    case El.log:
      return logarithm(re, im, 1);
    case El.micro_log2:
    case El.log2:
      return logarithm(re, im, 1.4426950408889634);
    case El.micro_log10:
    case El.log10:
      return logarithm(re, im, 0.4342944819032518);
    case El.micro_sqrt:
    case El.sqrt:
      return ops.polar(ops.sqrt(ops.hypot(re, im)), times(angleOf(re, im), 0.5));
    case El.rsqrt:
      return ops.reciprocal(ops.sqrt(z));
    case El.micro_sin:
    case El.sin:
      return ops.complex(ops.mul(ops.sin(re), ops.cosh(im)), ops.mul(ops.cos(re), ops.sinh(im)));
    case El.micro_cos:
    case El.cos:
      return ops.complex(ops.mul(ops.cos(re), ops.cosh(im)), ops.neg(ops.mul(ops.sin(re), ops.sinh(im))));
    case El.micro_sinh:
    case El.sinh:
      return ops.complex(ops.mul(ops.sinh(re), ops.cos(im)), ops.mul(ops.cosh(re), ops.sin(im)));
    case El.micro_cosh:
    case El.cosh:
      return ops.complex(ops.mul(ops.cosh(re), ops.cos(im)), ops.mul(ops.sinh(re), ops.sin(im)));
    case El.micro_tan:
    case El.tan:
      return ops.div(ops.sin(z), ops.cos(z));
    case El.micro_tanh:
    case El.tanh:
      return ops.div(ops.sinh(z), ops.cosh(z));
    case El.micro_sigmoid:
    case El.sigmoid:
      return ops.reciprocal(ops.add(ops.exp(ops.neg(z)), number(1)));
    case El.sgn: {
      const size = ops.hypot(re, im);
      const safe = ops.where(ops.eq(size, number(0)), number(1), size);
      return ops.div(z, safe);
    }
    case El.isnan:
      return ops.logicalOr(ops.isnan(re), ops.isnan(im));
    case El.isinf:
      return ops.logicalOr(ops.isinf(re), ops.isinf(im));
    case El.isfinite:
      return ops.logicalAnd(ops.isfinite(re), ops.isfinite(im));
    case El.isreal:
      return ops.eq(im, number(0));
    case El.logicalNot:
      return ops.logicalAnd(ops.eq(re, number(0)), ops.eq(im, number(0)));
    default:
      return null;
  }
}

/** The imaginary part, or 0. */
function imaginary(t: Tensor): Tensor {
  return isComplex(t.dtype) ? ops.imag(t) : number(0);
}

function binary(id: i32, a: Tensor, b: Tensor, factor: f64): Tensor | null {
  const ar = ops.real(a);
  const br = ops.real(b);
  const bothComplex = isComplex(a.dtype) && isComplex(b.dtype);
  switch (id) {
    case El.micro_add:
    case El.add_alpha1:
      return parts(ops.add(ar, br), ops.add(imaginary(a), imaginary(b)));
    case El.add:
      return ops.add(a, times(b, factor));
    case El.micro_sub:
    case El.sub_alpha1:
      return parts(ops.sub(ar, br), ops.sub(imaginary(a), imaginary(b)));
    case El.sub:
      return ops.sub(a, times(b, factor));
    case El.rsub_alpha1:
      return ops.sub(b, a);
    case El.rsub:
      return ops.sub(b, times(a, factor));
    case El.micro_mul:
    case El.mul: {
      if (!isComplex(a.dtype)) return parts(ops.mul(ar, br), ops.mul(ar, ops.imag(b)));
      if (!isComplex(b.dtype)) return parts(ops.mul(ar, br), ops.mul(ops.imag(a), br));
      const ai = ops.imag(a);
      const bi = ops.imag(b);
      return parts(ops.sub(ops.mul(ar, br), ops.mul(ai, bi)), ops.add(ops.mul(ar, bi), ops.mul(ai, br)));
    }
    case El.micro_div:
    case El.div:
    case El.trueDivide: {
      if (!isComplex(b.dtype)) return parts(ops.div(ar, br), ops.div(ops.imag(a), br));
      const bi = ops.imag(b);
      const norm = squaredAbs(br, bi);
      if (!bothComplex) return parts(ops.div(ops.mul(ar, br), norm), ops.div(ops.neg(ops.mul(ar, bi)), norm));
      const ai = ops.imag(a);
      return parts(
        ops.div(ops.add(ops.mul(ar, br), ops.mul(ai, bi)), norm),
        ops.div(ops.sub(ops.mul(ai, br), ops.mul(ar, bi)), norm),
      );
    }
    case El.micro_pow:
    case El.pow:
      return isComplex(a.dtype) ? power(ar, ops.imag(a), b) : ops.exp(ops.mul(b, ops.log(a)));
    case El.pow_exponent2:
      return ops.mul(a, a);
    case El.pow_exponent3:
      return ops.mul(ops.mul(a, a), a);
    case El.micro_eq:
    case El.eq:
      return ops.logicalAnd(ops.eq(ar, br), ops.eq(imaginary(a), imaginary(b)));
    case El.micro_ne:
    case El.ne:
      return ops.logicalOr(ops.ne(ar, br), ops.ne(imaginary(a), imaginary(b)));
    default:
      return null;
  }
}

/** As ops.complex; a part may be a number. */
function parts(re: Tensor, im: Tensor): Tensor {
  return ops.complex(re, ops.to(im, re.dtype));
}

/** An elementwise op of which some operand is complex. `factor`: its first param, if it has one. */
export function complexElementwise(id: i32, count: i32, a: Tensor, b: Tensor, c: Tensor, factor: f64): Tensor {
  beginPromotion();
  for (let i = 0; i < count; i++) {
    if (i == 0 && id == El.where) continue;
    promoteOperand(i == 0 ? a : i == 1 ? b : c);
  }
  const dtype = promotedDType();
  let result: Tensor | null = null;
  if (count == 1) result = unary(id, a);
  else if (id == El.where) {
    const x = prepared(b, dtype);
    const y = prepared(c, dtype);
    result = parts(
      ops.where(a, ops.real(x), ops.real(y)),
      ops.where(a, ops.to(imaginary(x), partOf(dtype)), ops.to(imaginary(y), partOf(dtype))),
    );
  } else if (count == 2) result = binary(id, prepared(a, dtype), prepared(b, dtype), factor);
  else if (id == El.addcmul || id == El.addcmul_value1) {
    result = ops.add(a, times(ops.mul(b, c), id == El.addcmul ? factor : 1));
  } else if (id == El.addcdiv || id == El.addcdiv_value1) {
    result = ops.add(a, times(ops.div(b, c), id == El.addcdiv ? factor : 1));
  } else if (id == El.lerp) result = ops.add(a, ops.mul(c, ops.sub(b, a)));
  if (result === null) notImplemented(id, dtype);
  return result!;
}
