// exp of float32 vectors, and the sums of exponentials that softmax and logsumexp are made of.

/** exp of four floats: 2^k times a polynomial on [-ln2/2, ln2/2] (Cephes' expf), within 1 ulp. */
// @ts-ignore: decorator
@inline
export function expVector(x: v128): v128 {
  // beyond these the result is infinity or 0; in this order of operands pmin and pmax let NaN through
  const bounded = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  const k = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(bounded, f32x4.mul(k, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(k, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
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

/** Sum of exp(x - shift) over a float block. */
export function expSumBlock<A>(p: usize, n: i32, shift: A): f64 {
  const end = p + <usize>n * sizeof<A>();
  let sum: f64 = 0;
  if (sizeof<A>() == 4) {
    let lanes = f32x4.splat(0);
    const s = f32x4.splat(<f32>shift);
    for (; p + 16 <= end; p += 16) lanes = f32x4.add(lanes, expVector(f32x4.sub(v128.load(p), s)));
    for (let i = 0; p < end; i++, p += 4) sum += <f64>expOfDifference<f32>(load<f32>(p), <f32>shift);
    const low = f64x2.promote_low_f32x4(lanes);
    const high = f64x2.promote_low_f32x4(i64x2.shuffle(lanes, lanes, 1, 1));
    const both = f64x2.add(low, high);
    return sum + f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  }
  for (; p < end; p += sizeof<A>()) sum += Math.exp(<f64>load<A>(p) - <f64>shift);
  return sum;
}
