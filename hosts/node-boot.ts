import { createRequire } from "node:module";
import { boot } from "../bindings/boot.ts";
import { findBuiltins } from "./builtin.ts";
import { packageGpu } from "./system-gpu.ts";
import { systemCore } from "./system-core.ts";
import { beside } from "./system-files.ts";
import { system, v8Collector } from "./system.ts";
import { spawner } from "./system-thread.ts";

findBuiltins(createRequire);
const { module, traits } = systemCore();

boot(module, {
  ...system,
  ...traits,
  spawn: spawner(() => beside("node-thread.js")),
  name: "node",
  version: process.versions.node,
  gpu: packageGpu,
  collectGarbage: v8Collector,
});
