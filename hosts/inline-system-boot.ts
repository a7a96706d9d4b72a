import { createRequire } from "node:module";
import { boot } from "../bindings/boot.ts";
import { findBuiltins } from "./builtin.ts";
import text from "./inline-core.js";
import { inlineModule, inlineNumerics } from "./inline-bytes.ts";
import { systemTraits } from "./system-traits.ts";

findBuiltins(createRequire);
boot(inlineModule(text), {
  ...systemTraits(),
  build: "simd",
  oneThread: "flambeau/inline has no more",
  numerics: inlineNumerics,
  numericsSync: undefined,
});
