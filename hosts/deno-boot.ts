import { boot } from "../bindings/boot.ts";
import { core, rest } from "./deno-core.js";
import { beside } from "./system-files.ts";
import { navigatorGpu } from "./webgpu.ts";
import { system, systemThreads, v8Collector } from "./system.ts";
import { spawner } from "./system-thread.ts";

declare const Deno: { version: { deno: string } };

boot(core, {
  ...system,
  spawn: spawner(() => beside("deno-thread.js")),
  name: "deno",
  version: Deno.version.deno,
  build: "relaxed",
  rest: () => rest,
  // no look at the environment, which needs a permission
  kernelThreads: systemThreads(navigator.hardwareConcurrency),
  gpu: navigatorGpu,
  collectGarbage: v8Collector,
});
