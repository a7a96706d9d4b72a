/** Writes by index tensors and masks. */
import { composite, routine } from "./record.ts";

const everywhere = ["function", "method", "inplace"] as const;

export const scatter = routine({
  signature: 'scatter(input: Tensor, dim: int, index: Tensor, src: TensorOrScalar, reduce: "add"|"multiply"? = null)',
  follows: "torch.scatter",
  doc: "A copy of input with the elements of src written where `index` says along a dim: out[index[i][j]][j] = src[i][j] for dim 0. With reduce they are added to, or multiplied with, what is there.",
  errors: "RuntimeError for an index that is not int64 or out of range.",
  shapes: "index has as many dims as input and src; the result has the input's.",
  example: "torch.scatter(torch.zeros(3), 0, torch.tensor([2n, 0n]), torch.tensor([5, 6])) // tensor([6., 0., 5.])",
  implementation: "scatter.scatter",
  derivative: {
    input: "scatterBackward(grad, dim, index)",
    src: "scatterSourceBackward(grad, srcShape, dim, index)",
  },
  variants: everywhere,
});

export const scatterAdd = routine({
  signature: "scatterAdd(input: Tensor, dim: int, index: Tensor, src: Tensor)",
  follows: "torch.scatter_add",
  doc: "A copy of input with the elements of src added where `index` says along a dim.",
  shapes: "index has as many dims as input and src; the result has the input's.",
  example:
    "torch.scatterAdd(torch.zeros(3), 0, torch.tensor([0n, 2n, 0n]), torch.tensor([1, 2, 3])) // tensor([4., 0., 2.])",
  implementation: "scatter.scatterAdd",
  derivative: { input: "grad", src: "scatterSourceBackward(grad, srcShape, dim, index)" },
  variants: everywhere,
});

export const scatterReduce = routine({
  signature:
    'scatterReduce(input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: "sum"|"prod"|"mean"|"amax"|"amin", includeSelf: bool = true)',
  follows: "torch.scatter_reduce",
  doc: "Reduces the elements of src that `index` sends to the same place along a dim, with input's own element there unless includeSelf is false.",
  shapes: "index has as many dims as input and src; the result has the input's.",
  example:
    'torch.scatterReduce(torch.zeros(2), 0, torch.tensor([0n, 1n, 1n]), torch.tensor([1, 2, 3]), "sum") // tensor([1., 5.])',
  implementation: "scatter.scatterReduce",
  derivative: {
    input: "scatterReduceBackward(grad, input, dim, index, src, reduce, includeSelf, result)",
    src: "scatterReduceSourceBackward(grad, input, dim, index, src, reduce, includeSelf, result)",
  },
  variants: everywhere,
});

export const indexAdd = routine({
  signature: "indexAdd(input: Tensor, dim: int, index: Tensor, source: Tensor, alpha: Scalar = 1)",
  follows: "torch.index_add",
  doc: "A copy of input with alpha times the slices of source added to those at the positions in `index`.",
  shapes: "index [N]; source as input, with N along dim; the result has the input's.",
  example:
    "torch.indexAdd(torch.zeros(3), 0, torch.tensor([0n, 2n, 0n]), torch.tensor([1, 2, 3])) // tensor([4., 0., 2.])",
  implementation: "scatter.indexAdd",
  derivative: { input: "grad", source: "indexAddSourceBackward(grad, sourceShape, dim, index, alpha)" },
  variants: everywhere,
});

export const indexCopy = routine({
  signature: "indexCopy(input: Tensor, dim: int, index: Tensor, source: Tensor)",
  follows: "torch.index_copy",
  doc: "A copy of input with the slices at the positions in `index` replaced by those of source.",
  shapes: "index [N]; source as input, with N along dim; the result has the input's.",
  example: "torch.indexCopy(torch.zeros(3), 0, torch.tensor([0n, 2n]), torch.tensor([1, 2])) // tensor([1., 0., 2.])",
  implementation: "scatter.indexCopy",
  derivative: {
    input: "indexZeroBackward(grad, dim, index)",
    source: "indexSourceBackward(grad, sourceShape, dim, index)",
  },
  variants: everywhere,
});

export const indexFill = routine({
  signature: "indexFill(input: Tensor, dim: int, index: Tensor, value: TensorOrScalar)",
  follows: "torch.index_fill",
  doc: "A copy of input with the slices at the positions in `index` filled with a value.",
  shapes: "index [N]; the result has the input's.",
  example: "torch.indexFill(torch.zeros(3), 0, torch.tensor([0n, 2n]), 7) // tensor([7., 0., 7.])",
  implementation: "scatter.indexFill",
  derivative: { input: "indexZeroBackward(grad, dim, index)", value: "indexFillValueBackward(grad, dim, index)" },
  variants: everywhere,
});

export const indexReduce = composite({
  signature:
    'indexReduce(input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: "prod"|"mean"|"amax"|"amin", includeSelf: bool = true)',
  follows: "torch.index_reduce",
  doc: "Reduces the slices of source that `index` sends to the same place, with input's own there unless includeSelf is false.",
  shapes: "index [N]; source as input, with N along dim; the result has the input's.",
  example:
    'torch.indexReduce(torch.tensor([1, 2, 3]), 0, torch.tensor([0n, 0n, 2n]), torch.tensor([5, 6, 7]), "amax") // tensor([6., 2., 7.])',
  implementation: "scatter.indexReduce",
  variants: everywhere,
});

export const put = routine({
  signature: "put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = false)",
  follows: "torch.put",
  doc: "A copy of input with the elements at positions in the flattened tensor replaced, or with accumulate increased, by those of source.",
  shapes: "index and source of as many elements; the result has the input's.",
  example: "torch.put(torch.zeros(2, 2), torch.tensor([1n, 2n]), torch.tensor([5, 6])) // tensor([[0., 5.], [6., 0.]])",
  implementation: "scatter.put",
  derivative: {
    input: "putBackward(grad, index, accumulate)",
    source: "putSourceBackward(grad, sourceShape, index)",
  },
  variants: ["function", "inplace"],
});

export const maskedFill = composite({
  signature: "maskedFill(input: Tensor, mask: Tensor, value: TensorOrScalar)",
  follows: "torch.masked_fill",
  doc: "input with `value` (a number or 0-d tensor) where the mask is true.",
  shapes: "mask broadcasts to the input's, which the result has.",
  example: "torch.maskedFill(torch.tensor([1, 2, 3]), torch.tensor([true, false, true]), 0) // tensor([0., 2., 0.])",
  implementation: "masks.maskedFill",
  variants: everywhere,
});

export const maskedScatter = composite({
  signature: "maskedScatter(input: Tensor, mask: Tensor, source: Tensor)",
  follows: "torch.masked_scatter",
  doc: "input with the elements of source, in order, where the mask is true.",
  shapes: "input and mask broadcast to the result's; source has an element for each true one at least.",
  example:
    "torch.maskedScatter(torch.zeros(3), torch.tensor([true, false, true]), torch.tensor([1, 2])) // tensor([1., 0., 2.])",
  implementation: "masks.maskedScatter",
  variants: everywhere,
});

export const maskedScatterOf = routine({
  signature: "maskedScatterOf(input: Tensor, mask: Tensor, source: Tensor)",
  follows: "torch.masked_scatter",
  doc: "masked_scatter once input and mask have one shape.",
  implementation: "scatter.maskedScatter",
  derivative: {
    input: "maskedScatterBackward(grad, mask)",
    source: "maskedScatterSourceBackward(grad, mask, sourceShape)",
  },
  internal: true,
});

export const indexPut = routine({
  signature: "indexPut(input: Tensor, indices: Tensor[], values: TensorOrScalar, accumulate: bool = false)",
  follows: "torch.index_put",
  doc: "A copy of input with input[indices] replaced by, or with accumulate increased by, values, which are broadcast.",
  shapes: "values broadcast to input[indices]; the result has the input's.",
  example:
    "torch.indexPut(torch.zeros(2, 2), [torch.tensor([0n, 1n]), torch.tensor([1n, 0n])], torch.tensor([5, 6])) // tensor([[0., 5.], [6., 0.]])",
  implementation: "scatter.indexPut",
  derivative: {
    input: "indexPutBackward(grad, indices, accumulate)",
    values: "indexPutValuesBackward(grad, indices, valuesShape)",
  },
  variants: everywhere,
});
