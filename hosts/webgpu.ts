// WebGPU of browsers, Deno and workers, which have it at navigator.gpu.

/** @throws Error where the host has no WebGPU */
export async function navigatorGpu(): Promise<GPU> {
  const gpu = (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
  if (gpu === undefined) throw new Error("this host has no WebGPU (navigator.gpu is missing)");
  return gpu;
}
