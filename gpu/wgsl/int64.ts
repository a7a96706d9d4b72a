// int64 as vec2<u32>: x the low word, y the high one, two's complement, results modulo 2^64. Conventions as int32's
// (math/int32.ts): division by zero gives 0, shifts are as if by an unbounded count. float32 to int64 truncates; beyond
// the range, and for NaN, it gives the smallest integer, as x86 does. int64 to float32 rounds to nearest even.
export const int64 = `
fn u32_mulWide(a: u32, b: u32) -> vec2<u32> {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let low = a0 * b0;
  let middle = a1 * b0 + (low >> 16u);
  let other = a0 * b1 + (middle & 0xffffu);
  return vec2<u32>((other << 16u) | (low & 0xffffu), a1 * b1 + (middle >> 16u) + (other >> 16u));
}

fn i64_add(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let low = a.x + b.x;
  return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn i64_sub(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  return vec2<u32>(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x));
}

fn i64_neg(a: vec2<u32>) -> vec2<u32> {
  return vec2<u32>(0u - a.x, 0u - a.y - select(0u, 1u, a.x != 0u));
}

fn i64_mul(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let w = u32_mulWide(a.x, b.x);
  return vec2<u32>(w.x, w.y + a.x * b.y + a.y * b.x);
}

fn i64_signbit(a: vec2<u32>) -> bool {
  return a.y >= 0x80000000u;
}

fn i64_nonzero(a: vec2<u32>) -> bool {
  return (a.x | a.y) != 0u;
}

fn i64_abs(a: vec2<u32>) -> vec2<u32> {
  return select(a, i64_neg(a), i64_signbit(a));
}

fn i64_sign(a: vec2<u32>) -> vec2<u32> {
  if (i64_signbit(a)) { return vec2<u32>(0xffffffffu); }
  return vec2<u32>(select(0u, 1u, i64_nonzero(a)), 0u);
}

fn i64_eq(a: vec2<u32>, b: vec2<u32>) -> bool {
  return a.x == b.x && a.y == b.y;
}

fn i64_lt(a: vec2<u32>, b: vec2<u32>) -> bool {
  return select(bitcast<i32>(a.y) < bitcast<i32>(b.y), a.x < b.x, a.y == b.y);
}

fn u64_lt(a: vec2<u32>, b: vec2<u32>) -> bool {
  return select(a.y < b.y, a.x < b.x, a.y == b.y);
}

fn i64_minimum(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  return select(b, a, i64_lt(a, b));
}

fn i64_maximum(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  return select(a, b, i64_lt(a, b));
}

fn u64_shl(a: vec2<u32>, n: u32) -> vec2<u32> {
  if (n >= 32u) { return vec2<u32>(0u, a.x << (n & 31u)); }
  return vec2<u32>(a.x << n, (a.y << n) | ((a.x >> 1u) >> (31u - n)));
}

fn u64_shr(a: vec2<u32>, n: u32) -> vec2<u32> {
  if (n >= 32u) { return vec2<u32>(a.y >> (n & 31u), 0u); }
  return vec2<u32>((a.x >> n) | ((a.y << 1u) << (31u - n)), a.y >> n);
}

fn i64_shiftLeft(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  if (b.y != 0u || b.x >= 64u) { return vec2<u32>(0u); }
  return u64_shl(a, b.x);
}

fn i64_shiftRight(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let n = select(63u, b.x, b.y == 0u && b.x < 64u);
  let fill = vec2<u32>(select(0u, 0xffffffffu, i64_signbit(a)));
  return u64_shr(a ^ fill, n) ^ fill;
}

fn u64_leadingBit(a: vec2<u32>) -> u32 {
  return select(firstLeadingBit(a.x), 32u + firstLeadingBit(a.y), a.y != 0u);
}

fn u64_divide(a: vec2<u32>, b: vec2<u32>) -> vec4<u32> {
  if ((a.y | b.y) == 0u) {
    let q = a.x / b.x;
    return vec4<u32>(q, 0u, a.x - q * b.x, 0u);
  }
  if (b.y == 0u && b.x < 0x10000u) {
    let high = a.y / b.x;
    let middle = ((a.y - high * b.x) << 16u) | (a.x >> 16u);
    let q1 = middle / b.x;
    let low = ((middle - q1 * b.x) << 16u) | (a.x & 0xffffu);
    let q0 = low / b.x;
    return vec4<u32>((q1 << 16u) + q0, high, low - q0 * b.x, 0u);
  }
  if (u64_lt(a, b)) { return vec4<u32>(0u, 0u, a.x, a.y); }
  var shift = u64_leadingBit(a) - u64_leadingBit(b);
  var d = u64_shl(b, shift);
  var r = a;
  var q = vec2<u32>(0u);
  loop {
    q = u64_shl(q, 1u);
    if (!u64_lt(r, d)) {
      r = i64_sub(r, d);
      q.x |= 1u;
    }
    if (shift == 0u) { break; }
    shift -= 1u;
    d = u64_shr(d, 1u);
  }
  return vec4<u32>(q, r);
}

fn i64_divTrunc(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  if (!i64_nonzero(b)) { return b; }
  let q = u64_divide(i64_abs(a), i64_abs(b)).xy;
  return select(q, i64_neg(q), i64_signbit(a) != i64_signbit(b));
}

fn i64_fmod(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  if (!i64_nonzero(b)) { return b; }
  let r = u64_divide(i64_abs(a), i64_abs(b)).zw;
  return select(r, i64_neg(r), i64_signbit(a));
}

fn i64_divFloor(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  if (!i64_nonzero(b)) { return b; }
  let d = u64_divide(i64_abs(a), i64_abs(b));
  if (i64_signbit(a) == i64_signbit(b)) { return d.xy; }
  return i64_sub(i64_neg(d.xy), vec2<u32>(select(0u, 1u, i64_nonzero(d.zw)), 0u));
}

fn i64_remainder(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let r = i64_fmod(a, b);
  return select(r, i64_add(r, b), i64_nonzero(r) && i64_signbit(r) != i64_signbit(b));
}

fn i64_pow(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  if (i64_signbit(b)) {
    if (i64_eq(a, vec2<u32>(1u, 0u))) { return a; }
    if (a.x == 0xffffffffu && a.y == 0xffffffffu) { return select(vec2<u32>(1u, 0u), a, (b.x & 1u) != 0u); }
    return vec2<u32>(0u);
  }
  var result = vec2<u32>(1u, 0u);
  var base = a;
  var exponent = b;
  while (i64_nonzero(exponent)) {
    if ((exponent.x & 1u) != 0u) { result = i64_mul(result, base); }
    base = i64_mul(base, base);
    exponent = u64_shr(exponent, 1u);
  }
  return result;
}

fn i64_gcd(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  var x = i64_abs(a);
  var y = i64_abs(b);
  while (i64_nonzero(y)) {
    let r = u64_divide(x, y).zw;
    x = y;
    y = r;
  }
  return x;
}

fn i64_from_i32(x: i32) -> vec2<u32> {
  return vec2<u32>(bitcast<u32>(x), bitcast<u32>(x >> 31u));
}

fn i32_from_i64(a: vec2<u32>) -> i32 {
  return bitcast<i32>(a.x);
}

fn i64_from_f32(x: f32) -> vec2<u32> {
  let bits = bitcast<u32>(x);
  let e = (bits >> 23u) & 0xffu;
  if (e < 127u) { return vec2<u32>(0u); }
  if (e >= 190u) { return vec2<u32>(0u, 0x80000000u); }
  let m = vec2<u32>((bits & 0x007fffffu) | 0x00800000u, 0u);
  var r = m;
  if (e < 150u) { r = u64_shr(m, 150u - e); } else { r = u64_shl(m, e - 150u); }
  return select(r, i64_neg(r), f32_signbit(x));
}

fn f32_from_i64(a: vec2<u32>) -> f32 {
  if (!i64_nonzero(a)) { return 0.0; }
  let m = i64_abs(a);
  let e = u64_leadingBit(m);
  let top = u64_shl(m, 63u - e);
  let rest = (top.y & 0xffu) | select(0u, 1u, top.x != 0u);
  let even = top.y >> 8u;
  let up = rest > 0x80u || (rest == 0x80u && (even & 1u) != 0u);
  let bits = ((e + 126u) << 23u) + even + select(0u, 1u, up);
  return bitcast<f32>(bits | (a.y & 0x80000000u));
}
`;
