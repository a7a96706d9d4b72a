// The error function, its complement, inverses and kin in float32. erf: the CPU's polynomials; erfcx(x) = exp(x^2) erfc(x):
// (1 + 2x) erfcx(x) in (x - 4) / (x + 4), relative error 5e-8; the inverse: M. Giles, "Approximating the erfinv function",
// with a third piece, in sqrt(w), for arguments of ndtri that 1 - x would lose, relative error 2e-8.
export const error = `
fn f32_erf(x: f32) -> f32 {
  let a = abs(x);
  if (a <= 1.0) {
    let z = x * x;
    var p = fma(7.85385855124332e-5, z, -0.0008010192541405559);
    p = fma(p, z, 0.005188327748328447);
    p = fma(p, z, -0.026853810995817184);
    p = fma(p, z, 0.1128358542919159);
    p = fma(p, z, -0.3761262595653534);
    p = fma(p, z, 0.12837916612625122);
    return fma(p, x, x);
  }
  let t = min(a, 3.93);
  var q = fma(1.3962438060843851e-5, t, -0.000350591930327937);
  q = fma(q, t, 0.003757476108148694);
  q = fma(q, t, -0.0240100659430027);
  q = fma(q, t, 0.10653086006641388);
  q = fma(q, t, 0.6349695324897766);
  q = fma(q, t, 1.1286942958831787);
  return f32_keepNan(f32_copysign(1.0 - f32_expPlus(-t * q, 0.0), x), x);
}

fn f32_erfcx(x: f32) -> f32 {
  let a = min(x, 1.0e18);
  let t = (a - 4.0) / (a + 4.0);
  var p = fma(-0.00025036990234082295, t, -0.00036510662864027896);
  p = fma(p, t, 0.005086902800749643);
  p = fma(p, t, -0.016619182264200175);
  p = fma(p, t, 0.03713665149064593);
  p = fma(p, t, -0.06611644382092945);
  p = fma(p, t, 0.09374142743674053);
  p = fma(p, t, -0.10108867516447931);
  p = fma(p, t, 0.0680960553515005);
  p = fma(p, t, 0.015383880776973282);
  p = fma(p, t, -0.13962108667887627);
  p = fma(p, t, 1.2329950601386905);
  return p / fma(2.0, a, 1.0);
}

fn f32_erfc(x: f32) -> f32 {
  if (x < 0.5) { return 1.0 - f32_erf(x); }
  if (x > 11.0) { return 0.0; }
  let high = f32_upper(x);
  let low = (x - high) * (x + high);
  return f32_keepNan(f32_exp(-high * high) * f32_exp(-low) * f32_erfcx(x), x);
}

fn f32_normalCdf(x: f32) -> f32 {
  return 0.5 * (1.0 + f32_erf(x * 0.70710678));
}

fn f32_gelu(x: f32) -> f32 {
  return x * f32_normalCdf(x);
}

fn f32_logNdtr(x: f32) -> f32 {
  if (x < -1.0) { return f32_log(0.5 * f32_erfcx(x * -0.70710678)) - 0.5 * x * x; }
  return f32_log1p(-0.5 * f32_erfc(x * 0.70710678));
}

fn f32_erfinvFactor(w: f32) -> f32 {
  if (w < 5.0) {
    let t = w - 2.5;
    var p = fma(2.81022636e-8, t, 3.43273939e-7);
    p = fma(p, t, -3.5233877e-6);
    p = fma(p, t, -4.39150654e-6);
    p = fma(p, t, 0.00021858087);
    p = fma(p, t, -0.00125372503);
    p = fma(p, t, -0.00417768164);
    p = fma(p, t, 0.246640727);
    return fma(p, t, 1.50140941);
  }
  if (w < 16.0) {
    let t = sqrt(w) - 3.0;
    var p = fma(-0.000200214257, t, 0.000100950558);
    p = fma(p, t, 0.00134934322);
    p = fma(p, t, -0.00367342844);
    p = fma(p, t, 0.00573950773);
    p = fma(p, t, -0.0076224613);
    p = fma(p, t, 0.00943887047);
    p = fma(p, t, 1.00167406);
    return fma(p, t, 2.83297682);
  }
  let t = (sqrt(w) - 7.2) * 0.3125;
  var p = fma(-8.086654943534742e-5, t, 0.00013052875525600073);
  p = fma(p, t, -7.462707556850813e-5);
  p = fma(p, t, 0.00021010365105928792);
  p = fma(p, t, -0.00047242698629224196);
  p = fma(p, t, 0.0005037367566414507);
  p = fma(p, t, 0.0003549611806622706);
  p = fma(p, t, -0.00519983968991845);
  p = fma(p, t, 3.226852113565816);
  return fma(p, t, 7.070718375957618);
}

fn f32_erfinv(x: f32) -> f32 {
  let a = abs(x);
  if (a < 1.0) { return x * f32_erfinvFactor(-f32_log((1.0 - a) * (1.0 + a))); }
  if (a == 1.0) { return f32_copysign(f32_inf(), x); }
  return f32_nan();
}

fn f32_ndtri(p: f32) -> f32 {
  if (p > 0.0 && p < 1.0) {
    let w = -f32_log(4.0 * p * (1.0 - p));
    return (2.0 * p - 1.0) * 1.41421356 * f32_erfinvFactor(w);
  }
  if (p == 0.0) { return -f32_inf(); }
  if (p == 1.0) { return f32_inf(); }
  return f32_nan();
}
`;
