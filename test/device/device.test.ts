// The core's side of a second device, on an emulated one (emulator.ts).
import { expect, test } from "vitest";
import * as torch from "./library.ts";

const { emulator } = torch;
const gpu = { device: "webgpu" } as const;
const used = () => emulator.stats().usedBuffers;

test("every dtype of the device travels there and back", async () => {
  for (const dtype of ["uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "bool"] as const) {
    const x = torch
      .tensor([
        [1, 0, 100],
        [3, -7.25, 0.5],
      ])
      .to(dtype);
    const moved = x.to("webgpu");
    expect([moved.device, moved.dtype, moved.shape]).toEqual(["webgpu", dtype, [2, 3]]);
    expect(await moved.tolistAsync()).toEqual(x.tolist());
    const back = await moved.cpu();
    expect([back.device, back.dtype, back.equal(x)]).toEqual(["cpu", dtype, true]);
    expect(await moved.at(1, 1).itemAsync()).toBe(x.at(1, 1).item());
    expect(await moved.dataAsync()).toEqual(x.data());
  }
});

test("memory order is kept", async () => {
  const x = torch.arange(6).view(2, 3).t();
  const moved = x.to("webgpu");
  expect(moved.stride()).toEqual([1, 3]);
  expect((await moved.cpu()).stride()).toEqual([1, 3]);
  const expanded = torch.tensor([1, 2]).to("webgpu").expand(3, 2);
  expect(await expanded.tolistAsync()).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
});

test("dtypes that the device lacks are refused, and the message names the way out", () => {
  expect(() => torch.ones(2, { dtype: "float64" }).to("webgpu")).toThrow(
    'WebGPU has no float64: convert with x.to("float32") or x.float() first',
  );
  expect(() => torch.zeros(2, { dtype: "float64", ...gpu })).toThrow(torch.TypeError);
  expect(torch.ones(2, { dtype: "float64" }).to("webgpu", "float32").dtype).toBe("float32");
});

test("what can't be read now says how it can", () => {
  const x = torch.ones(2, gpu);
  expect(() => x.tolist()).toThrow("use await x.tolistAsync(), or await x.cpu() first");
  expect(() => x.sum().item()).toThrow("use await x.itemAsync()");
  expect(String(x)).toBe("tensor(<await x.cpu() reads the values>, device='webgpu:0', size=(2,))");
});

test("printing waits for the values", async () => {
  const x = torch.tensor([1, 2.5]).to("webgpu");
  expect(await x.toStringAsync()).toBe("tensor([1.0000, 2.5000], device='webgpu:0')");
});

test("tensors of different devices don't meet, but for 0-d ones of the CPU", async () => {
  const x = torch.ones([2], gpu);
  const message = "Expected all tensors to be on the same device, but found at least two devices, webgpu:0 and cpu!";
  expect(() => x.add(torch.ones(2))).toThrow(message);
  expect(() => torch.matmul(x, torch.ones(2))).toThrow("Expected all tensors to be on the same device");
  expect(() => torch.cat([x, torch.ones(2)])).toThrow(message);
  expect(await x.mul(torch.tensor(3)).tolistAsync()).toEqual([3, 3]);
  expect(await x.at(torch.tensor([1n])).tolistAsync()).toEqual([1]);
});

test("factories and random ones make tensors on the device, with the CPU's numbers", async () => {
  torch.manualSeed(1);
  const a = torch.randn([3], gpu);
  torch.manualSeed(1);
  expect(await a.tolistAsync()).toEqual(torch.randn(3).tolist());
  const p = torch.tensor([0.2, 0.5, 0.9, 0.4, 0.6]);
  torch.manualSeed(2);
  const drawn = torch.bernoulli(p).tolist();
  torch.manualSeed(2);
  expect(await torch.bernoulli(p.to("webgpu")).tolistAsync()).toEqual(drawn);
  expect(await torch.arange(3, gpu).tolistAsync()).toEqual([0, 1, 2]);
  expect(await torch.full([2], 7, gpu).tolistAsync()).toEqual([7, 7]);
  expect(await torch.tensor([true], gpu).tolistAsync()).toEqual([true]);
});

test("sizes that depend on values: an error, the promise, or a function that is run again", async () => {
  const x = torch.tensor([0, 2, 0, 3]).to("webgpu");
  expect(() => torch.nonzero(x)).toThrow("which can only be read asynchronously");
  expect(await torch.webgpu.resolve(() => torch.nonzero(x).shape)).toEqual([2, 1]);
  let runs = 0;
  const sum = await torch.webgpu.resolve(() => {
    runs++;
    const chosen = x.maskedSelect(x.gt(0));
    return chosen.sum().item() === 5 ? chosen.mul(torch.rand([2], gpu)) : chosen;
  });
  expect([runs, sum.shape]).toEqual([3, [2]]);
});

test("resolve releases what its runs made, save the result", async () => {
  const x = torch.tensor([0, 2, 0, 3]).to("webgpu");
  const before = used();
  const rows = await torch.webgpu.resolve(() => {
    const chosen = torch.nonzero(x.add(1)).add(x.sum().item() as number);
    return [chosen.mul(2)];
  });
  expect(used()).toBe(before + 1);
  expect(await rows[0]!.tolistAsync()).toEqual([[10], [12], [14], [16]]);
});

test("resolve draws the same numbers in every run", async () => {
  torch.manualSeed(3);
  const want = torch.rand(2).tolist();
  torch.manualSeed(3);
  const got = await torch.webgpu.resolve(() => {
    const drawn = torch.rand(2);
    drawn.to("webgpu").sum().item();
    return drawn.tolist();
  });
  expect(got).toEqual(want);
});

test("a read holds its tensor until it is answered, whatever becomes of the scope", async () => {
  const value = torch.scope(() => {
    const x = torch.full([1], 4, gpu);
    return { promise: x.itemAsync() };
  });
  expect(await value.promise).toBe(4);
});

test("gradients flow through transfers, back to the device that they came from", async () => {
  const x = torch.tensor([1, 2, 3]).requiresGrad_();
  const y = x.to("webgpu").mul(2).sum();
  expect(y.gradFn!.toString()).toContain("SumBackward");
  expect(() => y.backward()).toThrow("asynchronously");
  await torch.webgpu.resolve(() => x.to("webgpu").mul(2).sum().backward());
  expect([x.grad!.device, x.grad!.tolist()]).toEqual(["cpu", [2, 2, 2]]);
  const w = torch.ones([3], { ...gpu, requiresGrad: true });
  w.mul(x.detach().to("webgpu")).sum().backward();
  expect(w.grad!.device).toBe("webgpu");
  expect(await w.grad!.tolistAsync()).toEqual([1, 2, 3]);
});

test("a module moves in place with its gradients, and back", async () => {
  const model = new torch.nn.Linear(2, 1);
  const { weight } = model;
  model(torch.ones(1, 2)).sum().backward();
  const before = weight.tolist();
  model.to("webgpu");
  expect([model.weight === weight, weight.device, weight.grad!.device, weight.isLeaf]).toEqual([
    true,
    "webgpu",
    "webgpu",
    true,
  ]);
  model(torch.ones([1, 2], gpu))
    .sum()
    .backward();
  await model.to("cpu");
  expect([weight.device, weight.tolist(), weight.grad!.tolist()]).toEqual(["cpu", before, [[2, 2]]]);
});

test("copy_ crosses devices", async () => {
  const x = torch.zeros([2, 2], gpu);
  x.copy_(
    torch.tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: "float64" },
    ),
  );
  x.at(0).copy_(torch.tensor([9, 8]));
  expect(await x.tolistAsync()).toEqual([
    [9, 8],
    [3, 4],
  ]);
  const y = torch.zeros(2, 2);
  await torch.webgpu.resolve(() => y.copy_(x));
  expect(y.tolist()).toEqual([
    [9, 8],
    [3, 4],
  ]);
});

test("several tensors are read together, and memory is given back", async () => {
  const before = used();
  const stats = torch.memoryStats().webgpu;
  await torch.scope(async () => {
    const [a, b] = await torch.webgpu.readMany([torch.ones([2], gpu), torch.zeros([1], gpu)]);
    expect([a!.tolist(), b!.tolist()]).toEqual([[1, 1], [0]]);
    expect(torch.memoryStats().webgpu.storages).toBe(stats.storages + 2);
  });
  expect([used(), torch.memoryStats().webgpu.storages]).toEqual([before, stats.storages]);
});

test("an op that fails leaves nothing on the device", () => {
  const before = used();
  torch.scope(() => {
    const x = torch.ones([2], gpu);
    expect(() => x.add(torch.ones([3], gpu))).toThrow("must match the size");
    expect(() => torch.nonzero(x)).toThrow("asynchronously");
  });
  expect(used()).toBe(before);
});

test("ops that read values have a second form, and their errors name it", async () => {
  const x = torch.tensor([3, 1, 3, 2]).to("webgpu");
  const whole = x.to("int64");
  expect(await (await torch.nonzeroAsync(x.gt(1))).tolistAsync()).toEqual([[0], [2], [3]]);
  expect(await (await x.maskedSelectAsync(x.gt(2))).tolistAsync()).toEqual([3, 3]);
  const [values, counts] = await torch.uniqueAsync(x, { returnCounts: true });
  expect([await values!.tolistAsync(), await counts!.tolistAsync()]).toEqual([
    [1, 2, 3],
    [1, 1, 2],
  ]);
  expect(await (await torch.bincountAsync(whole)).tolistAsync()).toEqual([0, 1, 1, 2]);
  expect((await torch.nn.functional.oneHotAsync(whole)).shape).toEqual([4, 4]);
  expect(await (await torch.histcAsync(x, { bins: 2 })).tolistAsync()).toEqual([1, 3]);
  expect(await (await x.repeatInterleaveAsync(whole)).tolistAsync()).toEqual([3, 3, 3, 1, 3, 3, 3, 2, 2]);
  expect([await x.equalAsync(x), await torch.allcloseAsync(x, x.add(1))]).toEqual([true, false]);
  expect(await (await x.atAsync(x.gt(2))).tolistAsync()).toEqual([3, 3]);
  expect(await (await torch.multinomialAsync(x, 4)).tolistAsync()).toHaveLength(4);
  expect(() => torch.bincount(whole)).toThrow(
    "torch.bincount(): the result depends on values on WebGPU, which can only be read asynchronously; " +
      "use await torch.bincountAsync(…), or await torch.webgpu.resolve(() => …)",
  );
  expect(() => x.maskedSelect(x.gt(2))).toThrow("use await x.maskedSelectAsync(…)");
  expect(() => torch.nn.functional.oneHot(whole)).toThrow("use await torch.nn.functional.oneHotAsync(…)");
});

test("a masked write of a number waits for nothing", async () => {
  const x = torch
    .tensor([
      [3, 1],
      [3, 2],
    ])
    .to("webgpu");
  x.put(x.gt(2), 0);
  x.put(torch.tensor([false, true]).to("webgpu"), 7);
  expect(await x.tolistAsync()).toEqual([
    [0, 1],
    [7, 7],
  ]);
  await x.putAsync(x.gt(6), torch.tensor([5, 6]).to("webgpu"));
  expect(await x.at(1).tolistAsync()).toEqual([5, 6]);
});

test("optimizers make one run a parameter, with the CPU's numbers", async () => {
  const make = {
    nesterov: (p: torch.Tensor[]) =>
      new torch.optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
    amsgrad: (p: torch.Tensor[]) => new torch.optim.AdamW(p, { amsgrad: true }),
  };
  for (const optimizer of Object.values(make)) {
    const host = [torch.randn(3, 4), torch.randn(5), torch.randn(4, 2).t()];
    const device = host.map((x) => x.to("webgpu"));
    for (const x of [...host, ...device]) x.requiresGrad_();
    const [a, b] = [optimizer(host), optimizer(device)];
    for (let i = 0; i < 3; i++) {
      host.forEach((x, k) => {
        x.grad = torch.randn(x.shape);
        device[k]!.grad = x.grad.to("webgpu");
      });
      a.step();
      const before = emulator.runs.length;
      b.step();
      if (i > 0) expect(emulator.runs.length - before).toBe(3);
    }
    for (const [k, x] of host.entries()) expect((await device[k]!.cpu()).equal(x)).toBe(true);
  }
});

test("files: tensors are saved from the device, and loaded to it", async () => {
  const x = torch.arange(6).to("float32").view(2, 3).to("webgpu");
  const bytes = await torch.save({ x, t: x.t(), h: x.to("float16"), p: new torch.nn.Parameter(x) });
  for (const mapLocation of ["cpu", "webgpu"] as const) {
    const { x: y, t, h, p } = await torch.load(bytes, { mapLocation });
    expect([y.device, t.device, h.dtype, p.requiresGrad, t.stride()]).toEqual([
      mapLocation,
      mapLocation,
      "float16",
      true,
      [1, 3],
    ]);
    expect(new Set([y, t, p].map((tensor) => tensor.untypedStorage().address)).size).toBe(1);
    for (const tensor of [y, h, p])
      expect(await tensor.tolistAsync()).toEqual([
        [0, 1, 2],
        [3, 4, 5],
      ]);
    expect(await t.tolistAsync()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  }
  expect((await torch.io.loadNpy(await torch.io.saveNpy(x))).tolist()).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ]);
});
