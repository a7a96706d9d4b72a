/** Losses of nn.functional. */
import { grad, m, type Value } from "./expression.ts";
import { composite, elementwise, routine } from "./record.ts";

const REDUCTION = 'reduction: "none"|"mean"|"sum"';
const reductionDoc = "`reduction` says whether the losses are averaged, summed or returned as they are.";
const loss = { namespace: "nn.functional" } as const;

// ---- negative log likelihood and cross entropy

export const nllLossOf = routine({
  signature:
    "nllLossOf(input: Tensor, target: Tensor, weight: Tensor?, reduction: int, ignoreIndex: int) -> (result: Tensor, totalWeight: Tensor)",
  follows: "torch.nn.functional.nll_loss",
  doc: "The loss and the sum of the weights of the targets.",
  internal: true,
  implementation: "loss.nllLossOf",
  derivative: {
    input: "nllLossBackward(grad0, target, weight, result1, inputShape, inputDtype, reduction, ignoreIndex)",
  },
});

export const nllLossBackward = routine({
  signature:
    "nllLossBackward(grad: Tensor, target: Tensor, weight: Tensor?, totalWeight: Tensor, shape: int[], dtype: dtype, reduction: int, ignoreIndex: int)",
  follows: "torch.nn.functional.nll_loss",
  doc: "The gradient of nllLossOf.",
  internal: true,
  implementation: "loss.nllLossBackward",
  derivative: { grad: "nllLossOf(grad, target, weight, reduction, ignoreIndex)" },
});

export const nllLoss = composite({
  ...loss,
  signature: `nllLoss(input: Tensor, target: Tensor, weight: Tensor? = null, ignoreIndex: int = -100, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.nll_loss",
  doc: `-input[target] of log probabilities [N, C, ...] for classes [N, ...], times the class's weight. The mean is over the weights. ${reductionDoc}`,
  shapes: "input [N, C, ...] or [C]; target [N, ...]; the result is 0-d, or [N, ...] without a reduction.",
  errors: "IndexError if a target is no class.",
  example: "torch.nn.functional.nllLoss(torch.tensor([[-1, -2], [-3, -4]]), torch.tensor([0n, 1n])) // tensor(2.5000)",
  implementation: "loss.nllLoss",
});

export const crossEntropy = composite({
  ...loss,
  signature: `crossEntropy(input: Tensor, target: Tensor, weight: Tensor? = null, ignoreIndex: int = -100, ${REDUCTION} = "mean", labelSmoothing: float = 0)`,
  follows: "torch.nn.functional.cross_entropy",
  doc: `nllLoss of logSoftmax, for logits [N, C, ...] and either classes [N, ...] or probabilities of the input's shape. ${reductionDoc}`,
  shapes:
    "input [N, C, ...] or [C]; target [N, ...] of classes, or of probabilities as input; the result is 0-d, or [N, ...] without a reduction.",
  example: "torch.nn.functional.crossEntropy(torch.tensor([[2, 0], [0, 1]]), torch.tensor([0n, 1n])) // tensor(0.2201)",
  implementation: "loss.crossEntropy",
});

// ---- losses of elements

const pair = "(input: Tensor, target: Tensor";

export const squaredError = elementwise({
  signature: `squaredError${pair})`,
  follows: "torch.nn.functional.mse_loss",
  doc: "(input - target)^2",
  internal: true,
  expression: (x, y) => m.mul(m.sub(x, y), m.sub(x, y)),
});

export const mseLoss = composite({
  ...loss,
  signature: `mseLoss${pair}, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.mse_loss",
  doc: `(input - target)^2. ${reductionDoc}`,
  shapes: "input and target broadcast; the result is 0-d, or has their shape without a reduction.",
  example: "torch.nn.functional.mseLoss(torch.tensor([1, 2]), torch.tensor([1, 4])) // tensor(2.)",
  implementation: "loss.mseLoss",
});

export const l1Loss = composite({
  ...loss,
  signature: `l1Loss${pair}, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.l1_loss",
  doc: `|input - target|. ${reductionDoc}`,
  shapes: "input and target broadcast; the result is 0-d, or has their shape without a reduction.",
  example: "torch.nn.functional.l1Loss(torch.tensor([1, 2]), torch.tensor([1, 4])) // tensor(1.)",
  implementation: "loss.l1Loss",
});

export const smoothL1Error = elementwise({
  signature: `smoothL1Error${pair}, beta: float)`,
  follows: "torch.nn.functional.smooth_l1_loss",
  doc: "(input - target)^2 / (2 beta) below beta, |input - target| - beta / 2 above",
  internal: true,
  dtype: "float",
  expression: (x, y, { beta }) => {
    const d = m.sub(x, y);
    const size = m.abs(d);
    return m.select(m.lt(size, beta), m.div(m.mul(m.mul(0.5, d), d), beta), m.sub(size, m.mul(0.5, beta)));
  },
});

export const smoothL1Loss = composite({
  ...loss,
  signature: `smoothL1Loss${pair}, ${REDUCTION} = "mean", beta: float = 1)`,
  follows: "torch.nn.functional.smooth_l1_loss",
  doc: `Quadratic where |input - target| < beta, linear above. ${reductionDoc}`,
  shapes: "input and target broadcast; the result is 0-d, or has their shape without a reduction.",
  example: "torch.nn.functional.smoothL1Loss(torch.tensor([0.5, 3]), torch.tensor([0, 0])) // tensor(1.3125)",
  implementation: "loss.smoothL1Loss",
});

export const huberError = elementwise({
  signature: `huberError${pair}, delta: float)`,
  follows: "torch.nn.functional.huber_loss",
  doc: "(input - target)^2 / 2 up to delta, delta (|input - target| - delta / 2) above",
  internal: true,
  dtype: "float",
  expression: (x, y, { delta }) => {
    const d = m.sub(x, y);
    const size = m.abs(d);
    return m.select(m.le(size, delta), m.mul(m.mul(0.5, d), d), m.mul(delta, m.sub(size, m.mul(0.5, delta))));
  },
});

export const huberLoss = composite({
  ...loss,
  signature: `huberLoss${pair}, ${REDUCTION} = "mean", delta: float = 1)`,
  follows: "torch.nn.functional.huber_loss",
  doc: `Quadratic where |input - target| <= delta, linear above, with delta as slope. ${reductionDoc}`,
  shapes: "input and target broadcast; the result is 0-d, or has their shape without a reduction.",
  example: "torch.nn.functional.huberLoss(torch.tensor([0.5, 3]), torch.tensor([0, 0])) // tensor(1.3125)",
  implementation: "loss.huberLoss",
});

/** PyTorch bounds the logarithms of probabilities from below. */
const boundedLog = (x: Value): Value => m.maximum(m.log(x), -100);

export const binaryError = elementwise({
  signature: `binaryError${pair})`,
  follows: "torch.nn.functional.binary_cross_entropy",
  doc: "-(target log(input) + (1 - target) log(1 - input)), logarithms bounded by -100",
  internal: true,
  dtype: "float",
  expression: (x, y) => m.sub(m.mul(m.sub(y, 1), m.maximum(m.log1p(m.neg(x)), -100)), m.mul(y, boundedLog(x))),
  derivative: {
    input: ({ input, target }) =>
      m.div(m.mul(grad, m.sub(input, target)), m.maximum(m.mul(m.sub(1, input), input), 1e-12)),
    target: ({ input }) => m.mul(grad, m.sub(m.log1p(m.neg(input)), m.log(input))),
  },
});

export const binaryCrossEntropy = composite({
  ...loss,
  signature: `binaryCrossEntropy${pair}, weight: Tensor? = null, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.binary_cross_entropy",
  doc: `-(target log(input) + (1 - target) log(1 - input)) for probabilities. ${reductionDoc}`,
  shapes: "input and target alike; the result is 0-d, or has the input's without a reduction.",
  example: "torch.nn.functional.binaryCrossEntropy(torch.tensor([0.9, 0.2]), torch.tensor([1, 0])) // tensor(0.1643)",
  implementation: "loss.binaryCrossEntropy",
});

/** log(1 + exp(-|x|)) */
const softTail = (x: Value): Value => m.log1p(m.exp(m.neg(m.abs(x))));

export const logitError = elementwise({
  signature: `logitError${pair})`,
  follows: "torch.nn.functional.binary_cross_entropy_with_logits",
  doc: "(1 - target) input - logsigmoid(input), without overflow",
  internal: true,
  dtype: "float",
  expression: (x, y) => m.add(m.mul(m.sub(1, y), x), m.add(m.maximum(m.neg(x), 0), softTail(x))),
  derivative: {
    input: ({ input, target }) => m.mul(grad, m.sub(m.sigmoid(input), target)),
    target: ({ input }) => m.neg(m.mul(grad, input)),
  },
});

export const weightedLogitError = elementwise({
  signature: `weightedLogitError${pair}, posWeight: Tensor)`,
  follows: "torch.nn.functional.binary_cross_entropy_with_logits",
  doc: "logitError with the positive term weighted",
  internal: true,
  dtype: "float",
  expression: (x, y, weight) =>
    m.add(
      m.mul(m.sub(1, y), x),
      m.mul(m.add(1, m.mul(m.sub(weight, 1), y)), m.add(m.maximum(m.neg(x), 0), softTail(x))),
    ),
  derivative: {
    input: ({ input, target, posWeight }) => {
      const t = m.mul(posWeight, target);
      return m.mul(grad, m.sub(m.mul(m.sub(m.add(t, 1), target), m.sigmoid(input)), t));
    },
    target: ({ input, posWeight }) =>
      m.mul(grad, m.sub(m.mul(m.sub(posWeight, 1), m.add(m.maximum(m.neg(input), 0), softTail(input))), input)),
    posWeight: ({ input, target }) => m.mul(grad, m.mul(target, m.add(m.maximum(m.neg(input), 0), softTail(input)))),
  },
});

export const binaryCrossEntropyWithLogits = composite({
  ...loss,
  signature: `binaryCrossEntropyWithLogits${pair}, weight: Tensor? = null, ${REDUCTION} = "mean", posWeight: Tensor? = null)`,
  follows: "torch.nn.functional.binary_cross_entropy_with_logits",
  doc: `binaryCrossEntropy of sigmoid(input), computed so that it does not overflow. ${reductionDoc}`,
  shapes: "input and target alike; the result is 0-d, or has the input's without a reduction.",
  example:
    "torch.nn.functional.binaryCrossEntropyWithLogits(torch.tensor([2, -1]), torch.tensor([1, 0])) // tensor(0.2201)",
  implementation: "loss.binaryCrossEntropyWithLogits",
});

export const divergence = elementwise({
  signature: `divergence${pair})`,
  follows: "torch.nn.functional.kl_div",
  doc: "target (log(target) - input), 0 where the target is 0",
  internal: true,
  dtype: "float",
  expression: (x, y) => m.sub(m.select(m.eq(y, 0), 0, m.mul(y, m.log(y))), m.mul(y, x)),
});

export const logTargetDivergence = elementwise({
  signature: `logTargetDivergence${pair})`,
  follows: "torch.nn.functional.kl_div",
  doc: "exp(target) (target - input)",
  internal: true,
  dtype: "float",
  expression: (x, y) => m.mul(m.exp(y), m.sub(y, x)),
});

export const klDiv = composite({
  ...loss,
  signature: `klDiv${pair}, reduction: "none"|"mean"|"sum"|"batchmean" = "mean", logTarget: bool = false)`,
  follows: "torch.nn.functional.kl_div",
  doc: "target (log(target) - input) for log probabilities `input`; a target that is logarithms too with `logTarget`.",
  shapes: "input and target alike; the result is 0-d, or has the input's without a reduction.",
  example:
    'torch.nn.functional.klDiv(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.9, 0.1]]), { reduction: "batchmean" }) // tensor(0.3681)',
  implementation: "loss.klDiv",
});

// ---- margins

export const softMargin = elementwise({
  signature: `softMargin${pair})`,
  follows: "torch.nn.functional.soft_margin_loss",
  doc: "log(1 + exp(-target input))",
  internal: true,
  dtype: "float",
  expression: (x, y) => m.log1p(m.exp(m.neg(m.mul(y, x)))),
});

export const softMarginLoss = composite({
  ...loss,
  signature: `softMarginLoss${pair}, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.soft_margin_loss",
  doc: `log(1 + exp(-target input)) for targets of ±1. ${reductionDoc}`,
  shapes: "input and target alike; the result is 0-d, or has the input's without a reduction.",
  example: "torch.nn.functional.softMarginLoss(torch.tensor([1, -1]), torch.tensor([1, 1])) // tensor(0.8133)",
  implementation: "margin.softMarginLoss",
});

export const hingeEmbeddingLoss = composite({
  ...loss,
  signature: `hingeEmbeddingLoss${pair}, margin: float = 1, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.hinge_embedding_loss",
  doc: `input where the target is 1, max(0, margin - input) where it is -1. ${reductionDoc}`,
  shapes: "input and target alike; the result is 0-d, or has the input's without a reduction.",
  example: "torch.nn.functional.hingeEmbeddingLoss(torch.tensor([0.5, 0.2]), torch.tensor([1, -1])) // tensor(0.6500)",
  implementation: "margin.hingeEmbeddingLoss",
});

export const marginRankingLoss = composite({
  ...loss,
  signature: `marginRankingLoss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.margin_ranking_loss",
  doc: `max(0, -target (input1 - input2) + margin). ${reductionDoc}`,
  shapes: "[N] all, or 0-d; the result is 0-d, or [N] without a reduction.",
  example:
    "torch.nn.functional.marginRankingLoss(torch.tensor([1, 2]), torch.tensor([2, 1]), torch.tensor([1, 1])) // tensor(0.5000)",
  implementation: "margin.marginRankingLoss",
});

export const cosineEmbeddingLoss = composite({
  ...loss,
  signature: `cosineEmbeddingLoss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.cosine_embedding_loss",
  doc: `1 - cos(input1, input2) where the target is 1, max(0, cos - margin) where it is -1. ${reductionDoc}`,
  shapes: "inputs [N, D] and target [N], or [D] and 0-d; the result is 0-d, or [N] without a reduction.",
  example:
    "torch.nn.functional.cosineEmbeddingLoss(torch.tensor([[1, 0]]), torch.tensor([[0, 1]]), torch.tensor([1])) // tensor(1.)",
  implementation: "margin.cosineEmbeddingLoss",
});

export const tripletMarginLoss = composite({
  ...loss,
  signature: `tripletMarginLoss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1, p: float = 2, eps: float = 1e-6, swap: bool = false, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.triplet_margin_loss",
  doc: `max(0, d(anchor, positive) - d(anchor, negative) + margin) with the p-norm as distance. ${reductionDoc}`,
  shapes: "[N, D] that broadcast, or [D]; the result is 0-d, or [N] without a reduction.",
  example:
    "torch.nn.functional.tripletMarginLoss(torch.tensor([[0, 0]]), torch.tensor([[1, 0]]), torch.tensor([[0, 3]])) // tensor(0.)",
  implementation: "margin.tripletMarginLoss",
});

export const multiMarginLoss = composite({
  ...loss,
  signature: `multiMarginLoss${pair}, p: int = 1, margin: float = 1, weight: Tensor? = null, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.multi_margin_loss",
  doc: `The mean over the other classes i of max(0, margin - input[target] + input[i])^p. ${reductionDoc}`,
  shapes: "input [N, C] or [C]; target [N] or 0-d; the result is 0-d, or [N] without a reduction.",
  example: "torch.nn.functional.multiMarginLoss(torch.tensor([[0.1, 0.2, 0.9]]), torch.tensor([2n])) // tensor(0.1667)",
  implementation: "margin.multiMarginLoss",
});

export const multilabelMarginLoss = composite({
  ...loss,
  signature: `multilabelMarginLoss${pair}, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.multilabel_margin_loss",
  doc: `The sum over labels j and other classes i of max(0, 1 - input[j] + input[i]) / classes; labels end at the first -1. ${reductionDoc}`,
  shapes: "input and target [N, C] or [C]; the result is 0-d, or [N] without a reduction.",
  example:
    "torch.nn.functional.multilabelMarginLoss(torch.tensor([[0.1, 0.2, 0.4, 0.8]]), torch.tensor([[3n, 0n, -1n, 1n]])) // tensor(0.8500)",
  implementation: "margin.multilabelMarginLoss",
});

export const multilabelSoftMarginLoss = composite({
  ...loss,
  signature: `multilabelSoftMarginLoss${pair}, weight: Tensor? = null, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.multilabel_soft_margin_loss",
  doc: `The mean over classes of binary cross entropy with logits. ${reductionDoc}`,
  shapes: "input and target [N, C] or [C]; the result is 0-d, or [N] without a reduction.",
  example:
    "torch.nn.functional.multilabelSoftMarginLoss(torch.tensor([[1, -1]]), torch.tensor([[1, 0]])) // tensor(0.3133)",
  implementation: "margin.multilabelSoftMarginLoss",
});

// ---- distributions

export const gaussianNllLoss = composite({
  ...loss,
  signature: `gaussianNllLoss${pair}, variance: Tensor, full: bool = false, eps: float = 1e-6, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.gaussian_nll_loss",
  doc: `(log(max(variance, eps)) + (input - target)^2 / max(variance, eps)) / 2, with the constant term if \`full\`. ${reductionDoc}`,
  errors: "ValueError for a negative variance or one of another shape.",
  shapes: "variance as input, or with a last dim of 1, or none.",
  example:
    "torch.nn.functional.gaussianNllLoss(torch.tensor([1, 2]), torch.tensor([1, 1]), torch.tensor([1, 1])) // tensor(0.2500)",
  implementation: "margin.gaussianNllLoss",
});

export const poissonNllLoss = composite({
  ...loss,
  signature: `poissonNllLoss${pair}, logInput: bool = true, full: bool = false, eps: float = 1e-8, ${REDUCTION} = "mean")`,
  follows: "torch.nn.functional.poisson_nll_loss",
  doc: `exp(input) - target input, or input - target log(input + eps) without logInput; with Stirling's term if \`full\`. ${reductionDoc}`,
  shapes: "input and target alike; the result is 0-d, or has the input's without a reduction.",
  example: "torch.nn.functional.poissonNllLoss(torch.tensor([0, 1]), torch.tensor([1, 2])) // tensor(0.8591)",
  choiceErrors: { reduction: "ValueError: {value} is not valid" },
  implementation: "margin.poissonNllLoss",
});

// ---- connectionist temporal classification

const ctc = "logProbs: Tensor, targets: Tensor, inputLengths: int[], targetLengths: int[]";

export const ctcLossOf = routine({
  signature: `ctcLossOf(${ctc}, blank: int, zeroInfinity: bool) -> (result: Tensor, logAlpha: Tensor)`,
  follows: "torch.nn.functional.ctc_loss",
  doc: "The losses of the samples and the forward variables.",
  internal: true,
  implementation: "ctc.ctcLossOf",
  derivative: {
    logProbs:
      "ctcLossBackward(grad0, logProbs, targets, inputLengths, targetLengths, result0, result1, blank, zeroInfinity)",
  },
});

export const ctcLossBackward = routine({
  signature:
    "ctcLossBackward(grad: Tensor, logProbs: Tensor, targets: Tensor, inputLengths: int[], targetLengths: int[], losses: Tensor, logAlpha: Tensor, blank: int, zeroInfinity: bool)",
  follows: "torch.nn.functional.ctc_loss",
  doc: "The gradient of ctcLossOf, which holds for log probabilities that come from logSoftmax.",
  internal: true,
  implementation: "ctc.ctcLossBackward",
});

export const ctcLoss = composite({
  ...loss,
  signature: `ctcLoss(${ctc}, blank: int = 0, ${REDUCTION} = "mean", zeroInfinity: bool = false)`,
  follows: "torch.nn.functional.ctc_loss",
  doc: "-log of the probability of the target labels given log probabilities [T, N, C]; the targets are [N, S] or one after the other. The mean is over loss / target length.",
  errors: "RuntimeError for lengths that exceed the tensors, IndexError for a label that is no class.",
  shapes: "logProbs [T, N, C] or [T, C]; targets [N, S], or the labels of all samples one after another.",
  example:
    "torch.nn.functional.ctcLoss(torch.zeros(3, 1, 2).logSoftmax(2), torch.tensor([[1n]]), [3], [1]) // tensor(0.2877)",
  implementation: "ctc.ctcLoss",
});
