import { boot } from "../bindings/boot.ts";
import { detectBuild } from "./detect.ts";
import { canvas } from "./canvas.ts";
import { webThread } from "./thread.ts";
import type { KernelTask } from "./host.ts";
import { compileAt } from "./web-core.ts";
import { web } from "./web.ts";

const build = detectBuild();
const isolated = globalThis.crossOriginIsolated;
// The addresses stand as literals, since bundlers look for exactly this form when they copy assets.
const address = isolated
  ? build === "relaxed"
    ? new URL("./flambeau.relaxed.threads.wasm", import.meta.url)
    : new URL("./flambeau.simd.threads.wasm", import.meta.url)
  : build === "relaxed"
    ? new URL("./flambeau.relaxed.wasm", import.meta.url)
    : new URL("./flambeau.simd.wasm", import.meta.url);

// Engines limit synchronous compilation on the main thread, so here, and only here, the module waits at its top level.
const core = await compileAt(address);

function start(task: KernelTask): void {
  new Worker(new URL("./kernel-thread.js", import.meta.url), { type: "module" }).postMessage(task, []);
}

boot(core, {
  ...web,
  ...canvas,
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
  build,
  ...(isolated && { kernelThreads: { cores: navigator.hardwareConcurrency, start } }),
  numerics: () => compileAt(new URL("./flambeau.numerics.wasm", import.meta.url)),
});
