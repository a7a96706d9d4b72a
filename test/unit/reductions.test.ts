import { expect, test } from "vitest";
import * as torch from "flambeau";

/** Reproducible values in (-2, 2). */
function values(n: number): number[] {
  let state = 12345;
  return Array.from({ length: n }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.fround((state / 2 ** 32) * 4 - 2);
  });
}

const flat = (t: torch.Tensor): number[] => t.reshape([-1]).tolist() as number[];

/** Every subset of the dims of a tensor of rank `n`. */
const subsets = (n: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, bits) => Array.from({ length: n }, (_, d) => d).filter((d) => bits & (1 << d)));

test("a sum over any dims of a permuted tensor is the sum of its elements", () => {
  const shape = [3, 20, 9, 2];
  const x = torch.tensor(values(3 * 20 * 9 * 2)).reshape(shape);
  for (const order of [
    [0, 1, 2, 3],
    [3, 1, 0, 2],
    [2, 3, 1, 0],
  ]) {
    const p = x.permute(order);
    const sizes = order.map((d) => shape[d]!);
    for (const dims of subsets(4).filter((d) => d.length > 0)) {
      const want = new Map<string, number>();
      flat(p).forEach((value, i) => {
        const index = sizes.map((size, d) => Math.floor(i / sizes.slice(d + 1).reduce((a, b) => a * b, 1)) % size);
        const key = index.filter((_, d) => !dims.includes(d)).join();
        want.set(key, (want.get(key) ?? 0) + value);
      });
      const got = flat(p.sum(dims));
      [...want.values()].forEach((value, i) => expect(Math.abs(got[i]! - value)).toBeLessThan(1e-4));
    }
  }
});

test("sums down columns agree with sums of doubles, overlapping rows too", () => {
  for (const [rows, cols] of [
    [7, 9],
    [200, 37],
    [130, 256],
    [70, 1501],
  ] as const) {
    const x = torch.randn(3, rows, cols);
    expect(torch.allclose(x.sum(1), x.double().sum(1).float(), { atol: 1e-4 })).toBe(true);
  }
  const windows = torch.randn(300).unfold(0, 20, 1).t();
  expect(torch.allclose(windows.sum(0), windows.double().sum(0).float(), { atol: 1e-4 })).toBe(true);
});

test("a sum of a million float32 is right to the last digits", () => {
  const list = values(1_000_000).map((x) => Math.fround(x + 2));
  const exact = list.reduce((a, b) => a + b, 0);
  expect(Math.abs(torch.tensor(list).sum().item() as number)).toBeCloseTo(Math.fround(exact), 0);
});

test("rows and columns give the same extrema, NaN included", () => {
  const list = values(40 * 70);
  list[123] = NaN;
  const x = torch.tensor(list).reshape([40, 70]);
  const rows = x.max(1);
  const columns = x.t().contiguous().max(0);
  expect(flat(columns.values)).toEqual(flat(rows.values));
  expect(flat(columns.indices)).toEqual(flat(rows.indices));
  expect(rows.indices.tolist()).toEqual(x.argmax(1).tolist());
});

test("equal maxima share the gradient of amax, the first one has that of max along a dim", () => {
  const x = torch.tensor([1, 3, 3, 2], { requiresGrad: true });
  x.amax(0).backward();
  expect(x.grad!.tolist()).toEqual([0, 0.5, 0.5, 0]);
  const y = torch.tensor([1, 3, 3, 2], { requiresGrad: true });
  y.max(0).values.backward();
  expect(y.grad!.tolist()).toEqual([0, 1, 0, 0]);
});

test("the variance of a large offset survives float32", () => {
  const x = torch.tensor(Array.from({ length: 4096 }, (_, i) => 10000 + (i % 2)));
  expect(x.var({ unbiased: false }).item()).toBe(0.25);
  const columns = torch.tensor(Array.from({ length: 4096 }, (_, i) => 10000 + (Math.floor(i / 64) % 2)));
  expect(columns.reshape([64, 64]).var(0, false).tolist()).toEqual(new Array(64).fill(0.25));
});

test("the gradient of a product passes zeros", () => {
  const grad = (list: number[]): unknown => {
    const x = torch.tensor(list, { requiresGrad: true });
    x.prod().backward();
    return x.grad!.tolist();
  };
  expect(grad([2, 3, 4])).toEqual([12, 8, 6]);
  expect(grad([2, 0, 4])).toEqual([0, 8, 0]);
  expect(grad([0, 0, 4])).toEqual([0, 0, 0]);
});

test("softmax along the last and along another dim agree, and do not overflow", () => {
  const x = torch
    .tensor(values(7 * 300))
    .mul(1000)
    .reshape([7, 300]);
  const rows = torch.softmax(x, 1);
  const columns = torch.softmax(x.t().contiguous(), 0).t();
  flat(rows).forEach((value, i) => expect(Math.abs(value - flat(columns.contiguous())[i]!)).toBeLessThan(1e-6));
  flat(rows.sum(1)).forEach((total) => expect(total).toBeCloseTo(1, 5));
});

test("reductions without an identity refuse to reduce nothing", () => {
  const none = torch.tensor([]).reshape([0, 3]);
  expect(() => none.max()).toThrow(/Expected reduction dim to be specified for input.numel\(\) == 0/);
  expect(() => none.amax(0)).toThrow(/Expected reduction dim 0 to have non-zero size/);
  expect(none.sum(0).tolist()).toEqual([0, 0, 0]);
  expect(none.prod(0).tolist()).toEqual([1, 1, 1]);
});
