// Sorting and searching on the WebGPU device beyond what the vectors reach: rows longer than a workgroup sorts at once, all
// dtypes, many equal elements. The CPU's answers are the expected ones.
import { test } from "#test";
import * as torch from "flambeau";
import { agree } from "./lib.ts";

const DTYPES = ["float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"] as const;

/** Integers from 0 to `below`, each about as often as the others, in an order without pattern. */
const scattered = (n: number, below: number): torch.Tensor =>
  torch.arange(n).mul(7919).add(torch.arange(n).square()).remainder(10007).remainder(below);

test("long rows sort stably in every dtype, both ways", async () => {
  const x = scattered(2 * 5000, 300).reshape([2, 5000]);
  for (const dtype of DTYPES) {
    const y = dtype === "uint8" || dtype === "bool" ? x : x.sub(150);
    await agree([y.to(dtype)], (t) => [...t.sort(-1), ...t.sort(-1, true)]);
  }
});

test("rows around the sizes of a block sort", async () => {
  for (const n of [1, 2, 255, 1023, 1024, 1025, 2047, 2048, 2049, 4096, 4097]) {
    const x = scattered(3 * n, 50).reshape([3, n]);
    await agree([x.float()], (t) => [...t.sort(-1)]);
    await agree([x], (t) => [...t.sort(-1, true)]);
  }
});

test("many short rows, and a dim that is not the last", async () => {
  const x = scattered(12000, 1000).float();
  await agree([x.reshape([4000, 3])], (t) => [...t.sort(-1)]);
  await agree([x.reshape([6, 2000])], (t) => [...t.sort(0)]);
});

test("NaN, infinities, both zeros and subnormal numbers are in order", async () => {
  const x = torch.tensor([NaN, 1, -0, 0, -Infinity, Infinity, NaN, -1, 1e-40, -1e-40]);
  await agree([x], (t) => [...t.sort(), ...t.sort(-1, true), ...t.median(0), ...t.nanmedian(0)]);
});

test("topk, kthvalue and median of long rows", async () => {
  // all different, so that positions are determined
  const x = torch.arange(15000).mul(7919).remainder(15013).reshape([3, 5000]);
  for (const t of [x.float(), x]) {
    await agree([t], (t) => [...t.topk(10), ...t.topk(10, -1, false), ...t.topk(3000)]);
    await agree([t], (t) => [...t.kthvalue(1), ...t.kthvalue(4321), ...t.median(1), t.median()]);
  }
  const gaps = torch.where(x.remainder(7).eq(0), NaN, x.float());
  await agree([gaps], (t) => [...t.median(1), ...t.nanmedian(1), t.nanmedian()]);
});

test("mode of long rows", async () => {
  const x = scattered(3 * 5000, 41).reshape([3, 5000]);
  await agree([x.float()], (t) => t.mode(1)[0]);
  await agree([x.to("int64")], (t) => t.mode(1)[0]);
});

test("unique of many elements and of rows", async () => {
  const x = scattered(6000, 50);
  const all = { returnInverse: true, returnCounts: true } as const;
  for (const dtype of ["float32", "int64", "uint8"] as const) {
    await agree([x.to(dtype)], (t) => torch.unique(t, all) as torch.Tensor[]);
    await agree([x.remainder(2).to(dtype)], (t) => torch.uniqueConsecutive(t, all) as torch.Tensor[]);
    await agree(
      [x.remainder(3).to(dtype).reshape([1500, 4])],
      (t) => torch.unique(t, { ...all, dim: 0 }) as torch.Tensor[],
    );
  }
});

test("searchsorted in long sequences; histograms of few and of many bins", async () => {
  const x = scattered(9000, 700).float();
  await agree([x.sort()[0], x.add(0.5)], (sequence, t) => [
    torch.searchsorted(sequence, t),
    torch.searchsorted(sequence, t.sub(0.5), { right: true }),
  ]);
  await agree([x], (t) => [torch.histc(t, 37, 0, 700), torch.histc(t, 5000, 0, 700), torch.histc(t, 10, 100, 200)]);
});
