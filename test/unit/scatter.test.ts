import { expect, test } from "vitest";
import * as torch from "flambeau";

const numbers = (t: torch.Tensor): number[] => t.reshape([-1]).tolist() as number[];
const long = (values: number[] | number[][]): torch.Tensor => torch.tensor(values, { dtype: "int64" });

let state = 99;
const random = (n: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};

/** All index tuples of a shape, row-major. */
function* places(shape: readonly number[]): Generator<number[]> {
  const total = shape.reduce((a, b) => a * b, 1);
  for (let k = 0; k < total; k++) {
    let rest = k;
    const at = new Array<number>(shape.length);
    for (let d = shape.length - 1; d >= 0; d--) {
      at[d] = rest % shape[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    yield at;
  }
}

const position = (at: number[], shape: readonly number[]): number => at.reduce((sum, i, d) => sum * shape[d]! + i, 0);

/** A tensor of these sizes with scrambled strides. */
function strided(shape: number[]): torch.Tensor {
  const order = shape.map((_, d) => d).sort(() => random(3) - 1);
  const back = order.map((_, d) => order.indexOf(d));
  const base = torch.tensor(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random(50) - 25));
  return base.reshape(order.map((d) => shape[d]!)).permute(back);
}

test("gather and scatter agree with their definitions for any rank, dim and strides", () => {
  for (let round = 0; round < 60; round++) {
    const rank = 1 + random(4);
    const shape = Array.from({ length: rank }, () => 1 + random(4));
    const dim = random(rank);
    const sizes = shape.map((n, d) => (d === dim ? 1 + random(5) : 1 + random(n)));
    const count = sizes.reduce((a, b) => a * b, 1);
    const rows = Array.from({ length: count }, () => random(shape[dim]!));
    const index = long(rows).reshape(sizes);
    const x = strided(shape);
    const flat = numbers(x);
    const to = (at: number[], i: number) => position(at.with(dim, rows[i]!), shape);
    const gathered = [...places(sizes)].map((at, i) => flat[to(at, i)]);
    expect(numbers(torch.gather(x, dim, index))).toEqual(gathered);

    const src = strided(sizes);
    const values = numbers(src);
    const sum = [...flat];
    const most = [...flat];
    [...places(sizes)].forEach((at, i) => {
      sum[to(at, i)]! += values[i]!;
      most[to(at, i)] = Math.max(most[to(at, i)]!, values[i]!);
    });
    expect(numbers(torch.scatterAdd(x, dim, index, src))).toEqual(sum);
    expect(numbers(torch.scatterReduce(x, dim, index, src, "amax"))).toEqual(most);
  }
});

test("indexing by several tensors puts their common shape where neighbours stand, else in front", () => {
  const x = torch.arange(2 * 3 * 4 * 5).reshape([2, 3, 4, 5]);
  const i = long([0, 2]);
  const j = long([[1], [3], [0]]);
  expect(x.at(":", i, j).shape).toEqual([2, 3, 2, 5]);
  expect(x.at(i.remainder(2), ":", j).shape).toEqual([3, 2, 3, 5]);
  expect(x.at(":", i, j).at(1, 2, 1, 3).item()).toBe(x.at(1, 2, 0, 3).item());
  expect(x.at(":", i, j.sub(4)).tolist()).toEqual(x.at(":", i, j).tolist());
});

test("an index out of range changes nothing", () => {
  const x = torch.zeros(3);
  expect(() => x.scatterAdd_(0, long([0, 3]), torch.ones(2))).toThrow(
    /index 3 is out of bounds for dimension 0 with size 3/,
  );
  expect(() => x.indexAdd_(0, long([0, -1]), torch.ones(2))).toThrow(/index out of range in self/);
  expect(() => x.at(long([0, 7]))).toThrow(/index 7 is out of bounds for dimension 0 with size 3/);
  expect(() => torch.nn.functional.embedding(long([4]), torch.zeros(4, 2))).toThrow(/index out of range in self/);
  expect(() => x.put_(long([5]), torch.ones(1))).toThrow(/tried to access index 5 on a tensor of 3 elements/);
  expect(numbers(x)).toEqual([0, 0, 0]);
});

test("the one index out of range is found, wherever it stands", () => {
  const rows = torch.ones(10, 700);
  for (const bad of [-1, 700, 2 ** 31, 2 ** 32, 2 ** 32 + 1, -(2 ** 32)]) {
    for (const at of [0, 1, 511, 512, 698, 699]) {
      const index = torch.zeros([10, 700], { dtype: "int64" });
      index.at(9, at).fill_(bad);
      const message = new RegExp(`index ${bad} is out of bounds for dimension 1 with size 700`);
      expect(() => rows.gather(1, index)).toThrow(message);
      expect(() => rows.scatterAdd(1, index, rows)).toThrow(message);
      expect(() => rows.t().gather(0, index.t())).toThrow(/is out of bounds for dimension 0 with size 700/);
      expect(() => rows.indexSelect(1, index.at(9))).toThrow(/index out of range in self/);
    }
  }
  expect(
    rows
      .gather(1, torch.full([10, 700], 699, { dtype: "int64" }))
      .sum()
      .item(),
  ).toBe(7000);
});

test("an embedding's gradient sums its look-ups, none for the padding", () => {
  const weight = torch.ones(5, 3, { requiresGrad: true });
  const index = long([
    [1, 2],
    [2, 4],
  ]);
  torch.nn.functional.embedding(index, weight, { paddingIdx: 4 }).sum().backward();
  expect(weight.grad!.at(":", 0).tolist()).toEqual([0, 1, 2, 0, 0]);
  weight.grad = null;
  torch.nn.functional.embedding(index, weight, { scaleGradByFreq: true }).sum().backward();
  expect(weight.grad!.at(":", 0).tolist()).toEqual([0, 1, 1, 0, 1]);
});

test("bags are the sums, means and maxima of their rows; empty ones are zero", () => {
  const weight = torch.tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ] as number[][]);
  const bag = (mode: "sum" | "mean" | "max") =>
    torch.nn.functional.embeddingBag(long([0, 1, 2]), weight, long([0, 2, 2]), { mode }).tolist();
  expect(bag("sum")).toEqual([
    [4, 6],
    [0, 0],
    [5, 6],
  ]);
  expect(bag("mean")).toEqual([
    [2, 3],
    [0, 0],
    [5, 6],
  ]);
  expect(bag("max")).toEqual([
    [3, 4],
    [0, 0],
    [5, 6],
  ]);
});

test("masks select, fill and scatter in row-major order", () => {
  const x = torch.arange(6).reshape([2, 3]).t();
  const mask = x.gt(2);
  expect(numbers(x.maskedSelect(mask))).toEqual([3, 4, 5]);
  expect(numbers(x.maskedFill(mask, -1))).toEqual([0, -1, 1, -1, 2, -1]);
  expect(numbers(x.maskedScatter(mask, long([7, 8, 9])))).toEqual([0, 7, 1, 8, 2, 9]);
  expect(() => x.maskedScatter(mask, long([7]))).toThrow(/Number of elements of source < number of ones in mask/);
});
