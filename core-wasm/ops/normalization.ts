/** softmax and the normalizations of nn.functional. */
import { composite, routine } from "./record.ts";

export const softmax = routine({
  signature: "softmax(input: Tensor, dim: int, dtype: dtype? = null)",
  follows: "torch.softmax",
  doc: "exp(input) / sum(exp(input)) along a dim, without overflow. A `dtype` is what the input is converted to first.",
  shapes: "any; the result has the input's.",
  example: "torch.softmax(torch.tensor([0, 0, Math.log(2)]), 0) // tensor([0.2500, 0.2500, 0.5000])",
  aliases: ["nn.functional.softmax", "special.softmax"],
  implementation: "softmax.softmax",
  derivative: { input: "to(softmaxGradient(grad, result, dim), inputDtype)" },
});

export const logSoftmax = routine({
  signature: "logSoftmax(input: Tensor, dim: int, dtype: dtype? = null)",
  follows: "torch.log_softmax",
  doc: "log(softmax(input)) along a dim, computed so that it does not underflow.",
  shapes: "any; the result has the input's.",
  example: "torch.logSoftmax(torch.tensor([0, 0]), 0) // tensor([-0.6931, -0.6931])",
  aliases: ["nn.functional.logSoftmax", "special.logSoftmax"],
  implementation: "softmax.logSoftmax",
  derivative: { input: "to(logSoftmaxGradient(grad, result, dim), inputDtype)" },
});

export const softmaxBackward = routine({
  signature: "softmaxBackward(grad: Tensor, output: Tensor, dim: int)",
  follows: "torch.softmax",
  doc: "The gradient of softmax from that of its result, in one pass.",
  internal: true,
  implementation: "softmax.softmaxBackward",
});

export const logSoftmaxBackward = routine({
  signature: "logSoftmaxBackward(grad: Tensor, output: Tensor, dim: int)",
  follows: "torch.log_softmax",
  doc: "The gradient of logSoftmax from that of its result, in one pass.",
  internal: true,
  implementation: "softmax.logSoftmaxBackward",
});

export const softmin = composite({
  signature: "softmin(input: Tensor, dim: int, dtype: dtype? = null)",
  follows: "torch.nn.functional.softmin",
  doc: "softmax(-input) along a dim.",
  shapes: "any; the result has the input's.",
  example: "torch.nn.functional.softmin(torch.tensor([0, 0]), 0) // tensor([0.5000, 0.5000])",
  namespace: "nn.functional",
  implementation: "softmax.softmin",
});

// ---- layer normalization

const layer = "input: Tensor, normalizedShape: int[], weight: Tensor?";

export const layerNormOf = routine({
  signature: `layerNormOf(${layer}, bias: Tensor?, eps: float) -> (out: Tensor, mean: Tensor, rstd: Tensor)`,
  follows: "torch.native_layer_norm",
  doc: "Layer normalization with the means and inverse deviations it used.",
  internal: true,
  implementation: "normalization.layerNormOf",
  derivative: {
    "input, weight, bias": "layerNormGradients(grad0, input, result1, result2, weight, normalizedShape, eps)",
  },
});

export const layerNormBackward = routine({
  signature:
    "layerNormBackward(grad: Tensor, input: Tensor, mean: Tensor, rstd: Tensor, weight: Tensor?, normalizedShape: int[]) -> (input: Tensor, weight: Tensor, bias: Tensor)",
  follows: "torch.native_layer_norm",
  doc: "The gradients of layer normalization in one pass.",
  internal: true,
  implementation: "normalization.layerNormBackward",
});

export const nativeLayerNorm = composite({
  signature: `nativeLayerNorm(${layer}, bias: Tensor?, eps: float) -> (out: Tensor, mean: Tensor, rstd: Tensor)`,
  follows: "torch.native_layer_norm",
  doc: "Layer normalization with the means and inverse deviations it used; the latter two carry no gradient.",
  shapes: "input [*, ...normalizedShape]; the means and deviations have [*, 1...].",
  example:
    "torch.nativeLayerNorm(torch.tensor([[1, 3]]), [2], null, null, 1e-5) // [tensor([[-1.0000, 1.0000]]), tensor([[2.]]), tensor([[1.0000]])]",
  variants: ["function"],
  implementation: "normalization.nativeLayerNorm",
});

export const layerNorm = composite({
  signature: `layerNorm(${layer} = null, bias: Tensor? = null, eps: float = 1e-5)`,
  follows: "torch.nn.functional.layer_norm",
  doc: "(input - mean) / sqrt(variance + eps) * weight + bias, with the statistics of the last dims, which have normalizedShape.",
  errors: "RuntimeError if the input does not end in normalizedShape, or weight or bias have another shape.",
  shapes: "input [*, ...normalizedShape]; weight and bias have normalizedShape; the result has the input's.",
  example:
    "torch.nn.functional.layerNorm(torch.tensor([[1, 3], [10, 30]]), [2]) // tensor([[-1.0000, 1.0000], [-1.0000, 1.0000]])",
  namespace: "nn.functional",
  implementation: "normalization.layerNorm",
});

export const rmsNorm = composite({
  signature: "rmsNorm(input: Tensor, normalizedShape: int[], weight: Tensor? = null, eps: float? = null)",
  follows: "torch.nn.functional.rms_norm",
  doc: "input / sqrt(mean(input^2) + eps) * weight over the last dims; eps is the dtype's machine epsilon by default.",
  shapes: "input [*, ...normalizedShape]; weight has normalizedShape; the result has the input's.",
  example: "torch.nn.functional.rmsNorm(torch.tensor([[3, 4]]), [2]) // tensor([[0.8485, 1.1314]])",
  namespace: "nn.functional",
  implementation: "normalization.rmsNorm",
});

// ---- batch normalization

const statistics = "runningMean: Tensor?, runningVar: Tensor?";
const batchInputs = `input: Tensor, weight: Tensor?, bias: Tensor?, ${statistics}`;
const batchResults = "(out: Tensor, saveMean: Tensor, saveInvstd: Tensor)";

export const batchNormOf = routine({
  signature: `batchNormOf(${batchInputs}, training: bool, momentum: float, eps: float) -> ${batchResults}`,
  follows: "torch.native_batch_norm",
  doc: "Batch normalization with the means and inverse deviations it used.",
  internal: true,
  implementation: "normalization.batchNormOf",
  derivative: {
    "input, weight, bias":
      "batchNormGradients(grad0, input, weight, runningMean, runningVar, result1, result2, training, eps)",
  },
});

export const batchNormBackward = routine({
  signature: `batchNormBackward(grad: Tensor, input: Tensor, weight: Tensor?, ${statistics}, saveMean: Tensor, saveInvstd: Tensor, training: bool, eps: float) -> (input: Tensor, weight: Tensor, bias: Tensor)`,
  follows: "torch.native_batch_norm",
  doc: "The gradients of batch normalization in one pass.",
  internal: true,
  implementation: "normalization.batchNormBackward",
});

export const nativeBatchNorm = composite({
  signature: `nativeBatchNorm(${batchInputs}, training: bool, momentum: float, eps: float) -> ${batchResults}`,
  follows: "torch.native_batch_norm",
  doc: "Batch normalization with the means and inverse deviations it used; the latter two carry no gradient.",
  shapes: "input [N, C, ...]; the means and deviations [C].",
  example:
    "torch.nativeBatchNorm(torch.tensor([[1], [3]]), null, null, null, null, true, 0.1, 1e-5) // [tensor([[-1.0000], [1.0000]]), tensor([2.]), tensor([1.0000])]",
  variants: ["function"],
  implementation: "normalization.nativeBatchNorm",
});

export const batchNorm = composite({
  signature: `batchNorm(input: Tensor, ${statistics}, weight: Tensor? = null, bias: Tensor? = null, training: bool = false, momentum: float = 0.1, eps: float = 1e-5)`,
  follows: "torch.nn.functional.batch_norm",
  doc: "Normalizes each channel (dim 1) by the statistics of the batch when training, which the running ones then follow, else by the running ones.",
  errors:
    "ValueError when training on one value per channel; RuntimeError if a vector has not one element per channel.",
  shapes: "input [N, C, ...]; the statistics, weight and bias [C]; the result has the input's.",
  example:
    "torch.nn.functional.batchNorm(torch.tensor([[1, 10], [3, 30]]), null, null, { training: true }) // tensor([[-1.0000, -1.0000], [1.0000, 1.0000]])",
  namespace: "nn.functional",
  implementation: "normalization.batchNorm",
});

// ---- group and instance normalization

export const groupNormOf = routine({
  signature:
    "groupNormOf(input: Tensor, groups: int, weight: Tensor?, bias: Tensor?, eps: float) -> (out: Tensor, mean: Tensor, rstd: Tensor)",
  follows: "torch.native_group_norm",
  doc: "Group normalization with the means and inverse deviations it used.",
  internal: true,
  implementation: "normalization.groupNormOf",
  derivative: {
    "input, weight, bias": "groupNormGradients(grad0, input, result1, result2, weight, groups, eps)",
  },
});

export const groupNormBackward = routine({
  signature:
    "groupNormBackward(grad: Tensor, input: Tensor, mean: Tensor, rstd: Tensor, weight: Tensor?, groups: int) -> (input: Tensor, weight: Tensor, bias: Tensor)",
  follows: "torch.native_group_norm",
  doc: "The gradients of group normalization in one pass.",
  internal: true,
  implementation: "normalization.groupNormBackward",
});

export const groupNorm = composite({
  signature:
    "groupNorm(input: Tensor, numGroups: int, weight: Tensor? = null, bias: Tensor? = null, eps: float = 1e-5)",
  follows: "torch.nn.functional.group_norm",
  doc: "Normalizes each group of channels of each sample by its own statistics; weight and bias are per channel.",
  errors: "RuntimeError if numGroups does not divide the channels.",
  shapes: "input [N, C, *]; weight and bias [C]; the result has the input's.",
  example:
    "torch.nn.functional.groupNorm(torch.tensor([[1, 3, 10, 30]]), 2) // tensor([[-1.0000, 1.0000, -1.0000, 1.0000]])",
  namespace: "nn.functional",
  implementation: "normalization.groupNorm",
});

export const instanceNorm = composite({
  signature:
    "instanceNorm(input: Tensor, runningMean: Tensor? = null, runningVar: Tensor? = null, weight: Tensor? = null, bias: Tensor? = null, useInputStats: bool = true, momentum: float = 0.1, eps: float = 1e-5)",
  follows: "torch.nn.functional.instance_norm",
  doc: "Normalizes each channel of each sample by its own statistics, or by the running ones.",
  shapes: "input [N, C, *]; statistics, weight and bias [C]; the result has the input's.",
  example:
    "torch.nn.functional.instanceNorm(torch.tensor([[[1, 3], [10, 30]]])) // tensor([[[-1.0000, 1.0000], [-1.0000, 1.0000]]])",
  namespace: "nn.functional",
  implementation: "normalization.instanceNorm",
});

export const localResponseNorm = composite({
  signature: "localResponseNorm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1)",
  follows: "torch.nn.functional.local_response_norm",
  doc: "input / (k + alpha * mean of squares over `size` neighbouring channels)^beta.",
  shapes: "[N, C, *]; the result has the input's.",
  example:
    "torch.nn.functional.localResponseNorm(torch.ones(1, 2, 1), 2, { alpha: 2 }) // tensor([[[0.5946], [0.4387]]])",
  namespace: "nn.functional",
  implementation: "normalization.localResponseNorm",
});
