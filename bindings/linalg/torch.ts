// The functions of linear algebra that stand in torch itself, and the methods, behind checks of their arguments.

import { defineMethods } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import { guard } from "./guard.ts";
import { det, matrixExp, matrixPower, slogdet } from "./index.ts";
import * as functions from "./toplevel.ts";

export { det, matrixExp, matrixPower, slogdet };
/**
 * The logarithm of the determinant; NaN where that is negative. Follows torch.logdet.
 * @example
 * torch.logdet(torch.tensor([[2, 0], [0, 4]])); // tensor(2.0794)
 */
export const logdet = /* @__PURE__ */ guard(functions.logdet, "logdet", "input:Tensor");
/**
 * The inverse of square matrices. Follows torch.inverse.
 * @example
 * torch.inverse(torch.tensor([[2, 0], [0, 4]])); // tensor([[0.5000, 0.0000], [0.0000, 0.2500]])
 */
export const inverse = /* @__PURE__ */ guard(functions.inverse, "inverse", "input:Tensor");
/**
 * The pseudoinverse; singular values up to rcond · the largest count as 0. Follows torch.pinverse.
 * @example
 * torch.pinverse(torch.tensor([[2, 0], [0, 0]])); // tensor([[0.5000, 0.0000], [0.0000, 0.0000]])
 */
export const pinverse = /* @__PURE__ */ guard(functions.pinverse, "pinverse", "input:Tensor rcond:float?");
/**
 * The triangular factor of symmetric positive-definite matrices. Follows torch.cholesky.
 * @example
 * torch.cholesky(torch.tensor([[4, 2], [2, 2]])); // tensor([[2., 0.], [1., 1.]])
 */
export const cholesky = /* @__PURE__ */ guard(functions.cholesky, "cholesky", "input:Tensor upper:bool?");
/**
 * X with A X = B, given A's triangular factor. Follows torch.cholesky_solve.
 * @example
 * torch.choleskySolve(torch.tensor([[4], [1]]), torch.tensor([[2, 0], [0, 1]])); // tensor([[1.], [1.]])
 */
export const choleskySolve = /* @__PURE__ */ guard(
  functions.choleskySolve,
  "cholesky_solve",
  "input:Tensor input2:Tensor upper:bool?",
);
/**
 * The inverse of a matrix, given its triangular factor. Follows torch.cholesky_inverse.
 * @example
 * torch.choleskyInverse(torch.tensor([[2, 0], [0, 1]])); // tensor([[0.2500, 0.0000], [0.0000, 1.0000]])
 */
export const choleskyInverse = /* @__PURE__ */ guard(
  functions.choleskyInverse,
  "cholesky_inverse",
  "input:Tensor upper:bool?",
);
/**
 * A = Q R, reduced (`some`) or complete. Follows torch.qr.
 * @example
 * const [Q, R] = torch.qr(torch.tensor([[3, 1], [4, 2]]));
 * R.abs(); // tensor([[5.0000, 2.2000], [0.0000, 0.4000]])
 */
export const qr = /* @__PURE__ */ guard(functions.qr, "qr", "input:Tensor some:bool?");
/**
 * A = U diag(S) Vᵀ with V itself in the result. Follows torch.svd.
 * @example
 * const [U, S, V] = torch.svd(torch.tensor([[3, 0], [0, 4]]));
 * S; // tensor([4., 3.])
 */
export const svd = /* @__PURE__ */ guard(functions.svd, "svd", "input:Tensor some:bool? computeUv:bool?");
/**
 * X with A X = b for triangular A, and a copy of A. Follows torch.triangular_solve.
 * @example
 * torch.triangularSolve(torch.tensor([[2], [3]]), torch.tensor([[2, 0], [1, 1]]), { upper: false })[0]; // tensor([[1.], [2.]])
 */
export const triangularSolve = /* @__PURE__ */ guard(
  functions.triangularSolve,
  "triangular_solve",
  "b:Tensor A:Tensor upper:bool? transpose:bool? unitriangular:bool?",
);
/**
 * The Vandermonde matrix of a vector, with powers falling unless `increasing`. Shapes: (n) → (n, N). Follows torch.vander.
 * @example
 * torch.vander(torch.tensor([1, 2, 3])); // tensor([[1., 1., 1.], [4., 2., 1.], [9., 3., 1.]])
 */
export const vander = /* @__PURE__ */ guard(functions.vander, "vander", "x:Tensor N:int? increasing:bool?");

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** Called by whoever makes torch complete. */
export function addMethods(): void {
  const functionsAsMethods: Record<string, AnyFunction> = {
    inverse,
    pinverse,
    det,
    logdet,
    slogdet,
    matrixExp,
    matrixPower,
    cholesky,
    choleskySolve,
    choleskyInverse,
    qr,
    svd,
    triangularSolve,
  };
  const methods = Object.entries(functionsAsMethods).map(([name, run]) => [
    name,
    function (this: Tensor, ...args: unknown[]) {
      return run(this, ...args);
    },
  ]);
  defineMethods(Tensor, Object.fromEntries(methods) as Record<string, unknown>);
}
