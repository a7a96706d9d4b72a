import { boot } from "../bindings/boot.ts";
import { edge } from "./edge.ts";
import core from "./workerd-core.js";

/** No module is imported by a computed name here: bundlers are to find the packages where they are installed. */
async function optionalPackage(name: string): Promise<unknown> {
  try {
    return await (name === "fast-png" ? import("fast-png") : import("jpeg-js"));
  } catch (cause) {
    throw new Error(`the package ${name} is not in the worker's bundle`, { cause });
  }
}

boot(core, {
  ...edge,
  name: "workerd",
  build: "relaxed",
  optionalPackage,
  numerics: () =>
    import("./workerd-numerics.js").then(
      (module) => module.default,
      () => undefined,
    ),
});
