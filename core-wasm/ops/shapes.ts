/** Joining, repeating, rearranging and padding. */
import { composite, routine } from "./record.ts";

export const cat = composite({
  signature: "cat(tensors: Tensor[], dim: int = 0)",
  follows: "torch.cat",
  doc: "The tensors one after the other along a dim. Vectors without elements are left out.",
  errors: "RuntimeError where sizes differ in another dim.",
  shapes: "equal but for dim, along which the sizes add up.",
  example: "torch.cat([torch.tensor([[1, 2]]), torch.tensor([[3, 4]])], 0) // tensor([[1., 2.], [3., 4.]])",
  implementation: "joining.cat",
  variants: ["function"],
  aliases: ["concat", "concatenate"],
});

export const catOf = routine({
  signature: "catOf(tensors: Tensor[], dim: int)",
  follows: "torch.cat",
  doc: "cat of tensors of one dtype.",
  implementation: "joining.catOf",
  derivative: { tensors: "catBackward(grad, tensorsShapes, dim)" },
  internal: true,
});

export const stack = composite({
  signature: "stack(tensors: Tensor[], dim: int = 0)",
  follows: "torch.stack",
  doc: "Tensors of one shape side by side along a new dim.",
  shapes: "equal; the result has a new dim of as many as there are tensors.",
  example: "torch.stack([torch.tensor([1, 2]), torch.tensor([3, 4])], 1) // tensor([[1., 3.], [2., 4.]])",
  implementation: "joining.stack",
  variants: ["function"],
});

export const hstack = composite({
  signature: "hstack(tensors: Tensor[])",
  follows: "torch.hstack",
  doc: "cat along dim 1, of vectors along dim 0.",
  shapes: "equal but for dim 1 (dim 0 of vectors), along which the sizes add up.",
  example: "torch.hstack([torch.tensor([1, 2]), torch.tensor([3])]) // tensor([1., 2., 3.])",
  implementation: "joining.hstack",
  variants: ["function"],
});

export const vstack = composite({
  signature: "vstack(tensors: Tensor[])",
  follows: "torch.vstack",
  doc: "cat along dim 0 of tensors of at least two dims.",
  shapes: "equal but for dim 0, along which the sizes add up.",
  example: "torch.vstack([torch.tensor([1, 2]), torch.tensor([3, 4])]) // tensor([[1., 2.], [3., 4.]])",
  implementation: "joining.vstack",
  variants: ["function"],
  aliases: ["rowStack"],
});

export const dstack = composite({
  signature: "dstack(tensors: Tensor[])",
  follows: "torch.dstack",
  doc: "cat along dim 2 of tensors of at least three dims.",
  shapes: "equal but for dim 2; the sizes along it add up.",
  example: "torch.dstack([torch.tensor([1, 2]), torch.tensor([3, 4])]) // tensor([[[1., 3.], [2., 4.]]])",
  implementation: "joining.dstack",
  variants: ["function"],
});

export const columnStack = composite({
  signature: "columnStack(tensors: Tensor[])",
  follows: "torch.column_stack",
  doc: "hstack with vectors as columns.",
  shapes: "vectors [N] and matrices [N, *]; the result has [N, columns].",
  example: "torch.columnStack([torch.tensor([1, 2]), torch.tensor([3, 4])]) // tensor([[1., 3.], [2., 4.]])",
  implementation: "joining.columnStack",
  variants: ["function"],
});

export const blockDiag = composite({
  signature: "blockDiag(tensors: Tensor[])",
  follows: "torch.block_diag",
  doc: "The block-diagonal matrix of matrices.",
  implementation: "joining.blockDiag",
  variants: [],
});

export const meshgrid = composite({
  signature: 'meshgrid(tensors: Tensor[], indexing: "ij"|"xy" = "ij") -> Tensor[]',
  follows: "torch.meshgrid",
  doc: "Views of vectors expanded to the grid that they span.",
  implementation: "joining.meshgrid",
  variants: [],
});

export const cartesianProd = composite({
  signature: "cartesianProd(tensors: Tensor[])",
  follows: "torch.cartesian_prod",
  doc: "All combinations of one element of each vector, as rows.",
  implementation: "joining.cartesianProd",
  variants: [],
});

export const combinations = composite({
  signature: "combinations(input: Tensor, r: int = 2, withReplacement: bool = false)",
  follows: "torch.combinations",
  doc: "All combinations of r elements of a vector, as rows.",
  shapes: "input [N]; the result is [combinations, r].",
  example: "torch.combinations(torch.tensor([1, 2, 3])) // tensor([[1., 2.], [1., 3.], [2., 3.]])",
  implementation: "joining.combinations",
});

export const repeat = composite({
  signature: "repeat(input: Tensor, repeats: int[])",
  follows: "torch.Tensor.repeat",
  doc: "The tensor repeated along every dim.",
  shapes: "the sizes are multiplied by repeats, whose first ones are new dims.",
  example: "torch.tensor([1, 2]).repeat(2, 2) // tensor([[1., 2., 1., 2.], [1., 2., 1., 2.]])",
  implementation: "rearrange.repeat",
  variants: ["method"],
});

export const tile = composite({
  signature: "tile(input: Tensor, dims: int[])",
  follows: "torch.tile",
  doc: "The tensor repeated along its last dims.",
  shapes: "the sizes of the last dims are multiplied.",
  errors: "RuntimeError for negative numbers of repetitions",
  example: "torch.tile(torch.tensor([1, 2]), [2]) // tensor([1., 2., 1., 2.])",
  implementation: "rearrange.tile",
});

export const repeatInterleave = composite({
  signature:
    "repeatInterleave(input: Tensor, repeats: TensorOrScalar? = null, dim: int? = null, outputSize: int? = null)",
  readsValues: true,
  follows: "torch.repeat_interleave",
  doc: "Every slice of a dim (or element of the flattened input) repeated, all alike or by a vector of counts. Alone, the positions that the counts in input repeat.",
  shapes: "any; dim grows; without dim the result is a vector.",
  example: "torch.repeatInterleave(torch.tensor([1, 2]), 2) // tensor([1., 1., 2., 2.])",
  implementation: "rearrange.repeatInterleave",
});

export const roll = routine({
  signature: "roll(input: Tensor, shifts: int[], dims: int[] = [])",
  follows: "torch.roll",
  doc: "The elements shifted along dims; those that leave at one end come in at the other. Without dims, along the flattened tensor.",
  shapes: "any; the result has the input's.",
  example: "torch.roll(torch.tensor([1, 2, 3]), 1) // tensor([3., 1., 2.])",
  implementation: "rearrange.roll",
  derivative: { input: "rollBackward(grad, shifts, dims)" },
});

export const flip = routine({
  signature: "flip(input: Tensor, dims: int[])",
  follows: "torch.flip",
  doc: "A copy with dims reversed.",
  shapes: "any; the result has the input's.",
  example: "torch.flip(torch.tensor([[1, 2], [3, 4]]), [0]) // tensor([[3., 4.], [1., 2.]])",
  implementation: "rearrange.flip",
  derivative: { input: "flip(grad, dims)" },
});

export const fliplr = composite({
  signature: "fliplr(input: Tensor)",
  follows: "torch.fliplr",
  doc: "flip of dim 1.",
  shapes: "any of two dims at least; the result has the input's.",
  example: "torch.fliplr(torch.tensor([[1, 2], [3, 4]])) // tensor([[2., 1.], [4., 3.]])",
  implementation: "rearrange.fliplr",
});

export const flipud = composite({
  signature: "flipud(input: Tensor)",
  follows: "torch.flipud",
  doc: "flip of dim 0.",
  shapes: "any of one dim at least; the result has the input's.",
  example: "torch.flipud(torch.tensor([[1, 2], [3, 4]])) // tensor([[3., 4.], [1., 2.]])",
  implementation: "rearrange.flipud",
});

export const rot90 = composite({
  signature: "rot90(input: Tensor, k: int = 1, dims: int[] = [0, 1])",
  follows: "torch.rot90",
  doc: "The tensor turned k times by 90 degrees in the plane of two dims, from the first towards the second.",
  shapes: "any of two dims at least, which odd k exchange.",
  example: "torch.rot90(torch.tensor([[1, 2], [3, 4]])) // tensor([[2., 4.], [1., 3.]])",
  implementation: "rearrange.rot90",
});

export const tril = routine({
  signature: "tril(input: Tensor, diagonal: int = 0)",
  follows: "torch.tril",
  doc: "The lower triangles of matrices: zero above a diagonal.",
  shapes: "[*, N, M]; the result has the input's.",
  example: "torch.tril(torch.ones(2, 2)) // tensor([[1., 0.], [1., 1.]])",
  implementation: "rearrange.tril",
  derivative: { input: "tril(grad, diagonal)" },
  variants: ["function", "method", "inplace"],
});

export const triu = routine({
  signature: "triu(input: Tensor, diagonal: int = 0)",
  follows: "torch.triu",
  doc: "The upper triangles of matrices: zero below a diagonal.",
  shapes: "[*, N, M]; the result has the input's.",
  example: "torch.triu(torch.ones(2, 2)) // tensor([[1., 1.], [0., 1.]])",
  implementation: "rearrange.triu",
  derivative: { input: "triu(grad, diagonal)" },
  variants: ["function", "method", "inplace"],
});

export const diag = composite({
  signature: "diag(input: Tensor, diagonal: int = 0)",
  follows: "torch.diag",
  doc: "The diagonal of a matrix, or the matrix with a vector as its diagonal.",
  shapes: "a vector [N] gives [N, N], a matrix its diagonal.",
  example: "torch.diag(torch.tensor([1, 2])) // tensor([[1., 0.], [0., 2.]])",
  implementation: "rearrange.diag",
});

export const diagEmbed = routine({
  signature: "diagEmbed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1)",
  follows: "torch.diag_embed",
  doc: "Zeros with the last dim of input as a diagonal of two dims.",
  shapes: "input [*, N]; the result has two dims of N in place of the last.",
  example: "torch.diagEmbed(torch.tensor([[1, 2]])) // tensor([[[1., 0.], [0., 2.]]])",
  implementation: "rearrange.diagEmbed",
  derivative: { input: "diagonal(grad, offset, dim1, dim2)" },
});

export const diagflat = composite({
  signature: "diagflat(input: Tensor, offset: int = 0)",
  follows: "torch.diagflat",
  doc: "The matrix with all elements as its diagonal.",
  shapes: "any of N elements; the result is [N, N].",
  example: "torch.diagflat(torch.tensor([[1], [2]])) // tensor([[1., 0.], [0., 2.]])",
  implementation: "rearrange.diagflat",
});

export const selectScatter = routine({
  signature: "selectScatter(input: Tensor, src: Tensor, dim: int, index: int)",
  follows: "torch.select_scatter",
  doc: "A copy of input with src at one index of a dim.",
  shapes: "src as input without dim; the result has the input's.",
  example: "torch.selectScatter(torch.zeros(2, 2), torch.tensor([1, 2]), 0, 1) // tensor([[0., 0.], [1., 2.]])",
  implementation: "rearrange.selectScatter",
  derivative: { input: "selectScatter(grad, zerosOf(srcShape, grad), dim, index)", src: "select(grad, dim, index)" },
});

export const sliceScatter = routine({
  signature:
    "sliceScatter(input: Tensor, src: Tensor, dim: int = 0, start: int? = null, end: int? = null, step: int = 1)",
  follows: "torch.slice_scatter",
  doc: "A copy of input with src in a slice of a dim.",
  shapes: "src has the slice's; the result has the input's.",
  example: "torch.sliceScatter(torch.zeros(4), torch.tensor([1, 2]), 0, 1, 3, 1) // tensor([0., 1., 2., 0.])",
  implementation: "rearrange.sliceScatter",
  derivative: {
    input: "sliceScatter(grad, zerosOf(srcShape, grad), dim, start, end, step)",
    src: "slice(grad, dim, start, end, step)",
  },
});

export const diagonalScatter = routine({
  signature: "diagonalScatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1)",
  follows: "torch.diagonal_scatter",
  doc: "A copy of input with src as a diagonal.",
  shapes: "src has the diagonal's; the result has the input's.",
  example: "torch.diagonalScatter(torch.zeros(2, 2), torch.tensor([1, 2])) // tensor([[1., 0.], [0., 2.]])",
  implementation: "rearrange.diagonalScatter",
  derivative: {
    input: "diagonalScatter(grad, zerosOf(srcShape, grad), offset, dim1, dim2)",
    src: "diagonal(grad, offset, dim1, dim2)",
  },
});

export const asStridedScatter = routine({
  signature: "asStridedScatter(input: Tensor, src: Tensor, size: int[], stride: int[], storageOffset: int? = null)",
  follows: "torch.as_strided_scatter",
  doc: "A copy of input with src in the places that as_strided of the copy names.",
  shapes: "src has size; the result has the input's.",
  example: "torch.asStridedScatter(torch.zeros(2, 2), torch.tensor([1, 2]), [2], [3]) // tensor([[1., 0.], [0., 2.]])",
  implementation: "rearrange.asStridedScatter",
  derivative: {
    input: "asStridedScatter(contiguous(grad), zerosOf(srcShape, grad), size, stride, storageOffset)",
    src: "asStrided(clone(contiguous(grad)), size, stride, storageOffset)",
  },
});

export const constantPadNd = routine({
  signature: "constantPadNd(input: Tensor, pad: int[], value: Scalar = 0)",
  follows: "torch.constant_pad_nd",
  doc: "The tensor with `value` around it: pad names the width before and after, from the last dim on; negative widths cut.",
  shapes: "any; the last dims grow by what pad names.",
  example: "torch.constantPadNd(torch.tensor([1, 2]), [1, 2], 9) // tensor([9., 1., 2., 9., 9.])",
  implementation: "padding.constantPadNd",
  derivative: { input: "constantPadBackward(grad, pad)" },
  variants: ["function"],
});

export const pad = composite({
  signature:
    'pad(input: Tensor, pad: int[], mode: "constant"|"reflect"|"replicate"|"circular" = "constant", value: Scalar? = null)',
  follows: "torch.nn.functional.pad",
  doc: "Widens the last dims: with a constant, mirrored without the edge, with the edge repeated, or wrapped around.",
  shapes: "any; the last dims grow by what pad names.",
  example: 'torch.nn.functional.pad(torch.tensor([[1, 2, 3]]), [1, 1], "reflect") // tensor([[2., 1., 2., 3., 2.]])',
  implementation: "padding.pad",
  namespace: "nn.functional",
});

export const pixelShuffle = composite({
  signature: "pixelShuffle(input: Tensor, upscaleFactor: int)",
  follows: "torch.nn.functional.pixel_shuffle",
  doc: "[*, C r², H, W] rearranged to [*, C, H r, W r].",
  shapes: "[*, C r², H, W]; the result has [*, C, H r, W r].",
  example:
    "torch.nn.functional.pixelShuffle(torch.tensor([[[1]], [[2]], [[3]], [[4]]]), 2) // tensor([[[1., 2.], [3., 4.]]])",
  implementation: "padding.pixelShuffle",
  namespace: "nn.functional",
});

export const pixelUnshuffle = composite({
  signature: "pixelUnshuffle(input: Tensor, downscaleFactor: int)",
  follows: "torch.nn.functional.pixel_unshuffle",
  doc: "[*, C, H r, W r] rearranged to [*, C r², H, W].",
  shapes: "[*, C, H r, W r]; the result has [*, C r², H, W].",
  example:
    "torch.nn.functional.pixelUnshuffle(torch.tensor([[[1, 2], [3, 4]]]), 2) // tensor([[[1.]], [[2.]], [[3.]], [[4.]]])",
  implementation: "padding.pixelUnshuffle",
  namespace: "nn.functional",
});

export const channelShuffle = composite({
  signature: "channelShuffle(input: Tensor, groups: int)",
  follows: "torch.nn.functional.channel_shuffle",
  doc: "The channels (dim 1) of all groups interleaved.",
  shapes: "[N, C, *]; the result has the input's.",
  example: "torch.nn.functional.channelShuffle(torch.arange(4).reshape(1, 4, 1), 2) // tensor([[[0], [2], [1], [3]]])",
  implementation: "padding.channelShuffle",
  namespace: "nn.functional",
});
