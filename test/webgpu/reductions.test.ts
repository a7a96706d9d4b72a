// Reductions on the WebGPU device against the CPU: rows and columns, few outputs and many, all dtypes.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { same, start } from "./lib.ts";

type Op = (x: torch.Tensor) => torch.Tensor;

/** Compares a reduction on the device with that on the CPU, of float64 where a tolerance is given. */
async function agrees(x: torch.Tensor, op: Op, tolerance = 0): Promise<void> {
  const want = op(tolerance > 0 ? x.double() : x);
  await same(await op(x.to("webgpu")).cpu(), want.dtype === "float64" ? want.float() : want, tolerance);
}

// short rows, long ones, columns, and outputs so few that their elements are shared out twice
const shapes = [[700, 5], [3, 5000], [3000, 40], [100003]];

test("sums of floats are right to the last places, whatever the shape", async () => {
  await start();
  torch.manualSeed(1);
  for (const shape of shapes) {
    const x = torch.randn(shape);
    for (const dim of shape.keys()) await agrees(x, (t) => torch.sum(t, dim), 2e-7);
    await agrees(x, (t) => torch.logsumexp(t, 0), 1e-6);
  }
});

test("norms, moments and extrema", async () => {
  await start();
  const x = torch.randn([300, 200]);
  const ops: Op[] = [(t) => torch.amax(t, 0), (t) => torch.argmin(t, 1)];
  for (const op of ops) await agrees(x, op);
  await agrees(x, (t) => torch.prod(t.narrow(1, 0, 20), 1), 1e-6);
  for (const ord of [0, 1, 2, 3, Infinity]) await agrees(x, (t) => torch.linalg.vectorNorm(t, ord, 1), 1e-6);
  await agrees(x.add(1000), (t) => torch.std(t), 1e-6);
  await agrees(x, (t) => torch.varMean(t, 0)[1]!, 1e-6);
});

test("reductions of several dims, and of views", async () => {
  await start();
  const x = torch.randn([20, 30, 40]);
  for (const dims of [
    [0, 2],
    [0, 1],
    [1, 2],
    [0, 1, 2],
  ]) {
    await agrees(x, (t) => torch.mean(t, dims), 2e-7);
    await agrees(x.transpose(0, 2), (t) => torch.amin(t.narrow(0, 1, 17), dims));
    await agrees(x.to("bool"), (t) => torch.countNonzero(t, dims));
  }
});

test("integers are summed and multiplied exactly, in 64 bits", async () => {
  await start();
  const long = torch.randint(-(2 ** 40), 2 ** 40, [300, 50]);
  for (const dim of [0, 1]) {
    await agrees(long, (t) => torch.sum(t, dim));
    await agrees(long, (t) => torch.prod(t, dim));
    await agrees(long, (t) => torch.argmax(t, dim));
    for (const dtype of ["int32", "int16", "int8", "uint8", "bool"] as const) {
      await agrees(torch.randint(0, 100, [300, 50]).to(dtype), (t) => torch.sum(t, dim));
      await agrees(torch.randint(0, 100, [300, 50]).to(dtype), (t) => torch.amax(t, dim));
    }
  }
});

test("of equal extrema the first counts, and NaN before all", async () => {
  await start();
  const x = torch.zeros([4, 3000]);
  x.at(1, "5:9").fill_(2);
  x.at(2, 1234).fill_(NaN);
  x.at(2, 2000).fill_(NaN);
  await agrees(x, (t) => torch.argmax(t, 1));
  await agrees(x, (t) => torch.argmin(t, 1));
  await agrees(x, (t) => torch.max(t, 1).values);
  await agrees(x.t().contiguous(), (t) => torch.argmax(t, 0));
});

test("infinities and NaN spread as on the CPU", async () => {
  await start();
  for (const edge of [NaN, Infinity, -Infinity]) {
    const x = torch.randn([3, 400]);
    x.at(1, 77).fill_(edge);
    const ops: Op[] = [
      (t) => torch.sum(t, 1),
      (t) => torch.mean(t, 1),
      (t) => torch.amax(t, 1),
      (t) => torch.amin(t, 1),
    ];
    ops.push(
      (t) => torch.logsumexp(t, 1),
      (t) => torch.nansum(t, 1),
      (t) => torch.any(t, 1),
    );
    for (const op of ops) await agrees(x, op, 1e-6);
  }
  assert.ok(Number.isNaN(await torch.ones([1]).to("webgpu").std(0).itemAsync()));
});

test("nothing reduces to the neutral element", async () => {
  await start();
  const none = torch.zeros([0, 3]);
  const ops: Op[] = [(t) => torch.sum(t, 0), (t) => torch.prod(t, 0), (t) => torch.mean(t, 0), (t) => torch.all(t, 0)];
  ops.push(
    (t) => torch.any(t, 0),
    (t) => torch.logsumexp(t, 0),
    (t) => torch.sum(t, 1),
  );
  for (const op of ops) await agrees(none, op);
});
