// float16 and bfloat16 as bit patterns, to and from float32. Stores round to nearest, ties to even.

/** float32 value of an IEEE half. */
export function halfToFloat(bits: u32): f32 {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 0x3ff;
  if (exponent == 31) return reinterpret<f32>(sign | 0x7f800000 | (mantissa << 13));
  if (exponent == 0) {
    const subnormal = <f32>mantissa * 5.9604644775390625e-8; // 2^-24, exact
    return sign ? -subnormal : subnormal;
  }
  return reinterpret<f32>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

/** The half nearest to `value`. */
export function floatToHalf(value: f32): u32 {
  const bits = reinterpret<u32>(value);
  const sign = (bits >> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 is the first value that rounds to infinity
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // below 2^-14: adding 0.5 puts the half's last bit at the float's last bit, so the addition itself rounds
    const shifted = reinterpret<f32>(magnitude) + 0.5;
    return sign | (reinterpret<u32>(shifted) - 0x3f000000);
  }
  const odd = (magnitude >> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >> 13);
}

// @ts-ignore: decorator
@inline
export function bfloatToFloat(bits: u32): f32 {
  return reinterpret<f32>(bits << 16);
}

/** The bfloat16 nearest to `value`. */
export function floatToBFloat(value: f32): u32 {
  const bits = reinterpret<u32>(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return ((bits >> 16) & 0x8000) | 0x7fc0;
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}
