// A static server for the pages of the tests.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/**
 * Serves a folder. `wasmType` is the MIME type of .wasm files, `without` a pattern of files that are not found, `headers` what comes
 * with every answer.
 * @returns {Promise<{ url: string, requests: string[], close(): void }>}
 */
export async function serve(
  folder,
  { isolated = false, wasmType = TYPES[".wasm"], without = /^$/, headers = {} } = {},
) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    requests.push(path);
    const file = path.endsWith("/") ? `${path}index.html` : path;
    try {
      if (without.test(file)) throw new Error("not found");
      const body = await readFile(join(folder, file));
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, {
        "content-type": type === TYPES[".wasm"] ? wasmType : type,
        ...(isolated && ISOLATED),
        ...headers,
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${server.address().port}/`, requests, close: () => server.close() };
}
