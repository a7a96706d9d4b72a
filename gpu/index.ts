// The WebGPU backend, loaded when torch.webgpu.init() is called.

import { WebGpuBackend } from "./backend.ts";
import { requestDevice, type WebGpuOptions } from "./device.ts";

export type { WebGpuOptions } from "./device.ts";
export { WebGpuBackend };

/** Starts a device on the given entry point. */
export async function startWebGpu(gpu: GPU, options: WebGpuOptions): Promise<WebGpuBackend> {
  return new WebGpuBackend(await requestDevice(gpu, options));
}
