// What programs download, gzip: the closure of an entry's static imports, and the wasm that it loads at its start.
// `make build` prints the table, package.test.ts holds the budgets.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));

/** Bytes of a file of dist/ after gzip. */
export const gzipSize = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

/** The files that a module of dist/ imports without a condition, itself among them. */
export function imported(entry, found = new Set()) {
  if (found.has(entry)) return [...found];
  found.add(entry);
  const source = readFileSync(join(dist, entry), "utf8");
  for (const [, file] of source.matchAll(/(?:^|[;}\s])(?:import|export)[^"'();]*["']\.\/([\w.-]+\.js)["']/g))
    imported(file, found);
  return [...found];
}

/** What a page fetches for an entry that runs on a core of one build. */
export const pageFiles = (entry, build = "simd") => [`flambeau.${build}.core.wasm`, ...imported(entry)];

export const total = (files) => files.reduce((sum, file) => sum + gzipSize(file), 0);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kB = (bytes) => `${(bytes / 1000).toFixed(1).padStart(7)} kB`;
  const print = (title, files) => {
    console.log(`${kB(total(files))}  ${title}`);
    for (const file of files) console.log(`${kB(gzipSize(file))}    ${basename(file)}`);
  };
  print("a page with flambeau/core", pageFiles("core-browser.js"));
  print("a page with flambeau", pageFiles("browser.js"));
  print("when a rare op is first called", ["flambeau.simd.rest.wasm"]);
  print("a page that is cross-origin isolated", ["flambeau.relaxed.threads.core.wasm", ...imported("browser.js")]);
  print("torch.webgpu.init()", ["gpu.js", "kernels.js"]);
}
