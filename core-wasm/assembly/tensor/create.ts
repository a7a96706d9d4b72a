// Making tensors. All of these hand the new reference to the pool.
import { MAX_DIMS } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { addOperand, begin, run } from "../dispatch/run";
import { args } from "../dispatch/args";
import { Kernel } from "../dispatch/kernel";
import { isInferenceMode } from "../autograd/mode";
import { autorelease } from "../memory/pool";
import { Storage, newStorage } from "../memory/storage";
import { DType, deviceItemSize, isComplex, itemSize } from "./dtype";
import { ErrorKind, msg, msgInt, msgInts, outOfMemory, raise } from "./error";
import { Ints } from "./ints";
import { Scalar, ScalarKind, scalarDType } from "./scalar";
import { Flag, Tensor, newTensor } from "./tensor";
import { copyAcross } from "./transfer";
import { rawPart, rawViewAsReal } from "./views";

/** Raises for sizes that no tensor can have; returns the number of elements. */
export function checkedNumel(shape: Ints, dtype: i32): i32 {
  if (shape.length > MAX_DIMS) {
    msg("flambeau supports tensors of up to 16 dimensions, but got ");
    msgInt(shape.length);
    raise(ErrorKind.Runtime);
  }
  let n: f64 = 1;
  for (let i = 0; i < shape.length; i++) {
    const size = shape.get(i);
    if (size < 0) {
      msg("Trying to create tensor with negative dimension ");
      msgInt(size);
      msg(": ");
      msgInts(shape);
      raise(ErrorKind.Runtime);
    }
    n *= <f64>size;
  }
  // offsets inside a tensor are 32-bit element counts, addresses 32-bit byte counts
  if (n > 2147483647 || n * <f64>itemSize(dtype) > 4294901760) outOfMemory(n * <f64>itemSize(dtype));
  return <i32>n;
}

/** A storage for `numel` elements. Raises for dtypes that the device lacks. */
function storageFor(numel: u32, dtype: i32, device: i32): Storage {
  // the common case in integers: 16 bytes for each of so many elements are within the limit
  if (device == Device.Cpu && numel < 0x0fff0000) return newStorage(numel * <u32>itemSize(dtype), device);
  const size = deviceItemSize(dtype, device);
  if (size == 0) lacking(dtype);
  const bytes = <f64>numel * <f64>size;
  if (bytes > 4294901760) outOfMemory(bytes);
  // copies to and from WebGPU move words
  return newStorage(device == Device.WebGpu ? max((<u32>bytes + 3) & ~3, 4) : <u32>bytes, device);
}

function lacking(dtype: i32): void {
  msg("WebGPU has no ");
  msg(dtype == DType.Float16 ? "float16 on this adapter" : dtype == DType.Float64 ? "float64" : "complex numbers");
  if (!isComplex(dtype)) msg(': convert with x.to("float32") or x.float() first');
  raise(ErrorKind.Type);
}

function finish(t: Tensor): Tensor {
  if (isInferenceMode()) t.set(Flag.Inference, true);
  return autorelease(t);
}

/** An uninitialised contiguous tensor. */
export function empty(shape: Ints, dtype: i32, device: i32): Tensor {
  const n = checkedNumel(shape, dtype);
  const t = newTensor(storageFor(n, dtype, device), dtype, shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    t.setShape(i, shape.get(i));
    t.setStride(i, stride);
    stride *= max(shape.get(i), 1);
  }
  t.numel = n;
  return finish(t);
}

export function empty0(dtype: i32, device: i32): Tensor {
  return finish(newTensor(storageFor(1, dtype, device), dtype, 0));
}

/** An uninitialised contiguous tensor of `like`'s shape. */
export function emptyLike(like: Tensor, dtype: i32): Tensor {
  return emptyLikeOn(like, dtype, like.device);
}

function emptyLikeOn(like: Tensor, dtype: i32, device: i32): Tensor {
  const ndim = <i32>like.ndim;
  const t = newTensor(storageFor(like.numel, dtype, device), dtype, ndim);
  let stride = 1;
  for (let i = ndim - 1; i >= 0; i--) {
    const size = like.shape(i);
    t.setShape(i, size);
    t.setStride(i, stride);
    stride *= max(size, 1);
  }
  t.numel = like.numel;
  return finish(t);
}

/** An uninitialised tensor with `like`'s strides where `like` is dense (its memory order is kept), else contiguous. */
export function emptyPreserving(like: Tensor, dtype: i32): Tensor {
  return emptyPreservingOn(like, dtype, like.device);
}

export function emptyPreservingOn(like: Tensor, dtype: i32, device: i32): Tensor {
  const t = emptyLikeOn(like, dtype, device);
  if (!like.isContiguous() && isDense(like)) {
    for (let i = 0; i < <i32>like.ndim; i++) t.setStride(i, like.stride(i));
  }
  return t;
}

/** Whether the elements fill a piece of memory without gaps or overlap, in any order of the dims. */
export function isDense(t: Tensor): bool {
  let seen: u32 = 0;
  let expected = 1;
  const ndim = <i32>t.ndim;
  for (let i = 0; i < ndim; i++) if (t.shape(i) == 1) seen |= 1 << i;
  for (;;) {
    let found = -1;
    for (let i = 0; i < ndim; i++) {
      if (!(seen & (1 << i)) && t.stride(i) == expected) {
        found = i;
        break;
      }
    }
    if (found < 0) break;
    seen |= 1 << found;
    expected *= t.shape(found);
  }
  return seen == <u32>(((<u64>1) << ndim) - 1);
}

export function full(shape: Ints, value: f64, dtype: i32, device: i32): Tensor {
  return fillWith(empty(shape, dtype, device), value);
}

export function zeros(shape: Ints, dtype: i32, device: i32): Tensor {
  return fillWith(empty(shape, dtype, device), 0);
}

export function zerosLike(like: Tensor): Tensor {
  return fillWith(emptyLike(like, like.dtype), 0);
}

export function onesLike(like: Tensor): Tensor {
  return fillWith(emptyLike(like, like.dtype), 1);
}

/** Writes `value` into every element; no history, no version. */
export function fillWith(t: Tensor, value: f64): Tensor {
  if (isComplex(t.dtype)) {
    fillWith(rawPart(t, 0), value);
    fillWith(rawPart(t, 1), 0);
    return t;
  }
  begin(Kernel.Fill);
  addOperand(t);
  args.setParam(0, value);
  args.setInt(2, 0);
  run(t.device);
  return t;
}

/** As fillWith, exact for any int64. */
export function fillWithInt(t: Tensor, value: i64): Tensor {
  if (isComplex(t.dtype)) return fillWith(t, <f64>value);
  begin(Kernel.Fill);
  addOperand(t);
  args.setParam(0, <f64>value);
  args.setInt(0, <i32>value);
  args.setInt(1, <i32>(value >> 32));
  args.setInt(2, 1);
  run(t.device);
  return t;
}

export function fillWithScalar(t: Tensor, value: Scalar): Tensor {
  return value.kind == ScalarKind.Float ? fillWith(t, value.f) : fillWithInt(t, value.i);
}

/** A 0-d tensor. */
export function scalarTensor(value: f64, dtype: i32, device: i32): Tensor {
  return fillWith(empty0(dtype, device), value);
}

/** A 0-d CPU tensor that stands for a plain number: weak in type promotion, accepted beside any device. */
export function wrappedNumber(value: f64, kind: i32): Tensor {
  // floats are kept in float64, so that float64 programs see the number itself
  const t = empty0(kind == ScalarKind.Float ? DType.Float64 : scalarDType(kind), Device.Cpu);
  t.set(Flag.Wrapped, true);
  const p = t.dataPtr();
  if (kind == ScalarKind.Float) store<f64>(p, value);
  else if (kind == ScalarKind.Int) store<i64>(p, <i64>value);
  else store<u8>(p, value != 0 ? 1 : 0);
  return t;
}

export function wrappedInt(value: i64): Tensor {
  const t = empty0(DType.Int64, Device.Cpu);
  t.set(Flag.Wrapped, true);
  store<i64>(t.dataPtr(), value);
  return t;
}

export function wrapped(s: Scalar): Tensor {
  return s.kind == ScalarKind.Int ? wrappedInt(s.i) : wrappedNumber(s.f, s.kind);
}

/** Copies elements (with broadcast and conversion) into `target`; no history, no version. */
export function copyInto(target: Tensor, source: Tensor): void {
  if (target.dtype != source.dtype && (isComplex(target.dtype) || isComplex(source.dtype))) {
    if (!isComplex(target.dtype)) return copyInto(target, rawPart(source, 0));
    if (isComplex(source.dtype)) return copyInto(rawViewAsReal(target), rawViewAsReal(source));
    copyInto(rawPart(target, 0), source);
    fillWith(rawPart(target, 1), 0);
    return;
  }
  if (source.device != target.device) {
    copyAcross(target, source);
    return;
  }
  begin(Kernel.Copy);
  addOperand(target);
  const o = args.operand(1);
  addOperand(source);
  // broadcast the source's geometry to the target's
  const lead = <i32>target.ndim - <i32>source.ndim;
  o.ndim = target.ndim;
  o.numel = target.numel;
  for (let i = <i32>target.ndim - 1; i >= 0; i--) {
    o.setShape(i, target.shape(i));
    o.setStride(i, i < lead || source.shape(i - lead) == 1 ? 0 : source.stride(i - lead));
  }
  run(target.device);
}

/** A contiguous copy (not recorded). */
export function rawCopy(t: Tensor): Tensor {
  const copy = emptyLike(t, t.dtype);
  copyInto(copy, t);
  return copy;
}

/** `t` itself if contiguous, else a contiguous copy (not recorded). */
export function rawContiguous(t: Tensor): Tensor {
  return t.isContiguous() ? t : rawCopy(t);
}

/** `t` itself if of this dtype, else a converted contiguous copy (not recorded). */
export function rawToDType(t: Tensor, dtype: i32): Tensor {
  if (<i32>t.dtype == dtype) return t;
  const copy = emptyLike(t, dtype);
  copyInto(copy, t);
  return copy;
}

/** A second tensor over the same storage with the same geometry and no history. */
export function alias(t: Tensor): Tensor {
  const view = newTensor(t.storage, t.dtype, t.ndim);
  t.storage.retain();
  view.offset = t.offset;
  view.numel = t.numel;
  memory.copy(changetype<usize>(view) + 48, changetype<usize>(t) + 48, (<usize>t.ndim) << 3);
  view.viewVersion = t.storage.version;
  return finish(view);
}
