/** Tables looked up by index. */
import { composite, routine } from "./record.ts";

export const embedding = routine({
  signature:
    "embedding(input: Tensor, weight: Tensor, paddingIdx: int? = null, maxNorm: float? = null, normType: float = 2, scaleGradByFreq: bool = false, sparse: bool = false)",
  follows: "torch.nn.functional.embedding",
  doc: "The rows of weight at the indices in input. The row paddingIdx gets no gradient; with maxNorm the rows looked up are first cut to that norm, in weight itself.",
  shapes: "input [*], weight [V, D]: the result is [*, D].",
  errors: "IndexError for an index out of range.",
  implementation: "embedding.embedding",
  derivative: { weight: "embeddingBackward(grad, input, weightShape, paddingIdx, scaleGradByFreq)" },
  namespace: "nn.functional",
});

export const embeddingDenseBackward = routine({
  signature: "embeddingDenseBackward(grad: Tensor, indices: Tensor, rows: int, padding: int)",
  follows: "torch.nn.functional.embedding",
  doc: "The gradient of embedding's weight.",
  implementation: "embedding.embeddingDenseBackward",
  derivative: { grad: "embeddingDoubleBackward(grad, indices, padding)" },
  internal: true,
});

export const embeddingBag = composite({
  signature:
    'embeddingBag(input: Tensor, weight: Tensor, offsets: Tensor? = null, maxNorm: float? = null, normType: float = 2, scaleGradByFreq: bool = false, mode: "sum"|"mean"|"max" = "mean", sparse: bool = false, perSampleWeights: Tensor? = null, includeLastOffset: bool = false, paddingIdx: int? = null)',
  readsValues: true,
  follows: "torch.nn.functional.embedding_bag",
  doc: "The sums, means or maxima of the rows looked up by bags of indices: rows of a 2-D input, or the pieces of a vector that begin at offsets.",
  implementation: "embedding.embeddingBag",
  namespace: "nn.functional",
});

export const oneHot = routine({
  signature: "oneHot(input: Tensor, numClasses: int = -1)",
  readsValues: true,
  follows: "torch.nn.functional.one_hot",
  doc: "A 1 at the place that each int64 element names in a new last dim, zeros elsewhere.",
  implementation: "embedding.oneHot",
  namespace: "nn.functional",
});
