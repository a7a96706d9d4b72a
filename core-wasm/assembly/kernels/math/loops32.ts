// Logarithm, sine, cosine, normal distribution and power of rows of float32, to the next multiple of 64 bytes. Measured over all exponents,
// log is within 0.9, sin and cos are within 1.6 units in the last place.
import { MAGNITUDE, at, exceeds, largest, storeFour } from "./four";
import { horner, madd } from "./simd";
import { TRIG_LIMIT as WIDE_TRIG_LIMIT, cosWide, exp2Wide, logPower, powWide, sinWide } from "./wide";

// @ts-ignore: decorator
@inline function c(value: f32): v128 {
  return f32x4.splat(value);
}
// @ts-ignore: decorator
@inline function fma(a: v128, b: v128, c: v128): v128 {
  return madd<f32>(a, b, c);
}

// @ts-ignore: decorator
@lazy const LOG32 = memory.data<f32>([
  -0.07634443789720535, 0.12761536240577698, -0.13160182535648346, 0.14201763272285461, -0.1662335842847824,
  0.20001226663589478, -0.2500081956386566, 0.3333333134651184,
]);
/** log of m * 2^e for the m next to 1 */
// @ts-ignore: decorator
@inline function logFraction(
  f: v128,
  e: v128,
  c8: v128,
  c7: v128,
  c6: v128,
  c5: v128,
  c4: v128,
  c3: v128,
  c2: v128,
  c1: v128,
): v128 {
  // log(1 + f) = f - f^2 / 2 + f^3 p(f)
  const z = f32x4.mul(f, f);
  let p = fma(fma(fma(fma(fma(fma(fma(c8, f, c7), f, c6), f, c5), f, c4), f, c3), f, c2), f, c1);
  p = f32x4.mul(p, f32x4.mul(f, z));
  p = fma(e, c(-2.1219444e-4), p);
  p = fma(z, c(-0.5), p);
  return fma(e, c(0.693359375), f32x4.add(f, p));
}

/** log of a normal number, NaN where it is negative */
// @ts-ignore: decorator
@inline function logNear(
  x: v128,
  c8: v128,
  c7: v128,
  c6: v128,
  c5: v128,
  c4: v128,
  c3: v128,
  c2: v128,
  c1: v128,
): v128 {
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2))
  const k = i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23);
  const f = f32x4.sub(i32x4.sub(x, i32x4.shl(k, 23)), c(1));
  const y = logFraction(f, f32x4.convert_i32x4_s(k), c8, c7, c6, c5, c4, c3, c2, c1);
  return v128.or(y, i32x4.shr_s(x, 31));
}

/** Magnitudes of normal numbers come first when the smallest of them is taken away. */
// @ts-ignore: decorator
@inline function beyondLeast(x: v128): v128 {
  return i32x4.sub(v128.and(x, at(MAGNITUDE, 0)), i32x4.splat(0x00800000));
}

/** log where the number may be 0, denormal, infinite or NaN, to the same bits as elsewhere where it is none of them. */
function logFar(x: v128): v128 {
  const tiny = f32x4.lt(x, c(1.17549435e-38));
  const y = v128.bitselect(f32x4.mul(x, c(8388608)), x, tiny);
  const k = i32x4.shr_s(i32x4.sub(y, i32x4.splat(0x3f3504f3)), 23);
  const f = f32x4.sub(i32x4.sub(y, i32x4.shl(k, 23)), c(1));
  const e = f32x4.sub(f32x4.convert_i32x4_s(k), v128.and(tiny, c(23)));
  const t = LOG32;
  let r = logFraction(f, e, at(t, 0), at(t, 1), at(t, 2), at(t, 3), at(t, 4), at(t, 5), at(t, 6), at(t, 7));
  r = v128.bitselect(c(Infinity), r, f32x4.eq(x, c(Infinity)));
  r = v128.bitselect(c(-Infinity), r, f32x4.eq(x, c(0)));
  return v128.bitselect(r, c(NaN), f32x4.ge(x, c(0)));
}

export function logLoop(dst: usize, a: usize, bytes: usize): void {
  const t = LOG32;
  for (const end = a + bytes; a < end; a += 64, dst += 64) {
    const x0 = v128.load(a);
    const x1 = v128.load(a, 16);
    const x2 = v128.load(a, 32);
    const x3 = v128.load(a, 48);
    const low = i32x4.max_u(beyondLeast(x0), beyondLeast(x1));
    const most = i32x4.max_u(low, i32x4.max_u(beyondLeast(x2), beyondLeast(x3)));
    if (v128.any_true(i32x4.gt_u(most, i32x4.splat(0x7effffff)))) {
      storeFour(dst, logFar(x0), logFar(x1), logFar(x2), logFar(x3));
      continue;
    }
    const c8 = at(t, 0);
    const c7 = at(t, 1);
    const c6 = at(t, 2);
    const c5 = at(t, 3);
    const c4 = at(t, 4);
    const c3 = at(t, 5);
    const c2 = at(t, 6);
    const c1 = at(t, 7);
    storeFour(
      dst,
      logNear(x0, c8, c7, c6, c5, c4, c3, c2, c1),
      logNear(x1, c8, c7, c6, c5, c4, c3, c2, c1),
      logNear(x2, c8, c7, c6, c5, c4, c3, c2, c1),
      logNear(x3, c8, c7, c6, c5, c4, c3, c2, c1),
    );
  }
}

/**
 * 2 / pi; ROUNDER, and as much more as cos is ahead; pi/2 in three parts of 16, 16 and 24 bits, negative; the polynomials of
 * (sin(x) / x - 1) / x^2 and of (cos(x) - 1 + x^2 / 2) / x^4 in x^2;
 * -1/2 and 1
 */
// @ts-ignore: decorator
@lazy const SIN32 = memory.data<f32>([
  0.6366197466850281, 12582912.0, 12582913.0, -1.570770263671875, -2.6063062250614166e-5, -6.07710062827671e-11,
  -0.00019510868878569454, 0.008332131430506706, -0.16666653752326965, 2.4431235942756757e-5, -0.0013887305976822972,
  0.04166664555668831, -0.5, 1,
]);
/** Beyond this the products of the reduction are no longer exact. */
const TRIG_LIMIT: f32 = 250;

/** sin or cos of |x| = n pi/2 + r, |r| <= pi/4: of r that or the other, by n's parity. What r lacks comes to the sine's small part. */
// @ts-ignore: decorator
@inline function trigNear(
  x: v128,
  cosine: bool,
  magnitude: v128,
  unit: v128,
  rounder: v128,
  high: v128,
  middle: v128,
  low: v128,
  s7: v128,
  s5: v128,
  s3: v128,
  c8: v128,
  c6: v128,
  c4: v128,
  c2: v128,
  one: v128,
): v128 {
  const size = v128.and(x, magnitude);
  const quarters = fma(size, unit, rounder);
  const n = f32x4.sub(quarters, rounder);
  const r = fma(n, middle, fma(n, high, size));
  const z = f32x4.mul(r, r);
  const sine = f32x4.add(r, fma(fma(fma(s7, z, s5), z, s3), f32x4.mul(r, z), f32x4.mul(n, low)));
  const other = fma(fma(fma(fma(c8, z, c6), z, c4), z, c2), z, one);
  const isOther = i32x4.shr_s(i32x4.shl(quarters, 31), 31);
  // the second bit of n is the sign, of which sin has one more
  const sign = i32x4.shl(quarters, 30);
  return v128.xor(v128.bitselect(other, sine, isOther), v128.andnot(cosine ? sign : v128.xor(sign, x), magnitude));
}

// @ts-ignore: decorator
@inline function trigLoop(cosine: bool, dst: usize, a: usize, bytes: usize): void {
  const t = SIN32;
  for (const end = a + bytes; a < end; a += 64, dst += 64) {
    const x0 = v128.load(a);
    const x1 = v128.load(a, 16);
    const x2 = v128.load(a, 32);
    const x3 = v128.load(a, 48);
    const m = at(MAGNITUDE, 0);
    const u = at(t, 0);
    const n = at(t, cosine ? 2 : 1);
    const h = at(t, 3);
    const i = at(t, 4);
    const l = at(t, 5);
    const s7 = at(t, 6);
    const s5 = at(t, 7);
    const s3 = at(t, 8);
    const c8 = at(t, 9);
    const c6 = at(t, 10);
    const c4 = at(t, 11);
    const c2 = at(t, 12);
    const o = at(t, 13);
    storeFour(
      dst,
      trigNear(x0, cosine, m, u, n, h, i, l, s7, s5, s3, c8, c6, c4, c2, o),
      trigNear(x1, cosine, m, u, n, h, i, l, s7, s5, s3, c8, c6, c4, c2, o),
      trigNear(x2, cosine, m, u, n, h, i, l, s7, s5, s3, c8, c6, c4, c2, o),
      trigNear(x3, cosine, m, u, n, h, i, l, s7, s5, s3, c8, c6, c4, c2, o),
    );
    if (exceeds(largest(x0, x1, x2, x3), TRIG_LIMIT)) {
      trigFar(cosine, dst, x0);
      trigFar(cosine, dst + 16, x1);
      trigFar(cosine, dst + 32, x2);
      trigFar(cosine, dst + 48, x3);
    }
  }
}
export function sinLoop(dst: usize, a: usize, bytes: usize): void {
  trigLoop(false, dst, a, bytes);
}
export function cosLoop(dst: usize, a: usize, bytes: usize): void {
  trigLoop(true, dst, a, bytes);
}

/** Replaces the lanes at `dst` whose `x` is large. */
function trigFar(cosine: bool, dst: usize, x: v128): void {
  const large = i32x4.gt_s(v128.and(x, at(MAGNITUDE, 0)), i32x4.splat(reinterpret<i32>(TRIG_LIMIT)));
  const low = trigOfTwo(cosine, f64x2.promote_low_f32x4(x));
  const high = trigOfTwo(cosine, upperTwo(x));
  v128.store(dst, v128.bitselect(i64x2.shuffle(low, high, 0, 2), v128.load(dst), large));
}

function trigOfTwo(cosine: bool, x: v128): v128 {
  if (!v128.any_true(f64x2.gt(f64x2.abs(x), f64x2.splat(WIDE_TRIG_LIMIT)))) {
    return f32x4.demote_f64x2_zero(cosine ? cosWide(x) : sinWide(x));
  }
  const a = f64x2.extract_lane(x, 0);
  const b = f64x2.extract_lane(x, 1);
  const first = f32x4.splat(<f32>(cosine ? NativeMath.cos(a) : NativeMath.sin(a)));
  return f32x4.replace_lane(first, 1, <f32>(cosine ? NativeMath.cos(b) : NativeMath.sin(b)));
}

/** 5.563, from which on the quotient is 1/2 to the bit; P and Q of (Φ(x) - 1/2) / x in x^2, from the highest power */
// @ts-ignore: decorator
@lazy const NORMAL32 = memory.data<f32>([
  5.562995433807373, 2.169574209176517e-8, 6.289275916060433e-6, 0.00017376436153426766, 0.004706598352640867,
  0.034438878297805786, 0.3989422619342804, 1.1619677025009878e-6, 7.471062417607754e-5, 0.0019132036250084639,
  0.028964076191186905, 0.2529917061328888, 1,
]);
/** The normal distribution function: 1/2 + x P(x^2) / Q(x^2), to within 1e-7, never negative. */
function normalCdf(x: v128): v128 {
  const t = NORMAL32;
  const limit = at(t, 0);
  x = f32x4.pmax(f32x4.pmin(x, limit), f32x4.neg(limit));
  const z = f32x4.mul(x, x);
  const p = f32x4.mul(x, horner<f32>(t + 4, 6, z));
  return f32x4.pmax(f32x4.add(f32x4.div(p, horner<f32>(t + 28, 6, z)), c(0.5)), c(0));
}

export function normalCdfLoop(dst: usize, a: usize, bytes: usize): void {
  for (const end = a + bytes; a < end; a += 16, dst += 16) v128.store(dst, normalCdf(v128.load(a)));
}

/** P and Q of the same to within 4e-8 up to GELU_LIMIT, with fewer terms; 1/2 */
// @ts-ignore: decorator
@lazy const GELU32 = memory.data<f32>([
  -1.1844358055782194e-8, 1.0007591695108234e-6, -1.7602477612915843e-5, 0.003197910782712993, 0.017542891681144163,
  0.39894247724123455, 0.0006902453055973766, 0.018117557648415133, 0.2106432819316244, 1, 0.5,
]);
const GELU_LIMIT: f32 = 4;

/** x Φ(x) for |x| <= GELU_LIMIT */
// @ts-ignore: decorator
@inline function geluNear(
  x: v128,
  p5: v128,
  p4: v128,
  p3: v128,
  p2: v128,
  p1: v128,
  p0: v128,
  q3: v128,
  q2: v128,
  q1: v128,
  one: v128,
  half: v128,
): v128 {
  const z = f32x4.mul(x, x);
  const p = fma(fma(fma(fma(fma(p5, z, p4), z, p3), z, p2), z, p1), z, p0);
  const q = fma(fma(fma(q3, z, q2), z, q1), z, one);
  return f32x4.mul(x, fma(x, f32x4.div(p, q), half));
}

/** x Φ(x) of any number; `near` where it is right. */
function geluFar(x: v128, near: v128): v128 {
  return v128.bitselect(near, f32x4.mul(x, normalCdf(x)), f32x4.le(f32x4.abs(x), c(GELU_LIMIT)));
}

export function geluLoop(dst: usize, a: usize, bytes: usize): void {
  const t = GELU32;
  for (const end = a + bytes; a < end; a += 32, dst += 32) {
    const x0 = v128.load(a);
    const x1 = v128.load(a, 16);
    const p5 = at(t, 0);
    const p4 = at(t, 1);
    const p3 = at(t, 2);
    const p2 = at(t, 3);
    const p1 = at(t, 4);
    const p0 = at(t, 5);
    const q3 = at(t, 6);
    const q2 = at(t, 7);
    const q1 = at(t, 8);
    const one = at(t, 9);
    const half = at(t, 10);
    let y0 = geluNear(x0, p5, p4, p3, p2, p1, p0, q3, q2, q1, one, half);
    let y1 = geluNear(x1, p5, p4, p3, p2, p1, p0, q3, q2, q1, one, half);
    const magnitude = at(MAGNITUDE, 0);
    if (exceeds(i32x4.max_u(v128.and(x0, magnitude), v128.and(x1, magnitude)), GELU_LIMIT)) {
      y0 = geluFar(x0, y0);
      y1 = geluFar(x1, y1);
    }
    v128.store(dst, y0);
    v128.store(dst, y1, 16);
  }
}

// @ts-ignore: decorator
@inline function upperTwo(x: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3));
}
// @ts-ignore: decorator
@inline function join(low: v128, high: v128): v128 {
  return i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** C's pow. Logarithms of the magnitudes as float64, signs by the exponents' parity; `powFar` for what that is not enough for. */
export function powLoop(dst: usize, a: usize, b: usize, bytes: usize): void {
  for (const end = a + bytes; a < end; a += 16, b += 16, dst += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    const magnitude = v128.and(x, at(MAGNITUDE, 0));
    // magnitude = m * 2^e with m in [sqrt(1/2), sqrt(2))
    const k = i32x4.shr_s(i32x4.sub(magnitude, i32x4.splat(0x3f3504f3)), 23);
    const m = i32x4.sub(magnitude, i32x4.shl(k, 23));
    const e = f32x4.convert_i32x4_s(k);
    const t0 = logPower(f64x2.promote_low_f32x4(m), f64x2.promote_low_f32x4(e), f64x2.promote_low_f32x4(y));
    const t1 = logPower(upperTwo(m), upperTwo(e), upperTwo(y));
    // a result that is a normal number, of a base that is one
    const limit = f64x2.splat(125);
    const fits = v128.shuffle<i32>(f64x2.lt(f64x2.abs(t0), limit), f64x2.lt(f64x2.abs(t1), limit), 0, 2, 4, 6);
    const normal = i32x4.lt_u(i32x4.sub(magnitude, i32x4.splat(0x00800000)), i32x4.splat(0x7f000000));
    const near = v128.and(fits, normal);
    let result = join(exp2Wide(t0), exp2Wide(t1));
    const half = f32x4.mul(y, c(0.5));
    const whole = f32x4.eq(f32x4.trunc(y), y);
    const odd = v128.andnot(whole, f32x4.eq(f32x4.trunc(half), half));
    result = v128.or(result, v128.and(v128.and(odd, x), i32x4.splat(i32.MIN_VALUE)));
    // no power of a negative base but whole ones
    result = v128.or(result, v128.andnot(i32x4.shr_s(x, 31), whole));
    if (!i32x4.all_true(near)) result = v128.bitselect(result, powFar(x, y), near);
    v128.store(dst, result);
  }
}

function powFar(x: v128, y: v128): v128 {
  const low = powWide(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y));
  return join(low, powWide(upperTwo(x), upperTwo(y)));
}
