// Reductions of one contiguous block of a compute type: SIMD with independent accumulators. Sums of float32 lanes stay
// short (a block is at most BLOCK elements) and are carried on in float64, which makes them accurate and still fast.
import { Map } from "./reduceOp";

/** Elements per block: 2 KiB of float32, so that a block and its copy stay in the first-level cache. */
export const BLOCK: i32 = 512;

/** Sum of a float block in f64. Eight sums keep up with the second-level cache. */
export function sumFloats<A>(p: usize, n: i32): f64 {
  const end = p + <usize>n * sizeof<A>();
  let a0 = v128.splat<A>(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  for (; p + 128 <= end; p += 128) {
    a0 = v128.add<A>(a0, v128.load(p));
    a1 = v128.add<A>(a1, v128.load(p, 16));
    a2 = v128.add<A>(a2, v128.load(p, 32));
    a3 = v128.add<A>(a3, v128.load(p, 48));
    b0 = v128.add<A>(b0, v128.load(p, 64));
    b1 = v128.add<A>(b1, v128.load(p, 80));
    b2 = v128.add<A>(b2, v128.load(p, 96));
    b3 = v128.add<A>(b3, v128.load(p, 112));
  }
  for (; p + 16 <= end; p += 16) a0 = v128.add<A>(a0, v128.load(p));
  a0 = v128.add<A>(v128.add<A>(a0, a1), v128.add<A>(a2, a3));
  let sum = addLanes<A>(v128.add<A>(a0, v128.add<A>(v128.add<A>(b0, b1), v128.add<A>(b2, b3))));
  for (; p < end; p += sizeof<A>()) sum += <f64>load<A>(p);
  return sum;
}

/** The lanes of a float vector, added in f64. */
// @ts-ignore: decorator
@inline
export function addLanes<A>(v: v128): f64 {
  if (sizeof<A>() == 4) {
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1));
    const sum = f64x2.add(low, high);
    return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  }
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Sum of (x - center)^2 over a float block; the deviations are of A, their sum is carried on in f64. */
export function sumSquaredDeviations<A>(p: usize, n: i32, center: A): f64 {
  const end = p + <usize>n * sizeof<A>();
  const c = v128.splat<A>(center);
  let a0 = v128.splat<A>(0);
  let a1 = a0;
  while (p + 32 <= end) {
    const d0 = v128.sub<A>(v128.load(p), c);
    const d1 = v128.sub<A>(v128.load(p, 16), c);
    a0 = v128.add<A>(a0, v128.mul<A>(d0, d0));
    a1 = v128.add<A>(a1, v128.mul<A>(d1, d1));
    p += 32;
  }
  let sum = addLanes<A>(v128.add<A>(a0, a1));
  while (p < end) {
    const d = <f64>(load<A>(p) - center);
    sum += d * d;
    p += sizeof<A>();
  }
  return sum;
}

export function sumInts(p: usize, n: i32): i64 {
  let sum: i64 = 0;
  for (const end = p + ((<usize>n) << 3); p < end; p += 8) sum += load<i64>(p);
  return sum;
}

export function prodBlock<A>(p: usize, n: i32): A {
  let product: A = 1;
  for (const end = p + <usize>n * sizeof<A>(); p < end; p += sizeof<A>()) product = product * load<A>(p);
  return product;
}

// @ts-ignore: decorator
@inline
export function larger<A>(a: A, b: A): A {
  if (isFloat<A>()) return max<A>(a, b);
  return a > b ? a : b;
}

// @ts-ignore: decorator
@inline
export function smaller<A>(a: A, b: A): A {
  if (isFloat<A>()) return min<A>(a, b);
  return a < b ? a : b;
}

/** The largest, or smallest, of a block of at least one element; NaN if one is NaN. */
// @ts-ignore: decorator
@inline
function extremeBlock<A>(largest: bool, p: usize, n: i32): A {
  const end = p + <usize>n * sizeof<A>();
  let best = load<A>(p);
  if (isFloat<A>()) {
    // pmax is one instruction where max is several; it drops NaNs, of which the sum of all tells
    let a0 = v128.splat<A>(best);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let s0 = v128.splat<A>(0);
    let s1 = s0;
    const first = p;
    for (; p + 64 <= end; p += 64) {
      const x0 = v128.load(p);
      const x1 = v128.load(p, 16);
      const x2 = v128.load(p, 32);
      const x3 = v128.load(p, 48);
      a0 = extreme<A>(largest, a0, x0);
      a1 = extreme<A>(largest, a1, x1);
      a2 = extreme<A>(largest, a2, x2);
      a3 = extreme<A>(largest, a3, x3);
      s0 = v128.add<A>(s0, v128.add<A>(x0, x1));
      s1 = v128.add<A>(s1, v128.add<A>(x2, x3));
    }
    s0 = v128.add<A>(s0, s1);
    if (v128.any_true(v128.ne<A>(s0, s0))) {
      // or of infinities of both signs
      for (let at = first; at < p; at += sizeof<A>()) if (load<A>(at) != load<A>(at)) return <A>NaN;
    }
    a0 = extreme<A>(largest, extreme<A>(largest, a0, a1), extreme<A>(largest, a2, a3));
    if (sizeof<A>() == 4) a0 = extreme<A>(largest, a0, i32x4.shuffle(a0, a0, 2, 3, 0, 1));
    best = v128.extract_lane<A>(a0, 0);
    const other = v128.extract_lane<A>(a0, 1);
    best = largest ? larger<A>(best, other) : smaller<A>(best, other);
  }
  for (; p < end; p += sizeof<A>()) best = largest ? larger<A>(best, load<A>(p)) : smaller<A>(best, load<A>(p));
  return best;
}
// @ts-ignore: decorator
@inline
function extreme<A>(largest: bool, a: v128, b: v128): v128 {
  return largest ? v128.pmax<A>(a, b) : v128.pmin<A>(a, b);
}

/** Maximum of a block of at least one element; NaN if one is NaN. */
export function maxBlock<A>(p: usize, n: i32): A {
  return extremeBlock<A>(true, p, n);
}

/** Minimum of a block of at least one element; NaN if one is NaN. */
export function minBlock<A>(p: usize, n: i32): A {
  return extremeBlock<A>(false, p, n);
}

/** Position of the first element equal to `value` (of the first NaN when it is NaN), which the block contains. */
export function findFirst<A>(p: usize, n: i32, value: A): i32 {
  const isNaN = value != value;
  let i = 0;
  if (sizeof<A>() == 4 && !isNaN) {
    const wanted = v128.splat<A>(value);
    for (; i + 8 <= n; i += 8, p += 32) {
      const found = v128.or(v128.eq<A>(v128.load(p), wanted), v128.eq<A>(v128.load(p, 16), wanted));
      if (v128.any_true(found)) break;
    }
  }
  for (; i < n; i++) {
    const x = load<A>(p);
    if (x == value || (isNaN && x != x)) return i;
    p += sizeof<A>();
  }
  return n - 1;
}

/** Applies a map to a block; `out` may be the block itself. */
export function mapBlock<A>(map: i32, out: usize, p: usize, n: i32, exponent: f64): void {
  const end = p + <usize>n * sizeof<A>();
  switch (map) {
    case Map.Square:
      if (isFloat<A>()) {
        for (; p + 16 <= end; p += 16, out += 16) {
          const x = v128.load(p);
          v128.store(out, v128.mul<A>(x, x));
        }
      }
      for (; p < end; p += sizeof<A>(), out += sizeof<A>()) {
        const x = load<A>(p);
        store<A>(out, x * x);
      }
      return;
    case Map.Abs:
      if (isFloat<A>()) {
        for (; p + 16 <= end; p += 16, out += 16) v128.store(out, v128.abs<A>(v128.load(p)));
      }
      for (; p < end; p += sizeof<A>(), out += sizeof<A>()) store<A>(out, abs<A>(load<A>(p)));
      return;
    case Map.PowAbs:
      for (; p < end; p += sizeof<A>(), out += sizeof<A>()) {
        store<A>(out, <A>Math.pow(Math.abs(<f64>load<A>(p)), exponent));
      }
      return;
    case Map.Nonzero:
      for (; p < end; p += sizeof<A>(), out += sizeof<A>()) store<A>(out, <A>i32(load<A>(p) != 0));
      return;
    default:
      for (; p < end; p += sizeof<A>(), out += sizeof<A>()) {
        const x = load<A>(p);
        store<A>(out, x == x ? x : 0);
      }
  }
}

/** Sum of a[i] * b[i] over a float block in f64. */
export function dotBlock<A>(a: usize, b: usize, n: i32): f64 {
  const end = a + <usize>n * sizeof<A>();
  let s0 = v128.splat<A>(0);
  let s1 = s0;
  for (; a + 32 <= end; a += 32, b += 32) {
    s0 = v128.add<A>(s0, v128.mul<A>(v128.load(a), v128.load(b)));
    s1 = v128.add<A>(s1, v128.mul<A>(v128.load(a, 16), v128.load(b, 16)));
  }
  let sum = addLanes<A>(v128.add<A>(s0, s1));
  for (; a < end; a += sizeof<A>(), b += sizeof<A>()) sum += <f64>load<A>(a) * <f64>load<A>(b);
  return sum;
}

/** Sum of any number of adjacent floats, block by block. */
export function sumRow<A>(p: usize, n: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i += BLOCK) sum += sumFloats<A>(p + <usize>i * sizeof<A>(), min(BLOCK, n - i));
  return sum;
}

/** Inner product of two runs of adjacent floats, block by block. */
export function dotRow<A>(a: usize, b: usize, n: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i += BLOCK) {
    const at = <usize>i * sizeof<A>();
    sum += dotBlock<A>(a + at, b + at, min(BLOCK, n - i));
  }
  return sum;
}

/** Sum of (x - center)^2 over any number of adjacent floats. */
export function squaredDeviationsRow<A>(p: usize, n: i32, center: A): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i += BLOCK) {
    sum += sumSquaredDeviations<A>(p + <usize>i * sizeof<A>(), min(BLOCK, n - i), center);
  }
  return sum;
}
