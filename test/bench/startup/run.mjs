// Wall time from spawn to the first byte of the result of a 2x2 matmul. JSON lines. --round=N --node=PATH --deno=PATH
import { spawn } from "node:child_process";
import path from "node:path";
import { args, ROOT, pkgVersion } from "../lib/harness.mjs";
const o = args(),
  NODE = o.node ?? process.execPath,
  D = path.join(ROOT, "startup");
const L = [
  ["pytorch", "python3", "/usr/bin/python3", ["pytorch.py"], "1.13"],
  ["(empty node script)", "node", NODE, ["node-empty.mjs"], ""],
  ["tfjs-wasm (core+wasm)", "node", NODE, ["tfjs-wasm.mjs"], pkgVersion("@tensorflow/tfjs-core")],
  ["flambeau", "node", NODE, ["flambeau-node.mjs"], ""],
  ["flambeau", "node20", "node", ["flambeau-node.mjs"], ""],
  ["(empty node script)", "node20", "node", ["node-empty.mjs"], ""],
  ...(o.deno
    ? [
        ["flambeau", "deno", o.deno, ["run", "-A", "flambeau-deno.mjs"], ""],
        ["(empty deno script)", "deno", o.deno, ["run", "-A", "node-empty.mjs"], ""],
      ]
    : []),
  ...(o.bun
    ? [
        ["flambeau", "bun", o.bun, ["flambeau-bun.mjs"], ""],
        ["(empty bun script)", "bun", o.bun, ["node-empty.mjs"], ""],
      ]
    : []),
  ["jax-js", "node", NODE, ["jax-js.mjs"], pkgVersion("@jax-js/jax")],
  ...(o.deno ? [["jax-js", "deno", o.deno, ["run", "-A", "jax-js.mjs"], pkgVersion("@jax-js/jax")]] : []),
  ["ort-web", "node", NODE, ["ort-web.mjs"], pkgVersion("onnxruntime-web")],
  ["ort-node", "node", NODE, ["ort-node.mjs"], pkgVersion("onnxruntime-node")],
  ["js-pytorch", "node", NODE, ["js-pytorch.mjs"], pkgVersion("js-pytorch")],
];
const one = (bin, a) =>
  new Promise((res, rej) => {
    const t = performance.now();
    let out = "",
      first = 0;
    const p = spawn(bin, a, { cwd: D, stdio: ["ignore", "pipe", "ignore"] });
    const kill = setTimeout(() => p.kill(), 20000);
    p.stdout.on("data", (b) => {
      out += b;
      if (!first && /7.*10.*15.*22/s.test(out)) {
        first = performance.now() - t;
        p.kill();
      }
    });
    p.on("close", () => {
      clearTimeout(kill);
      if (first) res(first);
      else rej(new Error("no result: " + out.slice(0, 100)));
    });
  });
for (const [system, runtime, bin, a, version] of L) {
  try {
    const s = [];
    for (let i = 0; i < 7; i++) s.push(await one(bin, a));
    s.sort((a, b) => a - b);
    console.log(
      JSON.stringify({
        system,
        version,
        workload: "startup",
        threads: 1,
        runtime,
        round: o.round,
        metric: "time",
        value: +s[3].toFixed(1),
        best: +s[0].toFixed(1),
        unit: "ms",
        samples: 7,
      }),
    );
  } catch (e) {
    console.log(
      JSON.stringify({
        system,
        version,
        workload: "startup",
        runtime,
        round: o.round,
        metric: "time",
        error: String(e.message),
      }),
    );
  }
}
