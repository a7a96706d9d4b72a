/** Counting, searching in sorted sequences, and quantiles. */
import { composite, routine } from "./record.ts";

export const bincount = routine({
  signature: "bincount(input: Tensor, weights: Tensor? = null, minlength: int = 0)",
  readsValues: true,
  follows: "torch.bincount",
  doc: "How often each non-negative integer occurs in a vector, or the sum of its weights.",
  shapes: "input [N]; the result has one element for each integer up to the largest, minlength at least.",
  example: "torch.bincount(torch.tensor([1n, 3n, 1n])) // tensor([0, 2, 0, 1])",
  implementation: "counting.bincount",
});

export const histc = routine({
  signature: "histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0)",
  readsValues: true,
  follows: "torch.histc",
  doc: "The number of elements in each of `bins` equal parts of [min, max]; of the elements' own range if both are equal.",
  shapes: "any; the result is [bins].",
  example: "torch.histc(torch.tensor([1, 2, 1]), 4, 0, 3) // tensor([0., 2., 1., 0.])",
  implementation: "counting.histc",
});

export const histogramEven = routine({
  signature:
    "histogramEven(input: Tensor, bins: int, low: float? = null, high: float? = null, weight: Tensor? = null, density: bool = false) -> (hist: Tensor, binEdges: Tensor)",
  follows: "torch.histogram",
  doc: "torch.histogram with a number of bins.",
  implementation: "counting.histogramEven",
  variants: [],
});

export const histogramEdges = routine({
  signature:
    "histogramEdges(input: Tensor, bins: Tensor, weight: Tensor? = null, density: bool = false) -> (hist: Tensor, binEdges: Tensor)",
  follows: "torch.histogram",
  doc: "torch.histogram with the edges of the bins.",
  implementation: "counting.histogramEdges",
  variants: [],
});

export const searchsorted = routine({
  signature:
    'searchsorted(sortedSequence: Tensor, input: TensorOrScalar, outInt32: bool = false, right: bool = false, side: "left"|"right"? = null, sorter: Tensor? = null)',
  follows: "torch.searchsorted",
  doc: "Where each value would be put into a sorted sequence (or its row of several): before equal elements, with right after them.",
  shapes: "sortedSequence [N], or [*, N] beside input [*, M]; the result has the input's.",
  example: "torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 4])) // tensor([1, 2])",
  implementation: "counting.searchsorted",
  variants: ["function"],
});

export const bucketize = routine({
  signature: "bucketize(input: TensorOrScalar, boundaries: Tensor, outInt32: bool = false, right: bool = false)",
  follows: "torch.bucketize",
  doc: "The bucket of each value between sorted boundaries.",
  shapes: "input any, boundaries [N]; the result has the input's.",
  example: "torch.bucketize(torch.tensor([0.5, 3, 9]), torch.tensor([1, 3, 5])) // tensor([0, 1, 3])",
  implementation: "counting.bucketize",
  variants: ["function"],
});

export const isin = routine({
  signature:
    "isin(elements: TensorOrScalar, testElements: TensorOrScalar, assumeUnique: bool = false, invert: bool = false)",
  follows: "torch.isin",
  doc: "Whether each element occurs in testElements.",
  shapes: "any; the result has that of elements.",
  example: "torch.isin(torch.tensor([1, 2, 3]), torch.tensor([2, 3])) // tensor([False, True, True])",
  implementation: "counting.isin",
  variants: ["function"],
});

const interpolation = 'interpolation: "linear"|"lower"|"higher"|"midpoint"|"nearest" = "linear"';

export const quantile = composite({
  signature: `quantile(input: Tensor, q: TensorOrScalar, dim: int? = null, keepdim: bool = false, ${interpolation})`,
  follows: "torch.quantile",
  doc: "The q-th quantiles of all elements or along a dim; several q become the first dim.",
  shapes: "any; the result loses dim, or keeps it with size 1, behind a dim for several q.",
  example: "torch.quantile(torch.tensor([1, 2, 3, 4]), 0.5) // tensor(2.5000)",
  implementation: "counting.quantile",
});

export const nanquantile = composite({
  signature: `nanquantile(input: Tensor, q: TensorOrScalar, dim: int? = null, keepdim: bool = false, ${interpolation})`,
  follows: "torch.nanquantile",
  doc: "quantile of what is not NaN.",
  shapes: "any; the result loses dim, or keeps it with size 1, behind a dim for several q.",
  example: "torch.nanquantile(torch.tensor([1, NaN, 3]), 0.5) // tensor(2.)",
  implementation: "counting.nanquantile",
});
