import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import dts from "rollup-plugin-dts";
import esbuild from "rollup-plugin-esbuild";
import { minify } from "terser";

const HOSTS = ["node", "deno", "bun", "browser", "workerd", "edge-light"];
/** Hosts without threads. */
const SINGLE = ["workerd", "edge-light"];
/** What threads run, where there are any. */
const THREADS = HOSTS.filter((host) => !SINGLE.includes(host)).map((host) => `${host}-thread`);
/** What the threads of kernels run, in hosts with web workers. */
const KERNELS = "kernel-thread";
/** Modules whose syntax is the host's own: they are copied beside the bundle as they stand. */
const VERBATIM = ["deno-core.js", ...SINGLE.flatMap((host) => [`${host}-core.js`, `${host}-numerics.js`])];
/** Entries beside those of the hosts, of pages and of the hosts with Node's modules. */
const ENTRIES = ["inline", "inline-system", "manual", "manual-system", "index"];
/** Which declarations an entry has, as Deno and JSR read it. */
const selfTypes = ({ name }) =>
  [...HOSTS, ...ENTRIES].includes(name)
    ? `/* @ts-self-types="./${name.startsWith("manual") ? "manual" : "index"}.d.ts" */`
    : "";
/** What core-wasm/inline.mjs writes. */
const WRITTEN = ["inline-core.js", "inline-numerics.js"];

/** The entries of flambeau/core. */
const CORES = HOSTS.map((host) => `core-${host}`);

/** Which chunk a module is part of, by the first pattern that its path matches. */
const CHUNKS = [
  [/^hosts\/(system(-thread|-gpu|-core|-traits|-files)?|builtin|optional|terminal)\.ts$/, "system"],
  [/^hosts\/web\.ts$/, "web"],
  [/^hosts\/(devtools|canvas)\.ts$/, "devtools"],
  // not in either's chunk, which would start both
  [/^hosts\/edge\.ts$/, "edge"],
  [/^hosts\/browser-(core|traits)\.ts$/, "browser-core"],
  [/^hosts\/init\.ts$/, "init"],
  [/^hosts\/web-(core|rest)\.ts$/, "web-core"],
  [/^hosts\/(inflate|inline-bytes)\.ts$/, "inline-bytes"],
  [/^gpu\//, "gpu"],
  // readers and writers of files: loaded at the first use, as gpu is
  [/^bindings\/io\/(?!(index|checkpoint|lazy|safetensors)\.ts$)/, "formats"],
  [/^bindings\/onnx\/(?!index)/, "onnx"],
  // both sides of a DataLoader's workers: loaded by loaders that have some
  [/^bindings\/utils\/data\/(workers|worker|transport)\.ts$/, "workers"],
  // tables, event files and profiles: loaded at the first use
  [/^bindings\/(utils\/(tools|tensorboard(?!\/index))|profiler\/(profile|report))/, "tools"],
  // what both the GPU and profiles need
  [/^bindings\/gen\/kernels\.ts$/, "kernels"],
  // what decodes and encodes images: loaded at the first use
  [/^bindings\/vision\/io\/codec\.ts$/, "images"],
  // without side effects, so that bundlers leave out what a program does not use
  [/^bindings\/vision\//, "vision"],
  [
    /^bindings\/(amp\/|transfer|(nn|optim|profiler)\/index|nn\/(utils\/(index|weight|param|fusion)|modules\/adaptive)|optim\/swa|profiler\/record|utils\/(index|benchmark|progress|summary|tensorboard))/,
    "extras",
  ],
  [/^bindings\/index\.ts$/, "torch"],
  [/^bindings\//, "flambeau"],
];

const pathOf = (id) => relative(import.meta.dirname, id);
/** Modules that every entry loads, beside those that `flambeau/core` reaches. */
const SHARED = /^(bindings\/boot|hosts\/(progress|fetch|detect|webgpu|thread))\.ts$/;
let essential;

/** What bindings/essential/index.ts imports, and they in their turn. */
function essentialModules(getModuleInfo) {
  const found = new Set();
  const visit = (id) => {
    if (found.has(id) || !pathOf(id).match(/^(bindings|core-wasm)\//)) return;
    found.add(id);
    getModuleInfo(id)?.importedIds.forEach(visit);
  };
  visit(join(import.meta.dirname, "bindings/essential/index.ts"));
  return found;
}

function chunkOf(id, { getModuleInfo }) {
  const path = pathOf(id);
  essential ??= essentialModules(getModuleInfo);
  if (essential.has(id) || SHARED.test(path)) return "core";
  const boot = /^hosts\/([\w-]+-boot)\.ts$/.exec(path);
  if (boot) return boot[1];
  return CHUNKS.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}

const copyVerbatim = {
  name: "copy-verbatim",
  buildStart() {
    for (const fileName of VERBATIM) {
      this.emitFile({ type: "asset", fileName, source: readFileSync(`hosts/${fileName}`, "utf8") });
    }
    // Deno finds the declarations that others import by the module that they are of
    this.emitFile({
      type: "asset",
      fileName: "types.js",
      source: `/* @ts-self-types="./types.d.ts" */\nexport {};\n`,
    });
  },
  resolveId(source) {
    const name = source.replace(/^.*\//, "");
    return VERBATIM.includes(name) || WRITTEN.includes(name) ? { id: `./${name}`, external: "relative" } : null;
  },
};

// the edit loop wants neither types nor small files
const quick = Boolean(process.env.QUICK);

/**
 * Class names stay: modules print them, and errors are known by them. Lines are short, since Node and Bun print the line in which
 * an error was thrown.
 */
const shrink = {
  name: "shrink",
  renderChunk: (code) =>
    minify(code, {
      sourceMap: true,
      module: true,
      ecma: 2020,
      keep_classnames: true,
      // ascii_only: V8 keeps text outside of Latin 1 at twice the size, which costs a collection of garbage while the package
      // loads; comments: what tells bundlers to leave an import alone
      format: {
        ascii_only: true,
        max_line_len: 300,
        semicolons: false,
        comments: /webpackIgnore|@vite-ignore|@ts-self-types/,
      },
      compress: { passes: 2 },
    }),
};

/**
 * Chunks of the core name each other's values as the minifier did. Rollup's names for them, beside those, were a list of 800 pairs in
 * core.js, a twentieth of it after gzip.
 */
const plainNames = {
  name: "plain-names",
  generateBundle(_, bundle) {
    const chunks = Object.values(bundle).filter(({ type }) => type === "chunk");
    const core = chunks.find(({ fileName }) => fileName === "core.js");
    if (chunks.some((chunk) => chunk.dynamicImports.includes(core.fileName)))
      throw new Error("core.js is imported by import(): its names would have to be changed there, too");
    const pairs = (list) => list.split(",").map((pair) => pair.trim().split(/\s+as\s+/));
    // in as many lines, that the source maps hold
    const inLines = (old, text) => text + "\n".repeat(old.split("\n").length - 1);
    const write = (from, to) => (from === to ? from : `${from} as ${to}`);
    const locals = new Map();
    core.code = core.code.replace(/export\s*\{([^}]*)\};?\s*(\/\/# sourceMappingURL=\S+\s*)$/, (_, list, url) => {
      for (const [local, name = local] of pairs(list)) locals.set(name, local);
      return `export{${[...new Set(locals.values())].sort().join(",")}};\n${url}`;
    });
    if (locals.size === 0) throw new Error("core.js does not end with its exports");
    const rename = (old, keyword, list) =>
      inLines(old, `${keyword}{${pairs(list).map(([name, as = name]) => write(locals.get(name), as))}}from"./core.js"`);
    for (const chunk of chunks) {
      if (!chunk.imports.includes(core.fileName)) continue;
      if (/\b(import|export)\s*\*[^"']*from\s*"\.\/core\.js"/.test(chunk.code))
        throw new Error(`${chunk.fileName} imports all of core.js`);
      chunk.code = chunk.code.replace(/\b(import|export)\s*\{([^}]*)\}\s*from\s*"\.\/core\.js"/g, rename);
    }
  },
};

const bundles = {
  input: Object.fromEntries(
    [...HOSTS, ...CORES, ...THREADS, KERNELS, ...ENTRIES].map((name) => [name, `hosts/${name}.ts`]),
  ),
  external: [/^node:/, "webgpu", "fast-png", "jpeg-js"],
  output: {
    dir: "dist",
    format: "es",
    chunkFileNames: "[name].js",
    // one file for what every host shares, one for those with Node's modules
    manualChunks: chunkOf,
    hoistTransitiveImports: false,
    banner: selfTypes,
    sourcemap: true,
  },
  plugins: [copyVerbatim, esbuild({ target: "es2022", tsconfig: false }), ...(quick ? [] : [shrink, plainNames])],
  onLog(level, log, handler) {
    handler(level === "warn" && log.code !== "CIRCULAR_DEPENDENCY" ? "error" : level, log);
  },
};

/**
 * Declarations as npm's package has them: they bring TypeScript's declarations of Symbol.dispose, which the targets of most projects
 * lack. JSR accepts no such references.
 */
const forNpm = {
  name: "for-npm",
  generateBundle() {
    for (const name of ["index", "core", "manual"]) {
      const source = `/// <reference lib="esnext.disposable" />\nexport * from "./${name}.js";\n`;
      this.emitFile({ type: "asset", fileName: `npm-${name}.d.ts`, source });
    }
  },
};

const types = {
  input: { index: "bindings/index.ts", core: "bindings/essential/index.ts" },
  output: {
    dir: "dist",
    format: "es",
    chunkFileNames: "types.d.ts",
    manualChunks: (id) => (/(bindings|essential)\/index\.ts$/.test(id) ? null : "types"),
  },
  plugins: [dts(), forNpm],
};

/** Those of entries with something more, on top of the others. */
const moreTypes = {
  input: "hosts/manual.ts",
  output: { file: "dist/manual.d.ts", format: "es", paths: () => "./index.js" },
  external: [/bindings\/index\.ts$/],
  plugins: [dts()],
};

export default quick ? [bundles] : [bundles, types, moreTypes];
