import { boot } from "../bindings/boot.ts";
import { browserCore } from "./browser-core.ts";

// Engines limit synchronous compilation on the main thread, so here, and only here, the module waits at its top level.
const { module, host } = await browserCore();
boot(module, host);
