// C's pow in float32. The logarithm is carried as a sum of two numbers of which the first has 12 bits, since its error is
// multiplied by up to 128: the method of FreeBSD's e_powf.c.
export const power = `
fn f32_log2Pair(x: f32) -> vec2<f32> {
  var bits = bitcast<i32>(x);
  var e = -127;
  if (bits < 0x00800000) {
    bits = bitcast<i32>(f32(bits));
    e = -276;
  }
  e += bits >> 23u;
  let mantissa = bits & 0x007fffff;
  bits = mantissa | 0x3f800000;
  let middle = mantissa > 0x1cc471 && mantissa < 0x5db3d7;
  if (mantissa >= 0x5db3d7) {
    e += 1;
    bits -= 0x00800000;
  }
  let a = bitcast<f32>(bits);
  let b = select(1.0, 1.5, middle);
  let u = a - b;
  let v = 1.0 / (a + b);
  let s = u * v;
  let sHigh = f32_upper(s);
  let dHigh = f32_upper(a + b);
  let dLow = a - (dHigh - b);
  let sLow = v * ((u - sHigh * dHigh) - sHigh * dLow);
  let z = s * s;
  var p = fma(0.20697501302, z, 0.23066075146);
  p = fma(p, z, 0.27272811532);
  p = fma(p, z, 0.33333334327);
  p = fma(p, z, 0.42857143283);
  p = fma(p, z, 0.60000002384);
  let r = fma(z * z, p, sLow * (sHigh + s));
  let square = sHigh * sHigh;
  let tHigh = f32_upper(3.0 + square + r);
  let tLow = r - ((tHigh - 3.0) - square);
  let q = sHigh * tHigh;
  let w = sLow * tHigh + tLow * s;
  let pHigh = f32_upper(q + w);
  let pLow = w - (pHigh - q);
  let zHigh = 0.9619140625 * pHigh;
  let zLow = -1.1736857402e-4 * pHigh + pLow * 0.96179670095 + select(0.0, 1.56322085e-6, middle);
  let origin = select(0.0, 0.584960938, middle);
  let whole = f32(e);
  let high = f32_upper(((zHigh + zLow) + origin) + whole);
  return vec2<f32>(high, zLow - (((high - whole) - origin) - zHigh));
}

fn f32_pow(x: f32, y: f32) -> f32 {
  let xBits = bitcast<u32>(x) & 0x7fffffffu;
  let yBits = bitcast<u32>(y) & 0x7fffffffu;
  if (yBits == 0u || bitcast<u32>(x) == 0x3f800000u) { return 1.0; }
  if (xBits > 0x7f800000u) { return x; }
  if (yBits > 0x7f800000u) { return y; }
  if (bitcast<u32>(y) == 0x40000000u) { return x * x; }
  let up = !f32_signbit(y);
  if (yBits == 0x7f800000u) {
    if (xBits == 0x3f800000u) { return 1.0; }
    return select(0.0, f32_inf(), (xBits > 0x3f800000u) == up);
  }
  let whole = yBits >= 0x4b800000u || trunc(y) == y;
  let odd = yBits < 0x4b800000u && whole && (i32(y) & 1) == 1;
  let negative = f32_signbit(x);
  var result: f32;
  if (xBits == 0u || xBits == 0x7f800000u) {
    result = select(0.0, f32_inf(), (xBits != 0u) == up);
  } else {
    if (negative && !whole) { return f32_nan(); }
    let l = f32_log2Pair(bitcast<f32>(xBits));
    let c = clamp(y, -4.0e9, 4.0e9);
    let cHigh = f32_upper(c);
    let low = (c - cHigh) * l.x + c * l.y;
    let high = cHigh * l.x;
    let n = round(clamp(high + low, -160.0, 160.0));
    result = f32_scale(f32_exp2Fraction(clamp((high - n) + low, -1.0, 1.0)), n);
  }
  if (negative && odd) { return bitcast<f32>(bitcast<u32>(result) | 0x80000000u); }
  return result;
}
`;
