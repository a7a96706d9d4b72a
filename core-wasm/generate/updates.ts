/**
 * The programs of optimizers' steps for the core, and their numbers for the bindings. In the core's table an update has
 * 16 bytes, { program's offset u32, inputs u8, results u8, registers of the results u8[8] }; the programs follow.
 */
import { compileAll, encode } from "../ops/encode.ts";
import { input } from "../ops/expression.ts";
import { updates, type Update } from "../ops/updates.ts";
import { header } from "./registry.ts";

const ENTRY_SIZE = 16;

export function generateUpdates(): string {
  const compiled = Object.entries<Update>(updates).map(([name, { inputs, params, results }]) => {
    const leaves = Array.from({ length: inputs }, (_, i) => input(i));
    return compileAll(results, { inputs: leaves, params }, `update ${name}`);
  });
  const programs = compiled.map(({ program }) => encode(program));
  const size = programs.reduce((sum, { length }) => sum + length, ENTRY_SIZE * programs.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = ENTRY_SIZE * programs.length;
  compiled.forEach(({ program, outs }, i) => {
    view.setUint32(ENTRY_SIZE * i, at, true);
    bytes.set([program.inputs, outs.length, ...outs], ENTRY_SIZE * i + 4);
    bytes.set(programs[i]!, at);
    at += programs[i]!.length;
  });
  const words = Array.from({ length: size / 8 }, (_, i) => `0x${view.getBigUint64(8 * i, true).toString(16)}`);
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += 5) lines.push(`  ${words.slice(i, i + 5).join(", ")},`);
  return [
    header("The programs of optimizers' steps; the layout is described in core-wasm/generate/updates.ts."),
    "",
    "// @ts-ignore: decorator",
    "@lazy const BLOB = memory.data<u64>([",
    ...lines,
    "], 8);",
    "export const UPDATES: usize = BLOB;",
    "",
  ].join("\n");
}

export function generateUpdateNumbers(): string {
  const entries = Object.keys(updates).map((name, i) => `  ${name}: ${i},`);
  return [
    header("The numbers of the programs of optimizers' steps (core-wasm/ops/updates.ts)."),
    "",
    "export const UPDATE = {",
    ...entries,
    "} as const;",
    "",
  ].join("\n");
}
