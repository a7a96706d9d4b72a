import { expect, test } from "vitest";
import * as torch from "flambeau";

const numbers = (t: torch.Tensor): number[] => t.reshape([-1]).tolist() as number[];

/** Mean and standard deviation. */
function moments(values: number[]): [number, number] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)];
}

test("the same seed gives the same stream, whatever was drawn before", () => {
  torch.manualSeed(5);
  const first = numbers(torch.randn(40));
  torch.rand(7);
  torch.manualSeed(5);
  expect(numbers(torch.randn(40))).toEqual(first);
});

test("a state brings the stream back, with the cached normal sample", () => {
  torch.manualSeed(1);
  torch.randn(3); // an odd count leaves a sample in the cache
  const state = torch.getRngState();
  const next = numbers(torch.randn(5));
  torch.randn(100);
  torch.setRngState(state);
  expect(numbers(torch.randn(5))).toEqual(next);
});

test("a generator of one's own does not touch the default one", () => {
  const generator = new torch.Generator();
  generator.manualSeed(3);
  torch.manualSeed(3);
  const want = numbers(torch.rand(4));
  torch.manualSeed(3);
  expect(numbers(torch.rand(4, { generator }))).toEqual(want);
  expect(numbers(torch.rand(4))).toEqual(want);
});

test("uniform samples of any count are a prefix of the stream", () => {
  torch.manualSeed(9);
  const long = numbers(torch.rand(2000));
  for (const n of [1, 3, 4, 5, 623, 624, 625, 1300]) {
    torch.manualSeed(9);
    expect(numbers(torch.rand(n))).toEqual(long.slice(0, n));
  }
});

test("bernoulli draws two words a sample: any count agrees with the float64 stream", () => {
  for (const n of [1, 2, 3, 5, 255, 256, 257, 1025]) {
    torch.manualSeed(n);
    const u = numbers(torch.rand(n, { dtype: "float64" }));
    torch.manualSeed(n);
    expect(numbers(torch.empty(n).bernoulli_(0.3))).toEqual(u.map((x) => (x < 0.3 ? 1 : 0)));
  }
  expect(numbers(torch.empty(50).bernoulli_(0))).toEqual(new Array(50).fill(0));
  expect(numbers(torch.empty(50).bernoulli_(1))).toEqual(new Array(50).fill(1));
});

test("the moments of the distributions are theirs", () => {
  torch.manualSeed(0);
  const n = 40000;
  const near = (got: [number, number], mean: number, std: number) => {
    expect(Math.abs(got[0] - mean)).toBeLessThan((5 * std) / Math.sqrt(n));
    expect(Math.abs(got[1] - std)).toBeLessThan(0.05 * std);
  };
  near(moments(numbers(torch.randn(n))), 0, 1);
  near(moments(numbers(torch.randn(n, { dtype: "float64" }))), 0, 1);
  near(moments(numbers(torch.empty(n).normal_(3, 2))), 3, 2);
  near(moments(numbers(torch.empty(n).uniform_(-1, 3))), 1, 4 / Math.sqrt(12));
  near(moments(numbers(torch.empty(n).exponential_(2))), 0.5, 0.5);
  near(moments(numbers(torch.empty(n).geometric_(0.25))), 4, Math.sqrt(12));
  near(moments(numbers(torch.randint(0, 10, [n]))), 4.5, Math.sqrt(99 / 12));
});

test("a permutation has every number once", () => {
  const p = numbers(torch.randperm(1000));
  expect([...p].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});

test("multinomial draws by weight, without replacement every index at most once", () => {
  torch.manualSeed(2);
  const weights = torch.tensor([1, 0, 3, 6]);
  const counts = [0, 0, 0, 0];
  for (const i of numbers(torch.multinomial(weights, 10000, true))) counts[i]!++;
  expect(counts[1]).toBe(0);
  expect(Math.abs(counts[3]! / 10000 - 0.6)).toBeLessThan(0.03);
  const drawn = numbers(torch.multinomial(weights, 3));
  expect(new Set(drawn).size).toBe(3);
  expect(drawn).not.toContain(1);
  expect(() => torch.multinomial(torch.tensor([0, 0]), 1)).toThrow(/invalid multinomial distribution/);
  expect(() => torch.multinomial(torch.tensor([1, -1]), 1, true)).toThrow(/element < 0/);
});

test("dropout keeps the mean, and its gradient goes where the elements were kept", () => {
  torch.manualSeed(4);
  const x = torch.ones(10000, { requiresGrad: true });
  const y = torch.nn.functional.dropout(x, 0.25);
  y.sum().backward();
  expect(numbers(x.grad!)).toEqual(numbers(y));
  expect(Math.abs(moments(numbers(y))[0] - 1)).toBeLessThan(0.03);
  expect(torch.nn.functional.dropout(x, 0.25, false)).toBe(x);
  expect(() => torch.nn.functional.dropout(x, 1.5)).toThrow(/between 0 and 1/);
});
