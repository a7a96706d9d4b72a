// Counting and searching: bincount, histograms, searchsorted, isin, quantiles.
import * as ops from "../gen/ops";
import { args } from "../dispatch/args";
import { setResult } from "../dispatch/entry";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run } from "../dispatch/run";
import { promotedDType, beginPromotion, promoteOperand, wrapDim } from "../tensor/broadcast";
import { empty, full, rawContiguous, rawToDType, zeros } from "../tensor/create";
import { DType, isFloating, isIntegral } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgFloat, msgInt, msgShape, raise } from "../tensor/error";
import { NONE, ints1, newInts, shapeOf } from "../tensor/ints";
import { Scalar, ScalarKind, newScalar } from "../tensor/scalar";
import { Flag, Tensor } from "../tensor/tensor";
import { hasBadIndex } from "./indices";
import { valueOf, rawToDevice } from "../tensor/transfer";
import { Device } from "../dispatch/device";

// ---- bincount ----------------------------------------------------------------------------------------------------

/** The greatest of int64 indices, -1 without any. */
export function greatestIndex(index: Tensor): i64 {
  return index.numel == 0 ? -1 : <i64>valueOf(ops.amax(index));
}

export function bincount(input: Tensor, weights: Tensor | null, minlength: i32): Tensor {
  if (minlength < 0) fail(ErrorKind.Runtime, "minlength should be >= 0");
  if (input.ndim != 1 || !isIntegral(input.dtype, false)) {
    fail(ErrorKind.Runtime, "bincount only supports 1-d non-negative integral inputs.");
  }
  const index = rawToDType(input, DType.Int64);
  if (hasBadIndex(index, 0, i32.MAX_VALUE) || (index.device != Device.Cpu && index.numel > 0 && lowest(index) < 0)) {
    fail(ErrorKind.Runtime, "bincount only supports 1-d non-negative integral inputs.");
  }
  const size = ints1(max(<i32>greatestIndex(index) + 1, minlength));
  if (weights === null) {
    const one = full(newInts(0), 1, DType.Int64, input.device);
    return ops.scatterAdd(zeros(size, DType.Int64, input.device), 0, index, ops.expand(one, shapeOf(index)));
  }
  if (weights.ndim != 1 || weights.numel != input.numel) {
    fail(ErrorKind.Runtime, "weights should be 1-d and have the same length as input");
  }
  const dtype = weights.dtype == DType.Float32 ? DType.Float32 : DType.Float64;
  return ops.scatterAdd(zeros(size, dtype, input.device), 0, index, rawToDType(weights, dtype));
}

// ---- histograms --------------------------------------------------------------------------------------------------

function requireFloating(op: string, input: Tensor): void {
  if (isFloating(input.dtype)) return;
  msg('"');
  msg(op);
  msg("\" not implemented for '");
  msgDType(input.dtype);
  msg("'");
  raise(ErrorKind.Runtime);
}

function lowest(t: Tensor): f64 {
  return valueOf(ops.amin(t));
}

function highest(t: Tensor): f64 {
  return valueOf(ops.amax(t));
}

/** Ends that coincide are moved apart, as PyTorch and NumPy do. */
let binsFrom: f64 = 0;
let binsTo: f64 = 0;

function chooseEnds(op: string, input: Tensor, low: f64, high: f64, spread: f64): void {
  binsFrom = low;
  binsTo = high;
  if (low == high && input.numel > 0) {
    binsFrom = lowest(input);
    binsTo = highest(input);
  }
  if (binsFrom == binsTo) {
    binsFrom -= spread;
    binsTo += spread;
  }
  if (!isFinite(binsFrom) || !isFinite(binsTo)) {
    msg(op);
    msg(": range of [");
    msgFloat(binsFrom);
    msg(", ");
    msgFloat(binsTo);
    msg("] is not finite");
    raise(ErrorKind.Runtime);
  }
  if (binsFrom > binsTo) {
    msg(op);
    msg(": max must be larger than min");
    raise(ErrorKind.Runtime);
  }
}

function runHistogram(
  input: Tensor,
  bins: i32,
  edges: Tensor | null,
  weight: Tensor | null,
  settle: bool,
  even: bool,
): Tensor {
  const dtype = input.dtype == DType.Float64 ? DType.Float64 : DType.Float32;
  const out = zeros(ints1(bins), dtype, input.device);
  const from = rawContiguous(rawToDType(input, dtype));
  const weights = weight === null ? from : rawContiguous(rawToDType(weight, dtype));
  begin(Kernel.Histogram);
  addOperand(out);
  addOperand(from);
  addOperand(edges === null ? from : edges);
  addOperand(weights);
  args.setInt(0, bins);
  args.setInt(1, i32(settle));
  args.setInt(2, i32(weight !== null));
  args.setInt(3, i32(even));
  args.setParam(0, binsFrom);
  args.setParam(1, binsTo);
  run(input.device);
  return rawToDType(out, input.dtype);
}

export function histc(input: Tensor, bins: i32, low: f64, high: f64): Tensor {
  requireFloating("histogram_cpu", input);
  if (bins <= 0) fail(ErrorKind.Runtime, "bins must be > 0");
  chooseEnds("torch.histc", input, low, high, 1);
  return runHistogram(input, bins, null, null, false, true);
}

/** The counts (or their density) and the edges of bins of even width. */
export function histogramEven(
  input: Tensor,
  bins: i32,
  low: Scalar | null,
  high: Scalar | null,
  weight: Tensor | null,
  density: bool,
): Tensor {
  requireFloating("histogram_cpu", input);
  if (bins <= 0) {
    msg("torch.histogramdd(): bins ");
    msgInt(bins);
    msg(" for dimension 0 are invalid; must be positive");
    raise(ErrorKind.Runtime);
  }
  if (low === null || high === null) chooseEnds("torch.histogram", input, 0, input.numel > 0 ? 0 : 1, 0.5);
  else chooseEnds("torch.histogram", empty(ints1(0), input.dtype, 0), low.f, high.f, 0.5);
  const edges = ops.linspace(number(binsFrom), number(binsTo), bins + 1, input.dtype, input.device);
  return counted(input, bins, edges, weight, density, true);
}

function number(value: f64): Scalar {
  return newScalar(value, ScalarKind.Float);
}

export function histogramEdges(input: Tensor, bins: Tensor, weight: Tensor | null, density: bool): Tensor {
  requireFloating("histogram_cpu", input);
  if (bins.dtype != input.dtype) {
    msg("torch.histogram(): input tensor and bins tensors should have the same dtype, but got input with dtype ");
    msgDType(input.dtype);
    msg(" and bins for dimension 0 with dtype ");
    msgDType(bins.dtype);
    raise(ErrorKind.Runtime);
  }
  if (bins.ndim != 1 || bins.numel == 0) {
    fail(ErrorKind.Runtime, "torch.histogram(): bins tensor should have one dimension and at least one edge");
  }
  const edges = ops.clone(ops.contiguous(bins));
  binsFrom = valueOf(ops.select(edges, 0, 0));
  binsTo = valueOf(ops.select(edges, 0, -1));
  return counted(input, bins.numel - 1, edges, weight, density, false);
}

function counted(input: Tensor, bins: i32, edges: Tensor, weight: Tensor | null, density: bool, even: bool): Tensor {
  if (weight !== null && weight.numel != input.numel) {
    fail(
      ErrorKind.Runtime,
      "torch.histogram(): if weight tensor is provided it should have the same shape as the input tensor",
    );
  }
  let hist = runHistogram(input, bins, edges, weight, even, even);
  if (density) {
    const widths = ops.sub(ops.slice(edges, 0, 1), ops.slice(edges, 0, 0, -1));
    hist = ops.div(ops.div(hist, ops.sum(hist)), widths);
  }
  setResult(0, hist);
  setResult(1, edges);
  return hist;
}

// ---- search ------------------------------------------------------------------------------------------------------

/** side: -1 absent, 0 left, 1 right */
export function searchsorted(
  sortedSequence: Tensor,
  input: Tensor,
  outInt32: bool,
  right: bool,
  side: i32,
  sorter: Tensor | null,
): Tensor {
  if (side == 0 && right) {
    fail(
      ErrorKind.Runtime,
      "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True",
    );
  }
  const values = input.has(Flag.Wrapped) ? rawToDType(input, sortedSequence.dtype) : input;
  if (sortedSequence.ndim == 0) {
    fail(
      ErrorKind.Runtime,
      "torch.searchsorted(): input value can be a scalar only when boundary tensor dimension is 1, but we got boundary tensor dim(0)",
    );
  }
  const single = sortedSequence.ndim == 1;
  let fits = single || sortedSequence.ndim == values.ndim;
  for (let d = 0; fits && !single && d < <i32>values.ndim - 1; d++) fits = sortedSequence.shape(d) == values.shape(d);
  if (!fits) {
    msg(
      "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value tensor must match, but we got boundaries tensor ",
    );
    msgShape(sortedSequence);
    msg(" and input value tensor ");
    msgShape(values);
    raise(ErrorKind.Runtime);
  }
  if (sortedSequence.dtype != values.dtype) {
    msg(
      "torch.searchsorted(): input value tensor and boundary tensor should have same dtype, but got boundary tensor dtype ",
    );
    msgDType(sortedSequence.dtype);
    msg(" and input value tensor dtype ");
    msgDType(values.dtype);
    raise(ErrorKind.Runtime);
  }
  if (sorter !== null) {
    if (sorter.dtype != DType.Int64) {
      msg("torch.searchsorted(): sorter must be a tensor of long dtype but got dtype ");
      msgDType(sorter.dtype);
      raise(ErrorKind.Runtime);
    }
    let same = sorter.ndim == sortedSequence.ndim;
    for (let d = 0; same && d < <i32>sorter.ndim; d++) same = sorter.shape(d) == sortedSequence.shape(d);
    if (!same) {
      fail(ErrorKind.Runtime, "torch.searchsorted(): boundary and sorter must have the same size");
    }
    if (hasBadIndex(sorter, 0, sorter.shape(<i32>sorter.ndim - 1))) {
      fail(ErrorKind.Runtime, "torch.searchsorted(): sorter index out of range");
    }
  }
  const out = empty(shapeOf(values), outInt32 ? DType.Int32 : DType.Int64, values.device);
  if (out.numel == 0) return out;
  const sequence = rawContiguous(sortedSequence);
  const wanted = rawContiguous(values);
  const order = sorter === null ? wanted : rawContiguous(sorter);
  begin(Kernel.SearchSorted);
  addOperand(out);
  addOperand(sequence);
  addOperand(wanted);
  addOperand(order);
  args.setInt(0, sequence.shape(<i32>sequence.ndim - 1));
  args.setInt(1, wanted.ndim > 0 ? wanted.shape(<i32>wanted.ndim - 1) : 1);
  args.setInt(2, i32(right || side == 1));
  args.setInt(3, i32(sorter !== null));
  args.setInt(4, i32(single));
  run(out.device);
  return out;
}

export function bucketize(input: Tensor, boundaries: Tensor, outInt32: bool, right: bool): Tensor {
  if (boundaries.ndim != 1) {
    msg("boundaries tensor must be 1 dimension, but got dim(");
    msgInt(boundaries.ndim);
    msg(")");
    raise(ErrorKind.Runtime);
  }
  return searchsorted(boundaries, input, outInt32, right, -1, null);
}

export function isin(elements: Tensor, testElements: Tensor, assumeUnique: bool, invert: bool): Tensor {
  beginPromotion();
  promoteOperand(elements);
  promoteOperand(testElements);
  const dtype = promotedDType();
  const wanted = ops.reshape(ops.to(elements, dtype), ints1(-1));
  const test = ops.reshape(ops.to(testElements, dtype), ints1(-1));
  let found: Tensor;
  if (test.numel == 0) found = full(ints1(wanted.numel), 0, DType.Bool, elements.device);
  else {
    const sorted = ops.sort(test, 0, false, false);
    const place = searchsorted(sorted, wanted, false, false, -1, null);
    const last = full(newInts(0), test.numel - 1, DType.Int64, elements.device);
    found = ops.eq(ops.indexSelect(sorted, 0, ops.minimum(place, last)), wanted);
  }
  const result = invert ? ops.logicalNot(found) : found;
  return ops.reshape(result, shapeOf(elements));
}

// ---- quantiles ---------------------------------------------------------------------------------------------------

const enum Interpolation {
  Linear = 0,
  Lower = 1,
  Higher = 2,
  Midpoint = 3,
  Nearest = 4,
}

export function quantile(input: Tensor, q: Tensor, dim: i32, keepdim: bool, interpolation: i32): Tensor {
  return quantiles("quantile", input, q, dim, keepdim, interpolation, false);
}

export function nanquantile(input: Tensor, q: Tensor, dim: i32, keepdim: bool, interpolation: i32): Tensor {
  return quantiles("nanquantile", input, q, dim, keepdim, interpolation, true);
}

function quantiles(
  op: string,
  input: Tensor,
  q: Tensor,
  dim: i32,
  keepdim: bool,
  interpolation: i32,
  ignoreNan: bool,
): Tensor {
  if (input.numel == 0) {
    msg(op);
    msg("() input tensor must be non-empty");
    raise(ErrorKind.Runtime);
  }
  if (q.ndim > 1) {
    msg(op);
    msg("() q must be a scalar or 1D tensor");
    raise(ErrorKind.Runtime);
  }
  if (input.dtype != DType.Float32 && input.dtype != DType.Float64) {
    msg(op);
    msg("() input tensor must be either float or double dtype");
    raise(ErrorKind.Runtime);
  }
  let points = q.has(Flag.Wrapped) ? rawToDType(q, input.dtype) : q;
  if (points.dtype != input.dtype) {
    msg(op);
    msg("() q tensor must be same dtype as the input tensor");
    raise(ErrorKind.Runtime);
  }
  checkPoints(op, points);
  if (q.has(Flag.Wrapped)) points = rawToDevice(points, input.device);
  const flat = dim == NONE;
  if (!flat) dim = wrapDim(dim, input.ndim);
  const rank = <i32>input.ndim;
  // the dim comes last, or everything does
  const rows = flat
    ? ops.reshape(input, ints1(-1))
    : rank == 0
      ? ops.reshape(input, ints1(1))
      : ops.transpose(ops.unsqueeze(input, -1), dim, -1);
  const sorted = ops.sort(rows, -1, false, false);
  const size = sorted.shape(<i32>sorted.ndim - 1);
  const positions = ranksOf(points, sorted, size, ignoreNan);
  const below = ops.floor(positions);
  let values: Tensor;
  if (interpolation == Interpolation.Nearest) values = pick(sorted, ops.round(positions));
  else if (interpolation == Interpolation.Lower) values = pick(sorted, below);
  else if (interpolation == Interpolation.Higher) values = pick(sorted, ops.ceil(positions));
  else {
    const low = pick(sorted, below);
    const high = pick(sorted, ops.ceil(positions));
    const weight =
      interpolation == Interpolation.Midpoint
        ? full(shapeOf(positions), 0.5, input.dtype, input.device)
        : ops.sub(positions, below);
    values = ops.lerp(low, high, weight);
  }
  // [rows…, q] to [q, rows…]; a 0-d q adds no dim
  return arranged(values, flat || rank == 0, input, points, dim, keepdim);
}

function checkPoints(op: string, q: Tensor): void {
  if (q.device != Device.Cpu) return;
  const wide = rawContiguous(rawToDType(q, DType.Float64));
  for (let i = 0; i < wide.numel; i++) {
    const value = load<f64>(wide.dataPtr() + ((<usize>i) << 3));
    if (value >= 0 && value <= 1) continue;
    msg(op);
    msg("() q values must be in the range [0, 1]");
    raise(ErrorKind.Runtime);
  }
}

/** The places of the quantiles in each sorted row: [rows…, q]. */
function ranksOf(q: Tensor, sorted: Tensor, size: i32, ignoreNan: bool): Tensor {
  const line = ops.reshape(q, ints1(-1));
  const isNan = ops.isnan(sorted);
  const shape = shapeOf(sorted);
  shape.set(shape.length - 1, line.numel);
  if (ignoreNan) {
    const last = ops.sub(
      ops.sum(ops.logicalNot(isNan), ints1(-1), true),
      full(newInts(0), 1, DType.Int64, sorted.device),
    );
    const ranks = ops.mul(ops.to(last, sorted.dtype), line);
    return ops.maskedFill(
      ranks,
      ops.lt(ranks, full(newInts(0), 0, sorted.dtype, sorted.device)),
      full(newInts(0), 0, sorted.dtype, sorted.device),
    );
  }
  const last = full(newInts(0), size - 1, sorted.dtype, sorted.device);
  const ranks = ops.expand(ops.mul(line, last), shape);
  // a NaN in a row is its every quantile, and sorts to its end
  return ops.where(ops.any(isNan, -1, true), last, ranks);
}

function pick(sorted: Tensor, ranks: Tensor): Tensor {
  return ops.gather(sorted, -1, ops.to(ranks, DType.Int64));
}

function arranged(values: Tensor, whole: bool, input: Tensor, q: Tensor, dim: i32, keepdim: bool): Tensor {
  const rank = <i32>input.ndim;
  if (whole) {
    // [q]
    const ones = keepdim ? rank : 0;
    const shape = newInts(ones + (q.ndim > 0 ? 1 : 0));
    for (let i = 0; i < shape.length; i++) shape.set(i, 1);
    if (q.ndim > 0) shape.set(0, q.numel);
    return ops.reshape(values, shape);
  }
  // values: the input's dims with size 1 at dim, then q
  const front = ops.movedim(values, ints1(-1), ints1(0));
  const result = q.ndim > 0 ? front : ops.select(front, 0, 0);
  return keepdim ? result : ops.squeeze(result, q.ndim > 0 ? dim + 1 : dim);
}
