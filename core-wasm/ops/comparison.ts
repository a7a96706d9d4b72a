/** Comparisons and choices. */
import { m } from "./expression.ts";
import { elementwise } from "./record.ts";

export const eq = elementwise({
  signature: "eq(input: TensorOrScalar, other: TensorOrScalar)",
  follows: "torch.eq",
  doc: "Whether input equals other.",
  variants: ["function", "method", "inplace"],
  dtype: "compare",
  expression: (x, y) => m.eq(x, y),
});

export const where = elementwise({
  signature: "where(condition: Tensor, input: TensorOrScalar, other: TensorOrScalar)",
  follows: "torch.where",
  doc: "input where condition is true, else other.",
  self: "input",
  masks: ["condition"],
  expression: (condition, x, y) => m.select(condition, x, y),
});
