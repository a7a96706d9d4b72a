// The core of a page: the build that suits it, from beside this module.
import { detectBuild } from "./detect.ts";
import { browserTraits, webKernels } from "./browser-traits.ts";
import type { Host } from "./host.ts";
import { compileAt } from "./web-core.ts";

export async function browserCore(): Promise<{ module: WebAssembly.Module; host: Host }> {
  const build = detectBuild();
  const isolated = globalThis.crossOriginIsolated;
  // The addresses stand as literals, since bundlers look for exactly this form when they copy assets.
  const address = isolated
    ? build === "relaxed"
      ? new URL("./flambeau.relaxed.threads.wasm", import.meta.url)
      : new URL("./flambeau.simd.threads.wasm", import.meta.url)
    : build === "relaxed"
      ? new URL("./flambeau.relaxed.wasm", import.meta.url)
      : new URL("./flambeau.simd.wasm", import.meta.url);
  const module = await compileAt(address);
  return { module, host: { ...browserTraits(), build, ...(isolated && { kernelThreads: webKernels() }) } };
}
