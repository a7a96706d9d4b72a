// Running sums, products, extrema and logsumexps along one dimension.
//
// Operand 0 = result, the last = input; cummax and cummin put int64 indices at 1. All have one shape; the scanned dimension
// is the last. int(0) = Scan, int(1) = 1 to run from the end. compute: F32 or F64 for floats (carried in f64), I64 for integers.
// Cost: one read and one write an element; a scan is sequential along its line.
import { Args } from "../dispatch/args";
import { Compute, itemSize } from "../tensor/dtype";
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
