// `init` of the entries that wait for it: flambeau/manual.
import { boot, isBooted } from "../bindings/boot.ts";
import { TypeError } from "../bindings/error.ts";
import { unexpectedText } from "../bindings/tensor/call.ts";
import type { Host, KernelThreads } from "./host.ts";
import { compileResponse } from "./web-core.ts";

/** A compiled module, or where it comes from: its bytes, the answer of a server, an address. */
export type WasmSource = WebAssembly.Module | Response | BufferSource | URL | string;

export interface InitOptions {
  /** a build of the core, flambeau/flambeau.*.wasm; those for threads need a page that is isolated. The one that the host suits best
   * is loaded from beside the package unless it is given. */
  wasm?: WasmSource | PromiseLike<WasmSource>;
  /** flambeau/flambeau.*.rest.wasm, where `wasm` is a flambeau.*.core.wasm */
  rest?: WasmSource | PromiseLike<WasmSource>;
  /** flambeau/flambeau.numerics.wasm, compiled at the first use of torch.linalg or torch.fft; from beside the package unless given */
  numerics?: WasmSource | PromiseLike<WasmSource>;
}

/** @param compileAt compiles what lies at an address */
export async function compileSource(
  given: WasmSource | PromiseLike<WasmSource>,
  compileAt: (address: string | URL) => Promise<WebAssembly.Module>,
): Promise<WebAssembly.Module> {
  const source = await given;
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === "string" || source instanceof URL) return compileAt(source);
  if (typeof Response === "function" && source instanceof Response) return compileResponse(source);
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source);
  throw new TypeError("init: wasm must be a WebAssembly.Module, a Response, bytes, or an address");
}

type Compile = Parameters<typeof compileSource>[1];
interface Given {
  readonly module: WebAssembly.Module;
  readonly traits: Pick<Host, "build" | "rest" | "kernelThreads">;
}

/** The core that is given in the options, if one is. */
export async function givenCore(
  { wasm, rest }: InitOptions,
  compileAt: Compile,
  kernelThreads: () => KernelThreads,
): Promise<Given | undefined> {
  if (wasm === undefined) return undefined;
  const given = [wasm, rest].map((source) => source && compileSource(source, compileAt));
  const [module, restModule] = (await Promise.all(given)) as [WebAssembly.Module, WebAssembly.Module | undefined];
  // a core for threads has an export that lays down the data
  const isThreaded = WebAssembly.Module.exports(module).some(({ name }) => name === "_init");
  const traits = {
    build: "simd" as const,
    ...(restModule && { rest: () => restModule }),
    ...(isThreaded && { kernelThreads: kernelThreads() }),
  };
  return { module, traits };
}

/** What a host makes of the options. */
export type Prepare = (options: InitOptions) => Promise<{ module: WebAssembly.Module; host: Host }>;

const NAMES = ["wasm", "rest", "numerics"];
let starting: Promise<void> | undefined;

/** A second call waits for the first; one that has failed may be tried again. */
export function initWith(prepare: Prepare, options: InitOptions): Promise<void> {
  for (const key in options) {
    if (!NAMES.includes(key)) return Promise.reject(new TypeError(unexpectedText("init", key)));
  }
  if (isBooted()) return Promise.resolve();
  starting ??= prepare(options)
    .then(({ module, host }) => boot(module, host))
    .finally(() => (starting = undefined));
  return starting;
}
