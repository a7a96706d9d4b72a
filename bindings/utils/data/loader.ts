// The DataLoader.

import { NotImplementedError, ValueError } from "../../error.ts";
import { type Generator, drawSeed } from "../../random.ts";
import { defaultCollate } from "./collate.ts";
import { IterableDataset, type MapDataset } from "./dataset.ts";
import { BatchSampler, RandomSampler, type Sampler, SequentialSampler } from "./sampler.ts";

export interface DataLoaderOptions {
  /** samples a batch; null gives single samples, not collated. Default 1 */
  batchSize?: number | null;
  /** a new random order at every epoch, drawn from torch's generator as PyTorch draws it */
  shuffle?: boolean;
  sampler?: Sampler;
  batchSampler?: Sampler<number[]>;
  /** threads that prepare batches; 0, the default, prepares them where they are used */
  numWorkers?: number;
  collateFn?: (samples: unknown[]) => unknown;
  /** leaves out a last batch that is not full */
  dropLast?: boolean;
  generator?: Generator;
}

type Source<T> = MapDataset<T> | IterableDataset<T> | readonly T[];

/**
 * Batches of a dataset, in order or shuffled. Iterate with `for … of`, or with `for await … of`, which awaits samples
 * that are promises and gives the event loop a turn at every batch, so that dropped tensors are collected.
 * Follows torch.utils.data.DataLoader; with the same seed the order is PyTorch's.
 * @throws ValueError for options that exclude each other
 * @example
 * const loader = new torch.utils.data.DataLoader(dataset, { batchSize: 64, shuffle: true });
 * for await (const [images, labels] of loader) { … }
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what a batch is depends on the dataset and on the collate function
export class DataLoader<Batch = any, T = unknown> implements Iterable<Batch>, AsyncIterable<Batch> {
  readonly dataset: Source<T>;
  readonly batchSize: number | null;
  readonly dropLast: boolean;
  readonly generator: Generator | undefined;
  private readonly sampler: Sampler | undefined;
  private readonly batchSampler: Sampler<number[]> | undefined;
  private readonly collate: (samples: unknown[]) => unknown;
  private readonly ownCollate: boolean;

  constructor(dataset: Source<T>, options: DataLoaderOptions = {}) {
    const { batchSize = 1, shuffle = false, sampler, batchSampler, numWorkers = 0, dropLast = false } = options;
    if (numWorkers < 0)
      throw new ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.");
    if (numWorkers > 0)
      throw new NotImplementedError("DataLoader: numWorkers > 0 is not supported yet; use numWorkers: 0");
    if (sampler !== undefined && shuffle) throw new ValueError("sampler option is mutually exclusive with shuffle");
    if (batchSampler !== undefined && (options.batchSize !== undefined || shuffle || sampler !== undefined || dropLast))
      throw new ValueError(
        "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last",
      );
    if (batchSize === null && dropLast)
      throw new ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last");
    if (batchSize !== null && !(Number.isInteger(batchSize) && batchSize > 0))
      throw new ValueError(`batch_size should be a positive integer value, but got batch_size=${batchSize}`);
    if (dataset instanceof IterableDataset && (shuffle || sampler !== undefined || batchSampler !== undefined))
      throw new ValueError(
        `DataLoader with IterableDataset: expected unspecified shuffle option, but got shuffle=${shuffle}`,
      );
    this.dataset = dataset;
    this.batchSize = batchSampler === undefined ? batchSize : null;
    this.dropLast = dropLast;
    this.generator = options.generator;
    this.collate = options.collateFn ?? defaultCollate;
    this.ownCollate = options.collateFn !== undefined;
    if (!(dataset instanceof IterableDataset)) {
      const order = options.generator === undefined ? {} : { generator: options.generator };
      this.sampler = sampler ?? (shuffle ? new RandomSampler(dataset, order) : new SequentialSampler(dataset));
      this.batchSampler =
        batchSampler ?? (batchSize === null ? undefined : new BatchSampler(this.sampler, batchSize, dropLast));
    }
  }

  /** batches an epoch */
  get length(): number {
    const order = this.batchSampler ?? this.sampler;
    if (order === undefined) throw new TypeError("a DataLoader over an IterableDataset has no length");
    return order.length;
  }

  *[Symbol.iterator](): globalThis.Generator<Batch, void, undefined> {
    for (const batch of this.batches()) {
      if (isPromise(batch))
        throw new TypeError("the dataset gives promises: iterate the DataLoader with `for await … of`");
      yield batch as Batch;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    for (const batch of this.batches()) {
      yield (isPromise(batch) ? await batch : batch) as Batch;
      await turn();
    }
  }

  private *batches(): globalThis.Generator<unknown, void, undefined> {
    // PyTorch draws a base seed for workers at the start of every epoch, used or not
    drawSeed(this.generator);
    const { dataset } = this;
    if (dataset instanceof IterableDataset) {
      yield* this.streamed(dataset);
    } else if (this.batchSampler !== undefined) {
      for (const indices of this.batchSampler) yield this.fetch(dataset, indices);
    } else {
      for (const index of this.sampler!) yield sampleOf(dataset, index);
    }
  }

  private *streamed(dataset: IterableDataset<T>): globalThis.Generator<unknown, void, undefined> {
    if (this.batchSize === null) {
      yield* dataset as Iterable<unknown>;
      return;
    }
    let samples: unknown[] = [];
    for (const sample of dataset as Iterable<unknown>) {
      samples.push(sample);
      if (samples.length === this.batchSize) {
        yield this.collated(samples);
        samples = [];
      }
    }
    if (samples.length > 0 && !this.dropLast) yield this.collated(samples);
  }

  private fetch(dataset: MapDataset<T> | readonly T[], indices: number[]): unknown {
    if (!this.ownCollate && "getBatch" in dataset && dataset.getBatch !== undefined) return dataset.getBatch(indices);
    return this.collated(indices.map((i) => sampleOf(dataset, i)));
  }

  private collated(samples: unknown[]): unknown {
    return samples.some(isPromise) ? Promise.all(samples).then((all) => this.collate(all)) : this.collate(samples);
  }
}

function sampleOf<T>(dataset: MapDataset<T> | readonly T[], index: number): unknown {
  return Array.isArray(dataset) ? (dataset as readonly T[])[index] : (dataset as MapDataset<T>).get(index);
}

function isPromise(x: unknown): x is Promise<unknown> {
  return typeof x === "object" && x !== null && typeof (x as { then?: unknown }).then === "function";
}

declare const setImmediate: ((callback: () => void) => unknown) | undefined;

/** One turn of the event loop: finalizers run between macrotasks only. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
