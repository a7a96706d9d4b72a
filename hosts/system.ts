// Files, streams and progress for the hosts that have Node's modules: Node, Deno, Bun.
import { AsyncLocalStorage } from "node:async_hooks";
import { existsSync, mkdirSync, promises, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzip, gunzipSync, inflateRaw, inflateRawSync } from "node:zlib";
import { fetchBytes } from "./fetch.ts";
import type { Host } from "./host.ts";
import { terminalProgress } from "./progress.ts";

const gunzipAsync = promisify(gunzip);
const inflateRawAsync = promisify(inflateRaw);

const toPath = (path: string | URL): string =>
  path instanceof URL || path.startsWith("file:") ? fileURLToPath(path) : path;
/** A name beside the target, so that the rename stays on one file system. */
const partOf = (path: string): string => `${path}.${process.pid}.part`;

export const system: Omit<Host, "name" | "version" | "build" | "gpu"> = {
  readFile: (path) => promises.readFile(toPath(path)),
  readFileSync: (path) => readFileSync(toPath(path)),
  async writeFile(path, data) {
    const target = toPath(path);
    await promises.mkdir(dirname(target), { recursive: true });
    await promises.writeFile(partOf(target), data);
    await promises.rename(partOf(target), target);
  },
  writeFileSync(path, data) {
    const target = toPath(path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(partOf(target), data);
    renameSync(partOf(target), target);
  },
  exists: (path) =>
    promises.access(toPath(path)).then(
      () => true,
      () => false,
    ),
  existsSync: (path) => existsSync(toPath(path)),
  cacheDir: () => join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "flambeau"),
  gunzip: (data) => gunzipAsync(data),
  gunzipSync: (data) => gunzipSync(data),
  inflateRaw: (data, limit) =>
    inflateRawAsync(data, limit === undefined ? {} : { maxOutputLength: Math.max(1, limit) }),
  inflateRawSync: (data) => inflateRawSync(data),
  fetch: fetchBytes,
  progress: terminalProgress,
  asyncContext: () => new AsyncLocalStorage(),
  numerics: async () => compileNumerics(),
  numericsSync: compileNumerics,
};

function compileNumerics(): WebAssembly.Module | undefined {
  const file = new URL("./flambeau.numerics.wasm", import.meta.url);
  return existsSync(file) ? new WebAssembly.Module(readFileSync(file)) : undefined;
}

/** V8's collector, which Node and Deno hide behind a flag that can be set at run time. */
export function v8Collector(): (() => void) | undefined {
  const builtin = process.getBuiltinModule as typeof process.getBuiltinModule | undefined;
  if (!builtin) return undefined;
  let collect = globalThis.gc as (() => void) | undefined;
  return () => {
    if (!collect) {
      builtin("node:v8").setFlagsFromString("--expose-gc");
      collect = builtin("node:vm").runInNewContext("gc") as () => void;
    }
    collect();
  };
}
