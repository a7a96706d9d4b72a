// Products whose arguments take several forms.

import { RuntimeError } from "../error.ts";
import * as generated from "../gen/functions.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { positional } from "./arguments.ts";

/** How many dims (the last of one tensor with the first of the other), or which of either. */
export type ContractedDims = number | readonly [readonly number[], readonly number[]];

/**
 * Contracts several dims of two tensors at once.
 *
 * Follows torch.tensordot.
 * @example
 * torch.tensordot(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[1, 0], [0, 1]]), 2); // tensor(5.)
 */
export function tensordot(a: Tensor, b: Tensor, dims?: ContractedDims): Tensor;
export function tensordot(a: Tensor, b: Tensor, options: { dims?: ContractedDims }): Tensor;
export function tensordot(...given: unknown[]): Tensor {
  const args = positional(given, ["a", "b", "dims"], "tensordot");
  const [a, b] = args as [Tensor, Tensor];
  const dims = (args[2] ?? 2) as ContractedDims;
  if (typeof dims !== "number") return generated.tensordot(a, b, dims[0], dims[1]);
  if (!Number.isInteger(dims) || dims < 0 || dims > 64) {
    throw new RuntimeError(`tensordot expects dims >= 0, but got dims=${dims}`);
  }
  const first = Array.from({ length: dims }, (_, i) => i - dims);
  return generated.tensordot(a, b, first, Array.from(first.keys()));
}

/**
 * The product of matrices, in the order that needs the fewest multiplications. Follows torch.chain_matmul.
 * @example
 * torch.chainMatmul(torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 1)); // tensor([[12.], [12.]])
 */
export function chainMatmul(...matrices: Tensor[] | [readonly Tensor[]]): Tensor {
  return generated.chainMatmul((Array.isArray(matrices[0]) ? matrices[0] : matrices) as Tensor[]);
}
