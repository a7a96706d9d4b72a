// Layer normalization of the rows of a contiguous [rows, n]: (x - mean) * rstd * weight + bias, with the biased variance.
//
// Forward: operands 0 result, 1 mean [rows], 2 rstd [rows], 3 input, 4 weight [n], 5 bias [n]; param(0) = eps.
// Backward: 0 gradient of the input, 1 of the weight, 2 of the bias, 3 gradient of the result, 4 input, 5 mean, 6 rstd,
// 7 weight. int(0) = rows, int(1) = n. All float32 or all float64 (compute), contiguous.
// Cost: forward reads a row three times from cache, memory once: memory-bound. Backward likewise, two inputs.
import { Args } from "../dispatch/args";
import { Compute } from "../tensor/dtype";
import { affineRow, inverseDeviation, meanOf } from "./normRows";
import { addLanes, BLOCK } from "./reduceBlock";

/** Rows whose contributions to the gradients of weight and bias are summed in the elements' type before float64. */
export const ROWS: i32 = 64;

/** Bytes of workspace of the backward kernel: for each so many rows their sums for weight and bias. */
export function layerNormWorkspace(rows: i32, n: i32, size: i32): usize {
  return <usize>((rows + ROWS - 1) / ROWS) * <usize>(2 * n * size);
}

export function layerNormKernel(args: Args): void {
  if (args.compute == Compute.F64) forward<f64>(args);
  else forward<f32>(args);
}

export function layerNormBackwardKernel(args: Args): void {
  layerNormBackwardRows(args);
  layerNormBackwardEnd(args);
}

/** The gradient of the input, and in the workspace the sums of each ROWS rows. */
export function layerNormBackwardRows(args: Args): void {
  if (args.compute == Compute.F64) backward<f64>(args);
  else backward<f32>(args);
}

/** The gradients of weight and bias from the sums of all rows. */
export function layerNormBackwardEnd(args: Args): void {
  if (args.compute == Compute.F64) addSums<f64>(args);
  else addSums<f32>(args);
}

function forward<T>(args: Args): void {
  const rows = args.int(0);
  const n = args.int(1);
  const eps = args.param(0);
  let out = args.operand(0).data;
  let means = args.operand(1).data;
  let rstds = args.operand(2).data;
  let input = args.operand(3).data;
  const weight = args.operand(4).data;
  const bias = args.operand(5).data;
  const bytes = <usize>n * sizeof<T>();
  for (let r = 0; r < rows; r++) {
    const mean = meanOf<T>(input, n);
    const rstd = inverseDeviation<T>(input, n, mean, eps);
    affineRow<T>(out, input, weight, bias, n, <T>mean, <T>rstd);
    store<T>(means, <T>mean);
    store<T>(rstds, <T>rstd);
    means += sizeof<T>();
    rstds += sizeof<T>();
    out += bytes;
    input += bytes;
  }
}

function backward<T>(args: Args): void {
  const rows = args.int(0);
  const n = args.int(1);
  let out = args.operand(0).data;
  let grad = args.operand(3).data;
  let input = args.operand(4).data;
  const means = args.operand(5).data;
  const rstds = args.operand(6).data;
  const weight = args.operand(7).data;
  const bytes = <usize>n * sizeof<T>();
  let sums = args.workspace - 2 * bytes;
  for (let r = 0; r < rows; r++) {
    if (r % ROWS == 0) {
      sums += 2 * bytes;
      memory.fill(sums, 0, 2 * bytes);
    }
    const mean = load<T>(means + <usize>r * sizeof<T>());
    const rstd = load<T>(rstds + <usize>r * sizeof<T>());
    backwardRow<T>(out, grad, input, weight, n, mean, rstd);
    addContributions<T>(sums, grad, input, n, mean, rstd);
    out += bytes;
    grad += bytes;
    input += bytes;
  }
}

function addSums<T>(args: Args): void {
  const n = <usize>args.int(1);
  const chunks = (args.int(0) + ROWS - 1) / ROWS;
  for (let i: usize = 0; i < 2 * n; i++) {
    let at = args.workspace + i * sizeof<T>();
    let sum: f64 = 0;
    for (let k = 0; k < chunks; k++) {
      sum += <f64>load<T>(at);
      at += 2 * n * sizeof<T>();
    }
    const to = i < n ? args.operand(1).data + i * sizeof<T>() : args.operand(2).data + (i - n) * sizeof<T>();
    store<T>(to, <T>sum);
  }
}

/** Adds g * (x - mean) * rstd to the n sums at `sums`, and g to the n sums behind them. */
function addContributions<T>(sums: usize, grad: usize, x: usize, n: i32, mean: T, rstd: T): void {
  const bytes = <usize>n * sizeof<T>();
  const biases = sums + bytes;
  const m = v128.splat<T>(mean);
  const s = v128.splat<T>(rstd);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const g = v128.load(grad + at);
    const share = v128.mul<T>(g, v128.mul<T>(v128.sub<T>(v128.load(x + at), m), s));
    v128.store(sums + at, v128.add<T>(v128.load(sums + at), share));
    v128.store(biases + at, v128.add<T>(v128.load(biases + at), g));
  }
  for (; at < bytes; at += sizeof<T>()) {
    const g = load<T>(grad + at);
    store<T>(sums + at, load<T>(sums + at) + g * ((load<T>(x + at) - mean) * rstd));
    store<T>(biases + at, load<T>(biases + at) + g);
  }
}

/** out = rstd * (g w - mean(g w) - xhat mean(g w xhat)) */
function backwardRow<T>(out: usize, grad: usize, x: usize, weight: usize, n: i32, mean: T, rstd: T): void {
  let sum: f64 = 0;
  let dot: f64 = 0;
  const m = v128.splat<T>(mean);
  for (let i = 0; i < n; i += BLOCK) {
    let at = <usize>i * sizeof<T>();
    const end = at + <usize>min(BLOCK, n - i) * sizeof<T>();
    let s = v128.splat<T>(0);
    let d = s;
    for (; at + 16 <= end; at += 16) {
      const gw = v128.mul<T>(v128.load(grad + at), v128.load(weight + at));
      s = v128.add<T>(s, gw);
      d = v128.add<T>(d, v128.mul<T>(gw, v128.sub<T>(v128.load(x + at), m)));
    }
    sum += addLanes<T>(s);
    dot += addLanes<T>(d);
    for (; at < end; at += sizeof<T>()) {
      const gw = <f64>load<T>(grad + at) * <f64>load<T>(weight + at);
      sum += gw;
      dot += gw * <f64>(load<T>(x + at) - mean);
    }
  }
  const average = <T>(sum / <f64>n);
  const slope = <T>((dot * <f64>rstd * <f64>rstd) / <f64>n);
  const va = v128.splat<T>(average);
  const vs = v128.splat<T>(slope);
  const vr = v128.splat<T>(rstd);
  const bytes = <usize>n * sizeof<T>();
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const gw = v128.mul<T>(v128.load(grad + at), v128.load(weight + at));
    const deviation = v128.mul<T>(v128.sub<T>(v128.load(x + at), m), vs);
    v128.store(out + at, v128.mul<T>(v128.sub<T>(v128.sub<T>(gw, va), deviation), vr));
  }
  for (; at < bytes; at += sizeof<T>()) {
    const gw = load<T>(grad + at) * load<T>(weight + at);
    store<T>(out + at, (gw - average - (load<T>(x + at) - mean) * slope) * rstd);
  }
}
