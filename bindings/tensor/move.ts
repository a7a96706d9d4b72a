// Tensors moved between devices and dtypes: what `to` and its short forms are made of.

import { core } from "../core.ts";
import { canRead } from "../device.ts";
import { NotImplementedError } from "../error.ts";
import { deviceCode, dtypeCode, type Device, type DType } from "./dtype.ts";
import { deviceCodeOf } from "./read.ts";
import { live, Tensor } from "./tensor.ts";

export const CPU = deviceCode("cpu");
export const WEBGPU = deviceCode("webgpu");
const META = deviceCode("meta");

/** The tensor with dtype `code` on `device`; -1 keeps what it has. */
export function convert(tensor: Tensor, code: number, device: number, copy: boolean): Tensor {
  const handle = live(tensor);
  if (device >= 0 && device !== deviceCodeOf(handle)) return moved(handle, code, device);
  if (code >= 0 && code !== tensor.dtypeCode) return new Tensor(core.op_to(handle, code));
  return copy ? tensor.clone() : tensor;
}

/** A copy on another device. The dtype is changed on the CPU, which has them all. */
export function moved(handle: number, code: number, device: number): Tensor {
  const from = deviceCodeOf(handle);
  if (device !== META && from === META) throw new NotImplementedError("Cannot copy out of meta tensor; no data!");
  if (from === CPU && code >= 0) {
    const cast = core.op_to(handle, code);
    const result = core.op_toDevice(cast, device, from);
    core.release(cast);
    return new Tensor(result);
  }
  const copy = new Tensor(core.op_toDevice(handle, device, from));
  const result = convert(copy, code, -1, false);
  if (result !== copy) copy.dispose();
  return result;
}

/** The tensor on the CPU, now: itself, or a recorded copy. @throws RuntimeError where the copy would have to be awaited */
export function toCpu(tensor: Tensor): Tensor {
  return convert(tensor, -1, CPU, false);
}

/** True for a move to the CPU that has to be awaited. */
export function mustWait(tensor: Tensor, device: number): boolean {
  return device === CPU && deviceCodeOf(live(tensor)) === WEBGPU && !canRead();
}

/** The tensor with other properties, now. @throws RuntimeError where values of WebGPU would have to be awaited */
export function converted(tensor: Tensor, dtype: DType | undefined, device: Device | undefined): Tensor {
  return convert(
    tensor,
    dtype === undefined ? -1 : dtypeCode(dtype),
    device === undefined ? -1 : deviceCode(device),
    false,
  );
}
