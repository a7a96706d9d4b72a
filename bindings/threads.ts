// The threads that run kernels beside the program's own. They are started when there has been enough work for them, and share
// the core's memory; what they do is in core-wasm/assembly/dispatch/threads.ts.

import type { KernelThreads } from "../hosts/host.ts";
import { core, setCallbacks, type WholeCore } from "./core.ts";
import { RuntimeError } from "./error.ts";

/** Cores that hyperthreads share, and more than a dozen, give kernels of this size little. */
const MOST = 16;

let wanted = 1;
let started = 0;
let start: (() => void) | undefined;

/** Makes threads possible: `boot` calls it for a core that shares its memory. */
export function beginThreads({ cores, start: spawn }: KernelThreads, whole: () => WholeCore): void {
  start = () => spawn({ ...whole(), own: core.threadMemory() });
  setCallbacks({
    wantThreads() {
      try {
        for (; started < wanted - 1; started++) start!();
      } catch {
        // a core whose second module cannot be loaded does without, and the op that needs it says so
        started = Infinity;
      }
    },
  });
  setNumThreads(Math.min(cores, MOST));
}

/**
 * How many threads kernels of the CPU may use, the program's own among them. The default is the number of cores. Results don't
 * depend on it. They are started when there is work for them; where the host has none (a page that is not cross-origin
 * isolated, workerd), it stays at 1. PyTorch: `torch.set_num_threads`.
 * @throws RuntimeError if it is not positive
 * @example torch.setNumThreads(1);
 */
export function setNumThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1) throw new RuntimeError("set_num_threads expects a positive integer");
  wanted = start === undefined ? 1 : count;
  core.setThreads(wanted);
}

/**
 * How many threads kernels of the CPU may use. PyTorch: `torch.get_num_threads`.
 * @example
 * torch.setNumThreads(1);
 * torch.getNumThreads(); // 1
 */
export function getNumThreads(): number {
  return wanted;
}
