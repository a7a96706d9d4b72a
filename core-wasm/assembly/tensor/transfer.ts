// Tensors on their way between devices. Bytes travel as WebGPU stores them (stagedDType); conversion is the CPU's work.
import { deviceRead, deviceUpload } from "../dispatch/backend";
import { args } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run } from "../dispatch/run";
import { sameShape } from "./broadcast";
import { copyInto, emptyPreserving, emptyPreservingOn, isDense, rawContiguous, rawCopy, rawToDType } from "./create";
import { DType, deviceItemSize, stagedDType } from "./dtype";
import { ErrorKind, fail } from "./error";
import { Tensor } from "./tensor";

/** `t` itself where it is on the device, else a copy there (not recorded). */
export function rawToDevice(t: Tensor, device: i32): Tensor {
  if (<i32>t.device == device) return t;
  if (device == Device.Cpu) return readBack(t);
  const dense = isDense(t) ? t : rawContiguous(t);
  const out = emptyPreservingOn(dense, t.dtype, device);
  if (device == Device.Null) return out;
  if (t.numel == 1) copyElement(out, readBack(t));
  else upload(out, readBack(dense));
  return out;
}

/** A copy on the CPU of a tensor of any device, itself if it is there (not recorded). */
export function readBack(t: Tensor): Tensor {
  if (t.device == Device.Cpu) return t;
  if (t.device == Device.Null) fail(ErrorKind.NotImplemented, "Cannot copy out of meta tensor; no data!");
  const size = <usize>deviceItemSize(t.dtype, t.device);
  if (!isDense(t) || (<usize>t.offset * size) & 3) t = rawCopy(t);
  const host = emptyPreservingOn(t, stagedDType(t.dtype), Device.Cpu);
  // a word more than the elements need is there: the allocator's blocks are multiples of 16 bytes
  const bytes = (<usize>t.numel * size + 3) & ~3;
  if (bytes > 0) deviceRead(t.device, t.storage.data, <usize>t.offset * size, host.dataPtr(), bytes);
  return converted(host, t.dtype);
}

/** The value of a tensor with one element. */
export function valueOf(t: Tensor): f64 {
  return load<f64>(rawToDType(readBack(t), DType.Float64).dataPtr());
}

/** Copies a dense tensor into one of the same geometry on WebGPU. */
function upload(target: Tensor, source: Tensor): void {
  const size = <usize>deviceItemSize(target.dtype, target.device);
  const staged = converted(source, stagedDType(target.dtype));
  const bytes = (<usize>target.numel * size + 3) & ~3;
  if (bytes > 0) deviceUpload(target.device, target.storage.data, <usize>target.offset * size, staged.dataPtr(), bytes);
}

/** `t` in another dtype with its strides kept. */
function converted(t: Tensor, dtype: i32): Tensor {
  if (<i32>t.dtype == dtype) return t;
  const out = emptyPreserving(t, dtype);
  copyInto(out, t);
  return out;
}

/** Whether all elements are one in memory. */
function isElement(t: Tensor): bool {
  for (let i = 0; i < <i32>t.ndim; i++) if (t.shape(i) != 1 && t.stride(i) != 0) return false;
  return true;
}

/** copyInto from a CPU tensor of one element, which a device's kernel is told. */
function copyElement(target: Tensor, source: Tensor): void {
  begin(Kernel.Copy);
  addOperand(target);
  addOperand(source);
  args.operand(1).ndim = 0;
  run(target.device);
}

/** copyInto between devices. */
export function copyAcross(target: Tensor, source: Tensor): void {
  if (source.device == Device.Null) fail(ErrorKind.NotImplemented, "Cannot copy out of meta tensor; no data!");
  if (target.device == Device.Null) return;
  if (target.device == Device.Cpu) return copyInto(target, readBack(source));
  if (isElement(source)) return copyElement(target, source);
  // the CPU has dtypes that the device lacks
  const local = rawContiguous(rawToDType(source, target.dtype));
  const whole = target.isContiguous() && sameShape(target, local);
  if (whole && ((target.offset | target.numel) * deviceItemSize(target.dtype, target.device)) % 4 == 0) {
    upload(target, local);
  } else {
    copyInto(target, rawToDevice(local, target.device));
  }
}
