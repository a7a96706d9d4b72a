// Register tiles: MR x NR elements of C held in 128-bit registers over a run of k. Per step of k one row of a packed
// panel of B (NR elements, two vectors) meets MR elements of a packed panel of A: 2*MR*NR flops for MR + NR loaded.
//
// wasm engines on x86 leave 15 vector registers. With a fused multiply-add, 6 rows x 2 vectors fill them (12 sums, 2 of
// B, 1 of A) and run at 95% of the FMA limit; without it the product needs a register more, and 4 x 2 is faster.

/** Rows of a register tile. */
// @ts-ignore: decorator
@inline export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/** Columns of a register tile: two vectors. */
// @ts-ignore: decorator
@inline export function tileColumns<T>(): i32 {
  return 32 / <i32>sizeof<T>();
}

/** Bytes of one row of a packed panel of B. */
export const ROW: usize = 32;

/** a * b + c, fused where the build has it. */
// @ts-ignore: decorator
@inline export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (isFloat<T>() && ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

// @ts-ignore: decorator
@inline function splat0<T>(a: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(a, 0) : v128.load64_splat(a, 0);
}

// @ts-ignore: decorator
@inline function splat1<T>(a: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(a, 4) : v128.load64_splat(a, 8);
}

// @ts-ignore: decorator
@inline function splat2<T>(a: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(a, 8) : v128.load64_splat(a, 16);
}

// @ts-ignore: decorator
@inline function splat3<T>(a: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(a, 12) : v128.load64_splat(a, 24);
}

// @ts-ignore: decorator
@inline function splat4<T>(a: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(a, 16) : v128.load64_splat(a, 32);
}

// @ts-ignore: decorator
@inline function splat5<T>(a: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(a, 20) : v128.load64_splat(a, 40);
}

/** C's row = alpha * sum, added to what is there if `accumulate`, or to element `r` at `bias` unless that is 0. */
// @ts-ignore: decorator
@inline function storeRow<T>(
  c: usize,
  alpha: v128,
  low: v128,
  high: v128,
  accumulate: bool,
  bias: usize,
  r: usize,
): void {
  if (accumulate) {
    v128.store(c, madd<T>(alpha, low, v128.load(c)));
    v128.store(c, madd<T>(alpha, high, v128.load(c, 16)), 16);
  } else if (bias) {
    const value = splat0<T>(bias + r * sizeof<T>());
    v128.store(c, madd<T>(alpha, low, value));
    v128.store(c, madd<T>(alpha, high, value), 16);
  } else {
    v128.store(c, v128.mul<T>(alpha, low));
    v128.store(c, v128.mul<T>(alpha, high), 16);
  }
}

/**
 * Steps of k summed in registers before they are added to C: rounding errors grow with the length of a run of sums. For 256
 * steps runs of 128 halve the error (3.8 to 1.9 ulp) and cost 1%, runs of 64 (1.2 ulp) 4%; gradients of weights, sums over
 * batches and images, need the latter to stay within what PyTorch's own blocking gives. Products with few steps, whose own
 * sum is short, take runs of 32.
 */
// @ts-ignore: decorator
@inline export function runLength(k: i32): i32 {
  return k <= 128 ? 32 : 64;
}

/**
 * The first `rows` rows of a tile: C[rows, NR] = alpha * A B (+ C). `a` is a packed panel of k steps, and so is `b` if `stepB`
 * is ROW: the bytes from a row of B to the next. `ldc` is in bytes. What a panel has past `rows` is dropped.
 * Sums start from `bias`, the address of a value for each row, unless that is 0 or C is accumulated.
 */
export function tile<T>(
  k: i32,
  a: usize,
  b: usize,
  stepB: usize,
  c: usize,
  ldc: usize,
  alpha: T,
  rows: i32,
  accumulate: bool,
  bias: usize,
): void {
  const run = isInteger<T>() ? k : runLength(k);
  for (;;) {
    const steps = min(k, run);
    if (MR == 6 && isFloat<T>() && rows <= 4) fourRows<T>(steps, a, b, stepB, c, ldc, alpha, rows, accumulate, bias);
    else allRows<T>(steps, a, b, stepB, c, ldc, alpha, rows, accumulate, bias);
    k -= steps;
    if (k == 0) return;
    a += <usize>(steps * MR) * sizeof<T>();
    b += <usize>steps * stepB;
    accumulate = true;
    bias = 0;
  }
}

function allRows<T>(
  k: i32,
  a: usize,
  b: usize,
  stepB: usize,
  c: usize,
  ldc: usize,
  alpha: T,
  rows: i32,
  accumulate: bool,
  bias: usize,
): void {
  tileRun<T>(MR == 6, k, a, b, stepB, c, ldc, alpha, rows, accumulate, bias);
}

/** Without the last two rows. */
function fourRows<T>(
  k: i32,
  a: usize,
  b: usize,
  stepB: usize,
  c: usize,
  ldc: usize,
  alpha: T,
  rows: i32,
  accumulate: bool,
  bias: usize,
): void {
  tileRun<T>(false, k, a, b, stepB, c, ldc, alpha, rows, accumulate, bias);
}

// @ts-ignore: decorator
@inline function tileRun<T>(
  full: bool,
  k: i32,
  a: usize,
  b: usize,
  stepB: usize,
  c: usize,
  ldc: usize,
  alpha: T,
  rows: i32,
  accumulate: bool,
  bias: usize,
): void {
  let c00 = v128.splat<T>(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  let c50 = c00;
  let c51 = c00;
  const end = b + <usize>k * stepB;
  for (;;) {
    let b0 = v128.load(b);
    let b1 = v128.load(b, 16);
    let x = splat0<T>(a);
    c00 = madd<T>(x, b0, c00);
    c01 = madd<T>(x, b1, c01);
    x = splat1<T>(a);
    c10 = madd<T>(x, b0, c10);
    c11 = madd<T>(x, b1, c11);
    x = splat2<T>(a);
    c20 = madd<T>(x, b0, c20);
    c21 = madd<T>(x, b1, c21);
    x = splat3<T>(a);
    c30 = madd<T>(x, b0, c30);
    c31 = madd<T>(x, b1, c31);
    if (full) {
      x = splat4<T>(a);
      c40 = madd<T>(x, b0, c40);
      c41 = madd<T>(x, b1, c41);
      x = splat5<T>(a);
      c50 = madd<T>(x, b0, c50);
      c51 = madd<T>(x, b1, c51);
    }
    a += MR * sizeof<T>();
    b += stepB;
    if (b == end) break;
  }
  const scale = v128.splat<T>(alpha);
  storeRow<T>(c, scale, c00, c01, accumulate, bias, 0);
  if (rows < 2) return;
  storeRow<T>((c += ldc), scale, c10, c11, accumulate, bias, 1);
  if (rows < 3) return;
  storeRow<T>((c += ldc), scale, c20, c21, accumulate, bias, 2);
  if (rows < 4) return;
  storeRow<T>((c += ldc), scale, c30, c31, accumulate, bias, 3);
  if (full) {
    if (rows < 5) return;
    storeRow<T>((c += ldc), scale, c40, c41, accumulate, bias, 4);
    if (rows < 6) return;
    storeRow<T>((c += ldc), scale, c50, c51, accumulate, bias, 5);
  }
}
