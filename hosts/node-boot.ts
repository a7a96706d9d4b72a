import { readFileSync } from "node:fs";
import { boot } from "../bindings/boot.ts";
import { detectBuild } from "./detect.ts";
import { packageGpu } from "./system-gpu.ts";
import { system, systemCores, systemThreads, v8Collector } from "./system.ts";
import { spawner } from "./system-thread.ts";

const build = detectBuild();
// The bundler leaves the address as it is: the wasm files lie beside the bundle.
const cores = systemCores();
const bytes = readFileSync(new URL(`./flambeau.${build}${cores > 1 ? ".threads" : ""}.wasm`, import.meta.url));

boot(new WebAssembly.Module(bytes), {
  ...system,
  spawn: spawner(new URL("./node-thread.js", import.meta.url)),
  name: "node",
  version: process.versions.node,
  build,
  ...(cores > 1 && { kernelThreads: systemThreads(cores) }),
  gpu: packageGpu,
  collectGarbage: v8Collector(),
});
