// Runs a TypeScript program in Chromium: node test/hosts/chromium.mjs FILE [arguments]
// The program is bundled, "flambeau" is the package's browser entry, and the repository is served beside it. Its arguments
// are the page's `argument` parameters, console.log prints, and the function `exitProgram(code)` ends it.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** Loaded when it is needed: run.mjs reads this file before anything is installed. */
const esbuild = () => import("esbuild");

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
const FLAGS =
  "--no-sandbox --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

const executable = () =>
  [process.env.CHROMIUM, "/usr/bin/chromium"].find((path) => path !== undefined && existsSync(path));

/** Why programs cannot run in Chromium here, or null. */
export const noChromium = () => (executable() ? null : "Chromium is not installed");

async function serve(program) {
  const page = `<!doctype html><meta charset="utf-8"><title>flambeau</title>
<script type="importmap">{"imports":{"flambeau":"/dist/browser.js"}}</script>
<script type="module" src="/program.js"></script>`;
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    try {
      const body = path === "/" ? page : path === "/program.js" ? program : await readFile(join(root, path));
      response.writeHead(200, {
        "content-type": path === "/" ? "text/html" : (TYPES[extname(path)] ?? "application/octet-stream"),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

async function main([file, ...args]) {
  const { chromium } = createRequire(join(here, "binaries/package.json"))("playwright-core");
  const { outputFiles } = await (
    await esbuild()
  ).build({
    entryPoints: [file],
    bundle: true,
    format: "esm",
    target: "es2022",
    external: ["flambeau", "node:*"],
    write: false,
  });
  const server = await serve(outputFiles[0].contents);
  const browser = await chromium.launch({ executablePath: executable(), args: FLAGS.split(" ") });
  try {
    const page = await browser.newPage();
    return await new Promise((exit, fail) => {
      page.on("console", (message) => console.log(message.text()));
      page.on("pageerror", fail);
      page.on("crash", () => fail(new Error("the page crashed")));
      const query = new URLSearchParams(args.map((argument) => ["argument", argument]));
      page
        .exposeFunction("exitProgram", exit)
        .then(() => page.goto(`http://127.0.0.1:${server.address().port}/?${query}`))
        .catch(fail);
    });
  } finally {
    await browser.close();
    server.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = noChromium();
  if (reason) {
    console.error(reason);
    process.exit(2);
  }
  process.exit(await main(process.argv.slice(2)));
}
