// What the program runs on.

import { host } from "./boot.ts";

export interface Backends {
  readonly host: string;
  readonly cpu: {
    /** which build of the core was loaded: `relaxed` has fused multiply-add, `simd` has not */
    readonly build: "simd" | "relaxed";
    readonly threads: number;
  };
  /** whether a WebGPU device can be used */
  readonly webgpu: boolean;
  /** the same in one line */
  readonly description: string;
}

/**
 * The backends that the host gave.
 * @example console.log(torch.backends().description); // node 24.9.0: wasm with relaxed SIMD, 1 thread; no WebGPU backend
 */
export function backends(): Backends {
  const { name, version, build } = host();
  const simd = build === "relaxed" ? "relaxed SIMD (fused multiply-add)" : "SIMD";
  return {
    host: `${name} ${version}`,
    cpu: { build, threads: 1 },
    webgpu: false,
    description: `${name} ${version}: wasm with ${simd}, 1 thread; no WebGPU backend`,
  };
}
