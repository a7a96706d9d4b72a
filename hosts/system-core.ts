// The core of Node and Bun: a file beside this one, compiled at once.
import { builtin } from "./builtin.ts";
import { detectBuild } from "./detect.ts";
import type { CoreBuild, KernelThreads } from "./host.ts";
import { systemCores, systemThreads } from "./system.ts";

export interface SystemCore {
  readonly module: WebAssembly.Module;
  /** what it adds to the host */
  readonly traits: { readonly build: CoreBuild; readonly kernelThreads?: KernelThreads; rest?(): WebAssembly.Module };
}

function read(address: URL): Uint8Array<ArrayBuffer> {
  try {
    return builtin("node:fs").readFileSync(address);
  } catch (cause) {
    const help =
      "The .wasm files lie beside flambeau's JavaScript. Where a bundler has moved the one without the other, leave flambeau out of " +
      'the bundle (external), copy node_modules/flambeau/dist/*.wasm beside the bundle, or import "flambeau/inline".';
    throw new Error(`flambeau could not read ${address.href}. ${help}`, { cause });
  }
}

export function systemCore(): SystemCore {
  const build = detectBuild();
  const cores = systemCores();
  // The addresses stand as literals, since bundlers look for exactly this form when they copy assets.
  const address =
    cores > 1
      ? build === "relaxed"
        ? new URL("./flambeau.relaxed.threads.wasm", import.meta.url)
        : new URL("./flambeau.simd.threads.wasm", import.meta.url)
      : build === "relaxed"
        ? new URL("./flambeau.relaxed.core.wasm", import.meta.url)
        : new URL("./flambeau.simd.core.wasm", import.meta.url);
  const compile = (url: URL): WebAssembly.Module => new WebAssembly.Module(read(url));
  const rest = (): WebAssembly.Module =>
    compile(
      build === "relaxed"
        ? new URL("./flambeau.relaxed.rest.wasm", import.meta.url)
        : new URL("./flambeau.simd.rest.wasm", import.meta.url),
    );
  return {
    module: compile(address),
    traits: { build, ...(cores > 1 ? { kernelThreads: systemThreads(cores) } : { rest }) },
  };
}

/** What lies beside this module, in a form in which bundlers leave it alone. */
export const beside = (file: string): URL => new URL(import.meta.url.replace(/[^/]*$/, file));
