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

export const edge: Omit<Host, "name" | "build" | "numerics"> = {
  ...web,
  version: globalThis.navigator?.userAgent ?? globals.EdgeRuntime ?? "",
  // an isolate has 128 MB in all
  pressure: 16 * 2 ** 20,
  ...(Storage && { asyncContext: () => new Storage() }),
};
