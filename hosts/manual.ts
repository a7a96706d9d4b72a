import { Tensor } from "../bindings/index.ts";
import { browserCore } from "./browser-core.ts";
import { browserTraits, webKernels } from "./browser-traits.ts";
import { installFormatter } from "./devtools.ts";
import { compileSource, type InitOptions, initWith, isThreaded } from "./init.ts";
import { compileAt } from "./web-core.ts";

const compile = (address: string | URL): Promise<WebAssembly.Module> =>
  compileAt(new URL(address, globalThis.location?.href));

/**
 * Starts the runtime; until then every call throws. A second call has no effect.
 * @example
 * import * as torch from "flambeau/manual";
 * await torch.init({ wasm: fetch("/static/flambeau.simd.wasm") });
 */
export const init = (options: InitOptions = {}): Promise<void> =>
  initWith(async ({ wasm, numerics }) => {
    installFormatter(Tensor);
    const own = wasm === undefined ? await browserCore() : undefined;
    const module = own?.module ?? (await compileSource(wasm!, compile));
    const host = own?.host ?? {
      ...browserTraits(),
      build: "simd" as const,
      ...(isThreaded(module) && { kernelThreads: webKernels() }),
    };
    return {
      module,
      host: numerics === undefined ? host : { ...host, numerics: () => compileSource(numerics, compile) },
    };
  }, options);

export type { InitOptions, WasmSource } from "./init.ts";
export * from "../bindings/index.ts";
