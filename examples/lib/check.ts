// Assertions of the examples' tests.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** |got - want| ≤ tolerance · max(1, |want|), for numbers and equally long lists of them. */
export function close(got: unknown, want: unknown, tolerance = 1e-4): void {
  const [a, b] = [got, want].map((x) => (Array.isArray(x) ? (x.flat(Infinity) as number[]) : [x as number])) as [
    number[],
    number[],
  ];
  assert.equal(a.length, b.length);
  a.forEach((x, i) => {
    const bound = tolerance * Math.max(1, Math.abs(b[i]!));
    assert.ok(Math.abs(x - b[i]!) <= bound, `${x} is not within ${bound} of ${b[i]!} (element ${i})`);
  });
}

/** What reference.py, which runs an example in PyTorch, wrote down of it. */
export function reference(example: string): any {
  return JSON.parse(readFileSync(new URL("../test/reference.json", import.meta.url), "utf8"))[example];
}

/** Calls a function with a folder of its own, which is removed afterwards. */
export async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-"));
  await fn(folder).finally(() => rmSync(folder, { recursive: true }));
}

/** Counts of tensors, heard while a program runs: a leak adds at least one every step, garbage to be collected a few. */
export function flat(counts: number[]): void {
  assert.ok(counts.length > 1 && counts.at(-1)! < counts[0]! + 10, `counts of tensors: ${counts}`);
}
