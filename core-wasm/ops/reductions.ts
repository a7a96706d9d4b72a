/** Reductions over dims of one tensor. */
import { composite, reduction } from "./record.ts";

const dims = "dim: int[]? = null, keepdim: bool = false";
const EMPTY = "RuntimeError or IndexError where a dim without elements has no extremum.";

export const sum = reduction({
  signature: `sum(input: Tensor, ${dims}, dtype: dtype? = null)`,
  follows: "torch.sum",
  doc: "The sum over dims (default: all). Integers and bools are summed as int64.",
  shapes: "the input's without `dim`, or with size 1 there if `keepdim`",
  example: "torch.sum(torch.ones(2, 3), 1)",
  implementation: "reduction.sum",
  derivative: { input: "sumBackward(grad, inputShape, inputDtype, dim, keepdim)" },
});

export const nansum = reduction({
  signature: `nansum(input: Tensor, ${dims}, dtype: dtype? = null)`,
  follows: "torch.nansum",
  doc: "The sum over dims with NaN counted as 0.",
  implementation: "reduction.nansum",
  derivative: { input: "nansumBackward(grad, input, dim, keepdim)" },
});

export const mean = reduction({
  signature: `mean(input: Tensor, ${dims}, dtype: dtype? = null)`,
  follows: "torch.mean",
  doc: "The mean over dims (default: all).",
  errors: "RuntimeError for an input that is not of a floating point dtype.",
  example: "torch.mean(x, [0, 2], true)",
  implementation: "reduction.mean",
  derivative: { input: "meanBackward(grad, inputShape, inputDtype, dim, keepdim)" },
});

export const nanmean = composite({
  signature: `nanmean(input: Tensor, ${dims}, dtype: dtype? = null)`,
  follows: "torch.nanmean",
  doc: "The mean over dims of the elements that are not NaN.",
  implementation: "statistics.nanmean",
});

export const prod = reduction({
  signature: "prod(input: Tensor, dim: int? = null, keepdim: bool = false, dtype: dtype? = null)",
  follows: "torch.prod",
  doc: "The product over one dim (default: all).",
  implementation: "reduction.prod",
  derivative: { input: "prodBackward(grad, input, result, dim, keepdim)" },
});

export const any = reduction({
  signature: "any(input: Tensor, dim: int? = null, keepdim: bool = false)",
  follows: "torch.any",
  doc: "Whether any element is not 0. The result is bool, uint8 for uint8.",
  implementation: "reduction.any",
});

export const all = reduction({
  signature: "all(input: Tensor, dim: int? = null, keepdim: bool = false)",
  follows: "torch.all",
  doc: "Whether all elements are not 0. The result is bool, uint8 for uint8.",
  implementation: "reduction.all",
});

export const countNonzero = reduction({
  signature: "countNonzero(input: Tensor, dim: int[]? = null)",
  follows: "torch.count_nonzero",
  doc: "How many elements are not 0.",
  implementation: "reduction.countNonzero",
});

export const amax = reduction({
  signature: `amax(input: Tensor, ${dims})`,
  follows: "torch.amax",
  doc: "The largest element over dims; NaN if there is one. Equal extrema share the gradient.",
  errors: EMPTY,
  implementation: "reduction.amax",
  derivative: { input: "extremumBackward(grad, input, result, dim, keepdim)" },
});

export const amin = reduction({
  signature: `amin(input: Tensor, ${dims})`,
  follows: "torch.amin",
  doc: "The smallest element over dims; NaN if there is one. Equal extrema share the gradient.",
  errors: EMPTY,
  implementation: "reduction.amin",
  derivative: { input: "extremumBackward(grad, input, result, dim, keepdim)" },
});

export const maxAll = reduction({
  signature: "maxAll(input: Tensor)",
  follows: "torch.max",
  doc: "The largest element; NaN if there is one. Equal extrema share the gradient.",
  errors: EMPTY,
  variants: [],
  implementation: "reduction.maxAll",
  derivative: { input: "evenlyBackward(grad, input, result)" },
});

export const minAll = reduction({
  signature: "minAll(input: Tensor)",
  follows: "torch.min",
  doc: "The smallest element; NaN if there is one. Equal extrema share the gradient.",
  errors: EMPTY,
  variants: [],
  implementation: "reduction.minAll",
  derivative: { input: "evenlyBackward(grad, input, result)" },
});

export const maxDim = reduction({
  signature: "maxDim(input: Tensor, dim: int, keepdim: bool = false) -> (values: Tensor, indices: Tensor)",
  follows: "torch.max",
  doc: "The largest elements along a dim and their (first) positions; NaN counts as the largest.",
  errors: EMPTY,
  variants: [],
  implementation: "reduction.maxDim",
  derivative: { input: "selectionBackward(grad0, inputShape, dim, result1, keepdim)" },
});

export const minDim = reduction({
  signature: "minDim(input: Tensor, dim: int, keepdim: bool = false) -> (values: Tensor, indices: Tensor)",
  follows: "torch.min",
  doc: "The smallest elements along a dim and their (first) positions; NaN counts as the smallest.",
  errors: EMPTY,
  variants: [],
  implementation: "reduction.minDim",
  derivative: { input: "selectionBackward(grad0, inputShape, dim, result1, keepdim)" },
});

export const aminmax = reduction({
  signature: "aminmax(input: Tensor, dim: int? = null, keepdim: bool = false) -> (min: Tensor, max: Tensor)",
  follows: "torch.aminmax",
  doc: "The smallest and the largest elements along a dim (default: all).",
  errors: EMPTY,
  implementation: "reduction.aminmax",
  derivative: { input: "aminmaxBackward(grad0, grad1, input, result0, result1, dim, keepdim)" },
});

export const argmax = reduction({
  signature: "argmax(input: Tensor, dim: int? = null, keepdim: bool = false)",
  follows: "torch.argmax",
  doc: "The position of the largest element along a dim, the first of equal ones; without `dim`, in the flattened tensor.",
  errors: EMPTY,
  implementation: "reduction.argmax",
});

export const argmin = reduction({
  signature: "argmin(input: Tensor, dim: int? = null, keepdim: bool = false)",
  follows: "torch.argmin",
  doc: "The position of the smallest element along a dim, the first of equal ones; without `dim`, in the flattened tensor.",
  errors: EMPTY,
  implementation: "reduction.argmin",
});

export const logsumexp = reduction({
  signature: "logsumexp(input: Tensor, dim: int[], keepdim: bool = false)",
  follows: "torch.logsumexp",
  doc: "log(sum(exp(input))) over dims, without overflow.",
  aliases: ["special.logsumexp"],
  implementation: "reduction.logsumexp",
  derivative: { input: "logsumexpBackward(grad, input, result, dim, keepdim)" },
});

export const vectorNorm = reduction({
  signature:
    "vectorNorm(input: Tensor, ord: float = 2, dim: int[]? = null, keepdim: bool = false, dtype: dtype? = null)",
  follows: "torch.linalg.vector_norm",
  doc: "(sum |x|^ord)^(1/ord) over dims (default: all); the number of nonzeros for 0, the extrema of |x| for ±Infinity.",
  errors: "RuntimeError for integers, and for a negative or infinite `ord` over no elements.",
  namespace: "linalg",
  implementation: "reduction.vectorNorm",
  derivative: { input: "normBackward(grad, input, result, ord, dim, keepdim)" },
});

const moments = "unbiased: bool = true, keepdim: bool = false, correction: int? = null";
const exact = "dim: int[]?, correction: float, keepdim: bool";

export const varOp = composite({
  signature: `var(input: Tensor, dim: int[]? = null, ${moments})`,
  follows: "torch.var",
  doc: "The variance over dims: squared deviations over n - correction, 1 by default, 0 if not `unbiased`.",
  example: "torch.var(x, 0, { unbiased: false })",
  variants: ["function"],
  implementation: "statistics.variance",
});

export const std = composite({
  signature: `std(input: Tensor, dim: int[]? = null, ${moments})`,
  follows: "torch.std",
  doc: "The standard deviation over dims, the square root of torch.var.",
  variants: ["function"],
  implementation: "statistics.std",
});

export const varMean = composite({
  signature: `varMean(input: Tensor, dim: int[]? = null, ${moments}) -> (var: Tensor, mean: Tensor)`,
  follows: "torch.var_mean",
  doc: "Variance and mean over dims.",
  variants: ["function"],
  implementation: "statistics.varMean",
});

export const stdMean = composite({
  signature: `stdMean(input: Tensor, dim: int[]? = null, ${moments}) -> (std: Tensor, mean: Tensor)`,
  follows: "torch.std_mean",
  doc: "Standard deviation and mean over dims.",
  variants: ["function"],
  implementation: "statistics.stdMean",
});

export const varOf = reduction({
  signature: `varOf(input: Tensor, ${exact})`,
  follows: "torch.var",
  doc: "The variance with the correction as a number.",
  internal: true,
  implementation: "reduction.varOf",
  derivative: { input: "varBackward(grad, input, dim, correction, keepdim)" },
});

export const stdOf = reduction({
  signature: `stdOf(input: Tensor, ${exact})`,
  follows: "torch.std",
  doc: "The standard deviation with the correction as a number.",
  internal: true,
  implementation: "reduction.stdOf",
  derivative: { input: "stdBackward(grad, input, result, dim, correction, keepdim)" },
});

export const varMeanOf = reduction({
  signature: `varMeanOf(input: Tensor, ${exact}) -> (var: Tensor, mean: Tensor)`,
  follows: "torch.var_mean",
  doc: "Variance and mean with the correction as a number.",
  internal: true,
  implementation: "reduction.varMeanOf",
  derivative: { input: "varMeanBackward(grad0, grad1, input, dim, correction, keepdim)" },
});

export const stdMeanOf = reduction({
  signature: `stdMeanOf(input: Tensor, ${exact}) -> (std: Tensor, mean: Tensor)`,
  follows: "torch.std_mean",
  doc: "Standard deviation and mean with the correction as a number.",
  internal: true,
  implementation: "reduction.stdMeanOf",
  derivative: { input: "stdMeanBackward(grad0, grad1, input, result0, dim, correction, keepdim)" },
});

export const norm = composite({
  signature: "norm(input: Tensor, p: float = 2, dim: int[]? = null, keepdim: bool = false, dtype: dtype? = null)",
  follows: "torch.norm",
  doc: "The p-norm over dims (default: of all elements).",
  variants: ["function"],
  implementation: "statistics.norm",
});

export const diff = composite({
  signature: "diff(input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor? = null, append: Tensor? = null)",
  follows: "torch.diff",
  doc: "The n-th forward difference along a dim.",
  implementation: "statistics.diff",
});

export const trapezoid = composite({
  signature: "trapezoid(y: Tensor, x: Tensor? = null, dx: float = 1, dim: int = -1)",
  follows: "torch.trapezoid",
  doc: "The integral along a dim by the trapezoidal rule, with the sample points `x` or the spacing `dx`.",
  aliases: ["trapz"],
  variants: ["function"],
  implementation: "statistics.trapezoid",
});

export const cumulativeTrapezoid = composite({
  signature: "cumulativeTrapezoid(y: Tensor, x: Tensor? = null, dx: float = 1, dim: int = -1)",
  follows: "torch.cumulative_trapezoid",
  doc: "The running integrals along a dim by the trapezoidal rule.",
  variants: ["function"],
  implementation: "statistics.cumulativeTrapezoid",
});
