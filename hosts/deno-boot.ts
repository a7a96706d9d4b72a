import { boot } from "../bindings/boot.ts";
import core from "./deno-core.js";
import { system, v8Collector } from "./system.ts";

declare const Deno: { version: { deno: string } };

boot(core, {
  ...system,
  name: "deno",
  version: Deno.version.deno,
  build: "relaxed",
  collectGarbage: v8Collector(),
});
