// What PyTorch checks before it calls LAPACK, and what it says when LAPACK gives up.

import { RuntimeError } from "../error.ts";
import { Code } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * A matrix for which a decomposition or a solution does not exist. Follows torch.linalg.LinAlgError.
 * @example
 * torch.linalg.inv(torch.zeros(2, 2)); // throws LinAlgError: linalg.inv: The diagonal element 1 is zero, the inversion could not be
 */
export class LinAlgError extends RuntimeError {
  static {
    this.prototype.name = "LinAlgError";
  }
}

const NAMES: Record<number, string> = {
  0: "Byte",
  1: "Char",
  2: "Short",
  3: "Int",
  4: "Long",
  5: "Half",
  8: "ComplexFloat",
  9: "ComplexDouble",
  10: "Bool",
  11: "BFloat16",
};

/** float32 or float64, which is what these functions take. */
export function checkFloat(a: Tensor, name: string): void {
  const code = a.dtypeCode;
  if (code === Code.Float32 || code === Code.Float64) return;
  const got = NAMES[code];
  if (code === Code.Float16 || code === Code.BFloat16) {
    throw new RuntimeError(`${name}: Low precision dtypes not supported. Got ${got}`);
  }
  if (a.isComplex()) throw new RuntimeError(`"${name}" not implemented for '${got}'`);
  throw new RuntimeError(`${name}: Expected a floating point or complex tensor as input. Got ${got}`);
}

/** The same, or complex. */
export function checkFloatOrComplex(a: Tensor, name: string): void {
  if (!a.isComplex()) checkFloat(a, name);
}

export function checkMatrix(a: Tensor, name: string, argument = "A"): void {
  if (a.dim() >= 2) return;
  throw new RuntimeError(`${name}: The input tensor ${argument} must have at least 2 dimensions.`);
}

export function checkSquare(a: Tensor, name: string, argument = "A"): void {
  checkMatrix(a, name, argument);
  const [rows, columns] = a.shape.slice(-2);
  if (rows === columns) return;
  throw new RuntimeError(
    `${name}: ${argument} must be batches of square matrices, but they are ${rows} by ${columns} matrices`,
  );
}

export function checkSameDtype(a: Tensor, b: Tensor, name: string): void {
  if (a.dtype === b.dtype) return;
  const got = (t: Tensor) => ({ float32: "Float", float64: "Double" })[t.dtype as string] ?? NAMES[t.dtypeCode];
  throw new RuntimeError(
    `${name}: Expected A and B to have the same dtype, but found A of type ${got(a)} and B of type ${got(b)} instead`,
  );
}

/** Raises for the first matrix of a batch that failed. */
export function checkInfo(
  info: Int32Array,
  name: string,
  batched: boolean,
  reason: (position: number) => string,
): void {
  const at = info.findIndex((value) => value !== 0);
  if (at < 0) return;
  const which = batched ? `(Batch element ${at}): ` : "";
  throw new LinAlgError(`${name}: ${which}${reason(info[at]!)}`);
}

export const reasons = {
  inverse: (at: number) =>
    `The diagonal element ${at} is zero, the inversion could not be completed because the input matrix is singular.`,
  solve: () => "The solver failed because the input matrix is singular.",
  cholesky: (at: number) =>
    "The factorization could not be completed because the input is not positive-definite " +
    `(the leading minor of order ${at} is not positive-definite).`,
  svd: () => "The algorithm failed to converge because the input matrix contained non-finite values.",
  eigen: (at: number) =>
    "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated " +
    `eigenvalues (error code: ${at}).`,
};
