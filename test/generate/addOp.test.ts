// ARCHITECTURE.md says that an op is one record. This test takes the record from there, adds it to a copy of the project,
// and uses what comes of it: function, method, gradient and second derivative.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PARTS = ["core-wasm", "bindings", "gpu", "hosts", "package.json", "rollup.config.js", "tsconfig.json"];

const PROGRAM = `
import * as torch from "./dist/node.js";
const x = torch.tensor([-1.5, 0, 0.75], { requiresGrad: true });
const gate = torch.tensor([0.5, -2, 3], { requiresGrad: true });
const y = torch.gatedTanh(x, gate);
const [gx] = torch.autograd.grad(y.sum(), [x], { createGraph: true });
const [gxx] = torch.autograd.grad(gx.sum(), [x], { retainGraph: true });
x.gatedTanh(gate).sum().backward();
console.log(JSON.stringify([y, gx, gxx, gate.grad].map((t) => t.tolist())));
`;

test("one record gives an op with its gradient and second derivative", { timeout: 300_000 }, () => {
  const block = readFileSync(join(root, "ARCHITECTURE.md"), "utf8").match(
    /```ts\n\/\/ (core-wasm\/ops\/\S+)\n([^]*?)```/,
  )!;
  const copy = mkdtempSync(join(tmpdir(), "flambeau-op-"));
  try {
    for (const part of PARTS) cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    writeFileSync(join(copy, block[1]!), block[2]!);
    const node = (...args: string[]): string =>
      execFileSync(process.execPath, args, { cwd: copy, encoding: "utf8", env: { ...process.env, QUICK: "1" } });
    node("--import", "tsx", "core-wasm/generate/main.ts");
    node("core-wasm/build.mjs", "simd", "relaxed", "--fast");
    node("node_modules/rollup/dist/bin/rollup", "--config", "--silent");
    writeFileSync(join(copy, "main.mjs"), PROGRAM);
    const [y, gx, gxx, gGate] = JSON.parse(node("main.mjs")) as number[][];

    const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
    const close = (got: number[], want: (x: number, gate: number) => number): void =>
      [-1.5, 0, 0.75].forEach((x, i) => expect(got[i]).toBeCloseTo(want(x, [0.5, -2, 3][i]!), 5));
    close(y!, (x, g) => Math.tanh(x) * sigmoid(g));
    close(gx!, (x, g) => (1 - Math.tanh(x) ** 2) * sigmoid(g));
    close(gxx!, (x, g) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2) * sigmoid(g));
    close(gGate!, (x, g) => Math.tanh(x) * sigmoid(g) * (1 - sigmoid(g)));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
