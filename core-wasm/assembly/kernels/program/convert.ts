// Conversions between compute types and of the 16-bit floats, block to block. Every loop covers the count rounded up to
// whole vectors; float to integer truncates and saturates, NaN gives 0; int64 to int32 wraps.
import { Compute } from "../../tensor/dtype";

// For |x| < 2^51, x + ROUNDER has x as an integer in its low bits, and back: int64 lanes have no conversions of their own.
const ROUNDER: f64 = 6755399441055744.0;
const LIMIT: f64 = 2251799813685248.0;

function floatToLong<From>(dst: usize, src: usize, n: i32): void {
  const rounder = f64x2.splat(ROUNDER);
  const end = dst + ((<usize>n) << 3);
  for (; dst < end; dst += 16, src += 2 * sizeof<From>()) {
    const x = sizeof<From>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(src)) : v128.load(src);
    if (i64x2.all_true(f64x2.lt(f64x2.abs(x), f64x2.splat(LIMIT)))) {
      v128.store(dst, i64x2.sub(f64x2.add(f64x2.trunc(x), rounder), rounder));
    } else {
      store<i64>(dst, <i64>f64x2.extract_lane(x, 0));
      store<i64>(dst, <i64>f64x2.extract_lane(x, 1), 8);
    }
  }
}

function longToFloat<To>(dst: usize, src: usize, n: i32): void {
  const rounder = f64x2.splat(ROUNDER);
  const end = src + ((<usize>n) << 3);
  for (; src < end; src += 16, dst += 2 * sizeof<To>()) {
    const x = v128.load(src);
    // the high 13 bits of small numbers are all equal
    const high = i64x2.shr_s(x, 51);
    if (!v128.any_true(v128.xor(high, i64x2.shr_s(x, 63)))) {
      const value = f64x2.sub(i64x2.add(x, rounder), rounder);
      if (sizeof<To>() == 8) v128.store(dst, value);
      else v128.store64_lane(dst, f32x4.demote_f64x2_zero(value), 0);
    } else {
      store<To>(dst, <To>i64x2.extract_lane(x, 0));
      store<To>(dst, <To>i64x2.extract_lane(x, 1), sizeof<To>());
    }
  }
}

/** `dst` and `src` must not overlap unless `from` and `to` have one size. */
export function convert(from: i32, to: i32, dst: usize, src: usize, n: i32): void {
  switch ((from << 2) | to) {
    case (Compute.F32 << 2) | Compute.F64:
      for (let i = 0; i < n; i += 2) {
        v128.store(dst + ((<usize>i) << 3), f64x2.promote_low_f32x4(v128.load64_zero(src + ((<usize>i) << 2))));
      }
      return;
    case (Compute.F32 << 2) | Compute.I32:
      for (let i = 0; i < n; i += 4) {
        v128.store(dst + ((<usize>i) << 2), i32x4.trunc_sat_f32x4_s(v128.load(src + ((<usize>i) << 2))));
      }
      return;
    case (Compute.F32 << 2) | Compute.I64:
      return floatToLong<f32>(dst, src, n);
    case (Compute.F64 << 2) | Compute.F32:
      for (let i = 0; i < n; i += 2) {
        v128.store64_lane(dst + ((<usize>i) << 2), f32x4.demote_f64x2_zero(v128.load(src + ((<usize>i) << 3))), 0);
      }
      return;
    case (Compute.F64 << 2) | Compute.I32:
      for (let i = 0; i < n; i += 2) {
        v128.store64_lane(dst + ((<usize>i) << 2), i32x4.trunc_sat_f64x2_s_zero(v128.load(src + ((<usize>i) << 3))), 0);
      }
      return;
    case (Compute.F64 << 2) | Compute.I64:
      return floatToLong<f64>(dst, src, n);
    case (Compute.I32 << 2) | Compute.F32:
      for (let i = 0; i < n; i += 4) {
        v128.store(dst + ((<usize>i) << 2), f32x4.convert_i32x4_s(v128.load(src + ((<usize>i) << 2))));
      }
      return;
    case (Compute.I32 << 2) | Compute.F64:
      for (let i = 0; i < n; i += 2) {
        v128.store(dst + ((<usize>i) << 3), f64x2.convert_low_i32x4_s(v128.load64_zero(src + ((<usize>i) << 2))));
      }
      return;
    case (Compute.I32 << 2) | Compute.I64:
      for (let i = 0; i < n; i += 2) {
        v128.store(dst + ((<usize>i) << 3), i64x2.extend_low_i32x4_s(v128.load64_zero(src + ((<usize>i) << 2))));
      }
      return;
    case (Compute.I64 << 2) | Compute.F32:
      return longToFloat<f32>(dst, src, n);
    case (Compute.I64 << 2) | Compute.F64:
      return longToFloat<f64>(dst, src, n);
    case (Compute.I64 << 2) | Compute.I32:
      for (let i = 0; i < n; i += 4) {
        const low = v128.load(src + ((<usize>i) << 3));
        const high = v128.load(src + ((<usize>i) << 3), 16);
        v128.store(dst + ((<usize>i) << 2), v128.shuffle<i32>(low, high, 0, 2, 4, 6));
      }
      return;
  }
}

/** dst = all bits set where src != 0, in lanes of the same size. */
export function nonzero(type: i32, dst: usize, src: usize, n: i32): void {
  const zero = i32x4.splat(0);
  const bytes = (<usize>n) << (type & 1 ? 3 : 2);
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(src + i);
    let mask: v128;
    if (type == Compute.F32) mask = f32x4.ne(x, zero);
    else if (type == Compute.F64) mask = f64x2.ne(x, zero);
    else if (type == Compute.I32) mask = i32x4.ne(x, zero);
    else mask = i64x2.ne(x, zero);
    v128.store(dst + i, mask);
  }
}

/** Masks of any compute type to int32 0 or 1. */
export function maskToInt(type: i32, dst: usize, src: usize, n: i32): void {
  if (type & 1) {
    convert(Compute.I64, Compute.I32, dst, src, n);
    src = dst;
  }
  const one = i32x4.splat(1);
  for (let i = 0; i < n; i += 4) {
    v128.store(dst + ((<usize>i) << 2), v128.and(v128.load(src + ((<usize>i) << 2)), one));
  }
}

/** float16 bits in 32-bit lanes to float32, in place. */
export function halfToFloat(at: usize, n: i32): void {
  const scale = f32x4.splat(reinterpret<f32>(0x77800000)); // 2^112: the difference of the exponent biases
  for (let i = 0; i < n; i += 4) {
    const p = at + ((<usize>i) << 2);
    const bits = v128.load(p);
    const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
    const special = i32x4.ge_s(magnitude, i32x4.splat(0x7c00 << 13));
    let value = f32x4.mul(magnitude, scale);
    value = v128.bitselect(v128.or(magnitude, i32x4.splat(0x7f800000)), value, special);
    v128.store(p, v128.or(value, i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16)));
  }
}

/** float32 to float16 bits in 32-bit lanes, to nearest even. */
export function floatToHalf(dst: usize, src: usize, n: i32): void {
  const half = f32x4.splat(0.5); // its unit in the last place is float16's smallest denormal
  for (let i = 0; i < n; i += 4) {
    const x = v128.load(src + ((<usize>i) << 2));
    const a = v128.and(x, i32x4.splat(0x7fffffff));
    const odd = v128.and(i32x4.shr_u(a, 13), i32x4.splat(1));
    let bits = i32x4.sub(i32x4.shr_u(i32x4.add(i32x4.add(a, i32x4.splat(0xfff)), odd), 13), i32x4.splat(112 << 10));
    bits = v128.bitselect(i32x4.sub(f32x4.add(a, half), half), bits, i32x4.lt_s(a, i32x4.splat(0x38800000)));
    bits = v128.bitselect(i32x4.splat(0x7c00), bits, i32x4.ge_s(a, i32x4.splat(0x477ff000)));
    bits = v128.bitselect(i32x4.splat(0x7e00), bits, i32x4.gt_s(a, i32x4.splat(0x7f800000)));
    v128.store(dst + ((<usize>i) << 2), v128.or(bits, v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000))));
  }
}

/** bfloat16 bits in 32-bit lanes to float32, in place. */
export function bfloatToFloat(at: usize, n: i32): void {
  for (let i = 0; i < n; i += 4) {
    const p = at + ((<usize>i) << 2);
    v128.store(p, i32x4.shl(v128.load(p), 16));
  }
}

/** float32 to bfloat16 bits in 32-bit lanes, to nearest even. */
export function floatToBfloat(dst: usize, src: usize, n: i32): void {
  for (let i = 0; i < n; i += 4) {
    const x = v128.load(src + ((<usize>i) << 2));
    const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
    const rounded = i32x4.shr_u(i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd), 16);
    const nan = f32x4.ne(x, x);
    v128.store(dst + ((<usize>i) << 2), v128.bitselect(i32x4.splat(0x7fc0), rounded, nan));
  }
}
