import { reduction } from "./record.ts";

export const sum = reduction({
  signature: "sum(input: Tensor, dim: int[]? = null, keepdim: bool = false, dtype: dtype? = null)",
  follows: "torch.sum",
  doc: "The sum over dims (default: all).",
  implementation: "reduction.sum",
  derivative: { input: "sumBackward(grad, inputShape, inputDtype, dim, keepdim)" },
});
