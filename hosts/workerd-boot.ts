import { boot } from "../bindings/boot.ts";
import core from "./workerd-core.js";
import { web } from "./web.ts";

boot(core, {
  ...web,
  name: "workerd",
  version: navigator.userAgent,
  build: "relaxed",
  numerics: () =>
    import("./workerd-numerics.js").then(
      (module) => module.default,
      () => undefined,
    ),
});
