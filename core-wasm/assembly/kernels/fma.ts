// Fused multiply-add in software. PyTorch's kernels are compiled with FMA contraction, so its random streams can be met
// bit for bit only with the single rounding of a fused operation, on every host, with or without relaxed SIMD.

/** a * b + c with one rounding to float32. */
// @ts-ignore: decorator
@inline
export function fmaf(a: f32, b: f32, c: f32): f32 {
  const product = <f64>a * <f64>b; // exact: 24 + 24 bits
  const sum = product + <f64>c;
  // The second rounding, to float32, goes wrong only if the first one landed exactly between two float32 numbers.
  if ((reinterpret<u64>(sum) & 0x1fffffff) == 0x10000000) return <f32>roundToOdd(product, <f64>c, sum);
  return <f32>sum;
}

/** The rounded `sum` of a + b moved to its odd neighbour where it is inexact, so that rounding again is harmless. */
function roundToOdd(a: f64, b: f64, sum: f64): f64 {
  const bb = sum - a;
  const error = a - (sum - bb) + (b - bb);
  if (error == 0) return sum;
  const bits = reinterpret<u64>(sum);
  if (bits & 1) return sum;
  return reinterpret<f64>(error > 0 == sum > 0 ? bits + 1 : bits - 1);
}

const SPLIT: f64 = 134217729; // 2^27 + 1

/** a * b + c with (all but always) one rounding to float64: Dekker's product, Knuth's sum. No overflow near 1e300. */
export function fma(a: f64, b: f64, c: f64): f64 {
  const product = a * b;
  const ta = SPLIT * a;
  const ah = ta - (ta - a);
  const al = a - ah;
  const tb = SPLIT * b;
  const bh = tb - (tb - b);
  const bl = b - bh;
  const low = al * bl - (product - ah * bh - al * bh - ah * bl);
  const sum = product + c;
  const bb = sum - product;
  return sum + (product - (sum - bb) + (c - bb) + low);
}
