// How a host starts the runtime: hosts/*-boot.ts compile the core and call `boot`.

import type { Host } from "../hosts/host.ts";
import { instantiate, notStarted } from "./core.ts";
import { setCollector, setPressure } from "./memory/pressure.ts";
import { setAsyncContext } from "./memory/scope.ts";
import { beginThreads } from "./threads.ts";

let current: Host | undefined;

/** Instantiates the compiled core and keeps the host's services. A second call has no effect: there is one runtime. */
export function boot(module: WebAssembly.Module, host: Host): void {
  if (current !== undefined) return;
  const whole = instantiate(module, host.kernelThreads !== undefined, host.rest);
  current = host;
  if (host.kernelThreads !== undefined) beginThreads(host.kernelThreads, whole);
  if (host.name === "bun" && host.collectGarbage !== undefined) setCollector(() => host.collectGarbage!());
  if (host.pressure !== undefined) setPressure(host.pressure);
  if (host.asyncContext !== undefined) setAsyncContext(() => host.asyncContext!());
}

export const isBooted = (): boolean => current !== undefined;

/** The services of the machine that the program runs on: files, network, progress. */
export function host(): Host {
  if (current === undefined) throw notStarted();
  return current;
}
