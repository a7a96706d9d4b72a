// Integer micro-ops that have no SIMD form: division family, powers, shifts, gcd. None of them traps: division by zero
// gives 0 (op functions raise before that matters), and the quotient of the most negative number by -1 wraps.
import { basic } from "./basic";
import { Op } from "./opcodes";

// @ts-ignore: decorator
@inline function quotient<T>(a: T, b: T): T {
  if (b == <T>0) return <T>0;
  return b == <T>-1 ? <T>0 - a : a / b;
}
// @ts-ignore: decorator
@inline function rest<T>(a: T, b: T): T {
  return b == <T>0 || b == <T>-1 ? <T>0 : a % b;
}
// @ts-ignore: decorator
@inline function floorQuotient<T>(a: T, b: T): T {
  const q = quotient<T>(a, b);
  return rest<T>(a, b) != <T>0 && (a ^ b) < <T>0 ? q - <T>1 : q;
}
// @ts-ignore: decorator
@inline function floorRest<T>(a: T, b: T): T {
  const r = rest<T>(a, b);
  return r != <T>0 && (r ^ b) < <T>0 ? r + b : r;
}
function power<T>(base: T, exponent: T): T {
  if (exponent < <T>0) {
    if (base == <T>1) return <T>1;
    if (base == <T>-1) return (exponent & (<T>1)) != <T>0 ? <T>-1 : <T>1;
    return <T>0;
  }
  let result = <T>1;
  while (exponent != <T>0) {
    if ((exponent & (<T>1)) != <T>0) result *= base;
    base *= base;
    exponent >>= <T>1;
  }
  return result;
}
function gcd<T>(a: T, b: T): T {
  a = a < <T>0 ? <T>0 - a : a;
  b = b < <T>0 ? <T>0 - b : b;
  while (b != <T>0) {
    const r = rest<T>(a, b);
    a = b;
    b = r;
  }
  return a;
}
// Shifts by a negative count or by the width and more: as if by an unbounded count.
// @ts-ignore: decorator
@inline function shiftLeft<T>(a: T, b: T): T {
  return b < <T>0 || b >= <T>(sizeof<T>() * 8) ? <T>0 : a << b;
}
// @ts-ignore: decorator
@inline function shiftRight<T>(a: T, b: T): T {
  const last = <T>(sizeof<T>() * 8 - 1);
  return a >> (b < <T>0 || b > last ? last : b);
}

/** Runs one micro-op of an int32 or int64 program; see `basic`. */
export function integer<T>(op: i32, dst: usize, a: usize, b: usize, c: usize, bytes: usize): void {
  if (basic<T>(op, dst, a, b, c, bytes)) return;
  const size = sizeof<T>();
  let i: usize = 0;
  switch (op) {
    case Op.DivTrunc:
      for (; i < bytes; i += size) store<T>(dst + i, quotient<T>(load<T>(a + i), load<T>(b + i)));
      return;
    case Op.DivFloor:
      for (; i < bytes; i += size) store<T>(dst + i, floorQuotient<T>(load<T>(a + i), load<T>(b + i)));
      return;
    case Op.Fmod:
      for (; i < bytes; i += size) store<T>(dst + i, rest<T>(load<T>(a + i), load<T>(b + i)));
      return;
    case Op.Remainder:
      for (; i < bytes; i += size) store<T>(dst + i, floorRest<T>(load<T>(a + i), load<T>(b + i)));
      return;
    case Op.Pow:
      for (; i < bytes; i += size) store<T>(dst + i, power<T>(load<T>(a + i), load<T>(b + i)));
      return;
    case Op.Gcd:
      for (; i < bytes; i += size) store<T>(dst + i, gcd<T>(load<T>(a + i), load<T>(b + i)));
      return;
    case Op.ShiftLeft:
      for (; i < bytes; i += size) store<T>(dst + i, shiftLeft<T>(load<T>(a + i), load<T>(b + i)));
      return;
    case Op.ShiftRight:
      for (; i < bytes; i += size) store<T>(dst + i, shiftRight<T>(load<T>(a + i), load<T>(b + i)));
      return;
  }
}
