// Serves the browser demos on localhost, isolated so that they may share memory with their threads.
//   make serve        or: node examples/serve.mjs [port] [--plain]      --plain: as a server that knows of no isolation
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("browser/dist", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".gz": "application/gzip",
};
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

function fileOf(url) {
  const { pathname } = new URL(url, "http://localhost");
  const path = normalize(decodeURIComponent(pathname)).replace(/^\/+/, "") || "index.html";
  const full = join(root, path);
  return !path.startsWith("..") && existsSync(full) && statSync(full).isFile() ? full : undefined;
}

/** @returns the server, listening; port 0 is any that is free */
export function serve(port, { plain = false } = {}) {
  const server = createServer((request, response) => {
    let file;
    try {
      file = fileOf(request.url);
    } catch {
      file = undefined;
    }
    if (file === undefined) return response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-length": statSync(file).size,
      "cache-control": "no-cache",
      ...(plain ? {} : ISOLATION),
    });
    if (request.method === "HEAD") return response.end();
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const port = Number(args.find((arg) => /^\d+$/.test(arg)) ?? 8080);
  await serve(port, { plain: args.includes("--plain") });
  console.log(`http://localhost:${port}`);
}
