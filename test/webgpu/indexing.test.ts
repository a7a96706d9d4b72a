// Indexing on the WebGPU device beyond what the vectors reach: many writes to one element, packed results over many
// workgroups, indices out of range. The CPU's answers are the expected ones.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { agree, same, start } from "./lib.ts";

const DTYPES = ["float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8"] as const;
const long = (values: unknown): torch.Tensor => torch.tensor(values as number[], { dtype: "int64" });

/** Integers from 0 to `below` in an order without pattern. */
const scattered = (n: number, below: number): torch.Tensor =>
  torch.arange(n).mul(7919).add(torch.arange(n).square()).remainder(10007).remainder(below);

test("many values meet in few elements", async () => {
  const index = scattered(4000, 20);
  for (const dtype of DTYPES) {
    // small sums, which every dtype holds
    const source = scattered(4000, 11).sub(5).to(dtype);
    await agree([torch.ones([20]).to(dtype), index, source], (x, i, s) => x.scatterAdd(0, i, s));
  }
});

test("int64 sums carry into the high word", async () => {
  const source = torch.tensor([2n ** 32n - 1n, -1n, 2n ** 62n, -(2n ** 40n)]).repeat([100]);
  await agree([torch.zeros([3], { dtype: "int64" }), scattered(400, 3), source], (x, i, s) => x.scatterAdd(0, i, s));
});

test("products, least and greatest values in every dtype", async () => {
  const index = scattered(60, 13);
  for (const dtype of DTYPES) {
    const source = scattered(60, 3).add(1).to(dtype);
    const x = torch.full([15], 3).to(dtype);
    for (const reduce of ["prod", "amin", "amax"] as const) {
      for (const includeSelf of [true, false]) {
        await agree([x, index, source], (x, i, s) => x.scatterReduce(0, i, s, reduce, { includeSelf }));
      }
    }
  }
});

test("float16 neighbours in one word do not disturb each other", async () => {
  const index = torch.arange(3000).remainder(7);
  await agree([torch.zeros([9]).half().narrow(0, 1, 8), index, torch.ones([3000]).half()], (x, i, s) =>
    x.scatterAdd(0, i.add(1).remainder(8), s),
  );
});

test("masks and nonzero over many workgroups", async () => {
  const x = scattered(3 * 5000, 100).reshape([3, 5000]);
  const values = scattered(3 * 5000, 9000);
  for (const dtype of ["float32", "int64", "uint8"] as const) {
    await agree([x.remainder(3).to(dtype)], (t) => [t.nonzero(), t.t().nonzero()]);
  }
  await agree([x, x.gt(60)], (t, m) => [t.maskedSelect(m), t.t().maskedSelect(m.t())]);
  await agree([x, x.gt(60), values], (t, m, v) => t.maskedScatter(m, v));
  await agree([x.gt(1000)], (m) => m.nonzero());
});

test("reads and writes by several index tensors", async () => {
  const x = torch.arange(210).reshape([5, 6, 7]).float();
  const i = long([[0, -1, 2]]);
  const j = long([[1], [-6]]);
  const k = long([3]);
  await agree([x, i, j, k], (x, i, j, k) => [x.at(i, j), x.at(i, ":", j), x.at(":", j, k), x.at(i, j, k)]);
  await agree([x, i, j, torch.ones([2, 3, 7])], (x, i, j, v) => x.indexPut([i, j], v, true));
});

test("an index out of range is told at the next read, and the device goes on", async () => {
  await start();
  const x = torch.arange(12).reshape([3, 4]).float();
  const calls: ((on: (t: torch.Tensor) => torch.Tensor) => torch.Tensor)[] = [
    (on) => on(x).gather(1, on(long([[4]]))),
    (on) => on(x).scatter(1, on(long([[-1]])), 3),
    (on) => on(x).at(0, on(long([9]))),
    (on) => on(x).at(on(long([0])), on(long([-5]))),
    (on) => on(x).take(on(long([12]))),
    (on) => on(x).indexSelect(0, on(long([3]))),
    (on) => on(x).indexCopy(0, on(long([3])), on(torch.ones([1, 4]))),
    (on) => torch.nn.functional.embedding(on(long([-1])), on(x)),
  ];
  for (const call of calls) {
    let want: Error | undefined;
    try {
      call((t) => t);
    } catch (error) {
      want = error as Error;
    }
    await assert.rejects(async () => call((t) => t.to("webgpu")).cpu(), { name: want!.name, message: want!.message });
    await same(await x.to("webgpu").add(0).cpu(), x);
  }
});

test("one value written by a mask is no wait", async () => {
  await start();
  const x = torch.arange(24).reshape([2, 3, 4]).float();
  const mask = x.remainder(5).gt(2);
  const rows = torch.tensor([true, false, true]);
  const on = (t: torch.Tensor): torch.Tensor => t.to("webgpu");
  const value = torch.tensor(-1);
  await same(on(x).indexPut([on(mask)], on(value)), x.indexPut([mask], value));
  await same(on(x).indexPut([on(mask)], on(value), true), x.indexPut([mask], value, true));
  await same(on(x.at(0)).indexPut([on(rows)], value), x.at(0).indexPut([rows], value));
  const there = on(x).clone();
  there.put(on(mask), 7);
  const here = x.clone();
  here.put(mask, 7);
  await same(there, here);
});
