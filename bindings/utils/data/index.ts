/** torch.utils.data: datasets, samplers and the DataLoader. */
import type { WorkerModule } from "./workers.ts";
import type { MapDataset } from "./dataset.ts";

export { defaultCollate, defaultConvert } from "./collate.ts";
export {
  ChainDataset,
  ConcatDataset,
  Dataset,
  IterableDataset,
  type MapDataset,
  randomSplit,
  StackDataset,
  Subset,
  TensorDataset,
} from "./dataset.ts";
export { DataLoader, type DataLoaderOptions } from "./loader.ts";
export {
  BatchSampler,
  RandomSampler,
  type Sampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from "./sampler.ts";
export { getWorkerInfo, type WorkerInfo } from "./worker-info.ts";
export type { WorkerModule } from "./workers.ts";

/**
 * A dataset that workers can make, too: threads share no objects, so each imports the module and makes one of its own. The
 * result is the dataset itself, made here by `new` or by a call of the module's default export, or of the one that the URL's
 * fragment names. It may be split (`randomSplit`, `Subset`) before it goes to a DataLoader.
 * @param module its address; in a bundled browser program, functions that import it and that start it as a worker which calls
 *   `serveWorkers`
 * @param args what the export is called with, here and in the workers: values that structured cloning copies
 * @example
 * const dataset = await torch.utils.data.workerDataset(new URL("./dogs.ts#Dogs", import.meta.url), "images");
 * const loader = new torch.utils.data.DataLoader(dataset, { numWorkers: 2, batchSize: 32, shuffle: true });
 * for await (const [images, labels] of loader) console.log(images.shape);
 */
export const workerDataset = async <D = MapDataset>(
  module: string | URL | WorkerModule,
  ...args: unknown[]
): Promise<D> => (await import("./workers.ts")).workerDataset(module, args) as Promise<D>;

/**
 * Makes this thread a worker whose datasets come from `module`: for `WorkerModule.start`.
 * @example
 * await torch.utils.data.serveWorkers(await import("./dogs.ts"));
 */
export const serveWorkers = (module: Record<string, unknown>): Promise<void> =>
  import("./worker.ts").then(({ serve }) => serve(module));
