// Tables looked up by index: embedding, its bags, one-hot vectors.
import * as ops from "../gen/ops";
import { args } from "../dispatch/args";
import { Fault } from "../dispatch/fault";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run } from "../dispatch/run";
import { ScatterMode } from "../kernels/scatter";
import { empty, fillWith, full, rawContiguous, zeros } from "../tensor/create";
import { DType } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgInt, raise } from "../tensor/error";
import { Ints, NONE, ints1, ints2, newInts, shapeOf } from "../tensor/ints";
import { Scalar } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { rawView } from "../tensor/views";
import { metIndexOutside } from "../kernels/gather";
import { greatestIndex } from "./counting";
import { alongDim, asIndex, hasBadIndex, runGather, runScatter } from "./indices";
import { Device } from "../dispatch/device";
import { readBack, rawToDevice } from "../tensor/transfer";

function checkIndices(index: Tensor): void {
  if (index.dtype != DType.Int64 && index.dtype != DType.Int32) {
    msg(
      "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got torch.",
    );
    msgDType(index.dtype);
    msg("Tensor instead (while checking arguments for embedding)");
    raise(ErrorKind.Runtime);
  }
}

function checkRows(index: Tensor, rows: i32): void {
  if (hasBadIndex(asIndex(index), 0, rows)) fail(ErrorKind.Index, "index out of range in self");
}

/** A padding index counted from the front; -1 for none. */
export function paddingRow(paddingIdx: i32, rows: i32): i32 {
  if (paddingIdx == NONE) return -1;
  if (paddingIdx < -rows || paddingIdx >= rows) {
    fail(ErrorKind.Runtime, "Padding_idx must be within num_embeddings");
  }
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

export function embedding(
  input: Tensor,
  weight: Tensor,
  paddingIdx: i32,
  maxNorm: Scalar | null,
  normType: f64,
  scaleGradByFreq: bool,
  sparse: bool,
): Tensor {
  if (weight.ndim != 2) fail(ErrorKind.Runtime, "'weight' must be 2-D");
  paddingRow(paddingIdx, weight.shape(0));
  checkIndices(input);
  const index = rawContiguous(asIndex(input));
  if (maxNorm !== null) {
    checkRows(index, weight.shape(0));
    renorm(weight, index, maxNorm.f, normType);
  }
  const shape = newInts(<i32>input.ndim + 1);
  for (let d = 0; d < <i32>input.ndim; d++) shape.set(d, input.shape(d));
  shape.set(input.ndim, weight.shape(1));
  const out = empty(shape, weight.dtype, weight.device);
  const rows = rawView(out, ints2(index.numel, weight.shape(1)))!;
  runGather(
    rows,
    weight,
    alongDim(rawView(index, ints1(index.numel))!, rows, 0),
    0,
    Fault.EmbeddingIndex | Fault.FromFront,
  );
  if (metIndexOutside() || out.numel == 0) checkRows(index, weight.shape(0));
  return out;
}

/** Rows that are longer than `limit` are cut to it, in the weight itself. */
function renorm(weight: Tensor, index: Tensor, limit: f64, p: f64): void {
  if (weight.dtype != DType.Float32 && weight.dtype != DType.Float64) {
    fail(ErrorKind.Runtime, "embedding: max_norm needs a weight of float32 or float64");
  }
  if (index.numel == 0) return;
  begin(Kernel.RenormRows);
  addOperand(weight);
  addOperand(index);
  args.setParam(0, limit);
  args.setParam(1, p);
  run(weight.device);
  weight.storage.version++;
}

/** The gradient of the weight: each row the sum of the gradients of its look-ups; none for the padding row. */
export function embeddingDenseBackward(grad: Tensor, indices: Tensor, rows: i32, padding: i32): Tensor {
  const columns = grad.shape(<i32>grad.ndim - 1);
  const out = zeros(ints2(rows, columns), grad.dtype, grad.device);
  const line = rawView(rawContiguous(asIndex(indices)), ints1(indices.numel))!;
  const from = rawView(rawContiguous(grad), ints2(indices.numel, columns))!;
  runScatter(out, from, alongDim(line, from, 0), 0, ScatterMode.Add, padding, Fault.None);
  return out;
}

// ---- bags --------------------------------------------------------------------------------------------------------

const enum BagMode {
  Sum = 0,
  Mean = 1,
  Max = 2,
}

/** Which bag each index is in, and which indices count; those of the padding row are left out. */
let bagOf: Tensor = changetype<Tensor>(0);
let places: Tensor = changetype<Tensor>(0);

function assignBags(input: Tensor, offsets: Tensor, bags: i32, padding: i32): void {
  const n = input.numel;
  const bag = empty(ints1(n), DType.Int64, Device.Cpu);
  const place = empty(ints1(n), DType.Int64, Device.Cpu);
  // without a padding row the indices need not be known
  const index = padding < 0 ? offsets : readBack(input);
  let count = 0;
  for (let b = 0; b < bags; b++) {
    const from = <i32>load<i64>(offsets.dataPtr() + ((<usize>b) << 3));
    const until = b + 1 < offsets.numel ? <i32>load<i64>(offsets.dataPtr() + ((<usize>(b + 1)) << 3)) : n;
    for (let i = from; i < until; i++) {
      if (padding >= 0 && <i32>load<i64>(index.dataPtr() + ((<usize>i) << 3)) == padding) continue;
      store<i64>(bag.dataPtr() + ((<usize>count) << 3), b);
      store<i64>(place.dataPtr() + ((<usize>count) << 3), i);
      count++;
    }
  }
  bagOf = rawToDevice(ops.slice(bag, 0, 0, count), input.device);
  places = rawToDevice(ops.slice(place, 0, 0, count), input.device);
}

function checkOffsets(offsets: Tensor, n: i32): void {
  if (offsets.numel > 0 && load<i64>(offsets.dataPtr()) != 0) {
    msg(
      "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got ",
    );
    msgInt(load<i64>(offsets.dataPtr()));
    raise(ErrorKind.Value);
  }
  let last: i64 = 0;
  for (let i = 0; i < offsets.numel; i++) {
    const at = load<i64>(offsets.dataPtr() + ((<usize>i) << 3));
    if (at < last || at > n) {
      msg("offsets has to be in increasing order and not beyond the length of input (");
      msgInt(n);
      msg("), but got ");
      msgInt(at);
      raise(ErrorKind.Value);
    }
    last = at;
  }
}

/** Composite: look-ups summed, averaged or maximised over bags. */
export function embeddingBag(
  input: Tensor,
  weight: Tensor,
  offsets: Tensor | null,
  maxNorm: Scalar | null,
  normType: f64,
  scaleGradByFreq: bool,
  mode: i32,
  sparse: bool,
  perSampleWeights: Tensor | null,
  includeLastOffset: bool,
  paddingIdx: i32,
): Tensor {
  if (input.ndim != 1 && input.ndim != 2) {
    msg("input has to be 1D or 2D Tensor, but got Tensor of dimension ");
    msgInt(input.ndim);
    raise(ErrorKind.Value);
  }
  if (weight.ndim != 2) fail(ErrorKind.Runtime, "'weight' must be 2-D");
  if (perSampleWeights !== null) {
    if (mode != BagMode.Sum) {
      msg(
        "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got mode='",
      );
      msg(mode == BagMode.Mean ? "mean" : "max");
      msg("'). Please open a feature request on GitHub.");
      raise(ErrorKind.NotImplemented);
    }
    if (perSampleWeights.numel != input.numel) {
      fail(
        ErrorKind.Value,
        "embedding_bag: If per_sample_weights is not None, then it must have the same shape as the input",
      );
    }
  }
  let starts: Tensor;
  if (input.ndim == 2) {
    if (offsets !== null) {
      fail(
        ErrorKind.Value,
        "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. However, found offsets of type <class 'torch.Tensor'>",
      );
    }
    starts = everyNth(input.shape(0), input.shape(1));
  } else {
    if (offsets === null) {
      fail(ErrorKind.Value, "offsets has to be a 1D Tensor but got None");
      return input;
    }
    if (offsets.ndim != 1) fail(ErrorKind.Value, "offsets has to be a 1D Tensor");
    starts = rawContiguous(asIndex(readBack(offsets)));
  }
  const line = rawView(rawContiguous(asIndex(input)), ints1(input.numel))!;
  checkIndices(line);
  checkRows(line, weight.shape(0));
  checkOffsets(starts, line.numel);
  const bags = includeLastOffset ? max(starts.numel - 1, 0) : starts.numel;
  assignBags(line, starts, bags, paddingRow(paddingIdx, weight.shape(0)));
  const bag = bagOf;
  const place = places;
  let rows = ops.embedding(ops.indexSelect(line, 0, place), weight, paddingIdx, maxNorm, normType, scaleGradByFreq);
  if (perSampleWeights !== null) {
    const factors = ops.indexSelect(ops.reshape(perSampleWeights, ints1(-1)), 0, place);
    rows = ops.mul(rows, ops.unsqueeze(factors, 1));
  }
  const nothing = zeros(ints2(bags, weight.shape(1)), weight.dtype, weight.device);
  if (mode == BagMode.Max) return ops.indexReduce(nothing, 0, bag, rows, 2, false);
  const sums = ops.indexAdd(nothing, 0, bag, rows);
  if (mode == BagMode.Sum) return sums;
  const ones = full(ints1(bag.numel), 1, weight.dtype, weight.device);
  const counts = ops.indexAdd(zeros(ints1(bags), weight.dtype, weight.device), 0, bag, ones);
  const divisors = ops.maximum(counts, fillWith(empty(newInts(0), weight.dtype, weight.device), 1));
  return ops.div(sums, ops.unsqueeze(divisors, 1));
}

/** 0, step, 2 step, … */
function everyNth(n: i32, step: i32): Tensor {
  const list = empty(ints1(n), DType.Int64, Device.Cpu);
  for (let i = 0; i < n; i++) store<i64>(list.dataPtr() + ((<usize>i) << 3), <i64>i * step);
  return list;
}

// ---- one-hot -----------------------------------------------------------------------------------------------------

export function oneHot(input: Tensor, numClasses: i32): Tensor {
  if (input.dtype != DType.Int64) fail(ErrorKind.Runtime, "one_hot is only applicable to index tensor.");
  if (input.numel == 0 && numClasses <= 0) {
    fail(ErrorKind.Runtime, "Can not infer total number of classes from empty tensor.");
  }
  if (hasBadIndex(input, 0, i32.MAX_VALUE)) fail(ErrorKind.Runtime, "Class values must be non-negative.");
  const known = numClasses == -1 || input.device == Device.Cpu;
  const greatest = known ? <i32>greatestIndex(input) : -1;
  if (numClasses == -1) numClasses = greatest + 1;
  else if (numClasses < 1) fail(ErrorKind.Runtime, "num_classes should be positive");
  else if (greatest >= numClasses) fail(ErrorKind.Runtime, "Class values must be smaller than num_classes.");
  const shape = withLast(shapeOf(input), numClasses);
  const one = full(newInts(0), 1, DType.Int64, input.device);
  const index = ops.unsqueeze(input, -1);
  return ops.scatter(zeros(shape, DType.Int64, input.device), -1, index, ops.expand(one, shapeOf(index)));
}

function withLast(shape: Ints, size: i32): Ints {
  const list = newInts(shape.length + 1);
  for (let i = 0; i < shape.length; i++) list.set(i, shape.get(i));
  list.set(shape.length, size);
  return list;
}
