/** Attention. */
import { composite, routine } from "./record.ts";

export const scaledDotProductAttention = composite({
  signature:
    "scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, attnMask: Tensor? = null, dropoutP: float = 0, isCausal: bool = false, scale: float? = null)",
  follows: "torch.nn.functional.scaled_dot_product_attention",
  doc: "softmax(scale query keyᵀ + mask) value; scale is 1 / √features unless given. A bool mask is true where to attend.",
  shapes: "(..., L, E), (..., S, E), (..., S, V) → (..., L, V)",
  example:
    "torch.nn.functional.scaledDotProductAttention(torch.zeros(1, 1, 2), torch.zeros(1, 2, 2), torch.tensor([[[1, 2], [3, 4]]])) // tensor([[[2., 3.]]])",
  implementation: "attention.scaledDotProductAttention",
  namespace: "nn.functional",
});

export const _scaledDotProductAttention = composite({
  signature:
    "_scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, attnMask: Tensor? = null, dropoutP: float = 0, needAttnWeights: bool = false, isCausal: bool = false) -> (output: Tensor, weights: Tensor)",
  follows: "torch.nn.functional._scaled_dot_product_attention",
  doc: "Attention and its weights.",
  implementation: "attention.attentionAndWeights",
  namespace: "nn.functional",
});

const inputs = "query: Tensor, key: Tensor, value: Tensor, mask: Tensor?, isCausal: bool, scale: float";

export const tiledAttention = routine({
  signature: `tiledAttention(${inputs}) -> (output: Tensor, statistics: Tensor)`,
  follows: "torch.nn.functional.scaled_dot_product_attention",
  doc: "Attention in one kernel that stores no scores, of operands of one rank and batch. Statistics are each row's greatest score and sum of exponentials.",
  internal: true,
  implementation: "attention.tiledAttention",
  derivative: {
    "query, key, value": "attentionGradients(grad0, query, key, value, mask, isCausal, scale, result0, result1)",
  },
});

export const tiledAttentionBackward = routine({
  signature: `tiledAttentionBackward(grad: Tensor, ${inputs}, output: Tensor, statistics: Tensor) -> (query: Tensor, key: Tensor, value: Tensor)`,
  follows: "torch.nn.functional.scaled_dot_product_attention",
  doc: "The gradients of tiledAttention, which compute the weights again.",
  internal: true,
  implementation: "attention.tiledAttentionBackward",
});
