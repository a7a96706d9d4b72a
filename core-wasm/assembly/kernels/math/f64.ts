// Scalar float64 functions behind the micro-ops that have no SIMD loop. float32 programs use them too and round.
import { Op } from "../program/opcodes";
import { besselI, digamma, erf, erfc, erfinv, lgamma, logNdtr, ndtri, trigamma } from "./special";

export function nextafter64(x: f64, y: f64): f64 {
  if (x != x || y != y) return x + y;
  if (x == y) return y;
  if (x == 0) return copysign<f64>(reinterpret<f64>(<u64>1), y);
  const bits = reinterpret<u64>(x);
  return reinterpret<f64>(x < y == x > 0 ? bits + 1 : bits - 1);
}

// @ts-ignore: decorator
@inline function remainder(x: f64, y: f64): f64 {
  const r = NativeMath.mod(x, y);
  return r != 0 && r < 0 != y < 0 ? r + y : r;
}

/** Python's floor division, as PyTorch computes it: exact where the quotient rounds up to an integer. */
function divFloor(x: f64, y: f64): f64 {
  if (y == 0) return x / y;
  const r = NativeMath.mod(x, y);
  let quotient = (x - r) / y;
  if (r != 0 && r < 0 != y < 0) quotient -= 1;
  if (quotient == 0) return copysign<f64>(0, x / y);
  const below = floor<f64>(quotient);
  return quotient - below > 0.5 ? below + 1 : below;
}

/** C's pow: unlike JavaScript's, 1 to any power and anything to the power 0 are 1, and so is (-1) to ±inf. */
function power(x: f64, y: f64): f64 {
  if (x == 1 || y == 0) return 1;
  if (x == -1 && abs<f64>(y) == Infinity) return 1;
  // the library takes some y between whole numbers for odd ones
  if (x <= 0 && y != floor<f64>(y) && isFinite<f64>(y)) {
    if (x == 0 || x == -Infinity) return (x == 0) == y > 0 ? 0 : Infinity;
    return NaN;
  }
  return NativeMath.pow(x, y);
}

/** From exp(-|x|), so that the left tail keeps its precision. */
function sigmoid(x: f64): f64 {
  const e = NativeMath.exp(-abs<f64>(x));
  return (x < 0 ? e : 1) / (1 + e);
}

export function binary64(op: i32, x: f64, y: f64): f64 {
  switch (op) {
    case Op.DivFloor:
      return divFloor(x, y);
    case Op.Fmod:
      return NativeMath.mod(x, y);
    case Op.Remainder:
      return remainder(x, y);
    case Op.Pow:
      return power(x, y);
    case Op.Atan2:
      return NativeMath.atan2(x, y);
    default:
      return nextafter64(x, y);
  }
}

export function unary64(op: i32, x: f64): f64 {
  switch (op) {
    case Op.Exp:
      return NativeMath.exp(x);
    case Op.Exp2:
      return NativeMath.exp2(x);
    case Op.Expm1:
      return NativeMath.expm1(x);
    case Op.Log:
      return NativeMath.log(x);
    case Op.Log2:
      return NativeMath.log2(x);
    case Op.Log10:
      return NativeMath.log10(x);
    case Op.Log1p:
      return NativeMath.log1p(x);
    case Op.Sin:
      return NativeMath.sin(x);
    case Op.Cos:
      return NativeMath.cos(x);
    case Op.Tan:
      return NativeMath.tan(x);
    case Op.Asin:
      return NativeMath.asin(x);
    case Op.Acos:
      return NativeMath.acos(x);
    case Op.Atan:
      return NativeMath.atan(x);
    case Op.Sinh:
      return NativeMath.sinh(x);
    case Op.Cosh:
      return NativeMath.cosh(x);
    case Op.Tanh:
      return NativeMath.tanh(x);
    case Op.Asinh:
      return NativeMath.asinh(x);
    case Op.Acosh:
      return NativeMath.acosh(x);
    case Op.Atanh:
      return NativeMath.atanh(x);
    case Op.Sigmoid:
      return sigmoid(x);
    case Op.Erf:
      return erf(x);
    case Op.Erfc:
      return erfc(x);
    case Op.Erfinv:
      return erfinv(x);
    case Op.Lgamma:
      return lgamma(x);
    case Op.Digamma:
      return digamma(x);
    case Op.Trigamma:
      return trigamma(x);
    case Op.I0:
      return besselI(0, x);
    case Op.I1:
      return besselI(1, x);
    case Op.Ndtri:
      return ndtri(x);
    case Op.NormalCdf:
    case Op.Gelu: {
      const cdf = 0.5 * (1 + erf(x * 0.7071067811865476));
      return op == Op.Gelu ? x * cdf : cdf;
    }
    default:
      return logNdtr(x);
  }
}
