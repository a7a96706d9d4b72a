import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { microNames } from "../../core-wasm/ops/micro.ts";

test("the interpreter's opcodes are the micro-ops in their order", () => {
  const file = new URL("../../core-wasm/assembly/kernels/program/opcodes.ts", import.meta.url);
  const entries = [...readFileSync(file, "utf8").matchAll(/^ {2}(\w+) = (\d+),$/gm)];
  expect(entries.map(([, name]) => name![0]!.toLowerCase() + name!.slice(1))).toEqual(microNames);
  expect(entries.map(([, , code]) => Number(code))).toEqual(microNames.map((_, i) => i));
});
