// What loops over four vectors at a time share. They load their constants from tables once for the four: written as constants,
// they would be loaded for each (constants.mjs). What needs care, such as infinities, is looked for once in all four, and
// computed elsewhere, with the same bits for the numbers that need none: a result does not depend on its neighbours.

/** Constants at a table, four bytes each. */
// @ts-ignore: decorator
@inline export function at(table: usize, i: usize): v128 {
  return v128.load32_splat(table + (i << 2));
}

/** The magnitude of the largest in each lane as an integer, in which order NaN comes last. */
// @ts-ignore: decorator
@inline export function largest(x0: v128, x1: v128, x2: v128, x3: v128): v128 {
  const magnitude = at(MAGNITUDE, 0);
  const low = i32x4.max_u(v128.and(x0, magnitude), v128.and(x1, magnitude));
  return i32x4.max_u(low, i32x4.max_u(v128.and(x2, magnitude), v128.and(x3, magnitude)));
}
// @ts-ignore: decorator
@lazy export const MAGNITUDE = memory.data<i32>([0x7fffffff]);

/** Whether a magnitude is larger than `limit` or NaN. */
// @ts-ignore: decorator
@inline export function exceeds(magnitudes: v128, limit: f32): bool {
  return v128.any_true(i32x4.gt_s(magnitudes, i32x4.splat(reinterpret<i32>(limit))));
}

// @ts-ignore: decorator
@inline export function storeFour(dst: usize, y0: v128, y1: v128, y2: v128, y3: v128): void {
  v128.store(dst, y0);
  v128.store(dst, y1, 16);
  v128.store(dst, y2, 32);
  v128.store(dst, y3, 48);
}
