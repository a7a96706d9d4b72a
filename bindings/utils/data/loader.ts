// The DataLoader.

import { TypeError, ValueError } from "../../error.ts";
import { type Rest, take } from "../../nn/arguments.ts";
import { typeName } from "../../tensor/call.ts";
import { type Generator, drawSeed } from "../../random.ts";
import { IterableDataset, type MapDataset } from "./dataset.ts";
import { END, fetcher, type FetchOptions, isPromise, type Source, type Wanted } from "./fetch.ts";
import { BatchSampler, RandomSampler, type Sampler, SequentialSampler } from "./sampler.ts";
import type { Workers } from "./workers.ts";

export interface DataLoaderOptions {
  /** samples a batch; null gives single samples, not collated. Default 1 */
  batchSize?: number | null;
  /** a new random order at every epoch, drawn from torch's generator as PyTorch draws it */
  shuffle?: boolean;
  sampler?: Sampler;
  batchSampler?: Sampler<number[]>;
  /**
   * threads that prepare batches, for a dataset that `workerDataset` has made; 0, the default, prepares them where they are
   * used. Iterate with `for await … of`
   */
  numWorkers?: number;
  /**
   * makes a batch of a list of samples, or converts a single one where `batchSize` is null. Functions do not reach workers: there
   * it is the name of an export of the dataset's module, or else runs in the thread that iterates
   */
  collateFn?: ((samples: never) => unknown) | string;
  /** leaves out a last batch that is not full */
  dropLast?: boolean;
  /** seconds to wait for a batch of a worker; 0, the default, waits for ever */
  timeout?: number;
  /** the name of an export of the dataset's module that every worker calls with its id before it reads */
  workerInitFn?: string;
  generator?: Generator;
  /** accepted for PyTorch's sake: there is no memory of that kind */
  pinMemory?: boolean;
  /** batches that each worker prepares ahead, 2 by default */
  prefetchFactor?: number;
  /** keeps the workers and their datasets from epoch to epoch, until `close` */
  persistentWorkers?: boolean;
}

type LoaderRest = Rest<
  [
    batchSize: number | null,
    shuffle: boolean,
    sampler: Sampler,
    batchSampler: Sampler<number[]>,
    numWorkers: number,
    collateFn: ((samples: never) => unknown) | string,
    pinMemory: boolean,
    dropLast: boolean,
    timeout: number,
    workerInitFn: string,
  ],
  DataLoaderOptions
>;
/** The options in PyTorch's order. */
const optional: Record<keyof DataLoaderOptions, undefined> = {
  batchSize: undefined,
  shuffle: undefined,
  sampler: undefined,
  batchSampler: undefined,
  numWorkers: undefined,
  collateFn: undefined,
  pinMemory: undefined,
  dropLast: undefined,
  timeout: undefined,
  workerInitFn: undefined,
  generator: undefined,
  prefetchFactor: undefined,
  persistentWorkers: undefined,
};

/**
 * Batches of a dataset, in order or shuffled. Iterate with `for … of`, or with `for await … of`, which awaits samples
 * that are promises and gives the event loop a turn at every batch, so that dropped tensors are collected.
 * Follows torch.utils.data.DataLoader; with the same seed the order is PyTorch's.
 * @throws ValueError for options that exclude each other
 * @example
 * const data = new torch.utils.data.TensorDataset(torch.arange(4));
 * const loader = new torch.utils.data.DataLoader(data, { batchSize: 2 });
 * for (const [batch] of loader) console.log(batch);
 * loader.length; // 2
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what a batch is depends on the dataset and on the collate function
export class DataLoader<Batch = any, T = unknown> implements Iterable<Batch>, AsyncIterable<Batch> {
  readonly dataset: Source<T>;
  readonly batchSize: number | null;
  readonly dropLast: boolean;
  readonly generator: Generator | undefined;
  readonly numWorkers: number;
  readonly prefetchFactor: number;
  readonly timeout: number;
  readonly persistentWorkers: boolean;
  readonly sampler: Sampler | undefined;
  readonly batchSampler: Sampler<number[]> | undefined;
  /** @internal */
  readonly options: Readonly<DataLoaderOptions>;
  private workers: Workers | undefined;

  constructor(dataset: Source<T>, ...rest: LoaderRest) {
    const options: DataLoaderOptions = take("DataLoader", rest, optional);
    const { batchSize = 1, shuffle = false, sampler, batchSampler, numWorkers = 0, dropLast = false } = options;
    const { timeout = 0, prefetchFactor = 2, persistentWorkers = false, generator } = options;
    const check = (ok: boolean, message: string): void => {
      if (!ok) throw new ValueError(message);
    };
    check(numWorkers >= 0, "num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.");
    check(timeout >= 0, "timeout option should be non-negative");
    check(
      numWorkers > 0 || options.prefetchFactor === undefined,
      "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable multiprocessing.",
    );
    check(prefetchFactor > 0, "prefetch_factor option should be positive");
    check(!persistentWorkers || numWorkers > 0, "persistent_workers option needs num_workers > 0");
    const iterable = dataset instanceof IterableDataset;
    if (!iterable && !Array.isArray(dataset) && typeof (dataset as Partial<MapDataset> | null)?.get !== "function")
      throw new TypeError(`DataLoader(): argument 'dataset' must be a dataset or a list, not ${typeName(dataset)}`);
    for (const [name, given] of Object.entries({ shuffle, sampler, batch_sampler: batchSampler })) {
      check(
        !iterable || given === undefined || given === false,
        `DataLoader with IterableDataset: expected unspecified ${name} option, but got ${name}=${given === true ? "True" : String(given)}`,
      );
    }
    check(sampler === undefined || !shuffle, "sampler option is mutually exclusive with shuffle");
    check(
      batchSampler === undefined || (batchSize === 1 && !shuffle && sampler === undefined && !dropLast),
      "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last",
    );
    check(
      batchSize !== null || !dropLast,
      "batch_size=None option disables auto-batching and is mutually exclusive with drop_last",
    );
    check(
      batchSize === null || (Number.isInteger(batchSize) && batchSize > 0),
      `batch_size should be a positive integer value, but got batch_size=${batchSize}`,
    );
    this.dataset = dataset;
    this.batchSize = batchSampler === undefined ? batchSize : null;
    this.dropLast = dropLast;
    this.generator = generator;
    this.numWorkers = numWorkers;
    this.prefetchFactor = prefetchFactor;
    this.timeout = timeout;
    this.persistentWorkers = persistentWorkers;
    this.options = options;
    if (!iterable) {
      const order = generator === undefined ? {} : { generator };
      this.sampler = sampler ?? (shuffle ? new RandomSampler(dataset, order) : new SequentialSampler(dataset));
      this.batchSampler =
        batchSampler ?? (batchSize === null ? undefined : new BatchSampler(this.sampler, batchSize, dropLast));
    }
  }

  /** Batches an epoch; of an iterable dataset an estimate from its length. @throws TypeError if that is unknown */
  get length(): number {
    const order = this.batchSampler ?? this.sampler;
    if (order !== undefined) return order.length;
    const { length } = this.dataset;
    if (length === undefined) throw new TypeError(`object of type '${this.dataset.constructor.name}' has no len()`);
    return Math[this.dropLast ? "floor" : "ceil"](length / (this.batchSize ?? 1));
  }

  *[Symbol.iterator](): globalThis.Generator<Batch, void, undefined> {
    if (this.numWorkers > 0)
      throw new TypeError("a DataLoader with numWorkers > 0 is iterated with `for await … of`: workers answer later");
    for (const batch of this.batches()) {
      if (isPromise(batch))
        throw new TypeError("the dataset gives promises: iterate the DataLoader with `for await … of`");
      if (batch === END) return;
      yield batch as Batch;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    if (this.numWorkers > 0) {
      const { Workers } = await import("./workers.ts");
      const workers = this.workers ?? new Workers(this as DataLoader, drawSeed(this.generator));
      if (this.persistentWorkers) {
        // the first epoch's draw has seeded the workers
        if (this.workers !== undefined) drawSeed(this.generator);
        this.workers = workers;
      }
      yield* workers.epoch(this.indices(), !this.persistentWorkers) as AsyncIterable<Batch>;
      return;
    }
    for (const made of this.batches()) {
      const batch = isPromise(made) ? await made : made;
      if (batch === END) return;
      yield batch as Batch;
      await turn();
    }
  }

  /**
   * Ends persistent workers; a loader that is collected ends its own.
   * Follows torch.utils.data.DataLoader.
   * @example
   * const data = new torch.utils.data.TensorDataset(torch.arange(4));
   * const loader = new torch.utils.data.DataLoader(data, { batchSize: 2 });
   * loader.close(); // ends worker threads, where numWorkers started some
   */
  close(): void {
    this.workers?.close();
    this.workers = undefined;
  }

  /** @internal How batches are made; `collate` only where it is a function. */
  get fetching(): FetchOptions {
    const { collateFn } = this.options;
    return {
      batched: this.batchSize !== null || this.batchSampler !== undefined,
      dropLast: this.dropLast,
      collate: typeof collateFn === "function" ? collateFn : undefined,
    };
  }

  private *batches(): globalThis.Generator<unknown, void, undefined> {
    if (typeof this.options.collateFn === "string")
      throw new TypeError("without workers collateFn is a function, not the name of one");
    // PyTorch draws a base seed for workers at the start of every epoch, used or not
    drawSeed(this.generator);
    const fetch = fetcher(this.dataset, this.fetching);
    for (const wanted of this.indices()) yield fetch(wanted);
  }

  private indices(): Iterable<Wanted> {
    return this.batchSampler ?? this.sampler ?? endless(this.batchSize === null ? 0 : Array(this.batchSize).fill(0));
  }
}

function* endless(wanted: Wanted): Iterable<Wanted> {
  for (;;) yield wanted;
}

declare const setImmediate: ((callback: () => void) => unknown) | undefined;

/** One turn of the event loop: finalizers run between macrotasks only. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
