// Compiles core-wasm/numerics into dist/flambeau.numerics.wasm with emscripten and Eigen. Where they are missing it says so
// and succeeds: all else works without, and torch.linalg and torch.fft name what they lack.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { writeInline } from "../inline.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../../dist/flambeau.numerics.wasm");
const eigen = process.env.EIGEN_DIR ?? "/usr/include/eigen3";

if (spawnSync("em++", ["--version"]).error || !existsSync(join(eigen, "Eigen/Core"))) {
  console.log(
    "flambeau.numerics.wasm is not built: it needs emcc and Eigen (apt-get install emscripten libeigen3-dev)",
  );
  process.exit(0);
}

const flags = [
  "-std=c++17",
  "-O2",
  "-msimd128",
  "-DNDEBUG",
  // only the parts of Eigen under the Mozilla licence
  "-DEIGEN_MPL2_ONLY",
  "-fno-exceptions",
  "-fno-rtti",
  `-I${eigen}`,
  "-sSTANDALONE_WASM",
  "--no-entry",
  "-sALLOW_MEMORY_GROWTH",
];
const sources = readdirSync(here)
  .filter((file) => file.endsWith(".cpp"))
  .map((file) => join(here, file));
mkdirSync(dirname(out), { recursive: true });
execFileSync("em++", [...flags, ...sources, "-o", out], { stdio: "inherit" });
const bytes = readFileSync(out);
const kB = (data) => `${(data.length / 1000).toFixed(0)} kB`;
console.log(`dist/flambeau.numerics.wasm: ${kB(bytes)}, ${kB(gzipSync(bytes, { level: 9 }))} gzip`);
writeInline();
