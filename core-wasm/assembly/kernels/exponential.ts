// exp of float32 vectors, and the sums of exponentials that softmax and logsumexp are made of.
import { addLanes } from "./reduceBlock";

/** exp of four floats: 2^k times a polynomial on [-ln2/2, ln2/2] (Cephes' expf), within 1 ulp. */
// @ts-ignore: decorator
@inline
export function expVector(x: v128): v128 {
  // beyond these the result is infinity or 0; in this order of operands pmin and pmax let NaN through
  const bounded = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  const k = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(bounded, f32x4.mul(k, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(k, f32x4.splat(-2.1219444e-4)));
  let p = f32x4.splat(1.98756915e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  // two factors of 2^(k/2), so that results below 2^-126 and the largest ones scale without overflow
  const whole = i32x4.trunc_sat_f32x4_s(k);
  const half = i32x4.shr_s(whole, 1);
  const rest = i32x4.sub(whole, half);
  const bias = i32x4.splat(127);
  p = f32x4.mul(p, i32x4.shl(i32x4.add(half, bias), 23));
  return f32x4.mul(p, i32x4.shl(i32x4.add(rest, bias), 23));
}

/** exp(x - shift) of one element. */
export function expOfDifference<A>(x: A, shift: A): A {
  if (sizeof<A>() == 4) return f32x4.extract_lane(expVector(f32x4.splat(<f32>x - <f32>shift)), 0);
  return <A>Math.exp(<f64>x - <f64>shift);
}

/** The 1 to 3 floats before `end`, the other lanes filled with `pad`. */
// @ts-ignore: decorator
@inline
function loadTail(p: usize, end: usize, pad: f32): v128 {
  let v = f32x4.replace_lane(f32x4.splat(pad), 0, load<f32>(p));
  if (p + 4 < end) v = f32x4.replace_lane(v, 1, load<f32>(p, 4));
  if (p + 8 < end) v = f32x4.replace_lane(v, 2, load<f32>(p, 8));
  return v;
}

// @ts-ignore: decorator
@inline
function storeTail(p: usize, end: usize, v: v128): void {
  store<f32>(p, f32x4.extract_lane(v, 0));
  if (p + 4 < end) store<f32>(p, f32x4.extract_lane(v, 1), 4);
  if (p + 8 < end) store<f32>(p, f32x4.extract_lane(v, 2), 8);
}

/** Sum of exp(x - shift) over a float block, in f64. */
export function expSumBlock<A>(p: usize, n: i32, shift: A): f64 {
  const end = p + <usize>n * sizeof<A>();
  if (sizeof<A>() == 4) {
    let lanes = f32x4.splat(0);
    const s = f32x4.splat(<f32>shift);
    for (; p + 16 <= end; p += 16) lanes = f32x4.add(lanes, expVector(f32x4.sub(v128.load(p), s)));
    if (p < end) lanes = f32x4.add(lanes, expVector(f32x4.sub(loadTail(p, end, -Infinity), s)));
    return addLanes<f32>(lanes);
  }
  let sum: f64 = 0;
  for (; p < end; p += sizeof<A>()) sum += Math.exp(<f64>load<A>(p) - <f64>shift);
  return sum;
}

/** out = exp(x - shift) over a float block; returns the sum of the results in f64. */
export function expBlock<A>(out: usize, p: usize, n: i32, shift: A): f64 {
  const end = p + <usize>n * sizeof<A>();
  if (sizeof<A>() == 4) {
    let lanes = f32x4.splat(0);
    const s = f32x4.splat(<f32>shift);
    for (; p + 16 <= end; p += 16, out += 16) {
      const e = expVector(f32x4.sub(v128.load(p), s));
      v128.store(out, e);
      lanes = f32x4.add(lanes, e);
    }
    if (p < end) {
      const e = expVector(f32x4.sub(loadTail(p, end, -Infinity), s));
      storeTail(out, out + (end - p), e);
      lanes = f32x4.add(lanes, e);
    }
    return addLanes<f32>(lanes);
  }
  let sum: f64 = 0;
  for (; p < end; p += sizeof<A>(), out += sizeof<A>()) {
    const e = Math.exp(<f64>load<A>(p) - <f64>shift);
    store<A>(out, <A>e);
    sum += e;
  }
  return sum;
}
