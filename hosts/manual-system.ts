import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compileSource, type InitOptions, initWith, isThreaded } from "./init.ts";
import { systemCore } from "./system-core.ts";
import { systemTraits } from "./system-traits.ts";
import { systemCores, systemThreads } from "./system.ts";
import { compileAt } from "./web-core.ts";

async function compile(address: string | URL): Promise<WebAssembly.Module> {
  const text = String(address);
  if (/^https?:/.test(text)) return compileAt(new URL(text));
  return WebAssembly.compile(await readFile(text.startsWith("file:") ? fileURLToPath(text) : text));
}

/** As in pages; addresses may be paths of files. */
export const init = (options: InitOptions = {}): Promise<void> =>
  initWith(async ({ wasm, numerics }) => {
    const own = wasm === undefined ? systemCore() : undefined;
    const module = own?.module ?? (await compileSource(wasm!, compile));
    const traits = own?.traits ?? {
      build: "simd" as const,
      ...(isThreaded(module) && { kernelThreads: systemThreads(systemCores()) }),
    };
    const given = numerics !== undefined && {
      numerics: () => compileSource(numerics, compile),
      numericsSync: undefined,
    };
    return { module, host: { ...systemTraits(), ...traits, ...given } };
  }, options);

export type { InitOptions, WasmSource } from "./init.ts";
export * from "../bindings/index.ts";
