// Special functions in float64, scalar: error functions and their inverses, the gamma family, Bessel functions. Each is
// within a few units in the last place (lgamma: absolutely, near its zeros at 1 and 2). Conventions at poles and outside
// of the domain are PyTorch's.

const SQRT2: f64 = 1.4142135623730951;
const SQRT_PI: f64 = 1.772453850905516;
const SQRT_2PI: f64 = 2.5066282746310007;
const PI: f64 = 3.141592653589793;

/** The polynomial with the `n` coefficients at `table`, highest power first. */
function polynomial(table: usize, n: i32, x: f64): f64 {
  let p = load<f64>(table);
  for (let i = 1; i < n; i++) p = p * x + load<f64>(table + ((<usize>i) << 3));
  return p;
}

// erf(x) / x - 1 in x^2 on [0, 1]: Chebyshev interpolation, relative error 5e-17.
// @ts-ignore: decorator
@lazy const ERF = memory.data<f64>([
  -7.795898827002142e-10, 1.3720064546777686e-8, -1.6208483801871705e-7, 1.6447424703317362e-6, -1.492473690741966e-5,
  0.00012055294904839707, -0.0008548325975389692, 0.0052239776071164225, -0.02686617064323777, 0.11283791670945006,
  -0.37612638903183543, 0.12837916709551256,
]);
// (1 + 2x) exp(x^2) erfc(x) in (x - 4) / (x + 4) on [0, infinity): Chebyshev interpolation, relative error 5e-17.
// @ts-ignore: decorator
@lazy const ERFCX = memory.data<f64>([
  9.655408225482863e-10, 1.5712153638319064e-9, -1.2544825403855518e-8, -1.6357383982124768e-8, 1.0683442936744586e-7,
  7.111912428010423e-8, -8.218020654813044e-7, 2.980596055322769e-7, 5.707239573693257e-6, -1.1225140354449658e-5,
  -2.439811794207995e-5, 0.0001506231178516207, -0.00019925700412184815, -0.0007577737141838885, 0.005031970032548695,
  -0.01619773397992426, 0.0371675155318432, -0.06633036582050367, 0.09373283499865172, -0.10103906603585294,
  0.0680970542546862, 0.015379652102610162, -0.1396211168405625, 1.2329951186255526,
]);

/** exp(x^2) erfc(x) for x >= 0 */
function erfcx(x: f64): f64 {
  return polynomial(ERFCX, 24, (x - 4) / (x + 4)) / (1 + 2 * x);
}

/** erfc for x >= 0.5 */
function erfcTail(x: f64): f64 {
  if (x > 28) return 0;
  // exp(-x^2) with the square in two parts, the first exact
  const high = reinterpret<f64>(reinterpret<u64>(x) & 0xfffffffff8000000);
  const low = (x - high) * (x + high);
  return NativeMath.exp(-high * high) * (1 - low * (1 - low * (0.5 - low / 6))) * erfcx(x);
}

export function erf(x: f64): f64 {
  const a = abs<f64>(x);
  if (a <= 1) return x + x * polynomial(ERF, 12, x * x);
  if (a != a) return x;
  return copysign<f64>(1 - erfcTail(a), x);
}

export function erfc(x: f64): f64 {
  return x >= 0.5 ? erfcTail(x) : 1 - erf(x);
}

/** log of the standard normal distribution function */
export function logNdtr(x: f64): f64 {
  if (x == -Infinity) return x;
  const t = -x / SQRT2;
  return x < -1 ? NativeMath.log(erfcx(t) / 2) - t * t : NativeMath.log1p(-erfc(-t) / 2);
}

/** The x whose upper tail of the standard normal distribution is p, for 0 < p <= 0.3. */
function upperQuantile(p: f64): f64 {
  const logP = NativeMath.log(p);
  // Abramowitz and Stegun 26.2.23, absolute error below 4.5e-4; then two of Halley's steps, each cubing the error
  const t = sqrt<f64>(-2 * logP);
  let x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let i = 0; i < 2; i++) {
    // (Q(x) - p) / density, by Mills' ratio so that neither underflows
    const step = (SQRT_PI / SQRT2) * erfcx(x / SQRT2) - SQRT_2PI * NativeMath.exp(logP + 0.5 * x * x);
    x += step / (1 - 0.5 * x * step);
  }
  return x;
}

export function erfinv(y: f64): f64 {
  const a = abs<f64>(y);
  if (!(a < 1)) return a == 1 ? y * Infinity : NaN;
  if (a > 0.5) return copysign<f64>(upperQuantile((1 - a) / 2) / SQRT2, y);
  // the Taylor series to start from, then Halley's steps
  const z = y * y * (PI / 4);
  let x = y * (SQRT_PI / 2) * (1 + z * (1 / 3.0 + z * (7 / 30.0 + z * (127 / 630.0))));
  for (let i = 0; i < 2; i++) {
    const step = (erf(x) - y) * (SQRT_PI / 2) * NativeMath.exp(x * x);
    x -= step / (1 + x * step);
  }
  return x;
}

/** The inverse of the standard normal distribution function. */
export function ndtri(p: f64): f64 {
  if (p == 0) return -Infinity;
  if (p == 1) return Infinity;
  if (!(p > 0 && p < 1)) return NaN;
  if (p < 0.25) return -upperQuantile(p);
  if (p > 0.75) return upperQuantile(1 - p);
  return SQRT2 * erfinv(2 * p - 1);
}

function sinPi(x: f64): f64 {
  const r = x - 2 * nearest<f64>(x / 2);
  const a = abs<f64>(r);
  return copysign<f64>(NativeMath.sin(PI * (a > 0.5 ? 1 - a : a)), r);
}

// Asymptotic series of the gamma family, good to float64 from 10 on: Bernoulli numbers B2k over 2k(2k-1), 2k and 1.
// @ts-ignore: decorator
@lazy const STIRLING = memory.data<f64>([
  0.00641025641025641, -0.0019175269175269176, 0.0008417508417508417, -0.0005952380952380953, 0.0007936507936507937,
  -0.002777777777777778, 0.08333333333333333,
]);
// @ts-ignore: decorator
@lazy const DIGAMMA = memory.data<f64>([
  0.08333333333333333, -0.021092796092796094, 0.007575757575757576, -0.004166666666666667, 0.003968253968253968,
  -0.008333333333333333, 0.08333333333333333,
]);
// @ts-ignore: decorator
@lazy const TRIGAMMA = memory.data<f64>([
  1.1666666666666667, -0.2531135531135531, 0.07575757575757576, -0.03333333333333333, 0.023809523809523808,
  -0.03333333333333333, 0.16666666666666666,
]);

/** log of the absolute value of the gamma function */
export function lgamma(x: f64): f64 {
  if (x != x) return x;
  if (abs<f64>(x) == Infinity) return Infinity;
  if (x < 0.5) {
    if (x <= 0 && x == floor<f64>(x)) return Infinity;
    return NativeMath.log(PI / abs<f64>(sinPi(x))) - lgamma(1 - x);
  }
  if (x == 1 || x == 2) return 0;
  let product: f64 = 1;
  for (; x < 10; x += 1) product *= x;
  const r = 1 / x;
  const series = (x - 0.5) * NativeMath.log(x) - x + 0.9189385332046728 + r * polynomial(STIRLING, 7, r * r);
  return series - NativeMath.log(product);
}

export function digamma(x: f64): f64 {
  if (x == 0) return copysign<f64>(Infinity, -x);
  let result: f64 = 0;
  if (x < 0) {
    if (x == floor<f64>(x)) return NaN;
    const fraction = x - trunc<f64>(x);
    result = -PI / NativeMath.tan(PI * fraction);
    x = 1 - x;
  }
  for (; x < 10; x += 1) result -= 1 / x;
  const r = 1 / x;
  return result + (NativeMath.log(x) - 0.5 * r - r * r * polynomial(DIGAMMA, 7, r * r));
}

export function trigamma(x: f64): f64 {
  let result: f64 = 0;
  let sign: f64 = 1;
  if (x < 0.5) {
    const s = sinPi(x) / PI;
    result = 1 / (s * s);
    sign = -1;
    x = 1 - x;
  }
  let series: f64 = 0;
  for (; x < 10; x += 1) series += 1 / (x * x);
  const r = 1 / x;
  series += r + 0.5 * r * r + r * r * r * polynomial(TRIGAMMA, 7, r * r);
  return result + sign * series;
}

/** The modified Bessel function of the first kind of order 0 or 1: the power series, whose terms are all positive, or
 * from 20 on the asymptotic one. */
export function besselI(order: f64, x: f64): f64 {
  const a = abs<f64>(x);
  let term: f64 = 1;
  let sum: f64 = 1;
  if (a < 20) {
    const q = 0.25 * x * x;
    for (let k: f64 = 1; term > sum * 1e-17; k += 1) {
      term *= q / (k * (k + order));
      sum += term;
    }
    return order == 0 ? sum : 0.5 * x * sum;
  }
  if (a != a) return x;
  const mu = 4 * order * order;
  const r = 0.125 / a;
  for (let k: f64 = 1; k < 40 && abs<f64>(term) > 1e-17; k += 1) {
    const odd = 2 * k - 1;
    term *= (r * (odd * odd - mu)) / k;
    sum += term;
  }
  // exp in two halves: the result may be finite where exp(a) is not
  const e = NativeMath.exp(0.5 * a);
  const value = e * (sum / sqrt<f64>(2 * PI * a)) * e;
  return order == 0 ? value : copysign<f64>(value, x);
}
