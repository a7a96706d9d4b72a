// Thin products of matrices that are both contiguous along k: nothing is packed, every element of C is the dot product of a
// line of x and a line of y. A tile of 2 lines of x and 5 of y has 10 sums in registers: 7 vectors loaded for 10 multiply-adds.
import { sumLanes } from "./vector";
import { madd } from "./tile";

/** Bytes of a line whose products are summed in registers before they are added to C, which bounds rounding errors. */
const RUN_BYTES: i32 = 4096;

/** c += or = alpha * sum */
// @ts-ignore: decorator
@inline function put<T>(c: usize, alpha: T, sum: T, accumulate: bool): void {
  store<T>(c, accumulate ? <T>(load<T>(c) + alpha * sum) : <T>(alpha * sum));
}

// @ts-ignore: decorator
@inline function twoSums(x: v128, y: v128): v128 {
  return v128.add<f64>(v128.shuffle<i64>(x, y, 0, 2), v128.shuffle<i64>(x, y, 1, 3));
}

/** The sums of the lanes of four vectors. */
// @ts-ignore: decorator
@inline function fourSums<T>(s0: v128, s1: v128, s2: v128, s3: v128, to: usize): void {
  if (sizeof<T>() == 8) {
    v128.store(to, twoSums(s0, s1));
    v128.store(to, twoSums(s2, s3), 16);
    return;
  }
  const a = v128.add<f32>(v128.shuffle<i32>(s0, s1, 0, 4, 1, 5), v128.shuffle<i32>(s0, s1, 2, 6, 3, 7));
  const b = v128.add<f32>(v128.shuffle<i32>(s2, s3, 0, 4, 1, 5), v128.shuffle<i32>(s2, s3, 2, 6, 3, 7));
  v128.store(to, v128.add<f32>(v128.shuffle<i64>(a, b, 0, 2), v128.shuffle<i64>(a, b, 1, 3)));
}

/** Lines y0 to y4 by x0 and x1; `bytes` of each, a multiple of 16. Sums go to c0 and c1, `step` bytes apart. */
function dotTile<T>(
  bytes: usize,
  x0: usize,
  x1: usize,
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  y4: usize,
  sums: usize,
): void {
  let s00 = v128.splat<T>(0);
  let s01 = s00;
  let s02 = s00;
  let s03 = s00;
  let s04 = s00;
  let s10 = s00;
  let s11 = s00;
  let s12 = s00;
  let s13 = s00;
  let s14 = s00;
  for (let at: usize = 0; at < bytes; at += 16) {
    const a0 = v128.load(x0 + at);
    const a1 = v128.load(x1 + at);
    let y = v128.load(y0 + at);
    s00 = madd<T>(a0, y, s00);
    s10 = madd<T>(a1, y, s10);
    y = v128.load(y1 + at);
    s01 = madd<T>(a0, y, s01);
    s11 = madd<T>(a1, y, s11);
    y = v128.load(y2 + at);
    s02 = madd<T>(a0, y, s02);
    s12 = madd<T>(a1, y, s12);
    y = v128.load(y3 + at);
    s03 = madd<T>(a0, y, s03);
    s13 = madd<T>(a1, y, s13);
    y = v128.load(y4 + at);
    s04 = madd<T>(a0, y, s04);
    s14 = madd<T>(a1, y, s14);
  }
  fourSums<T>(s00, s01, s02, s03, sums);
  store<T>(sums + 4 * sizeof<T>(), sumLanes<T>(s04));
  fourSums<T>(s10, s11, s12, s13, sums + 5 * sizeof<T>());
  store<T>(sums + 9 * sizeof<T>(), sumLanes<T>(s14));
}

/**
 * C[i, j] = alpha * the product of line i of x, of m, with line j of y, of n, plus C if `accumulate`. Lines are k elements,
 * `lineX` and `lineY` bytes apart; C's strides are `stepX` and `stepY` bytes. `sums` has room for 10 elements.
 */
export function multiplyDots<T>(
  m: i32,
  n: i32,
  k: i32,
  alpha: T,
  x: usize,
  lineX: usize,
  y: usize,
  lineY: usize,
  c: usize,
  stepX: usize,
  stepY: usize,
  accumulate: bool,
  sums: usize,
): void {
  let bytes = k * <i32>sizeof<T>();
  for (;;) {
    const run = min(bytes, RUN_BYTES);
    const whole = run & -16;
    for (let j = 0; j < n; j += 5) {
      const last = min(5, n - j) - 1;
      const y0 = y + <usize>j * lineY;
      // past the last line: that line again
      const y1 = y0 + <usize>min(1, last) * lineY;
      const y2 = y0 + <usize>min(2, last) * lineY;
      const y3 = y0 + <usize>min(3, last) * lineY;
      const y4 = y0 + <usize>last * lineY;
      for (let i = 0; i < m; i += 2) {
        const x0 = x + <usize>i * lineX;
        const x1 = i + 1 < m ? x0 + lineX : x0;
        dotTile<T>(whole, x0, x1, y0, y1, y2, y3, y4, sums);
        const to = c + <usize>i * stepX + <usize>j * stepY;
        let sum = sums;
        for (let r = 0; r < 2 && i + r < m; r++) {
          const xr = x0 + <usize>r * lineX;
          for (let q = 0; q <= last; q++) {
            let s = load<T>(sum + <usize>(q * sizeof<T>()));
            const yq = y0 + <usize>q * lineY;
            for (let at: usize = whole; at < <usize>run; at += sizeof<T>())
              s = <T>(s + load<T>(xr + at) * load<T>(yq + at));
            put<T>(to + <usize>r * stepX + <usize>q * stepY, alpha, s, accumulate);
          }
          sum += 5 * sizeof<T>();
        }
      }
    }
    bytes -= run;
    if (bytes == 0) return;
    x += run;
    y += run;
    accumulate = true;
  }
}
