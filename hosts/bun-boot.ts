import { boot } from "../bindings/boot.ts";
import { packageGpu } from "./system-gpu.ts";
import { systemCore } from "./system-core.ts";
import { beside } from "./system-files.ts";
import { system } from "./system.ts";
import { spawner } from "./system-thread.ts";

declare const Bun: { version: string; gc(synchronous: boolean): void };

const { module, traits } = systemCore();

boot(module, {
  ...system,
  ...traits,
  spawn: spawner(() => beside("bun-thread.js")),
  name: "bun",
  version: Bun.version,
  gpu: packageGpu,
  collectGarbage: () => Bun.gc(true),
});
