// Bundles a program and serves it, with the repository beside it, to hosts that have no files: browsers and workerd.
import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
const TYPES = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".html": "text/html",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".json": "application/json",
};
const PAGE = `<!doctype html><meta charset="utf-8"><title>flambeau</title>
<script type="module" async src="/test/hosts/web/start.js"></script>`;

/** The package's file that a specifier stands for under an export condition: "flambeau" is "./dist/browser.js". */
function entry(specifier, condition) {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const found = exports[`.${specifier.slice(name.length)}`];
  return typeof found === "string" ? found : (found?.[condition] ?? found?.default);
}

/** What stands in for modules that tests import. */
const ADAPTERS = { "#test": "test/hosts/adapters/web.ts", "node:assert/strict": "test/hosts/adapters/assert.ts" };

/** The program as one module, in which the package alone is left to be imported, from below `base`. */
export async function bundle(file, condition, base) {
  const modules = {
    name: "modules",
    setup(plugins) {
      plugins.onResolve({ filter: /^flambeau(\/|$)/ }, ({ path }) => ({
        path: `${base}${entry(path, condition).slice("./".length)}`,
        external: true,
      }));
      plugins.onResolve({ filter: /^(#test|node:assert\/strict)$/ }, ({ path }) => ({
        path: join(root, ADAPTERS[path]),
      }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    format: "esm",
    target: "es2022",
    external: ["node:*"],
    plugins: [modules],
    // package.json's sideEffects are of the package, not of tests and examples
    ignoreAnnotations: true,
    write: false,
  });
  return outputFiles[0].text;
}

const bodyOf = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
};

/**
 * @param program what /program.js is
 * @param isolated whether pages are cross-origin isolated, as shared memory needs it
 * @returns the address, `exit`, a promise of the program's exit code, and `close`
 */
export async function serve({ program = "", isolated = true } = {}) {
  const headers = isolated
    ? { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" }
    : {};
  let end;
  const exit = new Promise((resolve) => (end = resolve));
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    try {
      if (path === "/console") {
        for (const item of JSON.parse(await bodyOf(request))) {
          if ("line" in item) console.log(item.line);
          else end(item.exit);
        }
        return response.writeHead(204).end();
      }
      const body = path === "/" ? PAGE : path === "/program.js" ? program : await readFile(join(root, path));
      const type = path === "/" ? TYPES[".html"] : (TYPES[extname(path)] ?? "application/octet-stream");
      response.writeHead(200, { "content-type": type, "cache-control": "no-store", ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    exit,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export const query = (args, more = {}) =>
  new URLSearchParams([...Object.entries(more), ...args.map((argument) => ["argument", argument])]);
