// Matrix times vector: every element of the matrix is read once for two flops, so memory's speed is the limit and nothing
// is packed. Lines are the rows of the matrix that meet the vector: y[i] = alpha * sum over p of M[i, p] x[p].
import { everyOther, high, low } from "./pack";
import { madd } from "./tile";

// @ts-ignore: decorator
@inline function lanes<T>(): i32 {
  return 16 / <i32>sizeof<T>();
}

// @ts-ignore: decorator
@inline export function sumLanes<T>(v: v128): T {
  if (sizeof<T>() == 8) return <T>(v128.extract_lane<T>(v, 0) + v128.extract_lane<T>(v, 1));
  return <T>(
    (v128.extract_lane<T>(v, 0) +
      v128.extract_lane<T>(v, 2) +
      (v128.extract_lane<T>(v, 1) + v128.extract_lane<T>(v, 3)))
  );
}

// @ts-ignore: decorator
@inline function put<T>(y: usize, value: T, accumulate: bool): void {
  store<T>(y, accumulate ? <T>(load<T>(y) + value) : value);
}

/** The sum of x[p] * y[p] over contiguous x and y. */
export function dotContiguous<T>(k: i32, x: usize, y: usize): T {
  let s0 = v128.splat<T>(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const step = lanes<T>();
  let p = 0;
  for (; p + 4 * step <= k; p += 4 * step) {
    s0 = madd<T>(v128.load(x), v128.load(y), s0);
    s1 = madd<T>(v128.load(x, 16), v128.load(y, 16), s1);
    s2 = madd<T>(v128.load(x, 32), v128.load(y, 32), s2);
    s3 = madd<T>(v128.load(x, 48), v128.load(y, 48), s3);
    x += 64;
    y += 64;
  }
  let sum = sumLanes<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
  for (; p < k; p++) {
    sum = <T>(sum + load<T>(x) * load<T>(y));
    x += sizeof<T>();
    y += sizeof<T>();
  }
  return sum;
}

/** The sum of x[2 * p] * y[p]. */
export function dotEveryOther<T>(k: i32, x: usize, y: usize): T {
  const step = lanes<T>();
  let s0 = v128.splat<T>(0);
  let s1 = s0;
  let p = 0;
  for (; p + 2 * step <= k; p += 2 * step) {
    s0 = madd<T>(everyOther<T>(x), v128.load(y), s0);
    s1 = madd<T>(everyOther<T>(x + 32), v128.load(y, 16), s1);
    x += 64;
    y += 32;
  }
  let sum = sumLanes<T>(v128.add<T>(s0, s1));
  for (; p < k; p++) {
    sum = <T>(sum + load<T>(x) * load<T>(y));
    x += 2 * sizeof<T>();
    y += sizeof<T>();
  }
  return sum;
}

/** y[2 * i] += x * m[i]. */
export function addEveryOther<T>(n: i32, x: T, m: usize, y: usize): void {
  const v = v128.splat<T>(x);
  const zero = v128.splat<T>(0);
  const step = lanes<T>();
  let i = 0;
  // leaves the last to the loop behind: the element after it is another's
  for (; i + step < n; i += step) {
    const products = v128.mul<T>(v, v128.load(m));
    v128.store(y, v128.add<T>(v128.load(y), low<T>(products, zero)));
    v128.store(y, v128.add<T>(v128.load(y, 16), high<T>(products, zero)), 16);
    m += 16;
    y += 32;
  }
  for (; i < n; i++) {
    store<T>(y, <T>(load<T>(y) + x * load<T>(m)));
    m += sizeof<T>();
    y += 2 * sizeof<T>();
  }
}

/** y[i] from lines that are contiguous along p, four lines at a time. */
export function multiplyLines<T>(
  n: i32,
  k: i32,
  alpha: T,
  matrix: usize,
  lineStride: i32,
  x: usize,
  y: usize,
  accumulate: bool,
): void {
  const line = <usize>lineStride * sizeof<T>();
  const step = lanes<T>();
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    let m0 = matrix;
    let m1 = m0 + line;
    let m2 = m1 + line;
    let m3 = m2 + line;
    let s0 = v128.splat<T>(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let px = x;
    let p = 0;
    for (; p + step <= k; p += step) {
      const v = v128.load(px);
      s0 = madd<T>(v128.load(m0), v, s0);
      s1 = madd<T>(v128.load(m1), v, s1);
      s2 = madd<T>(v128.load(m2), v, s2);
      s3 = madd<T>(v128.load(m3), v, s3);
      px += 16;
      m0 += 16;
      m1 += 16;
      m2 += 16;
      m3 += 16;
    }
    let r0 = sumLanes<T>(s0);
    let r1 = sumLanes<T>(s1);
    let r2 = sumLanes<T>(s2);
    let r3 = sumLanes<T>(s3);
    for (; p < k; p++) {
      const v = load<T>(px);
      r0 = <T>(r0 + load<T>(m0) * v);
      r1 = <T>(r1 + load<T>(m1) * v);
      r2 = <T>(r2 + load<T>(m2) * v);
      r3 = <T>(r3 + load<T>(m3) * v);
      px += sizeof<T>();
      m0 += sizeof<T>();
      m1 += sizeof<T>();
      m2 += sizeof<T>();
      m3 += sizeof<T>();
    }
    put<T>(y, <T>(alpha * r0), accumulate);
    put<T>(y + sizeof<T>(), <T>(alpha * r1), accumulate);
    put<T>(y + 2 * sizeof<T>(), <T>(alpha * r2), accumulate);
    put<T>(y + 3 * sizeof<T>(), <T>(alpha * r3), accumulate);
    y += 4 * sizeof<T>();
    matrix += 4 * line;
  }
  for (; i < n; i++) {
    put<T>(y, <T>(alpha * dotContiguous<T>(k, matrix, x)), accumulate);
    y += sizeof<T>();
    matrix += line;
  }
}

/** y += x0*m0 + x1*m1 + x2*m2 + x3*m3 over n contiguous elements. */
function addFour<T>(n: i32, x0: T, x1: T, x2: T, x3: T, m0: usize, m1: usize, m2: usize, m3: usize, y: usize): void {
  const v0 = v128.splat<T>(x0);
  const v1 = v128.splat<T>(x1);
  const v2 = v128.splat<T>(x2);
  const v3 = v128.splat<T>(x3);
  const step = lanes<T>();
  let i = 0;
  let at: usize = 0;
  for (; i + step <= n; i += step) {
    let s = madd<T>(v0, v128.load(m0 + at), v128.load(y + at));
    s = madd<T>(v1, v128.load(m1 + at), s);
    s = madd<T>(v2, v128.load(m2 + at), s);
    v128.store(y + at, madd<T>(v3, v128.load(m3 + at), s));
    at += 16;
  }
  for (; i < n; i++) {
    const s = load<T>(y + at) + x0 * load<T>(m0 + at) + x1 * load<T>(m1 + at);
    store<T>(y + at, <T>(s + x2 * load<T>(m2 + at) + x3 * load<T>(m3 + at)));
    at += sizeof<T>();
  }
}

/** y += x * m over n contiguous elements. */
export function addScaled<T>(n: i32, x: T, m: usize, y: usize): void {
  const v = v128.splat<T>(x);
  const step = lanes<T>();
  let i = 0;
  let at: usize = 0;
  for (; i + step <= n; i += step) {
    v128.store(y + at, madd<T>(v, v128.load(m + at), v128.load(y + at)));
    at += 16;
  }
  for (; i < n; i++) {
    store<T>(y + at, <T>(load<T>(y + at) + x * load<T>(m + at)));
    at += sizeof<T>();
  }
}

/** y[i] from a matrix that is contiguous along i: y stays in the cache while four rows at a time stream by. */
export function multiplyAcross<T>(
  n: i32,
  k: i32,
  alpha: T,
  matrix: usize,
  kStride: i32,
  x: usize,
  y: usize,
  accumulate: bool,
): void {
  if (!accumulate) memory.fill(y, 0, <usize>n * sizeof<T>());
  const row = <usize>kStride * sizeof<T>();
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    addFour<T>(
      n,
      <T>(alpha * load<T>(x)),
      <T>(alpha * load<T>(x + sizeof<T>())),
      <T>(alpha * load<T>(x + 2 * sizeof<T>())),
      <T>(alpha * load<T>(x + 3 * sizeof<T>())),
      matrix,
      matrix + row,
      matrix + 2 * row,
      matrix + 3 * row,
      y,
    );
    x += 4 * sizeof<T>();
    matrix += 4 * row;
  }
  for (; p < k; p++) {
    addScaled<T>(n, <T>(alpha * load<T>(x)), matrix, y);
    x += sizeof<T>();
    matrix += row;
  }
}

/** y[i] for any strides. */
function multiplyStrided<T>(
  n: i32,
  k: i32,
  alpha: T,
  matrix: usize,
  lineStride: i32,
  kStride: i32,
  x: usize,
  y: usize,
  accumulate: bool,
): void {
  const step = <usize>kStride * sizeof<T>();
  for (let i = 0; i < n; i++) {
    let from = matrix + <usize>i * <usize>lineStride * sizeof<T>();
    let sum = <T>0;
    for (let p = 0; p < k; p++) {
      sum = <T>(sum + load<T>(from) * load<T>(x + <usize>p * sizeof<T>()));
      from += step;
    }
    put<T>(y + <usize>i * sizeof<T>(), <T>(alpha * sum), accumulate);
  }
}

/** y[n] = alpha * M[n, k] x[k], plus y if `accumulate`. Any strides of M and x; y is contiguous. `work` has room for k. */
export function multiplyVector<T>(
  n: i32,
  k: i32,
  alpha: T,
  matrix: usize,
  lineStride: i32,
  kStride: i32,
  x: usize,
  xStride: i32,
  y: usize,
  accumulate: bool,
  work: usize,
): void {
  if (xStride != 1) {
    for (let p = 0; p < k; p++) {
      store<T>(work + <usize>p * sizeof<T>(), load<T>(x + <usize>p * <usize>xStride * sizeof<T>()));
    }
    x = work;
  }
  if (kStride == 1) multiplyLines<T>(n, k, alpha, matrix, lineStride, x, y, accumulate);
  else if (lineStride == 1) multiplyAcross<T>(n, k, alpha, matrix, kStride, x, y, accumulate);
  else multiplyStrided<T>(n, k, alpha, matrix, lineStride, kStride, x, y, accumulate);
}
