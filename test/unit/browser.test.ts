// Workers and images in a browser.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { noChromium } from "../hosts/chromium.mjs";

const path = (file: string): string => fileURLToPath(new URL(`../hosts/${file}`, import.meta.url));

test.skipIf(noChromium() !== null)("loaders have workers in Chromium, which decodes images", () => {
  const output = execFileSync(process.execPath, [path("chromium.mjs"), path("workers/browser.ts")], {
    encoding: "utf8",
  });
  const batches = ["[[[0,0],[1,1]],[0,0]]", "[[[4,4],[9,9]],[1,1]]", "[[[16,16]],[0]]"];
  const each = [...batches, "ValueError: Caught ValueError in DataLoader worker process 0."];
  const lines = output.split("\n").filter((line) => line !== "" && !line.startsWith("Failed to load resource"));
  expect(lines).toEqual([...each, ...each, "png true", "jpeg 1,8,8", "blob image/png"]);
});
