// What the program runs on.

import { host } from "./boot.ts";
import { core } from "./core.ts";
import { hasDeviceBackend } from "./device.ts";
import { getNumThreads } from "./threads.ts";

export interface Backends {
  readonly host: string;
  readonly cpu: {
    /** which build of the core was loaded: `relaxed` has fused multiply-add, `simd` has not */
    readonly build: "simd" | "relaxed";
    /** how many threads kernels may use (torch.getNumThreads) */
    readonly threads: number;
    /** how many of them have been started, the program's own among them: there must be work for them first */
    readonly started: number;
  };
  /** whether the WebGPU device was started (torch.webgpu.init) */
  readonly webgpu: boolean;
  /** the same in one line */
  readonly description: string;
}

/**
 * The backends that the host gave.
 * @example
 * torch.backends().wasm !== undefined;
 */
export function backends(): Backends {
  const { name, version, build, oneThread } = host();
  const threads = getNumThreads();
  const count = oneThread === undefined ? `${threads} thread${threads === 1 ? "" : "s"}` : `1 thread (${oneThread})`;
  const simd = build === "relaxed" ? "relaxed SIMD (fused multiply-add)" : "SIMD";
  return {
    host: `${name} ${version}`,
    cpu: { build, threads, started: 1 + core.servingThreads() },
    webgpu: hasDeviceBackend(),
    description: `${name} ${version}: wasm with ${simd}, ${count}; WebGPU ${hasDeviceBackend() ? "started" : "not started"}`,
  };
}
