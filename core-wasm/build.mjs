// Compiles assembly/index.ts into dist/flambeau.{simd,relaxed}.wasm, both at once, one process each; of each, split/ makes the two
// modules dist/flambeau.{simd,relaxed}.{core,rest}.wasm, and share.mjs of these ….threads.{core,rest}.wasm.
//   node core-wasm/build.mjs [simd|relaxed ...] [--fast]
// --fast compiles the SIMD build alone, which serves as both, and does not optimize it: for the edit loop.
//
// Measured on the core of 300 ops: -O3s is 15 % smaller after gzip than -O3 (kernels say themselves what to inline);
// --converge doubles the time for the same code.
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { FEATURES, compilerArguments } from "./compiler.mjs";
import { loadConstants } from "./constants.mjs";
import { nameInOrder } from "./order.mjs";
import { writeInline } from "./inline.mjs";
import { joinSegments, withSegments } from "./pack.mjs";
import { share } from "./share.mjs";
import { divideData } from "./split/data.mjs";
import { readNames } from "./split/names.mjs";
import { split } from "./split/split.mjs";

const run = promisify(execFile);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const asc = join(dirname(require.resolve("assemblyscript/package.json")), "bin/asc.js");
const wasmOpt = join(dirname(require.resolve("binaryen/package.json")), "bin/wasm-opt");

/** The function that brings the programs of rare elementwise ops. */
const RARE_PROGRAMS = "core-wasm/assembly/ops/elementwise/rareEntry";
/** What a core is divided into. */
const PARTS = ["core", "rest"];
const fast = process.argv.includes("--fast");
const named = process.argv.slice(2).filter((a) => a in FEATURES);
const builds = named.length ? named : fast ? ["simd"] : Object.keys(FEATURES);
/** Those of the core for threads. */
const threads = (part) => `threads.${part}`;
/** The file of a build: the whole core without a part, or one of the two modules of a core that is divided. */
const target = (build, part) => join(root, `dist/flambeau.${build}${part ? `.${part}` : ""}.wasm`);

async function node(...args) {
  const env = { ...process.env, ...(typeof args[0] === "object" ? args.shift() : {}) };
  const { stdout, stderr } = await run(process.execPath, args, { cwd: root, env, maxBuffer: 1 << 26 }).catch(
    (error) => {
      process.stderr.write(`${error.stdout ?? ""}${error.stderr ?? error}`);
      process.exit(1);
    },
  );
  process.stderr.write(stdout + stderr);
}

/** What asc enables without being asked; it leaves no list in the module. */
const WASM_FEATURES = ["bulk-memory", "sign-ext", "nontrapping-float-to-int", "mutable-globals", "threads"];

/** The memory is new: zeros need not be written to it. */
const PASSES = ["--zero-filled-memory", "--memory-packing", "--coalesce-locals-learning", "--reorder-locals"];

const featuresOf = (build) => [...WASM_FEATURES, ...FEATURES[build]].map((feature) => `--enable-${feature}`);
const optimize = (build, file, ...passes) => node(wasmOpt, ...featuresOf(build), ...passes, file, "-o", file);

async function toText(build, file) {
  const text = `${file}.wat`;
  await node(wasmOpt, ...featuresOf(build), "-S", file, "-o", text);
  return readFileSync(text, "utf8");
}

async function fromText(build, file, text) {
  writeFileSync(`${file}.wat`, text);
  await node(wasmOpt, ...featuresOf(build), "--debuginfo", `${file}.wat`, "-o", file);
  rmSync(`${file}.wat`);
}

/** The last passes; then functions by name, so that related ones have like numbers and calls of them like bytes; then in order. */
async function finish(build, file) {
  await optimize(build, file, ...PASSES, "--strip-debug", "--reorder-functions-by-name");
  writeFileSync(file, nameInOrder(readFileSync(file)));
  await optimize(build, file, "--strip-debug", "--reorder-functions-by-name");
}

async function shrink(build, file) {
  const { loaded, write } = loadConstants(await toText(build, file), readFileSync(file));
  await fromText(build, file, loaded);
  writeFileSync(file, write(readFileSync(file)));
  await finish(build, file);
  writeFileSync(file, joinSegments(readFileSync(file)));
}

/** Makes the two modules of a core that is divided (split/split.mjs) out of what the compiler has made. */
async function divide(build, rawFile) {
  const files = PARTS.map((part) => target(build, part));
  const raw = readFileSync(rawFile);
  rmSync(rawFile);
  const listed = readNames();
  split(raw, listed).forEach((module, i) => writeFileSync(files[i], module));
  await Promise.all(files.map((file) => node("core-wasm/split/optimize.mjs", file, build)));
  const texts = await Promise.all(files.map((file) => toText(build, file)));
  const data = divideData(raw, texts[0], listed.has(RARE_PROGRAMS));
  let taken = 0;
  const constants = texts.map((text) => {
    const made = loadConstants(text, raw, taken);
    taken += (made.table.bytes.length + 7) & ~7;
    return made;
  });
  await Promise.all(
    files.map(async (file, i) => {
      await fromText(build, file, constants[i].loaded);
      await finish(build, file);
      // only what is new may get zeros between its data
      const gap = i === 0 ? undefined : 0;
      writeFileSync(file, withSegments(readFileSync(file), [...data[i], constants[i].table], gap));
    }),
  );
}

const NOTHING = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/** What stands for the parts in a quick build: the whole core, and nothing. */
function undivided(build) {
  copyFileSync(target(build), target(build, PARTS[0]));
  writeFileSync(target(build, PARTS[1]), NOTHING);
}

function shareParts(build) {
  for (const part of PARTS) {
    const module = readFileSync(target(build, part));
    writeFileSync(target(build, threads(part)), module.equals(NOTHING) ? NOTHING : share(module));
  }
}

async function compile(build) {
  const out = target(build);
  const started = performance.now();
  rmSync(out, { force: true });
  const raw = `${out}.raw`;
  await node({ RAW_CORE: fast ? "" : raw }, asc, ...compilerArguments(build, out, !fast));
  if (fast) {
    writeFileSync(out, joinSegments(readFileSync(out)));
    undivided(build);
  } else await Promise.all([shrink(build, out), divide(build, raw)]);
  shareParts(build);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const kB = (data) => `${(data.length / 1000).toFixed(0)} kB`;
  for (const part of [undefined, ...PARTS]) {
    const bytes = readFileSync(target(build, part));
    const gzip = gzipSync(bytes, { level: 9 });
    console.log(`${relative(root, target(build, part))}: ${kB(bytes)}, ${kB(gzip)} gzip`);
  }
  console.log(`${build}: ${seconds} s`);
}

mkdirSync(join(root, "dist"), { recursive: true });
await Promise.all(builds.map(compile));
if (fast && named.length === 0) {
  for (const part of [undefined, ...PARTS, ...PARTS.map(threads)])
    copyFileSync(target("simd", part), target("relaxed", part));
}
writeInline();
