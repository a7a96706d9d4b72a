// The row loops that layer, group and batch normalization share. T is f32 or f64; rows are contiguous.
import { addLanes, BLOCK, squaredDeviationsRow, sumRow } from "./reduceBlock";

/** 1 / sqrt(biased variance + eps) of a row with the given mean. */
export function inverseDeviation<T>(p: usize, n: i32, mean: f64, eps: f64): f64 {
  const off = mean - <f64>(<T>mean);
  const squares = squaredDeviationsRow<T>(p, n, <T>mean) - <f64>n * off * off;
  return 1 / Math.sqrt(max<f64>(squares, 0) / <f64>n + eps);
}

export function meanOf<T>(p: usize, n: i32): f64 {
  return sumRow<T>(p, n) / <f64>n;
}

/** out = (x - mean) * scale + shift */
export function scaleRow<T>(out: usize, x: usize, n: i32, mean: T, scale: T, shift: T): void {
  const end = x + <usize>n * sizeof<T>();
  const m = v128.splat<T>(mean);
  const a = v128.splat<T>(scale);
  const b = v128.splat<T>(shift);
  for (; x + 16 <= end; x += 16, out += 16) {
    v128.store(out, v128.add<T>(v128.mul<T>(v128.sub<T>(v128.load(x), m), a), b));
  }
  for (; x < end; x += sizeof<T>(), out += sizeof<T>()) store<T>(out, (load<T>(x) - mean) * scale + shift);
}

/** out = (x - mean) * scale * weight + bias, with a weight and a bias per element */
export function affineRow<T>(out: usize, x: usize, weight: usize, bias: usize, n: i32, mean: T, scale: T): void {
  const end = x + <usize>n * sizeof<T>();
  const m = v128.splat<T>(mean);
  const a = v128.splat<T>(scale);
  for (; x + 16 <= end; x += 16, out += 16, weight += 16, bias += 16) {
    const normal = v128.mul<T>(v128.sub<T>(v128.load(x), m), a);
    v128.store(out, v128.add<T>(v128.mul<T>(normal, v128.load(weight)), v128.load(bias)));
  }
  for (; x < end; x += sizeof<T>(), out += sizeof<T>(), weight += sizeof<T>(), bias += sizeof<T>()) {
    store<T>(out, (load<T>(x) - mean) * scale * load<T>(weight) + load<T>(bias));
  }
}

/** Sum of g * (x - mean) in f64. */
export function centeredDot<T>(g: usize, x: usize, n: i32, mean: T): f64 {
  let sum: f64 = 0;
  const m = v128.splat<T>(mean);
  for (let i = 0; i < n; i += BLOCK) {
    const end = g + <usize>min(BLOCK, n - i) * sizeof<T>();
    let lanes = v128.splat<T>(0);
    for (; g + 16 <= end; g += 16, x += 16) {
      lanes = v128.add<T>(lanes, v128.mul<T>(v128.load(g), v128.sub<T>(v128.load(x), m)));
    }
    sum += addLanes<T>(lanes);
    for (; g < end; g += sizeof<T>(), x += sizeof<T>()) sum += <f64>load<T>(g) * <f64>(load<T>(x) - mean);
  }
  return sum;
}

/** out = g * a + (x - mean) * b + c */
export function combineRow<T>(out: usize, g: usize, x: usize, n: i32, mean: T, a: T, b: T, c: T): void {
  const end = x + <usize>n * sizeof<T>();
  const vm = v128.splat<T>(mean);
  const va = v128.splat<T>(a);
  const vb = v128.splat<T>(b);
  const vc = v128.splat<T>(c);
  for (; x + 16 <= end; x += 16, out += 16, g += 16) {
    const deviation = v128.mul<T>(v128.sub<T>(v128.load(x), vm), vb);
    v128.store(out, v128.add<T>(v128.add<T>(v128.mul<T>(v128.load(g), va), deviation), vc));
  }
  for (; x < end; x += sizeof<T>(), out += sizeof<T>(), g += sizeof<T>()) {
    store<T>(out, load<T>(g) * a + (load<T>(x) - mean) * b + c);
  }
}
