// A page that loads with workers and has the browser decode images; test/unit/browser.test.ts reads what it prints.
import * as torch from "flambeau";

const { DataLoader, workerDataset } = torch.utils.data;
const { io, utils } = torch.vision;
type Module = Parameters<typeof workerDataset>[0];

const folder = new URL("/test/hosts/workers/", location.href);
const own: Module = {
  load: () => import(String(new URL("browser-dataset.js", folder))) as Promise<Record<string, unknown>>,
  start: () => new Worker(new URL("browser-worker.js", folder), { type: "module" }),
};

async function main(): Promise<void> {
  for (const module of [new URL("browser-dataset.js", folder), own] satisfies Module[]) {
    const loader = new DataLoader(await workerDataset(module, 5), { batchSize: 2, numWorkers: 2 });
    for await (const [x, worker] of loader) console.log(JSON.stringify([x.tolist(), worker.tolist()]));
    const failing = new DataLoader(await workerDataset(module, 91), { batchSize: 91, numWorkers: 1 });
    const failed = async (): Promise<void> => {
      for await (const _ of failing) console.log("came");
    };
    await failed().catch((error: Error) => console.log(`${error.name}: ${error.message.split("\n")[0]}`));
  }
  const image = torch.randint(0, 256, [3, 9, 7], { dtype: "uint8" });
  console.log(`png ${(await io.decodeImage(await io.encodePng(image), "rgb")).equal(image)}`);
  const jpeg = await io.encodeJpeg(torch.full([3, 8, 8], 100, { dtype: "uint8" }), 95);
  console.log(`jpeg ${(await io.decodeImage(jpeg, "gray")).shape}`);
  console.log(`blob ${(await utils.saveImage(torch.rand(2, 3, 4, 4))).type}`);
}

await main();
