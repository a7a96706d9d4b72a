// Where a program cannot wait for a file in the middle of a call: service workers. And where it can, but the file does not come:
// pages. The core of both is the one in two parts, unless memory is shared.
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { noBrowser, openBrowser, PATIENCE } from "../hosts/browsers.mjs";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const TYPES: Record<string, string> = { ".js": "text/javascript", ".wasm": "application/wasm" };
const ISOLATION = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** Answers each message with what its text, a function's, gives for the package, or with the error. */
const WORKER = `
import * as torch from "/manual.js";
addEventListener("message", async ({ data, ports: [port] }) => {
  try {
    const run = { common, rare, busy, missing, first };
    port.postMessage({ value: await run[data]() });
  } catch (error) {
    port.postMessage({ error: error.name + ": " + error.message });
  }
});
const common = async () => {
  await torch.init();
  const x = torch.ones(2, 3).requiresGrad_();
  torch.mm(x, torch.ones(3, 2)).sum().backward();
  return x.grad.tolist();
};
// of the core's second part
const rare = async () => {
  await torch.init();
  return torch.kron(torch.ones(1, 2), torch.ones(2, 1)).tolist();
};
// work enough for threads
const busy = async () => {
  await torch.init();
  const x = torch.ones(256, 256);
  for (let i = 0; i < 20; i++) torch.mm(x, x);
  return [torch.mm(x, x).sum().item(), torch.getNumThreads(), torch.backends().description];
};
const missing = async () => {
  await torch.init();
};
const first = async () => {
  await torch.init({ wasm: new URL("/flambeau.simd.core.wasm", location.href) });
  const sum = torch.ones(2).sum().item();
  try {
    torch.kron(torch.ones(1, 2), torch.ones(2, 1));
  } catch (error) {
    return [sum, error.name + ": " + error.message, torch.ones(3).sum().item()];
  }
};
`;

const PAGE_PROGRAM = `
import * as torch from "/core-browser.js";
const rare = () => torch.ones(1, 2).kron(torch.ones(2, 1)).tolist();
const caught = (run) => { try { return run(); } catch (error) { return error.name + ": " + error.message; } };
globalThis.rare = () => [caught(rare), torch.ones(3).sum().item()];
`;

const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="module">
globalThis.start = async () => {
  const registration = await navigator.serviceWorker.register("/worker.js", { type: "module" });
  globalThis.worker = registration.installing ?? registration.waiting ?? registration.active;
};
globalThis.ask = (what) => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => resolve(data);
  worker.postMessage(what, [port2]);
});
</script>`;

let server: Server;
let browser: any;
let isolated = false;
let withRest = true;
let fetched: string[] = [];
const restFetched = (): number => fetched.filter((path) => path.endsWith(".rest.wasm")).length;

const MADE: Record<string, [body: string, type: string]> = {
  "/": [PAGE, "text/html"],
  "/page": [
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    "text/html",
  ],
  "/page.js": [PAGE_PROGRAM, TYPES[".js"]!],
  "/worker.js": [WORKER, TYPES[".js"]!],
};

const skipped = noBrowser("chromium");

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const path = new URL(request.url!, "http://page").pathname;
    fetched.push(path);
    const made = MADE[path];
    const gone = !withRest && path.endsWith(".rest.wasm");
    const body = gone ? null : (made?.[0] ?? (await readFile(join(dist, path)).catch(() => null)));
    if (body === null) return void response.writeHead(404).end();
    const type = made?.[1] ?? TYPES[extname(path)]!;
    response.writeHead(200, { "content-type": type, "cache-control": "no-store", ...(isolated && ISOLATION) });
    response.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  if (skipped === null) browser = await openBrowser("chromium");
});
afterAll(async () => {
  await browser?.close();
  server.close();
  server.closeAllConnections();
});

/** Opens a page, in a profile of its own: a service worker belongs to it. */
async function open(path: string): Promise<any> {
  fetched = [];
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  return page;
}

/** What the service worker of a new page answers. @throws if it does not */
async function asked(...questions: string[]): Promise<unknown[]> {
  const page = await open("/");
  await page.evaluate("start()");
  const answers: unknown[] = [];
  for (const question of questions) {
    const late = new Promise((_, fail) => setTimeout(() => fail(new Error(`no answer to ${question}`)), PATIENCE));
    answers.push(await Promise.race([page.evaluate(`ask(${JSON.stringify(question)})`), late]));
  }
  await page.browserContext().close();
  return answers;
}

describe.skipIf(skipped !== null)(skipped === null ? "the core's second part" : skipped, () => {
  afterEach(() => {
    isolated = false;
    withRest = true;
  });

  test("a service worker has it from the start, since it cannot wait in a call", async () => {
    const [common, rare] = await asked("common", "rare");
    expect(common).toEqual({ value: [[2, 2, 2], [2, 2, 2]] }); // prettier-ignore
    expect(restFetched()).toBe(1);
    expect(rare).toEqual({ value: [[1, 1], [1, 1]] }); // prettier-ignore
    expect(restFetched()).toBe(1);
  });

  test("a service worker of an isolated page computes on one thread, since it can start no others", async () => {
    isolated = true;
    const [busy, rare] = (await asked("busy", "rare")) as { value: unknown }[];
    expect(busy).toEqual({ value: [256 ** 3, 1, expect.stringContaining("service worker")] });
    expect(rare).toEqual({ value: [[1, 1], [1, 1]] }); // prettier-ignore
  });

  test("a service worker that does not get it is told at the start, by which file", async () => {
    withRest = false;
    const [answer] = (await asked("missing")) as { error: string }[];
    expect(answer!.error).toMatch(/^Error: flambeau could not load http.*\.rest\.wasm: HTTP 404/);
  });

  test("a program that has given only the first part gets an error for a rare op, and goes on", async () => {
    const [answer] = (await asked("first")) as { value: unknown[] }[];
    expect(answer!.value).toEqual([2, expect.stringMatching(/^RuntimeError: .*divided/), 3]);
  });

  test("a page that does not get it is told by the call, goes on, and has it when the call is tried again", async () => {
    withRest = false;
    const page = await open("/page");
    await page.waitForFunction("globalThis.rare !== undefined");
    expect(await page.evaluate("rare()")).toEqual([
      expect.stringMatching(/^Error: flambeau could not load http.*\.rest\.wasm: Error: HTTP 404$/),
      3,
    ]);
    withRest = true;
    expect(await page.evaluate("rare()")).toEqual([[[1, 1], [1, 1]], 3]); // prettier-ignore
    await page.browserContext().close();
  });
});
