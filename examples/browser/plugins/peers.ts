// What the other libraries of the benchmark page need of a bundler: ONNX Runtime's files beside the pages, as its threads import
// them by their names; and the source of TensorFlow.js's wasm glue, from which it makes its threads, as it was written.
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Plugin } from "vite";

const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
const ORT = [
  "ort.wasm.min.mjs",
  "ort.webgpu.min.mjs",
  "ort-wasm-simd-threaded.mjs",
  "ort-wasm-simd-threaded.wasm",
  "ort-wasm-simd-threaded.asyncify.mjs",
  "ort-wasm-simd-threaded.asyncify.wasm",
];

export const version = (name: string): string =>
  (JSON.parse(readFileSync(`${modules}${name}/package.json`, "utf8")) as { version: string }).version;

export function peers(): Plugin {
  return {
    name: "peers",
    generateBundle() {
      for (const name of ORT)
        this.emitFile({
          type: "asset",
          fileName: `onnxruntime/${name}`,
          source: readFileSync(`${modules}onnxruntime-web/dist/${name}`),
        });
    },
  };
}

/** For the bundle of workers, in which TensorFlow.js lies. */
export function wholeSources(): Plugin {
  return {
    name: "whole-sources",
    async transform(code, id) {
      if (!id.endsWith("wasm-out/tfjs-backend-wasm-threaded-simd.js")) return;
      const { default: factory } = (await import(pathToFileURL(id).href)) as { default: object };
      const source = JSON.stringify(String(factory));
      return { code: `${code}\nWasmBackendModuleThreadedSimd.toString = () => ${source};\n`, map: null };
    },
  };
}
