// The package as users get it: `npm pack`, installed into an empty project, imported in every host.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bun, deno, node24 } from "../hosts/launch.mjs";
import { pageFiles, total } from "./sizes.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** A training step, whose numbers are exact; the process ends by itself. */
const PROGRAM = `
const model = new torch.nn.Linear(2, 2, false);
torch.nn.init.ones_(model.weight);
const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.5 });
const loss = torch.nn.functional.mseLoss(model(torch.tensor([[1, 2], [3, 4]])), torch.ones(2, 2));
loss.backward();
optimizer.step();
console.log(JSON.stringify([loss.item(), model.weight.tolist()]));
`;
const RESULT = "[20,[[-4,-6],[-4,-6]]]";
const ENTRIES: Record<string, string> = {
  main: `import * as torch from "flambeau";${PROGRAM}`,
  inline: `import * as torch from "flambeau/inline";${PROGRAM}`,
  manual: `import * as torch from "flambeau/manual";await torch.init();${PROGRAM}`,
};

let folder: string;
let project: string;
const run = (program: string, args: string[], cwd = project): string =>
  execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flambeau-package-"));
  project = join(folder, "project");
  mkdirSync(project);
  run("npm", ["pack", "--silent", "--pack-destination", folder], root);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module", private: true }));
  run("npm", ["install", "--silent", "--offline", "--no-audit", "--no-fund", join(folder, tarball)]);
  for (const [name, program] of Object.entries(ENTRIES)) writeFileSync(join(project, `${name}.js`), program);
});
afterAll(() => rmSync(folder, { recursive: true }));

const DENO = ["run", "--no-remote", "--no-prompt", "--quiet"];
test.each([
  ["node", process.execPath, [], []],
  ["node 24", node24(), [], []],
  ["deno, without any permission", deno(), DENO, ["--allow-read", "--allow-env"]],
  ["bun", bun(), ["run"], []],
])("an import is all it takes in %s", (_name, program, args, permissions) => {
  expect(run(program, [...args, "main.js"])).toBe(RESULT);
  expect(run(program, [...args, "inline.js"])).toBe(RESULT);
  expect(run(program, [...args, ...permissions, "manual.js"])).toBe(RESULT);
});

test("flambeau/manual takes wasm in every form, and says what it is without", () => {
  const program = (source: string): string => `
import { readFileSync } from "node:fs";
import * as torch from "flambeau/manual";
const url = import.meta.resolve("flambeau/flambeau.simd.wasm");
const bytes = readFileSync(new URL(url));
try { torch.ones(2); } catch (error) { console.log(error.message.slice(0, 23)); }
await torch.init({ wasm: ${source} }).then(() => console.log(torch.ones(2).sum().item()), (error) => console.log(error.message));
`;
  const response = `new Response(bytes, { headers: { "content-type": "application/wasm" } })`;
  const sources = ["bytes", "bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)", "new WebAssembly.Module(bytes)", "url", "new URL(url)", "new URL(url).pathname", response, "new Response(bytes)", `url.replace(".simd.", ".simd.threads.core."), rest: url.replace(".simd.", ".simd.threads.rest.")`, `url.replace(".simd.", ".simd.core."), rest: url.replace(".simd.", ".simd.rest.")`]; // prettier-ignore
  const forms = sources.map((source) => {
    writeFileSync(join(project, "form.js"), program(source));
    return run(process.execPath, ["form.js"]);
  });
  expect(forms).toEqual(sources.map(() => "flambeau is not started\n2"));
  writeFileSync(join(project, "form.js"), program("5"));
  expect(run(process.execPath, ["form.js"])).toContain("init: wasm must be a WebAssembly.Module");
});

/** What a program prints that a bad call ends. */
function uncaught(program: string, args: string[]): string {
  const { stderr, status } = spawnSync(program, [...args, "bad.js"], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  expect(status).not.toBe(0);
  return stderr;
}

test.each([
  ["node", process.execPath, []],
  ["node 24", node24(), []],
  ["deno", deno(), DENO],
  ["bun", bun(), ["run"]],
])("a bad call that nobody catches shows the program's line in %s, and little else", (_name, program, args) => {
  const bad = `import * as torch from "flambeau";
function badCall() {
  return [torch.nn.functional.linear(torch.ones(2, 3), torch.ones(4, 5))];
}
badCall();
`;
  writeFileSync(join(project, "bad.js"), bad);
  const said = uncaught(program, args);
  expect(said).toContain("RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 5x4)");
  expect(said).toMatch(/badCall .*bad\.js:3:/);
  expect(said.length).toBeLessThan(3000);
});

test("the stack of an error has as many frames as the program wants, none of them in wasm", () => {
  writeFileSync(
    join(project, "bad.js"),
    `import * as torch from "flambeau";
const caught = () => { try { torch.ones(2).view(3); } catch (error) { return error.stack; } };
Error.stackTraceLimit = 25;
const frames = caught().split("\\n    at ");
Error.stackTraceLimit = 0;
console.log(JSON.stringify([frames[0], frames.some((frame) => frame.includes("wasm")), frames.some((frame) => frame.includes("bad.js:2")), caught()]));
`,
  );
  const message = "RuntimeError: shape '[3]' is invalid for input of size 2";
  expect(JSON.parse(run(process.execPath, ["bad.js"]))).toEqual([message, false, true, message]);
});

test("source maps lead to the lines that threw", () => {
  const errors = {
    "bindings/optim/adaptive.ts": `new torch.optim.Rprop([new torch.nn.Parameter(torch.ones(1))], { etas: [2, 3] })`,
    "bindings/functional/einsum.ts": `torch.einsum("ij,jk", torch.ones(2))`,
    "bindings/optim/optimizer.ts": `new torch.optim.SGD([], { lr: 1 })`,
    "bindings/nn/modules/attention.ts": `new torch.nn.MultiheadAttention(5, 2)`,
  };
  for (const [file, call] of Object.entries(errors)) {
    writeFileSync(join(project, "bad.js"), `import * as torch from "flambeau";\n${call};\n`);
    const said = uncaught(process.execPath, ["--enable-source-maps"]);
    const [, line] = said.match(new RegExp(`${file}:(\\d+):\\d+`)) ?? [];
    expect(line, said).toBeDefined();
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    expect(lines.slice(Number(line) - 2, Number(line)).join("\n")).toContain("throw new");
  }
});

test("flambeau/core is a part of flambeau: the same tensors, and errors that name what it has not got", () => {
  writeFileSync(
    join(project, "core.js"),
    `
import * as core from "flambeau/core";
const message = (run) => { try { run(); } catch (error) { return error.name; } };
const before = [message(() => core.eye(2).inverse()), message(() => core.norm(core.eye(2), "nuc"))];
const torch = await import("flambeau");
const after = [core.eye(2).inverse().trace().item(), core.norm(core.eye(2), "nuc").item()];
const same = [torch.Tensor === core.Tensor, torch.nn.Linear === core.nn.Linear, Object.keys(core).every((name) => name in torch)];
console.log(JSON.stringify([before, after, same]));
`,
  );
  const expected = [["NotImplementedError", "NotImplementedError"], [2, 2], [true, true, true]]; // prettier-ignore
  expect(JSON.parse(run(process.execPath, ["core.js"]))).toEqual(expected);
});

test("the types of the package check under strict", () => {
  writeFileSync(
    join(project, "typed.ts"),
    `import * as torch from "flambeau";
import * as core from "flambeau/core";
import * as manual from "flambeau/manual";
import { Tensor } from "flambeau/inline";
export const started: Promise<void> = manual.init({ wasm: new Uint8Array(8), numerics: "numerics.wasm" });
export const same: Tensor = manual.ones(2);
const x: torch.Tensor = core.randn(2, 3).add(1);
const shape: readonly number[] = x.shape;
// @ts-expect-error a tensor has no such method
x.noSuchMethod();
export { shape };
`,
  );
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const options = ["--noEmit", "--strict", "--noUncheckedIndexedAccess", "--target", "es2022"];
  for (const module of ["nodenext", "preserve"]) {
    const resolution = module === "preserve" ? "bundler" : "nodenext";
    run(process.execPath, [tsc, ...options, "--module", module, "--moduleResolution", resolution, "typed.ts"]);
  }
});

// What the entries load at their start. A page with flambeau/core is to stay near 150 kB: only a new part of the API may raise
// one of these, by what it takes.
test.each([
  ["flambeau/core in a page", pageFiles("core-browser.js"), 150_000],
  ["flambeau in a page", pageFiles("browser.js"), 242_000],
  ["what training and inference need of the core", ["flambeau.simd.core.wasm"], 84_500],
  ["the whole core", ["flambeau.simd.wasm"], 162_000],
  ["WebGPU", ["gpu.js", "kernels.js"], 80_000],
  ["linear algebra", ["flambeau.numerics.wasm"], 155_000],
])("%s keeps to its budget", (_name, files, budget) => {
  expect(total(files)).toBeLessThanOrEqual(budget);
});
