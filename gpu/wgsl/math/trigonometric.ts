// Trigonometric functions in float32; built-in sin and cos are only good to 2^-11, in [-pi, pi]. The argument is reduced by
// pi/2 in three parts (exact products below 8192, fused or not), beyond that by Payne and Hanek's method: 96 bits of 2/pi,
// from where they matter, times the mantissa.
export const trigonometric = `
fn u32_twoOverPi(i: u32) -> u32 {
  switch (i) {
    case 1u: { return 0xa2f9836eu; }
    case 2u: { return 0x4e441529u; }
    case 3u: { return 0xfc2757d1u; }
    case 4u: { return 0xf534ddc0u; }
    case 5u: { return 0xdb629599u; }
    case 6u: { return 0x3c439041u; }
    case 7u: { return 0xfe5163abu; }
    default: { return 0u; }
  }
}

fn u32_twoOverPiBits(at: u32) -> u32 {
  let word = at >> 5u;
  let shift = at & 31u;
  return (u32_twoOverPi(word) << shift) | ((u32_twoOverPi(word + 1u) >> 1u) >> (31u - shift));
}

fn f32_quadrantFar(x: f32) -> vec2<f32> {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  let m = (bits & 0x007fffffu) | 0x00800000u;
  let at = (bits >> 23u) - 120u;
  let low = u32_mulWide(m, u32_twoOverPiBits(at + 64u));
  let middle = u32_mulWide(m, u32_twoOverPiBits(at + 32u));
  let p1 = middle.x + low.y;
  let p0 = m * u32_twoOverPiBits(at) + middle.y + select(0u, 1u, p1 < low.y);
  var n = i32(p0 >> 30u);
  var f = vec2<u32>(p1 << 2u, (p0 << 2u) | (p1 >> 30u));
  let down = f.y >= 0x80000000u;
  if (down) {
    n += 1;
    f = i64_neg(f);
  }
  let r = fma(f32(f.y), 2.3283064e-10, f32(f.x) * 5.4210109e-20) * 1.5707964;
  if (f32_signbit(x)) { n = -n; }
  return vec2<f32>(select(r, -r, down != f32_signbit(x)), f32(n & 3));
}

fn f32_quadrant(x: f32) -> vec2<f32> {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  if (bits >= 0x46000000u) {
    if (bits >= 0x7f800000u) { return vec2<f32>(f32_nan(), 0.0); }
    return f32_quadrantFar(x);
  }
  let n = round(x * 0.63661977);
  var r = fma(n, -1.5703125, x);
  r = fma(n, -4.837512969970703e-4, r);
  r = fma(n, -7.549789948768648e-8, r);
  return vec2<f32>(r, f32(i32(n) & 3));
}

fn f32_sinNear(r: f32) -> f32 {
  let z = r * r;
  var p = fma(-1.9515295891e-4, z, 8.3321608736e-3);
  p = fma(p, z, -1.6666654611e-1);
  return fma(p * z, r, r);
}

fn f32_cosNear(r: f32) -> f32 {
  let z = r * r;
  var p = fma(2.443315711809948e-5, z, -1.388731625493765e-3);
  p = fma(p, z, 4.166664568298827e-2);
  return fma(p * z, z, fma(z, -0.5, 1.0));
}

fn f32_sinQuadrant(r: f32, n: i32) -> f32 {
  let value = select(f32_sinNear(r), f32_cosNear(r), (n & 1) == 1);
  return f32_keepNan(select(value, -value, (n & 2) == 2), r);
}

fn f32_sin(x: f32) -> f32 {
  if (abs(x) < 1.0e-4) { return x; }
  let q = f32_quadrant(x);
  return f32_sinQuadrant(q.x, i32(q.y));
}

fn f32_cos(x: f32) -> f32 {
  let q = f32_quadrant(x);
  return f32_sinQuadrant(q.x, i32(q.y) + 1);
}

fn f32_tan(x: f32) -> f32 {
  if (abs(x) < 1.0e-4) { return x; }
  let q = f32_quadrant(x);
  let s = f32_sinNear(q.x);
  let c = f32_cosNear(q.x);
  let odd = (i32(q.y) & 1) == 1;
  return f32_keepNan(select(s, -c, odd) / select(c, s, odd), q.x);
}

fn f32_atanNear(q: f32) -> f32 {
  let z = q * q;
  var p = fma(0.0010911066563790795, z, -0.007199360127250314);
  p = fma(p, z, 0.02227429541110189);
  p = fma(p, z, -0.044357411013559445);
  p = fma(p, z, 0.06716100158765846);
  p = fma(p, z, -0.08798768009169645);
  p = fma(p, z, 0.11054499858184312);
  p = fma(p, z, -0.1427915937065644);
  p = fma(p, z, 0.199996046106953);
  p = fma(p, z, -0.3333332393437651);
  return fma(p * z, q, q);
}

fn f32_atan(x: f32) -> f32 {
  let a = abs(x);
  let steep = a > 1.0;
  let p = f32_atanNear(select(a, 1.0 / a, steep));
  return f32_keepNan(f32_copysign(select(p, 1.5707964 - p, steep), x), x);
}

fn f32_atan2(y: f32, x: f32) -> f32 {
  let ax = abs(x);
  let ay = abs(y);
  let high = max(ax, ay);
  let low = min(ax, ay);
  let unit = select(select(1.0, 16777216.0, high < 1.0e-30), 5.9604645e-8, high > 1.0e30);
  var q = (low * unit) / (high * unit);
  if (!f32_nonzero(high)) { q = 0.0; }
  if (f32_isinf(high)) { q = select(0.0, 1.0, f32_isinf(low)); }
  var p = f32_atanNear(q);
  p = select(p, 1.5707964 - p, ay > ax);
  p = select(p, 3.1415927 - p, f32_signbit(x));
  return f32_keepNan(f32_keepNan(f32_copysign(p, y), x), y);
}

fn f32_leg(x: f32) -> f32 {
  if (abs(x) <= 1.0) { return sqrt((1.0 - x) * (1.0 + x)); }
  return f32_nan();
}

fn f32_asin(x: f32) -> f32 {
  return f32_atan2(x, f32_leg(x));
}

fn f32_acos(x: f32) -> f32 {
  return f32_atan2(f32_leg(x), x);
}
`;
