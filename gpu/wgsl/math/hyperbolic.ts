// Hyperbolic functions and their inverses in float32. Near 0 by polynomials in x (kernels/math), since differences of
// exponentials cancel there.
export const hyperbolic = `
fn f32_sinh(x: f32) -> f32 {
  let a = abs(x);
  let z = x * x;
  if (a <= 0.5) {
    var p = fma(0.00019979149611908134, z, 0.008333118425894431);
    p = fma(p, z, 0.1666666773610175);
    return f32_keepNan(f32_copysign(fma(p * z, x, x), x), x);
  }
  let e = f32_exp(0.5 * min(a, 100.0));
  return f32_keepNan(f32_copysign((0.5 * e) * e - 0.5 / (e * e), x), x);
}

fn f32_cosh(x: f32) -> f32 {
  let e = f32_exp(0.5 * min(abs(x), 100.0));
  return f32_keepNan((0.5 * e) * e + 0.5 / (e * e), x);
}

fn f32_tanh(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.625) {
    let z = x * x;
    var p = fma(-0.005704986397176981, z, 0.0206390880048275);
    p = fma(p, z, -0.05373971536755562);
    p = fma(p, z, 0.13331441581249237);
    p = fma(p, z, -0.3333328068256378);
    return f32_copysign(fma(p * z, x, x), x);
  }
  let far = 1.0 - 2.0 / f32_expPlus(2.0 * min(a, 10.0), 1.0);
  return f32_keepNan(f32_copysign(far, x), x);
}

fn f32_asinh(x: f32) -> f32 {
  let a = abs(x);
  var r: f32;
  if (a > 1.0e9) {
    r = f32_log(a) + 0.6931472;
  } else {
    let z = x * x;
    r = f32_log1p(a + z / (sqrt(z + 1.0) + 1.0));
  }
  return f32_keepNan(f32_copysign(r, x), x);
}

fn f32_acosh(x: f32) -> f32 {
  let t = x - 1.0;
  if (x > 1.0e9) { return f32_log(x) + 0.6931472; }
  if (t >= 0.0) { return f32_log1p(t + sqrt(t * (x + 1.0))); }
  return f32_nan();
}

fn f32_atanh(x: f32) -> f32 {
  let a = abs(x);
  if (a < 1.0) { return f32_copysign(0.5 * f32_log1p((a + a) / (1.0 - a)), x); }
  if (a == 1.0) { return f32_copysign(f32_inf(), x); }
  return f32_nan();
}
`;
