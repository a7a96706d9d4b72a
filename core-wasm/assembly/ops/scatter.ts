// Writes by index, out of place: scatter and its reductions, indexAdd and its like, put, indexPut, maskedScatter. The generated
// in-place forms assign the result.
import * as ops from "../gen/ops";
import { args } from "../dispatch/args";
import { Fault } from "../dispatch/fault";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run } from "../dispatch/run";
import { metIndexOutside } from "../kernels/gather";
import { ScatterMode } from "../kernels/scatter";
import { wrapDim } from "../tensor/broadcast";
import { copyInto, empty, fillWith, fillWithScalar, rawContiguous, rawToDType } from "../tensor/create";
import { DType, isComplex, isFloating } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgInt, msgInts, msgShape, raise } from "../tensor/error";
import { Ints, ints1, newInts, shapeOf } from "../tensor/ints";
import { Scalar } from "../tensor/scalar";
import { Flag, Tensor } from "../tensor/tensor";
import { Tensors } from "../tensor/tensors";
import { openView, rawExpand, rawView, rawViewAsReal, sealView } from "../tensor/views";
import { viewAsComplex } from "./complex";
import { checkFlatRange, countOf, indexedGeometry, onlyMask } from "./indexing";
import { alongDim, asIndex, atLeast1d, checkIntegers, checkLong, checkRange, hasBadIndex, runScatter } from "./indices";
import { Device } from "../dispatch/device";
import { rawToDevice } from "../tensor/transfer";

/** A contiguous copy, of one dim at least; the result of an op is a view of it in the input's shape. */
function copyOf(input: Tensor): Tensor {
  const copy = empty(shapeOf(input), input.dtype, input.device);
  copyInto(copy, input);
  return copy;
}

/** A 0-d value in the dtype and on the device of `like`, repeated to a shape. */
function repeated(value: Tensor, like: Tensor, shape: Ints): Tensor {
  return rawExpand(rawToDevice(rawToDType(value, like.dtype), like.device), shape);
}

// ---- scatter -----------------------------------------------------------------------------------------------------

/** What `reduce` of scatter may be. */
const enum Reduce {
  Sum = 0,
  Prod = 1,
  Mean = 2,
  Max = 3,
  Min = 4,
}

function checkScatter(input: Tensor, dim: i32, index: Tensor, src: Tensor | null): void {
  if (index.numel > 0) checkLong("scatter", index);
  if (src !== null && src.dtype != input.dtype) {
    fail(ErrorKind.Runtime, "scatter(): Expected self.dtype to be equal to src.dtype");
  }
  if (index.numel == 0) return;
  const ndim = max<i32>(input.ndim, 1);
  if (ndim != max<i32>(index.ndim, 1)) {
    fail(ErrorKind.Runtime, "Index tensor must have the same number of dimensions as self tensor");
  }
  if (src !== null && ndim != max<i32>(src.ndim, 1)) {
    fail(ErrorKind.Runtime, "Index tensor must have the same number of dimensions as src tensor");
  }
  let fits = true;
  for (let d = 0; d < <i32>index.ndim; d++) {
    const size = index.shape(d);
    if (d != dim && size > (input.ndim > 0 ? input.shape(d) : 1)) fits = false;
    if (src !== null && size > (src.ndim > 0 ? src.shape(d) : 1)) fits = false;
  }
  if (!fits) {
    msg("Expected index ");
    msgShape(index);
    msg(" to be smaller than self ");
    msgShape(input);
    msg(" apart from dimension ");
    msgInt(dim);
    if (src !== null) {
      msg(" and to be smaller size than src ");
      msgShape(src);
    }
    raise(ErrorKind.Runtime);
  }
}

/** `src` cut to the shape of `index`. */
function cutTo(src: Tensor, index: Tensor): Tensor {
  const view = openView(src, src.ndim);
  for (let d = 0; d < <i32>src.ndim; d++) {
    view.setShape(d, index.shape(d));
    view.setStride(d, src.stride(d));
  }
  return sealView(view);
}

/** Whether a scatter along the last dim writes to all rows of what `input` is copied to, so that the kernel may copy them. */
function hasAllRows(input: Tensor, index: Tensor, dim: i32): bool {
  const last = <i32>input.ndim - 1;
  if (input.device != Device.Cpu || last < 1 || dim != last || index.numel == 0 || input.stride(last) != 1)
    return false;
  for (let d = 0; d < last; d++) if (index.shape(d) != input.shape(d)) return false;
  return true;
}

/** `input` with `source` written to where `index` says. */
function scattered(input: Tensor, source: Tensor, index: Tensor, dim: i32, mode: i32): Tensor {
  if (!hasAllRows(input, index, dim)) {
    const out = copyOf(input);
    scatterInto(out, source, index, dim, mode);
    return out;
  }
  const out = empty(shapeOf(input), input.dtype, input.device);
  scatterInto(out, source, index, dim, mode, input);
  return out;
}

function scatterInto(
  out: Tensor,
  source: Tensor,
  index: Tensor,
  dim: i32,
  mode: i32,
  before: Tensor | null = null,
): void {
  if (index.numel == 0) return;
  const to = atLeast1d(out);
  const from = cutTo(atLeast1d(source), atLeast1d(index));
  runScatter(to, from, atLeast1d(index), dim, mode, -1, Fault.GatherIndex | Fault.FromFront, before);
  if (metIndexOutside()) checkRange(index, 0, to.shape(dim), dim, ErrorKind.Runtime, "");
}

function checkArithmetic(op: string, dtype: i32): void {
  if (!isComplex(dtype)) return;
  msg('"');
  msg(op);
  msg("\" not implemented for '");
  msgDType(dtype);
  msg("'");
  raise(ErrorKind.Runtime);
}

/** reduce: -1 none, 0 add, 1 multiply */
export function scatter(input: Tensor, dim: i32, index: Tensor, src: Tensor, reduce: i32): Tensor {
  dim = wrapDim(dim, input.ndim);
  const isValue = src.has(Flag.Wrapped);
  checkScatter(input, dim, index, isValue ? null : src);
  if (reduce >= 0) checkArithmetic("scatter", input.dtype);
  const source = isValue ? repeated(src, input, shapeOf(index)) : src;
  const mode = reduce < 0 ? ScatterMode.Assign : reduce == 0 ? ScatterMode.Add : ScatterMode.Mul;
  return scattered(input, source, index, dim, mode);
}

export function scatterAdd(input: Tensor, dim: i32, index: Tensor, src: Tensor): Tensor {
  dim = wrapDim(dim, input.ndim);
  checkScatter(input, dim, index, src);
  checkArithmetic("scatter_add", input.dtype);
  return scattered(input, src, index, dim, ScatterMode.Add);
}

function modeOf(reduce: i32): i32 {
  switch (reduce) {
    case Reduce.Prod:
      return ScatterMode.Mul;
    case Reduce.Max:
      return ScatterMode.Max;
    case Reduce.Min:
      return ScatterMode.Min;
    default:
      return ScatterMode.Add;
  }
}

export function scatterReduce(
  input: Tensor,
  dim: i32,
  index: Tensor,
  src: Tensor,
  reduce: i32,
  includeSelf: bool,
): Tensor {
  dim = wrapDim(dim, input.ndim);
  checkScatter(input, dim, index, src);
  checkArithmetic("scatter_reduce", input.dtype);
  const out = copyOf(input);
  if (!includeSelf) {
    // amax and amin may start from any of their operands, sums and products from the neutral element
    if (reduce >= Reduce.Max) scatterInto(out, src, index, dim, ScatterMode.Assign);
    else {
      const neutral = fillWith(empty(newInts(0), input.dtype, input.device), reduce == Reduce.Prod ? 1 : 0);
      scatterInto(out, rawExpand(neutral, shapeOf(index)), index, dim, ScatterMode.Assign);
    }
  }
  scatterInto(out, src, index, dim, modeOf(reduce));
  if (reduce != Reduce.Mean) return out;
  const one = fillWith(empty(newInts(0), input.dtype, input.device), 1);
  const counts = fillWith(empty(shapeOf(input), input.dtype, input.device), 1);
  const ones = rawExpand(one, shapeOf(index));
  if (!includeSelf) {
    const zero = fillWith(empty(newInts(0), input.dtype, input.device), 0);
    scatterInto(counts, rawExpand(zero, shapeOf(index)), index, dim, ScatterMode.Assign);
  }
  scatterInto(counts, ones, index, dim, ScatterMode.Add);
  return isFloating(input.dtype) ? ops.div(out, counts) : ops.div(out, counts, 1);
}

// ---- by a vector of indices --------------------------------------------------------------------------------------

function checkVector(op: string, index: Tensor): void {
  if (index.ndim <= 1) return;
  msg(op);
  msg(": Index is supposed to be a vector, but got dim: ");
  msgInt(index.ndim);
  raise(ErrorKind.Index);
}

function checkSameDType(op: string, input: Tensor, source: Tensor): void {
  if (input.dtype == source.dtype) return;
  msg(op);
  msg(": self and source expected to have the same dtype, but got (self) ");
  msgDType(input.dtype);
  msg(" and (source) ");
  msgDType(source.dtype);
  raise(ErrorKind.Runtime);
}

/** Raises unless `source` is `input` with as many slices along `dim` as there are indices. */
function checkSlices(op: string, input: Tensor, dim: i32, index: Tensor, source: Tensor): void {
  if (source.ndim == 0 && index.numel != 1) {
    msg(op);
    msg(": When source is scalar, index should have one element (got ");
    msgInt(index.numel);
    msg(")");
    raise(ErrorKind.Index);
  }
  let fits = source.ndim == input.ndim || source.ndim == 0 || input.ndim == 0;
  if (source.ndim == input.ndim) {
    for (let d = 0; d < <i32>source.ndim; d++) {
      if (source.shape(d) != (d == dim ? index.numel : input.shape(d))) fits = false;
    }
  }
  if (fits) return;
  msg(op);
  msg(": Number of indices (");
  msgInt(index.numel);
  msg(") should be equal to source.size(dim) (");
  msgInt(source.ndim > 0 && dim < <i32>source.ndim ? source.shape(dim) : 1);
  msg("), and the other sizes of source ");
  msgShape(source);
  msg(" to those of self ");
  msgShape(input);
  raise(ErrorKind.Index);
}

function alongInto(out: Tensor, source: Tensor, index: Tensor, dim: i32, mode: i32, fault: i32): void {
  const to = atLeast1d(out);
  const along = alongDim(asIndex(index), to, dim);
  const from = atLeast1d(source);
  const slices = from.ndim == to.ndim ? from : rawExpand(from, shapeOf(along));
  runScatter(to, slices, along, dim, mode, -1, fault | Fault.FromFront);
}

function checkSelf(index: Tensor, input: Tensor, dim: i32): void {
  if (hasBadIndex(asIndex(index), 0, input.ndim > 0 ? input.shape(dim) : 1)) {
    fail(ErrorKind.Index, "index out of range in self");
  }
}

export function indexAdd(input: Tensor, dim: i32, index: Tensor, source: Tensor, alpha: Scalar): Tensor {
  dim = wrapDim(dim, input.ndim);
  checkVector("index_add_()", index);
  checkIntegers("index_add_()", index);
  if (input.dtype != source.dtype) {
    msg("index_add_(): self (");
    msgDType(input.dtype);
    msg(") and source (");
    msgDType(source.dtype);
    msg(") must have the same scalar type");
    raise(ErrorKind.Runtime);
  }
  checkSlices("index_add_()", input, dim, index, source);
  checkSelf(index, input, dim);
  checkArithmetic("index_add", input.dtype);
  const out = copyOf(input);
  const scaled =
    alpha.f == 1 ? source : ops.mul(source, fillWithScalar(empty(newInts(0), input.dtype, input.device), alpha));
  alongInto(out, scaled, index, dim, ScatterMode.Add, Fault.EmbeddingIndex);
  return out;
}

export function indexCopy(input: Tensor, dim: i32, index: Tensor, source: Tensor): Tensor {
  dim = wrapDim(dim, input.ndim);
  if (index.ndim > 1) {
    msg("index_copy_(): Index should have dimension 1 or 0 (got ");
    msgInt(index.ndim);
    msg(")");
    raise(ErrorKind.Index);
  }
  if (index.dtype != DType.Int64) fail(ErrorKind.Runtime, "index_copy_(): Expected a long tensor for index");
  checkSameDType("index_copy_()", input, source);
  checkSlices("index_copy_()", input, dim, index, source);
  checkRange(index, 0, input.ndim > 0 ? input.shape(dim) : 1, dim, ErrorKind.Index, "index_copy_(): ");
  const out = copyOf(input);
  alongInto(out, source, index, dim, ScatterMode.Assign, Fault.IndexCopy);
  return out;
}

export function indexFill(input: Tensor, dim: i32, index: Tensor, value: Tensor): Tensor {
  if (value.ndim != 0) {
    msg("index_fill_ only supports a 0-dimensional value tensor, but got tensor with ");
    msgInt(value.ndim);
    msg(" dimension(s).");
    raise(ErrorKind.Runtime);
  }
  dim = wrapDim(dim, input.ndim);
  if (index.dtype != DType.Int64) fail(ErrorKind.Index, "index_fill_(): Expected dtype int64 for index.");
  if (index.ndim > 1) fail(ErrorKind.Runtime, "Index has to be a vector/scalar");
  const size = input.ndim > 0 ? input.shape(dim) : 1;
  checkRange(index, -(<i64>size), size, dim, ErrorKind.Index, "");
  const out = copyOf(input);
  const to = atLeast1d(out);
  const along = alongDim(index, to, dim);
  runScatter(to, repeated(value, input, shapeOf(along)), along, dim, ScatterMode.Assign, -1, Fault.Index);
  return out;
}

/** Composite: scatterReduce with one index for a whole slice. reduce: 0 prod, 1 mean, 2 amax, 3 amin. */
export function indexReduce(
  input: Tensor,
  dim: i32,
  index: Tensor,
  source: Tensor,
  reduce: i32,
  includeSelf: bool,
): Tensor {
  dim = wrapDim(dim, input.ndim);
  checkVector("index_reduce_()", index);
  checkIntegers("index_reduce_()", index);
  checkSameDType("index_reduce_()", input, source);
  checkSlices("index_reduce_()", input, dim, index, source);
  checkSelf(index, input, dim);
  const along = alongDim(asIndex(index), atLeast1d(source), dim);
  const from = input.ndim == 0 ? ops.reshape(input, ints1(1)) : input;
  const slices = source.ndim == 0 ? ops.reshape(source, ints1(1)) : source;
  const out = ops.scatterReduce(from, dim, along, slices, reduce + 1, includeSelf);
  return input.ndim == 0 ? ops.reshape(out, newInts(0)) : out;
}

// ---- flat --------------------------------------------------------------------------------------------------------

export function put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool): Tensor {
  if (index.dtype != DType.Int64) {
    msg("put_(): Expected a long tensor for index, but got ");
    msgDType(index.dtype);
    raise(ErrorKind.Runtime);
  }
  if (input.dtype != source.dtype) {
    msg("put_(): self and source expected to have the same dtype, but got self.dtype = ");
    msgDType(input.dtype);
    msg(" and source.dtype = ");
    msgDType(source.dtype);
    raise(ErrorKind.Runtime);
  }
  if (index.numel != source.numel) {
    msg("put_(): Expected source and index to have the same number of elements, but got source.numel() = ");
    msgInt(source.numel);
    msg(", index.numel() = ");
    msgInt(index.numel);
    raise(ErrorKind.Runtime);
  }
  checkFlatRange(index, input.numel);
  if (accumulate) checkArithmetic("put_", input.dtype);
  const out = copyOf(input);
  runScatter(
    rawView(out, ints1(out.numel))!,
    rawView(rawContiguous(source), ints1(source.numel))!,
    rawView(rawContiguous(index), ints1(index.numel))!,
    0,
    accumulate ? ScatterMode.Add : ScatterMode.Assign,
    -1,
    Fault.FlatIndex,
  );
  return out;
}

// ---- masks and several index tensors -----------------------------------------------------------------------------

export function maskedScatter(input: Tensor, mask: Tensor, source: Tensor): Tensor {
  if (input.dtype != source.dtype) {
    msg("masked_scatter: expected self and source to have same dtypes but got ");
    msgDType(input.dtype);
    msg(" and ");
    msgDType(source.dtype);
    raise(ErrorKind.Runtime);
  }
  if (mask.dtype != DType.Bool && mask.dtype != DType.Uint8) {
    msg("masked_scatter: expected BoolTensor or ByteTensor but got ");
    msgDType(mask.dtype);
    raise(ErrorKind.Runtime);
  }
  const flags = rawExpand(mask, shapeOf(input));
  if (flags.device == Device.Cpu && countOf(flags) > source.numel) {
    fail(ErrorKind.Runtime, "Number of elements of source < number of ones in mask");
  }
  const out = copyOf(input);
  const values = rawContiguous(source);
  begin(Kernel.MaskedScatter);
  addOperand(out);
  addOperand(flags);
  addOperand(values);
  run(out.device);
  return out;
}

export function indexPut(input: Tensor, indices: Tensors, values: Tensor, accumulate: bool): Tensor {
  if (values.has(Flag.Wrapped)) values = rawToDType(values, input.dtype);
  if (values.ndim == 0 && values.device == Device.Cpu) values = rawToDevice(values, input.device);
  if (values.dtype != input.dtype) {
    msg("Index put requires the source and destination dtypes match, got ");
    msgDType(input.dtype);
    msg(" for the destination and ");
    msgDType(values.dtype);
    msg(" for the source.");
    raise(ErrorKind.Runtime);
  }
  if (accumulate && isComplex(input.dtype)) {
    return viewAsComplex(indexPut(rawViewAsReal(input), indices, rawViewAsReal(values), true));
  }
  if (accumulate) checkArithmetic("index_put_", input.dtype);
  if (input.device != Device.Cpu && values.numel == 1) {
    // one value for all that a mask selects: they need not be counted, which would be a wait
    const mask = onlyMask(input, indices);
    if (mask !== null && values.ndim <= 1) {
      const value = rawView(values, newInts(0))!;
      const flags = rawToDevice(mask, input.device);
      return ops.where(flags, accumulate ? ops.add(input, value) : value, input);
    }
  }
  const out = copyOf(input);
  const g = indexedGeometry(out, indices);
  const source = fitValues(values, g.shape);
  if (g.index.numel == 0) return out;
  begin(Kernel.Scatter);
  addOperand(g.base);
  addOperand(source);
  addOperand(g.index);
  args.setInt(0, g.step);
  args.setInt(1, g.size);
  args.setInt(2, accumulate ? ScatterMode.Add : ScatterMode.Assign);
  args.setInt(3, -1);
  args.setInt(4, g.fault);
  args.setInt(5, g.dim);
  run(out.device);
  return out;
}

/** `values` broadcast to the result of indexing. */
function fitValues(values: Tensor, shape: Ints): Tensor {
  const lead = shape.length - <i32>values.ndim;
  let fits = lead >= 0;
  for (let d = 0; fits && d < <i32>values.ndim; d++) {
    fits = values.shape(d) == 1 || values.shape(d) == shape.get(d + lead);
  }
  if (!fits) {
    msg("shape mismatch: value tensor of shape ");
    msgShape(values);
    msg(" cannot be broadcast to indexing result of shape ");
    msgInts(shape);
    raise(ErrorKind.Runtime);
  }
  return rawExpand(values, shape);
}
