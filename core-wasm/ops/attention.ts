/** Attention. */
import { composite } from "./record.ts";

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
