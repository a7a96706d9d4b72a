// Shared by the SIMD math functions.

/** a * b + c, fused where the build has relaxed SIMD; callers must be right either way. */
// @ts-ignore: decorator
@inline export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** The magnitude of `x` with the sign of `y`. */
// @ts-ignore: decorator
@inline export function withSign<T>(x: v128, y: v128): v128 {
  const magnitude = sizeof<T>() == 8 ? i64x2.splat(i64.MAX_VALUE) : i32x4.splat(i32.MAX_VALUE);
  return v128.bitselect(x, y, magnitude);
}

/**
 * The polynomial in x whose `n` (2 to 12, a constant) coefficients lie at `table`, highest power first. They are loaded at
 * each use: a dozen SIMD constants in registers spill, and materializing one takes four instructions in V8.
 */
// @ts-ignore: decorator
@inline export function horner<T>(table: usize, n: i32, x: v128): v128 {
  let p = madd<T>(coefficient<T>(table, 0), x, coefficient<T>(table, 1));
  if (n > 2) p = madd<T>(p, x, coefficient<T>(table, 2));
  if (n > 3) p = madd<T>(p, x, coefficient<T>(table, 3));
  if (n > 4) p = madd<T>(p, x, coefficient<T>(table, 4));
  if (n > 5) p = madd<T>(p, x, coefficient<T>(table, 5));
  if (n > 6) p = madd<T>(p, x, coefficient<T>(table, 6));
  if (n > 7) p = madd<T>(p, x, coefficient<T>(table, 7));
  if (n > 8) p = madd<T>(p, x, coefficient<T>(table, 8));
  if (n > 9) p = madd<T>(p, x, coefficient<T>(table, 9));
  if (n > 10) p = madd<T>(p, x, coefficient<T>(table, 10));
  if (n > 11) p = madd<T>(p, x, coefficient<T>(table, 11));
  return p;
}
// @ts-ignore: decorator
@inline function coefficient<T>(table: usize, i: usize): v128 {
  return sizeof<T>() == 8 ? v128.load64_splat(table + (i << 3)) : v128.load32_splat(table + (i << 2));
}
