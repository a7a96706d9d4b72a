// Files, streams and progress for the hosts that have Node's modules: Node, Deno, Bun.
import { builtin } from "./builtin.ts";
import { fetchBytes } from "./fetch.ts";
import type { FileWriter, Host, OpenFile, KernelThreads, KernelTask } from "./host.ts";
import { isThere, readWasm } from "./system-files.ts";
import { optionalPackage } from "./optional.ts";
import { terminalProgress } from "./terminal.ts";

const fs = (): typeof import("node:fs") => builtin("node:fs");
const promises = (): typeof import("node:fs/promises") => fs().promises;
const zlib = (): typeof import("node:zlib") => builtin("node:zlib");
const join = (...parts: string[]): string => builtin("node:path").join(...parts);
const dirname = (path: string): string => builtin("node:path").dirname(path);

const toPath = (path: string | URL): string =>
  path instanceof URL || path.startsWith("file:") ? builtin("node:url").fileURLToPath(path) : path;
let parts = 0;
/** A name beside the target, so that the rename stays on one file system. */
const partOf = (path: string): string => `${path}.${process.pid}.${parts++}.part`;
const limited = (limit: number | undefined) => (limit === undefined ? {} : { maxOutputLength: Math.max(1, limit) });

const promised = <T>(call: (done: (error: Error | null, result: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))));

function listFiles(folder: string | URL): string[] {
  const below = (path: string, prefix: string): string[] =>
    fs()
      .readdirSync(path)
      .flatMap((name) => {
        const inner = join(path, name);
        // links are followed
        return fs().statSync(inner).isDirectory() ? below(inner, `${prefix}${name}/`) : [prefix + name];
      });
  return below(toPath(folder), "");
}

export const system: Omit<Host, "name" | "version" | "build" | "gpu"> = {
  readFile: (path) => promises().readFile(toPath(path)),
  readFileSync: (path) => fs().readFileSync(toPath(path)),
  async writeFile(path, data) {
    const target = toPath(path);
    await promises().mkdir(dirname(target), { recursive: true });
    const part = partOf(target);
    await promises().writeFile(part, data);
    await promises().rename(part, target);
  },
  writeFileSync(path, data) {
    const target = toPath(path);
    fs().mkdirSync(dirname(target), { recursive: true });
    const part = partOf(target);
    fs().writeFileSync(part, data);
    fs().renameSync(part, target);
  },
  async appendFile(path, data) {
    const target = toPath(path);
    await promises().mkdir(dirname(target), { recursive: true });
    await promises().appendFile(target, data);
  },
  removeFile: (path) => promises().rm(toPath(path), { force: true }),
  listFiles,
  openFile,
  createFile,
  exists: (path) =>
    promises()
      .access(toPath(path))
      .then(
        () => true,
        () => false,
      ),
  existsSync: (path) => fs().existsSync(toPath(path)),
  cacheDir: () => join(process.env.XDG_CACHE_HOME || join(builtin("node:os").homedir(), ".cache"), "flambeau"),
  gunzip: (data, limit) => promised((done) => zlib().gunzip(data, limited(limit), done)),
  gunzipSync: (data) => zlib().gunzipSync(data),
  inflateRaw: (data, limit) => promised((done) => zlib().inflateRaw(data, limited(limit), done)),
  inflateRawSync: (data) => zlib().inflateRawSync(data),
  fetch: fetchBytes,
  progress: terminalProgress,
  optionalPackage,
  asyncContext: () => new (builtin("node:async_hooks").AsyncLocalStorage)(),
  numerics: async () => compileNumerics(),
  numericsSync: compileNumerics,
};

async function openFile(path: string | URL): Promise<OpenFile> {
  const file = await promises().open(toPath(path));
  const { size } = await file.stat();
  return {
    size,
    async read(target, position) {
      let done = 0;
      while (done < target.length) {
        const { bytesRead } = await file.read(target, done, target.length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    close: () => file.close(),
  };
}

async function createFile(path: string | URL): Promise<FileWriter> {
  const target = toPath(path);
  const part = partOf(target);
  await promises().mkdir(dirname(target), { recursive: true });
  const file = await promises().open(part, "w");
  return {
    async write(data) {
      for (let done = 0; done < data.length;) done += (await file.write(data, done, data.length - done)).bytesWritten;
    },
    async close() {
      await file.close();
      await promises().rename(part, target);
    },
    async abort() {
      await file.close();
      await promises().rm(part, { force: true });
    },
  };
}

/** The same as thread.ts, in a form that needs no file: bundlers lose files that only a worker loads. */
const THREAD = `{
const { module, rest, memory, own } = require("node:worker_threads").workerData;
let first = {};
const given = (name) => first[name] ?? (name[0] === "!" ? first._table.get(Number(name.slice(1))) : () => 0);
const env = new Proxy({ memory }, { get: (known, name) => known[name] ?? given(name) });
first = new WebAssembly.Instance(module, { env }).exports;
if (rest) new WebAssembly.Instance(rest, { env });
first.serve(own);
}`;

/** How many threads kernels should use: OMP_NUM_THREADS, as for PyTorch, or one a core. */
export const systemCores = (): number =>
  Number(process.env.OMP_NUM_THREADS) || builtin("node:os").availableParallelism();

/** KernelThreads of node:worker_threads. */
export const systemThreads = (cores: number): KernelThreads => ({
  cores,
  start(workerData: KernelTask) {
    const { Worker } = builtin("node:worker_threads");
    const worker = new Worker(THREAD, { eval: true, workerData });
    worker.on("error", () => {});
    worker.unref();
  },
});

function compileNumerics(): WebAssembly.Module | undefined {
  const name = "flambeau.numerics.wasm";
  const address = new URL("./flambeau.numerics.wasm", import.meta.url);
  return isThere(name, address) ? new WebAssembly.Module(readWasm(name, address)) : undefined;
}

let collect = globalThis.gc as (() => void) | undefined;

/** V8's collector, which Node and Deno hide behind a flag that can be set at run time. */
export function v8Collector(): void {
  if (!collect) {
    builtin("node:v8").setFlagsFromString("--expose-gc");
    collect = builtin("node:vm").runInNewContext("gc") as () => void;
  }
  collect();
}
