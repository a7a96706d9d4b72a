// Dims counted from the end.

import { IndexError } from "../error.ts";

/**
 * A dim of a tensor that has `ndim` of them, from 0 on; 0-d tensors count as vectors.
 * @throws IndexError when it is out of range
 */
export function wrapDim(dim: number, ndim: number): number {
  const bound = Math.max(ndim, 1);
  if (!Number.isInteger(dim) || dim < -bound || dim >= bound) {
    throw new IndexError(
      `Dimension out of range (expected to be in range of [${-bound}, ${bound - 1}], but got ${String(dim)})`,
    );
  }
  return dim < 0 ? dim + bound : dim;
}
