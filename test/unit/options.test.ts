// Every function that takes options refuses a name that it does not have, before it does anything.
import { expect, test } from "vitest";
import * as torch from "flambeau";

const { amp, autograd, func, io, nn, onnx, optim, profiler, safetensors, utils, vision } = torch;
const { functional: F, init } = nn;
const { models, transforms: T } = vision;

// every options object below has this name, which nothing has
const bogus = { bogus: 1 } as never;

const x = torch.ones(2, 3);
const leaf = (): torch.Tensor => torch.ones(1, { requiresGrad: true });
const scalar = torch.ones([], { dtype: "float64", requiresGrad: true });
const image = torch.ones(1, 1, 4, 4);
const data = new utils.data.TensorDataset(torch.ones(4, 2));
const linear = new nn.Linear(2, 2);
const sgd = new optim.SGD(linear.parameters(), { lr: 1 });
const bytes = new Uint8Array(3);
const square = (a: torch.Tensor): torch.Tensor => a.square().sum();
const profile = await profiler.profile(() => x.add(1));
const timer = new utils.benchmark.Timer({ stmt: () => 1 });
const writer = new utils.tensorboard.SummaryWriter("unwritten", { sink: () => {} });
const files = ["a/1.txt"];

/** A call of each with `bogus` where its options stand. */
const CALLS: Record<string, () => unknown> = {
  // autograd
  "Tensor.backward": () => leaf().backward(bogus),
  "Tensor.backward after a gradient": () => leaf().backward(torch.ones(1), bogus),
  "autograd.backward": () => autograd.backward(leaf(), null, bogus),
  "autograd.backward without gradients": () => autograd.backward(leaf(), bogus),
  "autograd.grad": () => autograd.grad(leaf(), leaf(), bogus),
  "autograd.gradcheck": () => autograd.gradcheck(square, scalar, bogus),
  "autograd.gradgradcheck": () => autograd.gradgradcheck(square, scalar, null, bogus),
  "autograd.functional.vjp": () => autograd.functional.vjp(square, scalar, null, bogus),
  "autograd.functional.jvp": () => autograd.functional.jvp(square, scalar, null, bogus),
  "autograd.functional.vhp": () => autograd.functional.vhp(square, scalar, null, bogus),
  "autograd.functional.hvp": () => autograd.functional.hvp(square, scalar, bogus),
  "autograd.functional.jacobian": () => autograd.functional.jacobian(square, scalar, bogus),
  "autograd.functional.hessian": () => autograd.functional.hessian(square, scalar, bogus),
  "func.grad": () => func.grad(square, bogus),
  "func.gradAndValue": () => func.gradAndValue(square, bogus),
  "func.vjp": () => func.vjp(square, x, bogus),
  "func.jvp": () => func.jvp(square, [x], [x], bogus),
  "func.jacrev": () => func.jacrev(square, bogus),
  "func.jacfwd": () => func.jacfwd(square, bogus),
  "func.hessian": () => func.hessian(square, bogus),
  "func.vmap": () => func.vmap(square, bogus),
  "func.vmap after dims": () => func.vmap(square, 0, 0, bogus),
  "utils.checkpoint": () => utils.checkpoint(square, leaf(), { useReentrant: false, ...(bogus as object) } as never),

  // mixed precision, measuring, logging
  "amp.GradScaler": () => new amp.GradScaler(bogus),
  "amp.autocast": () => amp.autocast("cpu", bogus, () => 1),
  "amp.autocast by name": () => amp.autocast({ deviceType: "cpu", ...(bogus as object) }, () => 1),
  "profiler.profile": () => profiler.profile(bogus),
  "profiler.profile of a function": () => profiler.profile(() => 1, bogus),
  "Profile.keyAverages": () => profile.keyAverages(bogus),
  "EventAverages.table": () => profile.keyAverages().table(bogus),
  "utils.benchmark.Timer": () => new utils.benchmark.Timer({ stmt: () => 1, ...(bogus as object) }),
  "Timer.blockedAutorange": () => timer.blockedAutorange(bogus),
  "utils.progress": () => utils.progress([1], bogus),
  "utils.progress without a source": () => utils.progress(bogus),
  "utils.summary": () => utils.summary(linear, [1, 2], bogus),
  "utils.tensorboard.SummaryWriter": () => new utils.tensorboard.SummaryWriter("unwritten", bogus),
  "utils.tensorboard.SummaryWriter without a folder": () => new utils.tensorboard.SummaryWriter(bogus),

  "SummaryWriter.addScalar": () => writer.addScalar("a", 1, bogus),
  "SummaryWriter.addScalars": () => writer.addScalars("a", { b: 1 }, bogus),
  "SummaryWriter.addHistogram": () => writer.addHistogram("a", x, bogus),
  "SummaryWriter.addImage": () => writer.addImage("a", x, 1, bogus),
  "SummaryWriter.addImages": () => writer.addImages("a", image, bogus),
  "SummaryWriter.addText": () => writer.addText("a", "b", bogus),

  // files
  load: () => torch.load(bytes, bogus),
  save: () => (torch.save as (...args: unknown[]) => unknown)({ x }, undefined, bogus),
  "safetensors.load": () => safetensors.load(bytes, bogus),
  "safetensors.loadFile": () => safetensors.loadFile(bytes, bogus),
  "safetensors.open": () => safetensors.open(bytes, bogus),
  "safetensors.save": () => safetensors.save({ x }, bogus),
  "safetensors.saveFile": () => safetensors.saveFile({ x }, undefined, null, bogus),
  "io.loadNpy": () => io.loadNpy(bytes, bogus),
  "io.loadNpz": () => io.loadNpz(bytes, bogus),
  "io.loadPickle": () => io.loadPickle(bytes, bogus),
  "onnx.load": () => onnx.load(bytes, bogus),
  "onnx.export": () => onnx.export(linear, torch.ones(1, 2), bogus),
  "onnx.export to a path": () => onnx.export(linear, torch.ones(1, 2), "unwritten.onnx", bogus),

  // the program's settings
  setPrintOptions: () => torch.setPrintOptions(bogus),
  Generator: () => new torch.Generator(bogus),
  "init of flambeau/manual": async () => (await import("../../dist/manual.js")).init(bogus),
  "webgpu.init": () => torch.webgpu.init(bogus),
  "webgpu.isAvailable": () => torch.webgpu.isAvailable(bogus),

  // modules
  "nn.Parameter": () => new nn.Parameter(x, bogus),
  "nn.Linear": () => new nn.Linear(1, 1, bogus),
  "nn.MultiheadAttention": () => new nn.MultiheadAttention(4, 2, bogus),
  "nn.Embedding.fromPretrained": () => nn.Embedding.fromPretrained(x, bogus),
  "Module.to": () => linear.to({ dtype: "float64", ...(bogus as object) }),
  "Module.stateDict": () => linear.stateDict(bogus),
  "Module.loadStateDict": () => linear.loadStateDict(linear.stateDict(), bogus),
  "Module.zeroGrad": () => linear.zeroGrad(bogus),
  "Module.registerForwardPreHook": () => linear.registerForwardPreHook(() => {}, bogus),
  "Module.registerForwardHook": () => linear.registerForwardHook(() => {}, bogus),
  "Module.registerFullBackwardPreHook": () => linear.registerFullBackwardPreHook(() => {}, bogus),
  "Module.registerFullBackwardHook": () => linear.registerFullBackwardHook(() => {}, bogus),
  "Module.parameters": () => [...linear.parameters(bogus)],
  "Module.namedParameters": () => [...linear.namedParameters(bogus)],
  "Module.buffers": () => [...linear.buffers(bogus)],
  "Module.namedBuffers": () => [...linear.namedBuffers(bogus)],
  "Module.registerBuffer": () => new nn.Linear(1, 1).registerBuffer("mask", x, bogus),
  "nn.init.uniform_": () => init.uniform_(torch.ones(2, 2), bogus),
  "nn.init.normal_": () => init.normal_(torch.ones(2, 2), bogus),
  "nn.init.truncNormal_": () => init.truncNormal_(torch.ones(2, 2), bogus),
  "nn.init.xavierUniform_": () => init.xavierUniform_(torch.ones(2, 2), bogus),
  "nn.init.xavierNormal_": () => init.xavierNormal_(torch.ones(2, 2), bogus),
  "nn.init.orthogonal_": () => init.orthogonal_(torch.ones(2, 2), bogus),
  "nn.init.sparse_": () => init.sparse_(torch.ones(2, 2), 0.5, bogus),
  "nn.init.dirac_": () => init.dirac_(torch.ones(1, 1, 3), bogus),
  "nn.init.kaimingUniform_": () => init.kaimingUniform_(torch.ones(2, 2), bogus),
  "nn.init.kaimingNormal_": () => init.kaimingNormal_(torch.ones(2, 2), bogus),
  "nn.utils.clipGradNorm_": () => nn.utils.clipGradNorm_(linear.parameters(), 1, bogus),
  "nn.utils.clipGradValue_": () => nn.utils.clipGradValue_(linear.parameters(), 1, bogus),
  "nn.utils.parametrize.registerParametrization": () =>
    nn.utils.parametrize.registerParametrization(new nn.Linear(2, 2), "weight", new nn.Identity() as never, bogus),
  "nn.utils.parametrize.removeParametrizations": () =>
    nn.utils.parametrize.removeParametrizations(new nn.Linear(2, 2), "weight", bogus),
  "nn.utils.parametrizations.weightNorm": () => nn.utils.parametrizations.weightNorm(new nn.Linear(2, 2), bogus),
  "nn.utils.parametrizations.spectralNorm": () => nn.utils.parametrizations.spectralNorm(new nn.Linear(2, 2), bogus),
  "nn.utils.weightNorm": () => nn.utils.weightNorm(new nn.Linear(2, 2), bogus),
  "nn.utils.spectralNorm": () => nn.utils.spectralNorm(new nn.Linear(2, 2), bogus),
  "nn.utils.rnn.padSequence": () => nn.utils.rnn.padSequence([x], bogus),
  "nn.utils.rnn.packSequence": () => nn.utils.rnn.packSequence([x], bogus),
  "nn.utils.rnn.unpadSequence": () => nn.utils.rnn.unpadSequence(x, torch.tensor([2n]), bogus),
  "nn.utils.rnn.packPaddedSequence": () => nn.utils.rnn.packPaddedSequence(torch.ones(2, 1, 1), [2], bogus),
  "nn.utils.rnn.padPackedSequence": () => nn.utils.rnn.padPackedSequence(nn.utils.rnn.packSequence([x]), bogus),
  "optim.SGD": () => new optim.SGD(linear.parameters(), bogus),
  "optim.LBFGS": () => new optim.LBFGS(linear.parameters(), bogus),
  "Optimizer.zeroGrad": () => sgd.zeroGrad(bogus),
  "optim.lrScheduler.StepLR": () => new optim.lrScheduler.StepLR(sgd, bogus),
  "optim.lrScheduler.SequentialLR": () =>
    new optim.lrScheduler.SequentialLR(sgd, [new optim.lrScheduler.ConstantLR(sgd)], [], bogus),
  "optim.lrScheduler.CyclicLR": () => new optim.lrScheduler.CyclicLR(sgd, 1, 2, bogus),
  "optim.lrScheduler.OneCycleLR": () => new optim.lrScheduler.OneCycleLR(sgd, bogus),
  "optim.lrScheduler.ReduceLROnPlateau": () => new optim.lrScheduler.ReduceLROnPlateau(sgd, bogus),
  "optim.swaUtils.AveragedModel": () => new optim.swaUtils.AveragedModel(linear, bogus),
  "optim.swaUtils.SWALR": () => new optim.swaUtils.SWALR(sgd, 1, bogus),

  // data
  "utils.data.DataLoader": () => new utils.data.DataLoader(data, bogus),
  "utils.data.randomSplit": () => utils.data.randomSplit(data, [2, 2], bogus),
  "utils.data.RandomSampler": () => new utils.data.RandomSampler(data, bogus),
  "utils.data.SubsetRandomSampler": () => new utils.data.SubsetRandomSampler([1], bogus),
  "utils.data.WeightedRandomSampler": () => new utils.data.WeightedRandomSampler([1], 1, bogus),

  // functions
  tensor: () => torch.tensor([1], bogus),
  asTensor: () => torch.asTensor([1], bogus),
  fromNumpy: () => torch.fromNumpy(bytes, bogus),
  fromBuffer: () => torch.fromBuffer(bytes, bogus),
  ones: () => torch.ones(2, bogus),
  full: () => torch.full([2], 1, bogus),
  fullLike: () => torch.fullLike(x, 1, bogus),
  arange: () => torch.arange(3, bogus),
  linspace: () => torch.linspace(0, 1, 3, bogus),
  logspace: () => torch.logspace(0, 1, 3, bogus),
  range: () => torch.range(0, 1, bogus),
  eye: () => torch.eye(2, bogus),
  trilIndices: () => torch.trilIndices(2, 2, bogus),
  emptyStrided: () => torch.emptyStrided([1], [1], bogus),
  rand: () => torch.rand(2, bogus),
  randint: () => torch.randint(0, 2, [2], bogus),
  randintLike: () => torch.randintLike(x, 2, bogus),
  randLike: () => torch.randLike(x, bogus),
  randperm: () => torch.randperm(2, bogus),
  normal: () => torch.normal(0, 1, [2], bogus),
  bernoulli: () => torch.bernoulli(x, bogus),
  multinomial: () => torch.multinomial(x, 1, bogus),
  hannWindow: () => torch.hannWindow(2, bogus),
  "Tensor.newZeros": () => x.newZeros(2, bogus),
  "Tensor.newFull": () => x.newFull([2], 1, bogus),
  "Tensor.normal_": () => torch.ones(2).normal_(bogus),
  "Tensor.uniform_": () => torch.ones(2).uniform_(bogus),
  "Tensor.random_": () => torch.ones(2).random_(bogus),
  "Tensor.bernoulli_": () => torch.ones(2).bernoulli_(0.5, bogus),
  "Tensor.geometric_": () => torch.ones(2).geometric_(0.5, bogus),
  "Tensor.cauchy_": () => torch.ones(2).cauchy_(0, bogus),
  "Tensor.logNormal_": () => torch.ones(2).logNormal_(1, 2, bogus),
  "Tensor.exponential_": () => torch.ones(2).exponential_(1, bogus),
  "Tensor.to": () => x.to(bogus),
  "Tensor.float": () => x.float(bogus),
  "Tensor.contiguous": () => (x.contiguous as (options: unknown) => unknown)(bogus),
  "Tensor.isContiguous": () => x.isContiguous(bogus),
  "Tensor.clone": () => (x.clone as (options: unknown) => unknown).call(x, bogus),
  "Tensor.data": () => x.data(bogus),
  "Tensor.fillDiagonal_": () => torch.ones(2, 2).fillDiagonal_(1, bogus),
  clone: () => torch.clone(x, bogus),
  sum: () => torch.sum(x, 0, bogus),
  max: () => torch.max(x, bogus),
  median: () => torch.median(x, bogus),
  std: () => torch.std(x, bogus),
  norm: () => torch.norm(x, bogus),
  nonzero: () => torch.nonzero(x, bogus),
  unique: () => torch.unique(x, bogus),
  uniqueConsecutive: () => torch.uniqueConsecutive(x, bogus),
  uniqueAsync: () => torch.uniqueAsync(x, bogus),
  histogram: () => torch.histogram(x, 2, bogus),
  tensorSplit: () => torch.tensorSplit(x, 2, bogus),
  meshgrid: () => torch.meshgrid([torch.ones(1)], bogus),
  tensordot: () => torch.tensordot(x, x, bogus),
  gradient: () => torch.gradient(x, bogus),
  stft: () => torch.stft(torch.ones(10), 4, bogus),
  istft: () => torch.istft(torch.ones(3, 2), 4, bogus),
  "fft.fft": () => torch.fft.fft(torch.ones(10), bogus),
  "fft.fft2": () => torch.fft.fft2(x, bogus),
  "fft.fftfreq": () => torch.fft.fftfreq(2, 1, bogus),
  "linalg.svd": () => torch.linalg.svd(x, bogus),
  "linalg.norm": () => torch.linalg.norm(x, bogus),
  "linalg.cond": () => torch.linalg.cond(x, bogus),
  "linalg.lstsq": () => torch.linalg.lstsq(x, x, bogus),
  "linalg.matrixRank": () => torch.linalg.matrixRank(x, bogus),
  "linalg.pinv": () => torch.linalg.pinv(x, bogus),
  "linalg.luSolve": () => torch.linalg.luSolve(x, x, x, bogus),
  svd: () => torch.svd(x, bogus),
  qr: () => torch.qr(x, bogus),
  lu: () => torch.lu(x, bogus),
  "nn.functional.conv2d": () => F.conv2d(image, torch.ones(1, 1, 1, 1), bogus),
  "nn.functional.maxPool2d": () => F.maxPool2d(image, 2, bogus),
  "nn.functional.adaptiveMaxPool2d": () => F.adaptiveMaxPool2d(image, 2, bogus),
  "nn.functional.interpolate": () => F.interpolate(image, bogus),
  "nn.functional.gumbelSoftmax": () => F.gumbelSoftmax(x, bogus),
  "nn.functional.crossEntropy": () => F.crossEntropy(x, torch.tensor([0n, 1n]), bogus),
  "nn.functional.dropout": () => F.dropout(x, bogus),
  "nn.functional.scaledDotProductAttention": () => F.scaledDotProductAttention(x, x, x, bogus),
  "nn.functional.tripletMarginWithDistanceLoss": () => F.tripletMarginWithDistanceLoss(x, x, x, bogus),

  // vision
  "vision.models.ResNet": () => new models.ResNet(models.BasicBlock, [1, 1, 1, 1], bogus),
  "vision.models.resnet18": () => models.resnet18(bogus),
  "vision.models.resnet34": () => models.resnet34(bogus),
  "vision.models.resnet50": () => models.resnet50(bogus),
  "vision.models.resnet101": () => models.resnet101(bogus),
  "vision.models.resnet152": () => models.resnet152(bogus),
  "vision.datasets.MNIST": () => new vision.datasets.MNIST("nowhere", bogus),
  "vision.datasets.MNIST.load": () => vision.datasets.MNIST.load("nowhere", bogus),
  "vision.datasets.FashionMNIST": () => new vision.datasets.FashionMNIST("nowhere", bogus),
  "vision.datasets.CIFAR10": () => new vision.datasets.CIFAR10("nowhere", bogus),
  "vision.datasets.CIFAR100.load": () => vision.datasets.CIFAR100.load("nowhere", bogus),
  "vision.datasets.FakeData": () => new vision.datasets.FakeData(bogus),
  "vision.datasets.DatasetFolder": () =>
    new vision.datasets.DatasetFolder("nowhere", {
      loader: () => 1,
      extensions: [".txt"],
      files,
      ...(bogus as object),
    }),
  "vision.datasets.ImageFolder": () => new vision.datasets.ImageFolder("nowhere", bogus),
  "vision.datasets.utils.downloadUrl": () => vision.datasets.utils.downloadUrl("https://[", "nowhere", bogus),
  "vision.utils.makeGrid": () => vision.utils.makeGrid(image, bogus),
  "vision.utils.saveImage": () => vision.utils.saveImage(image, null, bogus),
  CenterCrop: () => new T.CenterCrop(bogus),
  Compose: () => new T.Compose(bogus),
  "Compose of a list": () => new (T.Compose as new (...args: unknown[]) => unknown)([], bogus),
  ConvertImageDtype: () => new T.ConvertImageDtype(bogus),
  FiveCrop: () => new T.FiveCrop(bogus),
  TenCrop: () => new T.TenCrop(4, bogus),
  Lambda: () => new T.Lambda(bogus),
  Normalize: () => new T.Normalize([0], [1], bogus),
  RandomApply: () => new T.RandomApply([], bogus),
  RandomChoice: () => new T.RandomChoice([], bogus),
  RandomOrder: () => new T.RandomOrder(bogus),
  ToTensor: () => new (T.ToTensor as new (options: unknown) => unknown)(bogus),
  PILToTensor: () => new (T.PILToTensor as new (options: unknown) => unknown)(bogus),
  ToPILImage: () => new (T.ToPILImage as new (options: unknown) => unknown)(bogus),
  "functional.resize": () => T.functional.resize(image, 2, bogus),
  "functional.resizedCrop": () => T.functional.resizedCrop(image, 0, 0, 1, 1, 2, bogus),
  "functional.pad": () => T.functional.pad(image, 1, bogus),
  "functional.rotate": () => T.functional.rotate(image, 1, bogus),
  "functional.affine": () => T.functional.affine(image, 1, [0, 0], 1, 0, bogus),
  "functional.tenCrop": () => T.functional.tenCrop(image, 2, bogus),
  "functional.normalize": () => T.functional.normalize(image, [0], [1], bogus),
  "functional.adjustGamma": () => T.functional.adjustGamma(image, 1, bogus),
  "functional.erase": () => T.functional.erase(image, 0, 0, 1, 1, 0, bogus),
  Resize: () => new T.Resize(4, bogus),
  Pad: () => new T.Pad(1, bogus),
  RandomCrop: () => new T.RandomCrop(4, bogus),
  RandomResizedCrop: () => new T.RandomResizedCrop(4, bogus),
  RandomHorizontalFlip: () => new T.RandomHorizontalFlip(bogus),
  RandomRotation: () => new T.RandomRotation(4, bogus),
  RandomAffine: () => new T.RandomAffine(4, bogus),
  Grayscale: () => new T.Grayscale(bogus),
  RandomGrayscale: () => new T.RandomGrayscale(bogus),
  ColorJitter: () => new T.ColorJitter(bogus),
  GaussianBlur: () => new T.GaussianBlur(3, bogus),
  RandomErasing: () => new T.RandomErasing(bogus),
};

/** What a call throws, or its promise is rejected with. */
async function failure(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  return new Error("no error");
}

test.each(Object.entries(CALLS))("%s refuses an unknown option", async (_, call) => {
  const { name, message } = await failure(call);
  expect([name, message]).toEqual([
    "TypeError",
    expect.stringMatching(/got an unexpected keyword argument 'bogus'|metadata must be strings, but 'bogus' is int/),
  ]);
});

test("a name in Python's spelling is answered with the one that is meant", () => {
  const python = { retain_graph: true } as never;
  expect(() => leaf().backward(python)).toThrow(
    "backward() got an unexpected keyword argument 'retain_graph' (names are camelCase: retainGraph)",
  );
  expect(() => nn.utils.clipGradNorm_(leaf(), 1, { norm_type: 1 } as never)).toThrow(
    "clipGradNorm_() got an unexpected keyword argument 'norm_type' (names are camelCase: normType)",
  );
  expect(() => func.vmap(square, { in_dims: 1 } as never)).toThrow("(names are camelCase: inDims)");
  expect(() => utils.checkpoint(square, leaf(), { use_reentrant: false } as never)).toThrow(
    "(names are camelCase: useReentrant)",
  );
  const groups = [{ params: linear.parameters(), weight_decay: 0.1 }];
  expect(() => new optim.SGD(groups, { lr: 1 })).toThrow("(names are camelCase: weightDecay)");
});

test("what is refused has changed nothing", async () => {
  const root = leaf();
  const y = root.mul(2);
  expect(() => y.backward({ createGraph: true, ...(bogus as object) })).toThrow("bogus");
  expect(root.grad).toBeNull();
  const layer = new nn.Linear(1, 1);
  const state = { weight: torch.ones(1, 1), bias: torch.ones(1) };
  expect(() => layer.loadStateDict(state, { assign: true } as never)).toThrow("'assign'");
  expect(layer.weight.equal(state.weight)).toBe(false);
  expect(() => torch.setPrintOptions({ precision: 1, sci_mode: true } as never)).toThrow("sciMode");
  expect(String(torch.tensor(0.125))).toBe("tensor(0.1250)");
  let calls = 0;
  await expect(profiler.profile(() => calls++, { record_shapes: true } as never)).rejects.toThrow("recordShapes");
  expect(calls).toBe(0);
});

test("known names may be undefined, and by position or by name is the same", () => {
  const layer = new nn.Linear(1, 1);
  const state = { weight: torch.ones(1, 1) };
  const unseeded = { replacement: undefined, numSamples: undefined, generator: undefined } as never;
  expect(new utils.data.RandomSampler(data, unseeded).length).toBe(4);
  expect(layer.loadStateDict(state, { strict: false }).missingKeys).toEqual(["bias"]);
  expect(layer.loadStateDict(state, false).missingKeys).toEqual(["bias"]);
  expect(new utils.data.RandomSampler(data, true, 7).length).toBe(7);
  const generator = (): torch.Generator => new torch.Generator({ device: "cpu" }).manualSeed(3);
  const split = (...rest: [torch.Generator] | [{ generator: torch.Generator }]): unknown =>
    utils.data.randomSplit(data, [2, 2], ...rest)[0]!.indices;
  expect(split(generator())).toEqual(split({ generator: generator() }));
  layer(torch.ones(1, 1)).sum().backward();
  layer.zeroGrad({ setToNone: false });
  expect(layer.weight.grad!.item()).toBe(0);
  const ranged = torch.zeros(50).random_({ from: 5, to: 6 });
  expect(ranged.unique().tolist()).toEqual([5]);
  const net = new nn.Sequential(layer);
  expect([...net.parameters({ recurse: false })]).toEqual([]);
  expect([...net.namedParameters({ prefix: "net" })].map(([name]) => name)).toEqual(["net.0.weight", "net.0.bias"]);
  layer.registerBuffer("mask", torch.ones(1), { persistent: false });
  expect(Object.keys(layer.stateDict())).toEqual(["weight", "bias"]);
  expect(init.truncNormal_(torch.ones(99), { std: 0.1, a: -0.1, b: 0.1 }).abs().max().item()).toBeLessThan(0.11);
  const root = leaf();
  autograd.backward(root.mul(3), { gradTensors: torch.ones(1), retainGraph: true });
  expect(root.grad!.item()).toBe(3);
  expect(autograd.grad(root.mul(3), root, null, true)[0]!.item()).toBe(3);
});

test("pretrained weights are asked for in vain, with the way to them", () => {
  const load = /^resnet18\(\): no weights .* model\.loadStateDict\(await torch\.load\("resnet18-f37072fd\.pth"\)\)$/;
  for (const given of [{ weights: "DEFAULT" }, { pretrained: true }, "IMAGENET1K_V1", true]) {
    expect(() => models.resnet18(given as never)).toThrow(load);
  }
  expect(() => models.resnet50({ pretrained: true } as never)).toThrow("resnet50-0676ba61.pth");
  expect(models.resnet18({ numClasses: 2, weights: null, pretrained: false } as never).fc).toBeInstanceOf(nn.Linear);
});

test("transforms that are no transforms say what they are", () => {
  expect(() => new (T.Image as new () => unknown)()).toThrow("an Image is of a uint8 tensor [C, H, W], not NoneType");
  for (const name of ["Transform", "ImageTransform"] as const) {
    expect(() => new (T[name] as unknown as new () => unknown)()).toThrow(`${name} is abstract`);
  }
});
