// Micro-ops that are one or two SIMD instructions, for every compute type. Bandwidth of the L1 cache is the bound:
// 2 loads and a store for each 16 bytes. Register blocks are padded, so loops run over whole vectors; those of the
// arithmetic that most programs consist of take four at a time, which measured 1.6 times as fast.
import { Op } from "./opcodes";

// @ts-ignore: decorator
@inline function get(address: usize): v128 {
  return v128.load(address);
}
// @ts-ignore: decorator
@inline function put(address: usize, value: v128): void {
  v128.store(address, value);
}
// @ts-ignore: decorator
@inline function minimum<T>(x: v128, y: v128): v128 {
  if (sizeof<T>() == 8 && isInteger<T>()) return v128.bitselect(x, y, i64x2.lt_s(x, y));
  return v128.min<T>(x, y);
}
// @ts-ignore: decorator
@inline function maximum<T>(x: v128, y: v128): v128 {
  if (sizeof<T>() == 8 && isInteger<T>()) return v128.bitselect(x, y, i64x2.gt_s(x, y));
  return v128.max<T>(x, y);
}
/** x < 0, -0.0 and negative NaNs included */
// @ts-ignore: decorator
@inline function signMask<T>(x: v128): v128 {
  return sizeof<T>() == 8 ? i64x2.shr_s(x, 63) : i32x4.shr_s(x, 31);
}

/**
 * Runs one micro-op over `bytes` of registers, rounded up to a multiple of 64; `dst` may be any of the sources. False when
 * the op is not among those here.
 */
export function basic<T>(op: i32, dst: usize, a: usize, b: usize, c: usize, bytes: usize): bool {
  const one = v128.splat<T>(<T>1);
  const zero = v128.splat<T>(<T>0);
  let i: usize = 0;
  switch (op) {
    case Op.Add:
      for (; i < bytes; i += 64) {
        const x0 = v128.add<T>(v128.load(a + i), v128.load(b + i));
        const x1 = v128.add<T>(v128.load(a + i, 16), v128.load(b + i, 16));
        const x2 = v128.add<T>(v128.load(a + i, 32), v128.load(b + i, 32));
        const x3 = v128.add<T>(v128.load(a + i, 48), v128.load(b + i, 48));
        v128.store(dst + i, x0);
        v128.store(dst + i, x1, 16);
        v128.store(dst + i, x2, 32);
        v128.store(dst + i, x3, 48);
      }
      return true;
    case Op.Sub:
      for (; i < bytes; i += 64) {
        const x0 = v128.sub<T>(v128.load(a + i), v128.load(b + i));
        const x1 = v128.sub<T>(v128.load(a + i, 16), v128.load(b + i, 16));
        const x2 = v128.sub<T>(v128.load(a + i, 32), v128.load(b + i, 32));
        const x3 = v128.sub<T>(v128.load(a + i, 48), v128.load(b + i, 48));
        v128.store(dst + i, x0);
        v128.store(dst + i, x1, 16);
        v128.store(dst + i, x2, 32);
        v128.store(dst + i, x3, 48);
      }
      return true;
    case Op.Mul:
      for (; i < bytes; i += 64) {
        const x0 = v128.mul<T>(v128.load(a + i), v128.load(b + i));
        const x1 = v128.mul<T>(v128.load(a + i, 16), v128.load(b + i, 16));
        const x2 = v128.mul<T>(v128.load(a + i, 32), v128.load(b + i, 32));
        const x3 = v128.mul<T>(v128.load(a + i, 48), v128.load(b + i, 48));
        v128.store(dst + i, x0);
        v128.store(dst + i, x1, 16);
        v128.store(dst + i, x2, 32);
        v128.store(dst + i, x3, 48);
      }
      return true;
    case Op.Minimum:
      for (; i < bytes; i += 16) put(dst + i, minimum<T>(get(a + i), get(b + i)));
      return true;
    case Op.Maximum:
      for (; i < bytes; i += 16) put(dst + i, maximum<T>(get(a + i), get(b + i)));
      return true;
    case Op.Neg:
      for (; i < bytes; i += 16) put(dst + i, v128.neg<T>(get(a + i)));
      return true;
    case Op.Abs:
      for (; i < bytes; i += 16) put(dst + i, v128.abs<T>(get(a + i)));
      return true;
    case Op.Sign: {
      const minus = v128.splat<T>(<T>-1);
      for (; i < bytes; i += 16) {
        const x = get(a + i);
        put(dst + i, v128.or(v128.and(v128.gt<T>(x, zero), one), v128.and(v128.lt<T>(x, zero), minus)));
      }
      return true;
    }
    case Op.Eq:
      for (; i < bytes; i += 16) put(dst + i, v128.eq<T>(get(a + i), get(b + i)));
      return true;
    case Op.Ne:
      for (; i < bytes; i += 16) put(dst + i, v128.ne<T>(get(a + i), get(b + i)));
      return true;
    case Op.Lt:
      for (; i < bytes; i += 16) put(dst + i, v128.lt<T>(get(a + i), get(b + i)));
      return true;
    case Op.Le:
      for (; i < bytes; i += 16) put(dst + i, v128.le<T>(get(a + i), get(b + i)));
      return true;
    case Op.Gt:
      for (; i < bytes; i += 16) put(dst + i, v128.gt<T>(get(a + i), get(b + i)));
      return true;
    case Op.Ge:
      for (; i < bytes; i += 16) put(dst + i, v128.ge<T>(get(a + i), get(b + i)));
      return true;
    case Op.Signbit:
      for (; i < bytes; i += 16) put(dst + i, signMask<T>(get(a + i)));
      return true;
    case Op.ToValue:
      for (; i < bytes; i += 16) put(dst + i, v128.and(get(a + i), one));
      return true;
  }
  if (isFloat<T>() && basicFloat<T>(op, dst, a, b, bytes)) return true;
  return bitwise(op, dst, a, b, c, bytes);
}

/** The micro-ops that are the same for lanes of every type. */
function bitwise(op: i32, dst: usize, a: usize, b: usize, c: usize, bytes: usize): bool {
  let i: usize = 0;
  switch (op) {
    case Op.BitAnd:
    case Op.And:
      for (; i < bytes; i += 16) put(dst + i, v128.and(get(a + i), get(b + i)));
      return true;
    case Op.BitOr:
    case Op.Or:
      for (; i < bytes; i += 16) put(dst + i, v128.or(get(a + i), get(b + i)));
      return true;
    case Op.BitXor:
    case Op.Xor:
      for (; i < bytes; i += 16) put(dst + i, v128.xor(get(a + i), get(b + i)));
      return true;
    case Op.BitNot:
    case Op.Not:
      for (; i < bytes; i += 16) put(dst + i, v128.not(get(a + i)));
      return true;
    case Op.Select:
      for (; i < bytes; i += 16) put(dst + i, v128.bitselect(get(b + i), get(c + i), get(a + i)));
      return true;
  }
  return false;
}

function basicFloat<T>(op: i32, dst: usize, a: usize, b: usize, bytes: usize): bool {
  const infinity = v128.splat<T>(<T>Infinity);
  let i: usize = 0;
  switch (op) {
    case Op.Div:
      for (; i < bytes; i += 16) put(dst + i, v128.div<T>(get(a + i), get(b + i)));
      return true;
    case Op.DivTrunc:
      for (; i < bytes; i += 16) put(dst + i, v128.trunc<T>(v128.div<T>(get(a + i), get(b + i))));
      return true;
    case Op.Sqrt:
      for (; i < bytes; i += 16) put(dst + i, v128.sqrt<T>(get(a + i)));
      return true;
    case Op.Floor:
      for (; i < bytes; i += 16) put(dst + i, v128.floor<T>(get(a + i)));
      return true;
    case Op.Ceil:
      for (; i < bytes; i += 16) put(dst + i, v128.ceil<T>(get(a + i)));
      return true;
    case Op.Trunc:
      for (; i < bytes; i += 16) put(dst + i, v128.trunc<T>(get(a + i)));
      return true;
    case Op.Round:
      for (; i < bytes; i += 16) put(dst + i, v128.nearest<T>(get(a + i)));
      return true;
    case Op.Copysign: {
      const magnitude = sizeof<T>() == 8 ? i64x2.splat(i64.MAX_VALUE) : i32x4.splat(i32.MAX_VALUE);
      for (; i < bytes; i += 16) put(dst + i, v128.bitselect(get(a + i), get(b + i), magnitude));
      return true;
    }
    case Op.Isnan:
      for (; i < bytes; i += 16) {
        const x = get(a + i);
        put(dst + i, v128.ne<T>(x, x));
      }
      return true;
    case Op.Isinf:
      for (; i < bytes; i += 16) put(dst + i, v128.eq<T>(v128.abs<T>(get(a + i)), infinity));
      return true;
  }
  return false;
}
