// int32 micro-ops that WGSL lacks or leaves open; the conventions of kernels/program/microint.ts: division by zero gives 0,
// a shift by a negative count or by 32 and more is one by an unbounded count. From float32:
// saturating, NaN gives 0, or (wrapped) the low half of an int64, which 8- and 16-bit integers wrap.
export const int32 = `
fn i32_divTrunc(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  if (b == -1) { return -a; }
  return a / b;
}

fn i32_fmod(a: i32, b: i32) -> i32 {
  if (b == 0 || b == -1) { return 0; }
  return a - (a / b) * b;
}

fn i32_divFloor(a: i32, b: i32) -> i32 {
  let r = i32_fmod(a, b);
  return i32_divTrunc(a, b) - select(0, 1, r != 0 && (a ^ b) < 0);
}

fn i32_remainder(a: i32, b: i32) -> i32 {
  let r = i32_fmod(a, b);
  return select(r, r + b, r != 0 && (r ^ b) < 0);
}

fn i32_pow(a: i32, b: i32) -> i32 {
  if (b < 0) {
    if (a == 1) { return 1; }
    if (a == -1) { return select(1, -1, (b & 1) != 0); }
    return 0;
  }
  var result = 1;
  var base = a;
  var exponent = b;
  while (exponent != 0) {
    if ((exponent & 1) != 0) { result *= base; }
    base *= base;
    exponent >>= 1u;
  }
  return result;
}

fn i32_gcd(a: i32, b: i32) -> i32 {
  var x = bitcast<u32>(abs(a));
  var y = bitcast<u32>(abs(b));
  while (y != 0u) {
    let r = x % y;
    x = y;
    y = r;
  }
  return bitcast<i32>(x);
}

fn i32_shiftLeft(a: i32, b: i32) -> i32 {
  return select(a << (bitcast<u32>(b) & 31u), 0, b < 0 || b >= 32);
}

fn i32_shiftRight(a: i32, b: i32) -> i32 {
  return a >> select(bitcast<u32>(b), 31u, b < 0 || b > 31);
}

fn i32_from_f32(x: f32) -> i32 {
  if (f32_isnan(x)) { return 0; }
  if (x >= 2147483648.0) { return 2147483647; }
  if (x <= -2147483648.0) { return bitcast<i32>(0x80000000u); }
  return i32(x);
}

fn i32_wrapped_f32(x: f32) -> i32 {
  return bitcast<i32>(i64_from_f32(x).x);
}
`;
