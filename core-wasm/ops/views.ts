/** Views beyond the basic ones, and splitting. */
import { composite, view } from "./record.ts";

const both = ["function", "method"] as const;

export const diagonal = composite({
  signature: "diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1)",
  follows: "torch.diagonal",
  doc: "A view of the diagonal of two dims, which become one, the last.",
  shapes: "any of two dims at least; dim1 and dim2 become one, the last.",
  example: "torch.diagonal(torch.tensor([[1, 2], [3, 4]])) // tensor([1., 4.])",
  implementation: "geometry.diagonal",
  aliases: ["linalg.diagonal"],
});

export const unfold = composite({
  signature: "unfold(input: Tensor, dimension: int, size: int, step: int)",
  follows: "torch.Tensor.unfold",
  doc: "A view of all slices of `size` elements of a dim, `step` apart, in a new last dim.",
  shapes: "any; dimension counts the slices, a new last dim has size.",
  example: "torch.tensor([1, 2, 3, 4]).unfold(0, 2, 1) // tensor([[1., 2.], [2., 3.], [3., 4.]])",
  implementation: "geometry.unfold",
  variants: ["method"],
});

export const movedim = composite({
  signature: "movedim(input: Tensor, source: int[], destination: int[])",
  follows: "torch.movedim",
  doc: "A view with the dims `source` moved to the places `destination`.",
  shapes: "any; the dims are rearranged.",
  example: "torch.movedim(torch.zeros(2, 3, 4), 0, 2).shape // [3, 4, 2]",
  implementation: "geometry.movedim",
  aliases: ["moveaxis"],
});

export const flatten = composite({
  signature: "flatten(input: Tensor, startDim: int = 0, endDim: int = -1)",
  follows: "torch.flatten",
  doc: "The dims from startDim to endDim as one; a view where the strides allow it.",
  shapes: "any; the dims become one of as many elements.",
  example: "torch.flatten(torch.zeros(2, 3, 4), 1).shape // [2, 12]",
  implementation: "geometry.flatten",
});

export const unflatten = composite({
  signature: "unflatten(input: Tensor, dim: int, sizes: int[])",
  follows: "torch.unflatten",
  doc: "A view with a dim split up into several; one size may be -1.",
  shapes: "any; dim becomes several.",
  example: "torch.unflatten(torch.arange(6), 0, [2, 3]) // tensor([[0, 1, 2], [3, 4, 5]])",
  implementation: "geometry.unflatten",
});

export const ravel = composite({
  signature: "ravel(input: Tensor)",
  follows: "torch.ravel",
  doc: "The elements as a vector; a view where the strides allow it.",
  shapes: "any; the result is [N].",
  example: "torch.ravel(torch.tensor([[1, 2], [3, 4]])) // tensor([1., 2., 3., 4.])",
  implementation: "geometry.ravel",
});

export const viewAs = composite({
  signature: "viewAs(input: Tensor, other: Tensor)",
  follows: "torch.Tensor.view_as",
  doc: "view to the other tensor's shape.",
  shapes: "as many elements; the result has the other's.",
  example: "torch.arange(4).viewAs(torch.zeros(2, 2)) // tensor([[0, 1], [2, 3]])",
  implementation: "geometry.viewAs",
  variants: ["method"],
});

export const reshapeAs = composite({
  signature: "reshapeAs(input: Tensor, other: Tensor)",
  follows: "torch.Tensor.reshape_as",
  doc: "reshape to the other tensor's shape.",
  shapes: "as many elements; the result has the other's.",
  example: "torch.arange(4).reshapeAs(torch.zeros(2, 2)) // tensor([[0, 1], [2, 3]])",
  implementation: "geometry.reshapeAs",
  variants: ["method"],
});

export const expandAs = composite({
  signature: "expandAs(input: Tensor, other: Tensor)",
  follows: "torch.Tensor.expand_as",
  doc: "expand to the other tensor's shape.",
  shapes: "the result has the other's.",
  example: "torch.tensor([[1], [2]]).expandAs(torch.zeros(2, 3)) // tensor([[1., 1., 1.], [2., 2., 2.]])",
  implementation: "geometry.expandAs",
  variants: ["method"],
});

export const broadcastTo = composite({
  signature: "broadcastTo(input: Tensor, size: int[])",
  follows: "torch.broadcast_to",
  doc: "A view broadcast to a shape.",
  shapes: "any that broadcasts to size, which the result has.",
  example: "torch.broadcastTo(torch.tensor([1, 2]), [2, 2]) // tensor([[1., 2.], [1., 2.]])",
  implementation: "geometry.broadcastTo",
});

export const broadcastTensors = composite({
  signature: "broadcastTensors(tensors: Tensor[]) -> Tensor[]",
  follows: "torch.broadcast_tensors",
  doc: "Views of all tensors, broadcast against each other.",
  implementation: "geometry.broadcastTensors",
  variants: [],
});

export const atleast1d = composite({
  signature: "atleast1d(input: Tensor)",
  follows: "torch.atleast_1d",
  doc: "A 0-d tensor as a vector, any other as it is.",
  implementation: "geometry.atleast1d",
  variants: [],
});

export const atleast2d = composite({
  signature: "atleast2d(input: Tensor)",
  follows: "torch.atleast_2d",
  doc: "The tensor with leading dims of size 1 up to two dims.",
  implementation: "geometry.atleast2d",
  variants: [],
});

export const atleast3d = composite({
  signature: "atleast3d(input: Tensor)",
  follows: "torch.atleast_3d",
  doc: "The tensor with dims of size 1 around it up to three dims.",
  implementation: "geometry.atleast3d",
  variants: [],
});

export const matrixTranspose = composite({
  signature: "matrixTranspose(input: Tensor)",
  follows: "torch.Tensor.mT",
  doc: "A view with the last two dims exchanged: the property mT.",
  implementation: "geometry.matrixTranspose",
  variants: [],
});

export const reverseDims = composite({
  signature: "reverseDims(input: Tensor)",
  follows: "torch.Tensor.T",
  doc: "A view with all dims in reverse: the property T.",
  implementation: "geometry.reverseDims",
  variants: [],
});

export const unbind = view({
  signature: "unbind(input: Tensor, dim: int = 0) -> Tensor[]",
  follows: "torch.unbind",
  doc: "The views at every index of a dim.",
  shapes: "any; each result loses dim.",
  example: "torch.unbind(torch.tensor([[1, 2], [3, 4]])) // [tensor([1., 2.]), tensor([3., 4.])]",
  implementation: "geometry.unbind",
  derivative: { input: "stack(grad, dim)" },
});

export const piecesOf = view({
  signature: "piecesOf(input: Tensor, sizes: int[], dim: int) -> Tensor[]",
  follows: "torch.split_with_sizes",
  doc: "Views of consecutive pieces of a dim; the sizes are known to fit.",
  implementation: "geometry.piecesOf",
  derivative: { input: "cat(grad, dim)" },
  internal: true,
});

export const split = composite({
  signature: "split(tensor: Tensor, splitSizeOrSections: int[], dim: int = 0) -> Tensor[]",
  follows: "torch.split",
  doc: "Views of consecutive pieces of a dim: of one size (the last may be smaller), or of the sizes in a list.",
  shapes: "any; dim is divided, the others stay.",
  example: "torch.split(torch.arange(5), 2) // [tensor([0, 1]), tensor([2, 3]), tensor([4])]",
  implementation: "geometry.split",
  variants: both,
});

export const splitWithSizes = composite({
  signature: "splitWithSizes(input: Tensor, splitSizes: int[], dim: int = 0) -> Tensor[]",
  follows: "torch.split_with_sizes",
  doc: "Views of consecutive pieces of a dim with the given sizes.",
  shapes: "any; dim is divided, the others stay.",
  example: "torch.splitWithSizes(torch.arange(5), [2, 3]) // [tensor([0, 1]), tensor([2, 3, 4])]",
  implementation: "geometry.splitWithSizes",
});

export const chunk = composite({
  signature: "chunk(input: Tensor, chunks: int, dim: int = 0) -> Tensor[]",
  follows: "torch.chunk",
  doc: "Views of at most `chunks` consecutive pieces of a dim, of one size but for the last.",
  shapes: "any; the dim is divided, the others stay.",
  example: "torch.chunk(torch.arange(5), 2) // [tensor([0, 1, 2]), tensor([3, 4])]",
  implementation: "geometry.chunk",
});

export const tensorSplitSections = composite({
  signature: "tensorSplitSections(input: Tensor, sections: int, dim: int = 0) -> Tensor[]",
  follows: "torch.tensor_split",
  doc: "tensorSplit into a number of pieces that differ in size by at most one.",
  implementation: "geometry.tensorSplitSections",
  variants: [],
});

export const tensorSplitIndices = composite({
  signature: "tensorSplitIndices(input: Tensor, indices: int[], dim: int = 0) -> Tensor[]",
  follows: "torch.tensor_split",
  doc: "tensorSplit at the given indices.",
  implementation: "geometry.tensorSplitIndices",
  variants: [],
});

export const splitSections = composite({
  signature: 'splitSections(input: Tensor, which: "hsplit"|"vsplit"|"dsplit", sections: int) -> Tensor[]',
  follows: "torch.hsplit",
  doc: "hsplit, vsplit or dsplit into equal pieces.",
  implementation: "geometry.splitSections",
  variants: [],
});

export const splitIndices = composite({
  signature: 'splitIndices(input: Tensor, which: "hsplit"|"vsplit"|"dsplit", indices: int[]) -> Tensor[]',
  follows: "torch.hsplit",
  doc: "hsplit, vsplit or dsplit at the given indices.",
  implementation: "geometry.splitIndices",
  variants: [],
});

export const narrowCopy = composite({
  signature: "narrowCopy(input: Tensor, dim: int, start: int, length: int)",
  follows: "torch.narrow_copy",
  doc: "narrow as a copy.",
  shapes: "any; dim has length.",
  example: "torch.narrowCopy(torch.tensor([1, 2, 3, 4]), 0, 1, 2) // tensor([2., 3.])",
  implementation: "geometry.narrowCopy",
});
