// What all ops that take index tensors share: checks of their dtype, shape and range, and the kernels' calls. On the CPU
// either an op looks for bad indices before it runs a kernel, or the kernel meets them (metIndexOutside) and what it wrote to
// is dropped; other devices leave bad indices out and report them later.
import { args } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run } from "../dispatch/run";
import { firstOutOfRange } from "../kernels/gather";
import { elementOffset } from "../kernels/planes";
import { rawToDType } from "../tensor/create";
import { DType } from "../tensor/dtype";
import { ErrorKind, msg, msgDType, msgInt, raise } from "../tensor/error";
import { Ints, ints1, newInts, shapeOf } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { openView, rawExpand, rawView, sealView } from "../tensor/views";

/** A 0-d tensor as one of one element, any other as it is. */
export function atLeast1d(t: Tensor): Tensor {
  return t.ndim == 0 ? rawView(t, ints1(1))! : t;
}

/** int32 and int64 indices as int64. */
export function asIndex(index: Tensor): Tensor {
  return rawToDType(index, DType.Int64);
}

/** The first index outside [low, high) goes into badIndex; false if there is none. */
export function hasBadIndex(index: Tensor, low: i64, high: i64): bool {
  if (index.device != Device.Cpu) return false;
  begin(Kernel.Gather);
  addOperand(index);
  const o = args.operand(0);
  const position = firstOutOfRange(o, low, high);
  if (position < 0) return false;
  badIndex = load<i64>(o.data + ((<usize>elementOffset(o, o, position)) << 3));
  return true;
}

/** what hasBadIndex found */
export let badIndex: i64 = 0;

/** "index 5 is out of bounds for dimension 0 with size 3" */
export function checkRange(index: Tensor, low: i64, size: i32, dim: i32, kind: i32, prefix: string): void {
  if (!hasBadIndex(index, low, size)) return;
  msg(prefix);
  msg("index ");
  msgInt(badIndex);
  msg(" is out of bounds for dimension ");
  msgInt(dim);
  msg(" with size ");
  msgInt(size);
  raise(kind);
}

/** Raises unless the index is int64: "gather(): Expected dtype int64 for index". */
export function checkLong(op: string, index: Tensor): void {
  if (index.dtype == DType.Int64) return;
  msg(op);
  msg("(): Expected dtype int64 for index");
  raise(ErrorKind.Runtime);
}

/** Raises unless the index is int32 or int64. */
export function checkIntegers(op: string, index: Tensor): void {
  if (index.dtype == DType.Int64 || index.dtype == DType.Int32) return;
  msg(op);
  msg(": Expected dtype int32/int64 for index but got: ");
  msgDType(index.dtype);
  raise(ErrorKind.Runtime);
}

/** A vector of indices repeated over the other dims of `like`: the index of a gather or scatter along `dim`. */
export function alongDim(index: Tensor, like: Tensor, dim: i32): Tensor {
  const ndim = <i32>like.ndim;
  const view = openView(index, ndim);
  for (let d = 0; d < ndim; d++) {
    view.setShape(d, d == dim ? index.numel : like.shape(d));
    view.setStride(d, d == dim && index.ndim > 0 ? index.stride(0) : 0);
  }
  return sealView(view);
}

/** out[x] = input[x with index[x] at dim]. All three have one rank, index and out one shape. */
export function runGather(out: Tensor, input: Tensor, index: Tensor, dim: i32, fault: i32): void {
  if (index.numel == 0) return;
  begin(Kernel.Gather);
  addOperand(out);
  addOperand(input);
  addOperand(index);
  args.operand(1).setStride(dim, 0);
  args.setInt(0, input.stride(dim));
  args.setInt(1, input.shape(dim));
  args.setInt(2, fault);
  args.setInt(3, dim);
  run(out.device);
}

/** out[x with index[x] at dim] = source[x], or combined with it by ScatterMode; indices equal to `skip` are left out; see the kernel for `before`. */
export function runScatter(
  out: Tensor,
  source: Tensor,
  index: Tensor,
  dim: i32,
  mode: i32,
  skip: i32,
  fault: i32,
  before: Tensor | null = null,
): void {
  if (index.numel == 0) return;
  begin(Kernel.Scatter);
  addOperand(out);
  addOperand(source);
  addOperand(index);
  if (before !== null) addOperand(before);
  args.operand(0).setStride(dim, 0);
  args.setInt(0, out.stride(dim));
  args.setInt(1, out.shape(dim));
  args.setInt(2, mode);
  args.setInt(3, skip);
  args.setInt(4, fault);
  args.setInt(5, dim);
  run(out.device);
}

/** `t` repeated to the shape of `like`. */
export function expandTo(t: Tensor, like: Tensor): Tensor {
  return rawExpand(t, shapeOf(like));
}

/** The shape of `t` with the size of `dim` replaced. */
export function shapeWith(t: Tensor, dim: i32, size: i32): Ints {
  const shape = newInts(t.ndim);
  for (let d = 0; d < <i32>t.ndim; d++) shape.set(d, d == dim ? size : t.shape(d));
  return shape;
}
