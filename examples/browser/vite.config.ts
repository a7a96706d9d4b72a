import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { mnist } from "./plugins/mnist.ts";
import { PAGES, layout } from "./plugins/layout.ts";
import { peers, version, wholeSources } from "./plugins/peers.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

// Threads share memory, which browsers allow to pages that are cross-origin isolated.
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default defineConfig({
  // the pages work from any folder of any server
  base: "./",
  // In a project of your own: `npm install flambeau`, and nothing here.
  resolve: { alias: [{ find: /^flambeau$/, replacement: path("../../dist/browser.js") }] },
  // modules print their classes' names
  worker: { format: "es", plugins: () => [wholeSources()], rolldownOptions: { output: { keepNames: true } } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
    reportCompressedSize: false,
    rolldownOptions: { input: PAGES.map(({ file }) => path(file)) },
  },
  server: { headers },
  preview: { headers },
  define: {
    VERSIONS: {
      jax: version("@jax-js/jax"),
      tfjs: version("@tensorflow/tfjs-core"),
      ort: version("onnxruntime-web"),
      flambeau: version("../../../"),
    },
  },
  plugins: [layout(), mnist(), peers()],
});
