// What the program runs on.

import { host } from "./boot.ts";
import { hasDeviceBackend } from "./device.ts";

export interface Backends {
  readonly host: string;
  readonly cpu: {
    /** which build of the core was loaded: `relaxed` has fused multiply-add, `simd` has not */
    readonly build: "simd" | "relaxed";
    readonly threads: number;
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
  const { name, version, build } = host();
  const simd = build === "relaxed" ? "relaxed SIMD (fused multiply-add)" : "SIMD";
  return {
    host: `${name} ${version}`,
    cpu: { build, threads: 1 },
    webgpu: hasDeviceBackend(),
    description: `${name} ${version}: wasm with ${simd}, 1 thread; WebGPU ${hasDeviceBackend() ? "started" : "not started"}`,
  };
}
