// flambeau/core in a page that is not isolated: what it downloads to train, and what follows when something rare is called.
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { noBrowser, openBrowser } from "../hosts/browsers.mjs";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const TYPES: Record<string, string> = { ".js": "text/javascript", ".wasm": "application/wasm" };
const BUDGET = 150_000;

const PROGRAM = `
import * as torch from "./core-browser.js";
const { nn, optim } = torch;
torch.manualSeed(0);
const model = new nn.Sequential(
  new nn.Conv2d(1, 8, 3, { padding: 1 }), new nn.BatchNorm2d(8), new nn.ReLU(), new nn.MaxPool2d(2),
  new nn.Conv2d(8, 16, 3, { padding: 1 }), new nn.ReLU(), new nn.AdaptiveAvgPool2d(1), new nn.Flatten(), new nn.Linear(16, 4),
);
const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 });
const x = torch.randn(16, 1, 12, 12);
const y = torch.randint(0, 4, [16]);
const losses = [];
for (let step = 0; step < 30; step++) {
  torch.scope(() => {
    const loss = nn.functional.crossEntropy(model(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
  });
}
globalThis.trained = [losses[0], losses.at(-1)];
globalThis.rare = () => torch.ones(1, 2).kron(torch.ones(2, 1)).tolist();
`;

let server: Server;
const fetched = new Map<string, number>();
const bytes = (): number => [...fetched.values()].reduce((sum, size) => sum + size, 0);

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const path = new URL(request.url!, "http://page").pathname;
    if (path === "/") {
      response.writeHead(200, { "content-type": "text/html" });
      response.end('<!doctype html><link rel="icon" href="data:,"><script type="module" src="/program.js"></script>');
      return;
    }
    const body = await (path === "/program.js" ? Promise.resolve(PROGRAM) : readFile(join(dist, path))).catch(
      () => null,
    );
    if (body === null) return void response.writeHead(404).end();
    const packed = gzipSync(body, { level: 9 });
    if (path !== "/program.js") fetched.set(path.slice(1), packed.length);
    response.writeHead(200, { "content-type": TYPES[extname(path)]!, "content-encoding": "gzip" });
    response.end(packed);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
afterAll(() => server.close());

test.skipIf(noBrowser("chromium") !== null)(
  "a page trains a CNN on flambeau/core, and gets the rest of the core when it asks for it",
  async () => {
    const browser = await openBrowser("chromium");
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction("globalThis.trained !== undefined");
      const [first, last] = (await page.evaluate("globalThis.trained")) as [number, number];
      expect(last).toBeLessThan(first);
      const rest = [...fetched.keys()].filter((file) => file.endsWith(".rest.wasm"));
      expect(rest, "training needs nothing of the second module").toEqual([]);
      expect(bytes()).toBeLessThanOrEqual(BUDGET);
      expect(await page.evaluate("globalThis.rare()")).toEqual([
        [1, 1],
        [1, 1],
      ]);
      expect([...fetched.keys()].filter((file) => file.endsWith(".rest.wasm"))).toHaveLength(1);
    } finally {
      await browser.close();
    }
  },
);
