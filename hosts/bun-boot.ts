import { readFileSync } from "node:fs";
import { boot } from "../bindings/boot.ts";
import { detectBuild } from "./detect.ts";
import { packageGpu } from "./system-gpu.ts";
import { system, systemCores, systemThreads } from "./system.ts";
import { spawner } from "./system-thread.ts";

declare const Bun: { version: string; gc(synchronous: boolean): void };

const build = detectBuild();
const cores = systemCores();
const bytes = readFileSync(new URL(`./flambeau.${build}${cores > 1 ? ".threads" : ""}.wasm`, import.meta.url));

boot(new WebAssembly.Module(bytes), {
  ...system,
  spawn: spawner(new URL("./bun-thread.js", import.meta.url)),
  name: "bun",
  version: Bun.version,
  build,
  ...(cores > 1 && { kernelThreads: systemThreads(cores) }),
  gpu: packageGpu,
  collectGarbage: () => Bun.gc(true),
});
