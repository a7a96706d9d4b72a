// exp, log and their kin in float32: the CPU's polynomials (kernels/math/f32.ts), within about two units in the last place.
// Built-ins may lose precision with the size of the argument, and do not promise infinities and NaN.
export const exponential = `
fn f32_expFraction(x: f32, n: f32) -> f32 {
  let high = fma(n, -0.693359375, x);
  let low = n * 2.1219444e-4;
  let r = high + low;
  var q = fma(0.0013813888654112816, r, 0.008369063958525658);
  q = fma(q, r, 0.041668422520160675);
  q = fma(q, r, 0.166665181517601);
  q = fma(q, r, 0.4999999403953552);
  return fma(q, r * r, low) + high;
}

fn f32_scale(p: f32, n: f32) -> f32 {
  let k = i32(n);
  let half = k >> 1u;
  return (p * bitcast<f32>((half + 127) << 23u)) * bitcast<f32>((k - half + 127) << 23u);
}

fn f32_exp(x: f32) -> f32 {
  let t = clamp(x, -104.0, 89.0);
  let n = round(t * 1.44269504);
  return f32_keepNan(f32_scale(f32_expFraction(t, n) + 1.0, n), x);
}

fn f32_expPlus(x: f32, plus: f32) -> f32 {
  let n = round(x * 1.44269504);
  let power = bitcast<f32>((i32(n) + 127) << 23u);
  return fma(power, f32_expFraction(x, n), power + plus);
}

fn f32_expm1(x: f32) -> f32 {
  let t = clamp(x, -30.0, 89.0);
  let n = round(t * 1.44269504);
  let half = bitcast<f32>((i32(n) + 126) << 23u);
  let r = 2.0 * fma(f32_expFraction(t, n), half, half - 0.5);
  return f32_keepNan(f32_copysign(r, x), x);
}

fn f32_exp2Fraction(r: f32) -> f32 {
  var q = fma(0.00015484908362850547, r, 0.001342753297649324);
  q = fma(q, r, 0.009617968462407589);
  q = fma(q, r, 0.05550225451588631);
  q = fma(q, r, 0.24022652208805084);
  q = fma(q, r, 0.6931473016738892);
  return fma(q, r, 1.0);
}

fn f32_exp2(x: f32) -> f32 {
  let t = clamp(x, -151.0, 129.0);
  let n = round(t);
  return f32_keepNan(f32_scale(f32_exp2Fraction(t - n), n), x);
}

fn f32_sigmoid(x: f32) -> f32 {
  let t = clamp(-x, -30.0, 104.0);
  let n = round(t * 1.44269504);
  let unit = 2.3283064e-10;
  let power = bitcast<f32>((i32(n) + 95) << 23u);
  return f32_keepNan(unit / fma(power, f32_expFraction(t, n), power + unit), x);
}

fn f32_logRest(f: f32) -> f32 {
  let z = f * f;
  var p = fma(-0.07634443789720535, f, 0.12761536240577698);
  p = fma(p, f, -0.13160182535648346);
  p = fma(p, f, 0.14201763272285461);
  p = fma(p, f, -0.1662335842847824);
  p = fma(p, f, 0.20001226663589478);
  p = fma(p, f, -0.2500081956386566);
  p = fma(p, f, 0.3333333134651184);
  return fma(z, -0.5, p * (f * z));
}

fn f32_split(x: f32) -> vec2<f32> {
  var bits = bitcast<i32>(x);
  var e = 0;
  if (bits < 0x00800000) {
    bits = bitcast<i32>(f32(bits));
    e = -149;
  }
  let k = (bits - 0x3f3504f3) >> 23u;
  return vec2<f32>(bitcast<f32>(bits - (k << 23u)) - 1.0, f32(k + e));
}

fn f32_logEdges(x: f32, result: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if (bits - 1u < 0x7f7fffffu) { return result; }
  let other = select(0x7fc00000u, 0xff800000u, (bits & 0x7fffffffu) == 0u);
  return bitcast<f32>(select(other, bits, bits == 0x7f800000u));
}

fn f32_log(x: f32) -> f32 {
  let s = f32_split(x);
  let low = fma(s.y, -2.1219444e-4, f32_logRest(s.x));
  return f32_logEdges(x, fma(s.y, 0.693359375, s.x + low));
}

fn f32_log2(x: f32) -> f32 {
  let s = f32_split(x);
  return f32_logEdges(x, fma(s.x + f32_logRest(s.x), 1.44269504, s.y));
}

fn f32_log10(x: f32) -> f32 {
  let s = f32_split(x);
  return f32_logEdges(x, fma(s.x + f32_logRest(s.x), 0.434294482, s.y * 0.301029996));
}

fn f32_log1p(x: f32) -> f32 {
  if (x > -0.29289 && x < 0.41421) { return f32_copysign(x + f32_logRest(x), x); }
  return f32_log(1.0 + x);
}
`;
