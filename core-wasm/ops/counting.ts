/** Counting, searching in sorted sequences, and quantiles. */
import { composite, routine } from "./record.ts";

export const bincount = routine({
  signature: "bincount(input: Tensor, weights: Tensor? = null, minlength: int = 0)",
  readsValues: true,
  follows: "torch.bincount",
  doc: "How often each non-negative integer occurs in a vector, or the sum of its weights.",
  implementation: "counting.bincount",
});

export const histc = routine({
  signature: "histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0)",
  readsValues: true,
  follows: "torch.histc",
  doc: "The number of elements in each of `bins` equal parts of [min, max]; of the elements' own range if both are equal.",
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
  implementation: "counting.searchsorted",
  variants: ["function"],
});

export const bucketize = routine({
  signature: "bucketize(input: TensorOrScalar, boundaries: Tensor, outInt32: bool = false, right: bool = false)",
  follows: "torch.bucketize",
  doc: "The bucket of each value between sorted boundaries.",
  implementation: "counting.bucketize",
  variants: ["function"],
});

export const isin = routine({
  signature:
    "isin(elements: TensorOrScalar, testElements: TensorOrScalar, assumeUnique: bool = false, invert: bool = false)",
  follows: "torch.isin",
  doc: "Whether each element occurs in testElements.",
  implementation: "counting.isin",
  variants: ["function"],
});

const interpolation = 'interpolation: "linear"|"lower"|"higher"|"midpoint"|"nearest" = "linear"';

export const quantile = composite({
  signature: `quantile(input: Tensor, q: TensorOrScalar, dim: int? = null, keepdim: bool = false, ${interpolation})`,
  follows: "torch.quantile",
  doc: "The q-th quantiles of all elements or along a dim; several q become the first dim.",
  implementation: "counting.quantile",
});

export const nanquantile = composite({
  signature: `nanquantile(input: Tensor, q: TensorOrScalar, dim: int? = null, keepdim: bool = false, ${interpolation})`,
  follows: "torch.nanquantile",
  doc: "quantile of what is not NaN.",
  implementation: "counting.nanquantile",
});
