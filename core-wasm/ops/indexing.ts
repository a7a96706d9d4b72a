/** Reads by index tensors and masks. */
import { composite, routine } from "./record.ts";

export const gather = routine({
  signature: "gather(input: Tensor, dim: int, index: Tensor, sparseGrad: bool = false)",
  follows: "torch.gather",
  doc: "The elements of input at the positions that `index` gives along a dim: out[i][j] = input[index[i][j]][j] for dim 0.",
  shapes: "index has input's number of dims and is nowhere larger but along dim; the result has its shape.",
  errors: "RuntimeError for an index that is not int64 or out of range.",
  example:
    "torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[1n, 0n], [0n, 0n]])) // tensor([[2., 1.], [3., 3.]])",
  implementation: "indexing.gather",
  derivative: { input: "gatherBackward(grad, inputShape, dim, index)" },
});

export const indexSelect = routine({
  signature: "indexSelect(input: Tensor, dim: int, index: Tensor)",
  follows: "torch.index_select",
  doc: "The slices of a dim at the positions in the vector `index`.",
  errors: "IndexError for an index out of range.",
  shapes: "index [N]; the result as input, with N along dim.",
  example:
    "torch.indexSelect(torch.tensor([[1, 2], [3, 4]]), 0, torch.tensor([1n, 1n])) // tensor([[3., 4.], [3., 4.]])",
  implementation: "indexing.indexSelect",
  derivative: { input: "indexSelectBackward(grad, inputShape, dim, index)" },
});

export const takeAlongDim = composite({
  signature: "takeAlongDim(input: Tensor, indices: Tensor, dim: int? = null)",
  follows: "torch.take_along_dim",
  doc: "gather with both tensors broadcast against each other; without dim, of the flattened input.",
  shapes: "as many dims, of sizes that broadcast but for dim.",
  example: "torch.takeAlongDim(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[1n], [0n]]), 1) // tensor([[2.], [3.]])",
  implementation: "indexing.takeAlongDim",
});

export const take = routine({
  signature: "take(input: Tensor, index: Tensor)",
  follows: "torch.take",
  doc: "The elements at positions in the flattened input; negative ones count from the end.",
  errors: "IndexError for an index out of range.",
  shapes: "any; the result has the index's.",
  example: "torch.take(torch.tensor([[1, 2], [3, 4]]), torch.tensor([0n, -1n])) // tensor([1., 4.])",
  implementation: "indexing.take",
  derivative: { input: "takeBackward(grad, inputShape, index)" },
});

export const maskedSelect = routine({
  signature: "maskedSelect(input: Tensor, mask: Tensor)",
  readsValues: true,
  follows: "torch.masked_select",
  doc: "The elements where the mask is true, as a vector. Input and mask are broadcast.",
  shapes: "any that broadcast; the result is [count].",
  example: "torch.maskedSelect(torch.tensor([1, 2, 3]), torch.tensor([true, false, true])) // tensor([1., 3.])",
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
  shapes: "any; the result is [count, ndim].",
  example: "torch.argwhere(torch.tensor([[1, 0], [0, 2]])) // tensor([[0, 0], [1, 1]])",
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
