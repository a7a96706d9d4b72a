import { boot } from "../bindings/boot.ts";
import { browserCore } from "./browser-core.ts";
import { browserTraits } from "./browser-traits.ts";

// Engines limit synchronous compilation on the main thread, so here, and only here, the module waits at its top level.
const { module, traits } = await browserCore();
boot(module, { ...browserTraits(), ...traits });
