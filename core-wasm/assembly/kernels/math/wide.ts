// Functions of float32 values carried in float64, two lanes: range reduction and cancellation cost nothing there, and
// fits to about 1e-10 round to within a little over half a unit in the last place of float32. They are not float64-accurate.
import { horner, madd, withSign } from "./simd";

// @ts-ignore: decorator
@inline function c(value: f64): v128 {
  return f64x2.splat(value);
}
// @ts-ignore: decorator
@inline function fma(a: v128, b: v128, c: v128): v128 {
  return madd<f64>(a, b, c);
}

// Adding 1.5 * 2^52 rounds to an integer, which the low bits then hold.
const ROUNDER: f64 = 6755399441055744.0;
const LN2: f64 = 0.6931471805599453;
/** Beyond this the quotient by pi/2 has too many bits for the two-part reduction. */
export const TRIG_LIMIT: f64 = 1048576;
/** Below this, quotients of float32 numbers, rounded to integers, are exact. */
export const DIVISION_LIMIT: f64 = 268435456;

// @ts-ignore: decorator
@lazy const EXPM1_CORE = memory.data<f64>([
  0.00019841260854013405, 0.001394110964489393, 0.008333403157123616, 0.04166635319469136, 0.16666666247226253,
  0.5000000046933046, 1.000000000031439,
]);
/** exp(r) - 1 for |r| <= log(2) / 2 */
// @ts-ignore: decorator
@inline function expm1Core(r: v128): v128 {
  let p = horner<f64>(EXPM1_CORE, 7, r);
  return f64x2.mul(p, r);
}

/** 2^n for the n in the low bits of `rounded` */
// @ts-ignore: decorator
@inline function powerOfTwo(rounded: v128): v128 {
  return i64x2.add(i64x2.shl(rounded, 52), i64x2.splat(0x3ff0000000000000));
}

// @ts-ignore: decorator
@inline function clamp(x: v128, limit: f64): v128 {
  return f64x2.pmax(f64x2.pmin(x, c(limit)), c(-limit));
}

// @ts-ignore: decorator
@inline function expWide(x: v128): v128 {
  const rounded = fma(x, c(1 / LN2), c(ROUNDER));
  const r = fma(f64x2.sub(rounded, c(ROUNDER)), c(-LN2), x);
  const s = powerOfTwo(rounded);
  return fma(expm1Core(r), s, s);
}

// @ts-ignore: decorator
@inline export function expm1Wide(x: v128): v128 {
  const t = clamp(x, 200);
  const rounded = fma(t, c(1 / LN2), c(ROUNDER));
  const r = fma(f64x2.sub(rounded, c(ROUNDER)), c(-LN2), t);
  const s = powerOfTwo(rounded);
  return withSign<f64>(fma(expm1Core(r), s, f64x2.sub(s, c(1))), x);
}

// @ts-ignore: decorator
@lazy const LOG_CORE = memory.data<f64>([
  0.09805291667451123, 0.11087038925470531, 0.14286085146780628, 0.19999997425608806, 0.3333333333985882,
  0.9999999999999732,
]);
/** 2 atanh(s) = log((1 + s) / (1 - s)) */
// @ts-ignore: decorator
@inline function logCore(s: v128): v128 {
  const z = f64x2.mul(s, s);
  let p = horner<f64>(LOG_CORE, 6, z);
  return f64x2.mul(p, f64x2.add(s, s));
}

/** The exponent e of x = m * 2^e with m in [sqrt(1/2), sqrt(2)), as an int64. */
// @ts-ignore: decorator
@inline function exponent(x: v128): v128 {
  return i64x2.shr_s(i64x2.sub(x, i64x2.splat(0x3fe6a09e667f3bcd)), 52);
}
// @ts-ignore: decorator
@inline function smallToFloat(k: v128): v128 {
  return f64x2.sub(i64x2.add(k, c(ROUNDER)), c(ROUNDER));
}

/** The cases of log that the arithmetic does not give: 0, infinity, negative, NaN. */
// @ts-ignore: decorator
@inline function logEdges(x: v128, result: v128): v128 {
  result = v128.bitselect(c(Infinity), result, f64x2.eq(x, c(Infinity)));
  result = v128.bitselect(c(-Infinity), result, f64x2.eq(x, c(0)));
  return v128.bitselect(result, c(NaN), f64x2.ge(x, c(0)));
}

/** e * exponentUnit + log(m) * logUnit: log2 with (1, 1/log 2), log10 with (log10 2, 1/log 10) */
// @ts-ignore: decorator
@inline export function logWide(x: v128, exponentUnit: f64, logUnit: f64): v128 {
  const k = exponent(x);
  const f = f64x2.sub(i64x2.sub(x, i64x2.shl(k, 52)), c(1));
  const y = logCore(f64x2.div(f, f64x2.add(f, c(2))));
  return logEdges(x, fma(smallToFloat(k), c(exponentUnit), f64x2.mul(y, c(logUnit))));
}

function log1p(x: v128): v128 {
  const u = f64x2.add(x, c(1));
  const k = exponent(u);
  // where nothing was scaled away, x itself has the bits that 1 + x lost
  const f = v128.bitselect(x, f64x2.sub(i64x2.sub(u, i64x2.shl(k, 52)), c(1)), i64x2.eq(k, i64x2.splat(0)));
  const y = logCore(f64x2.div(f, f64x2.add(f, c(2))));
  return withSign<f64>(logEdges(u, fma(smallToFloat(k), c(LN2), y)), x);
}

// Called, not inlined, by its several users; an exported function may not pass v128 without a warning.
// @ts-ignore: decorator
@inline export function log1pWide(x: v128): v128 {
  return log1p(x);
}

// @ts-ignore: decorator
@lazy const SINH_WIDE = memory.data<f64>([0.00019979149611908134, 0.008333118425894431, 0.1666666773610175]);
// @ts-ignore: decorator
@inline export function sinhWide(x: v128): v128 {
  const z = f64x2.mul(x, x);
  let p = horner<f64>(SINH_WIDE, 3, z);
  p = f64x2.mul(fma(p, z, c(0.9999999999171597)), x);
  const e = expWide(clamp(x, 200));
  const far = f64x2.mul(f64x2.sub(e, f64x2.div(c(1), e)), c(0.5));
  return v128.bitselect(far, p, f64x2.gt(z, c(0.25)));
}

// @ts-ignore: decorator
@inline export function coshWide(x: v128): v128 {
  const e = expWide(clamp(x, 200));
  return f64x2.mul(f64x2.add(e, f64x2.div(c(1), e)), c(0.5));
}

// @ts-ignore: decorator
@inline export function asinhWide(x: v128): v128 {
  const a = f64x2.abs(x);
  const z = f64x2.mul(x, x);
  const r = log1p(f64x2.add(a, f64x2.div(z, f64x2.add(f64x2.sqrt(f64x2.add(z, c(1))), c(1)))));
  return v128.bitselect(x, withSign<f64>(r, x), f64x2.eq(a, c(Infinity)));
}

// @ts-ignore: decorator
@inline export function acoshWide(x: v128): v128 {
  const t = f64x2.sub(x, c(1));
  const r = log1p(f64x2.add(t, f64x2.sqrt(f64x2.mul(t, f64x2.add(x, c(1))))));
  return v128.bitselect(r, c(NaN), f64x2.ge(t, c(0)));
}

// @ts-ignore: decorator
@inline export function atanhWide(x: v128): v128 {
  const a = f64x2.abs(x);
  const r = log1p(f64x2.div(f64x2.add(a, a), f64x2.sub(c(1), a)));
  return withSign<f64>(f64x2.mul(r, c(0.5)), x);
}

const enum Trig {
  Sin,
  Cos,
  Tan,
}

// @ts-ignore: decorator
@lazy const TRIG = memory.data<f64>([-0.00019501754238441095, 0.00833201592511383, -0.16666650214320608]);
// @ts-ignore: decorator
@lazy const TRIG_2 = memory.data<f64>([
  2.4372592919034813e-5, -0.0013886528194025332, 0.04166661320098869, -0.49999999571208237, 0.9999999999438801,
]);
/** For |x| <= TRIG_LIMIT. */
// @ts-ignore: decorator
@inline function trig(x: v128, which: i32): v128 {
  const rounded = fma(x, c(0.6366197723675814), c(ROUNDER));
  const n = f64x2.neg(f64x2.sub(rounded, c(ROUNDER)));
  // pi/2 in two parts: the first has 33 bits, so that n times it is exact
  let r = fma(n, c(1.5707963267341256), x);
  r = fma(n, c(6.077100506506192e-11), r);
  const z = f64x2.mul(r, r);
  let s = horner<f64>(TRIG, 3, z);
  s = f64x2.mul(fma(s, z, c(0.9999999967592627)), r);
  let k = horner<f64>(TRIG_2, 5, z);
  const odd = i64x2.shr_s(i64x2.shl(rounded, 63), 63);
  if (which == Trig.Tan) {
    const sign = v128.and(odd, i64x2.splat(i64.MIN_VALUE));
    return v128.xor(f64x2.div(v128.bitselect(k, s, odd), v128.bitselect(s, k, odd)), sign);
  }
  const quadrant = which == Trig.Cos ? i64x2.add(rounded, i64x2.splat(1)) : rounded;
  const value = which == Trig.Cos ? v128.bitselect(s, k, odd) : v128.bitselect(k, s, odd);
  return v128.xor(value, v128.and(i64x2.shl(quadrant, 62), i64x2.splat(i64.MIN_VALUE)));
}
// @ts-ignore: decorator
@inline export function sinWide(x: v128): v128 {
  return trig(x, Trig.Sin);
}
// @ts-ignore: decorator
@inline export function cosWide(x: v128): v128 {
  return trig(x, Trig.Cos);
}
// @ts-ignore: decorator
@inline export function tanWide(x: v128): v128 {
  return trig(x, Trig.Tan);
}

// @ts-ignore: decorator
@lazy const ATAN2 = memory.data<f64>([
  0.0010911066563790795, -0.007199360127250314, 0.02227429541110189, -0.044357411013559445, 0.06716100158765846,
  -0.08798768009169645, 0.11054499858184312, -0.1427915937065644, 0.199996046106953, -0.3333332393437651,
]);
function atan2(y: v128, x: v128): v128 {
  const ax = f64x2.abs(x);
  const ay = f64x2.abs(y);
  const steep = f64x2.gt(ay, ax);
  const low = f64x2.pmin(ax, ay);
  const high = f64x2.pmax(ax, ay);
  // 0/0 counts as 0, infinity/infinity as 1
  let q = f64x2.div(low, high);
  q = v128.andnot(q, f64x2.eq(high, c(0)));
  q = v128.bitselect(c(1), q, f64x2.eq(low, c(Infinity)));
  const z = f64x2.mul(q, q);
  let p = horner<f64>(ATAN2, 10, z);
  p = f64x2.mul(fma(p, z, c(0.9999999996282893)), q);
  p = v128.bitselect(f64x2.sub(c(1.5707963267948966), p), p, steep);
  p = v128.bitselect(f64x2.sub(c(3.141592653589793), p), p, i64x2.shr_s(x, 63));
  p = withSign<f64>(p, y);
  const ordered = v128.and(f64x2.eq(x, x), f64x2.eq(y, y));
  return v128.bitselect(p, c(NaN), ordered);
}

// @ts-ignore: decorator
@inline export function atan2Wide(y: v128, x: v128): v128 {
  return atan2(y, x);
}

/** The other leg of a right triangle with hypotenuse 1; NaN for |x| > 1. */
// @ts-ignore: decorator
@inline export function leg(x: v128): v128 {
  return f64x2.sqrt(f64x2.mul(f64x2.sub(c(1), x), f64x2.add(c(1), x)));
}

/** C's pow. */
// @ts-ignore: decorator
@inline export function powWide(x: v128, y: v128): v128 {
  const a = f64x2.abs(x);
  const one = c(1);
  let t = clamp(f64x2.mul(logWide(a, 1, 1 / LN2), y), 300);
  const rounded = f64x2.add(t, c(ROUNDER));
  const r = f64x2.mul(f64x2.sub(t, f64x2.sub(rounded, c(ROUNDER))), c(LN2));
  const s = powerOfTwo(rounded);
  t = v128.bitselect(fma(expm1Core(r), s, s), t, f64x2.eq(t, t));
  // negative bases: the sign of odd powers; NaN for fractional powers of finite ones
  const half = f64x2.mul(y, c(0.5));
  const whole = f64x2.eq(f64x2.trunc(y), y);
  const odd = v128.andnot(whole, f64x2.eq(f64x2.trunc(half), half));
  t = v128.or(t, v128.and(v128.and(odd, x), i64x2.splat(i64.MIN_VALUE)));
  const finite = v128.and(f64x2.lt(x, c(0)), f64x2.gt(x, c(-Infinity)));
  t = v128.bitselect(c(NaN), t, v128.andnot(finite, whole));
  let isOne = v128.or(f64x2.eq(x, one), f64x2.eq(y, c(0)));
  isOne = v128.or(isOne, v128.and(f64x2.eq(a, one), f64x2.eq(f64x2.abs(y), c(Infinity))));
  return v128.bitselect(one, t, isOne);
}

/** log2(m) / ((m - 1) / (m + 1)) in the square of that quotient, and 2^r for |r| <= 1/2, both from the highest power */
// @ts-ignore: decorator
@lazy const LOG2_CORE = memory.data<f64>([
  0.2829209132620322, 0.31990432151838477, 0.4122092838995578, 0.5770779420743573, 0.9617966941142615,
  2.8853900817778495,
]);
// @ts-ignore: decorator
@lazy const EXP2_CORE = memory.data<f64>([
  1.5252726895216242e-5, 0.00015461446041546416, 0.0013333669866376569, 0.009618056747294153, 0.05550410726798159,
  0.24022650921401306, 0.6931471805817372, 1,
]);

/** y log2(m 2^e) */
// @ts-ignore: decorator
@inline export function logPower(m: v128, e: v128, y: v128): v128 {
  const one = c(1);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  return f64x2.mul(fma(horner<f64>(LOG2_CORE, 6, f64x2.mul(s, s)), s, e), y);
}

/** 2^t, for |t| < 1000 */
// @ts-ignore: decorator
@inline export function exp2Wide(t: v128): v128 {
  const rounded = f64x2.add(t, c(ROUNDER));
  const r = f64x2.sub(t, f64x2.sub(rounded, c(ROUNDER)));
  return f64x2.mul(horner<f64>(EXP2_CORE, 8, r), powerOfTwo(rounded));
}

/** The quotient rounded towards zero, exact below DIVISION_LIMIT: x and y are float32, so the rounding error of x / y there
 * is smaller than the distance of x / y to an integer that it does not equal. */
// @ts-ignore: decorator
@inline export function quotientWide(x: v128, y: v128): v128 {
  return v128.andnot(f64x2.trunc(f64x2.div(x, y)), f64x2.lt(f64x2.abs(x), f64x2.abs(y)));
}

/** C's fmod from that quotient: the product is exact, and with it the difference. */
// @ts-ignore: decorator
@inline export function fmodWide(x: v128, y: v128, quotient: v128): v128 {
  const r = f64x2.sub(x, f64x2.mul(quotient, y));
  return withSign<f64>(v128.bitselect(x, r, f64x2.lt(f64x2.abs(x), f64x2.abs(y))), x);
}

/** Where a remainder is not 0 and its sign is not the divisor's. */
// @ts-ignore: decorator
@inline export function crossed(remainder: v128, y: v128): v128 {
  return v128.and(f64x2.ne(remainder, c(0)), i64x2.shr_s(v128.xor(remainder, y), 63));
}
