import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "#test";
import { examplesOf, failuresOf, type Example } from "./doctest.ts";

const root = new URL("../../", import.meta.url);

/** Files of TypeScript below a folder. */
function sources(folder: string): string[] {
  return readdirSync(new URL(folder, root), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    return entry.isDirectory() ? sources(`${path}/`) : path.endsWith(".ts") ? [path] : [];
  });
}

const examples = (): Example[] =>
  sources("bindings/").flatMap((file) => examplesOf(readFileSync(new URL(file, root), "utf8"), file));

/** Shown only: examples that need a device, a network, or files. */
const needsMore = ({ code }: Example) =>
  /webgpu|https?:|import\.meta|"[\w./]+\.(ts|onnx|pt|npy|npz|gz|safetensors|jpg|png)"/.test(code);

test("the examples of the doc comments give what they say", async () => {
  const failures: string[] = [];
  for (const example of examples().filter((example) => !needsMore(example)))
    for (const failure of await failuresOf(example)) failures.push(`${example.place}: ${example.code}\n  ${failure}`);
  assert.deepEqual(failures, []);
});
