// Samplers: the order in which a DataLoader visits indices.

import { TypeError, ValueError } from "../../error.ts";
import { keep } from "../../memory/scope.ts";
import { type Rest, take } from "../../nn/arguments.ts";
import { multinomial, randint, randperm } from "../../random.ts";
import { Generator, drawSeed } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/create.ts";

/** An order of indices. Follows torch.utils.data.Sampler. */
export interface Sampler<I = number> extends Iterable<I> {
  readonly length: number;
}

function checkCount(count: number): void {
  if (!(Number.isInteger(count) && count > 0))
    throw new ValueError(`num_samples should be a positive integer value, but got num_samples=${count}`);
}

interface Sized {
  readonly length: number;
}

/**
 * 0, 1, 2, … Follows torch.utils.data.SequentialSampler.
 * @example
 * const data = new torch.utils.data.TensorDataset(torch.arange(3));
 * [...new torch.utils.data.SequentialSampler(data)]; // [0, 1, 2]
 */
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

const unseeded = { generator: null as Generator | null };

export interface RandomSamplerOptions {
  replacement?: boolean;
  /** as many as the source has unless given */
  numSamples?: number | null;
  generator?: Generator | null;
}

type Order<T> = globalThis.Generator<T, void, undefined>;

/**
 * A new random order at every iteration, PyTorch's for the same seed. Follows torch.utils.data.RandomSampler.
 * @example
 * const data = new torch.utils.data.TensorDataset(torch.arange(4));
 * [...new torch.utils.data.RandomSampler(data)].length; // 4
 */
export class RandomSampler implements Sampler {
  private readonly source: Sized;
  private readonly replacement: boolean;
  private readonly numSamples: number | null;
  private readonly generator: Generator | null;

  constructor(
    source: Sized,
    ...rest: Rest<[replacement: boolean, numSamples: number | null, generator: Generator | null], RandomSamplerOptions>
  ) {
    const options = take("RandomSampler", rest, {
      replacement: false,
      numSamples: null as number | null,
      ...unseeded,
    });
    this.source = source;
    this.replacement = options.replacement;
    this.numSamples = options.numSamples;
    this.generator = options.generator;
    if (typeof this.replacement !== "boolean")
      throw new TypeError(`replacement should be a boolean value, but got replacement=${String(this.replacement)}`);
    checkCount(this.length);
  }

  get length(): number {
    return this.numSamples ?? this.source.length;
  }

  *[Symbol.iterator](): Order<number> {
    const n = this.source.length;
    let generator = this.generator;
    generator ??= new Generator().manualSeed(drawSeed());
    // PyTorch's draws: 32 at a time with replacement, else whole permutations, the last of which may yield nothing
    const chunk = this.replacement ? 32 : Math.max(n, 1);
    for (let left = this.length; this.replacement ? left > 0 : left >= 0; left -= chunk) {
      const drawn = this.replacement
        ? randint(0, n, [Math.min(left, chunk)], { dtype: "int64", generator })
        : randperm(n, { generator });
      const indices = drawn.tolist() as number[];
      drawn.dispose();
      yield* indices.slice(0, left);
    }
  }
}

/**
 * The given indices in a random order. Follows torch.utils.data.SubsetRandomSampler.
 * @example
 * [...new torch.utils.data.SubsetRandomSampler([7, 8])].length; // 2
 */
export class SubsetRandomSampler implements Sampler {
  private readonly indices: readonly number[];
  private readonly generator: Generator | null;
  constructor(
    indices: Iterable<number>,
    ...rest: Rest<[generator: Generator | null], { generator?: Generator | null }>
  ) {
    this.generator = take("SubsetRandomSampler", rest, unseeded).generator;
    this.indices = [...indices];
  }
  get length(): number {
    return this.indices.length;
  }
  *[Symbol.iterator](): Order<number> {
    const order = randperm(this.indices.length, { generator: this.generator });
    for (const i of order.tolist() as number[]) yield this.indices[i]!;
  }
}

/**
 * Indices drawn with the given probabilities (weights need not sum to 1). Follows torch.utils.data.WeightedRandomSampler.
 * @example
 * [...new torch.utils.data.WeightedRandomSampler([0, 0, 1], 2)]; // [2, 2]
 */
export class WeightedRandomSampler implements Sampler {
  readonly length: number;
  private readonly weights: Tensor;
  private readonly replacement: boolean;
  private readonly generator: Generator | null;
  constructor(
    weights: readonly number[] | Tensor,
    numSamples: number,
    ...rest: Rest<
      [replacement: boolean, generator: Generator | null],
      { replacement?: boolean; generator?: Generator | null }
    >
  ) {
    const options = take("WeightedRandomSampler", rest, { replacement: true, ...unseeded });
    checkCount(numSamples);
    this.replacement = options.replacement;
    if (typeof this.replacement !== "boolean")
      throw new ValueError(`replacement should be a boolean value, but got replacement=${String(this.replacement)}`);
    this.weights = keep(tensor(weights as number[], { dtype: "float64" }));
    if (this.weights.dim() !== 1)
      throw new ValueError(
        `weights should be a 1d sequence but given weights have shape (${this.weights.shape.join(", ")})`,
      );
    this.length = numSamples;
    this.generator = options.generator;
  }
  *[Symbol.iterator](): Order<number> {
    const { generator } = this;
    yield* multinomial(this.weights, this.length, this.replacement, { generator }).tolist() as number[];
  }
}

/**
 * Groups another sampler's indices. Follows torch.utils.data.BatchSampler.
 * @example
 * const order = new torch.utils.data.SequentialSampler(torch.arange(5));
 * [...new torch.utils.data.BatchSampler(order, 2, false)]; // []
 */
export class BatchSampler implements Sampler<number[]> {
  private readonly sampler: Sampler;
  private readonly batchSize: number;
  private readonly dropLast: boolean;
  constructor(sampler: Sampler, batchSize: number, dropLast: boolean) {
    if (!(Number.isInteger(batchSize) && batchSize > 0))
      throw new ValueError(`batch_size should be a positive integer value, but got batch_size=${batchSize}`);
    if (typeof dropLast !== "boolean")
      throw new ValueError(`drop_last should be a boolean value, but got drop_last=${String(dropLast)}`);
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
