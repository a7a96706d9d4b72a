// The worker's answer to the page's first question: what there is to compute with.
import * as torch from "flambeau";

export interface Environment {
  /** such as "relaxed SIMD, 8 threads" */
  cpu: string;
  threads: number;
  cores: number;
  isolated: boolean;
  /** why there is no WebGPU, or null */
  noWebGpu: string | null;
}

async function whyNoWebGpu(): Promise<string | null> {
  if (!("gpu" in navigator))
    return isSecureContext ? "this browser does not have it" : "pages have it only over HTTPS or on localhost";
  return (await torch.webgpu.isAvailable()) ? null : "this browser offers no graphics adapter";
}

export const calls = {
  async environment(): Promise<Environment> {
    const { build, threads } = torch.backends().cpu;
    return {
      cpu: `${build === "relaxed" ? "relaxed SIMD" : "SIMD"}, ${threads === 1 ? "one thread" : `${threads} threads`}`,
      threads,
      cores: navigator.hardwareConcurrency,
      isolated: crossOriginIsolated,
      noWebGpu: await whyNoWebGpu(),
    };
  },
};
