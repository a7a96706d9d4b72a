// float32 functions on four lanes, the ones that neural networks run most. Coefficients are minimax fits (Remez) of the
// stated function over the reduced range; measured over all exponents, the functions are within 1.3 units in the last
// place (sigmoid 2.1), denormals included. Constants are written as the float32 they round to.
import { horner, madd, withSign } from "./simd";

// @ts-ignore: decorator
@inline function c(value: f32): v128 {
  return f32x4.splat(value);
}
// @ts-ignore: decorator
@inline function fma(a: v128, b: v128, c: v128): v128 {
  return madd<f32>(a, b, c);
}

// Adding 1.5 * 2^23 rounds to an integer, which the low bits then hold.
const ROUNDER: f32 = 12582912.0;

/** p * 2^k for the k in the low bits of `rounded`, in two steps so that results may be denormal. */
// @ts-ignore: decorator
@inline function scale(p: v128, rounded: v128): v128 {
  const k = i32x4.sub(rounded, i32x4.splat(0x4b400000));
  const half = i32x4.shr_s(k, 1);
  const bias = i32x4.splat(127);
  p = f32x4.mul(p, i32x4.shl(i32x4.add(half, bias), 23));
  return f32x4.mul(p, i32x4.shl(i32x4.add(i32x4.sub(k, half), bias), 23));
}

// @ts-ignore: decorator
@lazy const EXP32 = memory.data<f32>([
  0.0013813888654112816, 0.008369063958525658, 0.041668422520160675, 0.166665181517601, 0.4999999403953552,
]);
/** exp(x - n log(2)) - 1 for the n = rounded - ROUNDER next to x / log(2) */
// @ts-ignore: decorator
@inline function expFraction(x: v128, rounded: v128): v128 {
  const n = f32x4.sub(rounded, c(ROUNDER));
  // r = high + low: log(2) in two parts, the first with few enough bits that `high` is exact
  const high = fma(n, c(-0.693359375), x);
  const low = f32x4.mul(n, c(2.1219444e-4));
  const r = f32x4.add(high, low);
  // r + r^2 q(r)
  return f32x4.add(fma(horner<f32>(EXP32, 5, r), f32x4.mul(r, r), low), high);
}

/** exp where the result, or a step towards it, may be infinite or denormal. */
function expFar(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, c(89)), c(-104));
  const rounded = fma(x, c(1.44269504), c(ROUNDER));
  return scale(f32x4.add(expFraction(x, rounded), c(1)), rounded);
}

// @ts-ignore: decorator
@inline export function exp32(x: v128): v128 {
  return v128.any_true(f32x4.gt(f32x4.abs(x), c(87))) ? expFar(x) : expNear(x, 0);
}

// @ts-ignore: decorator
@lazy const EXP2_32 = memory.data<f32>([
  0.00015484908362850547, 0.001342753297649324, 0.009617968462407589, 0.05550225451588631, 0.24022652208805084,
  0.6931473016738892,
]);
// @ts-ignore: decorator
@inline export function exp2_32(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, c(129)), c(-151));
  const rounded = f32x4.add(x, c(ROUNDER));
  const r = f32x4.sub(x, f32x4.sub(rounded, c(ROUNDER)));
  const q = horner<f32>(EXP2_32, 6, r);
  return scale(fma(q, r, c(1)), rounded);
}

// @ts-ignore: decorator
@lazy const LOG32 = memory.data<f32>([
  -0.07634443789720535, 0.12761536240577698, -0.13160182535648346, 0.14201763272285461, -0.1662335842847824,
  0.20001226663589478, -0.2500081956386566, 0.3333333134651184,
]);
// @ts-ignore: decorator
@inline export function log32(x: v128): v128 {
  const tiny = f32x4.lt(x, c(1.17549435e-38));
  const y = v128.bitselect(f32x4.mul(x, c(8388608)), x, tiny);
  // y = m * 2^e with m in [sqrt(1/2), sqrt(2))
  const k = i32x4.shr_s(i32x4.sub(y, i32x4.splat(0x3f3504f3)), 23);
  const f = f32x4.sub(i32x4.sub(y, i32x4.shl(k, 23)), c(1));
  const e = f32x4.sub(f32x4.convert_i32x4_s(k), v128.and(tiny, c(23)));
  // log(1 + f) = f - f^2 / 2 + f^3 p(f)
  let p = horner<f32>(LOG32, 8, f);
  const z = f32x4.mul(f, f);
  p = f32x4.mul(p, f32x4.mul(f, z));
  p = fma(e, c(-2.1219444e-4), p);
  p = fma(z, c(-0.5), p);
  let r = fma(e, c(0.693359375), f32x4.add(f, p));
  r = v128.bitselect(c(Infinity), r, f32x4.eq(x, c(Infinity)));
  r = v128.bitselect(c(-Infinity), r, f32x4.eq(x, c(0)));
  return v128.bitselect(r, c(NaN), f32x4.ge(x, c(0)));
}

/** exp(x) + plus for |x| <= 80, rounded once where that is what the sum takes. */
// @ts-ignore: decorator
@inline function expNear(x: v128, plus: f32): v128 {
  const rounded = fma(x, c(1.44269504), c(ROUNDER));
  const t = expFraction(x, rounded);
  const power = i32x4.shl(i32x4.sub(rounded, i32x4.splat(0x4b400000 - 127)), 23);
  return fma(power, t, plus == 0 ? power : f32x4.add(power, c(plus)));
}

// @ts-ignore: decorator
@lazy const TANH32 = memory.data<f32>([
  -0.005704986397176981, 0.0206390880048275, -0.05373971536755562, 0.13331441581249237, -0.3333328068256378,
]);
// @ts-ignore: decorator
@inline export function tanh32(x: v128): v128 {
  const a = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  const p = horner<f32>(TANH32, 5, z);
  const near = fma(f32x4.mul(p, z), x, x);
  const t = f32x4.pmin(a, c(10));
  const far = f32x4.sub(c(1), f32x4.div(c(2), expNear(f32x4.add(t, t), 1)));
  return withSign<f32>(v128.bitselect(far, near, f32x4.ge(a, c(0.625))), x);
}

/** 1 / (1 + exp(-x)) with the denominator scaled by 2^-32, so that it is finite while the result is not 0. */
// @ts-ignore: decorator
@inline export function sigmoid32(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(f32x4.neg(x), c(104)), c(-30));
  const rounded = fma(x, c(1.44269504), c(ROUNDER));
  const t = expFraction(x, rounded);
  const unit = c(2.3283064e-10);
  const power = i32x4.shl(i32x4.sub(rounded, i32x4.splat(0x4b400000 + 32 - 127)), 23);
  return f32x4.mul(f32x4.div(c(1), fma(power, t, f32x4.add(power, unit))), unit);
}

// @ts-ignore: decorator
@lazy const ERF32 = memory.data<f32>([
  7.85385855124332e-5, -0.0008010192541405559, 0.005188327748328447, -0.026853810995817184, 0.1128358542919159,
  -0.3761262595653534, 0.12837916612625122,
]);
// @ts-ignore: decorator
@lazy const ERF32_2 = memory.data<f32>([
  1.3962438060843851e-5, -0.000350591930327937, 0.003757476108148694, -0.0240100659430027, 0.10653086006641388,
  0.6349695324897766, 1.1286942958831787,
]);
// @ts-ignore: decorator
@inline export function erf32(x: v128): v128 {
  const a = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  // erf(x) / x - 1 in x^2
  const p = horner<f32>(ERF32, 7, z);
  const near = fma(p, x, x);
  // -log(erfc(t)) / t
  const t = f32x4.pmin(a, c(3.93));
  const q = horner<f32>(ERF32_2, 7, t);
  const far = f32x4.sub(c(1), expNear(f32x4.mul(f32x4.neg(t), q), 0));
  return v128.bitselect(withSign<f32>(far, x), near, f32x4.gt(a, c(1)));
}

/** Beyond this the products of the reduction below are no longer exact. */
export const TRIG32_LIMIT: f32 = 250;

// @ts-ignore: decorator
@lazy const SIN32 = memory.data<f32>([1.9515295891e-4, -8.3321608736e-3, 1.6666654611e-1]);
// @ts-ignore: decorator
@lazy const COS32 = memory.data<f32>([2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2, -0.5]);
/** sin, or cos, for |x| <= TRIG32_LIMIT: within 1.4 units in the last place. */
// @ts-ignore: decorator
@inline export function trig32(x: v128, cosine: bool): v128 {
  const rounded = fma(x, c(0.6366197723675814), c(ROUNDER));
  const n = f32x4.sub(rounded, c(ROUNDER));
  const back = f32x4.neg(n);
  // x - n pi/2, pi/2 in three parts of 16, 16 and 24 bits; r carries the high part, `excess` what it is too large by
  const near = fma(back, c(1.570770263671875), x);
  const high = fma(back, c(2.6063062250614166e-5), near);
  const low = fma(n, c(6.07710062827671e-11), fma(n, c(2.6063062250614166e-5), f32x4.sub(high, near)));
  const r = f32x4.sub(high, low);
  const excess = f32x4.add(f32x4.sub(r, high), low);
  const z = f32x4.mul(r, r);
  let s = horner<f32>(SIN32, 3, z);
  s = f32x4.sub(r, fma(f32x4.mul(s, z), r, excess));
  let k = horner<f32>(COS32, 4, z);
  k = f32x4.add(c(1), fma(k, z, f32x4.mul(r, excess)));
  const odd = i32x4.shr_s(i32x4.shl(rounded, 31), 31);
  const quadrant = cosine ? i32x4.add(rounded, i32x4.splat(1)) : rounded;
  const value = cosine ? v128.bitselect(s, k, odd) : v128.bitselect(k, s, odd);
  return v128.xor(value, v128.and(i32x4.shl(quadrant, 30), i32x4.splat(i32.MIN_VALUE)));
}

export function nextafter32(x: f32, y: f32): f32 {
  if (x != x || y != y) return x + y;
  if (x == y) return y;
  if (x == 0) return copysign<f32>(reinterpret<f32>(<u32>1), y);
  const bits = reinterpret<u32>(x);
  return reinterpret<f32>(x < y == x > 0 ? bits + 1 : bits - 1);
}
