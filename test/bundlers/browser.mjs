// One browser for all pages.
import { openBrowser, PATIENCE } from "../hosts/browsers.mjs";

/** An extension is a folder, and Chromium's affair only. */
export async function launch(name, extension) {
  const browser = await openBrowser(name, extension === undefined ? {} : { enableExtensions: [extension], pipe: true });
  // Found by its service worker, which Chromium ends when it has been idle.
  const isExtension = (target) => target.type() === "service_worker";
  const found = extension === undefined ? undefined : await browser.waitForTarget(isExtension, { timeout: PATIENCE });
  return {
    extension: found && new URL("/", found.url()).href,
    async firstLine(url) {
      const page = await browser.newPage();
      try {
        return await new Promise((done, fail) => {
          page.on("console", (message) => {
            if (/^(result|failure) /.test(message.text())) done(message.text());
          });
          page.on("pageerror", (error) => done(`failure ${error.message}`));
          page.goto(url).catch(fail);
          setTimeout(() => fail(new Error(`${url}: silence for ${PATIENCE / 1000} s`)), PATIENCE).unref();
        });
      } finally {
        await page.close();
      }
    },
    close: () => browser.close(),
  };
}
