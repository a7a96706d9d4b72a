/** Distances between vectors, and normalization by norms. */
import { composite } from "./record.ts";

export const cosineSimilarity = composite({
  signature: "cosineSimilarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8)",
  follows: "torch.nn.functional.cosine_similarity",
  doc: "The cosine of the angle between vectors along a dim; norms below eps count as eps.",
  shapes: "any that broadcast; the result loses dim.",
  example: "torch.cosineSimilarity(torch.tensor([[1, 0]]), torch.tensor([[1, 1]])) // tensor([0.7071])",
  variants: ["function"],
  aliases: ["nn.functional.cosineSimilarity"],
  implementation: "margin.cosineSimilarity",
});

export const pairwiseDistance = composite({
  signature: "pairwiseDistance(x1: Tensor, x2: Tensor, p: float = 2, eps: float = 1e-6, keepdim: bool = false)",
  follows: "torch.nn.functional.pairwise_distance",
  doc: "The p-norm of x1 - x2 + eps along the last dim.",
  shapes: "[*, D] that broadcast; the result has [*].",
  example: "torch.pairwiseDistance(torch.tensor([[0, 0]]), torch.tensor([[3, 4]])) // tensor([5.0000])",
  variants: ["function"],
  aliases: ["nn.functional.pairwiseDistance"],
  implementation: "margin.pairwiseDistance",
});

export const pdist = composite({
  signature: "pdist(input: Tensor, p: float = 2)",
  follows: "torch.nn.functional.pdist",
  doc: "The p-norm distances between each two rows of a matrix, in the order of the upper triangle.",
  shapes: "[N, M]; the result has N (N - 1) / 2 elements.",
  example: "torch.pdist(torch.tensor([[0, 0], [3, 4], [0, 4]])) // tensor([5., 4., 3.])",
  variants: ["function"],
  aliases: ["nn.functional.pdist"],
  implementation: "margin.pdist",
});

export const normalize = composite({
  signature: "normalize(input: Tensor, p: float = 2, dim: int = 1, eps: float = 1e-12)",
  follows: "torch.nn.functional.normalize",
  doc: "input over max(its p-norm along a dim, eps).",
  shapes: "any; the result has the input's.",
  example: "torch.nn.functional.normalize(torch.tensor([[3, 4]])) // tensor([[0.6000, 0.8000]])",
  namespace: "nn.functional",
  implementation: "margin.normalize",
});

export const renorm = composite({
  signature: "renorm(input: Tensor, p: float, dim: int, maxnorm: float)",
  follows: "torch.renorm",
  doc: "Scales the slices along a dim whose p-norm exceeds maxnorm down to it.",
  shapes: "any; the result has the input's.",
  example: "torch.renorm(torch.tensor([[3, 4], [0, 1]]), 2, 0, 1) // tensor([[0.6000, 0.8000], [0.0000, 1.0000]])",
  variants: ["function", "method", "inplace"],
  implementation: "margin.renorm",
});

export const cdist = composite({
  signature:
    'cdist(x1: Tensor, x2: Tensor, p: float = 2, computeMode: "use_mm_for_euclid_dist_if_necessary"|"use_mm_for_euclid_dist"|"donot_use_mm_for_euclid_dist" = "use_mm_for_euclid_dist_if_necessary")',
  follows: "torch.cdist",
  doc: "The p-norm distances between every row of one matrix and every row of another.",
  shapes: "(..., P, M), (..., R, M) → (..., P, R)",
  example: "torch.cdist(torch.tensor([[0, 0]]), torch.tensor([[3, 4], [0, 1]])) // tensor([[5., 1.]])",
  variants: ["function"],
  implementation: "cdist.cdist",
});

export const dist = composite({
  signature: "dist(input: Tensor, other: Tensor, p: float = 2)",
  follows: "torch.dist",
  doc: "The p-norm of input - other.",
  shapes: "any that broadcast; the result is 0-d.",
  example: "torch.dist(torch.tensor([0, 0]), torch.tensor([3, 4])) // tensor(5.)",
  implementation: "cdist.dist",
});
