/** Running sums, products and extrema along one dim. */
import { routine } from "./record.ts";

export const cumsum = routine({
  signature: "cumsum(input: Tensor, dim: int, dtype: dtype? = null)",
  follows: "torch.cumsum",
  doc: "The sums of the elements up to each along a dim. Integers and bools are summed as int64.",
  example: "torch.cumsum(torch.ones(3), 0)",
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
  variants: ["function", "method", "inplace"],
  implementation: "scan.cumprod",
  derivative: { input: "cumprodBackward(grad, input, result, dim)" },
});

export const cummax = routine({
  signature: "cummax(input: Tensor, dim: int) -> (values: Tensor, indices: Tensor)",
  follows: "torch.cummax",
  doc: "The largest elements so far along a dim, and their positions (the last of equal ones).",
  implementation: "scan.cummax",
  derivative: { input: "cumulativeExtremumBackward(grad0, inputShape, result1, dim)" },
});

export const cummin = routine({
  signature: "cummin(input: Tensor, dim: int) -> (values: Tensor, indices: Tensor)",
  follows: "torch.cummin",
  doc: "The smallest elements so far along a dim, and their positions (the last of equal ones).",
  implementation: "scan.cummin",
  derivative: { input: "cumulativeExtremumBackward(grad0, inputShape, result1, dim)" },
});

export const logcumsumexp = routine({
  signature: "logcumsumexp(input: Tensor, dim: int)",
  follows: "torch.logcumsumexp",
  doc: "log of the running sums of exp(input) along a dim, without overflow.",
  implementation: "scan.logcumsumexp",
  derivative: { input: "logcumsumexpBackward(grad, input, result, dim)" },
});
