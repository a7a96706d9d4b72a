import { expect, test } from "vitest";
import * as torch from "flambeau";
import expected from "./layers.json";

const { nn } = torch;
const { rnn, parametrize, parametrizations } = nn.utils;
const F = nn.functional;
type Tensor = torch.Tensor;
type Written = { shape: number[]; data: (number | boolean)[] };
const values = expected as Record<string, unknown>;

/** Compares tensors with what PyTorch gave, wherever they are in lists and objects. */
function same(actual: unknown, wanted: unknown, path: string): void {
  if (actual instanceof torch.Tensor) {
    const { shape, data } = wanted as Written;
    expect(actual.shape, path).toEqual(shape);
    const list = actual.flatten().tolist() as number[];
    list.forEach((value, i) => {
      const target = Number(data[i]);
      if (!(Math.abs(Number(value) - target) <= 2e-5 * Math.max(1, Math.abs(target)))) {
        expect(value, `${path}[${i}]`).toBe(target);
      }
    });
  } else if (actual instanceof rnn.PackedSequence) {
    const { data, batchSizes, sortedIndices, unsortedIndices } = actual;
    same([data, batchSizes, sortedIndices, unsortedIndices], wanted, path);
  } else if (Array.isArray(actual)) {
    expect(actual.length, path).toBe((wanted as unknown[]).length);
    actual.forEach((value, i) => same(value, (wanted as unknown[])[i], `${path}.${i}`));
  } else if (typeof actual === "object" && actual !== null) {
    expect(Object.keys(actual), path).toEqual(Object.keys(wanted as object));
    for (const [key, value] of Object.entries(actual)) same(value, (wanted as never)[key], `${path}.${key}`);
  } else if (typeof actual === "number") expect(actual, path).toBeCloseTo(wanted as number, 12);
  else expect(actual, path).toEqual(wanted);
}
const check = (name: string, actual: unknown): void => same(actual, values[name], name);
const grads = (module: torch.nn.AnyModule): object =>
  Object.fromEntries(Array.from(module.namedParameters(), ([name, parameter]) => [name, parameter.grad]));

for (const kind of ["RNN", "LSTM", "GRU"] as const) {
  for (const sorted of [true, false]) {
    for (const [text, extra] of [
      ["{}", {}],
      [
        '{"bidirectional": true, "num_layers": 2, "batch_first": true}',
        { bidirectional: true, numLayers: 2, batchFirst: true },
      ],
      ['{"proj_size": 2, "bidirectional": true}', { projSize: 2, bidirectional: true }],
    ] as const) {
      if ("projSize" in extra && kind !== "LSTM") continue;
      test(`${kind} of packed sequences ${text}, ${sorted ? "sorted" : "in any order"}`, () => {
        torch.manualSeed(4);
        const module = new (nn[kind] as typeof nn.LSTM)(3, 4, extra as object);
        const first = "batchFirst" in extra;
        const x = torch.randn(first ? [3, 5, 3] : [5, 3, 3], { requiresGrad: true });
        const options = { batchFirst: first, enforceSorted: sorted };
        const packed = rnn.packPaddedSequence(x, sorted ? [5, 3, 1] : [2, 5, 3], options);
        const layers = (extra as { numLayers?: number }).numLayers ?? 1;
        const states = layers * ("bidirectional" in extra ? 2 : 1);
        const h = torch.randn([states, 3, "projSize" in extra ? 2 : 4]);
        const state = kind === "LSTM" ? [h, torch.randn([states, 3, 4])] : h;
        const [out, final] = module(packed, state as [Tensor, Tensor]);
        const [padded, sizes] = rnn.padPackedSequence(out, { batchFirst: first, paddingValue: -1, totalLength: 6 });
        const last = kind === "LSTM" ? final[0] : (final as unknown as Tensor);
        out.data.square().sum().add(last.sum()).backward();
        const all = [packed.batchSizes, padded, sizes, final, x.grad, grads(module as torch.nn.AnyModule)];
        check(`${kind} ${text} ${sorted ? "True" : "False"}`, all);
      });
    }
  }
}

test("sequences are padded, packed and unpacked", () => {
  torch.manualSeed(5);
  const parts = [2, 4, 1].map((n) => torch.randn([n, 2]));
  const packed = rnn.packSequence(parts, false);
  check("padSequence", [rnn.padSequence(parts), rnn.padSequence(parts, true, 9), packed]);
  check("unpack", [rnn.unpackSequence(packed), rnn.unpadSequence(rnn.padSequence(parts), [2, 4, 1])]);
  expect(String(rnn.packSequence([torch.ones([2]), torch.zeros([1])]))).toBe(values["print"]);
  const bad = (lengths: number[]) => (): unknown => rnn.packPaddedSequence(torch.zeros([4, 2, 1]), lengths);
  expect(bad([4])).toThrow("Expected `len(lengths)` to be equal to batch_size, but got 1 (batch_size=2)");
  expect(bad([3, 4])).toThrow("`lengths` array must be sorted in decreasing order when `enforce_sorted` is True.");
  expect(bad([3, 0])).toThrow("Length of all samples has to be greater than 0, but found an element in 'lengths'");
  expect(() => rnn.padPackedSequence(packed, { totalLength: 3 })).toThrow(
    "Expected total_length to be at least the length of the longest sequence in input, but got total_length=3",
  );
});

test("AdaptiveLogSoftmaxWithLoss", () => {
  torch.manualSeed(6);
  for (const headBias of [false, true]) {
    const module = new nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], { divValue: 2, headBias });
    const x = torch.randn([6, 8], { requiresGrad: true });
    const target = torch.tensor([0n, 11n, 4n, 2n, 7n, 5n]);
    const { output, loss } = module(x, target);
    loss.backward();
    const one = module(x.at(0) as Tensor, target.at(1) as Tensor).output;
    check(`adaptive ${headBias ? "True" : "False"}`, [
      output,
      loss,
      x.grad,
      grads(module as never),
      module.logProb(x),
      module.predict(x),
      one,
    ]);
    expect(() => module(x, torch.tensor([0n, 12n, 4n, 2n, 7n, 5n]))).toThrow(
      "Target values should be in [0, 11], but values in range [0, 12] were found.",
    );
  }
  expect(() => new nn.AdaptiveLogSoftmaxWithLoss(8, 12, [7, 3])).toThrow("cutoffs should be a sequence of unique");
});

const read = (name: string): Tensor[] =>
  (values[name] as Written[]).map((entry) => entry && torch.tensor(entry.data as number[]).reshape(entry.shape ?? []));

test("MaxUnpool, TripletMarginWithDistanceLoss, Upsampling, convTbc", () => {
  const [picture] = read("unpool2d");
  const [y, places] = F.maxPool2dWithIndices(picture!, 3, 2) as unknown as [Tensor, Tensor];
  const sized = new nn.MaxUnpool2d([3, 3], { stride: 2 });
  check("unpool2d", [picture, new nn.MaxUnpool2d(3, 2)(y, places), sized(y, places, [7, 6])]);
  expect(String(sized)).toBe("MaxUnpool2d(kernel_size=(3, 3), stride=(2, 2), padding=(0, 0))");
  const [a, p, n] = read("triplet") as [Tensor, Tensor, Tensor];
  const distanceFunction = (u: Tensor, v: Tensor): Tensor => u.sub(v).abs().sum(1);
  const loss = new nn.TripletMarginWithDistanceLoss({ distanceFunction, swap: true, margin: 2 });
  check("triplet", [a, p, n, loss(a, p, n)]);
  const [small] = read("upsampling") as [Tensor];
  const nearest = new nn.UpsamplingNearest2d({ scaleFactor: 2 });
  check("upsampling", [small, nearest(small), new nn.UpsamplingBilinear2d([3, 5])(small)]);
  const [x, w, b] = read("convTbc") as [Tensor, Tensor, Tensor];
  check("convTbc", [x, w, b, F.convTbc(x, w, b, 1)]);
  const negative = torch.tensor([-1, 2]);
  expect(F.relu_(negative)).toBe(negative);
  expect(F.threshold_(negative, 1, 20).tolist()).toEqual([20, 2]);
});

test("weight norm, by hooks", () => {
  for (const dim of [0, 1, null]) {
    torch.manualSeed(7);
    const module = nn.utils.weightNorm(new nn.Conv1d(2, 3, 2), "weight", dim);
    const x = torch.randn([1, 2, 4]);
    module(x).square().sum().backward();
    const before = [x, module(x), grads(module as never), Object.keys(module.stateDict())];
    nn.utils.removeWeightNorm(module);
    check(`weightNorm ${dim === null ? "None" : dim}`, [...before, module.weight, Object.keys(module.stateDict())]);
  }
  const twice = nn.utils.weightNorm(new nn.Linear(2, 2));
  expect(() => nn.utils.weightNorm(twice)).toThrow(
    "Cannot register two weight_norm hooks on the same parameter weight",
  );
  expect(() => nn.utils.removeWeightNorm(new nn.Linear(2, 2))).toThrow("weight_norm of 'weight' not found in Linear(");
});

test("spectral norm, by hooks and as a parametrization", () => {
  const makes: [string, () => torch.nn.Linear][] = [
    ["Linear", () => new nn.Linear(4, 3)],
    ["Conv2d", () => new nn.Conv2d(2, 3, 2) as unknown as torch.nn.Linear],
    ["ConvTranspose2d", () => new nn.ConvTranspose2d(2, 3, 2) as unknown as torch.nn.Linear],
  ];
  for (const [name, make] of makes) {
    torch.manualSeed(8);
    const module = nn.utils.spectralNorm(make(), { nPowerIterations: 2 });
    const x = name === "Linear" ? torch.randn([2, 4]) : torch.randn([1, 2, 3, 3]);
    module(x).square().sum().backward();
    const seen = [x, module(x), module.eval()(x), grads(module as never)];
    const state = Object.fromEntries(Object.entries(module.stateDict()).map(([key, value]) => [key, value.clone()]));
    check(`spectralNorm ${name}`, [...seen, state, nn.utils.removeSpectralNorm(module).weight]);

    torch.manualSeed(9);
    const other = parametrizations.spectralNorm(make());
    other(x).square().sum().backward();
    const results = [String(other), other(x), grads(other as never), { ...other.stateDict() }];
    expect(parametrize.isParametrized(other as never, "weight")).toBe(true);
    check(`parametrized ${name}`, [
      ...results,
      parametrize.removeParametrizations(other.eval() as never, "weight")["weight" as never],
    ]);
    expect(other.constructor.name).toBe(name);
  }
});

test("a copy of a module with normed weights has norms of its own", () => {
  for (const norm of [nn.utils.weightNorm, nn.utils.spectralNorm]) {
    const layer = norm(new nn.Linear(3, 2));
    const copy = layer.deepCopy();
    const x = torch.ones(1, 3);
    const before = layer.eval()(x).tolist();
    torch.noGrad(() => [...copy.parameters()].forEach((parameter) => parameter.mul_(2)));
    expect(layer(x).tolist()).toEqual(before);
    expect(copy.eval()(x).tolist()).not.toEqual(before);
    const remove = norm === nn.utils.weightNorm ? nn.utils.removeWeightNorm : nn.utils.removeSpectralNorm;
    const result = copy(x);
    expect(remove(copy)(x).allclose(result)).toBe(true);
    expect(Object.keys(copy.stateDict())).toEqual(["bias", "weight"]);
    expect(Object.keys(layer.stateDict()).length).toBeGreaterThan(2);
  }
  const hooked = new nn.Linear(1, 1);
  const seen: unknown[] = [];
  const handle = hooked.registerForwardHook((module) => void seen.push(module));
  const other = hooked.deepCopy();
  handle.remove();
  hooked(torch.ones(1, 1));
  other(torch.ones(1, 1));
  expect(seen).toEqual([other]);
});

class Symmetric extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.triu().add(x.triu(1).t());
  }
  rightInverse(x: Tensor): Tensor {
    return x.triu();
  }
}
class Twice extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.mul(2);
  }
}

test("a parametrized attribute is computed when it is read, and assigned through rightInverse", () => {
  const layer = new nn.Linear(3, 3);
  const { weight } = layer;
  parametrize.registerParametrization(layer, "weight", new Symmetric());
  expect(layer.weight.equal(layer.weight.t())).toBe(true);
  expect(Object.keys(layer.stateDict())).toEqual(["bias", "parametrizations.weight.original"]);
  expect([...layer.parameters()]).toContain(weight);
  const value = torch.tensor([
    [1, 2, 3],
    [2, 4, 5],
    [3, 5, 6],
  ]);
  layer.weight = value as torch.nn.Parameter;
  expect(layer.weight.equal(value)).toBe(true);
  expect(parametrize.cached(() => layer.weight === layer.weight)).toBe(true);
  expect(layer.weight === layer.weight).toBe(false);
  const copy = layer.deepCopy();
  layer.weight = value.mul(2) as torch.nn.Parameter;
  expect(copy.weight.equal(value)).toBe(true);
  parametrize.registerParametrization(layer, "weight", new Twice());
  expect(layer.weight.equal(value.mul(4))).toBe(true);
  expect(() => (layer.weight = value as torch.nn.Parameter)).toThrow(
    "parametrization Twice does not implement right_inverse.",
  );
  parametrize.removeParametrizations(layer, "weight");
  expect(layer.weight).toBe(weight);
  expect(weight.equal(value.mul(4))).toBe(true);
  expect(String(layer)).toBe("Linear(in_features=3, out_features=3, bias=True)");
  class Wrong extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.sum(0);
    }
  }
  expect(() => parametrize.registerParametrization(layer, "weight", new Wrong())).toThrow(
    "Registering a parametrization may not change the shape of the tensor, unless `unsafe` flag is enabled.\n" +
      "unparametrized shape: torch.Size([3, 3])\nparametrized shape: torch.Size([3])",
  );
  const normed = parametrizations.weightNorm(new nn.Linear(3, 2));
  expect(Object.keys(normed.stateDict())).toEqual([
    "bias",
    "parametrizations.weight.original0",
    "parametrizations.weight.original1",
  ]);
});

test("batch norm is folded into the convolution before it; modules without initialisation", () => {
  torch.manualSeed(10);
  const [conv, norm] = [new nn.Conv2d(2, 3, 2), new nn.BatchNorm2d(3)];
  norm(torch.randn([4, 3, 2, 2]));
  expect(() => nn.utils.fuseConvBnEval(conv, norm)).toThrow("Fusion only for eval!");
  const fused = nn.utils.fuseConvBnEval(conv.eval(), norm.eval());
  check("fuse", [fused.weight.detach(), fused.bias!.detach()]);
  torch.manualSeed(1);
  const first = torch.rand([1]).item();
  torch.manualSeed(1);
  expect(nn.utils.skipInit(nn.Linear, 3, 4).weight.shape).toEqual([4, 3]);
  expect(torch.rand([1]).item()).toBe(first);
});

test("nn.init draws PyTorch's numbers", () => {
  torch.manualSeed(11);
  const { init } = nn;
  const make = (fill: (tensor: Tensor) => Tensor): Tensor => fill(torch.empty([4, 5]));
  check("init", {
    uniform_: make((t) => init.uniform_(t, -1, 2)),
    normal_: make((t) => init.normal_(t, 1, 2)),
    trunc_normal_: make((t) => init.truncNormal_(t)),
    xavier_uniform_: make((t) => init.xavierUniform_(t, 2)),
    xavier_normal_: make((t) => init.xavierNormal_(t)),
    kaiming_uniform_: make((t) => init.kaimingUniform_(t)),
    kaiming_normal_: make((t) => init.kaimingNormal_(t, 0, "fan_out", "relu")),
    orthogonal_: make((t) => init.orthogonal_(t)),
    sparse_: make((t) => init.sparse_(t, 0.5)),
    eye_: make((t) => init.eye_(t)),
    constant_: make((t) => init.constant_(t, 0.5)),
    dirac_: init.dirac_(torch.empty([4, 2, 3, 3]), 2),
  });
  const gains = [
    init.calculateGain("linear"),
    init.calculateGain("tanh"),
    init.calculateGain("relu"),
    init.calculateGain("leaky_relu", 0.2),
    init.calculateGain("leaky_relu"),
    init.calculateGain("selu"),
    init.calculateGain("conv_transpose2d"),
  ];
  check("gains", gains);
});
