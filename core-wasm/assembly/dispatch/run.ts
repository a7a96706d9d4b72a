// Filling and running the argument block.
import { temporary } from "../memory/pool";
import { differentDevices } from "../tensor/broadcast";
import { Tensor } from "../tensor/tensor";
import { args } from "./args";
import { deviceRun } from "./backend";
import { Device } from "./device";
import { Kernel, runCpu } from "./kernel";
import { Event, observe, observing } from "./observe";
import { runThreaded, threadLimit } from "./threads";

/** kernels started since the module was, for tests of dispatch and for profiles */
export let kernelCount: i32 = 0;

/** Counts a kernel that runs without an argument block. */
// @ts-ignore: decorator
@inline export function countKernel(): void {
  kernelCount++;
}

export function begin(kernel: i32): void {
  args.kernel = kernel;
  args.count = 0;
  args.program = 0;
  args.workspaceBytes = 0;
}

/** Appends `t` with its own shape and strides. */
export function addOperand(t: Tensor): void {
  const o = args.operand(args.count++);
  const ndim = <i32>t.ndim;
  o.data = t.dataPtr();
  o.offset = t.offset;
  o.dtype = t.dtype;
  o.ndim = ndim;
  o.numel = t.numel;
  o.device = t.device;
  for (let i = 0; i < ndim; i++) {
    o.setShape(i, t.shape(i));
    o.setStride(i, t.stride(i));
  }
}

/** Scratch memory for the CPU's kernel; it may be asked for once a run, after the output was added. */
export function workspace(bytes: usize): void {
  if (args.operand(0).device != Device.Cpu) return;
  args.workspace = (temporary(bytes + 64) + 63) & ~(63 as usize);
  args.workspaceBytes = bytes;
}

/** Runs the block on `device`; raises where an operand is elsewhere. 0-d CPU tensors may stand beside any in programs and copies. */
export function run(device: i32): void {
  for (let i = 0; i < args.count; i++) {
    const at = args.operand(i).device;
    if (at != device && (at != Device.Cpu || args.kernel > Kernel.Copy)) differentDevices(device, at);
  }
  kernelCount++;
  if (observing) observe(Event.Kernel, changetype<usize>(args));
  if (device != Device.Cpu) deviceRun(device, changetype<usize>(args));
  else if (threadLimit > 1) runThreaded();
  else runCpu(args);
  if (observing) observe(Event.End, 0);
}
