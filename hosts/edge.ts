// What workerd and edge-light have beside the functions of the web.
import type { AsyncContext, Host } from "./host.ts";
import { web } from "./web.ts";

type Store = new () => AsyncContext<unknown>;
interface EdgeGlobals {
  EdgeRuntime?: string;
  AsyncLocalStorage?: Store;
  process?: { getBuiltinModule?(name: string): { AsyncLocalStorage?: Store } | undefined };
}

const globals = globalThis as EdgeGlobals;

/** edge-light has it as a global, workerd where a compatibility flag switches it on. */
function asyncLocalStorage(): Store | undefined {
  const { AsyncLocalStorage, process } = globals;
  return AsyncLocalStorage ?? process?.getBuiltinModule?.("node:async_hooks")?.AsyncLocalStorage;
}

const Storage = asyncLocalStorage();

/** No module is imported by a computed name here: bundlers are to find the packages where they are installed. */
async function optionalPackage(name: string): Promise<unknown> {
  try {
    return await (name === "fast-png" ? import("fast-png") : import("jpeg-js"));
  } catch (cause) {
    throw new Error(`the package ${name} is not in the worker's bundle`, { cause });
  }
}

export const edge: Omit<Host, "name" | "build" | "numerics"> = {
  ...web,
  optionalPackage,
  version: globalThis.navigator?.userAgent ?? globals.EdgeRuntime ?? "",
  oneThread: "edge hosts have no more",
  // an isolate has 128 MB in all
  pressure: 16 * 2 ** 20,
  ...(Storage && { asyncContext: () => new Storage() }),
};
