// softmax and logSoftmax over the middle dimension of a contiguous [outer, n, inner], forward and backward.
//
// Forward: operand 0 = result, 1 = input. Backward: 0 = gradient of the input, 1 = gradient of the result, 2 = result.
// int(0) = outer, int(1) = n, int(2) = inner, int(3) = 1 for logSoftmax. All operands float32 or all float64 (compute).
// Cost: three passes over a row that stays in cache, about 15 flops an element for the exponential: compute-bound for
// rows that fit the first-level cache.
import { Args } from "../dispatch/args";
import { Compute } from "../tensor/dtype";
import { expBlock } from "./exponential";
import { exp32 } from "./math/f32";
import { BLOCK, dotRow, maxBlock, sumRow } from "./reduceBlock";

/** Columns per tile where inner > 1. */
const TILE: i32 = 128;
/** Rows up to this length are worth taking several at a time. */
const SHORT: i32 = 32;
/** Bytes of workspace: per column of a tile an extremum and a sum, and one row of the tile. */
export const SOFTMAX_WORKSPACE: usize = 3 * 8 * 128;

export function softmaxKernel(args: Args): void {
  if (args.compute == Compute.F64) forward<f64>(args);
  else forward<f32>(args);
}

export function softmaxBackwardKernel(args: Args): void {
  if (args.compute == Compute.F64) backward<f64>(args);
  else backward<f32>(args);
}

function forward<T>(args: Args): void {
  const outer = args.int(0);
  const n = args.int(1);
  const inner = args.int(2);
  const log = args.int(3) != 0;
  let out = args.operand(0).data;
  let input = args.operand(1).data;
  const bytes = <usize>(n * inner) * sizeof<T>();
  if (bytes == 0) return;
  if (inner == 1 && log && n <= SHORT) return logOfShortRows<T>(out, input, outer, n, args.workspace);
  for (let o = 0; o < outer; o++) {
    if (inner == 1) forwardRow<T>(out, input, n, log);
    else {
      for (let c = 0; c < inner; c += TILE) {
        const at = <usize>c * sizeof<T>();
        forwardColumns<T>(args.workspace, out + at, input + at, n, inner, min(TILE, inner - c), log);
      }
    }
    out += bytes;
    input += bytes;
  }
}

/** logSoftmax of rows, some at a time, so that exponentials run over whole vectors. The workspace holds the rows' maxima. */
function logOfShortRows<T>(out: usize, p: usize, rows: i32, n: i32, highs: usize): void {
  const row = <usize>n * sizeof<T>();
  const together = min(BLOCK / n, TILE);
  for (; rows > 0; rows -= together) {
    const r = min(rows, together);
    const block = out;
    for (let i = 0; i < r; i++) {
      const high = maxBlock<T>(p, n);
      store<T>(highs + <usize>i * sizeof<T>(), high);
      for (let at: usize = 0; at < row; at += sizeof<T>()) store<T>(out + at, load<T>(p + at) - high);
      p += row;
      out += row;
    }
    expBlock<T>(block, block, r * n, 0);
    out = block;
    p -= <usize>r * row;
    for (let i = 0; i < r; i++) {
      const high = load<T>(highs + <usize>i * sizeof<T>());
      let sum: f64 = 0;
      for (let at: usize = 0; at < row; at += sizeof<T>()) sum += <f64>load<T>(out + at);
      const shift = <T>Math.log(sum);
      for (let at: usize = 0; at < row; at += sizeof<T>()) store<T>(out + at, load<T>(p + at) - high - shift);
      p += row;
      out += row;
    }
  }
}

function forwardRow<T>(out: usize, p: usize, n: i32, log: bool): void {
  const high = maxBlock<T>(p, n);
  let sum: f64 = 0;
  for (let i = 0; i < n; i += BLOCK) {
    const at = <usize>i * sizeof<T>();
    const m = min(BLOCK, n - i);
    sum += expBlock<T>(out + at, p + at, m, high);
  }
  const end = out + <usize>n * sizeof<T>();
  if (log) {
    // two subtractions: high + log(sum) in one would lose the small part of it
    const shift = <T>Math.log(sum);
    const h = v128.splat<T>(high);
    const s = v128.splat<T>(shift);
    for (; out + 16 <= end; out += 16, p += 16) {
      v128.store(out, v128.sub<T>(v128.sub<T>(v128.load(p), h), s));
    }
    for (; out < end; out += sizeof<T>(), p += sizeof<T>()) store<T>(out, load<T>(p) - high - shift);
  } else {
    const scale = <T>(1 / sum);
    const s = v128.splat<T>(scale);
    for (; out + 16 <= end; out += 16) v128.store(out, v128.mul<T>(v128.load(out), s));
    for (; out < end; out += sizeof<T>()) store<T>(out, load<T>(out) * scale);
  }
}

/** One tile of `w` adjacent columns; consecutive rows are `inner` elements apart. */
function forwardColumns<T>(workspace: usize, out: usize, p: usize, n: i32, inner: i32, w: i32, log: bool): void {
  const highs = workspace;
  const sums = workspace + 8 * <usize>TILE;
  const row = sums + 8 * <usize>TILE;
  const step = <usize>inner * sizeof<T>();
  const bytes = <usize>w * sizeof<T>();
  memory.copy(highs, p, bytes);
  for (let r = 1; r < n; r++) {
    const source = p + <usize>r * step;
    let i: usize = 0;
    for (; i + 16 <= bytes; i += 16) {
      v128.store(highs + i, v128.max<T>(v128.load(highs + i), v128.load(source + i)));
    }
    for (; i < bytes; i += sizeof<T>()) store<T>(highs + i, max<T>(load<T>(highs + i), load<T>(source + i)));
  }
  memory.fill(sums, 0, 8 * <usize>w);
  for (let r = 0; r < n; r++) {
    const at = <usize>r * step;
    const target = log ? row : out + at;
    exponentials<T>(target, p + at, highs, w);
    let i: usize = 0;
    for (; i + 2 <= <usize>w; i += 2) {
      const e = target + i * sizeof<T>();
      const x = sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(e)) : v128.load(e);
      v128.store(sums + (i << 3), f64x2.add(v128.load(sums + (i << 3)), x));
    }
    if (i < <usize>w) store<f64>(sums + (i << 3), load<f64>(sums + (i << 3)) + <f64>load<T>(target + i * sizeof<T>()));
  }
  for (let i: usize = 0; i < <usize>w; i++) {
    const sum = load<f64>(sums + (i << 3));
    store<T>(row + i * sizeof<T>(), <T>(log ? Math.log(sum) : 1 / sum));
  }
  for (let r = 0; r < n; r++) {
    const target = out + <usize>r * step;
    const source = p + <usize>r * step;
    let i: usize = 0;
    if (log) {
      for (; i + 16 <= bytes; i += 16) {
        const x = v128.sub<T>(v128.load(source + i), v128.load(highs + i));
        v128.store(target + i, v128.sub<T>(x, v128.load(row + i)));
      }
      for (; i < bytes; i += sizeof<T>()) {
        store<T>(target + i, load<T>(source + i) - load<T>(highs + i) - load<T>(row + i));
      }
    } else {
      for (; i + 16 <= bytes; i += 16) {
        v128.store(target + i, v128.mul<T>(v128.load(target + i), v128.load(row + i)));
      }
      for (; i < bytes; i += sizeof<T>()) store<T>(target + i, load<T>(target + i) * load<T>(row + i));
    }
  }
}

/** out = exp(x - shift) with a shift per element. */
function exponentials<T>(out: usize, p: usize, shifts: usize, w: i32): void {
  const end = p + <usize>w * sizeof<T>();
  if (sizeof<T>() == 4) {
    for (; p + 16 <= end; p += 16, out += 16, shifts += 16) {
      v128.store(out, exp32(f32x4.sub(v128.load(p), v128.load(shifts))));
    }
    for (; p < end; p += 4, out += 4, shifts += 4) {
      store<f32>(out, f32x4.extract_lane(exp32(f32x4.splat(load<f32>(p) - load<f32>(shifts))), 0));
    }
  } else {
    for (; p < end; p += 8, out += 8, shifts += 8) store<f64>(out, Math.exp(load<f64>(p) - load<f64>(shifts)));
  }
}

function backward<T>(args: Args): void {
  const outer = args.int(0);
  const n = args.int(1);
  const inner = args.int(2);
  const log = args.int(3) != 0;
  let out = args.operand(0).data;
  let grad = args.operand(1).data;
  let result = args.operand(2).data;
  const bytes = <usize>(n * inner) * sizeof<T>();
  if (bytes == 0) return;
  const together = max(1, BLOCK / n);
  for (let o = 0; o < outer; o++) {
    if (inner == 1) {
      if (log && o % together == 0) exponentialsOf<T>(out, result, min(together, outer - o) * n);
      backwardRow<T>(out, grad, result, n, log);
    } else {
      for (let c = 0; c < inner; c += TILE) {
        const at = <usize>c * sizeof<T>();
        backwardColumns<T>(args.workspace, out + at, grad + at, result + at, n, inner, min(TILE, inner - c), log);
      }
    }
    out += bytes;
    grad += bytes;
    result += bytes;
  }
}

/** out = exp(x) over n elements: of several rows at once where they are short, since an end of a row costs a whole vector. */
function exponentialsOf<T>(out: usize, x: usize, n: i32): void {
  for (let i = 0; i < n; i += BLOCK) {
    const at = <usize>i * sizeof<T>();
    expBlock<T>(out + at, x + at, min(BLOCK, n - i), 0);
  }
}

/** For log, `out` holds the exponentials of `result`; it never aliases the other two. */
function backwardRow<T>(out: usize, grad: usize, result: usize, n: i32, log: bool): void {
  const sum = <T>(log ? sumRow<T>(grad, n) : dotRow<T>(grad, result, n));
  const end = out + <usize>n * sizeof<T>();
  if (log) {
    const s = v128.splat<T>(sum);
    for (; out + 16 <= end; out += 16, grad += 16) {
      v128.store(out, v128.sub<T>(v128.load(grad), v128.mul<T>(v128.load(out), s)));
    }
    for (; out < end; out += sizeof<T>(), grad += sizeof<T>()) store<T>(out, load<T>(grad) - load<T>(out) * sum);
    return;
  }
  const s = v128.splat<T>(sum);
  for (; out + 16 <= end; out += 16, grad += 16, result += 16) {
    v128.store(out, v128.mul<T>(v128.load(result), v128.sub<T>(v128.load(grad), s)));
  }
  for (; out < end; out += sizeof<T>(), grad += sizeof<T>(), result += sizeof<T>()) {
    store<T>(out, load<T>(result) * (load<T>(grad) - sum));
  }
}

function backwardColumns<T>(
  workspace: usize,
  out: usize,
  grad: usize,
  result: usize,
  n: i32,
  inner: i32,
  w: i32,
  log: bool,
): void {
  const zeros = workspace;
  const sums = workspace + 8 * <usize>TILE;
  const row = sums + 8 * <usize>TILE;
  const step = <usize>inner * sizeof<T>();
  memory.fill(sums, 0, 8 * <usize>w);
  memory.fill(zeros, 0, 8 * <usize>w);
  for (let r = 0; r < n; r++) {
    const at = <usize>r * step;
    for (let i: usize = 0; i < <usize>w; i++) {
      const sum = sums + (i << 3);
      const j = at + i * sizeof<T>();
      const g = <f64>load<T>(grad + j);
      store<f64>(sum, load<f64>(sum) + (log ? g : g * <f64>load<T>(result + j)));
    }
  }
  for (let r = 0; r < n; r++) {
    const at = <usize>r * step;
    if (log) exponentials<T>(row, result + at, zeros, w);
    for (let i: usize = 0; i < <usize>w; i++) {
      const j = at + i * sizeof<T>();
      const sum = <T>load<f64>(sums + (i << 3));
      const g = load<T>(grad + j);
      store<T>(out + j, log ? g - load<T>(row + i * sizeof<T>()) * sum : load<T>(result + j) * (g - sum));
    }
  }
}
