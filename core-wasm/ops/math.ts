/** Functions of one variable: exponentials, trigonometry, rounding. */
import { m } from "./expression.ts";
import { elementwise } from "./record.ts";

export const exp = elementwise({
  signature: "exp(input: Tensor)",
  follows: "torch.exp",
  doc: "e to the power of input.",
  variants: ["function", "method", "inplace"],
  dtype: "float",
  expression: (x) => m.exp(x),
});

export const tanh = elementwise({
  signature: "tanh(input: Tensor)",
  follows: "torch.tanh",
  doc: "The hyperbolic tangent.",
  variants: ["function", "method", "inplace"],
  aliases: ["nn.functional.tanh"],
  dtype: "float",
  expression: (x) => m.tanh(x),
});
