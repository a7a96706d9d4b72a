// Writes the wasm modules that flambeau/inline carries as JavaScript: deflated, in base64. hosts/inline-bytes.ts undoes it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, deflateRawSync } from "node:zlib";

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");
const MODULES = { "inline-core.js": "flambeau.simd.wasm", "inline-numerics.js": "flambeau.numerics.wasm" };
const OPTIONS = { level: constants.Z_BEST_COMPRESSION, memLevel: 9 };

/** A module that has not been built is the empty text. */
export function writeInline() {
  for (const [name, file] of Object.entries(MODULES)) {
    const path = join(dist, file);
    const text = existsSync(path) ? deflateRawSync(readFileSync(path), OPTIONS).toString("base64") : "";
    writeFileSync(join(dist, name), `// ${file}, deflated\nexport default "${text}";\n`);
  }
}
