/** Running sums, products and extrema along one dim. */
import { routine } from "./record.ts";

export const cumsum = routine({
  signature: "cumsum(input: Tensor, dim: int, dtype: dtype? = null)",
  follows: "torch.cumsum",
  doc: "The sums of the elements up to each along a dim. Integers and bools are summed as int64.",
  shapes: "any; the result has the input's.",
  example: "torch.cumsum(torch.tensor([1, 2, 3]), 0) // tensor([1., 3., 6.])",
  variants: ["function", "method", "inplace"],
  implementation: "scan.cumsum",
  derivative: { input: "to(cumsumReverse(grad, dim), inputDtype)" },
});

export const cumsumReverse = routine({
  signature: "cumsumReverse(input: Tensor, dim: int)",
  follows: "torch.cumsum",
  doc: "The sums of the elements from each one to the end.",
  internal: true,
  implementation: "scan.cumsumReverse",
  derivative: { input: "cumsum(grad, dim, NO_DTYPE)" },
});

export const cumprod = routine({
  signature: "cumprod(input: Tensor, dim: int, dtype: dtype? = null)",
  follows: "torch.cumprod",
  doc: "The products of the elements up to each along a dim.",
  shapes: "any; the result has the input's.",
  example: "torch.cumprod(torch.tensor([1, 2, 3]), 0) // tensor([1., 2., 6.])",
  variants: ["function", "method", "inplace"],
  implementation: "scan.cumprod",
  derivative: { input: "cumprodBackward(grad, input, result, dim)" },
});

export const cummax = routine({
  signature: "cummax(input: Tensor, dim: int) -> (values: Tensor, indices: Tensor)",
  follows: "torch.cummax",
  doc: "The largest elements so far along a dim, and their positions (the last of equal ones).",
  shapes: "any; both results have the input's.",
  example: "torch.cummax(torch.tensor([1, 3, 2]), 0) // [tensor([1., 3., 3.]), tensor([0, 1, 1])]",
  implementation: "scan.cummax",
  derivative: { input: "cumulativeExtremumBackward(grad0, inputShape, result1, dim)" },
});

export const cummin = routine({
  signature: "cummin(input: Tensor, dim: int) -> (values: Tensor, indices: Tensor)",
  follows: "torch.cummin",
  doc: "The smallest elements so far along a dim, and their positions (the last of equal ones).",
  shapes: "any; both results have the input's.",
  example: "torch.cummin(torch.tensor([3, 1, 2]), 0) // [tensor([3., 1., 1.]), tensor([0, 1, 1])]",
  implementation: "scan.cummin",
  derivative: { input: "cumulativeExtremumBackward(grad0, inputShape, result1, dim)" },
});

export const logcumsumexp = routine({
  signature: "logcumsumexp(input: Tensor, dim: int)",
  follows: "torch.logcumsumexp",
  doc: "log of the running sums of exp(input) along a dim, without overflow.",
  shapes: "any; the result has the input's.",
  example: "torch.logcumsumexp(torch.tensor([0, 0, 0]), 0) // tensor([0.0000, 0.6931, 1.0986])",
  implementation: "scan.logcumsumexp",
  derivative: { input: "logcumsumexpBackward(grad, input, result, dim)" },
});
