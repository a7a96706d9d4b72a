// Serves a bundle of examples/edge/build.mjs in npm's edge-runtime: node test/edge/edge-runtime.mjs main.js
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { wasmGlobal } from "../../examples/edge/build.mjs";

const { EdgeRuntime, runServer } = createRequire(new URL("../hosts/binaries/package.json", import.meta.url))(
  "edge-runtime",
);

/** As the platform does it: modules are compiled before the script runs, and the script finds them as globals. */
function extend(context) {
  for (const name of ["flambeau.simd.wasm", "flambeau.numerics.wasm"]) {
    const file = new URL(`../../dist/${name}`, import.meta.url);
    if (existsSync(file)) context[wasmGlobal(name)] = new WebAssembly.Module(readFileSync(file));
  }
  return context;
}

const runtime = new EdgeRuntime({ initialCode: readFileSync(process.argv[2], "utf8"), extend });
const server = await runServer({ runtime, host: "127.0.0.1", port: 0 });
console.log(`Listening on ${server.url}`);
