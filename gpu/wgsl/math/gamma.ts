// The gamma family in float32: the recurrence up to 8, the asymptotic series from there on, reflection on the left.
// Conventions at poles are PyTorch's.
export const gamma = `
fn f32_sinPi(x: f32) -> f32 {
  let r = x - 2.0 * round(0.5 * x);
  let a = abs(r);
  return f32_copysign(f32_sinTurn(min(a, 1.0 - a)), r);
}

fn f32_sinTurn(a: f32) -> f32 {
  let r = a * 3.1415927;
  return select(f32_sinNear(r), f32_cosNear(1.5707964 - r), a > 0.25);
}

fn f32_lgammaFrom8(x: f32) -> f32 {
  let r = 1.0 / x;
  let z = r * r;
  var p = fma(7.936507936507937e-4, z, -0.002777777777777778);
  p = fma(p, z, 0.08333333333333333);
  return (x - 0.5) * f32_log(x) - x + fma(p, r, 0.9189385332046728);
}

fn f32_lgammaRight(x: f32) -> f32 {
  if (x == 1.0 || x == 2.0) { return 0.0; }
  var product = 1.0;
  var t = x;
  while (t < 8.0) {
    product *= t;
    t += 1.0;
  }
  return f32_lgammaFrom8(t) - f32_log(product);
}

fn f32_lgamma(x: f32) -> f32 {
  if (f32_isnan(x)) { return x; }
  if (f32_isinf(x) || x > 1.0e37) { return f32_inf(); }
  if (x >= 0.5) { return f32_lgammaRight(x); }
  let a = bitcast<f32>(bitcast<u32>(x) & 0x7fffffffu);
  if (a < 1.0e-6) { return -f32_log(a); }
  if (x < 0.0 && x == floor(x)) { return f32_inf(); }
  return 1.1447299 - f32_log(abs(f32_sinPi(x))) - f32_lgammaRight(1.0 - x);
}

fn f32_digamma(x: f32) -> f32 {
  if (f32_isnan(x)) { return x; }
  if (!f32_nonzero(x)) { return f32_copysign(f32_inf(), -x); }
  if (f32_isinf(x)) { return select(x, f32_nan(), f32_signbit(x)); }
  var result = 0.0;
  var t = x;
  if (x < 0.0) {
    if (x == floor(x)) { return f32_nan(); }
    let f = x - trunc(x);
    let a = abs(f);
    result = -3.1415927 * f32_cosPi(a) / f32_copysign(f32_sinTurn(min(a, 1.0 - a)), f);
    t = 1.0 - x;
  }
  while (t < 8.0) {
    result -= 1.0 / t;
    t += 1.0;
  }
  let r = 1.0 / t;
  let z = r * r;
  var p = fma(-0.004166666666666667, z, 0.003968253968253968);
  p = fma(p, z, -0.008333333333333333);
  p = fma(p, z, 0.08333333333333333);
  return result + (f32_log(t) - 0.5 * r - p * z);
}

fn f32_cosPi(a: f32) -> f32 {
  let d = 0.5 - a;
  return f32_copysign(f32_sinTurn(abs(d)), d);
}

fn f32_trigamma(x: f32) -> f32 {
  if (f32_isnan(x)) { return x; }
  var result = 0.0;
  var sign = 1.0;
  var t = x;
  if (x < 0.5) {
    let s = f32_sinPi(x) * 0.31830987;
    result = 1.0 / (s * s);
    sign = -1.0;
    t = 1.0 - x;
  }
  var series = 0.0;
  while (t < 8.0) {
    series += 1.0 / (t * t);
    t += 1.0;
  }
  let r = 1.0 / t;
  let z = r * r;
  var p = fma(-0.03333333333333333, z, 0.023809523809523808);
  p = fma(p, z, -0.03333333333333333);
  p = fma(p, z, 0.16666666666666666);
  series += r + 0.5 * z + p * z * r;
  return result + sign * series;
}
`;
