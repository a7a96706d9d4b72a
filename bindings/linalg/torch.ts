// The functions of linear algebra that stand in torch itself, and the methods, behind checks of their arguments.

import { defineMethods } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import { guard } from "./guard.ts";
import { det, matrixExp, matrixPower, slogdet } from "./index.ts";
import * as householder from "./householder.ts";
import * as lowrank from "./lowrank.ts";
import * as factors from "./lu.ts";
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

/**
 * The packed factors of torch.linalg.lu and the exchanges of rows: [LU, pivots], with `getInfos` also whether matrices are singular.
 * Follows torch.lu.
 * @example
 * torch.lu(torch.tensor([[1, 2], [4, 4]]))[1]; // tensor([2, 2], dtype=torch.int32)
 */
export const lu = /* @__PURE__ */ guard(factors.torchLu, "lu", "A:Tensor pivot:bool? getInfos:bool?");
/**
 * X with A X = b, given what torch.lu made of A. Follows torch.lu_solve.
 * @example
 * const [data, pivots] = torch.lu(torch.tensor([[2, 0], [0, 4]]));
 * torch.luSolve(torch.ones(2, 1), data, pivots); // tensor([[0.5000], [0.2500]])
 */
export const luSolve = /* @__PURE__ */ guard(
  factors.torchLuSolve,
  "lu_solve",
  "b:Tensor LU_data:Tensor LU_pivots:Tensor",
);
/**
 * P, L and U of what torch.lu has packed. Follows torch.lu_unpack.
 * @example
 * const [data, pivots] = torch.lu(torch.tensor([[1, 2], [4, 4]]));
 * torch.luUnpack(data, pivots).P; // tensor([[0., 1.], [1., 0.]])
 */
export const luUnpack = /* @__PURE__ */ guard(
  factors.luUnpack,
  "lu_unpack",
  "LU_data:Tensor LU_pivots:Tensor unpackData:bool? unpackPivots:bool?",
);
/**
 * The QR factorisation as LAPACK keeps it: R, with the Householder reflectors below its diagonal, and their factors.
 * Shapes: (*, m, n) → (*, m, n), (*, min(m, n)). Not differentiable. Follows torch.geqrf.
 * @example
 * torch.geqrf(torch.tensor([[3, 1], [4, 2]])).tau; // tensor([1.6000, 0.0000])
 */
export const geqrf = /* @__PURE__ */ guard(householder.geqrf, "geqrf", "input:Tensor");
/**
 * Another name of torch.linalg.householderProduct. Follows torch.orgqr.
 * @example
 * const { a, tau } = torch.geqrf(torch.tensor([[3, 1], [4, 2]]));
 * torch.orgqr(a, tau); // tensor([[-0.6000, -0.8000], [-0.8000, 0.6000]])
 */
export const orgqr = /* @__PURE__ */ guard(householder.householderProduct, "orgqr", "input:Tensor tau:Tensor");
/**
 * The product of the whole Q of torch.geqrf (its transpose if `transpose`) and `other`, Q on the right unless `left`.
 * Follows torch.ormqr.
 * @example
 * const { a, tau } = torch.geqrf(torch.tensor([[3, 1], [4, 2]]));
 * torch.ormqr(a, tau, torch.tensor([[3, 1], [4, 2]]), { transpose: true }).abs(); // tensor([[5.0000, 2.2000], [0.0000, 0.4000]])
 */
export const ormqr = /* @__PURE__ */ guard(
  householder.ormqr,
  "ormqr",
  "input:Tensor tau:Tensor other:Tensor left:bool? transpose:bool?",
);
/**
 * The q largest singular values and their vectors of a matrix (less `M`), approximately, by random projections.
 * Shapes: (*, m, n) → U (*, m, q), S (*, q), V (*, n, q). Follows torch.svd_lowrank.
 * @example
 * torch.svdLowrank(torch.diag(torch.tensor([3, 2, 1])), { q: 3 }).S.round(); // tensor([3., 2., 1.])
 */
export const svdLowrank = /* @__PURE__ */ guard(
  lowrank.svdLowrank,
  "svd_lowrank",
  "A:Tensor q:int? niter:int? M:Tensor?",
);
/**
 * svdLowrank of the rows less their mean (unless `center` is off): principal components. Follows torch.pca_lowrank.
 * @example
 * torch.pcaLowrank(torch.tensor([[1, 0], [3, 0]]), { q: 1 }).S; // tensor([1.4142])
 */
export const pcaLowrank = /* @__PURE__ */ guard(
  lowrank.pcaLowrank,
  "pca_lowrank",
  "A:Tensor q:int? center:bool? niter:int?",
);

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
    lu,
    luSolve,
    geqrf,
    orgqr,
    ormqr,
  };
  const methods = Object.entries(functionsAsMethods).map(([name, run]) => [
    name,
    function (this: Tensor, ...args: unknown[]) {
      return run(this, ...args);
    },
  ]);
  defineMethods(Tensor, Object.fromEntries(methods) as Record<string, unknown>);
}
