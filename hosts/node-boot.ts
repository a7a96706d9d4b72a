import { readFileSync } from "node:fs";
import { boot } from "../bindings/boot.ts";
import { detectBuild } from "./detect.ts";
import { packageGpu } from "./webgpu.ts";
import { system, v8Collector } from "./system.ts";
import { spawner } from "./system-thread.ts";

const build = detectBuild();
// The bundler leaves the address as it is: the wasm files lie beside the bundle.
const bytes = readFileSync(new URL(`./flambeau.${build}.wasm`, import.meta.url));

boot(new WebAssembly.Module(bytes), {
  ...system,
  spawn: spawner(new URL("./node-thread.js", import.meta.url)),
  name: "node",
  version: process.versions.node,
  build,
  gpu: packageGpu,
  collectGarbage: v8Collector(),
});
