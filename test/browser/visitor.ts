// What a visitor does to the browser demos, in Chromium and Firefox: opens a page, clicks, looks.
import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { serve } from "../../examples/serve.mjs";
import { BROWSERS, noBrowser, openBrowser, PATIENCE } from "../hosts/browsers.mjs";

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const SCREENSHOTS = path("out/browser");
const WIDE = { width: 1200, height: 900 };
/** the width of a small phone */
const PHONE = { width: 360, height: 740 };

function reason(browser: string): string | null {
  if (!existsSync(path("examples/browser/dist/index.html"))) return "make pages has not built the demos";
  return noBrowser(browser);
}

/** One open page. */
export class Visitor {
  readonly browser: string;
  /** puppeteer's Page */
  readonly page: any;
  private readonly errors: string[] = [];

  constructor(browser: string, page: any) {
    this.browser = browser;
    this.page = page;
    page.on("pageerror", (error: unknown) => this.errors.push(String(error)));
  }

  /** The text of the element with an id. */
  text(id: string): Promise<string> {
    return this.page.$eval(`#${id}`, (element: Element) => element.textContent!.trim());
  }
  async number(id: string): Promise<number> {
    return Number.parseFloat((await this.text(id)).replaceAll(",", ""));
  }

  /** Clicks on what a selector finds, once it can be. */
  async click(selector: string): Promise<void> {
    await this.page.waitForSelector(`${selector}:not(:disabled)`, { visible: true });
    await this.page.click(selector);
  }

  /** Pauses the training as soon as the page shows `step`: a look from here could come after its end. */
  async pauseAt(step: number): Promise<void> {
    await this.page.evaluate((wanted: number) => {
      const shown = document.getElementById("step")!;
      new MutationObserver((_, observer) => {
        if (!(Number.parseFloat(shown.textContent!.replaceAll(",", "")) >= wanted)) return;
        observer.disconnect();
        document.getElementById("train")!.click();
      }).observe(shown, { childList: true, characterData: true, subtree: true });
    }, step);
    await this.click("#train");
    await this.until(
      () => this.text("state"),
      (state) => state === "paused",
    );
  }

  /** Waits until a look at the page is as it should be. @throws what the page shows instead, when `seconds` have passed */
  async until<T>(look: () => Promise<T>, right: (seen: T) => boolean, seconds = PATIENCE / 1000): Promise<T> {
    const end = performance.now() + 1000 * seconds;
    for (;;) {
      const seen = await look();
      if (right(seen)) return seen;
      const error = await this.page.$eval("#error", (box: HTMLElement) => (box.hidden ? "" : box.textContent));
      if (performance.now() > end || error !== "") {
        mkdirSync(SCREENSHOTS, { recursive: true });
        await this.page.screenshot({ path: `${SCREENSHOTS}/failed-${this.browser}.png` });
        throw new Error(`${this.browser} still shows ${JSON.stringify(seen)} ${error} ${this.errors.join("\n")}`);
      }
      await new Promise((wait) => setTimeout(wait, 100));
    }
  }

  /** Keeps screenshots of both widths, in Chromium in the dark, too; checks that nothing is wider than the screen. */
  async screenshots(name: string): Promise<void> {
    const { page, browser } = this;
    const schemes = browser === "chromium" ? ["light", "dark"] : ["light"];
    mkdirSync(SCREENSHOTS, { recursive: true });
    for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
      await page.setViewport(viewport);
      for (const scheme of schemes) {
        if (browser === "chromium") await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        await page.screenshot({ path: `${SCREENSHOTS}/${name}-${browser}-${size}-${scheme}.png`, fullPage: true });
      }
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `${name} at ${viewport.width} px is too wide by`).toBeLessThanOrEqual(0);
    }
    await page.setViewport(WIDE);
  }

  /** No script of the page has thrown. */
  close(): Promise<void> {
    expect(this.errors).toEqual([]);
    return this.page.close();
  }
}

export interface Site {
  /** Opens a page of the demos. */
  visit(page: string): Promise<Visitor>;
}

/** Tests in every browser, on a server of the demos. */
export function inBrowsers(tests: (site: Site, browser: string) => void, options: { plain?: boolean } = {}): void {
  for (const name of BROWSERS) {
    const why = reason(name);
    // On a machine with far more work than cores, Firefox left a training standing after its first steps in about one of a hundred
    // runs: no thread of its was busy, the page's worker waited for an event.
    const retry = name === "firefox" ? 1 : 0;
    describe.skipIf(why !== null)(why === null ? name : `${name} (${why})`, { retry }, () => {
      let server: Awaited<ReturnType<typeof serve>>;
      let browser: any;
      beforeAll(async () => {
        server = await serve(0, options);
        browser = await openBrowser(name);
      });
      afterAll(async () => {
        await browser?.close();
        server?.close();
      });
      const visit = async (address: string): Promise<Visitor> => {
        const page = await browser.newPage();
        await page.setViewport(WIDE);
        const visitor = new Visitor(name, page);
        await page.goto(`http://localhost:${(server.address() as { port: number }).port}/${address}`);
        return visitor;
      };
      tests({ visit }, name);
    });
  }
}
