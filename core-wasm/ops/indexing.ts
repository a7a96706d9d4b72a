/** Reads by index tensors and masks. */
import { composite, routine } from "./record.ts";

export const gather = routine({
  signature: "gather(input: Tensor, dim: int, index: Tensor, sparseGrad: bool = false)",
  follows: "torch.gather",
  doc: "The elements of input at the positions that `index` gives along a dim: out[i][j] = input[index[i][j]][j] for dim 0.",
  shapes: "index has input's number of dims and is nowhere larger but along dim; the result has its shape.",
  errors: "RuntimeError for an index that is not int64 or out of range.",
  example: 'torch.gather(x, 1, torch.tensor([[0], [1]], { dtype: "int64" }))',
  implementation: "indexing.gather",
  derivative: { input: "gatherBackward(grad, inputShape, dim, index)" },
});

export const indexSelect = routine({
  signature: "indexSelect(input: Tensor, dim: int, index: Tensor)",
  follows: "torch.index_select",
  doc: "The slices of a dim at the positions in the vector `index`.",
  errors: "IndexError for an index out of range.",
  implementation: "indexing.indexSelect",
  derivative: { input: "indexSelectBackward(grad, inputShape, dim, index)" },
});

export const takeAlongDim = composite({
  signature: "takeAlongDim(input: Tensor, indices: Tensor, dim: int? = null)",
  follows: "torch.take_along_dim",
  doc: "gather with both tensors broadcast against each other; without dim, of the flattened input.",
  implementation: "indexing.takeAlongDim",
});

export const take = routine({
  signature: "take(input: Tensor, index: Tensor)",
  follows: "torch.take",
  doc: "The elements at positions in the flattened input; negative ones count from the end.",
  errors: "IndexError for an index out of range.",
  implementation: "indexing.take",
  derivative: { input: "takeBackward(grad, inputShape, index)" },
});

export const maskedSelect = routine({
  signature: "maskedSelect(input: Tensor, mask: Tensor)",
  readsValues: true,
  follows: "torch.masked_select",
  doc: "The elements where the mask is true, as a vector. Input and mask are broadcast.",
  implementation: "indexing.maskedSelect",
  derivative: { input: "maskedSelectBackward(grad, inputShape, mask)" },
});

export const nonzero = routine({
  signature: "nonzero(input: Tensor)",
  follows: "torch.nonzero",
  doc: "The indices of all elements that are not zero: int64 [count, ndim], in row-major order.",
  implementation: "indexing.nonzero",
  variants: [],
});

export const argwhere = routine({
  signature: "argwhere(input: Tensor)",
  readsValues: true,
  follows: "torch.argwhere",
  doc: "The indices of all elements that are not zero: int64 [count, ndim], in row-major order.",
  implementation: "indexing.nonzero",
});

export const index = routine({
  signature: "index(input: Tensor, indices: Tensor[])",
  follows: "torch.Tensor.__getitem__",
  doc: "input[indices] for int64 tensors that are broadcast against each other; a null leaves its dim whole.",
  implementation: "indexing.index",
  derivative: { input: "indexBackward(grad, inputShape, indices)" },
  variants: [],
});
