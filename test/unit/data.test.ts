// torch.utils.data beside PyTorch: data.json is what data.py has written with it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as torch from "flambeau";

const { BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler } = torch.utils.data;
const { SubsetRandomSampler, TensorDataset, WeightedRandomSampler, randomSplit } = torch.utils.data;
const want = JSON.parse(readFileSync(new URL("./data.json", import.meta.url), "utf8")) as Record<string, unknown[]>;

const numbers = (length: number) => Array.from({ length }, (_, i) => i);
const ten = numbers(10);
const generator = (seed: number) => new torch.Generator().manualSeed(seed);
function seeded<T>(draw: () => T): [T, T, number] {
  torch.manualSeed(3);
  return [draw(), draw(), torch.rand(1).item() as number];
}
const twice = (sampler: Iterable<number>) => [[...sampler], [...sampler]];
const data = new TensorDataset(torch.arange(10));
const lists = (loader: Iterable<torch.Tensor[]>) => [...loader].map(([batch]) => batch!.tolist());
const indices = (parts: { indices: readonly number[] }[]) => parts.map((part) => [...part.indices]);
class Numbers extends Dataset<number> {
  readonly length: number;
  constructor(length: number) {
    super();
    this.length = length;
  }
  get(index: number) {
    return index;
  }
}

test("samplers, splits and loaders draw PyTorch's orders", () => {
  const shared = generator(1);
  const replaced = { replacement: true, numSamples: 33, generator: shared };
  const weights = [0.1, 0.9, 0.4, 0.7, 3.0, 0.6];
  const once = [0.9, 0.4, 0.05, 0.2, 0.3, 0.1];
  const dropping = new DataLoader(data, { batchSize: 4, shuffle: true, dropLast: true, generator: generator(9) });
  const got: Record<string, unknown> = {
    random: seeded(() => [...new RandomSampler(ten)]),
    more: seeded(() => [...new RandomSampler(ten, { numSamples: 15 })]),
    replacement: seeded(() => [...new RandomSampler(ten, { replacement: true, numSamples: 40 })]),
    shared: [...twice(new RandomSampler(ten, { generator: shared })), ...twice(new RandomSampler(ten, replaced))],
    subset: seeded(() => [...new SubsetRandomSampler([5, 7, 9, 11])]),
    weighted: seeded(() => [...new WeightedRandomSampler(weights, 8)]),
    weightedOnce: seeded(() => [...new WeightedRandomSampler(once, 5, { replacement: false })]),
    weightedShared: twice(new WeightedRandomSampler([1, 2], 6, { generator: generator(2) })),
    split: seeded(() => indices(randomSplit(new Numbers(10), [3, 7]))),
    fractions: indices(randomSplit(new Numbers(11), [0.3, 0.3, 0.4], { generator: generator(42) })),
    batches: [false, true].map((drop) => [...new BatchSampler(new SequentialSampler(ten), 3, drop)]),
    loader: seeded(() => lists(new DataLoader(data, { batchSize: 4, shuffle: true }))),
    loaderShared: [0, 1, 2].map(() => lists(dropping)),
  };
  for (const [name, value] of Object.entries(want)) expect(got[name], name).toEqual(value);
});

test("datasets put together: concatenated, chained, side by side", async () => {
  const { ChainDataset, ConcatDataset, IterableDataset, StackDataset } = torch.utils.data;
  const both = new ConcatDataset([new Numbers(2), new Numbers(3)]);
  expect([both.length, both.get(1), both.get(2), both.get(-1)]).toEqual([5, 1, 0, 2]);
  expect(() => both.get(5)).toThrow("absolute value of index should not exceed dataset length");
  expect(() => new ConcatDataset([])).toThrow("datasets should not be an empty iterable");
  class Count extends IterableDataset<number> {
    override readonly length = 2;
    override *[Symbol.iterator]() {
      yield* [1, 2];
    }
  }
  class Later extends IterableDataset<number> {
    override async *[Symbol.asyncIterator]() {
      yield* [3];
    }
  }
  expect(() => new ConcatDataset([new Count() as never])).toThrow("ConcatDataset does not support IterableDataset");
  expect(() => new ChainDataset([new Numbers(2) as never])).toThrow("ChainDataset only supports IterableDataset");
  const chain = new ChainDataset<number>([new Count(), new Count()]);
  expect(lists([...new DataLoader(chain, { batchSize: 3 })].map((batch) => [batch]))).toEqual([[1, 2, 1], [2]]);
  expect(new DataLoader(chain, { batchSize: 3 }).length).toBe(2);
  const later = new DataLoader(new ChainDataset<number>([new Count(), new Later()]), { batchSize: null });
  expect(() => later.length).toThrow("object of type 'ChainDataset' has no len()");
  const seen: unknown[] = [];
  for await (const x of later) seen.push(x);
  expect(seen).toEqual([1, 2, 3]);
  expect(() => [...later]).toThrow("for await");
  expect(new StackDataset(new Numbers(3), new Numbers(3)).get(2)).toEqual([2, 2]);
  expect(new StackDataset({ a: new Numbers(3), b: new Numbers(3) }).get(1)).toEqual({ a: 1, b: 1 });
  expect(() => new StackDataset(new Numbers(3), new Numbers(2))).toThrow("Size mismatch between datasets");
});

test("samples of every kind are collated and converted", () => {
  const { defaultCollate, defaultConvert } = torch.utils.data;
  const [x, labels, { name, raw }, flags] = defaultCollate([
    [torch.ones(2), 1, { name: "a", raw: new Float64Array([1, 2]) }, true],
    [torch.zeros(2), 2, { name: "b", raw: new Float64Array([3, 4]) }, false],
  ]) as [torch.Tensor, torch.Tensor, { name: string[]; raw: torch.Tensor }, torch.Tensor];
  expect([x.tolist(), labels.tolist(), name, raw.tolist(), flags.tolist()]).toEqual([
    [[1, 1], [0, 0]],
    [1, 2],
    ["a", "b"],
    [[1, 2], [3, 4]],
    [true, false],
  ]); // prettier-ignore
  expect([labels.dtype, raw.dtype, flags.dtype]).toEqual(["int64", "float64", "bool"]);
  const dtypeOf = (samples: unknown[]) => (defaultCollate(samples) as torch.Tensor).dtype;
  expect([dtypeOf([0.5, 1]), dtypeOf([torch.float(2), torch.float(1)]), dtypeOf([1n])]).toEqual([
    "float32",
    "float32",
    "int64",
  ]);
  expect(() => defaultCollate([[1], [1, 2]])).toThrow("each element in list of batch should be of equal size");
  expect(() => defaultCollate([new Map()])).toThrow(/default_collate: batch must contain .* found Map/);
  const converted = defaultConvert({ a: new Uint8Array([1]), b: ["text", 3] }) as { a: torch.Tensor; b: unknown[] };
  expect([converted.a.tolist(), converted.b]).toEqual([[1], ["text", 3]]);
  const [first] = [...new DataLoader([new Int32Array([7])], { batchSize: null })] as torch.Tensor[];
  expect(first!.tolist()).toEqual([7]);
});

test("options that exclude each other are refused with PyTorch's words", () => {
  const sampler = new SequentialSampler(ten);
  const batchSampler = new BatchSampler(sampler, 2, false);
  const refused: [torch.utils.data.DataLoaderOptions, string][] = [
    [{ numWorkers: -1 }, "num_workers option should be non-negative"],
    [{ timeout: -1 }, "timeout option should be non-negative"],
    [{ prefetchFactor: 3 }, "prefetch_factor option could only be specified in multiprocessing"],
    [{ persistentWorkers: true }, "persistent_workers option needs num_workers > 0"],
    [{ sampler, shuffle: true }, "sampler option is mutually exclusive with shuffle"],
    [{ batchSampler, batchSize: 3 }, "batch_sampler option is mutually exclusive with batch_size"],
    [{ batchSize: null, dropLast: true }, "batch_size=None option disables auto-batching"],
    [{ batchSize: 0 }, "batch_size should be a positive integer value, but got batch_size=0"],
  ];
  for (const [options, message] of refused) expect(() => new DataLoader(data, options)).toThrow(message);
  const stream = Object.create(torch.utils.data.IterableDataset.prototype) as torch.utils.data.IterableDataset;
  expect(() => new DataLoader(stream, { shuffle: true })).toThrow(
    "expected unspecified shuffle option, but got shuffle=True",
  );
  expect(() => new RandomSampler([])).toThrow("num_samples should be a positive integer value, but got num_samples=0");
  expect(() => new WeightedRandomSampler(torch.ones(2, 2), 3)).toThrow("weights have shape (2, 2)");
  expect(() => randomSplit(new Numbers(5), [2, 2])).toThrow("Sum of input lengths does not equal");
  expect(() => randomSplit(new Numbers(5), [1.5, -0.5])).toThrow("Fraction at index 0 is not between 0 and 1");
});
