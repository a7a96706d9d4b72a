import { boot } from "../bindings/boot.ts";
import { edge } from "./edge.ts";
import core from "./edge-light-core.js";

boot(core, {
  ...edge,
  name: "edge-light",
  build: "simd",
  numerics: () =>
    import("./edge-light-numerics.js").then(
      (module) => module.default,
      () => undefined,
    ),
});
