/** Activation functions of nn.functional. */
import { grad, m, result } from "./expression.ts";
import { elementwise } from "./record.ts";

export const relu = elementwise({
  signature: "relu(input: Tensor)",
  follows: "torch.nn.functional.relu",
  doc: "max(input, 0).",
  variants: ["function", "method", "inplace"],
  aliases: ["nn.functional.relu"],
  refuses: { bool: "Boolean inputs not supported for relu" },
  expression: (x) => m.maximum(x, 0),
  derivative: { input: () => m.select(m.gt(result, 0), grad, 0) },
});
