/** Covariance, numerical gradients, and other composites over vectors and matrices. */
import { composite } from "./record.ts";

export const trace = composite({
  signature: "trace(input: Tensor)",
  follows: "torch.trace",
  doc: "The sum of a matrix's diagonal.",
  shapes: "[N, M]; the result is 0-d.",
  example: "torch.trace(torch.tensor([[1, 2], [3, 4]])) // tensor(5.)",
  implementation: "covariance.trace",
});

export const cov = composite({
  signature: "cov(input: Tensor, correction: int = 1, fweights: Tensor? = null, aweights: Tensor? = null)",
  readsValues: true,
  follows: "torch.cov",
  doc: "The covariance matrix of variables (rows) over observations (columns), which can be weighted.",
  shapes: "input [variables, observations]; the result is [variables, variables].",
  example: "torch.cov(torch.tensor([[1, 2, 3], [3, 2, 1]])) // tensor([[1., -1.], [-1., 1.]])",
  implementation: "covariance.cov",
});

export const corrcoef = composite({
  signature: "corrcoef(input: Tensor)",
  follows: "torch.corrcoef",
  doc: "The correlation coefficients of variables (rows) over observations (columns).",
  shapes: "input [variables, observations]; the result is [variables, variables].",
  example: "torch.corrcoef(torch.tensor([[1, 2, 3], [3, 2, 1]])) // tensor([[1., -1.], [-1., 1.]])",
  implementation: "covariance.corrcoef",
});

export const cross = composite({
  signature: "cross(input: Tensor, other: Tensor, dim: int? = null)",
  follows: "torch.cross",
  doc: "The cross product along a dim of size 3, by default the first such.",
  shapes: "any that broadcast, with size 3 along dim.",
  example: "torch.cross(torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0]), 0) // tensor([0., 0., 1.])",
  implementation: "covariance.cross",
});

export const linalgCross = composite({
  signature: "linalgCross(input: Tensor, other: Tensor, dim: int = -1)",
  follows: "torch.linalg.cross",
  doc: "The cross product along a dim of size 3.",
  shapes: "any that broadcast, with size 3 along dim.",
  example: "torch.linalg.cross(torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0])) // tensor([0., 0., 1.])",
  implementation: "covariance.linalgCross",
  variants: ["function"],
  aliases: ["linalg.cross"],
});

export const gradientAlong = composite({
  signature: "gradientAlong(input: Tensor, dim: int, spacing: float, edgeOrder: int)",
  follows: "torch.gradient",
  doc: "The derivative along a dim with evenly spaced samples.",
  implementation: "covariance.gradientAlong",
  variants: [],
});

export const gradientOver = composite({
  signature: "gradientOver(input: Tensor, dim: int, coordinates: Tensor, edgeOrder: int)",
  follows: "torch.gradient",
  doc: "The derivative along a dim with samples at the given coordinates.",
  implementation: "covariance.gradientOver",
  variants: [],
});
