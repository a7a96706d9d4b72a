import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { findBuiltins } from "./builtin.ts";
import type { KernelThreads } from "./host.ts";
import { compileSource, givenCore, type InitOptions, initWith } from "./init.ts";
import { systemCore } from "./system-core.ts";
import { systemTraits } from "./system-traits.ts";
import { systemCores, systemThreads } from "./system.ts";
import { compileAt } from "./web-core.ts";

findBuiltins(createRequire);

async function compile(address: string | URL): Promise<WebAssembly.Module> {
  const text = String(address);
  if (/^https?:/.test(text)) return compileAt(new URL(text));
  return WebAssembly.compile(await readFile(text.startsWith("file:") ? fileURLToPath(text) : text));
}

/** As in pages; addresses may be paths of files. */
export const init = (options: InitOptions = {}): Promise<void> =>
  initWith(async ({ numerics }) => {
    const threads = (): KernelThreads => systemThreads(systemCores());
    const { module, traits } = (await givenCore(options, compile, threads)) ?? systemCore();
    const given = numerics !== undefined && {
      numerics: () => compileSource(numerics, compile),
      numericsSync: undefined,
    };
    return { module, host: { ...systemTraits(), ...traits, ...given } };
  }, options);

export type { InitOptions, WasmSource } from "./init.ts";
export * from "../bindings/index.ts";
