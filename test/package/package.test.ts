// The package as users get it: `npm pack`, installed into an empty project, imported in every host.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bun, deno, node24 } from "../hosts/launch.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = `
import * as torch from "flambeau";
const a = torch.tensor([[1, 2], [3, 4]], { requiresGrad: true });
const b = torch.matmul(a, a);
b.sum().backward();
console.log(JSON.stringify([b.tolist(), a.grad.tolist()]));
`;
const RESULT = "[[[7,10],[15,22]],[[7,11],[9,13]]]";

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
  writeFileSync(join(project, "main.js"), PROGRAM);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["node", process.execPath, ["main.js"]],
  ["node 24", node24(), ["main.js"]],
  ["deno, without any permission", deno(), ["run", "--no-remote", "--no-prompt", "--quiet", "main.js"]],
  ["bun", bun(), ["run", "main.js"]],
])("an import is all it takes in %s", (_name, program, args) => {
  expect(run(program, args)).toBe(RESULT);
});

test("the types of the package check under strict", () => {
  writeFileSync(
    join(project, "typed.ts"),
    `import * as torch from "flambeau";
const x: torch.Tensor = torch.randn(2, 3).add(1);
const shape: readonly number[] = x.shape;
// @ts-expect-error a tensor has no such method
x.noSuchMethod();
export { shape };
`,
  );
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2023,dom,esnext.disposable"];
  for (const module of ["nodenext", "preserve"]) {
    const resolution = module === "preserve" ? "bundler" : "nodenext";
    run(process.execPath, [tsc, ...options, "--module", module, "--moduleResolution", resolution, "typed.ts"]);
  }
});

test("wasm and JavaScript of the SIMD build keep to their budget", () => {
  const files = ["flambeau.simd.wasm", "flambeau.js", "system.js", "node.js", "node-boot.js", "torch.js"];
  const size = (name: string): number => gzipSync(readFileSync(join(root, "dist", name)), { level: 9 }).length;
  // What a bundle of training or inference holds: some 480 ops with derivatives, complex numbers, linalg, fft, nn and optim. The aim is 150 kB: lower this with every step
  // towards it; only a new part of the API may raise it, by what it takes.
  expect(files.reduce((sum, name) => sum + size(name), 0)).toBeLessThanOrEqual(267_300);
});
