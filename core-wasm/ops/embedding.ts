/** Tables looked up by index. */
import { composite, routine } from "./record.ts";

export const embedding = routine({
  signature:
    "embedding(input: Tensor, weight: Tensor, paddingIdx: int? = null, maxNorm: float? = null, normType: float = 2, scaleGradByFreq: bool = false, sparse: bool = false)",
  follows: "torch.nn.functional.embedding",
  doc: "The rows of weight at the indices in input. The row paddingIdx gets no gradient; with maxNorm the rows looked up are first cut to that norm, in weight itself.",
  shapes: "input [*], weight [V, D]: the result is [*, D].",
  errors: "IndexError for an index out of range.",
  example:
    "torch.nn.functional.embedding(torch.tensor([2n, 0n]), torch.tensor([[1, 2], [3, 4], [5, 6]])) // tensor([[5., 6.], [1., 2.]])",
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
  shapes: "input [bags, N], or [N] with offsets [bags]; weight [rows, D]; the result has [bags, D].",
  example:
    "torch.nn.functional.embeddingBag(torch.tensor([[0n, 2n]]), torch.tensor([[1, 2], [3, 4], [5, 6]])) // tensor([[3., 4.]])",
  implementation: "embedding.embeddingBag",
  namespace: "nn.functional",
});

export const oneHot = routine({
  signature: "oneHot(input: Tensor, numClasses: int = -1)",
  readsValues: true,
  follows: "torch.nn.functional.one_hot",
  doc: "A 1 at the place that each int64 element names in a new last dim, zeros elsewhere.",
  shapes: "any; the result has a new last dim of numClasses.",
  example: "torch.nn.functional.oneHot(torch.tensor([0n, 2n])) // tensor([[1, 0, 0], [0, 0, 1]])",
  implementation: "embedding.oneHot",
  namespace: "nn.functional",
});
