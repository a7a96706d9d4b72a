// Tensors on the WebGPU device, in whichever host runs this file.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { host, list, same, start, WEBGPU } from "./lib.ts";

const wants = (name: string, message: RegExp) => (error: Error) => {
  assert.equal(error.name, name, `${error.name}: ${error.message}`);
  assert.match(error.message, message);
  return true;
};

test("int64 arithmetic is exact", async () => {
  await start();
  const a = torch.tensor([2n ** 40n + 1n, -(2n ** 33n), 7n]);
  const b = torch.tensor([3n, 2n ** 20n, -9n]);
  const [x, y] = [a.to("webgpu"), b.to("webgpu")];
  for (const op of ["add", "sub", "mul"] as const) await same(x[op](y), a[op](b));
  await same(x.sum(), a.sum());
  await same(x.lt(y), a.lt(b));
});

test("strided views keep their values", async () => {
  await start();
  const x = torch.arange(24, { dtype: "float32" }).view([2, 3, 4]);
  const y = x.to("webgpu");
  await same(y.transpose(0, 2), x.transpose(0, 2));
  await same(y.narrow(2, 1, 2).select(1, 2), x.narrow(2, 1, 2).select(1, 2));
  await same(y.select(0, 1).unsqueeze(0).expand([3, 3, 4]).contiguous(), x.select(0, 1).unsqueeze(0).expand([3, 3, 4]));
  await same(torch.asStrided(y, [3, 3], [1, 2], 4).mul(2), torch.asStrided(x, [3, 3], [1, 2], 4).mul(2));
});

test("a view shares its base's memory, in-place ops write through it", async () => {
  await start();
  const x = torch.zeros([2, 3], WEBGPU);
  const column = x.t().select(0, 1);
  column.fill_(5);
  x.select(0, 0).add_(1);
  assert.deepEqual(await list(x), [
    [1, 6, 1],
    [0, 5, 0],
  ]);
  x.add_(x);
  x.mul_(x.sum());
  assert.deepEqual(await list(x.select(0, 0)), [52, 312, 52]);
  x.view([6])
    .narrow(0, 4, 2)
    .copy_(torch.tensor([8, 9]).to("webgpu"));
  assert.deepEqual(await list(x.select(0, 1)), [0, 8, 9]);
});

test("backward through a saved tensor that was changed in place is refused", async () => {
  await start();
  const x = torch.ones([3], { ...WEBGPU, requiresGrad: true });
  const y = x.mul(2);
  const z = y.mul(y).sum();
  y.add_(1);
  assert.throws(() => z.backward(), wants("RuntimeError", /modified by an inplace operation/));
});

test("the same program has the same gradients on both devices", async () => {
  await start();
  const run = (device: torch.Device) => {
    torch.manualSeed(3);
    const x = torch.randn([4, 6]).to(device).requiresGrad_();
    const w = torch.randn([6, 5]).to(device).requiresGrad_();
    const loss = torch
      .softmax(torch.tanh(x.matmul(w)).exp(), 1)
      .pow(2)
      .mean();
    loss.backward();
    return [loss.detach(), x.grad!, w.grad!];
  };
  const [here, there] = [run("cpu"), run("webgpu")];
  for (let i = 0; i < here.length; i++) {
    assert.equal(there[i]!.device, "webgpu");
    await same(there[i]!, here[i]!, 1e-6);
  }
});

test("tensors of two devices in one call are an error", async () => {
  await start();
  const [here, there] = [torch.ones([2]), torch.ones([2], WEBGPU)];
  const mixed = wants("RuntimeError", /Expected all tensors to be on the same device.*(webgpu.*cpu|cpu.*webgpu)/);
  assert.throws(() => here.add(there), mixed);
  assert.throws(() => there.add(here), mixed);
  assert.throws(() => torch.cat([here, there]), mixed);
  assert.throws(() => torch.matmul(there.unsqueeze(0), here), mixed);
  // a 0-d CPU tensor is a number, as in PyTorch
  assert.deepEqual(await list(there.mul(torch.tensor(3))), [3, 3]);
});

test("float64 and complex numbers are refused, and the error says how to convert", async () => {
  await start();
  const refused = (error: Error) => {
    assert.ok(error instanceof torch.TorchError, `${error.name}: ${error.message}`);
    assert.match(error.message, /WebGPU has no float64.*(float32|float\(\))/);
    return true;
  };
  assert.throws(() => torch.zeros([2], { dtype: "float64", ...WEBGPU }), refused);
  assert.throws(() => torch.zeros([2], { dtype: "float64" }).to("webgpu"), refused);
  assert.throws(() => torch.ones([2], WEBGPU).double(), refused);
  assert.throws(() => torch.zeros([2], { dtype: "complex64" }).to("webgpu"), /WebGPU has no complex/);
  await same(torch.ones([2], { dtype: "float64" }).float().to("webgpu"), torch.ones([2]));
});

test("values are read asynchronously, and the synchronous readers say so", async () => {
  await start();
  const x = torch.tensor([1, 2, 3]).to("webgpu");
  assert.equal(await x.sum().itemAsync(), 6);
  assert.deepEqual([...(await x.dataAsync())].map(Number), [1, 2, 3]);
  assert.throws(() => x.sum().item(), wants("RuntimeError", /itemAsync/));
  assert.throws(() => x.tolist(), wants("RuntimeError", /tolistAsync/));
  assert.match(String(x), /device='webgpu:0'/);
  const [a, b] = await torch.webgpu.readMany([x, x.mul(2)]);
  assert.deepEqual([a!.tolist(), b!.tolist()], [[1, 2, 3], [2, 4, 6]]); // prettier-ignore
});

test("a read sees the values of its place in the order of commands", async () => {
  await start();
  const x = torch.zeros([3], WEBGPU);
  const before = host(x);
  x.add_(1);
  const between = host(x);
  x.add_(1);
  assert.deepEqual((await before).tolist(), [0, 0, 0]);
  assert.deepEqual((await between).tolist(), [1, 1, 1]);
  assert.deepEqual(await list(x), [2, 2, 2]);
});

test("sizes that depend on values: the async form, resolve, and the error of the plain one", async () => {
  await start();
  const x = torch.tensor([0, 5, 0, 7]).to("webgpu");
  assert.throws(() => torch.nonzero(x), wants("RuntimeError", /nonzeroAsync|webgpu\.resolve/));
  assert.deepEqual(await list(await torch.nonzeroAsync(x)), [[1], [3]]);
  const selected = await torch.webgpu.resolve(() => torch.maskedSelect(x, x.gt(0)).mul(2));
  assert.deepEqual(await list(selected), [10, 14]);
  const branch = await torch.webgpu.resolve(() => (Number(x.max().item()) > 6 ? "large" : "small"));
  assert.equal(branch, "large");
});

test("an index out of range is told by the next read, after which the device goes on", async () => {
  await start();
  const x = torch.zeros([3], WEBGPU);
  const index = torch.tensor([1n, 5n]).to("webgpu");
  const y = x.indexSelect(0, index);
  await assert.rejects(host(y), wants("IndexError", /index 5 is out of (bounds|range)|index out of range/));
  assert.deepEqual(await list(x.add(1)), [1, 1, 1]);
  const logits = torch.zeros([2, 3], WEBGPU);
  const loss = torch.nn.functional.crossEntropy(logits, torch.tensor([0n, 3n]).to("webgpu"));
  await assert.rejects(loss.itemAsync(), wants("IndexError", /Target 3 is out of bounds/));
});

test("a seed gives the same random values on both devices, and leaves the stream at the same place", async () => {
  await start();
  const draw = (device: torch.Device) => {
    torch.manualSeed(7);
    return [
      torch.rand([5], { device }),
      torch.randn([40], { device }),
      torch.randint(0, 1000, [9], { device }),
      torch.randperm(11, { device }),
      torch.empty([6], { device }).uniform_(-1, 1),
      torch.empty([20], { device }).normal_(2, 3),
      torch.bernoulli(torch.full([8], 0.5).to(device)),
      torch.nn.functional.dropout(torch.ones([12]).to(device), 0.5),
      torch.rand([2]),
    ];
  };
  const [here, there] = [draw("cpu"), draw("webgpu")];
  for (let i = 0; i < here.length; i++) await same(there[i]!, here[i]!);
});

test("modules move, with parameters that stay leaves and keep their gradients", async () => {
  await start();
  torch.manualSeed(0);
  const model = new torch.nn.Sequential(new torch.nn.Linear(3, 4), new torch.nn.BatchNorm1d(4));
  const weights = model.stateDict();
  const x = torch.randn([5, 3]);
  const want = model(x);
  model.to("webgpu");
  for (const parameter of model.parameters()) {
    assert.equal(parameter.device, "webgpu");
    assert.ok(parameter.isLeaf && parameter.requiresGrad);
  }
  model.loadStateDict(weights);
  const got = model(x.to("webgpu"));
  await same(got.detach(), want.detach(), 1e-6);
  got.sum().backward();
  assert.equal(model.parameters().next().value!.grad!.device, "webgpu");
});
