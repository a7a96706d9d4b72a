// Samplers: the order in which a DataLoader visits indices.

import { ValueError } from "../../error.ts";
import { multinomial, randint, randperm } from "../../random.ts";
import { Generator, drawSeed } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/create.ts";

/** An order of indices. Follows torch.utils.data.Sampler. */
export interface Sampler<I = number> extends Iterable<I> {
  readonly length: number;
}

interface Sized {
  readonly length: number;
}

/** 0, 1, 2, … Follows torch.utils.data.SequentialSampler. */
export class SequentialSampler implements Sampler {
  private readonly source: Sized;
  constructor(source: Sized) {
    this.source = source;
  }
  get length(): number {
    return this.source.length;
  }
  *[Symbol.iterator](): Order<number> {
    for (let i = 0; i < this.source.length; i++) yield i;
  }
}

type Order<T> = globalThis.Generator<T, void, undefined>;

/** A new random order at every iteration, PyTorch's for the same seed. Follows torch.utils.data.RandomSampler. */
export class RandomSampler implements Sampler {
  private readonly source: Sized;
  private readonly replacement: boolean;
  private readonly numSamples: number | undefined;
  private readonly generator: Generator | undefined;

  constructor(source: Sized, options: { replacement?: boolean; numSamples?: number; generator?: Generator } = {}) {
    this.source = source;
    this.replacement = options.replacement ?? false;
    this.numSamples = options.numSamples;
    this.generator = options.generator;
    if (this.numSamples !== undefined && !(Number.isInteger(this.numSamples) && this.numSamples > 0))
      throw new ValueError(`num_samples should be a positive integer value, but got num_samples=${this.numSamples}`);
  }

  get length(): number {
    return this.numSamples ?? this.source.length;
  }

  *[Symbol.iterator](): Order<number> {
    const n = this.source.length;
    let generator = this.generator;
    if (generator === undefined) {
      generator = new Generator();
      generator.manualSeed(drawSeed());
    }
    let left = this.length;
    while (left > 0 && n > 0) {
      // with replacement PyTorch draws 32 at a time
      const drawn = this.replacement
        ? randint(0, n, [Math.min(left, 32)], { dtype: "int64", generator })
        : randperm(n, { generator });
      const indices = drawn.tolist() as number[];
      drawn.dispose();
      for (let i = 0; i < indices.length && left > 0; i++, left--) yield indices[i]!;
    }
  }
}

/** The given indices in a random order. Follows torch.utils.data.SubsetRandomSampler. */
export class SubsetRandomSampler implements Sampler {
  private readonly indices: readonly number[];
  private readonly generator: Generator | undefined;
  constructor(indices: Iterable<number>, options: { generator?: Generator } = {}) {
    this.indices = [...indices];
    this.generator = options.generator;
  }
  get length(): number {
    return this.indices.length;
  }
  *[Symbol.iterator](): Order<number> {
    const order = randperm(this.indices.length, this.generator === undefined ? {} : { generator: this.generator });
    for (const i of order.tolist() as number[]) yield this.indices[i]!;
  }
}

/** Indices drawn with the given probabilities (weights need not sum to 1). Follows torch.utils.data.WeightedRandomSampler. */
export class WeightedRandomSampler implements Sampler {
  readonly length: number;
  private readonly weights: Tensor;
  private readonly replacement: boolean;
  private readonly generator: Generator | undefined;
  constructor(
    weights: readonly number[] | Tensor,
    numSamples: number,
    options: { replacement?: boolean; generator?: Generator } = {},
  ) {
    if (!(Number.isInteger(numSamples) && numSamples > 0))
      throw new ValueError(`num_samples should be a positive integer value, but got num_samples=${numSamples}`);
    this.weights = Array.isArray(weights) ? tensor(weights, { dtype: "float64" }) : (weights as Tensor);
    this.length = numSamples;
    this.replacement = options.replacement ?? true;
    this.generator = options.generator;
  }
  *[Symbol.iterator](): Order<number> {
    const options = this.generator === undefined ? {} : { generator: this.generator };
    yield* multinomial(this.weights, this.length, this.replacement, options).tolist() as number[];
  }
}

/** Groups another sampler's indices. Follows torch.utils.data.BatchSampler. */
export class BatchSampler implements Sampler<number[]> {
  private readonly sampler: Sampler;
  private readonly batchSize: number;
  private readonly dropLast: boolean;
  constructor(sampler: Sampler, batchSize: number, dropLast: boolean) {
    if (!(Number.isInteger(batchSize) && batchSize > 0))
      throw new ValueError(`batch_size should be a positive integer value, but got batch_size=${batchSize}`);
    this.sampler = sampler;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
  }
  get length(): number {
    const batches = this.sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }
  *[Symbol.iterator](): Order<number[]> {
    let batch: number[] = [];
    for (const index of this.sampler) {
      batch.push(index);
      if (batch.length === this.batchSize) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0 && !this.dropLast) yield batch;
  }
}
