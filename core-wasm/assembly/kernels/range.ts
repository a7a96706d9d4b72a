// Regular sequences: arange, linspace, logspace. Cost: one write an element.
import { Args } from "../dispatch/args";
import { DType } from "../tensor/dtype";

export const enum Range {
  /** start + i * step in double precision (or int64 for an integer output) */
  Arange = 0,
  /** from both ends, so that the last element is exactly `end` */
  Linspace = 1,
  /** base to the power of linspace */
  Logspace = 2,
}

// @ts-ignore: decorator
@inline
function lineAt<T>(start: T, end: T, step: T, i: i32, n: i32): T {
  return <u32>i < (<u32>n) >> 1 ? start + step * <T>i : end - step * <T>(n - i - 1);
}

// @ts-ignore: decorator
@inline
function rangeAs<T>(out: usize, n: i32, which: i32, start: f64, second: f64, base: f64): void {
  if (which == Range.Arange) {
    for (let i = 0; i < n; i++) store<T>(out + <usize>i * sizeof<T>(), <T>(start + <f64>i * second));
    return;
  }
  const first = <T>start;
  const last = <T>second;
  const step: T = n > 1 ? (last - first) / <T>(n - 1) : 0;
  for (let i = 0; i < n; i++) {
    const x = n == 1 ? first : lineAt<T>(first, last, step, i, n);
    store<T>(out + <usize>i * sizeof<T>(), which == Range.Linspace ? x : <T>Math.pow(base, <f64>x));
  }
}

/**
 * Operand 0: out, contiguous, float32, float64 or int64. int 0: Range; params: 0 start, 1 step (arange) or end, 2 base.
 * int64: ints 2..3 start, 4..5 step (low word first).
 */
export function range(args: Args): void {
  const out = args.operand(0);
  const n = out.numel;
  if (out.dtype == DType.Int64) {
    let value = <i64>((<u64>(<u32>args.int(2))) | ((<u64>(<u32>args.int(3))) << 32));
    const step = <i64>((<u64>(<u32>args.int(4))) | ((<u64>(<u32>args.int(5))) << 32));
    for (let i = 0; i < n; i++) {
      store<i64>(out.data + ((<usize>i) << 3), value);
      value += step;
    }
  } else if (out.dtype == DType.Float64) {
    rangeAs<f64>(out.data, n, args.int(0), args.param(0), args.param(1), args.param(2));
  } else rangeAs<f32>(out.data, n, args.int(0), args.param(0), args.param(1), args.param(2));
}
