// Autocast and the gradient scaler on the WebGPU device: types of results, and training that follows float32's.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { start, WEBGPU } from "./lib.ts";

const { nn, optim, amp } = torch;
const F = nn.functional;

test("autocast on WebGPU gives float16 to products and float32 to what needs range", async () => {
  await start();
  const x = torch.randn([4, 8], WEBGPU);
  const layer = new nn.Linear(8, 8).to("webgpu");
  torch.autocast("webgpu", () => {
    const y = layer(x);
    const dtypes: [torch.Tensor, string][] = [
      [y, "float16"],
      [x.matmul(x.t()), "float16"],
      [F.softmax(y, -1), "float32"],
      [y.exp(), "float32"],
      [y.sum(), "float32"],
      [F.gelu(y), "float16"],
      [F.layerNorm(y, [8]), "float32"],
      [y.add(x), "float32"],
      [torch.cat([y, x]), "float32"],
      [F.mseLoss(y, x), "float32"],
    ];
    dtypes.forEach(([tensor, dtype], i) => assert.equal(tensor.dtype, dtype, `case ${i}`));
    assert.throws(() => F.binaryCrossEntropy(y, y), /unsafe to autocast/);
    // the CPU is another matter
    assert.equal(torch.ones([2, 2]).matmul(torch.ones([2, 2])).dtype, "float32");
  });
  assert.equal(layer(x).dtype, "float32");
});

test("training in float16 with a scaler follows float32, and steps with infinities are left out", async () => {
  await start();
  const data = torch.randn([64, 10]);
  const labels = data.narrow(1, 0, 3).argmax(1);
  const train = async (half: boolean): Promise<number[]> => {
    torch.manualSeed(3);
    const model = new nn.Sequential(new nn.Linear(10, 32), new nn.LayerNorm(32), new nn.ReLU(), new nn.Linear(32, 3));
    model.to("webgpu");
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
    const scaler = new amp.GradScaler({ initScale: 2 ** 26, enabled: half });
    const [x, y] = [data.to("webgpu") as torch.Tensor, labels.to("webgpu") as torch.Tensor];
    const losses: number[] = [];
    let skipped = 0;
    while (losses.length < 15) {
      optimizer.zeroGrad();
      const loss = torch.autocast({ deviceType: "webgpu", enabled: half }, () => F.crossEntropy(model(x), y));
      scaler.scale(loss).backward();
      scaler.unscale_(optimizer);
      nn.utils.clipGradNorm_(model.parameters(), 10);
      const stepped = await scaler.stepAsync(optimizer);
      scaler.update();
      if (stepped) losses.push((await loss.itemAsync()) as number);
      else skipped++;
    }
    if (half) {
      assert.ok(skipped > 0, "the first scale overflows");
      assert.throws(() => scaler.step(new optim.SGD(model.parameters(), { lr: 1 })), /await scaler.stepAsync/);
    }
    return losses;
  };
  const [exact, mixed] = [await train(false), await train(true)];
  assert.ok(mixed.at(-1)! < mixed[0]! / 2);
  exact.forEach((loss, i) => assert.ok(Math.abs(loss - mixed[i]!) < 0.02, `step ${i}: ${mixed[i]} for ${loss}`));
});
