// Normal samples in bulk. With float32 outputs PyTorch evaluates log, sin and cos by the single-precision Cephes
// polynomials of avx_mathfun (G. Garberoglio, after J. Pommier), contracted to FMAs by its compiler. They are repeated
// here operation for operation, which makes the float32 stream bit-equal.
import { fma, fmaf } from "./fma";
import { fill32, nextNormal, uniform24, uniform53 } from "./generator";

// @ts-ignore: decorator
@inline
function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorator
@inline
function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
}

/** fmaf of each lane, where one lies between two float32 numbers. */
function exactly(a: v128, b: v128, c: v128): v128 {
  let result = f32x4.splat(fmaf(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0), f32x4.extract_lane(c, 0)));
  result = f32x4.replace_lane(
    result,
    1,
    fmaf(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1), f32x4.extract_lane(c, 1)),
  );
  result = f32x4.replace_lane(
    result,
    2,
    fmaf(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2), f32x4.extract_lane(c, 2)),
  );
  return f32x4.replace_lane(
    result,
    3,
    fmaf(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3), f32x4.extract_lane(c, 3)),
  );
}

/** Whether relaxed_madd rounds once, as it does wherever the processor can; found out by a number whose square needs 25 bits. */
let fused: bool = false;
let odd: f32 = 1.000244140625;

function findFused(): void {
  const x = f32x4.splat(odd);
  const rest = f32x4.extract_lane(v128.relaxed_madd<f32>(x, x, f32x4.splat(-1.00048828125)), 0);
  fused = rest == 5.9604644775390625e-8;
}

/** a * b + c in every lane with one rounding; see fmaf for the bits that are looked at. */
// @ts-ignore: decorator
@inline
function fma4(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD && fused) return v128.relaxed_madd<f32>(a, b, c);
  const l = f64x2.add(f64x2.mul(low(a), low(b)), low(c));
  const h = f64x2.add(f64x2.mul(high(a), high(b)), high(c));
  const tail = i64x2.splat(0x1fffffff);
  const half = i64x2.splat(0x10000000);
  const ties = v128.or(i64x2.eq(v128.and(l, tail), half), i64x2.eq(v128.and(h, tail), half));
  if (v128.any_true(ties)) return exactly(a, b, c);
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(l), f32x4.demote_f64x2_zero(h), 0, 2);
}

// @ts-ignore: decorator
@inline
function number(value: f32): v128 {
  return f32x4.splat(value);
}

/** log of four numbers in (0, 1], multiples of 2^-24: never denormal. */
function cephesLog(u: v128): v128 {
  let x = v128.or(v128.and(u, i32x4.splat(0x807fffff)), i32x4.splat(0x3f000000));
  let e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(u, 23), i32x4.splat(126)));
  const small = f32x4.lt(x, number(0.707106781186547524));
  const again = v128.and(x, small);
  x = f32x4.add(f32x4.sub(x, number(1)), again);
  e = f32x4.sub(e, v128.and(number(1), small));
  const z = f32x4.mul(x, x);
  let y = number(7.0376836292e-2);
  y = fma4(y, x, number(-1.151461031e-1));
  y = fma4(y, x, number(1.167699874e-1));
  y = fma4(y, x, number(-1.2420140846e-1));
  y = fma4(y, x, number(1.4249322787e-1));
  y = fma4(y, x, number(-1.6668057665e-1));
  y = fma4(y, x, number(2.0000714765e-1));
  y = fma4(y, x, number(-2.4999993993e-1));
  y = fma4(y, x, number(3.3333331174e-1));
  y = fma4(f32x4.mul(y, x), z, f32x4.mul(e, number(-2.1219444e-4)));
  y = f32x4.sub(y, f32x4.mul(z, number(0.5))); // the product is exact
  return fma4(e, number(0.693359375), f32x4.add(x, y));
}

/** (r cos t, r sin t) * std + mean of four Box-Muller draws in place, t in [0, 2 pi). */
function pairs32(first: usize, second: usize, mean: v128, std: v128): void {
  const u1 = f32x4.sub(number(1), v128.load(first));
  const theta = f32x4.mul(number(6.283185307179586), v128.load(second));
  const radius = f32x4.sqrt(f32x4.mul(number(-2), cephesLog(u1)));
  const eighths = i32x4.trunc_sat_f32x4_s(f32x4.mul(theta, number(1.27323954473516)));
  const j = v128.and(i32x4.add(eighths, i32x4.splat(1)), i32x4.splat(~1));
  let y = f32x4.convert_i32x4_s(j);
  let x = fma4(y, number(-0.78515625), theta);
  x = fma4(y, number(-2.4187564849853515625e-4), x);
  x = fma4(y, number(-3.77489497744594108e-8), x);
  const z = f32x4.mul(x, x);
  y = fma4(number(2.443315711809948e-5), z, number(-1.388731625493765e-3));
  y = fma4(y, z, number(4.166664568298827e-2));
  y = fma4(f32x4.mul(y, z), z, f32x4.neg(f32x4.mul(z, number(0.5))));
  y = f32x4.add(y, number(1));
  let s = fma4(number(-1.9515295891e-4), z, number(8.3321608736e-3));
  s = fma4(s, z, number(-1.6666654611e-1));
  s = fma4(f32x4.mul(s, z), x, x);
  const straight = i32x4.eq(v128.and(j, i32x4.splat(2)), i32x4.splat(0));
  const four = i32x4.splat(4);
  const sineSign = i32x4.shl(v128.and(j, four), 29);
  const cosineSign = i32x4.shl(v128.andnot(four, i32x4.sub(j, i32x4.splat(2))), 29);
  const sine = v128.xor(v128.bitselect(s, y, straight), sineSign);
  const cosine = v128.xor(v128.bitselect(y, s, straight), cosineSign);
  v128.store(first, fma4(f32x4.mul(radius, cosine), std, mean));
  v128.store(second, fma4(f32x4.mul(radius, sine), std, mean));
}

// @ts-ignore: decorator
@inline
function pair64(first: usize, second: usize, mean: f64, std: f64): void {
  const u1 = 1 - load<f64>(first);
  const theta = 2 * Math.PI * load<f64>(second);
  const radius = Math.sqrt(-2 * Math.log(u1));
  store<f64>(first, fma(radius * Math.cos(theta), std, mean));
  store<f64>(second, fma(radius * Math.sin(theta), std, mean));
}

function chunk<T>(at: usize, mean: f64, std: f64): void {
  if (sizeof<T>() == 4) {
    const means = number(<f32>mean);
    const stds = number(<f32>std);
    pairs32(at, at + 32, means, stds);
    pairs32(at + 16, at + 48, means, stds);
  } else {
    for (let i: usize = 0; i < 64; i += 8) pair64(at + i, at + i + 64, mean, std);
  }
}

/** Fills contiguous float32 or float64 memory with uniforms in [0, 1). */
export function fillUniform<T>(generator: usize, out: usize, n: i32): void {
  if (sizeof<T>() == 4) {
    fill32(generator, out, n);
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      const bits = v128.and(v128.load(out), i32x4.splat(0xffffff));
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(bits), f32x4.splat(5.9604644775390625e-8)));
      out += 16;
    }
    for (; i < n; i++) {
      store<f32>(out, <f32>(load<u32>(out) & 0xffffff) * <f32>5.9604644775390625e-8);
      out += 4;
    }
  } else {
    for (let i = 0; i < n; i++) store<f64>(out + ((<usize>i) << 3), uniform53(generator));
  }
}

/**
 * normal_: fewer than 16 samples come one by one in double precision (cached pairs); from 16 on, uniforms fill the output
 * and chunks of 16 are transformed in place, the last 16 drawn anew if the count is no multiple of 16.
 */
export function fillNormal<T>(generator: usize, out: usize, n: i32, mean: f64, std: f64): void {
  if (n < 16) {
    for (let i = 0; i < n; i++) store<T>(out + <usize>i * sizeof<T>(), <T>fma(nextNormal(generator), std, mean));
    return;
  }
  if (ASC_FEATURE_RELAXED_SIMD) findFused();
  fillUniform<T>(generator, out, n);
  const whole = n & ~15;
  for (let i = 0; i < whole; i += 16) chunk<T>(out + <usize>i * sizeof<T>(), mean, std);
  if (whole != n) {
    const last = out + <usize>(n - 16) * sizeof<T>();
    for (let i: usize = 0; i < 16; i++) {
      if (sizeof<T>() == 4) store<f32>(last + (i << 2), uniform24(generator));
      else store<f64>(last + (i << 3), uniform53(generator));
    }
    chunk<T>(last, mean, std);
  }
}
