// Runs a program in a browser: page.mjs chromium|firefox[-worker][-unisolated] FILE [arguments]
// "worker" is a module worker; a page that is not cross-origin isolated has no shared memory, so one thread.
import { noBrowser, openBrowser } from "../browsers.mjs";
import { bundle, query, serve } from "./server.mjs";

async function main([host, file, ...args]) {
  const [name, ...traits] = host.split("-");
  const reason = noBrowser(name);
  if (reason) {
    console.error(reason);
    return 2;
  }
  const program = await bundle(file, "browser", "/");
  const server = await serve({ program, isolated: !traits.includes("unisolated") });
  const browser = await openBrowser(name);
  try {
    const page = await browser.newPage();
    const lost = new Promise((_, fail) => {
      page.once("error", fail);
      browser.once("disconnected", () => fail(new Error(`${name} has ended`)));
    });
    // at the end it has
    lost.catch(() => {});
    const address = `${server.address}/?${query(args, traits.includes("worker") ? { in: "worker" } : {})}`;
    await Promise.race([page.goto(address, { timeout: 0, waitUntil: "domcontentloaded" }), lost]);
    return await Promise.race([server.exit, lost]);
  } finally {
    await browser.close();
    server.close();
  }
}

process.exit(await main(process.argv.slice(2)));
