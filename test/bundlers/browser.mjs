// One browser for all pages.
import { openBrowser } from "../hosts/browsers.mjs";

/** An extension is a folder, and Chromium's affair only. */
export async function launch(name, extension) {
  const browser = await openBrowser(name, extension === undefined ? {} : { enableExtensions: [extension], pipe: true });
  return {
    async firstLine(url) {
      const page = await browser.newPage();
      try {
        return await new Promise((done, fail) => {
          page.on("console", (message) => {
            if (/^(result|failure) /.test(message.text())) done(message.text());
          });
          page.on("pageerror", (error) => done(`failure ${error.message}`));
          page.goto(url).catch(fail);
          setTimeout(() => fail(new Error(`${url}: silence for a minute`)), 60_000).unref();
        });
      } finally {
        await page.close();
      }
    },
    async extension() {
      const target = await browser.waitForTarget((target) => target.type() === "service_worker", { timeout: 10_000 });
      return new URL("/", target.url()).href;
    },
    close: () => browser.close(),
  };
}
