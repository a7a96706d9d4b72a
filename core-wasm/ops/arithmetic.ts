/** Sums, products, quotients and powers. */
import { m } from "./expression.ts";
import { elementwise } from "./record.ts";

export const add = elementwise({
  signature: "add(input: TensorOrScalar, other: TensorOrScalar, alpha: Scalar = 1)",
  follows: "torch.add",
  doc: "input + alpha * other.",
  example: "torch.add(torch.ones(2), torch.ones(2), { alpha: 2 })",
  variants: ["function", "method", "inplace"],
  check: "arithmetic.checkAlpha",
  specialize: [{ alpha: 1 }],
  expression: (x, y, { alpha }) => m.add(x, m.mul(alpha, y)),
});

export const mul = elementwise({
  signature: "mul(input: TensorOrScalar, other: TensorOrScalar)",
  follows: "torch.mul",
  doc: "input * other.",
  variants: ["function", "method", "inplace"],
  aliases: ["multiply"],
  expression: (x, y) => m.mul(x, y),
});
