// Reduction over any set of dimensions of a strided tensor.
//
// Operand 0 is the result over the kept dimensions; a third operand puts a second result at 1 (ArgMax/ArgMin: 0 values,
// 1 indices; Var/Std: 1 means). The last operand is the input, its kept dimensions first, then the int(0) reduced ones.
// int(1) = ReduceOp, param(0) = exponent or correction. compute: F32, F64, or I64 for integers and bool.
// Cost: the input is read once (LogSumExp over columns: twice), about one flop an element: memory-bound.
//
// The order of combination depends on shape and strides only, never on timing or threads: equal inputs give equal bits. A
// result of many elements is that of its parts, each reduced from the start and then combined in order, by however many threads.
import { Args, Operand } from "../dispatch/args";
import { Compute, itemSize } from "../tensor/dtype";
import { blockDType, loadBlock, storeAs } from "./blocks";
import { expBlock } from "./exponential";
import {
  BLOCK,
  findFirst,
  larger,
  mapBlock,
  maxBlock,
  minBlock,
  prodBlock,
  smaller,
  sumFloats,
  sumInts,
  sumSquaredDeviations,
} from "./reduceBlock";
import { COLUMNS_WORKSPACE, reduceColumns } from "./reduceColumns";
import { Combine, combineOf, finish, Map, mapOf, ReduceOp } from "./reduceOp";

/** Bytes of workspace the kernel needs: odometers, state, one block, the accumulators of a tile of columns. */
export const REDUCE_WORKSPACE: usize = COLUMNS_WORKSPACE;

const REDUCED_COUNTERS: usize = 64;
const STATE: usize = 128;
const TOTAL: usize = 192;
const BUFFER: usize = 256;
/** The parts' states, in the workspace of the whole. */
const STATES: usize = BUFFER;

/** Elements from which on a result has more than one part, and the most parts it has. */
const PART: i32 = 16384;
const MOST_PARTS: i32 = 256;

/** The running value of one output. */
@unmanaged
class State {
  /** sum, product, extremum, or sum of squared deviations, of floats */
  value: f64;
  /** the mean of Moments, the shift of LogSumExp */
  center: f64;
  /** sum, product or extremum of integers */
  int: i64;
  /** elements seen */
  count: i32;
  /** position of the extremum */
  index: i32;
}

export function reduceKernel(args: Args): void {
  reduceAs(args, 0, 0, 0);
}

/** Reduces parts [begin, end) of the one result; their states go to the workspace of the `whole`. */
export function reduceSome(args: Args, begin: i32, end: i32, whole: usize): void {
  reduceAs(args, whole + STATES, begin, end);
}

/** Combines the states of all parts. */
export function reduceEnd(args: Args): void {
  reduceAs(args, args.workspace + STATES, 0, 0);
}

function reduceAs(args: Args, states: usize, begin: i32, end: i32): void {
  const op = args.int(1);
  if (args.compute == Compute.F64 || (args.compute == Compute.F32 && op == ReduceOp.Prod)) {
    reduce<f64>(args, op, states, begin, end);
  } else if (args.compute == Compute.F32) reduce<f32>(args, op, states, begin, end);
  else reduce<i64>(args, op, states, begin, end);
}

/** The elements of one result. */
function reducedCount(input: Operand, kept: i32): i32 {
  let n = 1;
  for (let d = kept; d < input.ndim; d++) n *= input.shape(d);
  return n;
}

/** How much of the first reduced dimension is a part of a result of `n` elements. */
function partLength(input: Operand, kept: i32, n: i32): i32 {
  if (n <= PART) return n;
  const extent = input.shape(kept);
  const length = max(PART / (n / extent), (extent + MOST_PARTS - 1) / MOST_PARTS);
  // whole blocks, where a part is a row of them
  return n == extent ? (length + BLOCK - 1) & -BLOCK : max(1, length);
}

/** How many parts the one result of a reduction has: what threads may share. */
export function reduceParts(args: Args): i32 {
  const input = args.operand(args.count - 1);
  const kept = input.ndim - args.int(0);
  if (args.int(0) == 0) return 1;
  const length = partLength(input, kept, reducedCount(input, kept));
  return length > 0 ? (input.shape(kept) + length - 1) / length : 1;
}

function reduce<A>(args: Args, op: i32, states: usize, begin: i32, end: i32): void {
  const input = args.operand(args.count - 1);
  const reduced = args.int(0);
  const kept = input.ndim - reduced;
  if (begin < end) {
    const n = reducedCount(input, kept);
    for (let i = begin; i < end; i++) {
      onePart<A>(stateAt(states, i), op, input, kept, input.data, n, i, args.workspace, args.param(0));
    }
    return;
  }
  // columns pay when a row of them fills vectors and the reduced elements are not themselves adjacent
  if (kept > 0 && reduced > 0 && input.stride(kept - 1) == 1 && input.shape(kept - 1) >= 8) {
    if (input.stride(input.ndim - 1) != 1) return reduceColumns<A>(args, op, input, kept, reduced);
  }
  reduceRows<A>(args, op, input, kept, reduced, states);
}

function reduceRows<A>(args: Args, op: i32, input: Operand, kept: i32, reduced: i32, states: usize): void {
  const counters = args.workspace;
  const total = changetype<State>(args.workspace + TOTAL);
  const buffer = args.workspace + BUFFER;
  const combine = combineOf(op);
  const map = mapOf(op);
  const param = args.param(0);
  const out = args.operand(0);
  const second = args.operand(1);
  const two = args.count == 3;

  const size = itemSize(input.dtype);
  let outputs = 1;
  for (let d = 0; d < kept; d++) {
    outputs *= input.shape(d);
    store<i32>(counters + ((<usize>d) << 2), 0);
  }
  const n = reducedCount(input, kept);
  const inner = reduced > 0 ? input.shape(input.ndim - 1) : 1;
  const innerStride = reduced > 0 ? input.stride(input.ndim - 1) : 1;
  const direct = input.dtype == blockDType<A>() && innerStride == 1;
  let source = input.data;
  let target = out.data;
  let target2 = two ? second.data : 0;
  const outSize = itemSize(out.dtype);
  const secondSize = two ? itemSize(second.dtype) : 0;
  for (let k = 0; k < outputs; k++) {
    start(total, op);
    if (n > PART) {
      for (let i = 0; total.count < n; i++) {
        const part = stateAt(states != 0 ? states : args.workspace + STATE, states != 0 ? i : 0);
        if (states == 0) onePart<A>(part, op, input, kept, source, n, i, args.workspace, param);
        merge(total, part, op);
      }
    } else if (n > 0) {
      if (inner == n && n <= BLOCK) {
        let block = source;
        if (!direct) {
          loadBlock<A>(buffer, source, input.dtype, innerStride, n);
          block = buffer;
        }
        consume<A>(total, op, combine, map, block, n, buffer, param);
      } else {
        stream<A>(total, op, combine, map, input, kept, source, n, args.workspace, param);
      }
    }
    if (combine == Combine.Arg) {
      if (two) {
        if (isFloat<A>()) storeAs<f64>(target, out.dtype, total.value);
        else storeAs<i64>(target, out.dtype, total.int);
        storeAs<i64>(target2, second.dtype, total.index);
      } else storeAs<i64>(target, out.dtype, total.index);
    } else if (isFloat<A>()) {
      const value = combine == Combine.LogSumExp ? Math.log(total.value) + total.center : total.value;
      storeAs<f64>(target, out.dtype, finish(op, value, n, param));
      if (two) storeAs<f64>(target2, second.dtype, n > 0 ? total.center : NaN);
    } else storeAs<i64>(target, out.dtype, total.int);

    for (let d = kept - 1; d >= 0; d--) {
      const at = counters + ((<usize>d) << 2);
      const extent = input.shape(d);
      const c = load<i32>(at) + 1;
      source += input.stride(d) * size;
      target += out.stride(d) * outSize;
      if (two) target2 += second.stride(d) * secondSize;
      if (c < extent) {
        store<i32>(at, c);
        break;
      }
      store<i32>(at, 0);
      source -= extent * input.stride(d) * size;
      target -= extent * out.stride(d) * outSize;
      if (two) target2 -= extent * second.stride(d) * secondSize;
    }
  }
}

// @ts-ignore: decorator
@inline function stateAt(states: usize, i: i32): State {
  return changetype<State>(states + <usize>i * offsetof<State>());
}

function start(s: State, op: i32): void {
  s.value = op == ReduceOp.Prod || op == ReduceOp.All ? 1 : 0;
  s.int = op == ReduceOp.Prod || op == ReduceOp.All ? 1 : 0;
  s.center = op == ReduceOp.LogSumExp ? -Infinity : 0;
  if (op == ReduceOp.LogSumExp) s.value = 0;
  s.count = 0;
  s.index = 0;
}

/** The state of part `i` of the `n` elements, more than PART, from `source` on. */
function onePart<A>(
  s: State,
  op: i32,
  input: Operand,
  kept: i32,
  source: usize,
  n: i32,
  i: i32,
  workspace: usize,
  param: f64,
): void {
  start(s, op);
  const extent = input.shape(kept);
  const length = partLength(input, kept, n);
  const first = i * length;
  const some = min(length, extent - first);
  // narrowed for a while
  input.setShape(kept, some);
  source += <usize>first * input.stride(kept) * itemSize(input.dtype);
  stream<A>(s, op, combineOf(op), mapOf(op), input, kept, source, some * (n / extent), workspace, param);
  input.setShape(kept, extent);
}

/** Adds the state of what follows the elements of `t`. */
function merge(t: State, s: State, op: i32): void {
  const seen = t.count;
  if (seen == 0) {
    memory.copy(changetype<usize>(t), changetype<usize>(s), offsetof<State>());
    return;
  }
  t.count = seen + s.count;
  // floats leave `int` alone, integers `value`
  switch (combineOf(op)) {
    case Combine.Sum:
      t.value += s.value;
      t.int += s.int;
      return;
    case Combine.Prod:
      t.value *= s.value;
      t.int *= s.int;
      return;
    case Combine.Max:
      t.value = larger<f64>(t.value, s.value);
      t.int = larger<i64>(t.int, s.int);
      return;
    case Combine.Min:
      t.value = smaller<f64>(t.value, s.value);
      t.int = smaller<i64>(t.int, s.int);
      return;
    case Combine.Arg:
      if (precedes<f64>(op, t.value, s.value) || precedes<i64>(op, t.int, s.int)) {
        t.value = s.value;
        t.int = s.int;
        t.index = seen + s.index;
      }
      return;
    case Combine.Moments:
      return addMoments(t, seen, s.center, s.value, s.count);
    default: {
      const high = max<f64>(t.center, s.center);
      if (high == -Infinity) return;
      const before = high == Infinity ? 0 : t.value * Math.exp(t.center - high);
      t.value = high == Infinity ? 1 : before + s.value * Math.exp(s.center - high);
      t.center = high;
    }
  }
}

/** Whether `next` is the new extremum where `best` was it; NaN is more than all. */
// @ts-ignore: decorator
@inline
function precedes<T>(op: i32, best: T, next: T): bool {
  if (best != best) return false;
  return next != next || (op == ReduceOp.ArgMax ? next > best : next < best);
}

/** Chan's pairwise update. */
function addMoments(s: State, seen: i32, mean: f64, squares: f64, n: i32): void {
  const count = <f64>n;
  const total = <f64>(seen + n);
  const delta = mean - s.center;
  s.center += (delta * count) / total;
  s.value += max<f64>(squares, 0) + delta * delta * ((<f64>seen * count) / total);
}

/** Feeds the elements of one output, in row-major order of the reduced dimensions, block by block. */
function stream<A>(
  s: State,
  op: i32,
  combine: i32,
  map: i32,
  input: Operand,
  kept: i32,
  source: usize,
  n: i32,
  workspace: usize,
  param: f64,
): void {
  const counters = workspace + REDUCED_COUNTERS;
  const buffer = workspace + BUFFER;
  const last = input.ndim - 1;
  const inner = input.shape(last);
  const innerStride = input.stride(last);
  const size = itemSize(input.dtype);
  const direct = input.dtype == blockDType<A>() && innerStride == 1 && (inner == n || inner >= 64);
  for (let d = kept; d < last; d++) store<i32>(counters + ((<usize>d) << 2), 0);
  let fill = 0;
  for (let done = 0; done < n; done += inner) {
    let p = source;
    for (let i = 0; i < inner;) {
      if (direct) {
        const m = min(inner - i, BLOCK);
        consume<A>(s, op, combine, map, p, m, buffer, param);
        i += m;
        p += m * size;
      } else {
        const m = min(inner - i, BLOCK - fill);
        loadBlock<A>(buffer + <usize>fill * sizeof<A>(), p, input.dtype, innerStride, m);
        fill += m;
        i += m;
        p += m * innerStride * size;
        if (fill == BLOCK) {
          consume<A>(s, op, combine, map, buffer, BLOCK, buffer, param);
          fill = 0;
        }
      }
    }
    for (let d = last - 1; d >= kept; d--) {
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
  if (fill > 0) consume<A>(s, op, combine, map, buffer, fill, buffer, param);
}

/** Combines a block of n > 0 elements into the state. */
function consume<A>(s: State, op: i32, combine: i32, map: i32, block: usize, n: i32, buffer: usize, param: f64): void {
  if (map != Map.None) {
    mapBlock<A>(map, buffer, block, n, param);
    block = buffer;
  }
  const seen = s.count;
  s.count = seen + n;
  switch (combine) {
    case Combine.Sum:
      if (isFloat<A>()) s.value += sumFloats<A>(block, n);
      else s.int += sumInts(block, n);
      return;
    case Combine.Prod:
      if (isFloat<A>()) s.value *= <f64>prodBlock<A>(block, n);
      else s.int *= <i64>prodBlock<A>(block, n);
      return;
    case Combine.Max: {
      const best = maxBlock<A>(block, n);
      if (isFloat<A>()) s.value = seen ? larger<f64>(s.value, <f64>best) : <f64>best;
      else s.int = seen ? larger<i64>(s.int, <i64>best) : <i64>best;
      return;
    }
    case Combine.Min: {
      const best = minBlock<A>(block, n);
      if (isFloat<A>()) s.value = seen ? smaller<f64>(s.value, <f64>best) : <f64>best;
      else s.int = seen ? smaller<i64>(s.int, <i64>best) : <i64>best;
      return;
    }
    case Combine.Arg: {
      const best = op == ReduceOp.ArgMax ? maxBlock<A>(block, n) : minBlock<A>(block, n);
      let better = seen == 0;
      if (isFloat<A>()) {
        better = better || precedes<f64>(op, s.value, <f64>best);
        if (better) s.value = <f64>best;
      } else {
        better = better || precedes<i64>(op, s.int, <i64>best);
        if (better) s.int = <i64>best;
      }
      if (better) s.index = seen + findFirst<A>(block, n, best);
      return;
    }
    case Combine.Moments: {
      if (!isFloat<A>()) return;
      // a block's own moments, then merged
      const mean = sumFloats<A>(block, n) / <f64>n;
      if (Math.abs(mean) == Infinity) return welford<A>(s, block, n, seen);
      const off = mean - <f64>(<A>mean);
      return addMoments(s, seen, mean, sumSquaredDeviations<A>(block, n, <A>mean) - <f64>n * off * off, n);
    }
    default: {
      if (!isFloat<A>()) return;
      const high = max<f64>(s.center, <f64>maxBlock<A>(block, n));
      if (high == -Infinity) return; // so far only exp(-inf) = 0
      if (high == Infinity) {
        s.center = high;
        s.value = 1;
      } else {
        const before = s.center == -Infinity ? 0 : s.value * Math.exp(s.center - high);
        s.center = high;
        s.value = before + expBlock<A>(buffer, block, n, <A>high);
      }
    }
  }
}

/** Element by element, so that infinities spread as they do in PyTorch. */
function welford<A>(s: State, block: usize, n: i32, seen: i32): void {
  for (let i = 0; i < n; i++) {
    const x = <f64>load<A>(block + <usize>i * sizeof<A>());
    const delta = x - s.center;
    s.center += delta / <f64>(seen + i + 1);
    s.value += delta * (x - s.center);
  }
}
