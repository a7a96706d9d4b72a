import { boot } from "../bindings/boot.ts";
import core from "./workerd-core.js";
import { web } from "./web.ts";

/** No module is imported by a computed name here: bundlers are to find the packages where they are installed. */
async function optionalPackage(name: string): Promise<unknown> {
  try {
    return await (name === "fast-png" ? import("fast-png") : import("jpeg-js"));
  } catch (cause) {
    throw new Error(`the package ${name} is not in the worker's bundle`, { cause });
  }
}

boot(core, {
  ...web,
  name: "workerd",
  version: navigator.userAgent,
  build: "relaxed",
  optionalPackage,
  numerics: () =>
    import("./workerd-numerics.js").then(
      (module) => module.default,
      () => undefined,
    ),
});
