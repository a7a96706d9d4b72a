// Sorting, selection, search and what is made of them.
import * as ops from "../gen/ops";
import { args } from "../dispatch/args";
import { resultAt, setResult } from "../dispatch/entry";
import { Device } from "../dispatch/device";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import { Select } from "../kernels/sort";
import { sortWorkspace } from "../kernels/sortKeys";
import { wrapDim } from "../tensor/broadcast";
import { empty, fillWith, full, rawContiguous, zeros } from "../tensor/create";
import { DType, isComplex } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgInt, raise } from "../tensor/error";
import { NONE, ints1, newInts, shapeOf } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { refuseBool } from "./reduction";
import { rawSelect, rawTranspose, rawView } from "../tensor/views";
import { range } from "./factories";
import { atLeast1d, shapeWith } from "./indices";
import { valueOf } from "../tensor/transfer";

/** `input` as contiguous rows along `dim`. */
function asRows(input: Tensor, dim: i32): Tensor {
  return rawContiguous(rawTranspose(input, dim, <i32>input.ndim - 1));
}

/** Rows back to a contiguous tensor with `dim` in its place. */
function fromRows(rows: Tensor, dim: i32): Tensor {
  return rawContiguous(rawTranspose(rows, dim, <i32>rows.ndim - 1));
}

function refuseComplex(op: string, input: Tensor): void {
  if (!isComplex(input.dtype)) return;
  msg('"');
  msg(op);
  msg("\" not implemented for '");
  msgDType(input.dtype);
  msg("'");
  raise(ErrorKind.Runtime);
}

/** Runs a kernel of kernels/sort.ts that gives `keep` values and indices for every row. */
function runRows(kernel: i32, rows: Tensor, keep: i32, second: i32, third: i32): Tensor {
  const n = rows.shape(<i32>rows.ndim - 1);
  const shape = shapeWith(rows, <i32>rows.ndim - 1, keep);
  const values = empty(shape, rows.dtype, rows.device);
  const indices = empty(shape, DType.Int64, rows.device);
  if (rows.numel > 0 && keep > 0) {
    begin(kernel);
    addOperand(values);
    addOperand(indices);
    addOperand(rows);
    args.setInt(0, n);
    args.setInt(1, second);
    args.setInt(2, third);
    if (rows.device == Device.Cpu) workspace(sortWorkspace(n));
    run(rows.device);
  }
  setResult(1, indices);
  return values;
}

/** Hands out both results of runRows in the input's own order of dims. */
function finish(values: Tensor, indices: Tensor, input: Tensor, dim: i32, keepdim: bool): Tensor {
  values = fromRows(values, dim);
  indices = fromRows(indices, dim);
  if (input.ndim == 0 || !keepdim) {
    const shape = newInts(input.ndim == 0 ? 0 : <i32>input.ndim - 1);
    for (let d = 0; d < shape.length; d++) shape.set(d, values.shape(d < dim ? d : d + 1));
    values = rawView(values, shape)!;
    indices = rawView(indices, shape)!;
  }
  setResult(0, values);
  setResult(1, indices);
  return values;
}

export function sort(input: Tensor, dim: i32, descending: bool, stable: bool): Tensor {
  refuseComplex("sort", input);
  dim = wrapDim(dim, input.ndim);
  const rows = asRows(atLeast1d(input), dim);
  const values = runRows(Kernel.Sort, rows, rows.shape(<i32>rows.ndim - 1), i32(descending), 0);
  return finish(values, resultAt(1), input, dim, true);
}

export function argsort(input: Tensor, dim: i32, descending: bool, stable: bool): Tensor {
  sort(input, dim, descending, stable);
  return resultAt(1);
}

export function msort(input: Tensor): Tensor {
  return ops.sort(input, 0, false, false);
}

export function topk(input: Tensor, k: i32, dim: i32, largest: bool, sorted: bool): Tensor {
  refuseComplex("topk", input);
  dim = wrapDim(dim, input.ndim);
  const from = atLeast1d(input);
  if (k < 0 || k > from.shape(dim)) fail(ErrorKind.Runtime, "selected index k out of range");
  const values = runRows(Kernel.Topk, asRows(from, dim), k, i32(largest), k);
  return finish(values, resultAt(1), input, dim, true);
}

/** One value and index a row of `dim`. */
function selectAlong(kernel: i32, input: Tensor, dim: i32, keepdim: bool, which: i32, k: i32): Tensor {
  const values = runRows(kernel, asRows(atLeast1d(input), dim), 1, which, k);
  return finish(values, resultAt(1), input, dim, keepdim);
}

function requireElements(op: string, input: Tensor, dim: i32): void {
  if (input.ndim == 0 || input.shape(dim) > 0) return;
  msg(op);
  msg("(): Expected reduction dim ");
  msgInt(dim);
  msg(" to have non-zero size.");
  raise(ErrorKind.Index);
}

export function kthvalue(input: Tensor, k: i32, dim: i32, keepdim: bool): Tensor {
  refuseComplex("kthvalue", input);
  dim = wrapDim(dim, input.ndim);
  const size = input.ndim > 0 ? input.shape(dim) : 1;
  if (k < 1 || k > size) {
    if (size == 0) requireElements("kthvalue", input, dim);
    msg("kthvalue(): selected number k out of range for dimension ");
    msgInt(dim);
    raise(ErrorKind.Runtime);
  }
  return selectAlong(Kernel.Select, input, dim, keepdim, Select.Kth, k);
}

export function medianDim(input: Tensor, dim: i32, keepdim: bool): Tensor {
  refuseComplex("median", input);
  refuseBool("median", input);
  dim = wrapDim(dim, input.ndim);
  requireElements("median", input, dim);
  return selectAlong(Kernel.Select, input, dim, keepdim, Select.Median, 0);
}

export function nanmedianDim(input: Tensor, dim: i32, keepdim: bool): Tensor {
  refuseComplex("nanmedian", input);
  refuseBool("median", input);
  dim = wrapDim(dim, input.ndim);
  requireElements("nanmedian", input, dim);
  return selectAlong(Kernel.Select, input, dim, keepdim, Select.NanMedian, 0);
}

/** The median of all elements, 0-d; its position is result 1. */
function medianOf(input: Tensor, which: i32): Tensor {
  if (input.numel == 0) {
    setResult(1, empty(newInts(0), DType.Int64, input.device));
    const none = fillWith(empty(newInts(0), input.dtype, input.device), NaN);
    setResult(0, none);
    return none;
  }
  const line = rawView(rawContiguous(input), ints1(input.numel))!;
  const values = rawView(runRows(Kernel.Select, line, 1, which, 0), newInts(0))!;
  setResult(1, rawView(resultAt(1), newInts(0))!);
  setResult(0, values);
  return values;
}

export function medianAll(input: Tensor): Tensor {
  refuseComplex("median", input);
  refuseBool("median", input);
  return medianOf(input, Select.Median);
}

export function nanmedianAll(input: Tensor): Tensor {
  refuseComplex("nanmedian", input);
  refuseBool("median", input);
  return medianOf(input, Select.NanMedian);
}

export function mode(input: Tensor, dim: i32, keepdim: bool): Tensor {
  refuseComplex("mode", input);
  dim = wrapDim(dim, input.ndim);
  requireElements("mode", input, dim);
  return selectAlong(Kernel.Mode, input, dim, keepdim, 0, 0);
}

// ---- unique ------------------------------------------------------------------------------------------------------

/** Rows [n, length] of `dim`, or of single elements without a dim. */
function rowsOf(input: Tensor, dim: i32): Tensor {
  if (dim == NONE) return rawView(rawContiguous(input), ints1(input.numel))!;
  return rawContiguous(rawTranspose(input, 0, dim));
}

/**
 * The distinct rows, the number of its row for every row of the input, and how often each occurs. Sorted, or in the order
 * of consecutive runs.
 */
function uniqueOf(input: Tensor, dim: i32, sorted: bool): Tensor {
  refuseComplex("unique", input);
  if (dim != NONE) {
    dim = wrapDim(dim, input.ndim);
    for (let d = 0; d < <i32>input.ndim; d++) {
      if (d != dim && input.shape(d) == 0) {
        fail(ErrorKind.Runtime, "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied");
      }
    }
    if (input.ndim == 0) dim = NONE;
  }
  const rows = rowsOf(input, dim);
  const n = rows.shape(0);
  const length = n > 0 ? rows.numel / n : 1;
  const line = ints1(n);
  let order = range(n, input.device);
  if (sorted && n > 0) {
    order = empty(line, DType.Int64, input.device);
    begin(Kernel.Lexsort);
    addOperand(order);
    addOperand(rows);
    args.setInt(0, n);
    args.setInt(1, length);
    if (input.device == Device.Cpu) workspace(sortWorkspace(n));
    run(input.device);
  }
  const runs = empty(line, DType.Int64, input.device);
  if (n > 0) {
    begin(Kernel.NumberRuns);
    addOperand(runs);
    addOperand(rows);
    addOperand(order);
    args.setInt(0, n);
    args.setInt(1, length);
    run(input.device);
  }
  const count = n > 0 ? <i32>valueOf(rawSelect(runs, 0, n - 1)) + 1 : 0;
  const inverse = ops.scatter(empty(line, DType.Int64, input.device), 0, order, runs);
  const counts = ops.scatterAdd(
    zeros(ints1(count), DType.Int64, input.device),
    0,
    runs,
    full(line, 1, DType.Int64, input.device),
  );
  // of equal rows the first in order: -0 and 0 are equal, and PyTorch keeps the first
  const first = ops.gather(order, 0, ops.searchsorted(runs, range(count, input.device)));
  let values = ops.indexSelect(rows, 0, first);
  if (dim != NONE) values = rawContiguous(rawTranspose(values, 0, dim));
  setResult(0, values);
  setResult(1, dim == NONE ? rawView(inverse, shapeOf(input))! : inverse);
  setResult(2, counts);
  return values;
}

export function unique(input: Tensor, dim: i32): Tensor {
  return uniqueOf(input, dim, true);
}

export function uniqueConsecutive(input: Tensor, dim: i32): Tensor {
  return uniqueOf(input, dim, false);
}
