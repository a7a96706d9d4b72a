// Modified Bessel functions of the first kind in float32: the power series, whose terms are all positive, or from 12 on
// the asymptotic one. NaN at infinity, as PyTorch has it.
export const bessel = `
fn f32_besselSeries(order: f32, q: f32) -> f32 {
  var term = 1.0;
  var sum = 1.0;
  for (var k = 1.0; k < 40.0 && term > sum * 1.0e-8; k += 1.0) {
    term *= q / (k * (k + order));
    sum += term;
  }
  return sum;
}

fn f32_besselFar(order: f32, a: f32) -> f32 {
  let r = 0.125 / a;
  let mu = 4.0 * order * order;
  var term = 1.0;
  var sum = 1.0;
  for (var k = 1.0; k < 10.0; k += 1.0) {
    let odd = 2.0 * k - 1.0;
    term *= r * (odd * odd - mu) / k;
    sum += term;
  }
  let e = f32_exp(0.5 * a);
  return e * (sum / sqrt(6.2831853 * a)) * e;
}

fn f32_i0(x: f32) -> f32 {
  let a = abs(x);
  if (a < 12.0) { return f32_besselSeries(0.0, 0.25 * x * x); }
  if (f32_isinf(x)) { return f32_nan(); }
  if (a > 100.0) { return f32_inf(); }
  return f32_keepNan(f32_besselFar(0.0, a), x);
}

fn f32_i1(x: f32) -> f32 {
  let a = abs(x);
  if (a < 12.0) { return 0.5 * x * f32_besselSeries(1.0, 0.25 * x * x); }
  if (f32_isinf(x)) { return f32_nan(); }
  if (a > 100.0) { return f32_copysign(f32_inf(), x); }
  return f32_keepNan(f32_copysign(f32_besselFar(1.0, a), x), x);
}
`;
