// Bundles the service for workerd and for edge-light, into out/edge or the folder that is named:
//   node examples/edge/build.mjs [FOLDER]
import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const common = { bundle: true, minify: true, target: "es2022", logLevel: "warning", absWorkingDir: here };

/**
 * Parts of the package that this service never asks for, WebGPU, ONNX, linear algebra and others. workerd compiles every
 * module of a worker before it starts it: without these a cold start takes a fifth less.
 */
const UNUSED = ["gpu", "onnx", "tools", "workers", "workerd-numerics"];

/**
 * Modules for workerd: JavaScript, .wasm files and the weights, which stay files of their own, as `wrangler deploy` sends them,
 * and a configuration for `workerd serve`. What the program imports dynamically stays a file, too.
 * @param unused modules of the package's dist/ that are left out
 * @returns the files' names, the main module first
 */
export async function buildWorkerd(outdir, entry = join(here, "workerd.ts"), unused = UNUSED) {
  const { metafile } = await build({
    ...common,
    entryPoints: [{ in: entry, out: "main" }],
    outdir,
    format: "esm",
    splitting: true,
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", ...unused.map((name) => `./${name}.js`)],
    loader: { ".wasm": "copy", ".safetensors": "copy" },
    assetNames: "[name]",
    metafile: true,
  });
  const names = Object.keys(metafile.outputs)
    .map((path) => basename(path))
    .sort((a, b) => Number(b === "main.js") - Number(a === "main.js"));
  writeFileSync(join(outdir, "config.capnp"), workerdConfig(names));
  return names;
}

/** By their names' ends; other files are data. */
const MODULE_KINDS = { ".js": "esModule", ".wasm": "wasm" };

/** The file that `workerd serve` takes. `flags` are V8's. */
export function workerdConfig(names, date = "2026-11-01", flags = []) {
  const modules = names.map((name) => {
    const kind = MODULE_KINDS[name.slice(name.lastIndexOf("."))] ?? "data";
    return `    (name = "${name}", ${kind} = embed "${name}"),`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "main")],
  v8Flags = [${flags.map((flag) => `"${flag}"`).join(", ")}],
);

const worker :Workerd.Worker = (
  modules = [
${modules.join("\n")}
  ],
  compatibilityDate = "${date}",
);
`;
}

/** As Next.js does it: the module that `x.wasm?module` gives is a global, which the platform sets before the script runs. */
const wasmModules = {
  name: "wasm-modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace("?module", "")),
      namespace: "wasm-module",
    }));
    onLoad({ filter: /.*/, namespace: "wasm-module" }, ({ path }) => ({
      contents: `export default globalThis[${JSON.stringify(wasmGlobal(path))}];`,
    }));
  },
};

/** The name of the global that holds the module of a .wasm file. */
export const wasmGlobal = (path) => `wasm_${basename(path, ".wasm").replaceAll(".", "_")}`;

/** A script for npm's edge-runtime: main.js, with the weights inside. */
export async function buildEdgeLight(outdir, entry = join(here, "edge-light.ts")) {
  await build({
    ...common,
    entryPoints: [{ in: entry, out: "main" }],
    outdir,
    format: "iife",
    globalName: "edge",
    footer: { js: 'addEventListener("fetch", (event) => event.respondWith(edge.default(event.request)));' },
    conditions: ["edge-light", "worker", "browser"],
    external: ["node:*"],
    loader: { ".safetensors": "binary" },
    plugins: [wasmModules],
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? join(here, "../../out/edge");
  await buildWorkerd(join(folder, "workerd"));
  await buildEdgeLight(join(folder, "edge-light"));
  console.log(`built ${join(folder, "workerd")} and ${join(folder, "edge-light")}`);
}
