// Where WebGPU comes from: browsers, Deno and workers have it at navigator.gpu, Node and Bun get it from the npm package `webgpu`.

/** @throws Error where the host has no WebGPU */
export async function navigatorGpu(): Promise<GPU> {
  const gpu = (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
  if (gpu === undefined) throw new Error("this host has no WebGPU (navigator.gpu is missing)");
  return gpu;
}

let installed: Promise<GPU> | undefined;

/** The host's own WebGPU where it has one, else that of the npm package, which is loaded only when it is asked for. */
export async function packageGpu(): Promise<GPU> {
  if ((globalThis.navigator as { gpu?: GPU } | undefined)?.gpu !== undefined) return navigatorGpu();
  return (installed ??= load());
}

async function load(): Promise<GPU> {
  const { create } = await import("webgpu").catch((cause: unknown) => {
    installed = undefined;
    throw new Error("WebGPU needs the npm package webgpu here: npm install webgpu", { cause });
  });
  return create([]);
}
