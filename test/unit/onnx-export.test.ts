// torch.onnx.export: what is written gives the same in ONNX Runtime and when it is loaded again.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import * as torch from "flambeau";
import type { OnnxExportOptions } from "../../bindings/onnx/recorder.ts";
import { readModel } from "../../bindings/onnx/schema.ts";
import { distance } from "../onnx/cases.ts";
import { runIn, runtime } from "../onnx/runtime.ts";

const { nn } = torch;
const F = nn.functional;
type Tensor = torch.Tensor;

const ort = runtime();
const folder = mkdtempSync(join(tmpdir(), "flambeau-onnx-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The tensors of a result in order. */
const listed = (result: unknown): Tensor[] =>
  result instanceof torch.Tensor
    ? [result]
    : Array.isArray(result)
      ? result.flatMap(listed)
      : typeof result === "object" && result !== null
        ? Object.values(result).flatMap(listed)
        : [];

type Model = torch.nn.Module<any[], any> | ((...args: any[]) => unknown);

/** Exports a model and compares what becomes of it, for the arguments and others. */
async function check(
  model: Model,
  args: Tensor[],
  options: OnnxExportOptions = {},
  others: Tensor[][] = [],
): Promise<void> {
  const bytes = await torch.onnx.export(model, args, options);
  if (model instanceof nn.Module) model.eval();
  const names = args.map((_, i) => options.inputNames?.[i] ?? (args.length === 1 ? "input" : `input${i}`));
  const inRuntime = ort && (await runIn(ort, bytes));
  const loaded = await torch.onnx.load<Tensor[]>(bytes);
  for (const inputs of [args, ...others]) {
    const want = listed((model as (...args: Tensor[]) => unknown)(...inputs));
    const named = Object.fromEntries(names.map((name, i) => [name, inputs[i]!]));
    const results = { runtime: await inRuntime?.(named), flambeau: listed(loaded(...inputs)) };
    for (const [who, got] of Object.entries(results)) {
      if (got === undefined) continue;
      expect(got.length).toBe(want.length);
      want.forEach((tensor, i) => expect(distance(got[i]!, tensor), `output ${i} in ${who}`).toBeLessThan(1e-5));
    }
  }
}

const { randn } = torch;
const ids = (...size: number[]): Tensor => torch.randint(1, 11, size);
const batch = { dynamicAxes: { input: { 0: "batch" } } };
torch.manualSeed(0);

class Cnn extends nn.Module {
  conv1 = new nn.Conv2d(3, 4, 3, { padding: 1 });
  bn = new nn.BatchNorm2d(4);
  conv2 = new nn.Conv2d(4, 6, 3, { stride: 2, groups: 2 });
  fc = new nn.Linear(24, 5);
  drop = new nn.Dropout(0.5);
  forward(x: Tensor): Tensor {
    x = F.maxPool2d(F.relu(this.bn(this.conv1(x)), true), 2);
    x = F.relu(this.conv2(x));
    return this.fc(this.drop(x.view(x.shape[0]!, -1)));
  }
}

class Block extends nn.Module {
  conv1: torch.nn.Conv2d;
  bn1: torch.nn.BatchNorm2d;
  conv2: torch.nn.Conv2d;
  bn2: torch.nn.BatchNorm2d;
  down: torch.nn.Conv2d;
  constructor(from: number, to: number, stride: number) {
    super();
    this.conv1 = new nn.Conv2d(from, to, 3, { stride, padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(to);
    this.conv2 = new nn.Conv2d(to, to, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(to);
    this.down = new nn.Conv2d(from, to, 1, { stride });
  }
  forward(x: Tensor): Tensor {
    return this.bn2(this.conv2(this.bn1(this.conv1(x)).relu_()))
      .add_(this.down(x))
      .relu_();
  }
}

class ResNet extends nn.Module {
  stem = new nn.Sequential(new nn.Conv2d(3, 4, 3), new nn.ReLU(true), new nn.MaxPool2d(3, 2, 1));
  layer1 = new Block(4, 8, 2);
  layer2 = new Block(8, 8, 1);
  fc = new nn.Linear(8, 3);
  forward(x: Tensor): Tensor {
    return this.fc(torch.flatten(F.adaptiveAvgPool2d(this.layer2(this.layer1(this.stem(x))), 1), 1));
  }
}

class GPTBlock extends nn.Module {
  ln1 = new nn.LayerNorm(8);
  ln2 = new nn.LayerNorm(8);
  qkv = new nn.Linear(8, 24);
  proj = new nn.Linear(8, 8);
  mlp = new nn.Sequential(new nn.Linear(8, 32), new nn.GELU(), new nn.Linear(32, 8));
  declare mask: Tensor;
  constructor() {
    super();
    this.registerBuffer("mask", torch.tril(torch.ones(16, 16)).view([1, 1, 16, 16]));
  }
  forward(x: Tensor): Tensor {
    const [b, t, c] = x.shape as [number, number, number];
    const heads = this.qkv(this.ln1(x)).split(c, 2) as Tensor[];
    const [q, k, v] = heads.map((z) => z.view(b, t, 2, c / 2).transpose(1, 2)) as [Tensor, Tensor, Tensor];
    const scores = q.matmul(k.transpose(-2, -1)).mul(1 / Math.sqrt(c / 2));
    const masked = scores.maskedFill(this.mask.at(":", ":", `:${t}`, `:${t}`).eq(0), -Infinity);
    const y = F.softmax(masked, -1).matmul(v).transpose(1, 2).contiguous().view(b, t, c);
    x = x.add(this.proj(y));
    return x.add(this.mlp(this.ln2(x)));
  }
}

class GPT extends nn.Module {
  tokens = new nn.Embedding(11, 8);
  positions = new nn.Embedding(16, 8);
  blocks = new nn.Sequential(new GPTBlock(), new GPTBlock());
  ln = new nn.LayerNorm(8);
  head = new nn.Linear(8, 11, { bias: false });
  forward(ids: Tensor): Tensor {
    const at = torch.arange(ids.shape[1]!);
    return this.head(this.ln(this.blocks(this.tokens(ids).add(this.positions(at)))));
  }
}

class UNet extends nn.Module {
  down = new nn.Conv2d(1, 4, 3, { padding: 1 });
  middle = new nn.Conv2d(4, 4, 3, { padding: "same" });
  up = new nn.ConvTranspose2d(4, 4, 2, { stride: 2 });
  last = new nn.Conv2d(12, 1, 3, { padding: 1 });
  forward(x: Tensor): Tensor {
    const size = [x.shape[2]!, x.shape[3]!];
    const a = F.relu(this.down(x));
    const b = F.relu(this.middle(F.maxPool2d(a, 2)));
    const nearest = F.interpolate(b, { scaleFactor: 2 });
    const same = F.interpolate(this.up(b), { size, mode: "bilinear", alignCorners: false });
    const smooth = F.interpolate(b, { size, mode: "bilinear" });
    return torch.tanh(this.last(torch.cat([a, nearest, same.add(smooth)], 1)));
  }
}

class Classifier extends nn.Module {
  embedding = new nn.Embedding(20, 6, { paddingIdx: 0 });
  fc = new nn.Linear(6, 4);
  forward(ids: Tensor): Tensor {
    const mask = ids.ne(0).unsqueeze(-1).float();
    return F.logSoftmax(this.fc(this.embedding(ids).mul(mask).sum(1).div(mask.sum(1).clamp(1))), -1);
  }
}

describe("models", () => {
  it("an MLP", () => {
    const mlp = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 3), new nn.Softmax(-1));
    return check(mlp, [randn(1, 4)], batch, [[randn(5, 4)]]);
  });
  it("a CNN with batch norm", () => check(new Cnn(), [randn(2, 3, 12, 12)], batch, [[randn(3, 3, 12, 12)]]));
  it("a residual network, in place, of any size of image", () =>
    check(new ResNet(), [randn(1, 3, 16, 16)], { dynamicAxes: { input: { 0: "batch", 2: "height", 3: "width" } } }, [
      [randn(2, 3, 20, 18)],
    ]));
  it("a U-Net", () =>
    check(new UNet(), [randn(1, 1, 8, 8)], { dynamicAxes: { input: { 0: "b", 2: "h", 3: "w" } } }, [
      [randn(2, 1, 12, 16)],
    ]));
  it("a classifier of embeddings", () =>
    check(new Classifier(), [ids(2, 4)], { dynamicAxes: { input: { 0: "b", 1: "t" } } }, [[ids(3, 9)]]));

  const time = { dynamicAxes: { input: { 0: "time", 1: "batch" } } };
  it.each([
    ["LSTM", new nn.LSTM(5, 4)],
    ["GRU", new nn.GRU(5, 4)],
    ["RNN", new nn.RNN(5, 4)],
    [
      "LSTM of two layers, both ways, batch first",
      new nn.LSTM(5, 4, { numLayers: 2, bidirectional: true, batchFirst: true }),
    ],
    ["GRU both ways", new nn.GRU(5, 4, { bidirectional: true })],
    ["RNN of relu units without bias", new nn.RNN(5, 4, { nonlinearity: "relu", bidirectional: true, bias: false })],
  ])("%s", async (_name, model) => {
    await check(model, [randn(3, 2, 5)], time, [[randn(6, 3, 5)]]);
    const { graph } = readModel(await torch.onnx.export(model, randn(3, 2, 5)));
    expect(graph!.initializer.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(model.stateDict())));
  });
  it.each([
    ["LSTM", new nn.LSTMCell(5, 4)],
    ["GRU", new nn.GRUCell(5, 4)],
    ["RNN", new nn.RNNCell(5, 4)],
  ])("a cell of %s, whose state begins with zeros", (_name, cell) =>
    check(cell, [randn(2, 5)], batch, [[randn(3, 5)]]),
  );
  it("windows, bags and losses", () => {
    const target = torch.tensor([1n, 2n, 0n]);
    const bags = torch.tensor([
      [1n, 2n],
      [0n, 1n],
    ]);
    return check(
      (x, image) => [
        [
          F.unfold(image, 3, { padding: 1, stride: 2 }),
          F.lpPool2d(image, 2, 2),
          F.embeddingBag(bags, x, { mode: "sum" }),
        ],
        [F.embeddingBag(bags, x), F.crossEntropy(x, target), F.nllLoss(x.logSoftmax(1), target, { reduction: "sum" })],
      ],
      [randn(3, 4), randn(2, 3, 8, 8)],
    );
  });
  it("LSTM with a projection, step by step", () => check(new nn.LSTM(5, 4, { projSize: 2 }), [randn(3, 2, 5)]));
  it("LSTM with a state", () => {
    const model = new nn.LSTM(5, 4, { numLayers: 2 });
    return check((x, h, c) => model(x, [h, c]), [randn(3, 2, 5), randn(2, 2, 4), randn(2, 2, 4)]);
  });
  it("LSTM without a batch", () =>
    check(new nn.LSTM(5, 4), [randn(3, 5)], { dynamicAxes: { input: [0] } }, [[randn(5, 5)]]));

  it("a transformer's encoder", () =>
    check(
      new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16 }), 2),
      [randn(3, 2, 8)],
      time,
      [[randn(5, 3, 8)]],
    ));
  it("a transformer", () =>
    check(
      new nn.Transformer({ dModel: 8, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 16 }),
      [randn(3, 2, 8), randn(4, 2, 8)],
      { inputNames: ["src", "tgt"], dynamicAxes: { src: { 0: "s", 1: "n" }, tgt: { 0: "t", 1: "n" } } },
      [[randn(5, 3, 8), randn(2, 3, 8)]],
    ));
  it("multi-head attention with its weights", () =>
    check(new nn.MultiheadAttention(8, 2), [randn(3, 2, 8), randn(4, 2, 8), randn(4, 2, 8)]));
  it("scaled dot product attention", () => {
    const axes = { 0: "b", 2: "t" };
    const options = { inputNames: ["q", "k", "v"], dynamicAxes: { q: axes, k: axes, v: axes } };
    const of = (b: number, t: number): Tensor[] => [randn(b, 2, t, 4), randn(b, 2, t, 4), randn(b, 2, t, 4)];
    return check((q, k, v) => F.scaledDotProductAttention(q, k, v, { isCausal: true }), of(2, 5), options, [of(1, 7)]);
  });
  it.each([13, 14, 16, 17])("a GPT in operator set %i, up to its longest text", (opsetVersion) =>
    check(new GPT(), [ids(2, 7)], { opsetVersion, dynamicAxes: { input: { 0: "batch", 1: "time" } } }, [
      [ids(3, 5)],
      [ids(1, 16)],
    ]),
  );
});

const rows = { dynamicAxes: { input: { 0: "n" } } };

describe("ops", () => {
  it("activations", () =>
    check(
      (x) => [
        ACTIVATIONS.map((name) => (F[name] as (x: Tensor) => Tensor)(x)),
        [F.gelu(x, "tanh"), F.glu(x, 0), F.threshold(x, 0.1, 3), x.sigmoid(), x.tanh(), F.softmin(x, 1)],
        F.prelu(x, torch.tensor([0.3])),
      ],
      [randn(4, 5)],
    ));
  it("arithmetic", () =>
    check(
      (x, y) => [
        [x.add(y), x.sub(y, { alpha: 2 }), x.mul(3), x.div(y), x.pow(2), x.abs().sqrt(), x.exp(), x.abs().log1p()],
        [x.sin(), x.cos(), x.erf(), x.floor(), x.ceil(), x.round(), x.sign(), x.neg(), x.reciprocal(), x.square()],
        [x.abs().rsqrt(), x.maximum(y), x.minimum(y), x.clamp(-0.5, 0.5), x.gt(y), x.le(0), x.eq(x), x.ne(y)],
        [torch.where(x.gt(0), x, y), x.lerp(y, 0.3), x.remainder(0.7), x.fmod(0.7), x.floorDivide(0.3), x.isnan()],
        [x.expm1(), x.trunc(), x.rsub(1), torch.addcmul(x, x, y, { value: 0.5 }), x.logaddexp(y), x.log2().isfinite()],
        [x.to("int64").add(2), x.to("int64").div(2), x.to("int32").floorDivide(3), x.mul(10).to("int64").remainder(3)],
      ],
      [randn(3, 4), randn(4)],
    ));
  it("reductions", () =>
    check(
      (x) => [
        [
          x.sum(),
          x.sum(0),
          x.mean([1, 2], true),
          x.std(-1),
          x.var(1, false),
          torch.varMean(x, 0),
          x.amax(1),
          x.amin([0, 2]),
        ],
        [torch.max(x, 1), torch.min(x, 2, true), torch.max(x), x.argmax(1), x.argmin(), x.cumsum(1), x.topk(2, 1)],
        [
          torch.sort(x, 1),
          x.argsort(0),
          x.prod(1),
          x.logsumexp([1]),
          torch.norm(x),
          torch.norm(x, 1, 1),
          F.normalize(x),
        ],
        [x.gt(0).any(1), x.gt(0).all(), x.softmax(0), x.logSoftmax(1)],
      ],
      [randn(3, 4, 5)],
      rows,
      [[randn(5, 4, 5)]],
    ));
  it("shapes, of which one size varies", () =>
    check(
      (x) => [
        [x.permute(2, 0, 1), x.transpose(0, 1), x.reshape(-1, 5), x.view(x.shape[0] * 2, -1), x.flatten(1)],
        [x.unsqueeze(0).squeeze(0), x.at(":", "1:3"), x.at(1), x.at("...", -1), x.at(":", "::2"), x.narrow(1, 1, 2)],
        [torch.cat([x, x.mul(2)], 1), torch.stack([x, x], 1), x.chunk(2, 1), x.split([1, 3], 1), x.unbind(1)],
        [x.expand(2, -1, -1, -1), x.repeat(1, 2, 1), x.flip([1]), x.roll(1, 1), F.pad(x, [1, 2]), x.triu(), x.tril(1)],
        [F.pad(x, [1, 1], "reflect"), F.pad(x, [1, 2], "replicate"), F.pad(x, [1, 2], "circular"), torch.zerosLike(x)],
        [torch.ones(x.shape[0], 2), x.sum(2).t(), x.expand(3, ...x.shape).select(0, 1), x.narrow(0, 0, x.shape[0] - 1)],
        torch.arange(x.shape[0]).mul(2),
      ],
      [randn(3, 4, 5)],
      rows,
      [[randn(6, 4, 5)], [randn(2, 4, 5)]],
    ));
  it("indices, and writes into parts", () =>
    check(
      (x, i) => [
        [
          x.at(i.at(0)),
          x.at(":", i.at(0)),
          x.at(i.at(0), i.at(1)),
          x.at(":", i.at(0), i.at(1)),
          x.indexSelect(2, i.at(1)),
        ],
        [x.gather(1, i.unsqueeze(-1).expand(-1, -1, 5)), F.oneHot(i, 4), x.scatter(1, i.unsqueeze(-1), 9)],
        [x.scatterAdd(1, i.unsqueeze(-1), torch.onesLike(i).unsqueeze(-1).float()), torch.nonzero(i)],
        [x.clone().put(":", 1, 7), x.clone().put(":", "1:3", x.at(":", "2:4")), x.clone().put(0, 2, ":", 5)],
        [x.clone().put(i.at(0), 0), x.maskedFill(x.gt(0), -1)],
      ],
      [
        randn(4, 4, 5),
        torch.tensor([
          [0n, 2n, 1n, 3n],
          [3n, 1n, 0n, 2n],
        ]),
      ],
    ));
  it("pools, norms and sizes of images", () =>
    check(
      (x) => [
        [
          F.avgPool2d(x, 3, 2, 1),
          F.avgPool2d(x, 2, { ceilMode: true, countIncludePad: false }),
          F.adaptiveAvgPool2d(x, 4),
        ],
        [
          F.maxPool2d(x, 3, { stride: 1, dilation: 2 }),
          F.maxPool2d(x, 2, { returnIndices: true }),
          F.adaptiveMaxPool2d(x, 1),
        ],
        [
          F.interpolate(x, { scaleFactor: 1.5, mode: "bilinear" }),
          F.interpolate(x, { size: [11, 5], mode: "bicubic" }),
        ],
        [F.interpolate(x, { size: [11, 5], mode: "bilinear", alignCorners: true }), F.interpolate(x, { size: [3, 5] })],
        [F.interpolate(x, { size: [3, 5], mode: "nearest-exact" }), F.pixelShuffle(x, 2), F.pixelUnshuffle(x, 2)],
        [
          F.groupNorm(x, 2),
          F.instanceNorm(x),
          F.localResponseNorm(x, 3),
          F.conv2d(x.select(0, 0), torch.ones(2, 4, 3, 3)),
        ],
        F.avgPool1d(x.flatten(2), 4),
      ],
      [randn(1, 4, 8, 8)],
    ));
  it("products", () =>
    check(
      (a, b) => [
        [torch.einsum("bij,bkj->bik", a, b), torch.bmm(a, b.transpose(1, 2))],
        torch.addmm(a.select(0, 0).narrow(1, 0, 3), a.select(0, 0), a.select(0, 1).t(), { beta: 0.5, alpha: 2 }),
        torch.outer(a.select(0, 0).select(0, 0), b.select(0, 0).select(0, 1)),
        torch.baddbmm(torch.zeros(1), a, b.transpose(1, 2)),
      ],
      [randn(2, 3, 4), randn(2, 5, 4)],
    ));
  it("less common ops", () =>
    check(
      (x, y, i) => [
        [
          torch.atan2(x, y),
          torch.fmax(x, y),
          torch.fmin(x, y),
          torch.special.ndtr(x),
          x.signbit(),
          x.div(0).isposinf(),
        ],
        [
          x.div(0).isneginf(),
          torch.heaviside(x.round(), y),
          x.div(0).sub(x.div(0)).nanToNum(),
          torch.xlogy(x.relu(), y.abs()),
        ],
        [F.mseLoss(x, y), F.l1Loss(x, y, "sum"), torch.aminmax(x, { dim: 0 }), x.nansum(1), F.pairwiseDistance(x, y)],
        [torch.cdist(x, y), torch.mv(x, y.select(0, 0)), torch.inner(x, y), torch.vstack([x, y]), torch.dstack([x, y])],
        [
          torch.columnStack([x, x.select(1, 0)]),
          x.repeatInterleave(2, 1),
          x.repeatInterleave(3),
          x.diagonal(1),
          x.trace(),
        ],
        [
          torch.meshgrid(x.select(0, 0), y.select(0, 1)),
          torch.meshgrid(x.select(0, 0), y.select(1, 1), { indexing: "xy" }),
        ],
        [x.unfold(1, 3, 1), F.channelShuffle(x.view(1, 3, 4, 1).transpose(1, 2), 2), x.take(i), x.takeAlongDim(i, 1)],
        [
          x.indexCopy(0, i.select(0, 0).narrow(0, 0, 2), y.narrow(0, 0, 2)),
          x.indexAdd(0, i.select(0, 0), y.narrow(0, 0, 2)),
        ],
        [
          torch.argwhere(x.gt(0)),
          x.maskedSelect(x.gt(0)),
          F.bilinear(x, y, torch.ones(2, 4, 4)),
          F.mseLoss(x, y, "none"),
        ],
        [torch.addmv(x.select(1, 0), x, y.select(0, 0)), x.select(0, 0).dot(y.select(0, 0)), x.cosh()],
      ],
      [
        randn(3, 4),
        randn(3, 4),
        torch.tensor([
          [0n, 2n],
          [1n, 0n],
          [2n, 1n],
        ]),
      ],
    ));
  it("constants, and an output that is an input", () =>
    check(
      (x) => [
        x.add(torch.tensor([1, 2, 3, 4])),
        torch.triu(torch.full([3, 3], -Infinity), 1),
        x.mul(torch.linspace(0, 1, 4)),
        x,
      ],
      [randn(3, 4)],
    ));
});

const ACTIVATIONS = (
  "relu relu6 elu selu celu gelu silu mish softplus softsign logsigmoid hardswish hardsigmoid hardtanh leakyRelu softshrink " +
  "hardshrink tanhshrink"
).split(" ") as "relu"[];

describe("what is written", () => {
  it("has the names that were given, and PyTorch's for parameters", async () => {
    const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Dropout(0.5), new nn.Linear(8, 3));
    const path = join(folder, "model.onnx");
    const options = { inputNames: ["x"], outputNames: ["y"], dynamicAxes: { x: { 0: "batch" } } };
    expect(await torch.onnx.export(model, [randn(2, 4)], path, options)).toBeUndefined();
    expect([...model.modules()].every(({ training }) => training)).toBe(true);
    const proto = readModel(readFileSync(path));
    expect(proto.opsetImport).toEqual([{ domain: "", version: 17 }]);
    expect(proto.graph!.initializer.map(({ name }) => name)).toEqual(Object.keys(model.stateDict()));
    const loaded = await torch.onnx.load(path);
    expect(loaded.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["batch", 4] }]);
    expect(loaded.outputs).toEqual([{ name: "y", dtype: "float32", shape: ["batch", 3] }]);
    expect(Object.keys(loaded.stateDict())).toEqual(Object.keys(model.stateDict()));
  });

  it("draws random numbers anew", async () => {
    const bytes = await torch.onnx.export(
      (x: Tensor) => x.add(torch.randn(x.shape).mul(0.1)).add(torch.rand(4)),
      randn(2, 4),
      rows,
    );
    const x = torch.zeros(1000, 4);
    const loaded = await torch.onnx.load(bytes);
    const drawn = loaded(x);
    expect(drawn.mean().item()).toBeCloseTo(0.5, 0);
    expect(drawn.std(0).amin().item()).toBeGreaterThan(0.09);
    expect(loaded(x).eq(drawn).any().item()).toBe(false);
    const inRuntime = ort && (await runIn(ort, bytes));
    if (inRuntime) expect((await inRuntime({ input: x }))[0]!.shape).toEqual([1000, 4]);
  });

  it("leaves no tensor behind", async () => {
    const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 3));
    const x = randn(2, 4);
    await torch.onnx.export(model, x, batch);
    const before = torch.memoryStats().tensors;
    for (let i = 0; i < 3; i++) await torch.onnx.export(model, x, batch);
    expect(torch.memoryStats().tensors).toBeLessThanOrEqual(before);
    expect(x.relu().gradFn).toBeNull();
  });

  it.each<[string, RegExp, (x: Tensor) => unknown]>([
    [
      "a value read by the program",
      /other of mul is .* which no dynamic axis explains/,
      (x) => x.mul(Number(x.sum().item())),
    ],
    [
      "random numbers",
      /a constant of shape \[3, 4\] is another each time: it is random/,
      (x) => x.add(torch.randperm(12).view(3, 4)),
    ],
    [
      "other ops for other values",
      /depends on the values or the dynamic sizes/,
      (x) => (x.at(0, 0).item() === 1 ? x.add(1) : x.mul(2)),
    ],
    ["ops without an operator", /ops that have no operator: digamma, erfinv/, (x) => x.erfinv().digamma()],
    ["a tensor whose view was written to", /shares its elements was written to in place/, staleView],
    ["dropout while training", /is random: export the model in eval mode/, (x) => F.dropout(x, 0.5)],
    ["no tensor", /the model gives no tensor/, () => null],
  ])("refuses %s", async (_name, message, model) => {
    const before = torch.memoryStats().tensors;
    const x = torch.ones(3, 4);
    await expect(torch.onnx.export(model as never, x)).rejects.toThrow(message);
    await expect(torch.onnx.export(model as never, x)).rejects.toBeInstanceOf(torch.TorchError);
    x.dispose();
    expect(torch.memoryStats().tensors).toBeLessThanOrEqual(before + 1);
  });

  it("refuses sizes that no axis explains, and options that make no sense", async () => {
    const x = torch.ones(3, 4);
    const odd = (t: Tensor): Tensor => t.reshape(-1).narrow(0, 0, t.shape[0]! ** 3);
    await expect(torch.onnx.export(odd, torch.ones(2, 64), rows)).rejects.toThrow(/no dynamic axis explains/);
    await expect(torch.onnx.export(odd, x, { opsetVersion: 9 })).rejects.toThrow(/must be 13 to 17/);
    await expect(torch.onnx.export(odd, x, { dynamicAxes: { input: { 2: "n" } } })).rejects.toThrow(/has no dim 2/);
    for (const args of [1, null, [1], "x", { a: 1 }, [null]])
      await expect(torch.onnx.export(odd, args as never)).rejects.toThrow(torch.TypeError);
    for (const path of [1, true, [2], { foo: 1 }])
      await expect(torch.onnx.export(odd, x, path as never)).rejects.toThrow(torch.TorchError);
    await expect(torch.onnx.export(odd, [1] as never)).rejects.toThrow(torch.TypeError);
    await expect(torch.onnx.export("model" as never, x)).rejects.toThrow(torch.TypeError);
  });
});

function staleView(x: Tensor): Tensor {
  const y = x.mul(2);
  y.t().add_(1);
  return y;
}
