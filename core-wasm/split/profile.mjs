// Writes cold.txt: which functions of the core the programs of usual/ don't enter. `make profile` runs it, after changes that
// add much to the core, or when the test of sizes says that the first module has grown.
//
// The core is compiled without optimization, so that its functions are those of the sources, and each gets a global that is
// set where the function begins. The programs run on one thread, where the package loads a core that does not share its memory.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import binaryen from "binaryen";
import { compilerArguments } from "../compiler.mjs";
import { writeNames } from "./names.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const asc = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");

/** Adds to each function a global, exported by the function's name. */
function instrument(bytes) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  const functions = Array.from({ length: module.getNumFunctions() }, (_, i) => module.getFunctionByIndex(i));
  for (const [i, fn] of functions.entries()) {
    const { name, module: from } = binaryen.getFunctionInfo(fn);
    if (from) continue;
    const entered = `entered${i}`;
    module.addGlobal(entered, binaryen.i32, true, module.i32.const(0));
    module.addGlobalExport(entered, `entered ${name}`);
    const body = binaryen.Function.getBody(fn);
    const mark = module.global.set(entered, module.i32.const(1));
    binaryen.Function.setBody(fn, module.block(null, [mark, body], binaryen.getExpressionType(body)));
  }
  return module.emitBinary();
}

const folder = mkdtempSync(join(tmpdir(), "flambeau-profile-"));
const raw = join(folder, "raw.wasm");
const env = { ...process.env, RAW_CORE: raw, RAW_CORE_ONLY: "1" };
execFileSync(process.execPath, [asc, ...compilerArguments("simd", join(folder, "core.wasm"))], { cwd: root, env });
const instrumented = join(folder, "instrumented.wasm");
writeFileSync(instrumented, instrument(readFileSync(raw)));
const found = join(folder, "cold.json");
execFileSync(
  process.execPath,
  ["--import", join(here, "recorder.mjs"), "--import", "tsx", join(here, "usual/main.ts")],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, OMP_NUM_THREADS: "1", PROFILED: instrumented, PROFILE: found },
  },
);
const { cold, hot } = JSON.parse(readFileSync(found, "utf8"));
rmSync(folder, { recursive: true });
writeFileSync(join(here, "cold.txt"), writeNames(cold));
console.log(`${hot.length} functions of the core are entered, ${cold.length} are not`);
