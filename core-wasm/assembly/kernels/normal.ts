// Normal samples in bulk. With float32 outputs PyTorch evaluates log, sin and cos by the single-precision Cephes
// polynomials of avx_mathfun (G. Garberoglio, after J. Pommier), contracted to FMAs by its compiler. They are repeated
// here operation for operation, which makes the float32 stream bit-equal.
import { fma, fmaf } from "./fma";
import { fill32, nextNormal, uniform24, uniform53 } from "./generator";

// @ts-ignore: decorator
@inline
function cephesLog(u: f32): f32 {
  const bits = reinterpret<u32>(u); // u is in (0, 1], a multiple of 2^-24: never denormal
  let x = reinterpret<f32>((bits & 0x807fffff) | 0x3f000000);
  let e = <f32>(<i32>(bits >> 23) - 126);
  if (x < <f32>0.707106781186547524) {
    e -= 1;
    x = x - 1 + x;
  } else x -= 1;
  const z = x * x;
  let y: f32 = 7.0376836292e-2;
  y = fmaf(y, x, -1.151461031e-1);
  y = fmaf(y, x, 1.167699874e-1);
  y = fmaf(y, x, -1.2420140846e-1);
  y = fmaf(y, x, 1.4249322787e-1);
  y = fmaf(y, x, -1.6668057665e-1);
  y = fmaf(y, x, 2.0000714765e-1);
  y = fmaf(y, x, -2.4999993993e-1);
  y = fmaf(y, x, 3.3333331174e-1);
  y *= x;
  y = fmaf(y, z, e * <f32>-2.1219444e-4);
  y = fmaf(-z, 0.5, y);
  return fmaf(e, 0.693359375, x + y);
}

/** The pair (r cos t, r sin t) * std + mean of one Box-Muller draw, t in [0, 2 pi). */
// @ts-ignore: decorator
@inline
function pair32(first: usize, second: usize, mean: f32, std: f32): void {
  const u1 = <f32>1 - load<f32>(first);
  const theta = <f32>6.283185307179586 * load<f32>(second);
  const radius = sqrt<f32>(<f32>-2 * cephesLog(u1));
  const j = (<i32>(theta * <f32>1.27323954473516) + 1) & ~1;
  let y = <f32>j;
  let x = fmaf(y, -0.78515625, theta);
  x = fmaf(y, -2.4187564849853515625e-4, x);
  x = fmaf(y, -3.77489497744594108e-8, x);
  const z = x * x;
  y = fmaf(2.443315711809948e-5, z, -1.388731625493765e-3);
  y = fmaf(y, z, 4.166664568298827e-2);
  y = fmaf(y * z, z, -(z * <f32>0.5)) + 1;
  let s = fmaf(-1.9515295891e-4, z, 8.3321608736e-3);
  s = fmaf(s, z, -1.6666654611e-1);
  s = fmaf(s * z, x, x);
  const straight = (j & 2) == 0;
  let sine = straight ? s : y;
  let cosine = straight ? y : s;
  if (j & 4) sine = -sine;
  if (~(j - 2) & 4) cosine = -cosine;
  store<f32>(first, fmaf(radius * cosine, std, mean));
  store<f32>(second, fmaf(radius * sine, std, mean));
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
  const half: usize = 8 * sizeof<T>();
  for (let i: usize = 0; i < half; i += sizeof<T>()) {
    if (sizeof<T>() == 4) pair32(at + i, at + i + half, <f32>mean, <f32>std);
    else pair64(at + i, at + i + half, mean, std);
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
