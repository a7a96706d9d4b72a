// What all pages have in common: they link to each other and to their sources, show something before the runtime is there,
// and say it in words when a browser withholds shared memory or WebGPU.
import { expect, test } from "vitest";
import { noGpu } from "../hosts/gpu.mjs";
import { type Visitor, inBrowsers } from "./visitor.ts";

/** Seconds for a few steps on a software adapter. */
const TRAINING = 300;

inBrowsers((site, browser) => {
  test("pages link to each other and to sources that are there, and are named for those who hear them", async () => {
    const visitor = await site.visit("index.html");
    const { page } = visitor;
    const links: string[] = await page.$$eval("header nav a", (all: HTMLAnchorElement[]) => all.map((a) => a.href));
    expect(links.length).toBeGreaterThanOrEqual(4);
    for (const link of links) {
      // only the document: the runtime may load as long as it likes
      await page.goto(link, { waitUntil: "domcontentloaded" });
      expect(await page.$eval("h1", (title: Element) => title.textContent!.length)).toBeGreaterThan(5);
      const unnamed: string[] = await page.$$eval("button, input, select, canvas, a, progress", (all: HTMLElement[]) =>
        all
          .filter((element) => {
            const labels = (element as HTMLInputElement).labels;
            const named = element.textContent || element.getAttribute("aria-label") || element.title;
            return !named?.trim() && !labels?.length && !element.closest("a, [role=img][aria-label]");
          })
          .map((element) => element.outerHTML),
      );
      expect(unnamed, link).toEqual([]);
      const missing: string[] = await page.$$eval("footer a, header a, main a", (all: HTMLAnchorElement[]) =>
        Promise.all(all.map(async ({ href }) => ((await fetch(href, { method: "HEAD" })).ok ? [] : [href]))).then(
          (each) => each.flat(),
        ),
      );
      expect(missing, link).toEqual([]);
    }
    await page.goto(links[0]!);
    await visitor.screenshots("index");
    await visitor.close();
  });

  test("the parts of a page stay where they are while its runtime loads", async () => {
    // Firefox measures no layout shifts
    if (browser !== "chromium") return;
    for (const name of ["mnist.html", "polynomial.html", "gpt.html"]) {
      const visitor = await site.visit(name);
      await visitor.page.setViewport({ width: 360, height: 740 });
      await visitor.page.evaluateOnNewDocument(() => {
        const seen = globalThis as unknown as { shift: number };
        seen.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) seen.shift += (entry as unknown as { value: number }).value;
        }).observe({ type: "layout-shift", buffered: true });
      });
      await visitor.page.reload();
      await visitor.page.waitForSelector("#train:not(:disabled)");
      const shift = await visitor.page.evaluate(() => (globalThis as unknown as { shift: number }).shift);
      expect(shift, name).toBeLessThan(0.02);
      await visitor.close();
    }
  });

  // Chromium brings a software adapter of its own
  const withoutGpu = browser !== "chromium" && noGpu() !== null;

  test.skipIf(withoutGpu)("the polynomial is fitted on WebGPU by a switch", async () => {
    const visitor = await site.visit("polynomial.html?steps=40");
    await visitor.page.waitForSelector("#train:not(:disabled)");
    expect(await visitor.text("runtime")).toContain("WebGPU is there");
    await visitor.page.click(".choice:has([value=webgpu])");
    await visitor.click("#train");
    await visitor.until(
      () => visitor.text("state"),
      (state) => state === "done",
    );
    expect(await visitor.number("step")).toBe(40);
    expect(await visitor.number("loss")).toBeLessThan(5000);
    await visitor.close();
  });

  /** Opens the digits on WebGPU: four steps, few test images, since software adapters are slow. */
  async function digitsOnWebGpu(): Promise<Visitor> {
    const visitor = await site.visit("mnist.html?epochs=1&images=256&tests=250");
    await visitor.page.waitForSelector("#train:not(:disabled)");
    expect(await visitor.text("runtime")).toContain("WebGPU is there");
    await visitor.page.click(".choice:has([value=webgpu])");
    return visitor;
  }
  const trainTo = async (visitor: Visitor, steps: number): Promise<number> => {
    await visitor.click("#train");
    await visitor.until(
      async () => (await visitor.text("state")) === "done" && (await visitor.number("step")) === steps,
      (reached) => reached,
      TRAINING,
    );
    return visitor.number("loss");
  };

  test.skipIf(withoutGpu)("the switch takes a training to WebGPU and back", async () => {
    const visitor = await digitsOnWebGpu();
    await visitor.click("#train");
    await visitor.until(
      () => visitor.number("step"),
      (step) => step >= 1,
      TRAINING,
    );
    await visitor.until(
      () => visitor.text("state"),
      (state) => state === "done",
      TRAINING,
    );
    expect(await visitor.number("step")).toBe(4);
    const there = await visitor.number("loss");
    // less than of a guess
    expect(there).toBeLessThan(Math.log(10));
    await visitor.page.click(".choice:has([value=cpu])");
    // the weights and what the optimizer knows have come along
    expect(await trainTo(visitor, 8)).toBeLessThan(there);
    await visitor.click("#another");
    await visitor.until(
      () => visitor.text("verdict"),
      (digit) => digit !== "?",
    );
    await visitor.close();
  });

  // only Chromium lets its graphics process be ended from outside
  test.skipIf(browser !== "chromium")("a page that loses the device says so, and goes on with the CPU", async () => {
    const visitor = await digitsOnWebGpu();
    const { page } = visitor;
    await visitor.click("#train");
    await visitor.until(
      () => visitor.number("step"),
      (step) => step >= 1,
      TRAINING,
    );
    const session = await page.browser().target().createCDPSession();
    await session.send("Browser.crashGpuProcess").catch(() => {});
    const said = (): Promise<string> =>
      page.$eval("#error", (box: HTMLElement) => (box.hidden ? "" : box.textContent!));
    for (let i = 0; i < 600 && (await said()) === ""; i++) await new Promise((wait) => setTimeout(wait, 100));
    expect(await said()).toMatch(/the WebGPU device was lost .* computes on the CPU from now on/);
    expect(await page.$eval("input[value=cpu]", (input: HTMLInputElement) => input.checked)).toBe(true);
    // from the weights that it had when it went to WebGPU
    expect(await trainTo(visitor, 4)).toBeLessThan(2.4);
    await visitor.close();
  });
});

inBrowsers(
  (site) => {
    test("a page that is not isolated says so, and computes on one thread", async () => {
      const visitor = await site.visit("polynomial.html?steps=40");
      await visitor.click("#train");
      await visitor.until(
        () => visitor.text("state"),
        (state) => state === "done",
      );
      expect(await visitor.number("step")).toBe(40);
      const said = await visitor.text("runtime");
      expect(said).toContain("one thread");
      expect(said).toContain("not cross-origin isolated");
      await visitor.close();
    });
  },
  { plain: true },
);
