import { expect, test } from "vitest";
import * as torch from "flambeau";

const { nn, amp } = torch;
const F = nn.functional;
const x = torch.randn([4, 8]);
const cpu = <T>(fn: () => T): T => torch.autocast("cpu", fn);
const low = x.to("bfloat16") as torch.Tensor;

test("autocast gives each op the type of PyTorch's lists", () => {
  const linear = new nn.Linear(8, 8);
  const picture = torch.randn([1, 1, 5, 5]);
  cpu(() => {
    const y = linear(x);
    const dtypes: [torch.Tensor, string][] = [
      [y, "bfloat16"],
      [x.matmul(x.t()), "bfloat16"],
      [torch.einsum("ij,kj->ik", x, x), "bfloat16"],
      [new nn.Conv2d(1, 2, 3)(picture), "bfloat16"],
      [new nn.ConvTranspose2d(1, 2, 3)(picture), "bfloat16"],
      [x.mv(x.at(0) as torch.Tensor), "float32"],
      [F.softmax(y, -1), "bfloat16"],
      [y.add(x), "float32"],
      [torch.cat([y, x]), "float32"],
      [torch.stack([y, y]), "bfloat16"],
      [F.crossEntropy(y, torch.zeros([4], { dtype: "int64" })), "float32"],
      [F.mseLoss(y, y), "float32"],
      [F.binaryCrossEntropyWithLogits(y, y.sigmoid()), "float32"],
      [F.binaryCrossEntropy(y.sigmoid(), y.sigmoid()), "float32"],
      [y.prod(), "float32"],
      [y.sum(), "bfloat16"],
      [y.exp(), "bfloat16"],
      [new nn.BatchNorm1d(8)(y), "bfloat16"],
      [new nn.LayerNorm(8)(y), "bfloat16"],
      [new nn.GroupNorm(2, 8)(y), "bfloat16"],
      [F.linear(x.double(), linear.weight.double()), "float64"],
      [y.clone().add_(x), "bfloat16"],
      [y.prod({ dtype: "bfloat16" } as never), "bfloat16"],
    ];
    dtypes.forEach(([tensor, dtype], i) => expect(tensor.dtype, `case ${i}`).toBe(dtype));
  });
  expect(linear(x).dtype).toBe("float32");
  expect(torch.autocast("cpu", { dtype: "float16" }, () => linear(x)).dtype).toBe("float16");
});

test("attention and recurrent networks run within autocast", () => {
  cpu(() => {
    const sequence = torch.randn([3, 2, 8]);
    expect(new nn.MultiheadAttention(8, 2)(sequence, sequence, sequence)[0]!.dtype).toBe("bfloat16");
    expect(new nn.LSTM(8, 4)(sequence)[0].isfinite().all().item()).toBe(true);
    expect(new nn.TransformerEncoderLayer(8, 2, 16)(sequence).shape).toEqual([3, 2, 8]);
  });
});

test("gradients come in the parameters' types, and a parameter is cast once", () => {
  const layer = new nn.Linear(8, 8);
  const loss = cpu(() => layer(layer(x)).float().square().mean());
  loss.backward();
  expect(layer.weight.grad!.dtype).toBe("float32");
  const exact = new nn.Linear(8, 8);
  exact.loadStateDict(layer.stateDict());
  exact(exact(x)).square().mean().backward();
  const error = layer.weight.grad!.sub(exact.weight.grad!).abs().max().item() as number;
  expect(error).toBeLessThan(0.02);
  expect(error).toBeGreaterThan(0);
  // what autocast keeps of the parameters is given back at its end
  const forward = (): void => void torch.scope(() => cpu(() => layer(layer(x)).sum().item()));
  forward();
  const before = torch.memoryStats().tensors;
  for (let i = 0; i < 10; i++) forward();
  expect(torch.memoryStats().tensors).toBe(before);
});

test("autocast nests, can be switched off inside, and ends with an error", () => {
  const read = (): unknown[] => [torch.isAutocastEnabled("cpu"), torch.getAutocastDtype("cpu")];
  expect(read()).toEqual([false, "bfloat16"]);
  cpu(() => {
    expect(read()).toEqual([true, "bfloat16"]);
    expect(torch.isAutocastEnabled("webgpu")).toBe(false);
    torch.autocast({ deviceType: "cpu", enabled: false }, () => expect(x.matmul(x.t()).dtype).toBe("float32"));
    torch.autocast("cpu", { dtype: "float16" }, () => expect(read()).toEqual([true, "float16"]));
    expect(x.matmul(x.t()).dtype).toBe("bfloat16");
    torch.autocast("webgpu", () => expect(x.matmul(x.t()).dtype).toBe("bfloat16"));
  });
  expect(() =>
    cpu(() => {
      throw new Error("inside");
    }),
  ).toThrow("inside");
  expect(read()).toEqual([false, "bfloat16"]);
  const guard = torch.autocast("cpu");
  expect(low.matmul(x.t()).dtype).toBe("bfloat16");
  guard.dispose();
  expect(read()).toEqual([false, "bfloat16"]);
  expect(() => torch.autocast("meta", () => 0)).toThrow("User specified autocast device_type must be");
  expect(() => torch.autocast("cpu", { dtype: "float64" }, () => 0)).toThrow("the target dtype is not supported");
});

test("asynchronous functions have an autocast of their own", async () => {
  const pause = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 2));
  const dtype = (): string => x.matmul(x.t()).dtype;
  const within = torch.autocast("cpu", async () => {
    const seen = [dtype()];
    await pause();
    seen.push(dtype());
    await torch.autocast("cpu", { enabled: false }, async () => {
      await pause();
      seen.push(dtype());
    });
    seen.push(dtype());
    return seen;
  });
  const beside = (async () => {
    const seen = [dtype()];
    for (let i = 0; i < 4; i++) {
      await pause();
      seen.push(dtype());
    }
    return seen;
  })();
  expect(await within).toEqual(["bfloat16", "bfloat16", "float32", "bfloat16"]);
  expect(new Set(await beside)).toEqual(new Set(["float32"]));
  expect(torch.isAutocastEnabled("cpu")).toBe(false);
});

test("GradScaler scales, skips steps with infinities, and adapts", async () => {
  const parameter = new nn.Parameter(torch.tensor([1, 2]));
  const optimizer = new torch.optim.SGD([parameter], { lr: 0.5 });
  const scaler = new amp.GradScaler({ initScale: 8, growthInterval: 2 });
  const backward = (factor: number): void => {
    optimizer.zeroGrad();
    scaler.scale(parameter.mul(factor).sum()).backward();
  };
  backward(1);
  expect(parameter.grad!.tolist()).toEqual([8, 8]);
  scaler.unscale_(optimizer);
  expect(parameter.grad!.tolist()).toEqual([1, 1]);
  expect(() => scaler.unscale_(optimizer)).toThrow("unscale_() has already been called on this optimizer");
  expect(scaler.step(optimizer)).toBe(true);
  expect(() => scaler.step(optimizer)).toThrow("step() has already been called since the last update().");
  expect(() => scaler.unscale_(optimizer)).toThrow("unscale_() is being called after step().");
  expect(parameter.tolist()).toEqual([0.5, 1.5]);
  scaler.update();
  backward(1);
  expect(await scaler.stepAsync(optimizer)).toBe(true);
  scaler.update();
  expect(scaler.getScale()).toBe(16);
  backward(Infinity);
  expect(scaler.step(optimizer)).toBe(false);
  expect(parameter.tolist()).toEqual([0, 1]);
  scaler.update();
  expect(scaler.stateDict()).toEqual({
    scale: 8,
    growth_factor: 2,
    backoff_factor: 0.5,
    growth_interval: 2,
    _growth_tracker: 0,
  });
  expect(() => scaler.update()).toThrow("No inf checks were recorded prior to update.");
  const other = new amp.GradScaler();
  other.loadStateDict(scaler.stateDict());
  expect(other.getScale()).toBe(8);
  expect(() => other.loadStateDict({})).toThrow("The source state dict is empty");
  optimizer.zeroGrad();
  expect(() => other.step(optimizer)).toThrow("No inf checks were recorded for this optimizer.");
  const off = new amp.GradScaler({ enabled: false });
  expect(off.scale(parameter)).toBe(parameter);
  expect(off.step(optimizer)).toBe(true);
  expect(off.stateDict()).toEqual({});
});
