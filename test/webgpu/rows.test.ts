// Softmax, normalization, running sums and losses on the WebGPU device beyond what the vectors reach: rows around the sizes of
// a workgroup, few rows so long that they are cut, many short ones. float64 on the CPU gives the expected numbers.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { agree, start } from "./lib.ts";

const { functional: F } = torch.nn;
type Tensors = torch.Tensor[];
type Op = (...inputs: Tensors) => torch.Tensor | readonly torch.Tensor[];

/** Runs `f` in float32 on the device; the results must be those of float64, within a part of the largest element. */
async function near(inputs: Tensors, f: Op, tolerance = 2e-6): Promise<void> {
  await start();
  const wide = inputs.map((x) => (x.isFloatingPoint() ? x.double() : x));
  const expected = [f(...wide)].flat() as Tensors;
  const results = [f(...inputs.map((x) => x.to("webgpu")))].flat() as Tensors;
  const copies = await Promise.all(results.map((x) => x.cpu()));
  for (const [k, got] of copies.entries()) {
    const want = expected[k]!;
    assert.deepEqual(got.shape, want.shape);
    const finite = torch.nanToNum(want, 0, 0, 0);
    const atol = tolerance * Math.max(1, Number(finite.abs().max().item()));
    const error = got.double().sub(want).abs().nanToNum(0).max().item();
    assert.ok(torch.allclose(got.double(), want, 0, atol, true), `result ${k}: off by ${error}, more than ${atol}`);
  }
}

/** `f` with the gradients of its first inputs; its last input is the gradient of the result. */
function differentiated(count: number, f: (...inputs: Tensors) => torch.Tensor): Op {
  return (...inputs) => {
    const grad = inputs.pop()!;
    const leaves = inputs.map((x, k) => (k < count ? x.detach().requiresGrad_() : x));
    const result = f(...leaves);
    return [result.detach(), ...torch.autograd.grad([result], leaves.slice(0, count), { gradOutputs: [grad] })];
  };
}

test("softmax of rows of every length, over columns, too", async () => {
  torch.manualSeed(1);
  const shapes = [
    [1000, 10],
    [3, 257],
    [1, 5001],
    [2, 300, 20],
  ];
  for (const shape of shapes) {
    const x = torch.randn(shape).mul(5);
    for (const dim of [1]) {
      for (const op of [torch.softmax, torch.logSoftmax]) {
        await near(
          [x, torch.randn(shape)],
          differentiated(1, (t) => op(t, dim)),
          5e-6,
        );
      }
    }
  }
});

test("softmax of infinities and NaN", async () => {
  const x = torch.tensor([NaN, 1, 2, Infinity, 1, 2, -Infinity, 1, 2, -Infinity, -Infinity, -Infinity]).reshape([4, 3]);
  await near([x], (t) => [torch.softmax(t, 1), torch.logSoftmax(t, 1), torch.softmax(t, 0)]);
});

test("layer and group normalization, rows cut or not", async () => {
  torch.manualSeed(2);
  for (const shape of [
    [5, 1],
    [700, 20],
    [3, 1025],
    [1, 50000],
  ]) {
    const size = shape.slice(1);
    const inputs = [torch.randn(shape).mul(2).add(3), torch.randn(size), torch.randn(size), torch.randn(shape)];
    await near(
      inputs,
      differentiated(3, (x, w, b) => F.layerNorm(x, size, w, b)),
      5e-6,
    );
  }
  for (const shape of [
    [3, 4, 1],
    [2, 4, 9],
    [40, 8, 3],
    [1, 4, 20000],
  ]) {
    const channels = [shape[1]!];
    const inputs = [torch.randn(shape).sub(1), torch.randn(channels), torch.randn(channels), torch.randn(shape)];
    await near(
      inputs,
      differentiated(3, (x, w, b) => F.groupNorm(x, 2, w, b)),
      5e-6,
    );
  }
});

test("a mean far from zero does not blur the variance", async () => {
  torch.manualSeed(3);
  for (const n of [100, 17000]) {
    const x = torch.randint(-100, 100, [2, n]).float().add(4000);
    await near([x], (t) => F.layerNorm(t, [n]));
  }
});

test("batch normalization trains and evaluates, and moves its statistics", async () => {
  torch.manualSeed(4);
  for (const shape of [
    [300, 40],
    [3, 1, 6000],
  ]) {
    const channels = [shape[1]!];
    const inputs = [
      torch.randn(shape).mul(3).add(10),
      torch.randn(channels),
      torch.randn(channels),
      torch.randn(channels).add(10),
      torch.rand(channels).add(4),
      torch.randn(shape),
    ];
    for (const training of [true, false]) {
      await near(
        inputs,
        (...given) => {
          const [mean, variance] = [given[3]!.clone(), given[4]!.clone()];
          const run = differentiated(3, (x, w, b) => F.batchNorm(x, mean, variance, w, b, training, 0.3));
          return [...(run(given[0]!, given[1]!, given[2]!, given[5]!) as Tensors), mean, variance];
        },
        5e-6,
      );
    }
  }
});

test("running sums and products are exact in integers", async () => {
  torch.manualSeed(5);
  const x = torch.randint(-1000, 1000, [1, 9000]);
  await agree([x.mul(2 ** 30)], (t) => torch.cumsum(t, 1));
  await agree([x.reshape([3, 3000])], (t) => torch.cumprod(t, 1));
  const small = x.narrow(1, 0, 2100).reshape([300, 7]).to("int16");
  await agree([small], (t) => [torch.cumsum(t, 0, { dtype: "int16" }), ...torch.cummin(t, 0)]);
});

test("running sums of floats carry their rounding errors", async () => {
  torch.manualSeed(6);
  const x = torch.randn([1, 10000]);
  await near(
    [x, torch.randn([1, 10000])],
    differentiated(1, (t) => torch.cumsum(t, 1)),
    1e-7,
  );
  await near([x.narrow(1, 0, 1400).reshape([2, 700])], (t) => torch.logcumsumexp(t, 1), 1e-6);
});

test("running extrema: the last of equals, and NaN from where it is", async () => {
  torch.manualSeed(7);
  const x = torch.randint(0, 7, [3, 3000]).float();
  await agree([x], (t) => [...torch.cummax(t, 1)]);
  const ramp = torch.arange(3000).float().sub(1500).abs();
  const line = torch.cat([ramp, torch.tensor([NaN]), ramp, torch.tensor([NaN, 1])]);
  await agree([line], (t) => [...torch.cummin(t, 0)]);
});

test("many lines that are columns", async () => {
  torch.manualSeed(8);
  await near([torch.randn([33, 16400])], (t) => torch.cumsum(t, 0), 1e-6);
});

test("negative log likelihood of many targets", async () => {
  torch.manualSeed(9);
  for (const n of [300, 17000]) {
    const inputs = [torch.randn([n, 3]), torch.randint(0, 3, [n]), torch.rand([3])];
    for (const reduction of ["none", "mean", "sum"] as const) {
      await near(inputs, (x, y, weight) => {
        const leaf = x!.detach().requiresGrad_();
        const loss = F.nllLoss(leaf, y!, { weight: weight!, ignoreIndex: 1, reduction });
        const gradOutputs = [torch.onesLike(loss)];
        return [loss.detach(), ...torch.autograd.grad([loss], [leaf], { gradOutputs })];
      });
    }
  }
});

test("a target that is no class rejects the next read, and the device works on", async () => {
  await start();
  const x = torch.randn([3, 4]).to("webgpu");
  const loss = F.nllLoss(x, torch.tensor([1, 9, 2]).long().to("webgpu"));
  await assert.rejects(async () => loss.cpu(), { name: "IndexError", message: "Target 9 is out of bounds." });
  await x.cpu();
});

test("connectionist temporal classification over many steps, and of a target that does not fit", async () => {
  torch.manualSeed(10);
  const labels = torch.arange(50).mul(7).remainder(29).add(1).long();
  const targets = torch.stack([labels, torch.ones([50]).long()]);
  await near(
    [torch.randn([200, 2, 30]), targets],
    (x, y) => {
      const leaf = x!.detach().requiresGrad_();
      const logs = F.logSoftmax(leaf, 2);
      const loss = F.ctcLoss(logs, y!, [200, 5], [50, 4], { reduction: "sum", zeroInfinity: true });
      return [loss.detach(), ...torch.autograd.grad([loss], [leaf])];
    },
    5e-6,
  );
});

test("rows looked up twice are brought down to the greatest norm once", async () => {
  torch.manualSeed(11);
  const rows = torch.tensor([1, 5, 5, 7, 1, 19]).long();
  for (const normType of [2, Infinity]) {
    await near([torch.randn([20, 300]), rows], (table, index) => {
      const weight = table!.clone();
      return [F.embedding(index!, weight, { maxNorm: 1.5, normType }), weight];
    });
  }
});
