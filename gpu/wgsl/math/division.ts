// Quotients and remainders of float32. The remainder is exact, by long division of the mantissas eight bits at a time, as
// division may be off by some units in the last place, and a product and a difference need not be fused; a quotient that is whole is found to be.
export const division = `
fn f32_isProduct(x: f32, a: f32, b: f32) -> bool {
  let aHigh = f32_upper(a);
  let bHigh = f32_upper(b);
  let aLow = a - aHigh;
  let bLow = b - bHigh;
  let p = a * b;
  return p == x && ((aHigh * bHigh - p) + aHigh * bLow + aLow * bHigh) + aLow * bLow == 0.0;
}

fn f32_divTrunc(x: f32, y: f32) -> f32 {
  let q = x / y;
  let n = round(q);
  return select(trunc(q), n, f32_isProduct(x, n, y));
}

fn f32_fmod(x: f32, y: f32) -> f32 {
  let xBits = bitcast<u32>(x) & 0x7fffffffu;
  let yBits = bitcast<u32>(y) & 0x7fffffffu;
  if (xBits >= 0x7f800000u || yBits > 0x7f800000u || yBits == 0u) { return f32_nan(); }
  if (xBits < yBits) { return x; }
  let e = max(yBits >> 23u, 1u);
  var steps = max(xBits >> 23u, 1u) - e;
  let m = (yBits & 0x007fffffu) | select(0u, 0x00800000u, yBits >= 0x00800000u);
  var r = ((xBits & 0x007fffffu) | select(0u, 0x00800000u, xBits >= 0x00800000u)) % m;
  while (steps > 0u && r != 0u) {
    let k = min(steps, 8u);
    r = (r << k) % m;
    steps -= k;
  }
  var result = 0u;
  if (r != 0u) {
    let shift = 23u - firstLeadingBit(r);
    if (e > shift) {
      result = ((e - shift) << 23u) | ((r << shift) & 0x007fffffu);
    } else {
      result = r << (e - 1u);
    }
  }
  return bitcast<f32>(result | (bitcast<u32>(x) & 0x80000000u));
}

fn f32_remainder(x: f32, y: f32) -> f32 {
  let r = f32_fmod(x, y);
  return select(r, r + y, f32_nonzero(r) && f32_signbit(r) != f32_signbit(y));
}

fn f32_divFloor(x: f32, y: f32) -> f32 {
  if (!f32_nonzero(y)) { return x / y; }
  let r = f32_fmod(x, y);
  let q = (x - r) / y - select(0.0, 1.0, f32_nonzero(r) && f32_signbit(r) != f32_signbit(y));
  return f32_keepNan(f32_copysign(round(q), select(x / y, q, f32_nonzero(round(q)))), r);
}
`;
