// workerd, the engine of Cloudflare's workers. As a program: workerd.mjs FILE [arguments] runs a program inside of a request.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { binary } from "./launch.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const workerd = () => binary("@cloudflare/workerd-linux-64/bin/workerd", "workerd");

const IMPORTS = /\b(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

/** The files of dist/ that a module of it reaches, as paths from the repository's root. */
export function reached(entry, found = new Set()) {
  if (found.has(entry) || !existsSync(join(root, entry))) return found;
  found.add(entry);
  if (entry.endsWith(".js"))
    for (const [, path] of readFileSync(join(root, entry), "utf8").matchAll(IMPORTS))
      reached(join(dirname(entry), path), found);
  return found;
}

/** A folder of modules as workerd's configuration names them: the first is the worker. */
const configuration = (modules, outbound) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [
${modules.map((name) => `        (name = "${name}", ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${name}"),`).join("\n")}
      ],
      compatibilityDate = "2026-01-01",${outbound ? '\n      globalOutbound = "outbound",' : ""}
    )),${outbound ? `\n    (name = "outbound", external = (address = "${outbound}", http = ())),` : ""}
  ],
  sockets = [(name = "http", http = (), service = "main")],
);
`;

/**
 * Starts a worker that imports the package.
 * @param main the worker's module, which imports "./dist/workerd.js"
 * @param more other modules: name → text
 * @param outbound where all its requests go, "127.0.0.1:8080"
 * @returns its address, its process and `close`
 */
export async function startWorkerd({ main, more = {}, outbound }) {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-workerd-"));
  const texts = { "main.js": main, ...more };
  const files = [...reached("dist/workerd.js")];
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  for (const file of files) cpSync(join(root, file), join(folder, file));
  const config = join(folder, "config.capnp");
  writeFileSync(config, configuration([...Object.keys(texts), ...files], outbound));
  const child = spawn(workerd(), ["serve", config, "--socket-addr=http=127.0.0.1:0", "--control-fd=3", "--experimental"], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  }); // prettier-ignore
  const close = () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", close);
  const port = await new Promise((resolve, reject) => {
    let text = "";
    child.stdio[3].on("data", (data) => {
      text += data;
      const found = /"socket":"http","port":(\d+)/.exec(text);
      if (found) resolve(Number(found[1]));
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => reject(new Error(`workerd has ended: ${signal ?? code}`)));
  }).catch((error) => {
    close();
    throw error;
  });
  return { address: `http://127.0.0.1:${port}`, process: child, close };
}

/** Only inside of a request may a worker wait for anything: the program, but for its imports, becomes a function. */
function inRequest(program) {
  const imports = [];
  const body = program.replace(/^import [^;]*? from "[^"]+";$|^import "[^"]+";$/gm, (line) => {
    imports.push(line);
    return "";
  });
  return `${imports.join("\n")}
export default async function () {
${body}
}`;
}

const MAIN = `import { start } from "./start.js";
export default {
  async fetch(request) {
    await start(new URL(request.headers.get("program")), async () => (await import("./program.js")).default());
    return new Response("");
  },
};`;

async function run([file, ...args]) {
  const { bundle, query, serve } = await import("./web/server.mjs");
  const program = inRequest(await bundle(file, "workerd", "./"));
  const server = await serve();
  const start = readFileSync(join(root, "test/hosts/web/start.js"), "utf8");
  const worker = await startWorkerd({
    main: MAIN,
    more: { "start.js": start, "program.js": program },
    outbound: new URL(server.address).host,
  });
  try {
    const { get } = await import("node:http");
    // unlike fetch, this waits as long as it takes
    const answered = new Promise((resolve, reject) => {
      const headers = { program: `${server.address}/?${query(args)}` };
      get(worker.address, { headers }, (response) => {
        let text = "";
        response.on("data", (data) => (text += data));
        response.on("end", () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode} ${text}`)),
        );
      }).on("error", reject);
    });
    return await Promise.race([server.exit, answered.then(() => server.exit)]);
  } finally {
    worker.close();
    server.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(128));
  process.exit(await run(process.argv.slice(2)));
}
