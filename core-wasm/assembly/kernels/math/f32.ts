// float32 functions on four lanes, the ones that neural networks run most. Coefficients are minimax fits (Remez) of the
// stated function over the reduced range; measured over all exponents, the functions are within 1.3 units in the last
// place (sigmoid 1.7), denormals included. Constants are written as the float32 they round to.
import { MAGNITUDE, at, exceeds, largest, storeFour } from "./four";
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

/** 1 / log(2), ROUNDER, log(2) in two parts, the polynomial of exp */
// @ts-ignore: decorator
@lazy const EXP32 = memory.data<f32>([
  1.44269504, 12582912.0, -0.693359375, 2.1219444e-4, 0.001382073387503624, 0.008368677459657192, 0.04166826605796814,
  0.1666652113199234, 0.4999999403953552, 1,
]);

/** exp(x - n log(2)) for the n = rounded - ROUNDER next to x / log(2); the first product and its difference are exact. */
// @ts-ignore: decorator
@inline function expFraction(
  x: v128,
  rounded: v128,
  rounder: v128,
  high: v128,
  low: v128,
  c6: v128,
  c5: v128,
  c4: v128,
  c3: v128,
  c2: v128,
  one: v128,
): v128 {
  const n = f32x4.sub(rounded, rounder);
  const r = fma(n, low, fma(n, high, x));
  const p = fma(fma(fma(fma(c6, r, c5), r, c4), r, c3), r, c2);
  return fma(fma(p, r, one), r, one);
}

// @ts-ignore: decorator
@inline function expNear(
  x: v128,
  unit: v128,
  rounder: v128,
  high: v128,
  low: v128,
  c6: v128,
  c5: v128,
  c4: v128,
  c3: v128,
  c2: v128,
  one: v128,
): v128 {
  const rounded = fma(x, unit, rounder);
  const p = expFraction(x, rounded, rounder, high, low, c6, c5, c4, c3, c2, one);
  return i32x4.add(p, i32x4.shl(rounded, 23));
}

/**
 * exp where the result may be infinite or denormal, to the same bits as elsewhere where it is neither. What rounds to zero, as
 * all that a mask hides from softmax, is computed as exp(0) and cleared: processors take some 150 cycles for an underflow.
 */
function expFar(x: v128): v128 {
  const t = EXP32;
  const none = f32x4.lt(x, c(-104));
  x = v128.andnot(f32x4.pmin(x, c(89)), none);
  const rounded = fma(x, at(t, 0), at(t, 1));
  const one = at(t, 9);
  const p = expFraction(
    x,
    rounded,
    at(t, 1),
    at(t, 2),
    at(t, 3),
    at(t, 4),
    at(t, 5),
    at(t, 6),
    at(t, 7),
    at(t, 8),
    one,
  );
  return v128.andnot(scale(p, rounded), none);
}

// @ts-ignore: decorator
@inline export function exp32(x: v128): v128 {
  return exceeds(v128.and(x, at(MAGNITUDE, 0)), EXP_LIMIT) ? expFar(x) : expSmall(x);
}

/** exp for |x| <= EXP_LIMIT */
// @ts-ignore: decorator
@inline function expSmall(x: v128): v128 {
  const t = EXP32;
  const one = at(t, 9);
  return expNear(x, at(t, 0), at(t, 1), at(t, 2), at(t, 3), at(t, 4), at(t, 5), at(t, 6), at(t, 7), at(t, 8), one);
}

/** Up to here exp is neither infinite nor denormal. */
const EXP_LIMIT: f32 = 87;

function expFour(dst: usize, x0: v128, x1: v128, x2: v128, x3: v128): void {
  if (exceeds(largest(x0, x1, x2, x3), EXP_LIMIT)) {
    storeFour(dst, expFar(x0), expFar(x1), expFar(x2), expFar(x3));
    return;
  }
  const t = EXP32;
  const u = at(t, 0);
  const m = at(t, 1);
  const h = at(t, 2);
  const l = at(t, 3);
  const c6 = at(t, 4);
  const c5 = at(t, 5);
  const c4 = at(t, 6);
  const c3 = at(t, 7);
  const c2 = at(t, 8);
  const c1 = at(t, 9);
  storeFour(
    dst,
    expNear(x0, u, m, h, l, c6, c5, c4, c3, c2, c1),
    expNear(x1, u, m, h, l, c6, c5, c4, c3, c2, c1),
    expNear(x2, u, m, h, l, c6, c5, c4, c3, c2, c1),
    expNear(x3, u, m, h, l, c6, c5, c4, c3, c2, c1),
  );
}

// The loops go on to the next multiple of 64 bytes.

export function expLoop(dst: usize, a: usize, bytes: usize): void {
  for (const end = a + bytes; a < end; a += 64, dst += 64) {
    expFour(dst, v128.load(a), v128.load(a, 16), v128.load(a, 32), v128.load(a, 48));
  }
}

/** dst = exp(x - shift), over 64 bytes; returns the sum of the results' vectors. */
// @ts-ignore: decorator
@inline export function expShifted(dst: usize, a: usize, shift: v128): v128 {
  const x0 = f32x4.sub(v128.load(a), shift);
  const x1 = f32x4.sub(v128.load(a, 16), shift);
  const x2 = f32x4.sub(v128.load(a, 32), shift);
  expFour(dst, x0, x1, x2, f32x4.sub(v128.load(a, 48), shift));
  const sum = f32x4.add(v128.load(dst), v128.load(dst, 16));
  return f32x4.add(sum, f32x4.add(v128.load(dst, 32), v128.load(dst, 48)));
}

/** For exp(-x): -1 / log(2), ROUNDER, log(2) in two parts, the polynomial of exp(-r) in r; 1 */
// @ts-ignore: decorator
@lazy const SIGMOID32 = memory.data<f32>([
  -1.44269504, 12582912.0, 0.693359375, -2.1219444e-4, 0.001382073387503624, -0.008368677459657192, 0.04166826605796814,
  -0.1666652113199234, 0.4999999403953552, -1, 1,
]);

/** 1 / (1 + exp(-x)): exp(-x) = s + s q for a power of two s and a small q, so that 1 + s is exact. */
// @ts-ignore: decorator
@inline function sigmoidNear(
  x: v128,
  unit: v128,
  rounder: v128,
  high: v128,
  low: v128,
  c6: v128,
  c5: v128,
  c4: v128,
  c3: v128,
  c2: v128,
  c1: v128,
  one: v128,
): v128 {
  const rounded = fma(x, unit, rounder);
  const n = f32x4.sub(rounded, rounder);
  const r = fma(n, low, fma(n, high, x));
  const q = f32x4.mul(fma(fma(fma(fma(fma(c6, r, c5), r, c4), r, c3), r, c2), r, c1), r);
  const s = i32x4.add(i32x4.shl(rounded, 23), one);
  return f32x4.div(one, fma(q, s, f32x4.add(s, one)));
}

/** Up to here 1 + s is exact; beyond, the square of exp(-|x|) is nothing beside it. */
const SIGMOID_LIMIT: f32 = 16;

/** sigmoid of any number. */
function sigmoidFar(x: v128): v128 {
  const t = SIGMOID32;
  const one = at(t, 10);
  const near = sigmoidNear(
    x,
    at(t, 0),
    at(t, 1),
    at(t, 2),
    at(t, 3),
    at(t, 4),
    at(t, 5),
    at(t, 6),
    at(t, 7),
    at(t, 8),
    at(t, 9),
    one,
  );
  const e = expFar(f32x4.neg(f32x4.abs(x)));
  const far = v128.bitselect(f32x4.sub(e, f32x4.mul(e, e)), f32x4.sub(one, e), f32x4.lt(x, f32x4.splat(0)));
  return v128.bitselect(near, far, f32x4.le(f32x4.abs(x), c(SIGMOID_LIMIT)));
}

export function sigmoidLoop(dst: usize, a: usize, bytes: usize): void {
  const t = SIGMOID32;
  for (const end = a + bytes; a < end; a += 64, dst += 64) {
    const x0 = v128.load(a);
    const x1 = v128.load(a, 16);
    const x2 = v128.load(a, 32);
    const x3 = v128.load(a, 48);
    if (exceeds(largest(x0, x1, x2, x3), SIGMOID_LIMIT)) {
      storeFour(dst, sigmoidFar(x0), sigmoidFar(x1), sigmoidFar(x2), sigmoidFar(x3));
      continue;
    }
    const u = at(t, 0);
    const m = at(t, 1);
    const h = at(t, 2);
    const l = at(t, 3);
    const c6 = at(t, 4);
    const c5 = at(t, 5);
    const c4 = at(t, 6);
    const c3 = at(t, 7);
    const c2 = at(t, 8);
    const c1 = at(t, 9);
    const one = at(t, 10);
    storeFour(
      dst,
      sigmoidNear(x0, u, m, h, l, c6, c5, c4, c3, c2, c1, one),
      sigmoidNear(x1, u, m, h, l, c6, c5, c4, c3, c2, c1, one),
      sigmoidNear(x2, u, m, h, l, c6, c5, c4, c3, c2, c1, one),
      sigmoidNear(x3, u, m, h, l, c6, c5, c4, c3, c2, c1, one),
    );
  }
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
  const far = f32x4.sub(c(1), f32x4.div(c(2), f32x4.add(expSmall(f32x4.add(t, t)), c(1))));
  return withSign<f32>(v128.bitselect(far, near, f32x4.ge(a, c(0.625))), x);
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
  const far = f32x4.sub(c(1), expSmall(f32x4.mul(f32x4.neg(t), q)));
  return v128.bitselect(withSign<f32>(far, x), near, f32x4.gt(a, c(1)));
}

export function nextafter32(x: f32, y: f32): f32 {
  if (x != x || y != y) return x + y;
  if (x == y) return y;
  if (x == 0) return copysign<f32>(reinterpret<f32>(<u32>1), y);
  const bits = reinterpret<u32>(x);
  return reinterpret<f32>(x < y == x > 0 ? bits + 1 : bits - 1);
}
