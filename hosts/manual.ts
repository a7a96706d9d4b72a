import { Tensor } from "../bindings/index.ts";
import { browserCore } from "./browser-core.ts";
import { browserTraits, webKernels } from "./browser-traits.ts";
import { installFormatter } from "./devtools.ts";
import { compileSource, givenCore, type InitOptions, initWith } from "./init.ts";
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
  initWith(async ({ numerics }) => {
    installFormatter(Tensor);
    const { module, traits } = (await givenCore(options, compile, webKernels)) ?? (await browserCore());
    const linear = numerics !== undefined && { numerics: () => compileSource(numerics, compile) };
    return { module, host: { ...browserTraits(), ...traits, ...linear } };
  }, options);

export type { InitOptions, WasmSource } from "./init.ts";
export * from "../bindings/index.ts";
