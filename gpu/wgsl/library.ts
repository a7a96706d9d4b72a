// WGSL functions by name, included by the writer where they are used.

export interface LibraryFunction {
  readonly text: string;
  /** functions that this one calls */
  readonly needs?: readonly string[];
}

export const libraryFunctions: Record<string, LibraryFunction> = {
  /** truncates, saturates; NaN gives 0 */
  f32ToI32: {
    text: "fn f32ToI32(x: f32) -> i32 { return select(select(i32(x), -2147483647 - 1, x <= -2147483648.0), 2147483647, x >= 2147483648.0); }",
  },
  /** truncates to 64 bits, of which the low 32 are given: conversions to 8- and 16-bit integers wrap */
  f32ToWrapped: {
    text: "fn f32ToWrapped(x: f32) -> i32 { return bitcast<i32>(i64FromF32(x).x); }",
    needs: ["i64FromF32"],
  },
  /** rounds to the nearest bfloat16, ties to even; NaN stays NaN */
  roundToBFloat16: {
    text: `fn roundToBFloat16(x: f32) -> f32 {
  let b = bitcast<u32>(x);
  if ((b & 0x7fffffffu) > 0x7f800000u) { return x; }
  return bitcast<f32>((b + 0x7fffu + ((b >> 16u) & 1u)) & 0xffff0000u);
}`,
  },
  i64FromI32: {
    text: "fn i64FromI32(x: i32) -> vec2<u32> { return vec2<u32>(bitcast<u32>(x), bitcast<u32>(x >> 31u)); }",
  },
  /** truncates; beyond the range, and for NaN, the smallest integer, as x86 does */
  i64FromF32: {
    text: `fn i64FromF32(x: f32) -> vec2<u32> {
  let b = bitcast<u32>(x);
  let e = i32((b >> 23u) & 255u) - 150;
  if (e >= 40) { return vec2<u32>(0u, 0x80000000u); }
  let m = (b & 0x7fffffu) | 0x800000u;
  var r: vec2<u32>;
  if (e >= 32) { r = vec2<u32>(0u, m << u32(e - 32)); }
  else if (e > 0) { r = vec2<u32>(m << u32(e), m >> u32(32 - e)); }
  else { r = vec2<u32>(select(m >> u32(-e), 0u, e <= -24), 0u); }
  return select(r, vec2<u32>(~r.x + 1u, ~r.y + select(0u, 1u, r.x == 0u)), (b >> 31u) == 1u);
}`,
  },
  /** rounds to nearest, ties to even */
  i64ToF32: {
    text: `fn i64ToF32(x: vec2<u32>) -> f32 {
  let negative = (x.y >> 31u) == 1u;
  let m = select(x, vec2<u32>(~x.x + 1u, ~x.y + select(0u, 1u, x.x == 0u)), negative);
  if (m.y == 0u) { let f = f32(m.x); return select(f, -f, negative); }
  // the upper 32 significant bits with what is below them or-ed into the last, which keeps rounding right
  let shift = 32u - countLeadingZeros(m.y);
  var top = m.y;
  if (shift < 32u) { top = (m.y << (32u - shift)) | (m.x >> shift); }
  let below = m.x & select((1u << (shift & 31u)) - 1u, 0xffffffffu, shift == 32u);
  let f = f32(top | select(0u, 1u, below != 0u)) * exp2Exact(shift);
  return select(f, -f, negative);
}
fn exp2Exact(e: u32) -> f32 { return bitcast<f32>((e + 127u) << 23u); }`,
  },
};
