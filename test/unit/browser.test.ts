// Workers and images in a browser.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BROWSERS, noBrowser } from "../hosts/browsers.mjs";
import { command } from "../hosts/launch.mjs";

const path = (file: string): string => fileURLToPath(new URL(`../hosts/${file}`, import.meta.url));

test.each(BROWSERS.filter((name) => noBrowser(name) === null))(
  "loaders have workers in %s, which decodes images",
  (name) => {
    const [program, args] = command(name, path("workers/browser.ts"));
    const output = execFileSync(program, args, { encoding: "utf8" });
    const batches = ["[[[0,0],[1,1]],[0,0]]", "[[[4,4],[9,9]],[1,1]]", "[[[16,16]],[0]]"];
    const each = [...batches, "ValueError: Caught ValueError in DataLoader worker process 0."];
    const lines = output.split("\n").filter((line) => line !== "");
    expect(lines).toEqual([...each, ...each, "png true", "jpeg 1,8,8", "blob image/png"]);
  },
);
