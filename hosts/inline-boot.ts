// The core comes as JavaScript and is compiled at once, so that modules without top-level await, service workers among them, can
// hold it.
import { boot } from "../bindings/boot.ts";
import { canvas } from "./canvas.ts";
import text from "./inline-core.js";
import { inlineModule, inlineNumerics } from "./inline-bytes.ts";
import { web } from "./web.ts";

boot(inlineModule(text), {
  ...web,
  ...canvas,
  name: "browser",
  version: navigator.userAgent,
  build: "simd",
  oneThread: "flambeau/inline has no more",
  numerics: inlineNumerics,
});
