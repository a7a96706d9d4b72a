/** Random tensors: PyTorch's own streams. Factories and generators have their public form in bindings/tensor/random.ts. */
import { composite, routine } from "./record.ts";

const inplace = ["inplace"] as const;

export const rand = routine({
  signature: "rand(size: int[], generator: int = 0, dtype: dtype? = null, device: int = 0)",
  follows: "torch.rand",
  doc: "Uniform samples in [0, 1).",
  implementation: "random.rand",
  variants: [],
});

export const randn = routine({
  signature: "randn(size: int[], generator: int = 0, dtype: dtype? = null, device: int = 0)",
  follows: "torch.randn",
  doc: "Standard normal samples.",
  implementation: "random.randn",
  variants: [],
});

export const randint = routine({
  signature:
    "randint(low: Scalar, high: Scalar, size: int[], generator: int = 0, dtype: dtype? = null, device: int = 0)",
  follows: "torch.randint",
  doc: "Uniform integers from low to before high.",
  implementation: "random.randint",
  variants: [],
});

export const randperm = routine({
  signature: "randperm(n: int, generator: int = 0, dtype: dtype? = null, device: int = 0)",
  follows: "torch.randperm",
  doc: "The integers from 0 to n - 1 in random order.",
  implementation: "random.randperm",
  variants: [],
});

export const normalOf = routine({
  signature:
    "normalOf(mean: TensorOrScalar, std: TensorOrScalar, size: int[]? = null, generator: int = 0, dtype: dtype? = null, device: int = 0)",
  follows: "torch.normal",
  doc: "Normal samples with means and standard deviations given by tensors or numbers.",
  implementation: "random.normal",
  variants: [],
});

export const uniform = routine({
  signature: "uniform(input: Tensor, from: float = 0, to: float = 1, generator: int = 0)",
  follows: "torch.Tensor.uniform_",
  doc: "Uniform samples in [from, to).",
  shapes: "any.",
  example: "torch.zeros(1000).uniform_(2, 3).min().item() >= 2 // true",
  implementation: "random.uniform",
  variants: inplace,
});

export const normal = routine({
  signature: "normal(input: Tensor, mean: float = 0, std: float = 1, generator: int = 0)",
  follows: "torch.Tensor.normal_",
  doc: "Normal samples.",
  shapes: "any.",
  example: "torch.zeros(1000).normal_(1, 2).std().sub(2).abs().item() < 0.2 // true",
  implementation: "random.normalFill",
  variants: inplace,
});

export const bernoulliOf = routine({
  signature: "bernoulliOf(input: Tensor, p: TensorOrScalar, generator: int = 0)",
  follows: "torch.Tensor.bernoulli_",
  doc: "What bernoulli_ writes: 1 with probability p, else 0.",
  implementation: "random.bernoulliFill",
  variants: [],
});

export const bernoulli = routine({
  signature: "bernoulli(input: Tensor, p: float? = null, generator: int = 0)",
  follows: "torch.bernoulli",
  doc: "1 with the probability that the input's element is (or p), else 0.",
  shapes: "any; the result has the input's.",
  example: "torch.bernoulli(torch.tensor([0, 1, 1])) // tensor([0., 1., 1.])",
  implementation: "random.bernoulli",
  derivative: { input: "zerosOf(inputShape, grad)" },
});

export const exponential = routine({
  signature: "exponential(input: Tensor, lambd: float = 1, generator: int = 0)",
  follows: "torch.Tensor.exponential_",
  doc: "Exponential samples of rate lambd.",
  shapes: "any.",
  example: "torch.zeros(1000).exponential_(2).mean().sub(0.5).abs().item() < 0.1 // true",
  implementation: "random.exponential",
  variants: inplace,
});

export const geometric = routine({
  signature: "geometric(input: Tensor, p: float, generator: int = 0)",
  follows: "torch.Tensor.geometric_",
  doc: "The number of trials up to the first success of probability p.",
  shapes: "any.",
  example: "torch.zeros(1000).geometric_(0.5).mean().sub(2).abs().item() < 0.2 // true",
  implementation: "random.geometric",
  variants: inplace,
});

export const cauchy = routine({
  signature: "cauchy(input: Tensor, median: float = 0, sigma: float = 1, generator: int = 0)",
  follows: "torch.Tensor.cauchy_",
  doc: "Cauchy samples.",
  shapes: "any.",
  example: "torch.zeros(1000).cauchy_().median().abs().item() < 0.2 // true",
  implementation: "random.cauchy",
  variants: inplace,
});

export const logNormal = routine({
  signature: "logNormal(input: Tensor, mean: float = 1, std: float = 2, generator: int = 0)",
  follows: "torch.Tensor.log_normal_",
  doc: "The exponential of normal samples.",
  shapes: "any.",
  example: "torch.zeros(1000).logNormal_(0, 1).log().mean().abs().item() < 0.2 // true",
  implementation: "random.logNormal",
  variants: inplace,
});

export const random = routine({
  signature: "random(input: Tensor, from: Scalar? = null, to: Scalar? = null, generator: int = 0)",
  follows: "torch.Tensor.random_",
  doc: "Uniform integers from `from` (0 if only one bound is given) to before `to`; without bounds, all that the dtype holds exactly.",
  shapes: "any.",
  example: "torch.zeros(4).random_(5, 6) // tensor([5., 5., 5., 5.])",
  implementation: "random.random",
  variants: inplace,
});

export const multinomial = routine({
  signature: "multinomial(input: Tensor, numSamples: int, replacement: bool = false, generator: int = 0)",
  follows: "torch.multinomial",
  doc: "Indices drawn with the weights in each row.",
  shapes: "input [N] or [rows, N]; the result has numSamples along the last dim.",
  example: "torch.multinomial(torch.tensor([0, 0, 1]), 2, true) // tensor([2, 2])",
  implementation: "random.multinomial",
});

export const dropout = composite({
  signature: "dropout(input: Tensor, p: float = 0.5, training: bool = true)",
  follows: "torch.nn.functional.dropout",
  doc: "Zero with probability p, else scaled by 1 / (1 - p); in evaluation the input itself.",
  shapes: "any; the result has the input's.",
  example: "torch.nn.functional.dropout(torch.tensor([1, 2]), 0.5, false) // tensor([1., 2.])",
  implementation: "random.dropout",
  namespace: "nn.functional",
  variants: ["function", "inplace"],
});

export const featureDropout = composite({
  signature: "featureDropout(input: Tensor, p: float = 0.5, training: bool = true)",
  follows: "torch.feature_dropout",
  doc: "dropout of whole channels (dim 1) of every sample.",
  shapes: "[N, C, *]; the result has the input's.",
  example: "torch.nn.functional.featureDropout(torch.ones(1, 2, 2), 0.5, false) // tensor([[[1., 1.], [1., 1.]]])",
  aliases: ["dropout1d", "dropout2d", "dropout3d"],
  implementation: "random.featureDropout",
  namespace: "nn.functional",
  variants: ["function", "inplace"],
});

export const alphaDropout = composite({
  signature: "alphaDropout(input: Tensor, p: float = 0.5, training: bool = false)",
  follows: "torch.nn.functional.alpha_dropout",
  doc: "dropout that keeps mean and variance of inputs that went through selu.",
  shapes: "any; the result has the input's.",
  example: "torch.nn.functional.alphaDropout(torch.tensor([1, 2]), 0.5, false) // tensor([1., 2.])",
  implementation: "random.alphaDropout",
  namespace: "nn.functional",
  variants: ["function", "inplace"],
});

export const featureAlphaDropout = composite({
  signature: "featureAlphaDropout(input: Tensor, p: float = 0.5, training: bool = false)",
  follows: "torch.nn.functional.feature_alpha_dropout",
  doc: "alphaDropout of whole channels.",
  shapes: "[N, C, *]; the result has the input's.",
  example: "torch.nn.functional.featureAlphaDropout(torch.ones(1, 2, 2), 0.5, false) // tensor([[[1., 1.], [1., 1.]]])",
  implementation: "random.featureAlphaDropout",
  namespace: "nn.functional",
  variants: ["function", "inplace"],
});

export const rreluSlopes = routine({
  signature: "rreluSlopes(input: Tensor, lower: float, upper: float)",
  follows: "torch.nn.functional.rrelu",
  doc: "The factors of rrelu in training.",
  implementation: "random.rreluSlopes",
  internal: true,
});

export const gumbelSoftmax = composite({
  signature: "gumbelSoftmax(logits: Tensor, tau: float = 1, hard: bool = false, eps: float = 1e-10, dim: int = -1)",
  follows: "torch.nn.functional.gumbel_softmax",
  doc: "Samples of the Gumbel-softmax distribution, with `hard` as one-hot vectors that keep its gradient.",
  shapes: "any; the result has the input's.",
  example: "torch.nn.functional.gumbelSoftmax(torch.zeros(2, 3), 1, true).sum(1) // tensor([1., 1.])",
  implementation: "random.gumbelSoftmax",
  namespace: "nn.functional",
});
