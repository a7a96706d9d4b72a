// The core of Node and Bun: a file beside this one, compiled at once.
import { detectBuild } from "./detect.ts";
import type { CoreBuild, KernelThreads } from "./host.ts";
import { systemCores, systemThreads } from "./system.ts";
import { readWasm } from "./system-files.ts";

export interface SystemCore {
  readonly module: WebAssembly.Module;
  /** what it adds to the host */
  readonly traits: { readonly build: CoreBuild; readonly kernelThreads?: KernelThreads; rest?(): WebAssembly.Module };
}

const compiled = (name: string, address: URL): WebAssembly.Module => new WebAssembly.Module(readWasm(name, address));

export function systemCore(): SystemCore {
  const build = detectBuild();
  const cores = systemCores();
  // The addresses stand as literals, since bundlers look for exactly this form when they copy assets.
  const [address, restAddress] =
    cores > 1
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
        : [
            new URL("./flambeau.simd.core.wasm", import.meta.url),
            new URL("./flambeau.simd.rest.wasm", import.meta.url),
          ];
  const name = `flambeau.${build}${cores > 1 ? ".threads" : ""}`;
  return {
    module: compiled(`${name}.core.wasm`, address),
    traits: {
      build,
      rest: () => compiled(`${name}.rest.wasm`, restAddress),
      ...(cores > 1 && { kernelThreads: systemThreads(cores) }),
    },
  };
}
