import { readFileSync } from "node:fs";
import { relative } from "node:path";
import dts from "rollup-plugin-dts";
import esbuild from "rollup-plugin-esbuild";
import { minify } from "terser";

const HOSTS = ["node", "deno", "bun", "browser", "workerd"];
/** Modules whose syntax is the host's own: they are copied beside the bundle as they stand. */
const VERBATIM = ["deno-core.js", "workerd-core.js", "workerd-numerics.js"];

/** Readers and writers of files: loaded at the first use, as `gpu` is. */
const FORMATS = /^bindings\/io\/(?!(index|checkpoint|lazy|safetensors)\.ts$)/;
const ONNX = /^bindings\/onnx\/(?!index)/;

const copyVerbatim = {
  name: "copy-verbatim",
  buildStart() {
    for (const fileName of VERBATIM) {
      this.emitFile({ type: "asset", fileName, source: readFileSync(`hosts/${fileName}`, "utf8") });
    }
  },
  resolveId(source) {
    const name = source.replace(/^.*\//, "");
    return VERBATIM.includes(name) ? { id: `./${name}`, external: "relative" } : null;
  },
};

// the edit loop wants neither types nor small files
const quick = Boolean(process.env.QUICK);

/** Class names stay: modules print them, and errors are known by them. */
const shrink = {
  name: "shrink",
  renderChunk: (code) =>
    minify(code, {
      module: true,
      ecma: 2020,
      keep_classnames: true,
      compress: { passes: 2 },
    }),
};

const bundles = {
  input: Object.fromEntries(HOSTS.map((host) => [host, `hosts/${host}.ts`])),
  external: [/^node:/, "webgpu"],
  output: {
    dir: "dist",
    format: "es",
    chunkFileNames: "[name].js",
    // one file for what every host shares, one for those with Node's modules
    manualChunks: (id) =>
      id.endsWith("/hosts/system.ts")
        ? "system"
        : relative(import.meta.dirname, id).startsWith("gpu/")
          ? "gpu"
          : FORMATS.test(relative(import.meta.dirname, id))
            ? "formats"
            : ONNX.test(relative(import.meta.dirname, id))
              ? "onnx"
              : /^bindings\/|^hosts\/(progress|fetch|detect|webgpu)\.ts$/.test(relative(import.meta.dirname, id))
                ? "flambeau"
                : null,
    hoistTransitiveImports: false,
  },
  plugins: [copyVerbatim, esbuild({ target: "es2022", tsconfig: false }), quick ? null : shrink],
  onLog(level, log, handler) {
    handler(level === "warn" && log.code !== "CIRCULAR_DEPENDENCY" ? "error" : level, log);
  },
};

const types = {
  input: "bindings/index.ts",
  output: { file: "dist/index.d.ts", format: "es" },
  plugins: [dts()],
};

export default quick ? [bundles] : [bundles, types];
