// Packs vectors of the plain layout into the project's copy: pack.ts FROM TO. One gzip per category, an object of
// path → content; files that are not JSON are base64.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { categories, packName } from "./vectors.ts";

const [from, to] = process.argv.slice(2);
if (!from || !to) throw new Error("pack.ts FROM TO");

function pathsOf(category: string): string[] {
  if (existsSync(join(from!, `${category}.json`))) return [`${category}.json`];
  return readdirSync(join(from!, category))
    .sort()
    .map((name) => `${category}/${name}`);
}

mkdirSync(to, { recursive: true });
for (const category of categories) {
  const content = Object.fromEntries(
    pathsOf(category).map((path) => {
      const bytes = readFileSync(join(from, path));
      return [path, path.endsWith(".json") ? JSON.parse(bytes.toString("utf8")) : bytes.toString("base64")];
    }),
  );
  const packed = gzipSync(JSON.stringify(content), { level: 9 });
  writeFileSync(join(to, packName(category)), packed);
  console.log(`${packName(category)} ${(packed.length / 1e6).toFixed(2)} MB`);
}
