// Reduction over any set of dimensions of a strided tensor.
//
// Operand 0 is the result over the kept dimensions; a third operand puts a second result at 1 (ArgMax/ArgMin: 0 values,
// 1 indices; Var/Std: 1 means). The last operand is the input, its kept dimensions first, then the int(0) reduced ones.
// int(1) = ReduceOp, param(0) = exponent or correction. compute: F32, F64, or I64 for integers and bool.
// Cost: the input is read once (LogSumExp over columns: twice), about one flop an element: memory-bound.
//
// The order of combination depends on shape and strides only, never on timing: equal inputs give equal bits.
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
const BUFFER: usize = 256;

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
  const op = args.int(1);
  if (args.compute == Compute.F64 || (args.compute == Compute.F32 && op == ReduceOp.Prod)) reduce<f64>(args, op);
  else if (args.compute == Compute.F32) reduce<f32>(args, op);
  else reduce<i64>(args, op);
}

function reduce<A>(args: Args, op: i32): void {
  const input = args.operand(args.count - 1);
  const reduced = args.int(0);
  const kept = input.ndim - reduced;
  // columns pay when a row of them fills vectors and the reduced elements are not themselves adjacent
  if (kept > 0 && reduced > 0 && input.stride(kept - 1) == 1 && input.shape(kept - 1) >= 8) {
    if (input.stride(input.ndim - 1) != 1) return reduceColumns<A>(args, op, input, kept, reduced);
  }
  reduceRows<A>(args, op, input, kept, reduced);
}

function reduceRows<A>(args: Args, op: i32, input: Operand, kept: i32, reduced: i32): void {
  const workspace = args.workspace;
  const counters = workspace;
  const s = changetype<State>(workspace + STATE);
  const buffer = workspace + BUFFER;
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
  let n = 1;
  for (let d = kept; d < input.ndim; d++) n *= input.shape(d);
  const inner = reduced > 0 ? input.shape(input.ndim - 1) : 1;
  const innerStride = reduced > 0 ? input.stride(input.ndim - 1) : 1;
  const direct = input.dtype == blockDType<A>() && innerStride == 1 && (inner == n || inner >= 64);

  let source = input.data;
  let target = out.data;
  let target2 = two ? second.data : 0;
  const outSize = itemSize(out.dtype);
  const secondSize = two ? itemSize(second.dtype) : 0;
  for (let k = 0; k < outputs; k++) {
    start(s, op);
    if (n > 0) {
      if (inner == n && n <= BLOCK) {
        let block = source;
        if (!direct) {
          loadBlock<A>(buffer, source, input.dtype, innerStride, n);
          block = buffer;
        }
        consume<A>(s, op, combine, map, block, n, buffer, param);
      } else {
        stream<A>(s, op, combine, map, input, kept, source, n, direct, workspace, param);
      }
    }
    if (combine == Combine.Arg) {
      if (two) {
        if (isFloat<A>()) storeAs<f64>(target, out.dtype, s.value);
        else storeAs<i64>(target, out.dtype, s.int);
        storeAs<i64>(target2, second.dtype, s.index);
      } else storeAs<i64>(target, out.dtype, s.index);
    } else if (isFloat<A>()) {
      const value = combine == Combine.LogSumExp ? Math.log(s.value) + s.center : s.value;
      storeAs<f64>(target, out.dtype, finish(op, value, n, param));
      if (two) storeAs<f64>(target2, second.dtype, n > 0 ? s.center : NaN);
    } else storeAs<i64>(target, out.dtype, s.int);

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

function start(s: State, op: i32): void {
  s.value = op == ReduceOp.Prod || op == ReduceOp.All ? 1 : 0;
  s.int = op == ReduceOp.Prod || op == ReduceOp.All ? 1 : 0;
  s.center = op == ReduceOp.LogSumExp ? -Infinity : 0;
  if (op == ReduceOp.LogSumExp) s.value = 0;
  s.count = 0;
  s.index = 0;
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
  direct: bool,
  workspace: usize,
  param: f64,
): void {
  const counters = workspace + REDUCED_COUNTERS;
  const buffer = workspace + BUFFER;
  const last = input.ndim - 1;
  const inner = input.shape(last);
  const innerStride = input.stride(last);
  const size = itemSize(input.dtype);
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
        const value = <f64>best;
        if (!better && s.value == s.value) {
          better = value != value || (op == ReduceOp.ArgMax ? value > s.value : value < s.value);
        }
        if (better) s.value = value;
      } else {
        const value = <i64>best;
        if (!better) better = op == ReduceOp.ArgMax ? value > s.int : value < s.int;
        if (better) s.int = value;
      }
      if (better) s.index = seen + findFirst<A>(block, n, best);
      return;
    }
    case Combine.Moments: {
      if (!isFloat<A>()) return;
      // Chan's pairwise update: a block's own moments, then merged
      const count = <f64>n;
      const mean = sumFloats<A>(block, n) / count;
      if (Math.abs(mean) == Infinity) return welford<A>(s, block, n, seen);
      const off = mean - <f64>(<A>mean);
      const squares = sumSquaredDeviations<A>(block, n, <A>mean) - count * off * off;
      const total = <f64>(seen + n);
      const delta = mean - s.center;
      s.center += (delta * count) / total;
      s.value += max<f64>(squares, 0) + delta * delta * ((<f64>seen * count) / total);
      return;
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
