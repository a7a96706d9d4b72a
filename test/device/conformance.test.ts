// Every op on the emulated device (emulator.ts): what holds on the CPU holds there as well.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("conformance on the emulated device", () => {
  const flags = {
    device: "webgpu",
    library: `${root}test/device/library.ts`,
    category: "core,nn,optim,rng",
    share: "0.3",
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const text = execFileSync(process.execPath, ["--import", "tsx", "test/conformance/main.ts", ...args], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  expect(text).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/m);
});
