// Builds a program with a bundler: node builders.mjs BUNDLER PROJECT ENTRY OUT
// Each is set up as its documentation says for a page, or for a server, and knows nothing of flambeau, unless a comment says so.
import { existsSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

const require = createRequire(import.meta.url);

/** esbuild and Rollup leave `new URL("./file", import.meta.url)` as it stands: the files are copied by the program's build. */
function copyAssets(project, out) {
  const dist = join(project, "node_modules/flambeau/dist");
  if (!existsSync(dist)) return;
  for (const file of readdirSync(dist))
    if (/\.wasm$|^kernel-thread\.js$/.test(file)) copyFileSync(join(dist, file), join(out, file));
}

const page = (out, script) =>
  writeFileSync(join(out, "index.html"), `<!doctype html><meta charset="utf-8" />${script}`);
const MODULE = (entry) => `<script type="module" src="./${entry}"></script>`;

// webpack's minimizer takes ten seconds for what is small already
const optimization = { minimize: false };
const webpack = (config) =>
  new Promise((done, fail) =>
    require("webpack")({ mode: "production", ...config }, (error, stats) => {
      if (error) return fail(error);
      const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
      for (const warning of warnings) console.log(`warning: ${warning.message}`);
      for (const { moduleName, message } of errors) console.log(`error: ${moduleName}: ${message}`);
      return errors.length > 0 ? fail(new Error("webpack failed")) : done();
    }),
  );

async function rollup(project, entry, out, resolve, external, output = {}) {
  const bundle = await (
    await import("rollup")
  ).rollup({
    input: join(project, entry),
    external,
    plugins: [(await import("@rollup/plugin-node-resolve")).default(resolve)],
    onwarn: (warning) => console.log(`warning: ${warning.message}`),
  });
  await bundle.write({ dir: out, format: "es", ...output });
  copyAssets(project, out);
}

async function esbuild(project, entry, out, options, withAssets = true) {
  const { warnings } = await (
    await import("esbuild")
  ).build({
    absWorkingDir: project,
    entryPoints: [entry],
    outdir: out,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "silent",
    ...options,
  });
  for (const { text } of warnings) console.log(`warning: ${text}`);
  if (withAssets) copyAssets(project, out);
}

const BUILDERS = {
  async vite(project, entry, out) {
    const { build } = await import("vite");
    await build({ root: project, logLevel: "warn", build: { outDir: out, emptyOutDir: true } });
  },

  /** A worker that imports flambeau waits at its top level, which the format that Vite gives workers does not allow. */
  async "vite-loader"(project, entry, out) {
    const { build } = await import("vite");
    await build({
      root: project,
      logLevel: "warn",
      worker: { format: "es" },
      build: { outDir: out, emptyOutDir: true, rollupOptions: { input: join(project, "loader.html") } },
    });
  },

  async webpack(project, entry, out) {
    await webpack({ context: project, entry: `./${entry}`, output: { path: out, filename: "page.js" }, optimization });
    page(out, `<script defer src="page.js"></script>`);
  },

  async esbuild(project, entry, out) {
    await esbuild(project, entry, out, {});
    page(out, MODULE(entry));
  },

  async rollup(project, entry, out) {
    await rollup(project, entry, out, { browser: true }, []);
    page(out, MODULE(entry));
  },

  async parcel(project, entry, out) {
    // the API is the core of the package that is installed
    const { default: Parcel } = createRequire(require.resolve("parcel"))("@parcel/core");
    const bundler = new Parcel({
      entries: join(project, "index.html"),
      projectRoot: project,
      defaultConfig: require.resolve("@parcel/config-default"),
      mode: "production",
      cacheDir: join(project, ".parcel-cache"),
      shouldDisableCache: true,
      defaultTargetOptions: { distDir: out, shouldOptimize: true, shouldScopeHoist: true, sourceMaps: false },
      targets: {
        page: {
          distDir: out,
          context: "browser",
          engines: { browsers: "last 2 Chrome versions" },
          outputFormat: "esmodule",
        },
      },
    });
    await bundler.run();
  },

  /** One classic script, in a page that needs no server. */
  async "esbuild-inline"(project, entry, out) {
    const inline = { alias: { flambeau: "flambeau/inline" }, format: "iife", splitting: false };
    await esbuild(project, entry, out, inline, false);
    page(out, `<script src="${entry}"></script>`);
  },

  /** A page that brings the wasm, under other names. */
  async "esbuild-manual"(project, entry, out) {
    await esbuild(project, entry, out, { alias: { flambeau: "flambeau/manual" } }, false);
    const dist = join(project, "node_modules/flambeau/dist");
    copyFileSync(join(dist, "flambeau.simd.wasm"), join(out, "core.wasm"));
    copyFileSync(join(dist, "flambeau.numerics.wasm"), join(out, "linalg.wasm"));
    page(out, MODULE(entry));
  },

  async "esbuild-inline-server"(project, entry, out) {
    const inline = { alias: { flambeau: "flambeau/inline" }, format: "cjs", splitting: false, platform: "node" };
    const names = { outExtension: { ".js": ".cjs" }, logOverride: { "empty-import-meta": "silent" } };
    await esbuild(project, entry, out, { ...inline, ...names }, false);
  },

  async "webpack-server"(project, entry, out) {
    await webpack({
      context: project,
      entry: `./${entry}`,
      target: "node20",
      experiments: { outputModule: true },
      optimization,
      output: { path: out, filename: "server.mjs", module: true, chunkFormat: "module" },
    });
  },

  /** With Next.js's addresses of assets, which are no files'. */
  async "webpack-next-server"(project, entry, out) {
    await webpack({
      context: project,
      entry: `./${entry}`,
      target: "node20",
      output: { path: out, filename: "server.cjs", publicPath: "/_next/" },
      optimization,
    });
  },

  async "esbuild-server"(project, entry, out) {
    await esbuild(project, entry, out, { platform: "node", outExtension: { ".js": ".mjs" } });
  },

  async "rollup-server"(project, entry, out) {
    const resolve = { exportConditions: ["node"], preferBuiltins: true };
    await rollup(project, entry, out, resolve, [/^node:/], { entryFileNames: "server.mjs" });
  },

  async "vite-server"(project, entry, out) {
    const { build } = await import("vite");
    await build({
      root: project,
      logLevel: "warn",
      ssr: { noExternal: true },
      build: {
        ssr: entry,
        outDir: out,
        emptyOutDir: true,
        rollupOptions: { output: { entryFileNames: "server.mjs" } },
      },
    });
    // Vite emits no assets of servers
    copyAssets(project, out);
  },
};

const [name, project, entry, out] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
await BUILDERS[name](project, entry, out);
console.log(`${basename(out)} is built`);
process.exit(0);
