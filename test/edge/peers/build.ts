// Bundles the peers for workerd. Their packages are those of test/bench.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import * as torch from "flambeau";
import { workerdConfig } from "../../../examples/edge/build.mjs";
import { classifier } from "../../../examples/lib/classifier.ts";

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const packages = path("../../bench/node_modules");
const ortWasm = join(packages, "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm");
const weights = path("../../../examples/edge/model/mnist.safetensors");

export const hasPeers = (): boolean => existsSync(ortWasm);

/** An isolate of the platform has 128 MB in all; left alone, V8 takes more before it looks for garbage. */
export const HEAP = ["--max-heap-size=64"];

interface Peer {
  name: string;
  entry: string;
  /** modules besides the program, and how the file is made */
  modules: [name: string, make: (file: string) => unknown][];
  define?: Record<string, string>;
}

async function writeOnnx(file: string): Promise<void> {
  const model = classifier();
  model.loadStateDict(await torch.safetensors.loadFile(weights));
  model.eval();
  await torch.onnx.export(model, torch.zeros(1, 1, 28, 28), file, { inputNames: ["input"], outputNames: ["output"] });
}

const copyOf = (source: string) => (file: string) => copyFileSync(source, file);
const ort = (name: string, compiled: boolean): Peer => ({
  name,
  entry: "ort.mjs",
  modules: [
    [compiled ? "ort.wasm" : "ort.bin", copyOf(ortWasm)],
    ["digits.onnx", writeOnnx],
  ],
  define: { COMPILED: String(compiled) },
});

export const PEERS: readonly Peer[] = [
  { name: "an empty worker", entry: "hello.mjs", modules: [] },
  ort("onnxruntime-web", false),
  ort("onnxruntime-web, instantiate replaced", true),
  {
    name: "tfjs, JavaScript backend",
    entry: "tfjs.mjs",
    modules: [["mnist.safetensors", copyOf(weights)]],
  },
];

/** @returns the names of the files, which lie in `outdir`, beside the configuration */
export async function buildPeer({ entry, modules, define }: Peer, outdir: string): Promise<string[]> {
  mkdirSync(outdir, { recursive: true });
  await build({
    entryPoints: [{ in: join(dirname(path("build.ts")), entry), out: "main" }],
    outdir,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", ...modules.map(([name]) => `./${name}`)],
    nodePaths: [packages],
    define,
    logLevel: "error",
  });
  for (const [name, make] of modules) await make(join(outdir, name));
  const names = ["main.js", ...modules.map(([name]) => name)];
  writeFileSync(join(outdir, "config.capnp"), workerdConfig(names, undefined, HEAP));
  return names;
}
