import { boot } from "../bindings/boot.ts";
import { detectBuild } from "./detect.ts";
import { webThread } from "./thread.ts";
import { web } from "./web.ts";

const build = detectBuild();
// Both addresses stand as literals, since bundlers look for exactly this form when they copy assets.
const address =
  build === "relaxed"
    ? new URL("./flambeau.relaxed.wasm", import.meta.url)
    : new URL("./flambeau.simd.wasm", import.meta.url);

// Engines limit synchronous compilation on the main thread, so here, and only here, the module waits at its top level.
const response = fetch(address);
const core = await WebAssembly.compileStreaming(response).catch(async () =>
  // a server that does not know the MIME type of .wasm
  WebAssembly.compile(await (await fetch(address)).arrayBuffer()),
);

boot(core, {
  ...web,
  spawn(role, start) {
    // bundlers look for exactly this form of the worker's address
    const worker = start?.() ?? new Worker(new URL("./browser-thread.js", import.meta.url), { type: "module" });
    const thread = webThread(worker);
    thread.post({ role });
    return thread;
  },
  name: "browser",
  version: navigator.userAgent,
  build,
  async numerics() {
    const response = await fetch(new URL("./flambeau.numerics.wasm", import.meta.url));
    return response.ok ? WebAssembly.compile(await response.arrayBuffer()) : undefined;
  },
});
