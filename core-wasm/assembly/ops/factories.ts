// Tensors from nothing: constants, ranges, identity matrices, index triangles.
import * as ops from "../gen/ops";
import { args } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run } from "../dispatch/run";
import { Range } from "../kernels/range";
import { defaultDType } from "../tensor/broadcast";
import { empty, emptyPreserving, fillWith, fillWithScalar, full as filled, rawToDType, zeros } from "../tensor/create";
import { DType, NO_DTYPE, isFloating, isIntegral } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgFloat, msgInt, raise } from "../tensor/error";
import { Ints, NONE, ints1, ints2, newInts } from "../tensor/ints";
import { Scalar, ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { rawToDevice } from "../tensor/transfer";
import { rawAsStrided, rawTranspose } from "../tensor/views";

/** The dtype of a tensor filled with a number. */
function dtypeOf(value: Scalar, dtype: i32): i32 {
  if (dtype != NO_DTYPE) return dtype;
  return value.kind == ScalarKind.Bool ? DType.Bool : value.kind == ScalarKind.Int ? DType.Int64 : defaultDType;
}

function floatDType(dtype: i32): i32 {
  return dtype == NO_DTYPE ? defaultDType : dtype;
}

export function full(size: Ints, fillValue: Scalar, dtype: i32, device: i32): Tensor {
  return fillWithScalar(empty(size, dtypeOf(fillValue, dtype), device), fillValue);
}

export function fullLike(input: Tensor, fillValue: Scalar, dtype: i32, device: i32): Tensor {
  return fillWithScalar(emptyLike(input, dtype, device), fillValue);
}

export function emptyLike(input: Tensor, dtype: i32, device: i32): Tensor {
  const type = dtype == NO_DTYPE ? <i32>input.dtype : dtype;
  if (device < 0 || device == <i32>input.device) return emptyPreserving(input, type);
  const shape = newInts(input.ndim);
  for (let i = 0; i < shape.length; i++) shape.set(i, input.shape(i));
  return empty(shape, type, device);
}

export function emptyStrided(size: Ints, stride: Ints, dtype: i32, device: i32): Tensor {
  let elements = 1;
  for (let i = 0; i < min(size.length, stride.length); i++) {
    if (size.get(i) == 0) elements = 0;
    else if (elements > 0) elements += (size.get(i) - 1) * stride.get(i);
  }
  return rawAsStrided(empty(ints1(elements), floatDType(dtype), device), size, stride, 0);
}

export function scalarTensor(value: Scalar, dtype: i32, device: i32): Tensor {
  return fillWithScalar(empty(newInts(0), dtype == NO_DTYPE ? defaultDType : dtype, device), value);
}

/** What fill_ writes: a 0-d value, as the tensor's dtype and shape have it. */
export function fill(input: Tensor, value: Tensor | null): Tensor {
  if (value === null) {
    fail(ErrorKind.Type, 'fill_() missing 1 required positional arguments: "value"');
    return input;
  }
  if (value.ndim != 0) {
    msg("fill_ only supports 0-dimension value tensor but got tensor with ");
    msgInt(value.ndim);
    msg(" dimensions.");
    raise(ErrorKind.Runtime);
  }
  return ops.expandAs(ops.to(value, input.dtype), input);
}

export function zero(input: Tensor): Tensor {
  return filled(newInts(0), 0, input.dtype, input.device);
}

// ---- ranges ------------------------------------------------------------------------------------------------------

function runRange(out: Tensor, which: i32, start: f64, second: f64, base: f64): Tensor {
  begin(Kernel.Range);
  addOperand(out);
  args.setInt(0, which);
  args.setParam(0, start);
  args.setParam(1, second);
  args.setParam(2, base);
  run(out.device);
  return out;
}

function runIntegerRange(out: Tensor, start: i64, step: i64): Tensor {
  begin(Kernel.Range);
  addOperand(out);
  args.setInt(2, <i32>start);
  args.setInt(3, <i32>(start >> 32));
  args.setInt(4, <i32>step);
  args.setInt(5, <i32>(step >> 32));
  run(out.device);
  return out;
}

/** 0, 1, … n-1 as int64. */
export function range(n: i32, device: i32): Tensor {
  return runIntegerRange(empty(ints1(n), DType.Int64, device), 0, 1);
}

/** Memory for a range of floats: the CPU's, which has double precision, whatever device the range is for. */
function unsettled(shape: Ints, dtype: i32, device: i32): Tensor {
  return empty(shape, dtype, device == Device.Null ? device : Device.Cpu);
}

function settled(range: Tensor, dtype: i32, device: i32): Tensor {
  return rawToDevice(rawToDType(range, dtype), device);
}

function checkRange(start: Scalar, end: Scalar, step: Scalar): void {
  if (step.f == 0 || step.f != step.f) fail(ErrorKind.Runtime, "step must be nonzero");
  if (!isFinite(start.f) || !isFinite(end.f)) {
    msg("unsupported range: ");
    msgFloat(start.f);
    msg(" -> ");
    msgFloat(end.f);
    raise(ErrorKind.Runtime);
  }
  if (step.f > 0 ? start.f > end.f : start.f < end.f) {
    fail(ErrorKind.Runtime, "upper bound and larger bound inconsistent with step sign");
  }
}

/** `count` elements from `start`, computed in int64 or in double precision as the dtype asks. */
function sequence(count: f64, start: Scalar, step: Scalar, dtype: i32, device: i32): Tensor {
  if (count > 2147483647) fail(ErrorKind.Runtime, "invalid size, possible overflow?");
  const n = ints1(<i32>max(count, 0));
  if (isIntegral(dtype, true)) {
    return rawToDType(runIntegerRange(empty(n, DType.Int64, device), start.i, step.i), dtype);
  }
  const wide = dtype == DType.Float64 ? DType.Float64 : DType.Float32;
  return settled(runRange(unsettled(n, wide, device), Range.Arange, start.f, step.f, 0), dtype, device);
}

export function arange(start: Scalar, end: Scalar, step: Scalar, dtype: i32, device: i32): Tensor {
  checkRange(start, end, step);
  const isFloat = start.kind == ScalarKind.Float || end.kind == ScalarKind.Float || step.kind == ScalarKind.Float;
  const type = dtype == NO_DTYPE ? (isFloat ? defaultDType : DType.Int64) : dtype;
  const count =
    type == DType.Int64 ? Math.ceil(<f64>(end.i - start.i) / <f64>step.i) : Math.ceil((end.f - start.f) / step.f);
  return sequence(count, start, step, type, device);
}

/** torch.range: the end is included. */
export function closedRange(start: Scalar, end: Scalar, step: Scalar, dtype: i32, device: i32): Tensor {
  checkRange(start, end, step);
  return sequence(Math.floor((end.f - start.f) / step.f) + 1, start, step, floatDType(dtype), device);
}

function line(which: i32, start: Scalar, end: Scalar, steps: i32, base: f64, dtype: i32, device: i32): Tensor {
  if (steps < 0) fail(ErrorKind.Runtime, "number of steps must be non-negative");
  const type = floatDType(dtype);
  let from = start.f;
  let until = end.f;
  let wide = DType.Float64;
  if (!isFloating(type)) {
    // of integers the ends are cut first, then every element is
    from = Math.trunc(from);
    until = Math.trunc(until);
  } else if (type != DType.Float64) wide = DType.Float32;
  return settled(runRange(unsettled(ints1(steps), wide, device), which, from, until, base), type, device);
}

export function linspace(start: Scalar, end: Scalar, steps: i32, dtype: i32, device: i32): Tensor {
  return line(Range.Linspace, start, end, steps, 0, dtype, device);
}

export function logspace(start: Scalar, end: Scalar, steps: i32, base: f64, dtype: i32, device: i32): Tensor {
  return line(Range.Logspace, start, end, steps, base, dtype, device);
}

// ---- matrices ----------------------------------------------------------------------------------------------------

function checkSide(name: string, value: i32): void {
  if (value >= 0) return;
  msg(name);
  msg(" must be greater or equal to 0, got ");
  msgInt(value);
  raise(ErrorKind.Runtime);
}

export function eye(n: i32, m: i32, dtype: i32, device: i32): Tensor {
  checkSide("n", n);
  if (m == NONE) m = n;
  checkSide("m", m);
  const out = zeros(ints2(n, m), floatDType(dtype), device);
  fillWith(rawAsStrided(out, ints1(min(n, m)), ints1(m + 1), 0), 1);
  return out;
}

/** The positions of the lower or upper triangle of a matrix as two rows: their rows and their columns. */
function triangleIndices(row: i32, column: i32, offset: i32, upper: bool, dtype: i32, device: i32): Tensor {
  checkSide("row", row);
  checkSide("col", column);
  const ones = filled(ints2(row, column), 1, DType.Bool, Device.Cpu);
  const pairs = ops.nonzero(upper ? ops.triu(ones, offset) : ops.tril(ones, offset));
  return settled(ops.contiguous(rawTranspose(pairs, 0, 1)), dtype == NO_DTYPE ? DType.Int64 : dtype, device);
}

export function trilIndices(row: i32, col: i32, offset: i32, dtype: i32, device: i32): Tensor {
  return triangleIndices(row, col, offset, false, dtype, device);
}

export function triuIndices(row: i32, col: i32, offset: i32, dtype: i32, device: i32): Tensor {
  return triangleIndices(row, col, offset, true, dtype, device);
}
