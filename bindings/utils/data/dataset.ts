// Datasets: what a DataLoader reads samples from.

import { IndexError, TypeError, ValueError } from "../../error.ts";
import { scope } from "../../memory/scope.ts";
import { type Rest, take } from "../../nn/arguments.ts";
import { randperm } from "../../random.ts";
import type { Generator } from "../../random.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { typeName } from "../../tensor/call.ts";
import { tensor } from "../../tensor/create.ts";

/**
 * A map-style dataset: samples by index. Any object with `length` and `get` will do; a plain array is one, too.
 * Follows torch.utils.data.Dataset, with `get(i)` for `__getitem__` and `length` for `__len__`.
 * @example
 * class Squares extends torch.utils.data.Dataset {
 *   length = 4;
 *   get(index) {
 *     return torch.tensor(index * index);
 *   }
 * }
 * new Squares().get(3); // tensor(9.)
 */
export abstract class Dataset<T = unknown> {
  /** the number of samples */
  abstract readonly length: number;

  /**
   * The sample at `index`, 0 ≤ index < length. It may be a promise; iterate the loader with `for await` then.
   * Follows torch.utils.data.Dataset.get.
   * @example
   * new torch.utils.data.TensorDataset(torch.tensor([5, 6])).get(1); // [tensor(6.)]
   */
  abstract get(index: number): T | Promise<T>;

  /**
   * A whole batch at once, where that is cheaper than collating samples (torch's `__getitems__`): the samples of
   * `indices` already stacked along a new first dim.
   */
  getBatch?(indices: number[]): unknown;

  *[Symbol.iterator](): IterableIterator<T | Promise<T>> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }
}

/** What loaders and subsets accept as a dataset. */
export interface MapDataset<T = unknown> {
  readonly length: number;
  get(index: number): T | Promise<T>;
  getBatch?(indices: number[]): unknown;
}

/**
 * A dataset that is read from beginning to end: it has `[Symbol.iterator]` or `[Symbol.asyncIterator]`, and `length` if that
 * is known. Follows torch.utils.data.IterableDataset; in workers, each takes its share by `getWorkerInfo`.
 * @example
 * class Lines extends torch.utils.data.IterableDataset {
 *   *[Symbol.iterator]() {
 *     yield torch.tensor(1);
 *     yield torch.tensor(2);
 *   }
 * }
 * const loader = new torch.utils.data.DataLoader(new Lines(), { batchSize: 2 });
 * for await (const batch of loader) console.log(batch);
 */
export abstract class IterableDataset<T = unknown> {
  /** the number of samples, where it is known */
  declare readonly length?: number;
  [Symbol.iterator]?(): Iterator<T>;
  [Symbol.asyncIterator]?(): AsyncIterator<T>;
}

/**
 * Samples are slices of tensors along their first dim. Follows torch.utils.data.TensorDataset.
 * @throws ValueError if the tensors differ in their first size
 * @example
 * const data = new torch.utils.data.TensorDataset(torch.arange(3), torch.tensor([5, 6, 7]));
 * data.get(1); // [tensor(1), tensor(6.)]
 */
export class TensorDataset extends Dataset<Tensor[]> {
  readonly tensors: Tensor[];

  constructor(...tensors: Tensor[]) {
    super();
    for (const t of tensors) {
      if (!(t instanceof Tensor))
        throw new TypeError(`TensorDataset(): argument 'tensors' must be Tensors, not ${typeName(t)}`);
    }
    const sizes = tensors.map((t) => t.shape[0]);
    if (tensors.length === 0 || sizes.some((size) => size === undefined || size !== sizes[0]))
      throw new ValueError("Size mismatch between tensors");
    this.tensors = tensors;
  }

  get length(): number {
    return this.tensors[0]!.shape[0]!;
  }

  get(index: number): Tensor[] {
    return this.tensors.map((t) => t.select(0, index));
  }

  override getBatch(indices: number[]): Tensor[] {
    return scope(() => {
      const rows = tensor(indices, { dtype: "int64" });
      return this.tensors.map((t) => t.indexSelect(0, rows.to(t.device)));
    });
  }
}

/**
 * The samples of several datasets after each other. Follows torch.utils.data.ConcatDataset.
 * @example
 * const data = new torch.utils.data.TensorDataset(torch.arange(2));
 * const both = new torch.utils.data.ConcatDataset([data, data]);
 * both.length; // 4
 */
export class ConcatDataset<T = unknown> extends Dataset<T> {
  readonly datasets: readonly MapDataset<T>[];

  /** @throws ValueError for no datasets, TypeError for one that is read from beginning to end */
  constructor(datasets: Iterable<MapDataset<T>>) {
    super();
    this.datasets = [...datasets];
    if (this.datasets.length === 0) throw new ValueError("datasets should not be an empty iterable");
    if (this.datasets.some((d) => (d as unknown) instanceof IterableDataset))
      throw new TypeError("ConcatDataset does not support IterableDataset");
  }

  get length(): number {
    return this.datasets.reduce((sum, d) => sum + d.length, 0);
  }

  get(index: number): T | Promise<T> {
    if (index < 0) index += this.length;
    for (const dataset of index < 0 ? [] : this.datasets) {
      if (index < dataset.length) return dataset.get(index);
      index -= dataset.length;
    }
    throw new ValueError("absolute value of index should not exceed dataset length");
  }
}

/**
 * Iterable datasets one after another. Follows torch.utils.data.ChainDataset.
 * @example
 * class Count extends torch.utils.data.IterableDataset {
 *   *[Symbol.iterator]() {
 *     yield* [1, 2];
 *   }
 * }
 * const all = [];
 * for await (const item of new torch.utils.data.ChainDataset([new Count(), new Count()])) all.push(item);
 * all; // [1, 2, 1, 2]
 */
export class ChainDataset<T = unknown> extends IterableDataset<T> {
  readonly datasets: readonly IterableDataset<T>[];

  /** @throws TypeError for a dataset that is not iterable */
  constructor(datasets: Iterable<IterableDataset<T>>) {
    super();
    this.datasets = [...datasets];
    if (this.datasets.some((d) => !(d instanceof IterableDataset)))
      throw new TypeError("ChainDataset only supports IterableDataset");
    const known = this.datasets.every((d) => d.length !== undefined);
    const count = (): number => this.datasets.reduce((sum, d) => sum + d.length!, 0);
    if (known) Object.defineProperty(this, "length", { get: count });
    if (this.datasets.some((d) => d[Symbol.iterator] === undefined)) return;
    this[Symbol.iterator] = function* (this: ChainDataset<T>) {
      for (const dataset of this.datasets) yield* dataset as Iterable<T>;
    };
  }

  override async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (const dataset of this.datasets) yield* dataset as AsyncIterable<T>;
  }
}

/**
 * Samples of several datasets side by side: arrays of theirs, or objects if the datasets come with names.
 * Follows torch.utils.data.StackDataset.
 * @throws ValueError if the datasets differ in length or there are none
 * @example
 * const images = new torch.utils.data.TensorDataset(torch.zeros(2, 3));
 * const texts = ["a cat", "a dog"];
 * new torch.utils.data.StackDataset({ image: images, text: { length: 2, get: (i) => texts[i] } }).get(1).text; // "a dog"
 */
export class StackDataset extends Dataset {
  readonly datasets: readonly MapDataset[] | Readonly<Record<string, MapDataset>>;
  readonly length: number;

  constructor(...datasets: MapDataset[] | [Readonly<Record<string, MapDataset>>]) {
    super();
    const named = datasets.length === 1 && !("get" in datasets[0]!);
    this.datasets = named ? (datasets[0] as Record<string, MapDataset>) : (datasets as MapDataset[]);
    const all = Object.values<MapDataset>(this.datasets as Record<string, MapDataset>);
    if (all.length === 0) throw new ValueError("At least one dataset should be passed");
    this.length = all[0]!.length;
    if (all.some((d) => d.length !== this.length)) throw new ValueError("Size mismatch between datasets");
  }

  get(index: number): unknown {
    const names = Object.keys(this.datasets);
    const parts = names.map((name) => (this.datasets as Record<string, MapDataset>)[name]!.get(index));
    const join = (values: unknown[]): unknown =>
      Array.isArray(this.datasets) ? values : Object.fromEntries(values.map((value, i) => [names[i], value]));
    return parts.some((part) => part instanceof Promise) ? Promise.all(parts).then(join) : join(parts);
  }
}

/** @internal A sample of a dataset, or of an array, which is one, too. @throws IndexError beyond an array's end */
export function sampleOf<T>(source: MapDataset<T> | readonly T[], index: number): T | Promise<T> {
  if ("get" in source) return source.get(index);
  if (!(index in source)) throw new IndexError("list index out of range");
  return source[index]!;
}

/**
 * The samples of a dataset at given indices. Follows torch.utils.data.Subset.
 * @example
 * const data = new torch.utils.data.TensorDataset(torch.arange(5));
 * new torch.utils.data.Subset(data, [4, 0]).get(0); // [tensor(4)]
 */
export class Subset<T = unknown> extends Dataset<T> {
  readonly dataset: MapDataset<T> | readonly T[];
  readonly indices: readonly number[];

  constructor(dataset: MapDataset<T> | readonly T[], indices: Iterable<number>) {
    super();
    this.dataset = dataset;
    this.indices = [...indices];
    if ("getBatch" in dataset && dataset.getBatch !== undefined) {
      this.getBatch = (wanted: number[]): unknown => dataset.getBatch!(wanted.map((i) => this.indices[i]!));
    }
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): T | Promise<T> {
    return sampleOf(this.dataset, this.indices[index]!);
  }
}

/**
 * Splits a dataset at random into subsets of the given lengths, or of the given fractions if they sum to 1.
 * Follows torch.utils.data.random_split; with the same seed the split is PyTorch's.
 * @throws ValueError if the lengths do not sum to the dataset's
 * @example
 * const data = new torch.utils.data.TensorDataset(torch.arange(5));
 * const [train, test] = torch.utils.data.randomSplit(data, [4, 1]);
 * train.length; // 4
 */
export function randomSplit<T>(
  dataset: MapDataset<T> | readonly T[],
  lengths: readonly number[],
  ...rest: Rest<[generator: Generator | null], { generator?: Generator | null }>
): Subset<T>[] {
  const options = take("randomSplit", rest, { generator: null as Generator | null });
  let sizes = [...lengths];
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (Math.abs(sum - 1) < 1e-9) {
    sizes.forEach((fraction, i) => {
      if (!(fraction >= 0 && fraction <= 1)) throw new ValueError(`Fraction at index ${i} is not between 0 and 1`);
    });
    sizes = sizes.map((fraction) => Math.floor(dataset.length * fraction));
    const rest = dataset.length - sizes.reduce((a, b) => a + b, 0);
    for (let i = 0; i < rest; i++) sizes[i % sizes.length]!++;
    sizes.forEach((size, i) => {
      if (size === 0) console.warn(`Length of split at index ${i} is 0. This might result in an empty dataset.`);
    });
  }
  if (sizes.reduce((a, b) => a + b, 0) !== dataset.length)
    throw new ValueError("Sum of input lengths does not equal the length of the input dataset!");
  const order = randperm(dataset.length, options).tolist() as number[];
  let start = 0;
  return sizes.map((size) => new Subset(dataset, order.slice(start, (start += size))));
}
