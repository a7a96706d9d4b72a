// Iterates in every way that leaves workers behind, and ends.
import * as torch from "flambeau";

const { DataLoader, workerDataset } = torch.utils.data;
const dataset = await workerDataset(new URL("./datasets.mjs", import.meta.url), 100);
const persistent = new DataLoader(dataset, { numWorkers: 1, persistentWorkers: true });
let batches = 0;
for await (const _ of persistent) {
  batches++;
  break;
}
for await (const _ of new DataLoader(dataset, { numWorkers: 1 })) {
  batches++;
  break;
}
const abandoned = new DataLoader(dataset, { numWorkers: 1 })[Symbol.asyncIterator]();
await abandoned.next();
batches++;
console.log(`done ${batches}`);
