import { expect, test } from "vitest";
import * as torch from "flambeau";

const numbers = (t: torch.Tensor): number[] => t.reshape([-1]).tolist() as number[];

let state = 7;
const random = (n: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};

/** NaN last, as PyTorch orders. */
const compare = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a - b;

test("sorts are stable, in both directions, for every dtype and row length", () => {
  for (const dtype of ["uint8", "int16", "int64", "float16", "float32", "float64"] as const) {
    for (const n of [1, 2, 30, 49, 300]) {
      const values = Array.from({ length: n }, () => random(40) - (dtype === "uint8" ? 0 : 20));
      if (dtype.startsWith("float")) for (let i = 0; i < n; i += 7) values[i] = [NaN, Infinity, -0][i % 3]!;
      const x = torch.tensor(values, { dtype: "float64" }).to(dtype);
      for (const descending of [false, true]) {
        const order = values
          .map((_, i) => i)
          .sort((a, b) => (descending ? -1 : 1) * compare(values[a]!, values[b]!) || a - b);
        const { values: sorted, indices } = torch.sort(x, 0, descending);
        expect(numbers(indices)).toEqual(order);
        expect(numbers(sorted.to("float64"))).toEqual(order.map((i) => values[i]));
      }
    }
  }
});

test("topk, kthvalue and median pick what a sort puts there", () => {
  for (let round = 0; round < 30; round++) {
    const n = 1 + random(400);
    const x = torch.tensor(Array.from({ length: n }, () => random(1000000) / 1000));
    const sorted = numbers(torch.sort(x).values);
    const k = 1 + random(n);
    expect(numbers(torch.topk(x, k, { largest: false }).values)).toEqual(sorted.slice(0, k));
    expect(numbers(torch.topk(x, k).values)).toEqual([...sorted].reverse().slice(0, k));
    const kth = torch.kthvalue(x, k);
    expect(kth.values.item()).toBe(sorted[k - 1]);
    expect(x.at(kth.indices).item()).toBe(sorted[k - 1]);
    expect(torch.median(x).item()).toBe(sorted[(n - 1) >> 1]);
  }
  expect(() => torch.topk(torch.ones(3), 4)).toThrow(/selected index k out of range/);
});

test("the few greatest or smallest of a long row, NaN, infinities and zeros among them", () => {
  for (const dtype of ["float32", "float64", "int32"] as const) {
    const special = dtype === "int32" ? [2 ** 31 - 1, -(2 ** 31), 0] : [NaN, Infinity, -Infinity, 0, -0];
    const values = Array.from({ length: 1001 }, (_, i) => (i % 97 === 5 ? special[(i / 97) % special.length | 0]! : random(2000) - 1000)); // prettier-ignore
    const x = torch.tensor(values, { dtype });
    for (const largest of [true, false]) {
      const { values: few, indices } = torch.topk(x, 12, { largest });
      const all = torch.sort(x, { descending: largest }).values;
      expect(numbers(few)).toEqual(numbers(all.at("0:12")));
      expect(numbers(x.at(indices))).toEqual(numbers(few));
      expect(new Set(numbers(indices)).size).toBe(12);
    }
  }
});

test("the gradient of a sort goes back to where the elements were", () => {
  const x = torch.tensor([3, 1, 2], { dtype: "float32", requiresGrad: true });
  torch
    .sort(x)
    .values.mul(torch.tensor([10, 20, 30]))
    .sum()
    .backward();
  expect(numbers(x.grad!)).toEqual([30, 10, 20]);
});

test("unique gives values, inverse and counts, of elements and of slices", () => {
  const x = torch.tensor([
    [2, 1],
    [2, 1],
    [0, 5],
    [2, 1],
  ] as number[][]);
  const [rows, inverse, counts] = torch.unique(x, { returnInverse: true, returnCounts: true, dim: 0 });
  expect(rows!.tolist()).toEqual([
    [0, 5],
    [2, 1],
  ]);
  expect(numbers(inverse!)).toEqual([1, 1, 0, 1]);
  expect(numbers(counts!)).toEqual([1, 3]);
  expect(numbers(torch.unique(x))).toEqual([0, 1, 2, 5]);
  expect(torch.uniqueConsecutive(x, { dim: 0 }).shape).toEqual([3, 2]);
});

test("searchsorted finds the place before or after equal elements", () => {
  const edges = torch.tensor([1, 3, 3, 5]);
  const at = torch.tensor([0, 1, 3, 6]);
  expect(numbers(torch.searchsorted(edges, at))).toEqual([0, 0, 1, 4]);
  expect(numbers(torch.searchsorted(edges, at, { right: true }))).toEqual([0, 1, 3, 4]);
  expect(torch.bucketize(4, edges).item()).toBe(3);
  expect(() => torch.searchsorted(edges, torch.tensor([1], { dtype: "int64" }))).toThrow(/same dtype/);
});

test("histograms count what lies in range", () => {
  const x = torch.tensor([0, 0.1, 0.5, 1, 2, NaN]);
  expect(numbers(torch.histc(x, 2, 0, 1))).toEqual([2, 2]);
  const { hist, binEdges } = torch.histogram(x.at("0:5"), torch.tensor([0, 0.5, 2]));
  expect(numbers(hist)).toEqual([2, 3]);
  expect(numbers(binEdges)).toEqual([0, 0.5, 2]);
  expect(numbers(torch.bincount(torch.tensor([1, 3, 1], { dtype: "int64" }), { minlength: 5 }))).toEqual([
    0, 2, 0, 1, 0,
  ]);
});
