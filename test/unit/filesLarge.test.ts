// A safetensors file of 1 GB: what its loading takes besides the tensors.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const MB = 2 ** 20;
const NEEDED = 1100 * MB;

test("a file of 1 GB is loaded in pieces", ({ skip }) => {
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize < NEEDED) skip(`${tmpdir()} lacks the ${NEEDED / MB} MB for the file`);
  const folder = mkdtempSync(join(tmpdir(), "flambeau-large-"));
  try {
    const program = join(import.meta.dirname, "filesLarge.mjs");
    const output = execFileSync(process.execPath, [program, folder], { encoding: "utf8" });
    const { bytes, besides, steps, monotonous, right } = JSON.parse(output);
    console.log(`besides ${bytes / MB} MB of tensors, loading took ${(besides / MB).toFixed(0)} MB`);
    expect(bytes).toBe(1024 * MB);
    expect(right).toBe(true);
    expect([steps, monotonous]).toEqual([256, true]);
    // the promise is 1.2 GB; a copy of the file anywhere would show
    expect(besides).toBeLessThan(150 * MB);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
