// Serves the browser demos and the built package on localhost, isolated as shared memory will need it.
//   make serve        or: node examples/serve.mjs [port]
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const PORT = Number(process.argv[2] ?? 8080);
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
};
/** The only folders that are served, by the first part of the path. */
const FOLDERS = { "": "examples/browser", dist: "dist" };

function fileOf(url) {
  const path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname)).replace(/^\/+/, "");
  const [first, ...rest] = path.split("/");
  const file =
    first in FOLDERS && first !== "" ? join(FOLDERS[first], ...rest) : join(FOLDERS[""], path || "index.html");
  const full = join(root, file);
  return !file.startsWith("..") && existsSync(full) && statSync(full).isFile() ? full : undefined;
}

createServer((request, response) => {
  let file;
  try {
    file = fileOf(request.url);
  } catch {
    file = undefined;
  }
  if (file === undefined) return response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
  response.writeHead(200, {
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cache-control": "no-cache",
  });
  createReadStream(file).pipe(response);
}).listen(PORT, "127.0.0.1", () => console.log(`http://localhost:${PORT}`));
