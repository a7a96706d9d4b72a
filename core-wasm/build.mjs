// Compiles assembly/index.ts into dist/flambeau.{simd,relaxed}.wasm, both at once, one process each.
//   node core-wasm/build.mjs [simd|relaxed ...] [--fast]
// --fast builds simd alone and does not optimize, for the edit loop. (--converge was measured to double the time for the same code.)
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const asc = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");

const FEATURES = { simd: ["simd"], relaxed: ["simd", "relaxed-simd"] };
const fast = process.argv.includes("--fast");
const named = process.argv.slice(2).filter((a) => a in FEATURES);
const builds = named.length ? named : fast ? ["simd"] : Object.keys(FEATURES);

async function compile(build) {
  const out = join(root, `dist/flambeau.${build}.wasm`);
  const started = performance.now();
  rmSync(out, { force: true });
  const args = ["core-wasm/assembly/index.ts", "--runtime", "stub", "--noAssert", "--use", "abort=", "--outFile", out];
  for (const feature of FEATURES[build]) args.push("--enable", feature);
  if (!fast) args.push("-O3");
  const { stdout, stderr } = await run(process.execPath, [asc, ...args], { cwd: root, maxBuffer: 1 << 26 }).catch(
    (error) => {
      process.stderr.write(`${error.stdout ?? ""}${error.stderr ?? error}`);
      process.exit(1);
    },
  );
  process.stderr.write(stdout + stderr);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`dist/flambeau.${build}.wasm ${(statSync(out).size / 1024).toFixed(0)} kB, ${seconds} s`);
}

mkdirSync(join(root, "dist"), { recursive: true });
await Promise.all(builds.map(compile));
