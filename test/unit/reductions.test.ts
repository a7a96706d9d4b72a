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

test("one result of many elements is that of all its parts", () => {
  const n = 100_003;
  const list = values(n).map((x, i) => (i === 70_001 || i === 90_000 ? 3 : i === 50_000 || i === 99_999 ? -3 : x));
  const x = torch.tensor(list);
  const exact = x.double();
  // a strided one with the same elements: its parts are rows of another dimension
  const strided = x.slice(0, 0, 99_000).reshape([90, 1100]).t().contiguous().t();
  const near = (got: torch.Tensor, want: torch.Tensor): void =>
    expect(Math.abs((got.item() as number) / (want.item() as number) - 1)).toBeLessThan(1e-6);
  expect(x.argmax().item()).toBe(70_001);
  expect(x.argmin().item()).toBe(50_000);
  expect([x.amax().item(), x.amin().item()]).toEqual([3, -3]);
  const mean = list.reduce((a, b) => a + b, 0) / n;
  const variance = list.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1);
  near(x.var(), torch.tensor(variance));
  near(x.add(100).logsumexp(0), torch.tensor(100 + Math.log(list.reduce((a, b) => a + Math.exp(b), 0))));
  near(x.norm(), torch.tensor(Math.sqrt(list.reduce((a, b) => a + b * b, 0))));
  near(strided.sum(), exact.slice(0, 0, 99_000).sum());
  expect(strided.argmax().item()).toBe(70_001);
  expect(x.gt(0).sum().item()).toBe(list.filter((value) => value > 0).length);
  const bad = torch.tensor(list.map((value, i) => (i === 80_000 ? NaN : value)));
  for (const result of [bad.sum(), bad.amax(), bad.amin(), bad.var(), bad.prod()]) expect(result.item()).toBeNaN();
  expect(bad.argmax().item()).toBe(80_000);
  expect(torch.nansum(bad).item()).toBeCloseTo((exact.sum().item() as number) - list[80_000]!, 2);
  const infinite = torch.tensor(list.map((value, i) => (i === 20_000 ? -Infinity : value)));
  near(infinite.logsumexp(0), x.logsumexp(0));
  expect(infinite.sum().item()).toBe(-Infinity);
  expect(torch.full([n], -Infinity).logsumexp(0).item()).toBe(-Infinity);
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
