// Micro-ops of float32 programs: four lanes in float32 for the functions that networks run most, two lanes in float64 for
// the other elementary ones, scalar float64 for the rest.
import { erf32, exp2_32, expLoop, nextafter32, sigmoidLoop, tanh32 } from "../math/f32";
import { binary64, unary64 } from "../math/f64";
import { cosLoop, geluLoop, logLoop, normalCdfLoop, powLoop, sinLoop } from "../math/loops32";
import { withSign } from "../math/simd";
import {
  DIVISION_LIMIT,
  TRIG_LIMIT,
  acoshWide,
  asinhWide,
  atan2Wide,
  atanhWide,
  coshWide,
  crossed,
  expm1Wide,
  fmodWide,
  leg,
  log1pWide,
  logWide,
  quotientWide,
  sinhWide,
  tanWide,
} from "../math/wide";
import { basic } from "./basic";
import { Op } from "./opcodes";

// @ts-ignore: decorator
@inline function wide(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}
// @ts-ignore: decorator
@inline function putWide(address: usize, value: v128): void {
  v128.store64_lane(address, f32x4.demote_f64x2_zero(value), 0);
}
// @ts-ignore: decorator
@inline function reducible(x: v128): bool {
  return !v128.any_true(f64x2.gt(f64x2.abs(x), f64x2.splat(TRIG_LIMIT)));
}

function unaryScalar(op: i32, dst: usize, a: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 4) store<f32>(dst + i, <f32>unary64(op, <f64>load<f32>(a + i)));
}

function division(op: i32, dst: usize, a: usize, b: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 8) {
    const x = wide(a + i);
    const y = wide(b + i);
    const quotient = quotientWide(x, y);
    if (!i64x2.all_true(f64x2.lt(f64x2.abs(quotient), f64x2.splat(DIVISION_LIMIT)))) {
      for (let k = i; k < i + 8; k += 4) {
        store<f32>(dst + k, <f32>binary64(op, <f64>load<f32>(a + k), <f64>load<f32>(b + k)));
      }
      continue;
    }
    const r = fmodWide(x, y, quotient);
    const wrong = crossed(r, y);
    if (op == Op.Fmod) putWide(dst + i, r);
    else if (op == Op.Remainder) putWide(dst + i, v128.bitselect(f64x2.add(r, y), r, wrong));
    else putWide(dst + i, f64x2.sub(withSign<f64>(quotient, v128.xor(x, y)), v128.and(wrong, f64x2.splat(1))));
  }
}

export function micro32(op: i32, dst: usize, a: usize, b: usize, c: usize, bytes: usize): void {
  if (basic<f32>(op, dst, a, b, c, bytes)) return;
  let i: usize = 0;
  switch (op) {
    case Op.Exp:
      return expLoop(dst, a, bytes);
    case Op.Exp2:
      for (; i < bytes; i += 16) v128.store(dst + i, exp2_32(v128.load(a + i)));
      return;
    case Op.Log:
      return logLoop(dst, a, bytes);
    case Op.Tanh:
      for (; i < bytes; i += 16) v128.store(dst + i, tanh32(v128.load(a + i)));
      return;
    case Op.Sigmoid:
      return sigmoidLoop(dst, a, bytes);
    case Op.Erf:
      for (; i < bytes; i += 16) v128.store(dst + i, erf32(v128.load(a + i)));
      return;
    case Op.NormalCdf:
      return normalCdfLoop(dst, a, bytes);
    case Op.Gelu:
      return geluLoop(dst, a, bytes);
    case Op.Expm1:
      for (; i < bytes; i += 8) putWide(dst + i, expm1Wide(wide(a + i)));
      return;
    case Op.Log2:
      for (; i < bytes; i += 8) putWide(dst + i, logWide(wide(a + i), 1, 1.4426950408889634));
      return;
    case Op.Log10:
      for (; i < bytes; i += 8) putWide(dst + i, logWide(wide(a + i), 0.3010299956639812, 0.4342944819032518));
      return;
    case Op.Log1p:
      for (; i < bytes; i += 8) putWide(dst + i, log1pWide(wide(a + i)));
      return;
    case Op.Sin:
      return sinLoop(dst, a, bytes);
    case Op.Cos:
      return cosLoop(dst, a, bytes);
    case Op.Tan:
      for (; i < bytes; i += 8) {
        const x = wide(a + i);
        if (reducible(x)) putWide(dst + i, tanWide(x));
        else unaryScalar(op, dst + i, a + i, 8);
      }
      return;
    case Op.Asin:
      for (; i < bytes; i += 8) {
        const x = wide(a + i);
        putWide(dst + i, atan2Wide(x, leg(x)));
      }
      return;
    case Op.Acos:
      for (; i < bytes; i += 8) {
        const x = wide(a + i);
        putWide(dst + i, atan2Wide(leg(x), x));
      }
      return;
    case Op.Atan:
      for (; i < bytes; i += 8) putWide(dst + i, atan2Wide(wide(a + i), f64x2.splat(1)));
      return;
    case Op.Sinh:
      for (; i < bytes; i += 8) putWide(dst + i, sinhWide(wide(a + i)));
      return;
    case Op.Cosh:
      for (; i < bytes; i += 8) putWide(dst + i, coshWide(wide(a + i)));
      return;
    case Op.Asinh:
      for (; i < bytes; i += 8) putWide(dst + i, asinhWide(wide(a + i)));
      return;
    case Op.Acosh:
      for (; i < bytes; i += 8) putWide(dst + i, acoshWide(wide(a + i)));
      return;
    case Op.Atanh:
      for (; i < bytes; i += 8) putWide(dst + i, atanhWide(wide(a + i)));
      return;
    case Op.Pow:
      return powLoop(dst, a, b, bytes);
    case Op.Atan2:
      for (; i < bytes; i += 8) putWide(dst + i, atan2Wide(wide(a + i), wide(b + i)));
      return;
    case Op.Nextafter:
      for (; i < bytes; i += 4) store<f32>(dst + i, nextafter32(load<f32>(a + i), load<f32>(b + i)));
      return;
    case Op.DivFloor:
    case Op.Fmod:
    case Op.Remainder:
      return division(op, dst, a, b, bytes);
  }
  unaryScalar(op, dst, a, bytes);
}
