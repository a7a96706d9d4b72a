// ONNX Runtime, inference only: --flavor=web|node, --threads=N. Each run is session.run() with
// inputs already made as ort.Tensor; its output is copied to JS by the API.
import path from "node:path";
import fs from "node:fs";
import { args, runSystem, data, pkgVersion, ROOT } from "../lib/harness.mjs";
const o = args(),
  T = o.threads,
  flavor = o.flavor ?? "web";
const ort = await import(flavor === "web" ? "onnxruntime-web" : "onnxruntime-node");
if (flavor === "web") {
  ort.env.wasm.numThreads = T;
}
ort.env.logLevel = "error";
const opts = {
  executionProviders: [flavor === "web" ? "wasm" : "cpu"],
  intraOpNumThreads: T,
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
};
const session = (id) => {
  const p = path.join(ROOT, "models", id + ".onnx");
  return ort.InferenceSession.create(flavor === "web" ? new Uint8Array(fs.readFileSync(p)) : p, opts);
};
const t = (n, seed, dims) => new ort.Tensor("float32", data(n, seed), dims ?? [n]);
const cases = {};
const add = (id, feeds) => {
  cases[id] = async () => {
    const s = await session(id),
      f = feeds();
    return {
      async run() {
        await s.run(f);
      },
      dispose: () => s.release(),
    };
  };
};
for (const n of [64, 128, 256, 512, 1024, 2048])
  add("matmul_" + n, () => ({ a: t(n * n, 1, [n, n]), b: t(n * n, 2, [n, n]) }));
add("ew_fma_relu", () => ({ x: t(1e6, 1), y_: t(1e6, 2), z: t(1e6, 3) }));
for (const id of ["ew_exp", "ew_tanh", "ew_sigmoid", "sum_all"]) add(id, () => ({ x: t(1e6, 1) }));
add("softmax", () => ({ x: t(1 << 20, 1, [1024, 1024]) }));
add("transpose_copy", () => ({ x: t(1 << 20, 1, [1024, 1024]) }));
add("bcast_add", () => ({ x: t(1 << 20, 1, [1024, 1024]), b: t(1024, 5) }));
add("conv_fwd", () => ({ x: t(16 * 64 * 56 * 56, 1, [16, 64, 56, 56]) }));
add("infer_b1", () => ({ x: t(784, 7, [1, 784]) }));
add("infer_b64", () => ({ x: t(64 * 784, 7, [64, 784]) }));
await runSystem({
  name: "ort-" + flavor,
  version: pkgVersion("onnxruntime-" + flavor),
  threads: T,
  modes: { "": { cases } },
});
