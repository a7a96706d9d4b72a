/** Sorting, order statistics, and distinct elements. NaN is greater than every number; sorts are stable. */
import { composite, routine } from "./record.ts";

export const sort = routine({
  signature:
    "sort(input: Tensor, dim: int = -1, descending: bool = false, stable: bool = false) -> (values: Tensor, indices: Tensor)",
  follows: "torch.sort",
  doc: "The elements sorted along a dim, and where they came from.",
  shapes: "any; both results have the input's.",
  example: "torch.sort(torch.tensor([3, 1, 2])) // [tensor([1., 2., 3.]), tensor([1, 2, 0])]",
  implementation: "sorting.sort",
  derivative: { input: "selectionBackward(grad0, inputShape, dim, result1, true)" },
});

export const argsort = routine({
  signature: "argsort(input: Tensor, dim: int = -1, descending: bool = false, stable: bool = false)",
  follows: "torch.argsort",
  doc: "The indices that sort the elements along a dim.",
  shapes: "any; the result has the input's.",
  example: "torch.argsort(torch.tensor([3, 1, 2])) // tensor([1, 2, 0])",
  implementation: "sorting.argsort",
});

export const msort = composite({
  signature: "msort(input: Tensor)",
  follows: "torch.msort",
  doc: "The elements sorted along dim 0.",
  shapes: "any; the result has the input's.",
  example: "torch.msort(torch.tensor([[3, 1], [2, 4]])) // tensor([[2., 1.], [3., 4.]])",
  implementation: "sorting.msort",
});

export const topk = routine({
  signature:
    "topk(input: Tensor, k: int, dim: int = -1, largest: bool = true, sorted: bool = true) -> (values: Tensor, indices: Tensor)",
  follows: "torch.topk",
  doc: "The k largest (or smallest) elements along a dim, in order, and their indices.",
  errors: "RuntimeError if k is out of range.",
  shapes: "any; both results have k along dim.",
  example: "torch.topk(torch.tensor([1, 4, 2, 3]), 2) // [tensor([4., 3.]), tensor([1, 3])]",
  implementation: "sorting.topk",
  derivative: { input: "selectionBackward(grad0, inputShape, dim, result1, true)" },
});

export const kthvalue = routine({
  signature:
    "kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = false) -> (values: Tensor, indices: Tensor)",
  follows: "torch.kthvalue",
  doc: "The k-th smallest element (k from 1) along a dim, and its index.",
  shapes: "any; both results lose dim, or keep it with size 1.",
  example: "torch.kthvalue(torch.tensor([3, 1, 2]), 2) // [tensor(2.), tensor(2)]",
  implementation: "sorting.kthvalue",
  derivative: { input: "selectionBackward(grad0, inputShape, dim, result1, keepdim)" },
});

export const medianDim = routine({
  signature: "medianDim(input: Tensor, dim: int, keepdim: bool = false) -> (values: Tensor, indices: Tensor)",
  follows: "torch.median",
  doc: "The lower median along a dim, NaN if there is one, and its index.",
  implementation: "sorting.medianDim",
  derivative: { input: "selectionBackward(grad0, inputShape, dim, result1, keepdim)" },
  variants: [],
});

export const nanmedianDim = routine({
  signature: "nanmedianDim(input: Tensor, dim: int, keepdim: bool = false) -> (values: Tensor, indices: Tensor)",
  follows: "torch.nanmedian",
  doc: "The lower median along a dim of what is not NaN, and its index.",
  implementation: "sorting.nanmedianDim",
  derivative: { input: "selectionBackward(grad0, inputShape, dim, result1, keepdim)" },
  variants: [],
});

export const medianAll = routine({
  signature: "medianAll(input: Tensor) -> (values: Tensor, position: Tensor)",
  follows: "torch.median",
  doc: "The lower median of all elements, and its position in the flattened tensor.",
  implementation: "sorting.medianAll",
  derivative: { input: "evenlyBackward(grad0, input, result0)" },
  variants: [],
});

export const nanmedianAll = routine({
  signature: "nanmedianAll(input: Tensor) -> (values: Tensor, position: Tensor)",
  follows: "torch.nanmedian",
  doc: "The lower median of all elements that are not NaN, and its position in the flattened tensor.",
  implementation: "sorting.nanmedianAll",
  derivative: { input: "evenlyBackward(grad0, input, result0)" },
  variants: [],
});

export const mode = routine({
  signature: "mode(input: Tensor, dim: int = -1, keepdim: bool = false) -> (values: Tensor, indices: Tensor)",
  follows: "torch.mode",
  doc: "The most frequent element along a dim (the smallest of several), and its last index.",
  shapes: "any; both results lose dim, or keep it with size 1.",
  example: "torch.mode(torch.tensor([1, 2, 2, 3])) // [tensor(2.), tensor(2)]",
  implementation: "sorting.mode",
  derivative: { input: "selectionBackward(grad0, inputShape, dim, result1, keepdim)" },
});

export const uniqueRows = routine({
  signature: "uniqueRows(input: Tensor, dim: int? = null) -> (output: Tensor, inverse: Tensor, counts: Tensor)",
  follows: "torch.unique",
  doc: "The distinct elements (or slices of a dim) in order, which of them every element is, and how often each occurs.",
  implementation: "sorting.unique",
  variants: [],
});

export const uniqueRuns = routine({
  signature: "uniqueRuns(input: Tensor, dim: int? = null) -> (output: Tensor, inverse: Tensor, counts: Tensor)",
  follows: "torch.unique_consecutive",
  doc: "The elements (or slices of a dim) without consecutive repetitions, which of them every element is, and how long each run is.",
  implementation: "sorting.uniqueConsecutive",
  variants: [],
});
