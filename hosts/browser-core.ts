// The core of a page: the build that suits it, from beside this module.
import { detectBuild } from "./detect.ts";
import { noThreads, webKernels } from "./browser-traits.ts";
import type { Host } from "./host.ts";
import { compileAt } from "./web-core.ts";
import { loadRestAhead, restAt } from "./web-rest.ts";

export interface BrowserCore {
  readonly module: WebAssembly.Module;
  /** what it adds to the host */
  readonly traits: Pick<Host, "build" | "rest" | "kernelThreads">;
}

export async function browserCore(): Promise<BrowserCore> {
  const build = detectBuild();
  const threads = noThreads() === undefined;
  // The addresses stand as literals, since bundlers look for exactly this form when they copy assets.
  const [address, restAddress] = threads
    ? build === "relaxed"
      ? [
          new URL("./flambeau.relaxed.threads.core.wasm", import.meta.url),
          new URL("./flambeau.relaxed.threads.rest.wasm", import.meta.url),
        ]
      : [
          new URL("./flambeau.simd.threads.core.wasm", import.meta.url),
          new URL("./flambeau.simd.threads.rest.wasm", import.meta.url),
        ]
    : build === "relaxed"
      ? [
          new URL("./flambeau.relaxed.core.wasm", import.meta.url),
          new URL("./flambeau.relaxed.rest.wasm", import.meta.url),
        ]
      : [new URL("./flambeau.simd.core.wasm", import.meta.url), new URL("./flambeau.simd.rest.wasm", import.meta.url)];
  const [module, rest] = await Promise.all([compileAt(address), restAt(restAddress)]);
  // threads run any kernel
  if (threads) loadRestAhead();
  return { module, traits: { build, rest, ...(threads && { kernelThreads: webKernels() }) } };
}
