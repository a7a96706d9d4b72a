// Reduction of outer dimensions where the kept inner dimension is contiguous: a tile of columns is kept in
// first-level cache and every row is combined into it vector by vector. float32 sums run for SHORT rows and are then
// added to float64 sums.
import { Args, Operand } from "../dispatch/args";
import { DType, itemSize } from "../tensor/dtype";
import { blockDType, loadBlock, storeAs } from "./blocks";
import { expOfDifference } from "./exponential";
import { larger, mapBlock, smaller } from "./reduceBlock";
import { Combine, combineOf, finish, Map, mapOf, ReduceOp } from "./reduceOp";

/** Columns per tile: the longer the piece of a row, the better the processor foresees what is read next. */
const TILE: i32 = 1024;
const SHORT: i32 = 64;

// places in the workspace
const ROW_COUNTERS: usize = 64;
const BUFFER: usize = 256;
/** extremum, short sum, mean */
const FIRST: usize = BUFFER + 8 * 1024;
/** long sum, product, sum of squared deviations */
const LONG: usize = FIRST + 8 * 1024;
const INDEX: usize = LONG + 8 * 1024;
/** Bytes of workspace that this takes. */
export const COLUMNS_WORKSPACE: usize = INDEX + 4 * 1024;

export function reduceColumns<A>(args: Args, op: i32, input: Operand, kept: i32, reduced: i32): void {
  const out = args.operand(0);
  const second = args.operand(1);
  const two = args.count == 3;
  const counters = args.workspace;
  const combine = combineOf(op);
  const param = args.param(0);
  const outer = kept - 1;
  const columns = input.shape(outer);
  const size = itemSize(input.dtype);
  const outStride = out.stride(outer) * itemSize(out.dtype);
  const secondStride = two ? second.stride(outer) * itemSize(second.dtype) : 0;
  let tiles = 1;
  for (let d = 0; d < outer; d++) {
    tiles *= input.shape(d);
    store<i32>(counters + ((<usize>d) << 2), 0);
  }
  let rows = 1;
  for (let d = kept; d < input.ndim; d++) rows *= input.shape(d);

  let source = input.data;
  let target = out.data;
  let target2 = two ? second.data : 0;
  for (let t = 0; t < tiles; t++) {
    for (let c = 0; c < columns; c += TILE) {
      const w = min(TILE, columns - c);
      startTile<A>(args.workspace, op, combine, w);
      eachRow<A>(args.workspace, op, combine, mapOf(op), input, kept, source + c * size, rows, w, param);
      if (combine == Combine.LogSumExp) {
        eachRow<A>(args.workspace, op, -1, Map.None, input, kept, source + c * size, rows, w, param);
      }
      storeTile<A>(args.workspace, op, combine, two, target + c * outStride, out.dtype, outStride, rows, w, param);
      if (two) storeSecond<A>(args.workspace, combine, target2 + c * secondStride, second.dtype, secondStride, rows, w);
    }
    for (let d = outer - 1; d >= 0; d--) {
      const at = counters + ((<usize>d) << 2);
      const extent = input.shape(d);
      const c = load<i32>(at) + 1;
      source += input.stride(d) * size;
      target += out.stride(d) * itemSize(out.dtype);
      if (two) target2 += second.stride(d) * itemSize(second.dtype);
      if (c < extent) {
        store<i32>(at, c);
        break;
      }
      store<i32>(at, 0);
      source -= extent * input.stride(d) * size;
      target -= extent * out.stride(d) * itemSize(out.dtype);
      if (two) target2 -= extent * second.stride(d) * itemSize(second.dtype);
    }
  }
}

function startTile<A>(workspace: usize, op: i32, combine: i32, w: i32): void {
  memory.fill(workspace + FIRST, 0, (<usize>w) << 3);
  memory.fill(workspace + LONG, 0, (<usize>w) << 3);
  if (combine == Combine.Arg) memory.fill(workspace + INDEX, 0, (<usize>w) << 2);
  if (combine != Combine.Prod && op != ReduceOp.All) return;
  for (let i = 0; i < w; i++) {
    store<A>(workspace + FIRST + <usize>i * sizeof<A>(), 1);
    if (isFloat<A>()) store<f64>(workspace + LONG + ((<usize>i) << 3), 1);
    else store<i64>(workspace + LONG + ((<usize>i) << 3), 1);
  }
}

/** Runs over the reduced dimensions in row-major order; `combine` -1 is LogSumExp's second pass. */
function eachRow<A>(
  workspace: usize,
  op: i32,
  combine: i32,
  map: i32,
  input: Operand,
  kept: i32,
  source: usize,
  rows: i32,
  w: i32,
  param: f64,
): void {
  const counters = workspace + ROW_COUNTERS;
  const buffer = workspace + BUFFER;
  const size = itemSize(input.dtype);
  const direct = input.dtype == blockDType<A>();
  const step = input.ndim - kept == 1 ? (<usize>input.stride(kept)) << 2 : 0;
  if (sizeof<A>() == 4 && combine == Combine.Sum && map == Map.None && direct && step > 0) {
    return sumRows(workspace, source, step, rows, w);
  }
  for (let d = kept; d < input.ndim; d++) store<i32>(counters + ((<usize>d) << 2), 0);
  for (let r = 0; r < rows; r++) {
    let row = source;
    if (!direct) {
      loadBlock<A>(buffer, source, input.dtype, 1, w);
      row = buffer;
    }
    if (map != Map.None) {
      mapBlock<A>(map, buffer, row, w, param);
      row = buffer;
    }
    combineRow<A>(workspace, op, combine, row, r, w);
    if (sizeof<A>() == 4 && combine == Combine.Sum && (r % SHORT == SHORT - 1 || r == rows - 1)) flush(workspace, w);
    for (let d = input.ndim - 1; d >= kept; d--) {
      const at = counters + ((<usize>d) << 2);
      const c = load<i32>(at) + 1;
      source += input.stride(d) * size;
      if (c < input.shape(d)) {
        store<i32>(at, c);
        break;
      }
      store<i32>(at, 0);
      source -= input.shape(d) * input.stride(d) * size;
    }
  }
}

/** Adds the sums of `w` columns to the long ones: eight rows at a time to the short sums, which reads them in the order in which they lie. */
function sumRows(workspace: usize, source: usize, step: usize, rows: i32, w: i32): void {
  for (let r = 0; r < rows; r += SHORT) {
    const count = min(SHORT, rows - r);
    for (let k = 0; k < count;) {
      const together = k + 8 <= count ? 8 : 1;
      let sum = workspace + FIRST;
      let at = source;
      let c = 0;
      for (; c + 4 <= w; c += 4, at += 16, sum += 16) {
        let s = f32x4.add(v128.load(sum), v128.load(at));
        if (together == 8) {
          s = f32x4.add(s, v128.load(at + step));
          s = f32x4.add(s, v128.load(at + 2 * step));
          s = f32x4.add(s, v128.load(at + 3 * step));
          s = f32x4.add(s, v128.load(at + 4 * step));
          s = f32x4.add(s, v128.load(at + 5 * step));
          s = f32x4.add(s, v128.load(at + 6 * step));
          s = f32x4.add(s, v128.load(at + 7 * step));
        }
        v128.store(sum, s);
      }
      for (; c < w; c++, at += 4, sum += 4) {
        let s = load<f32>(sum);
        for (let i = 0; i < together; i++) s += load<f32>(at + <usize>i * step);
        store<f32>(sum, s);
      }
      k += together;
      source += <usize>together * step;
    }
    flush(workspace, w);
  }
}

/** Adds four floats to doubles. */
// @ts-ignore: decorator
@inline
function addTo(long: usize, sum: v128): void {
  v128.store(long, f64x2.add(v128.load(long), f64x2.promote_low_f32x4(sum)));
  const high = f64x2.promote_low_f32x4(i32x4.shuffle(sum, sum, 2, 3, 2, 3));
  v128.store(long, f64x2.add(v128.load(long, 16), high), 16);
}

/** Adds the short float32 sums to the long ones. */
function flush(workspace: usize, w: i32): void {
  // the lanes beyond the last column are nobody's
  for (let i = 0; i < w; i += 4) {
    const short = workspace + FIRST + ((<usize>i) << 2);
    addTo(workspace + LONG + ((<usize>i) << 3), v128.load(short));
    v128.store(short, f32x4.splat(0));
  }
}

function combineRow<A>(workspace: usize, op: i32, combine: i32, row: usize, r: i32, w: i32): void {
  const end = row + <usize>w * sizeof<A>();
  let first = workspace + FIRST;
  let long = workspace + LONG;
  switch (combine) {
    case Combine.Sum: {
      let sum = sizeof<A>() == 4 ? first : long;
      for (; row + 16 <= end; row += 16, sum += 16) v128.store(sum, v128.add<A>(v128.load(sum), v128.load(row)));
      for (; row < end; row += sizeof<A>(), sum += sizeof<A>()) store<A>(sum, load<A>(sum) + load<A>(row));
      return;
    }
    case Combine.Prod:
      for (; row < end; row += sizeof<A>(), long += 8) {
        if (isFloat<A>()) store<f64>(long, load<f64>(long) * <f64>load<A>(row));
        else store<i64>(long, load<i64>(long) * <i64>load<A>(row));
      }
      return;
    case Combine.LogSumExp:
    case Combine.Max:
      if (r == 0) {
        memory.copy(first, row, <usize>w * sizeof<A>());
        return;
      }
      if (isFloat<A>()) {
        for (; row + 16 <= end; row += 16, first += 16) {
          v128.store(first, v128.max<A>(v128.load(first), v128.load(row)));
        }
      }
      for (; row < end; row += sizeof<A>(), first += sizeof<A>()) {
        store<A>(first, larger<A>(load<A>(first), load<A>(row)));
      }
      return;
    case Combine.Min:
      if (r == 0) {
        memory.copy(first, row, <usize>w * sizeof<A>());
        return;
      }
      if (isFloat<A>()) {
        for (; row + 16 <= end; row += 16, first += 16) {
          v128.store(first, v128.min<A>(v128.load(first), v128.load(row)));
        }
      }
      for (; row < end; row += sizeof<A>(), first += sizeof<A>()) {
        store<A>(first, smaller<A>(load<A>(first), load<A>(row)));
      }
      return;
    case Combine.Arg: {
      if (r == 0) {
        memory.copy(first, row, <usize>w * sizeof<A>());
        return;
      }
      let index = workspace + INDEX;
      for (; row < end; row += sizeof<A>(), first += sizeof<A>(), index += 4) {
        const x = load<A>(row);
        const best = load<A>(first);
        if (best == best && (x != x || (op == ReduceOp.ArgMax ? x > best : x < best))) {
          store<A>(first, x);
          store<i32>(index, r);
        }
      }
      return;
    }
    case Combine.Moments: {
      const weight = 1 / <f64>(r + 1);
      const weights = f64x2.splat(weight);
      for (; row + 2 * sizeof<A>() <= end; row += 2 * sizeof<A>(), first += 16, long += 16) {
        const x = sizeof<A>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(row)) : v128.load(row);
        const mean = v128.load(first);
        const delta = f64x2.sub(x, mean);
        const next = f64x2.add(mean, f64x2.mul(delta, weights));
        v128.store(first, next);
        v128.store(long, f64x2.add(v128.load(long), f64x2.mul(delta, f64x2.sub(x, next))));
      }
      for (; row < end; row += sizeof<A>(), first += 8, long += 8) {
        const x = <f64>load<A>(row);
        const mean = load<f64>(first);
        const next = mean + (x - mean) * weight;
        store<f64>(first, next);
        store<f64>(long, load<f64>(long) + (x - mean) * (x - next));
      }
      return;
    }
    default:
      for (; row < end; row += sizeof<A>(), first += sizeof<A>(), long += 8) {
        const high = load<A>(first);
        if (isFloat<A>()) {
          const shift = abs<A>(high) == <A>Infinity ? <A>0 : high;
          store<f64>(long, load<f64>(long) + <f64>expOfDifference<A>(load<A>(row), shift));
        }
      }
  }
}

function storeTile<A>(
  workspace: usize,
  op: i32,
  combine: i32,
  two: bool,
  target: usize,
  dtype: i32,
  step: i32,
  rows: i32,
  w: i32,
  param: f64,
): void {
  let i = 0;
  if (isFloat<A>() && dtype == DType.Float32 && step == 4 && (op == ReduceOp.Sum || op == ReduceOp.Mean)) {
    // by the elements' number for a mean
    const divisor = f64x2.splat(op == ReduceOp.Mean ? <f64>rows : 1);
    for (; i + 2 <= w; i += 2, target += 8) {
      const value = f64x2.div(v128.load(workspace + LONG + ((<usize>i) << 3)), divisor);
      v128.store64_lane(target, f32x4.demote_f64x2_zero(value), 0);
    }
  }
  for (; i < w; i++) {
    const first = workspace + FIRST + <usize>i * sizeof<A>();
    const long = workspace + LONG + ((<usize>i) << 3);
    switch (combine) {
      case Combine.Max:
      case Combine.Min:
        storeAs<A>(target, dtype, load<A>(first));
        break;
      case Combine.Arg:
        // alone, an arg reduction gives the index; with a second output the value stands here
        if (two) storeAs<A>(target, dtype, load<A>(first));
        else storeAs<i64>(target, dtype, load<i32>(workspace + INDEX + ((<usize>i) << 2)));
        break;
      case Combine.LogSumExp:
        if (isFloat<A>()) {
          const high = <f64>load<A>(first);
          const shift = Math.abs(high) == Infinity ? 0 : high;
          storeAs<f64>(target, dtype, rows > 0 ? Math.log(load<f64>(long)) + shift : -Infinity);
        }
        break;
      default:
        if (isFloat<A>()) storeAs<f64>(target, dtype, finish(op, load<f64>(long), rows, param));
        else storeAs<i64>(target, dtype, load<i64>(long));
    }
    target += step;
  }
}

function storeSecond<A>(workspace: usize, combine: i32, target: usize, dtype: i32, step: i32, rows: i32, w: i32): void {
  for (let i = 0; i < w; i++) {
    if (combine == Combine.Arg) storeAs<i64>(target, dtype, load<i32>(workspace + INDEX + ((<usize>i) << 2)));
    else storeAs<f64>(target, dtype, rows > 0 ? load<f64>(workspace + FIRST + ((<usize>i) << 3)) : NaN);
    target += step;
  }
}
