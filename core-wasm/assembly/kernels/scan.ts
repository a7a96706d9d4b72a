// Running sums, products, extrema and logsumexps along one dimension.
//
// Operand 0 = result, the last = input; cummax and cummin put int64 indices at 1. All have one shape; the scanned dimension
// is the last. int(0) = Scan, int(1) = 1 to run from the end. compute: F32 or F64 for floats (carried in f64), I64 for integers.
// Cost: one read and one write an element; a scan is sequential along its line.
import { Args } from "../dispatch/args";
import { Compute, DType, itemSize } from "../tensor/dtype";
import { loadBlock, storeBlock } from "./blocks";

export const enum Scan {
  Sum = 0,
  Prod = 1,
  /** NaN counts as the extremum from where it occurs; of equals the last one's index */
  Max = 2,
  Min = 3,
  LogSumExp = 4,
}

/** Elements converted at a time. */
const RUN: i32 = 256;
/** Bytes of workspace: an odometer and one run. */
export const SCAN_WORKSPACE: usize = 64 + 8 * 256;

export function scanKernel(args: Args): void {
  if (args.int(0) == Scan.Sum && sums32(args)) return;
  if (args.compute == Compute.I64 || args.compute == Compute.I32) scan<i64>(args);
  else scan<f64>(args);
}

function scan<A>(args: Args): void {
  const kind = args.int(0);
  const out = args.operand(0);
  const input = args.operand(args.count - 1);
  const indices = args.operand(1);
  const two = args.count == 3;
  const counters = args.workspace;
  const last = input.ndim - 1;
  const n = last < 0 ? 1 : input.shape(last);
  let lines = 1;
  for (let d = 0; d < last; d++) {
    lines *= input.shape(d);
    store<i32>(counters + ((<usize>d) << 2), 0);
  }
  if (n == 0) return;
  const size = itemSize(input.dtype);
  const outSize = itemSize(out.dtype);
  let inStep = last < 0 ? 0 : input.stride(last);
  let outStride = last < 0 ? 0 : out.stride(last);
  const indexStep = two && last >= 0 ? indices.stride(last) << 3 : 0;
  let source = input.data;
  let target = out.data;
  let target2 = two ? indices.data : 0;
  if (args.int(1)) {
    source += (n - 1) * inStep * size;
    target += (n - 1) * outStride * outSize;
    inStep = -inStep;
    outStride = -outStride;
  }
  for (let k = 0; k < lines; k++) {
    line<A>(
      kind,
      counters + 64,
      source,
      input.dtype,
      inStep,
      size,
      target,
      out.dtype,
      outStride,
      outSize,
      target2,
      indexStep,
      n,
    );
    for (let d = last - 1; d >= 0; d--) {
      const at = counters + ((<usize>d) << 2);
      const extent = input.shape(d);
      const c = load<i32>(at) + 1;
      source += input.stride(d) * size;
      target += out.stride(d) * outSize;
      if (two) target2 += indices.stride(d) << 3;
      if (c < extent) {
        store<i32>(at, c);
        break;
      }
      store<i32>(at, 0);
      source -= extent * input.stride(d) * size;
      target -= extent * out.stride(d) * outSize;
      if (two) target2 -= (extent * indices.stride(d)) << 3;
    }
  }
}

/** Scans one line, a run at a time: the run is converted, scanned in place and converted back. */
function line<A>(
  kind: i32,
  run: usize,
  source: usize,
  dtype: i32,
  stride: i32,
  size: i32,
  target: usize,
  outDtype: i32,
  outStride: i32,
  outSize: i32,
  target2: usize,
  indexStep: i32,
  n: i32,
): void {
  let value: A = kind == Scan.Prod ? 1 : 0;
  let index = 0;
  for (let done = 0; done < n; done += RUN) {
    const m = min(RUN, n - done);
    const end = run + ((<usize>m) << 3);
    loadBlock<A>(run, source, dtype, stride, m);
    source += m * stride * size;
    switch (kind) {
      case Scan.Sum:
        for (let p = run; p < end; p += 8) {
          value += load<A>(p);
          store<A>(p, value);
        }
        break;
      case Scan.Prod:
        for (let p = run; p < end; p += 8) {
          value *= load<A>(p);
          store<A>(p, value);
        }
        break;
      case Scan.LogSumExp:
        if (!isFloat<A>()) break;
        if (done == 0) value = <A>-Infinity;
        for (let p = run; p < end; p += 8) {
          value = <A>logSum(<f64>value, <f64>load<A>(p));
          store<A>(p, value);
        }
        break;
      default:
        for (let i = 0; i < m; i++) {
          const p = run + ((<usize>i) << 3);
          const x = load<A>(p);
          const better = kind == Scan.Max ? x >= value : x <= value;
          if (done + i == 0 || x != x || (value == value && better)) {
            value = x;
            index = done + i;
          }
          store<A>(p, value);
          store<i64>(target2, index);
          target2 += indexStep;
        }
    }
    storeBlock<A>(target, outDtype, outStride, run, m, outSize);
    target += m * outStride * outSize;
  }
}

/** log(exp(a) + exp(b)): the larger is taken out before exponentiating. */
function logSum(a: f64, b: f64): f64 {
  const high = max<f64>(a, b);
  if (Math.abs(high) == Infinity || high != high) return high;
  return high + Math.log1p(Math.exp(min<f64>(a, b) - high));
}

/** Sums of float32 where neighbours in memory are neighbours in a line, or stand in lines side by side; false for other layouts. */
function sums32(args: Args): bool {
  const out = args.operand(0);
  const input = args.operand(1);
  const last = input.ndim - 1;
  if (last < 0 || args.int(1) || input.dtype != DType.Float32 || out.dtype != DType.Float32) return false;
  const along = input.stride(last) == 1 && out.stride(last) == 1;
  const beside = !along && last > 0 && input.stride(last - 1) == 1 && out.stride(last - 1) == 1;
  if (!along && !beside) return false;
  const n = input.shape(last);
  const outer = beside ? last - 1 : last;
  let lines = 1;
  for (let d = 0; d < outer; d++) lines *= input.shape(d);
  for (let k = 0; k < lines; k++) {
    let from = input.data;
    let to = out.data;
    for (let d = outer - 1, rest = k; d >= 0; d--) {
      const size = input.shape(d);
      const next = rest / size;
      from += (<usize>((rest - next * size) * input.stride(d))) << 2;
      to += (<usize>((rest - next * size) * out.stride(d))) << 2;
      rest = next;
    }
    if (along) sumAlong(from, to, n);
    else {
      for (let c = 0, width = input.shape(outer); c < width; c += RUN) {
        const at = (<usize>c) << 2;
        const step = (<usize>input.stride(last)) << 2;
        const outStep = (<usize>out.stride(last)) << 2;
        sumBeside(args.workspace + 64, from + at, to + at, n, step, outStep, min(RUN, width - c));
      }
    }
  }
  return true;
}

/** Four sums wait for one addition of those before them, not each for its neighbour. */
function sumAlong(from: usize, to: usize, n: i32): void {
  let sum = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const x = v128.load(from);
    let low = f64x2.promote_low_f32x4(x);
    let high = f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
    low = f64x2.add(low, v128.shuffle<i64>(f64x2.splat(0), low, 0, 2));
    high = f64x2.add(high, v128.shuffle<i64>(f64x2.splat(0), high, 0, 2));
    high = f64x2.add(high, v128.shuffle<i64>(low, low, 1, 1));
    const four = f64x2.add(sum, high);
    low = f32x4.demote_f64x2_zero(f64x2.add(sum, low));
    v128.store(to, v128.shuffle<i64>(low, f32x4.demote_f64x2_zero(four), 0, 2));
    sum = v128.shuffle<i64>(four, four, 1, 1);
    from += 16;
    to += 16;
  }
  let value = f64x2.extract_lane(sum, 0);
  for (; i < n; i++) {
    value += <f64>load<f32>(from);
    store<f32>(to, <f32>value);
    from += 4;
    to += 4;
  }
}

/** `width` lines of `n`, side by side; their sums so far are at `sums`, in float64. */
function sumBeside(sums: usize, from: usize, to: usize, n: i32, step: usize, outStep: usize, width: i32): void {
  memory.fill(sums, 0, (<usize>width) << 3);
  for (; n > 0; n--) {
    let i: usize = 0;
    for (const end = (<usize>(width & ~1)) << 2; i < end; i += 8) {
      const at = sums + i * 2;
      const sum = f64x2.add(v128.load(at), f64x2.promote_low_f32x4(v128.load64_zero(from + i)));
      v128.store(at, sum);
      v128.store64_lane(to + i, f32x4.demote_f64x2_zero(sum), 0);
    }
    if (width & 1) {
      const sum = load<f64>(sums + i * 2) + <f64>load<f32>(from + i);
      store<f64>(sums + i * 2, sum);
      store<f32>(to + i, <f32>sum);
    }
    from += step;
    to += outStep;
  }
}
