// Loaded ONNX models on the WebGPU device: shapes are computed on the CPU, everything else there.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { start, WEBGPU } from "./lib.ts";

const { nn } = torch;
const F = nn.functional;
type Tensor = torch.Tensor;

class Decoder extends nn.Module {
  tokens = new nn.Embedding(11, 8);
  positions = new nn.Embedding(8, 8);
  qkv = new nn.Linear(8, 24);
  ln = new nn.LayerNorm(8);
  head = new nn.Linear(8, 11);
  forward(ids: Tensor): Tensor {
    const [b, t] = ids.shape as [number, number];
    const x = this.tokens(ids).add(this.positions(torch.arange(t)));
    const parts = this.qkv(this.ln(x)).split(8, 2) as Tensor[];
    const [q, k, v] = parts.map((z) => z.view(b, t, 2, 4).transpose(1, 2)) as [Tensor, Tensor, Tensor];
    const mask = torch.ones(t, t).tril().eq(0);
    const weights = q.matmul(k.transpose(-2, -1)).div(2).maskedFill(mask, -Infinity).softmax(-1);
    const y = weights.matmul(v).transpose(1, 2).reshape(b, t, 8);
    return this.head(x.add(F.gelu(y)));
  }
}

class Pictures extends nn.Module {
  conv = new nn.Conv2d(1, 4, 3, { padding: 1 });
  norm = new nn.BatchNorm2d(4);
  rnn = new nn.GRU(4, 3, { bidirectional: true, batchFirst: true });
  forward(x: Tensor): Tensor {
    const y = F.interpolate(F.maxPool2d(F.relu(this.norm(this.conv(x))), 2), { scaleFactor: 2, mode: "bilinear" });
    return this.rnn(y.mean(3).transpose(1, 2))[0];
  }
}

const cases: [string, torch.nn.Module, Tensor, Record<number, string>][] = [
  [
    "a decoder",
    new Decoder(),
    torch.tensor([
      [1n, 5n, 3n],
      [2n, 9n, 4n],
    ]),
    { 0: "batch", 1: "time" },
  ],
  ["pictures", new Pictures(), torch.randn([2, 1, 6, 6]), { 0: "batch" }],
];

for (const [name, model, input, axes] of cases) {
  test(`an ONNX model on WebGPU: ${name}`, async () => {
    await start();
    const bytes = await torch.onnx.export(model, input, { dynamicAxes: { input: axes } });
    const loaded = await torch.onnx.load(bytes);
    const want = loaded(input);
    loaded.to("webgpu");
    const got = loaded(input.to(WEBGPU));
    assert.equal(got.device, "webgpu");
    const off = (await got.cpu()).sub(want).abs().max().item() as number;
    assert.ok(off < 1e-4, `off by ${off}`);
    await loaded.to("cpu");
    assert.deepEqual(loaded(input).tolist(), want.tolist());
  });
}
