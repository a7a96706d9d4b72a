/** All records: every exported record of every file of this folder, by name. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { OpRecord } from "./record.ts";

const MACHINERY = new Set([
  "record",
  "signature",
  "expression",
  "encode",
  "differentiate",
  "micro",
  "updates",
  "index",
]);

export async function allRecords(folder = dirname(fileURLToPath(import.meta.url))): Promise<OpRecord[]> {
  const files = readdirSync(folder)
    .filter((f) => f.endsWith(".ts") && !MACHINERY.has(f.slice(0, -3)))
    .sort();
  const records = new Map<string, OpRecord>();
  for (const file of files) {
    const exported: Record<string, unknown> = await import(pathToFileURL(join(folder, file)).href);
    for (const [key, value] of Object.entries(exported)) {
      if (!isRecord(value)) continue;
      if (key !== value.name && key !== `${value.name}Op`) {
        throw new Error(
          `${file}: the record of ${value.name} must be exported as ${value.name} (as ${value.name}Op if that is a reserved word), not as ${key}`,
        );
      }
      if (records.has(value.name)) throw new Error(`${file}: there is already a record of ${value.name}`);
      records.set(value.name, value);
    }
  }
  return [...records.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isRecord(x: unknown): x is OpRecord {
  return typeof x === "object" && x !== null && "signature" in x && "kind" in x && "declaration" in x;
}
