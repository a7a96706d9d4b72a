// Starts a browser, to be driven by puppeteer: Chromium by its own protocol, Firefox by WebDriver BiDi.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gpuEnvironment } from "./gpu.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

const CHROMIUM =
  "--no-sandbox --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const FIREFOX = {
  "dom.webgpu.enabled": true,
  "dom.webgpu.workers.enabled": true,
  "gfx.webgpu.ignore-blocklist": true,
};

const KINDS = {
  chromium: {
    paths: [process.env.CHROMIUM, "/usr/bin/chromium"],
    package: "chromium",
    options: { browser: "chrome", args: CHROMIUM.split(" ") },
  },
  firefox: {
    paths: [process.env.FIREFOX, "/usr/bin/firefox-esr"],
    package: "firefox-esr",
    options: { browser: "firefox", extraPrefsFirefox: FIREFOX },
  },
};

export const BROWSERS = Object.keys(KINDS);

/** How long a browser may take to start, or a page to be as it is waited for, in ms: on machines that do other work, too. */
export const PATIENCE = 120_000;

const executable = (name) => KINDS[name].paths.find((path) => path !== undefined && existsSync(path));

/** Why there is no such browser here, or null. */
export function noBrowser(name) {
  if (executable(name)) return null;
  const note = join(here, "../../.cache", `no-${KINDS[name].package}`);
  return existsSync(note) ? readFileSync(note, "utf8").trim() : `make ${name} has not installed ${name}`;
}

/** @returns puppeteer's Browser, started with `options` besides what it needs here */
export async function openBrowser(name, options = {}) {
  const reason = noBrowser(name);
  if (reason) throw new Error(reason);
  // the driver is installed beside the other hosts, after this file may have been read
  const puppeteer = createRequire(join(here, "binaries/package.json"))("puppeteer-core");
  const browser = await puppeteer.launch({
    timeout: PATIENCE,
    ...KINDS[name].options,
    ...options,
    executablePath: executable(name),
    env: { ...process.env, ...gpuEnvironment() },
    // a page that computes for minutes is not a page that hangs
    protocolTimeout: 0,
  });
  patient(browser.defaultBrowserContext());
  const createContext = browser.createBrowserContext.bind(browser);
  browser.createBrowserContext = async (...args) => patient(await createContext(...args));
  return browser;
}

/** Lets the pages of a context take their time; a browser opens its own in its default one. */
function patient(context) {
  const newPage = context.newPage.bind(context);
  context.newPage = async (...args) => {
    const page = await newPage(...args);
    page.setDefaultTimeout(PATIENCE);
    return page;
  };
  return context;
}
