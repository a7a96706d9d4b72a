// Reductions: the shape rule, the kernel's run, and the ops that are one reduction each.
import { args } from "../dispatch/args";
import { setResult } from "../dispatch/entry";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import { REDUCE_WORKSPACE } from "../kernels/reduce";
import { ReduceOp } from "../kernels/reduceOp";
import { wrapDim, wrapDims } from "../tensor/broadcast";
import { empty, rawToDType } from "../tensor/create";
import { Compute, computeType, DType, isComplex, isFloating, isIntegral, NO_DTYPE } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgInt, raise } from "../tensor/error";
import { Ints, newInts, NONE } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { rawUnsqueeze, rawViewAsReal } from "../tensor/views";
import { viewAsComplex } from "./complex";

// ---- the machinery

/** The dims of an optional single dim as a bitset: all of them where it is absent. */
export function dimSet(dim: i32, ndim: i32): u32 {
  if (dim == NONE) return <u32>(((<u64>1) << ndim) - 1);
  const wrapped = wrapDim(dim, ndim);
  return ndim == 0 ? 0 : 1 << wrapped;
}

export function reducedShape(input: Tensor, set: u32, keepdim: bool): Ints {
  const ndim = <i32>input.ndim;
  const shape = newInts(keepdim ? ndim : ndim - popcnt<i32>(set));
  for (let i = 0, k = 0; i < ndim; i++) {
    if (!(set & (1 << i))) shape.set(k++, input.shape(i));
    else if (keepdim) shape.set(k++, 1);
  }
  return shape;
}

/** How many elements each result stands for. */
export function reducedCount(input: Tensor, set: u32): i32 {
  let n = 1;
  for (let i = 0; i < <i32>input.ndim; i++) if (set & (1 << i)) n *= input.shape(i);
  return n;
}

// the iteration space of the reduction in progress: sizes, input strides and result strides
const sizes: usize = memory.data(4 * 16, 16);
const inputs: usize = memory.data(4 * 16, 16);
const results: usize = memory.data(4 * 16, 16);

// @ts-ignore: decorator
@inline function at(list: usize, i: i32): i32 {
  return load<i32>(list + ((<usize>i) << 2));
}

/** Appends a dim to those from `first`, merged with the one before where memory allows; returns the new count. */
function append(first: i32, count: i32, size: i32, stride: i32, resultStride: i32): i32 {
  if (size == 1) return count;
  if (count > first) {
    const p = (<usize>(count - 1)) << 2;
    const fits = at(inputs, count - 1) == size * stride && at(results, count - 1) == size * resultStride;
    if (fits) {
      store<i32>(sizes + p, at(sizes, count - 1) * size);
      store<i32>(inputs + p, stride);
      store<i32>(results + p, resultStride);
      return count;
    }
  }
  const p = (<usize>count) << 2;
  store<i32>(sizes + p, size);
  store<i32>(inputs + p, stride);
  store<i32>(results + p, resultStride);
  return count + 1;
}

/** The dims in `set` (or, for `set` inverted, the kept ones), outermost in memory first where the order is free. */
function collect(input: Tensor, set: u32, first: i32, ordered: bool, resultShape: bool): i32 {
  const ndim = <i32>input.ndim;
  let count = first;
  let rest = set;
  while (rest != 0) {
    let pick = -1;
    for (let i = 0; i < ndim; i++) {
      if (!(rest & (1 << i))) continue;
      if (pick < 0 || (!ordered && input.stride(i) > input.stride(pick))) pick = i;
    }
    rest &= ~(1 << pick);
    let resultStride = 0;
    if (resultShape) {
      // the result is contiguous over the kept dims
      resultStride = 1;
      for (let j = pick + 1; j < ndim; j++) if (set & (1 << j)) resultStride *= input.shape(j);
    }
    count = append(first, count, input.shape(pick), input.stride(pick), resultStride);
  }
  return count;
}

/** Runs a reduction into `out` (and `second`), which are contiguous over the kept dims. */
function runReduce(
  op: i32,
  input: Tensor,
  set: u32,
  out: Tensor,
  second: Tensor | null,
  compute: i32,
  param: f64,
): void {
  const all = <u32>(((<u64>1) << (<i32>input.ndim)) - 1);
  const kept = collect(input, all & ~set, 0, false, true);
  // positions are counted in row-major order, so there the dims stay as they are
  const ordered = op == ReduceOp.ArgMax || op == ReduceOp.ArgMin;
  const ndim = collect(input, set, kept, ordered, false);
  begin(Kernel.Reduce);
  addOperand(out);
  if (second !== null) addOperand(second);
  addOperand(input);
  for (let k = 0; k < args.count; k++) {
    const isInput = k == args.count - 1;
    const operand = args.operand(k);
    operand.ndim = isInput ? ndim : kept;
    for (let d = 0; d < operand.ndim; d++) {
      operand.setShape(d, at(sizes, d));
      operand.setStride(d, at(isInput ? inputs : results, d));
    }
  }
  args.compute = compute;
  args.setInt(0, ndim - kept);
  args.setInt(1, op);
  args.setParam(0, param);
  workspace(REDUCE_WORKSPACE);
  run(input.device);
}

/** What a kernel computes in for elements of `dtype`: integers in int64. */
function reduceCompute(dtype: i32): i32 {
  const compute = computeType(dtype);
  return compute == Compute.I32 ? Compute.I64 : compute;
}

/**
 * Reduces `input` over the dims of the bitset `set` into a new tensor of `dtype`, computing in `dtype` where it is a float
 * type and the input is not, else in the input's own.
 */
export function reduce(op: i32, input: Tensor, set: u32, keepdim: bool, dtype: i32, param: f64 = 0): Tensor {
  const out = empty(reducedShape(input, set, keepdim), dtype, input.device);
  runReduce(op, input, set, out, null, reduceCompute(isFloating(dtype) ? dtype : input.dtype), param);
  return out;
}

/** As `reduce` with a second result of `secondDtype`; both are set as results. */
export function reducePair(
  op: i32,
  input: Tensor,
  set: u32,
  keepdim: bool,
  dtype: i32,
  secondDtype: i32,
  param: f64 = 0,
): Tensor {
  const shape = reducedShape(input, set, keepdim);
  const out = empty(shape, dtype, input.device);
  const second = empty(shape, secondDtype, input.device);
  runReduce(op, input, set, out, second, reduceCompute(input.dtype), param);
  setResult(0, out);
  setResult(1, second);
  return out;
}

// ---- sums and products

/** Sums and products of integers are int64. */
function accumulated(input: Tensor, dtype: i32): i32 {
  if (dtype != NO_DTYPE) return dtype;
  return isIntegral(input.dtype, true) ? DType.Int64 : <i32>input.dtype;
}

/** Sums whose result has another category than the input convert element by element first, as PyTorch does. */
function converted(op: i32, input: Tensor, set: u32, keepdim: bool, dtype: i32): Tensor {
  if (isComplex(dtype)) {
    if (op == ReduceOp.Prod) fail(ErrorKind.NotImplemented, "prod() of complex tensors is not implemented");
    // sums of the parts
    const pairs = rawViewAsReal(rawToDType(input, dtype));
    return viewAsComplex(converted(op, pairs, set, keepdim, pairs.dtype));
  }
  const out = empty(reducedShape(input, set, keepdim), dtype, input.device);
  runReduce(op, input, set, out, null, reduceCompute(dtype), 0);
  return out;
}

export function sum(input: Tensor, dim: Ints | null, keepdim: bool, dtype: i32): Tensor {
  const set = wrapDims(dim, input.ndim);
  const result = accumulated(input, dtype);
  // a sum of truth values as truth value is `any`
  const op = result == DType.Bool ? ReduceOp.Any : ReduceOp.Sum;
  if (result == DType.Bool) return reduce(op, input, set, keepdim, result);
  return converted(op, input, set, keepdim, result);
}

export function nansum(input: Tensor, dim: Ints | null, keepdim: bool, dtype: i32): Tensor {
  if (!isFloating(input.dtype)) return sum(input, dim, keepdim, dtype);
  return converted(ReduceOp.NanSum, input, wrapDims(dim, input.ndim), keepdim, accumulated(input, dtype));
}

export function mean(input: Tensor, dim: Ints | null, keepdim: bool, dtype: i32): Tensor {
  const result = dtype != NO_DTYPE ? dtype : <i32>input.dtype;
  if (!isFloating(result) && !isComplex(result)) {
    msg("mean(): could not infer output dtype. ");
    msg(dtype != NO_DTYPE ? "Optional" : "Input");
    msg(" dtype must be either a floating point or complex dtype. Got: ");
    msgDType(result);
    raise(ErrorKind.Runtime);
  }
  return converted(ReduceOp.Mean, input, wrapDims(dim, input.ndim), keepdim, result);
}

export function prod(input: Tensor, dim: i32, keepdim: bool, dtype: i32): Tensor {
  const set = dimSet(dim, input.ndim);
  const result = accumulated(input, dtype);
  if (result == DType.Bool) return reduce(ReduceOp.All, input, set, keepdim, result);
  return converted(ReduceOp.Prod, input, set, dim != NONE && keepdim, result);
}

// ---- truth

/** any and all of uint8 are uint8, of everything else bool. */
function truthDType(input: Tensor): i32 {
  return input.dtype == DType.Uint8 ? DType.Uint8 : DType.Bool;
}

export function any(input: Tensor, dim: i32, keepdim: bool): Tensor {
  return reduce(ReduceOp.Any, input, dimSet(dim, input.ndim), dim != NONE && keepdim, truthDType(input));
}

export function all(input: Tensor, dim: i32, keepdim: bool): Tensor {
  return reduce(ReduceOp.All, input, dimSet(dim, input.ndim), dim != NONE && keepdim, truthDType(input));
}

export function countNonzero(input: Tensor, dim: Ints | null): Tensor {
  return reduce(ReduceOp.CountNonzero, input, wrapDims(dim, input.ndim), false, DType.Int64);
}

// ---- extrema

/** Raises where the extremum of no elements would be wanted. */
function checkNonEmpty(op: string, input: Tensor, set: u32, dimGiven: bool): void {
  if (input.numel > 0) return;
  if (!dimGiven) {
    msg(op);
    msg(
      "(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.",
    );
    raise(ErrorKind.Runtime);
  }
  for (let i = 0; i < <i32>input.ndim; i++) {
    if (!(set & (1 << i)) || input.shape(i) != 0) continue;
    msg(op);
    msg("(): Expected reduction dim ");
    msgInt(i);
    msg(" to have non-zero size.");
    raise(ErrorKind.Index);
  }
}

function extrema(op: i32, name: string, input: Tensor, dim: Ints | null, keepdim: bool): Tensor {
  const set = wrapDims(dim, input.ndim);
  checkNonEmpty(name, input, set, dim !== null && dim.length > 0);
  return reduce(op, input, set, keepdim, input.dtype);
}

export function amax(input: Tensor, dim: Ints | null, keepdim: bool): Tensor {
  return extrema(ReduceOp.Max, "amax", input, dim, keepdim);
}

export function amin(input: Tensor, dim: Ints | null, keepdim: bool): Tensor {
  return extrema(ReduceOp.Min, "amin", input, dim, keepdim);
}

export function maxAll(input: Tensor): Tensor {
  return extrema(ReduceOp.Max, "max", input, null, false);
}

export function minAll(input: Tensor): Tensor {
  return extrema(ReduceOp.Min, "min", input, null, false);
}

function indexed(op: i32, name: string, input: Tensor, dim: i32, keepdim: bool): Tensor {
  const set = dimSet(dim, input.ndim);
  checkNonEmpty(name, input, set, true);
  return reducePair(op, input, set, keepdim, input.dtype, DType.Int64);
}

export function maxDim(input: Tensor, dim: i32, keepdim: bool): Tensor {
  return indexed(ReduceOp.ArgMax, "max", input, dim, keepdim);
}

export function minDim(input: Tensor, dim: i32, keepdim: bool): Tensor {
  return indexed(ReduceOp.ArgMin, "min", input, dim, keepdim);
}

function position(op: i32, name: string, input: Tensor, dim: i32, keepdim: bool): Tensor {
  refuseBool(name, input);
  const set = dimSet(dim, input.ndim);
  checkNonEmpty(name, input, set, dim != NONE);
  return reduce(op, input, set, keepdim, DType.Int64);
}

/** Raises for bool, which PyTorch's kernel of this name lacks. */
export function refuseBool(name: string, input: Tensor): void {
  if (input.dtype != DType.Bool) return;
  msg('"');
  msg(name);
  msg("_cpu\" not implemented for 'Bool'");
  raise(ErrorKind.Runtime);
}

export function argmax(input: Tensor, dim: i32, keepdim: bool): Tensor {
  return position(ReduceOp.ArgMax, "argmax", input, dim, keepdim);
}

export function argmin(input: Tensor, dim: i32, keepdim: bool): Tensor {
  return position(ReduceOp.ArgMin, "argmin", input, dim, keepdim);
}

export function aminmax(input: Tensor, dim: i32, keepdim: bool): Tensor {
  if (dim == NONE && input.numel == 0) {
    fail(
      ErrorKind.Runtime,
      "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.",
    );
  }
  const set = dimSet(dim, input.ndim);
  if (dim != NONE && input.ndim > 0 && input.shape(wrapDim(dim, input.ndim)) == 0) {
    msg("aminmax: Expected reduction dim ");
    msgInt(wrapDim(dim, input.ndim));
    msg(" to have non-zero size.");
    raise(ErrorKind.Index);
  }
  let low = reduce(ReduceOp.Min, input, set, keepdim, input.dtype);
  let high = reduce(ReduceOp.Max, input, set, keepdim, input.dtype);
  if (input.ndim == 0 && dim != NONE && keepdim) {
    low = rawUnsqueeze(low, 0);
    high = rawUnsqueeze(high, 0);
  }
  setResult(0, low);
  setResult(1, high);
  return low;
}

// ---- logsumexp, norms and moments

export function logsumexp(input: Tensor, dim: Ints, keepdim: bool): Tensor {
  const dtype = isIntegral(input.dtype, true) ? DType.Float32 : <i32>input.dtype;
  return reduce(ReduceOp.LogSumExp, input, wrapDims(dim, input.ndim), keepdim, dtype);
}

/** The p-norm over dims; a `dtype` is what the elements are converted to first. */
export function vectorNorm(input: Tensor, ord: f64, dim: Ints | null, keepdim: bool, dtype: i32): Tensor {
  const from = dtype != NO_DTYPE ? dtype : <i32>input.dtype;
  if (!isFloating(from)) {
    if (dtype != NO_DTYPE) {
      msg("linalg.vector_norm: dtype should be floating point or complex, but got ");
      msgDType(dtype);
    } else {
      msg("linalg.vector_norm: Expected a floating point or complex tensor as input. Got ");
      msgDType(from);
    }
    raise(ErrorKind.Runtime);
  }
  const set = wrapDims(dim, input.ndim);
  if ((ord < 0 || ord == Infinity) && reducedCount(input, set) == 0) {
    msg("linalg.vector_norm cannot compute the ");
    msg(ord < 0 ? (ord == -Infinity ? "-inf" : "negative") : "inf");
    msg(" norm on an empty tensor because the operation does not have an identity");
    raise(ErrorKind.Runtime);
  }
  let op: i32 = ReduceOp.NormP;
  if (ord == 2) op = ReduceOp.Norm2;
  else if (ord == 1) op = ReduceOp.SumAbs;
  else if (ord == 0) op = ReduceOp.CountNonzero;
  else if (ord == Infinity) op = ReduceOp.MaxAbs;
  else if (ord == -Infinity) op = ReduceOp.MinAbs;
  return reduce(op, input, set, keepdim, from, ord);
}

function requireFloat(op: string, input: Tensor): void {
  if (isFloating(input.dtype)) return;
  msg(op);
  msg(" only support floating point and complex dtypes");
  raise(ErrorKind.Runtime);
}

export function varOf(input: Tensor, dim: Ints | null, correction: f64, keepdim: bool): Tensor {
  requireFloat("std and var", input);
  return reduce(ReduceOp.Var, input, wrapDims(dim, input.ndim), keepdim, input.dtype, correction);
}

export function stdOf(input: Tensor, dim: Ints | null, correction: f64, keepdim: bool): Tensor {
  requireFloat("std and var", input);
  return reduce(ReduceOp.Std, input, wrapDims(dim, input.ndim), keepdim, input.dtype, correction);
}

export function varMeanOf(input: Tensor, dim: Ints | null, correction: f64, keepdim: bool): Tensor {
  requireFloat("var_mean", input);
  return reducePair(ReduceOp.Var, input, wrapDims(dim, input.ndim), keepdim, input.dtype, input.dtype, correction);
}

export function stdMeanOf(input: Tensor, dim: Ints | null, correction: f64, keepdim: bool): Tensor {
  requireFloat("std_mean", input);
  return reducePair(ReduceOp.Std, input, wrapDims(dim, input.ndim), keepdim, input.dtype, input.dtype, correction);
}
