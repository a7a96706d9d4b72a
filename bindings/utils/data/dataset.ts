// Datasets: what a DataLoader reads samples from.

import { ValueError } from "../../error.ts";
import { randperm } from "../../random.ts";
import type { Generator } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/create.ts";

/**
 * A map-style dataset: samples by index. Any object with `length` and `get` will do; a plain array is one, too.
 * Follows torch.utils.data.Dataset, with `get(i)` for `__getitem__` and `length` for `__len__`.
 */
export abstract class Dataset<T = unknown> {
  /** the number of samples */
  abstract readonly length: number;

  /** The sample at `index`, 0 ≤ index < length. It may be a promise; iterate the loader with `for await` then. */
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

/** A dataset that is read from beginning to end. Follows torch.utils.data.IterableDataset. */
export abstract class IterableDataset<T = unknown> {
  abstract [Symbol.iterator](): Iterator<T>;
}

/**
 * Samples are slices of tensors along their first dim. Follows torch.utils.data.TensorDataset.
 * @throws ValueError if the tensors differ in their first size
 * @example new TensorDataset(images, labels)
 */
export class TensorDataset extends Dataset<Tensor[]> {
  readonly tensors: Tensor[];

  constructor(...tensors: Tensor[]) {
    super();
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
    const rows = tensor(indices, { dtype: "int64" });
    return this.tensors.map((t) => t.indexSelect(0, rows.to(t.device)));
  }
}

/** The samples of several datasets after each other. Follows torch.utils.data.ConcatDataset. */
export class ConcatDataset<T = unknown> extends Dataset<T> {
  readonly datasets: readonly MapDataset<T>[];

  constructor(datasets: Iterable<MapDataset<T>>) {
    super();
    this.datasets = [...datasets];
    if (this.datasets.length === 0) throw new ValueError("datasets should not be an empty iterable");
  }

  get length(): number {
    return this.datasets.reduce((sum, d) => sum + d.length, 0);
  }

  get(index: number): T | Promise<T> {
    for (const dataset of this.datasets) {
      if (index < dataset.length) return dataset.get(index);
      index -= dataset.length;
    }
    throw new ValueError("absolute value of index should not exceed dataset length");
  }
}

/** The samples of a dataset at given indices. Follows torch.utils.data.Subset. */
export class Subset<T = unknown> extends Dataset<T> {
  readonly dataset: MapDataset<T>;
  readonly indices: readonly number[];

  constructor(dataset: MapDataset<T>, indices: Iterable<number>) {
    super();
    this.dataset = dataset;
    this.indices = [...indices];
    if (dataset.getBatch !== undefined) {
      this.getBatch = (wanted: number[]): unknown => dataset.getBatch!(wanted.map((i) => this.indices[i]!));
    }
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): T | Promise<T> {
    return this.dataset.get(this.indices[index]!);
  }
}

/**
 * Splits a dataset at random into subsets of the given lengths, or of the given fractions if they sum to 1.
 * Follows torch.utils.data.random_split; with the same seed the split is PyTorch's.
 * @throws ValueError if the lengths do not sum to the dataset's
 */
export function randomSplit<T>(
  dataset: MapDataset<T>,
  lengths: readonly number[],
  options: { generator?: Generator } = {},
): Subset<T>[] {
  let sizes = [...lengths];
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (Math.abs(sum - 1) < 1e-6 && sizes.some((x) => !Number.isInteger(x))) {
    if (sizes.some((x) => x < 0 || x > 1)) throw new ValueError("Fraction at index 0 is not between 0 and 1");
    sizes = sizes.map((fraction) => Math.floor(dataset.length * fraction));
    const rest = dataset.length - sizes.reduce((a, b) => a + b, 0);
    for (let i = 0; i < rest; i++) sizes[i % sizes.length]!++;
  }
  if (sizes.reduce((a, b) => a + b, 0) !== dataset.length)
    throw new ValueError("Sum of input lengths does not equal the length of the input dataset!");
  const order = randperm(dataset.length, options).tolist() as number[];
  let start = 0;
  return sizes.map((size) => new Subset(dataset, order.slice(start, (start += size))));
}
