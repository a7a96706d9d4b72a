// WebGPU of Node and Bun: the npm package `webgpu`.
import { optionalPackage } from "./optional.ts";
import { navigatorGpu } from "./webgpu.ts";

let installed: Promise<GPU> | undefined;

/** The host's own WebGPU where it has one, else that of the npm package, which is loaded only when it is asked for. */
export async function packageGpu(): Promise<GPU> {
  if ((globalThis.navigator as { gpu?: GPU } | undefined)?.gpu !== undefined) return navigatorGpu();
  return (installed ??= load());
}

async function load(): Promise<GPU> {
  const { create } = (await optionalPackage("webgpu").catch((cause: unknown) => {
    installed = undefined;
    throw new Error("WebGPU needs the npm package webgpu here: npm install webgpu", { cause });
  })) as typeof import("webgpu");
  return create([]);
}
