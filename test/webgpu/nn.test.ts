// Modules and tools whose code asks for values or moves indices, on the WebGPU device.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { start } from "./lib.ts";

const { nn, utils } = torch;
const { rnn } = nn.utils;

async function near(what: string, got: torch.Tensor, want: torch.Tensor): Promise<void> {
  const host = (await got.detach().cpu()) as torch.Tensor;
  assert.deepEqual(host.shape, want.shape, what);
  const error = Number(host.sub(want.detach()).abs().max().item());
  assert.ok(error < 1e-5, `${what}: off by ${error}`);
}

test("packed sequences, weight norms and adaptive softmax give what they give on the CPU", async () => {
  await start();
  torch.manualSeed(1);
  const onGpu = (x: torch.Tensor): torch.Tensor => x.to("webgpu") as torch.Tensor;
  const lstm = new nn.LSTM(3, 4, { bidirectional: true });
  const copy = lstm.deepCopy().to("webgpu");
  const x = torch.randn([4, 3, 3]);
  const run = (model: torch.nn.LSTM, input: torch.Tensor): [torch.Tensor, torch.Tensor] => {
    const packed = rnn.packPaddedSequence(input, [2, 4, 3], { enforceSorted: false });
    return rnn.padPackedSequence(model(packed)[0]);
  };
  const [want, lengths] = run(lstm, x);
  const [got, others] = run(copy, onGpu(x));
  await near("LSTM", got, want);
  assert.deepEqual([lengths.tolist(), others.tolist()], [[2, 4, 3], [2, 4, 3]]); // prettier-ignore
  got.sum().backward();
  want.sum().backward();
  const weight = "weightIhL0Reverse" as never;
  await near("its gradient", (copy[weight] as torch.Tensor).grad!, (lstm[weight] as torch.Tensor).grad!);

  const input = torch.randn([2, 4]);
  for (const norm of [nn.utils.weightNorm, nn.utils.spectralNorm, nn.utils.parametrizations.weightNorm]) {
    const plain = new nn.Linear(4, 3);
    const moved = plain.deepCopy().to("webgpu");
    if (norm !== nn.utils.spectralNorm) await near(norm.name, norm(moved)(onGpu(input)), norm(plain)(input));
    else assert.deepEqual(norm(moved)(onGpu(input)).shape, [2, 3]);
  }
  const adaptive = new nn.AdaptiveLogSoftmaxWithLoss(4, 12, [3, 7]);
  const target = torch.tensor([1n, 9n]);
  const expected = adaptive(input, target).output;
  await near("adaptive softmax", adaptive.deepCopy().to("webgpu")(onGpu(input), onGpu(target)).output, expected);
});

test("summary, profiler and event writer work with tensors of the device", async () => {
  await start();
  const model = new nn.Sequential(new nn.Linear(4, 3), new nn.ReLU()).to("webgpu");
  const summary = await utils.summary(model, [2, 4]);
  assert.equal(summary.multiplyAdds, 24);
  const x = torch.randn([2, 4]).to("webgpu") as torch.Tensor;
  const prof = await torch.profiler.profile(() => model(x).sum().backward());
  const names = prof.events.map(({ name }) => name);
  for (const name of ["aten::linear", "autograd::engine::backward", "webgpu::synchronize"]) {
    assert.ok(names.includes(name), name);
  }
  let bytes = 0;
  const sink = (_: string, part: Uint8Array): void => void (bytes += part.length);
  const writer = new utils.tensorboard.SummaryWriter({ logDir: "none", sink });
  writer.addHistogram("weights", (model[0] as torch.nn.Linear).weight, 0);
  writer.addScalar("sum", x.sum(), 0);
  writer.addImage("noise", torch.rand([3, 4, 4]).to("webgpu") as torch.Tensor, 0);
  await writer.close();
  assert.ok(bytes > 300);
  const ema = new torch.optim.swaUtils.AveragedModel(model);
  ema.updateParameters(model);
  ema.updateParameters(model);
  await near("averages", ema(x), (await model(x).cpu()) as torch.Tensor);
});
