// Compiles assembly/index.ts into dist/flambeau.{simd,relaxed}.wasm, both at once, one process each; of each, share.mjs makes
// dist/flambeau.{simd,relaxed}.threads.wasm.
//   node core-wasm/build.mjs [simd|relaxed ...] [--fast]
// --fast compiles the SIMD build alone, which serves as both, and does not optimize it: for the edit loop.
//
// Measured on the core of 300 ops: -O3s is 15 % smaller after gzip than -O3 (kernels say themselves what to inline);
// --converge doubles the time for the same code.
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { loadConstants } from "./constants.mjs";
import { nameInOrder } from "./order.mjs";
import { writeInline } from "./inline.mjs";
import { joinSegments } from "./pack.mjs";
import { share } from "./share.mjs";

const run = promisify(execFile);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const asc = join(dirname(require.resolve("assemblyscript/package.json")), "bin/asc.js");
const wasmOpt = join(dirname(require.resolve("binaryen/package.json")), "bin/wasm-opt");

const FEATURES = { simd: ["simd"], relaxed: ["simd", "relaxed-simd"] };
const fast = process.argv.includes("--fast");
const named = process.argv.slice(2).filter((a) => a in FEATURES);
const builds = named.length ? named : fast ? ["simd"] : Object.keys(FEATURES);
const target = (build) => join(root, `dist/flambeau.${build}.wasm`);
const threaded = (build) => join(root, `dist/flambeau.${build}.threads.wasm`);

async function node(...args) {
  const { stdout, stderr } = await run(process.execPath, args, { cwd: root, maxBuffer: 1 << 26 }).catch((error) => {
    process.stderr.write(`${error.stdout ?? ""}${error.stderr ?? error}`);
    process.exit(1);
  });
  process.stderr.write(stdout + stderr);
}

/** What asc enables without being asked; it leaves no list in the module. */
const WASM_FEATURES = ["bulk-memory", "sign-ext", "nontrapping-float-to-int", "mutable-globals", "threads"];

/** The memory is new: zeros need not be written to it. */
const PASSES = ["--zero-filled-memory", "--memory-packing", "--coalesce-locals-learning", "--reorder-locals"];

async function shrink(build, file) {
  const features = [...WASM_FEATURES, ...FEATURES[build]].map((feature) => `--enable-${feature}`);
  const optimize = (...passes) => node(wasmOpt, ...features, ...passes, "--strip-debug", file, "-o", file);
  const text = `${file}.wat`;
  await node(wasmOpt, ...features, "-S", file, "-o", text);
  const { loaded, write } = loadConstants(readFileSync(text, "utf8"), readFileSync(file));
  writeFileSync(text, loaded);
  await node(wasmOpt, ...features, "--debuginfo", text, "-o", file);
  rmSync(text);
  writeFileSync(file, write(readFileSync(file)));
  // first by name: related functions then have like numbers, so that calls of them are like bytes
  await optimize(...PASSES, "--reorder-functions-by-name");
  writeFileSync(file, nameInOrder(readFileSync(file)));
  await optimize("--reorder-functions-by-name");
}

async function compile(build) {
  const out = target(build);
  const started = performance.now();
  rmSync(out, { force: true });
  const args = ["core-wasm/assembly/index.ts", "--runtime", "stub", "--noAssert", "--use", "abort=", "--outFile", out];
  args.push("--transform", "./core-wasm/text.mjs", "--enable", "threads");
  // bindings/core.ts makes the memory, of the same size
  args.push("--importMemory", "--initialMemory", "16", "--maximumMemory", "65536");
  for (const feature of FEATURES[build]) args.push("--enable", feature);
  if (!fast) args.push("-O3s", "--debug");
  await node(asc, ...args);
  if (!fast) await shrink(build, out);
  writeFileSync(out, joinSegments(readFileSync(out)));
  writeFileSync(threaded(build), share(readFileSync(out)));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const bytes = readFileSync(out);
  const gzip = gzipSync(bytes, { level: 9 });
  const kB = (data) => `${(data.length / 1000).toFixed(0)} kB`;
  console.log(`dist/flambeau.${build}.wasm: ${kB(bytes)}, ${kB(gzip)} gzip, ${seconds} s`);
}

mkdirSync(join(root, "dist"), { recursive: true });
await Promise.all(builds.map(compile));
if (fast && named.length === 0) {
  copyFileSync(target("simd"), target("relaxed"));
  copyFileSync(threaded("simd"), threaded("relaxed"));
}
writeInline();
