// Broadcasting, dimension wrapping, and the result dtype of several operands.
import { DType, NO_DTYPE, isComplex, isFloating, promoteTypes } from "./dtype";
import { Device } from "../dispatch/device";
import { ErrorKind, msg, msgInt, raise } from "./error";
import { Ints, newInts } from "./ints";
import { Flag, Tensor } from "./tensor";

function mismatch(a: i32, b: i32, dim: i32): void {
  msg("The size of tensor a (");
  msgInt(a);
  msg(") must match the size of tensor b (");
  msgInt(b);
  msg(") at non-singleton dimension ");
  msgInt(dim);
  raise(ErrorKind.Runtime);
}

/** Broadcasts `t`'s shape into `shape` (sizes so far); returns the new list when the rank grows, else `shape` itself, changed. */
export function broadcastInto(shape: Ints, t: Tensor): Ints {
  const ndim = <i32>t.ndim;
  if (ndim > shape.length) {
    const grown = newInts(ndim);
    const lead = ndim - shape.length;
    for (let i = 0; i < ndim; i++) grown.set(i, i < lead ? 1 : shape.get(i - lead));
    shape = grown;
  }
  const lead = shape.length - ndim;
  for (let i = shape.length - 1; i >= lead; i--) {
    const size = t.shape(i - lead);
    const have = shape.get(i);
    if (size == have || size == 1) continue;
    if (have == 1) shape.set(i, size);
    else mismatch(have, size, i);
  }
  return shape;
}

/** The shape that `a` and `b` broadcast to. Raises "The size of tensor a (3) must match …". */
export function broadcastShapes(a: Tensor, b: Tensor): Ints {
  const shape = newInts(a.ndim);
  for (let i = 0; i < <i32>a.ndim; i++) shape.set(i, a.shape(i));
  return broadcastInto(shape, b);
}

export function sameShape(a: Tensor, b: Tensor): bool {
  if (a.ndim != b.ndim) return false;
  for (let i = 0; i < <i32>a.ndim; i++) if (a.shape(i) != b.shape(i)) return false;
  return true;
}

export function hasShape(t: Tensor, shape: Ints): bool {
  if (<i32>t.ndim != shape.length) return false;
  for (let i = 0; i < shape.length; i++) if (t.shape(i) != shape.get(i)) return false;
  return true;
}

/** A dim counted from either end, as an index from the front; a 0-d tensor has the dims 0 and -1. */
export function wrapDim(dim: i32, ndim: i32): i32 {
  const range = max(ndim, 1);
  if (dim < -range || dim >= range) {
    msg("Dimension out of range (expected to be in range of [");
    msgInt(-range);
    msg(", ");
    msgInt(range - 1);
    msg("], but got ");
    msgInt(dim);
    msg(")");
    raise(ErrorKind.Index);
  }
  return dim < 0 ? dim + range : dim;
}

/** The dims as a bitset; null or an empty list means all of them. Raises when a dim appears twice. */
export function wrapDims(dims: Ints | null, ndim: i32): u32 {
  if (dims === null || dims.length == 0) return <u32>(((<u64>1) << ndim) - 1);
  let set: u32 = 0;
  for (let i = 0; i < dims.length; i++) {
    const dim = wrapDim(dims.get(i), ndim);
    if (set & (1 << dim)) {
      msg("dim ");
      msgInt(dim);
      msg(" appears multiple times in the list of dims");
      raise(ErrorKind.Runtime);
    }
    set |= 1 << dim;
  }
  return ndim == 0 ? 0 : set;
}

/** Collects the dtypes of operands by torch.result_type's rules: dimensioned tensors, then 0-d ones, then plain numbers. */
@unmanaged
export class Promotion {
  dim: i32;
  zeroDim: i32;
  number: i32;
}

const shared = changetype<Promotion>(memory.data(12, 16));

export function beginPromotion(): void {
  shared.dim = NO_DTYPE;
  shared.zeroDim = NO_DTYPE;
  shared.number = NO_DTYPE;
}

// @ts-ignore: decorator
@inline function combine(have: i32, dtype: i32): i32 {
  return have == NO_DTYPE ? dtype : promoteTypes(have, dtype);
}

export function promoteOperand(t: Tensor): void {
  const dtype = <i32>t.dtype;
  if (t.has(Flag.Wrapped)) {
    // a plain float counts as the default dtype
    shared.number = combine(shared.number, dtype == DType.Float64 ? defaultDType : dtype);
  } else if (t.ndim == 0) {
    shared.zeroDim = combine(shared.zeroDim, dtype);
  } else {
    shared.dim = combine(shared.dim, dtype);
  }
}

export let defaultDType: i32 = DType.Float32;

export function setDefaultDType(dtype: i32): void {
  defaultDType = dtype;
}

function higher(strong: i32, weak: i32): i32 {
  if (strong == NO_DTYPE) return weak;
  if (weak == NO_DTYPE) return strong;
  if (isComplex(strong)) return strong;
  if (isFloating(strong)) return isComplex(weak) ? promoteTypes(strong, weak) : strong;
  if (isFloating(weak) || isComplex(weak)) return weak;
  if (strong == DType.Bool) return weak;
  return strong;
}

export function promotedDType(): i32 {
  return higher(shared.dim, higher(shared.zeroDim, shared.number));
}

/** torch.result_type of two tensors. */
export function resultType(a: Tensor, b: Tensor): i32 {
  beginPromotion();
  promoteOperand(a);
  promoteOperand(b);
  return promotedDType();
}

/** Raises unless all operands are on one device; 0-d CPU tensors may stand beside any. Returns the device. */
export function commonDevice(a: Tensor, b: Tensor): i32 {
  if (a.device == b.device) return a.device;
  if (a.device == 0 && a.ndim == 0) return b.device;
  if (b.device == 0 && b.ndim == 0) return a.device;
  differentDevices(a.device, b.device);
  return 0;
}

export function deviceName(device: i32): string {
  return device == 0 ? "cpu" : device == 1 ? "webgpu" : "meta";
}

export function differentDevices(a: i32, b: i32): void {
  msg("Expected all tensors to be on the same device, but found at least two devices, ");
  msg(deviceName(a));
  if (a == Device.WebGpu) msg(":0");
  msg(" and ");
  msg(deviceName(b));
  if (b == Device.WebGpu) msg(":0");
  msg("!");
  raise(ErrorKind.Runtime);
}
