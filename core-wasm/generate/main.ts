/**
 * Writes everything that is made from the op records: `npx tsx core-wasm/generate/main.ts`. With --check it writes nothing and
 * fails if a generated file differs from what the records say.
 */
import { mkdirSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { allRecords } from "../ops/index.ts";
import type { Namespace, OpRecord } from "../ops/record.ts";
import { NAMESPACE_FILES, generateFunctions, generateMethods, generateSignatures } from "./bindings.ts";
import { generateDerivatives } from "./derivatives.ts";
import { generateReference } from "./doc.ts";
import { generateExportTypes, generateExports } from "./exports.ts";
import { generateOps, hasInplace } from "./ops.ts";
import { generateKernelIds } from "./kernels.ts";
import { generatePrograms } from "./programs.ts";
import { METHODS_ONLY } from "./methods-only.ts";
import { makeRegistry } from "./registry.ts";
import { generateUpdateNumbers, generateUpdates } from "./updates.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const kernelIds = generateKernelIds(readFileSync(join(root, "core-wasm/assembly/dispatch/kernel.ts"), "utf8"));

const registry = makeRegistry(await allRecords(), join(root, "core-wasm/assembly"));
const cold = readFileSync(join(root, "core-wasm/split/cold.txt"), "utf8");
const rareOps = new Set(/^gen\/ops\/ (.*)$/m.exec(cold)?.[1]!.split(" "));
/** Whether usual programs call neither the op nor its form in place. */
const isRare = (op: string): boolean =>
  rareOps.has(op) && (rareOps.has(`${op}_`) || !registry.records.some((r) => r.name === op && hasInplace(r)));
const files: Record<string, string> = {
  "core-wasm/assembly/gen/programs.ts": generatePrograms(registry, isRare),
  "core-wasm/assembly/gen/ops.ts": generateOps(registry),
  "core-wasm/assembly/gen/derivatives.ts": generateDerivatives(registry),
  "core-wasm/assembly/gen/exports.ts": generateExports(registry),
  "core-wasm/gen/ops.json": generateReference(registry),
  "bindings/gen/kernels.ts": kernelIds,
  "bindings/gen/exports.ts": generateExportTypes(registry),
  "bindings/gen/signatures.ts": generateSignatures(registry),
  "bindings/gen/methods.ts": generateMethods(registry),
  "core-wasm/assembly/gen/updates.ts": generateUpdates(),
  "bindings/gen/updates.ts": generateUpdateNumbers(),
};
/** Whether `flambeau/core` has an op as a method only. */
const isMethodOnly = ({ name, variants }: OpRecord): boolean => METHODS_ONLY.has(name) && variants.includes("method");
for (const [namespace, file] of Object.entries(NAMESPACE_FILES)) {
  const isTorch = namespace === "torch";
  files[`bindings/gen/${file}`] = generateFunctions(
    registry,
    namespace as Namespace,
    (r) => !isTorch || !isMethodOnly(r),
  );
}
files["bindings/gen/rare-functions.ts"] = generateFunctions(registry, "torch", isMethodOnly);

const check = process.argv.includes("--check");
const stale: string[] = [];
for (const [file, text] of Object.entries(files)) {
  const path = join(root, file);
  const current = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (current === text) continue;
  stale.push(relative(root, path));
  if (check) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
if (check && stale.length > 0) {
  console.error(`generated files differ from the op records, run \`make generate\`:\n  ${stale.join("\n  ")}`);
  process.exit(1);
}
console.log(
  stale.length === 0
    ? `${registry.records.length} ops: generated files are up to date`
    : `${registry.records.length} ops: wrote ${stale.join(", ")}`,
);
