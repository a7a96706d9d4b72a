// What the entries that don't know which of Node, Deno and Bun they run in take from it.
import type { Host } from "./host.ts";
import { packageGpu } from "./system-gpu.ts";
import { beside } from "./system-files.ts";
import { spawner } from "./system-thread.ts";
import { system, v8Collector } from "./system.ts";

declare const Bun: { version: string; gc(synchronous: boolean): void } | undefined;
declare const Deno: { version: { deno: string } } | undefined;

type Traits = Omit<Host, "build"> & { name: "node" | "deno" | "bun" };

function identity(): Pick<Traits, "name" | "version" | "collectGarbage"> {
  if (typeof Bun !== "undefined") return { name: "bun", version: Bun.version, collectGarbage: () => Bun.gc(true) };
  const [name, version] =
    typeof Deno === "undefined" ? (["node", process.versions.node] as const) : (["deno", Deno.version.deno] as const);
  return { name, version, collectGarbage: v8Collector };
}

export function systemTraits(): Traits {
  const { name, ...rest } = identity();
  return { ...system, name, ...rest, gpu: packageGpu, spawn: spawner(() => beside(`${name}-thread.js`)) };
}
