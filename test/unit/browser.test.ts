// Workers and images in a browser, and the threads of a page.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { BROWSERS, noBrowser, openBrowser, PATIENCE } from "../hosts/browsers.mjs";
import { command } from "../hosts/launch.mjs";
import { bundle, serve } from "../hosts/web/server.mjs";

const path = (file: string): string => fileURLToPath(new URL(`../hosts/${file}`, import.meta.url));

const browsers = BROWSERS.filter((name) => noBrowser(name) === null);

test.each(browsers)("loaders have workers in %s, which decodes images", (name) => {
  const [program, args] = command(name, path("workers/browser.ts"));
  const output = execFileSync(program, args, { encoding: "utf8" });
  const batches = ["[[[0,0],[1,1]],[0,0]]", "[[[4,4],[9,9]],[1,1]]", "[[[16,16]],[0]]"];
  const each = [...batches, "ValueError: Caught ValueError in DataLoader worker process 0."];
  const lines = output.split("\n").filter((line) => line !== "");
  expect(lines).toEqual([...each, ...each, "png true", "jpeg 1,8,8", "blob image/png"]);
});

/** How many threads of workers there are in a process and those below it: the drivers of browsers don't hear of all that end. */
function workerThreads(pid: number): number {
  const read = (file: string): string => {
    try {
      return readFileSync(`/proc/${file}`, "utf8");
    } catch {
      return ""; // it has just ended
    }
  };
  const tasks = (process: number): string[] =>
    existsSync(`/proc/${process}/task`) ? readdirSync(`/proc/${process}/task`) : [];
  const own = tasks(pid).filter((task) => /^(DOM |Dedicated)Worker/.test(read(`${pid}/task/${task}/comm`))).length;
  const children = tasks(pid).flatMap((task) => read(`${pid}/task/${task}/children`).split(" ").filter(Boolean));
  return children.reduce((sum, child) => sum + workerThreads(Number(child)), own);
}

test.each(browsers)("the threads of kernels end with the page in %s", async (name) => {
  const program = await bundle(path("workers/busy.ts"), "browser", "/");
  const server = await serve({ program });
  const browser = await openBrowser(name);
  try {
    const page = await browser.newPage();
    await page.goto(server.address, { waitUntil: "domcontentloaded" });
    await vi.waitFor(() => expect(page.workers().length).toBeGreaterThan(0), { timeout: PATIENCE });
    const before = workerThreads(browser.process().pid);
    expect(before).toBeGreaterThan(0);
    await page.goto("about:blank");
    await vi.waitFor(() => expect(workerThreads(browser.process().pid)).toBeLessThan(before), { timeout: PATIENCE });
  } finally {
    await browser.close();
    server.close();
  }
});
