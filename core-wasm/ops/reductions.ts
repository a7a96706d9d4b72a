/** Reductions over dims of one tensor. */
import { composite, reduction } from "./record.ts";

const dims = "dim: int[]? = null, keepdim: bool = false";
const EMPTY = "RuntimeError or IndexError where a dim without elements has no extremum.";

export const sum = reduction({
  signature: `sum(input: Tensor, ${dims}, dtype: dtype? = null)`,
  follows: "torch.sum",
  doc: "The sum over dims (default: all). Integers and bools are summed as int64.",
  shapes: "the input's without `dim`, or with size 1 there if `keepdim`",
  example: "torch.sum(torch.tensor([[1, 2], [3, 4]]), 1) // tensor([3., 7.])",
  implementation: "reduction.sum",
  derivative: { input: "sumBackward(grad, inputShape, inputDtype, dim, keepdim)" },
});

export const nansum = reduction({
  signature: `nansum(input: Tensor, ${dims}, dtype: dtype? = null)`,
  follows: "torch.nansum",
  doc: "The sum over dims with NaN counted as 0.",
  shapes: "any; the result loses the dims, or keeps them with size 1.",
  example: "torch.nansum(torch.tensor([1, NaN, 3])) // tensor(4.)",
  implementation: "reduction.nansum",
  derivative: { input: "nansumBackward(grad, input, dim, keepdim)" },
});

export const mean = reduction({
  signature: `mean(input: Tensor, ${dims}, dtype: dtype? = null)`,
  follows: "torch.mean",
  doc: "The mean over dims (default: all).",
  errors: "RuntimeError for an input that is not of a floating point dtype.",
  shapes: "any; the result loses the dims, or keeps them with size 1.",
  example: "torch.mean(torch.tensor([[1, 2], [3, 4]]), 0) // tensor([2., 3.])",
  implementation: "reduction.mean",
  derivative: { input: "meanBackward(grad, inputShape, inputDtype, dim, keepdim)" },
});

export const nanmean = composite({
  signature: `nanmean(input: Tensor, ${dims}, dtype: dtype? = null)`,
  follows: "torch.nanmean",
  doc: "The mean over dims of the elements that are not NaN.",
  shapes: "any; the result loses the dims, or keeps them with size 1.",
  example: "torch.nanmean(torch.tensor([1, NaN, 3])) // tensor(2.)",
  implementation: "statistics.nanmean",
});

export const prod = reduction({
  signature: "prod(input: Tensor, dim: int? = null, keepdim: bool = false, dtype: dtype? = null)",
  follows: "torch.prod",
  doc: "The product over one dim (default: all).",
  shapes: "any; the result loses dim, or keeps it with size 1; without dim it is 0-d.",
  example: "torch.prod(torch.tensor([[1, 2], [3, 4]]), 1) // tensor([2., 12.])",
  implementation: "reduction.prod",
  derivative: { input: "prodBackward(grad, input, result, dim, keepdim)" },
});

export const any = reduction({
  signature: "any(input: Tensor, dim: int? = null, keepdim: bool = false)",
  follows: "torch.any",
  doc: "Whether any element is not 0. The result is bool, uint8 for uint8.",
  shapes: "any; the result loses dim, or keeps it with size 1; without dim it is 0-d.",
  example: "torch.any(torch.tensor([[0, 0], [0, 3]]), 1) // tensor([False, True])",
  implementation: "reduction.any",
});

export const all = reduction({
  signature: "all(input: Tensor, dim: int? = null, keepdim: bool = false)",
  follows: "torch.all",
  doc: "Whether all elements are not 0. The result is bool, uint8 for uint8.",
  shapes: "any; the result loses dim, or keeps it with size 1; without dim it is 0-d.",
  example: "torch.all(torch.tensor([[1, 2], [0, 3]]), 1) // tensor([True, False])",
  implementation: "reduction.all",
});

export const countNonzero = reduction({
  signature: "countNonzero(input: Tensor, dim: int[]? = null)",
  follows: "torch.count_nonzero",
  doc: "How many elements are not 0.",
  shapes: "any; the result loses the dims.",
  example: "torch.countNonzero(torch.tensor([[0, 1], [2, 3]]), 0) // tensor([1, 2])",
  implementation: "reduction.countNonzero",
});

export const amax = reduction({
  signature: `amax(input: Tensor, ${dims})`,
  follows: "torch.amax",
  doc: "The largest element over dims; NaN if there is one. Equal extrema share the gradient.",
  errors: EMPTY,
  shapes: "any; the result loses the dims, or keeps them with size 1.",
  example: "torch.amax(torch.tensor([[1, 4], [3, 2]]), 1) // tensor([4., 3.])",
  implementation: "reduction.amax",
  derivative: { input: "extremumBackward(grad, input, result, dim, keepdim)" },
});

export const amin = reduction({
  signature: `amin(input: Tensor, ${dims})`,
  follows: "torch.amin",
  doc: "The smallest element over dims; NaN if there is one. Equal extrema share the gradient.",
  errors: EMPTY,
  shapes: "any; the result loses the dims, or keeps them with size 1.",
  example: "torch.amin(torch.tensor([[1, 4], [3, 2]]), 1) // tensor([1., 2.])",
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
  shapes: "any; both results lose dim, or keep it with size 1; without dim they are 0-d.",
  example: "torch.aminmax(torch.tensor([[1, 4], [3, 2]]), { dim: 1 }) // [tensor([1., 2.]), tensor([4., 3.])]",
  implementation: "reduction.aminmax",
  derivative: { input: "aminmaxBackward(grad0, grad1, input, result0, result1, dim, keepdim)" },
});

export const argmax = reduction({
  signature: "argmax(input: Tensor, dim: int? = null, keepdim: bool = false)",
  follows: "torch.argmax",
  doc: "The position of the largest element along a dim, the first of equal ones; without `dim`, in the flattened tensor.",
  errors: EMPTY,
  shapes: "any; the result loses dim, or keeps it with size 1; without dim it is 0-d.",
  example: "torch.argmax(torch.tensor([[1, 4], [3, 2]]), 1) // tensor([1, 0])",
  implementation: "reduction.argmax",
});

export const argmin = reduction({
  signature: "argmin(input: Tensor, dim: int? = null, keepdim: bool = false)",
  follows: "torch.argmin",
  doc: "The position of the smallest element along a dim, the first of equal ones; without `dim`, in the flattened tensor.",
  errors: EMPTY,
  shapes: "any; the result loses dim, or keeps it with size 1; without dim it is 0-d.",
  example: "torch.argmin(torch.tensor([[1, 4], [3, 2]]), 1) // tensor([0, 1])",
  implementation: "reduction.argmin",
});

export const logsumexp = reduction({
  signature: "logsumexp(input: Tensor, dim: int[], keepdim: bool = false)",
  follows: "torch.logsumexp",
  doc: "log(sum(exp(input))) over dims, without overflow.",
  shapes: "any; the result loses the dims, or keeps them with size 1.",
  example: "torch.logsumexp(torch.tensor([[0, 0], [1, 1]]), 1) // tensor([0.6931, 1.6931])",
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
  shapes: "any; the result loses the dims, or keeps them with size 1.",
  example: "torch.linalg.vectorNorm(torch.tensor([3, 4])) // tensor(5.)",
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
  shapes: "any; the result loses the dims, or keeps them with size 1.",
  example: "torch.var(torch.tensor([1, 3])) // tensor(2.)",
  variants: ["function"],
  implementation: "statistics.variance",
});

export const std = composite({
  signature: `std(input: Tensor, dim: int[]? = null, ${moments})`,
  follows: "torch.std",
  doc: "The standard deviation over dims, the square root of torch.var.",
  shapes: "any; the result loses the dims, or keeps them with size 1.",
  example: "torch.std(torch.tensor([1, 3])) // tensor(1.4142)",
  variants: ["function"],
  implementation: "statistics.std",
});

export const varMean = composite({
  signature: `varMean(input: Tensor, dim: int[]? = null, ${moments}) -> (var: Tensor, mean: Tensor)`,
  follows: "torch.var_mean",
  doc: "Variance and mean over dims.",
  shapes: "any; the results lose the dims, or keep them with size 1.",
  example: "torch.varMean(torch.tensor([1, 3])) // [tensor(2.), tensor(2.)]",
  variants: ["function"],
  implementation: "statistics.varMean",
});

export const stdMean = composite({
  signature: `stdMean(input: Tensor, dim: int[]? = null, ${moments}) -> (std: Tensor, mean: Tensor)`,
  follows: "torch.std_mean",
  doc: "Standard deviation and mean over dims.",
  shapes: "any; the results lose the dims, or keep them with size 1.",
  example: "torch.stdMean(torch.tensor([1, 3])) // [tensor(1.4142), tensor(2.)]",
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
  shapes: "any; the result loses the dims, or keeps them with size 1.",
  example: "torch.norm(torch.tensor([3, 4])) // tensor(5.)",
  variants: ["function"],
  implementation: "statistics.norm",
});

export const diff = composite({
  signature: "diff(input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor? = null, append: Tensor? = null)",
  follows: "torch.diff",
  doc: "The n-th forward difference along a dim.",
  shapes: "any; dim becomes n shorter.",
  example: "torch.diff(torch.tensor([1, 3, 6])) // tensor([2., 3.])",
  implementation: "statistics.diff",
});

export const trapezoid = composite({
  signature: "trapezoid(y: Tensor, x: Tensor? = null, dx: float = 1, dim: int = -1)",
  follows: "torch.trapezoid",
  doc: "The integral along a dim by the trapezoidal rule, with the sample points `x` or the spacing `dx`.",
  shapes: "any; the result loses dim.",
  example: "torch.trapezoid(torch.tensor([1, 2, 3])) // tensor(4.)",
  aliases: ["trapz"],
  variants: ["function"],
  implementation: "statistics.trapezoid",
});

export const cumulativeTrapezoid = composite({
  signature: "cumulativeTrapezoid(y: Tensor, x: Tensor? = null, dx: float = 1, dim: int = -1)",
  follows: "torch.cumulative_trapezoid",
  doc: "The running integrals along a dim by the trapezoidal rule.",
  shapes: "any; dim becomes one shorter.",
  example: "torch.cumulativeTrapezoid(torch.tensor([1, 2, 3])) // tensor([1.5000, 4.0000])",
  variants: ["function"],
  implementation: "statistics.cumulativeTrapezoid",
});
