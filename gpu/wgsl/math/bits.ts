// float32 by its bits. Shader compilers may assume that no NaN and no infinity exists, and WGSL refuses constant expressions
// that give one: so they are recognized by their bits, and made from variables.
export const bits = `
fn f32_inf() -> f32 {
  var pattern = 0x7f800000u;
  return bitcast<f32>(pattern);
}

fn f32_nan() -> f32 {
  var pattern = 0x7fc00000u;
  return bitcast<f32>(pattern);
}

fn f32_isnan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn f32_isinf(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u;
}

fn f32_nonzero(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) != 0u;
}

fn f32_ne(x: f32, y: f32) -> bool {
  return !(x == y) || f32_isnan(x) || f32_isnan(y);
}

fn f32_signbit(x: f32) -> bool {
  return bitcast<i32>(x) < 0;
}

fn f32_keepNan(result: f32, x: f32) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(result), bitcast<u32>(x), f32_isnan(x)));
}

fn f32_copysign(x: f32, y: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(y) & 0x80000000u));
}

fn f32_sign(x: f32) -> f32 {
  return select(0.0, 1.0, x > 0.0) - select(0.0, 1.0, x < 0.0);
}

fn f32_minimum(x: f32, y: f32) -> f32 {
  return f32_keepNan(f32_keepNan(min(x, y), x), y);
}

fn f32_maximum(x: f32, y: f32) -> f32 {
  return f32_keepNan(f32_keepNan(max(x, y), x), y);
}

fn f32_nextafter(x: f32, y: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if (f32_isnan(x)) { return x; }
  if (f32_isnan(y)) { return y; }
  if (!f32_nonzero(x)) {
    if (!f32_nonzero(y)) { return y; }
    return bitcast<f32>((bitcast<u32>(y) & 0x80000000u) | 1u);
  }
  let a = select(bitcast<i32>(bits), -bitcast<i32>(bits & 0x7fffffffu), bits >= 0x80000000u);
  let other = bitcast<u32>(y);
  let b = select(bitcast<i32>(other), -bitcast<i32>(other & 0x7fffffffu), other >= 0x80000000u);
  if (a == b) { return y; }
  return bitcast<f32>(select(bits - 1u, bits + 1u, (a < b) == (a > 0)));
}

fn f32_upper(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}

fn f32_bfloat16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  return bitcast<f32>(select(rounded, 0x7fc00000u, f32_isnan(x)));
}
`;
