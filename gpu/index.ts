// The WebGPU backend, loaded when torch.webgpu.init() is called.

import { WebGpuBackend } from "./backend.ts";
import { storesFloat16 } from "./probe.ts";
import { requestDevice, type WebGpuOptions } from "./device.ts";

export type { WebGpuOptions } from "./device.ts";
export { WebGpuBackend };

/** Starts a device on the given entry point. */
export async function startWebGpu(gpu: GPU, options: WebGpuOptions): Promise<WebGpuBackend> {
  const backend = new WebGpuBackend(await requestDevice(gpu, options));
  const { features } = backend.adapter;
  if (features.has("shader-f16") && !(await storesFloat16(backend))) features.delete("shader-f16");
  return backend;
}
