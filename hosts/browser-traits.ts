// What all entries for pages share.
import type { Host, KernelTask, KernelThreads } from "./host.ts";
import { webThread } from "./thread.ts";
import { compileAt } from "./web-core.ts";
import { web } from "./web.ts";

/** Why this thread can have no others beside it, or undefined. */
export function noThreads(): string | undefined {
  if (!globalThis.crossOriginIsolated) return "not cross-origin isolated";
  return typeof Worker === "undefined" ? "a service worker can start none" : undefined;
}

/** The threads of kernels, where there may be some. */
export const webKernels = (): KernelThreads => ({
  cores: noThreads() === undefined ? navigator.hardwareConcurrency : 1,
  start(task: KernelTask) {
    // bundlers look for exactly this form of the worker's address
    new Worker(new URL("./kernel-thread.js", import.meta.url), { type: "module" }).postMessage(task, []);
  },
});

export const browserTraits = (): Omit<Host, "build"> => ({
  ...web,
  // the browser's own decoders, loaded when there is an image
  decodeImage: async (bytes) => (await import("./canvas.ts")).canvas.decodeImage!(bytes),
  encodeImage: async (...image) => (await import("./canvas.ts")).canvas.encodeImage!(...image),
  spawn(role, start) {
    // Without a bundler only, and in a form that none recognises: it would put the whole package into the worker a second time,
    // though a bundled program has to make its workers itself.
    const own = import.meta.url.replace(/[^/]*$/, "browser-thread.js");
    const worker = start?.() ?? new Worker(own, { type: "module" });
    const thread = webThread(worker);
    thread.post({ role });
    return thread;
  },
  name: "browser",
  version: navigator.userAgent,
  ...(noThreads() !== undefined && { oneThread: noThreads()! }),
  numerics: () => compileAt(new URL("./flambeau.numerics.wasm", import.meta.url)),
});
