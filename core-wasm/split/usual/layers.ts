// The layers and losses that models are made of, each forward, backward and in eval mode.
import * as torch from "flambeau";

const { nn } = torch;
const F = nn.functional;

function once(name: string, run: () => torch.Tensor): void {
  try {
    torch.scope(() => {
      const out = run();
      if (out.requiresGrad) out.square().mean().backward();
    });
  } catch (cause) {
    throw new Error(name, { cause });
  }
}

function layers(): void {
  const flat = () => torch.randn(6, 8, { requiresGrad: true });
  const wave = () => torch.randn(2, 8, 12, { requiresGrad: true });
  const image = () => torch.randn(2, 8, 12, 12, { requiresGrad: true });
  const activations = [
    ["ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardsigmoid", "Hardswish", "Sigmoid", "Tanh", "LogSigmoid"],
    ["Softsign", "Tanhshrink", "ELU", "CELU", "GELU", "GLU", "Hardshrink", "Softshrink", "Hardtanh", "LeakyReLU"],
    ["Softplus", "PReLU", "Softmax2d"],
  ].flat() as "ReLU"[];
  for (const name of activations) {
    const layer = new nn[name]();
    once(name, () => layer(image()));
    layer.eval();
    once(name, () => layer(image()));
  }
  const plain: Record<string, [torch.nn.AnyModule, () => torch.Tensor]> = {
    softmax: [new nn.Softmax(-1), flat],
    softmax1: [new nn.Softmax(1), image],
    logSoftmax: [new nn.LogSoftmax(-1), flat],
    logSoftmax1: [new nn.LogSoftmax(1), image],
    geluTanh: [new nn.GELU("tanh"), flat],
    identity: [new nn.Identity(), flat],
    flatten: [new nn.Flatten(), image],
    unflatten: [new nn.Unflatten(1, [2, 4]), flat],
    max1: [new nn.MaxPool1d(2), wave],
    max2: [new nn.MaxPool2d(3, 2, 1), image],
    avg1: [new nn.AvgPool1d(2), wave],
    avg2: [new nn.AvgPool2d(3, 2, 1), image],
    adaptive1: [new nn.AdaptiveAvgPool1d(5), wave],
    adaptive2: [new nn.AdaptiveAvgPool2d([5, 1]), image],
    dropout: [new nn.Dropout(), flat],
    dropout1: [new nn.Dropout1d(), wave],
    dropout2: [new nn.Dropout2d(), image],
    batch1: [new nn.BatchNorm1d(8), flat],
    batch1d: [new nn.BatchNorm1d(8), wave],
    batch2: [new nn.BatchNorm2d(8), image],
    layer: [new nn.LayerNorm([12, 12]), image],
    rms: [new nn.RMSNorm(12), image],
    reflect: [new nn.ReflectionPad2d(2), image],
    zero: [new nn.ZeroPad2d(2), image],
    constant: [new nn.ConstantPad1d(2, 1), wave],
    shuffle: [new nn.PixelShuffle(2), image],
    unshuffle: [new nn.PixelUnshuffle(2), image],
    conv1: [new nn.Conv1d(8, 4, 3), wave],
    conv2: [new nn.Conv2d(8, 4, 3, { paddingMode: "reflect", padding: 1 }), image],
    conv2same: [new nn.Conv2d(8, 4, 3, { padding: "same" }), image],
    conv2wide: [new nn.Conv2d(8, 40, 7, { stride: 2, padding: 3 }), image],
    transposed1: [new nn.ConvTranspose1d(8, 4, 3, { stride: 2 }), wave],
    transposed2: [new nn.ConvTranspose2d(8, 4, 3, { stride: 2, padding: 1, outputPadding: 1 }), image],
  };
  for (const [name, [layer, input]] of Object.entries(plain)) {
    const forward = layer as unknown as (x: torch.Tensor) => torch.Tensor;
    once(name, () => forward(input()));
    layer.eval();
    once(name, () => forward(input()));
    once(name, () => torch.noGrad(() => forward(input())));
  }
  once("linear", () => new nn.Linear(12, 5, { bias: false })(image()));
  once("linear of a batch", () => new nn.Linear(160, 96)(torch.randn(40, 160)));
}

function losses(): void {
  const x = () => torch.randn(6, 5, { requiresGrad: true });
  const p = () => x().sigmoid();
  const y = torch.rand(6, 5);
  const classes = torch.randint(0, 5, [6]);
  const pixels = () => torch.randn(2, 5, 4, 4, { requiresGrad: true });
  const labels = torch.randint(0, 5, [2, 4, 4]);
  for (const reduction of ["mean", "sum", "none"] as const) {
    once("l1", () => new nn.L1Loss({ reduction })(x(), y));
    once("mse", () => new nn.MSELoss({ reduction })(x(), y));
    once("huber", () => new nn.HuberLoss({ reduction })(x(), y));
    once("smooth", () => new nn.SmoothL1Loss({ reduction })(x(), y));
    once("bce", () => new nn.BCELoss({ reduction })(p(), y));
    once("bceWeight", () => new nn.BCEWithLogitsLoss({ reduction, posWeight: torch.ones(5) })(x(), y));
    once("bceLogits", () => new nn.BCEWithLogitsLoss({ reduction })(x(), y));
    once("nll", () => new nn.NLLLoss({ reduction })(x().logSoftmax(1), classes));
    once("cross", () => new nn.CrossEntropyLoss({ reduction })(x(), classes));
    once("crossWeight", () => new nn.CrossEntropyLoss({ reduction, weight: torch.ones(5) })(x(), classes));
    once("crossSmooth", () => new nn.CrossEntropyLoss({ reduction, labelSmoothing: 0.1 })(x(), classes));
    once("crossSoft", () => new nn.CrossEntropyLoss({ reduction })(x(), y.softmax(1)));
    once("pixels", () => new nn.CrossEntropyLoss({ reduction, ignoreIndex: 0 })(pixels(), labels));
    once("kl", () => new nn.KLDivLoss({ reduction })(x().logSoftmax(1), y.softmax(1)));
  }
  once("functional", () => F.logSoftmax(x(), 1).exp().sum());
  once("normalize", () => F.normalize(x()));
  once("oneHot", () => x().mul(F.oneHot(classes, 5).float()));
}

export const layersAndLosses = [layers, losses];
