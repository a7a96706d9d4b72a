// The adjoint, and questions about a tensor, that `flambeau/core` lacks.

import { RuntimeError } from "../error.ts";
import { clone } from "./shapes.ts";
import { defineMethods, self } from "./call.ts";
import { tensor } from "./create.ts";
import type { Scalar } from "./scalar.ts";
import { Tensor } from "./tensor.ts";

/** The methods and properties that this file adds to Tensor. */
export interface TensorMatrices {
  /** The conjugate transpose of a matrix, a view where it is real. @throws RuntimeError for more than two dims, and for one */
  readonly H: Tensor;
  /**
   * The last two dims exchanged, and conjugated.
   * Follows torch.Tensor.adjoint.
   * @throws RuntimeError for a tensor of one dim
   * @example
   * torch.tensor([[1, 2]]).adjoint(); // tensor([[1.], [2.]])
   */
  adjoint(): Tensor;
  /**
   * Whether the only element differs from 0.
   * Follows torch.Tensor.is_nonzero.
   * @throws RuntimeError for none and for several elements
   * @example
   * torch.tensor([0]).isNonzero(); // false
   */
  isNonzero(): boolean;
  /** Whether the elements lie in the memory of the CPU. */
  readonly isCpu: boolean;
}

/**
 * Matrices with their last two dims exchanged, and conjugated; follows torch.adjoint.
 * @throws RuntimeError for a tensor of one dim
 * @example
 * torch.adjoint(torch.tensor([[1, 2]])); // tensor([[1.], [2.]])
 */
export function adjoint(input: Tensor): Tensor {
  self(input);
  if (input.ndim === 1)
    throw new RuntimeError("tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.");
  return input.ndim === 0 && input.isComplex() ? input.conj() : input.mH;
}

/**
 * Whether the only element of a tensor differs from 0; follows torch.is_nonzero.
 * @throws RuntimeError for none and for several elements
 * @example
 * torch.isNonzero(torch.tensor([3])); // true
 */
export function isNonzero(input: Tensor): boolean {
  self(input);
  const count = input.numel();
  if (count !== 1) {
    throw new RuntimeError(
      `Boolean value of Tensor with ${count === 0 ? "no values" : "more than one value"} is ambiguous`,
    );
  }
  return Boolean(input.ne(0).item());
}

/**
 * A copy whose elements are all `value`, a number or a 0-d tensor; follows torch.fill.
 * @example
 * torch.fill(torch.zeros(2), 7); // tensor([7., 7.])
 */
export function fill(input: Tensor, value: Tensor | Scalar): Tensor {
  self(input);
  if (!(value instanceof Tensor)) return clone(input).fill_(value);
  if (value.ndim > 0) {
    throw new RuntimeError(
      `fill_ only supports 0-dimension value tensor but got tensor with ${value.ndim} dimensions.`,
    );
  }
  return input.maskedFill(tensor(true, { device: input.device }), value);
}

export function addMethods(): void {
  defineMethods(Tensor, {
    adjoint(this: Tensor) {
      return adjoint(this);
    },
    isNonzero(this: Tensor) {
      return isNonzero(this);
    },
  });
  Object.defineProperties(Tensor.prototype, {
    /** The conjugate transpose of a matrix; follows torch.Tensor.H. */
    H: {
      get(this: Tensor) {
        const { ndim } = this;
        if (ndim !== 2 && ndim !== 0) {
          const batches = ndim > 2 ? " For batches of matrices, consider using tensor.mH" : "";
          throw new RuntimeError(
            `tensor.H is only supported on matrices (2-D tensors). Got ${ndim}-D tensor.${batches}`,
          );
        }
        return adjoint(this);
      },
      configurable: true,
    },
    /** Whether it lies on the CPU; follows torch.Tensor.is_cpu. */
    isCpu: {
      get(this: Tensor) {
        return this.device === "cpu";
      },
      configurable: true,
    },
  });
}
