// What a device other than the CPU is to the core: imported functions. The CPU's are direct calls (run.ts), the null device
// computes nothing and owns nothing. Limits are the host's affair and do not pass through here.
import { Device } from "./device";

// @ts-ignore: decorator
@external("env", "deviceAllocate")
declare function hostAllocate(device: i32, bytes: u32): usize;
// @ts-ignore: decorator
@external("env", "deviceFree")
declare function hostFree(device: i32, buffer: usize, bytes: u32): void;
// @ts-ignore: decorator
@external("env", "deviceRun")
declare function hostRun(device: i32, args: usize): void;

/** Copies bytes of wasm memory, already as the device stores elements, into a buffer. Offset and length are multiples of 4. */
// @ts-ignore: decorator
@external("env", "deviceUpload")
export declare function deviceUpload(device: i32, buffer: usize, offset: usize, from: usize, bytes: usize): void;
/** The way back. A device that cannot be waited for throws, and the call is made again once the bytes are there. */
// @ts-ignore: decorator
@external("env", "deviceRead")
export declare function deviceRead(device: i32, buffer: usize, offset: usize, to: usize, bytes: usize): void;

export function deviceAllocate(device: i32, bytes: u32): usize {
  return device == Device.Null ? 0 : hostAllocate(device, bytes);
}

export function deviceFree(device: i32, buffer: usize, bytes: u32): void {
  if (device != Device.Null) hostFree(device, buffer, bytes);
}

/** Runs the kernel of the argument block at `args`. */
export function deviceRun(device: i32, args: usize): void {
  if (device != Device.Null) hostRun(device, args);
}
