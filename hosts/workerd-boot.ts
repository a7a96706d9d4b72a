import { boot } from "../bindings/boot.ts";
import { edge } from "./edge.ts";
import core from "./workerd-core.js";

boot(core, {
  ...edge,
  name: "workerd",
  build: "relaxed",
  numerics: () =>
    import("./workerd-numerics.js").then(
      (module) => module.default,
      () => undefined,
    ),
});
