// What a device other than the CPU is to the core: imported functions. The CPU's are direct calls (run.ts), the null device
// computes nothing and owns nothing. Uploads, reads and limits are the host's affair and do not pass through here.
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
