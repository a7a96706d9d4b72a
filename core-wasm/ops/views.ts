/** Views beyond the basic ones, and splitting. */
import { composite, view } from "./record.ts";

const both = ["function", "method"] as const;

export const diagonal = composite({
  signature: "diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1)",
  follows: "torch.diagonal",
  doc: "A view of the diagonal of two dims, which become one, the last.",
  implementation: "geometry.diagonal",
  aliases: ["linalg.diagonal"],
});

export const unfold = composite({
  signature: "unfold(input: Tensor, dimension: int, size: int, step: int)",
  follows: "torch.Tensor.unfold",
  doc: "A view of all slices of `size` elements of a dim, `step` apart, in a new last dim.",
  implementation: "geometry.unfold",
  variants: ["method"],
});

export const movedim = composite({
  signature: "movedim(input: Tensor, source: int[], destination: int[])",
  follows: "torch.movedim",
  doc: "A view with the dims `source` moved to the places `destination`.",
  implementation: "geometry.movedim",
  aliases: ["moveaxis"],
});

export const flatten = composite({
  signature: "flatten(input: Tensor, startDim: int = 0, endDim: int = -1)",
  follows: "torch.flatten",
  doc: "The dims from startDim to endDim as one; a view where the strides allow it.",
  example: "torch.flatten(x, 1)",
  implementation: "geometry.flatten",
});

export const unflatten = composite({
  signature: "unflatten(input: Tensor, dim: int, sizes: int[])",
  follows: "torch.unflatten",
  doc: "A view with a dim split up into several; one size may be -1.",
  implementation: "geometry.unflatten",
});

export const ravel = composite({
  signature: "ravel(input: Tensor)",
  follows: "torch.ravel",
  doc: "The elements as a vector; a view where the strides allow it.",
  implementation: "geometry.ravel",
});

export const viewAs = composite({
  signature: "viewAs(input: Tensor, other: Tensor)",
  follows: "torch.Tensor.view_as",
  doc: "view to the other tensor's shape.",
  implementation: "geometry.viewAs",
  variants: ["method"],
});

export const reshapeAs = composite({
  signature: "reshapeAs(input: Tensor, other: Tensor)",
  follows: "torch.Tensor.reshape_as",
  doc: "reshape to the other tensor's shape.",
  implementation: "geometry.reshapeAs",
  variants: ["method"],
});

export const expandAs = composite({
  signature: "expandAs(input: Tensor, other: Tensor)",
  follows: "torch.Tensor.expand_as",
  doc: "expand to the other tensor's shape.",
  implementation: "geometry.expandAs",
  variants: ["method"],
});

export const broadcastTo = composite({
  signature: "broadcastTo(input: Tensor, size: int[])",
  follows: "torch.broadcast_to",
  doc: "A view broadcast to a shape.",
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
  implementation: "geometry.split",
  variants: both,
});

export const splitWithSizes = composite({
  signature: "splitWithSizes(input: Tensor, splitSizes: int[], dim: int = 0) -> Tensor[]",
  follows: "torch.split_with_sizes",
  doc: "Views of consecutive pieces of a dim with the given sizes.",
  implementation: "geometry.splitWithSizes",
});

export const chunk = composite({
  signature: "chunk(input: Tensor, chunks: int, dim: int = 0) -> Tensor[]",
  follows: "torch.chunk",
  doc: "Views of at most `chunks` consecutive pieces of a dim, of one size but for the last.",
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
  implementation: "geometry.narrowCopy",
});
