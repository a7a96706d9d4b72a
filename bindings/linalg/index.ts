// torch.linalg: the functions behind checks of their arguments.

import * as eigen from "./eigen.ts";
import * as functions from "./functions.ts";
import { guard } from "./guard.ts";
import * as householder from "./householder.ts";
import * as factors from "./lu.ts";

export { LinAlgError, load } from "./functions.ts";
export { cross, diagonal, matmul, multiDot, vecdot } from "../gen/linalg.ts";
export { vectorNorm } from "./norms.ts";

/**
 * The inverse of square matrices.
 *
 * Shapes: (*, n, n) → (*, n, n). Follows torch.linalg.inv.
 * @throws LinAlgError for a singular matrix
 * @example
 * torch.linalg.inv(torch.tensor([[2, 0], [0, 4]])); // tensor([[0.5000, 0.0000], [0.0000, 0.2500]])
 */
export const inv = /* @__PURE__ */ guard(functions.inv, "linalg.inv", "A:Tensor");
/**
 * `inv` with, per matrix, 0 or the position of the pivot that was zero, in place of an error. Follows torch.linalg.inv_ex.
 * @example
 * torch.linalg.invEx(torch.zeros(2, 2)).info; // tensor(1, dtype=torch.int32)
 */
export const invEx = /* @__PURE__ */ guard(functions.invEx, "linalg.inv_ex", "A:Tensor");
/**
 * X with A X = B (`left`), or X A = B. B is a vector if it has A's batch dims and one more.
 *
 * Shapes: (*, n, n), (*, n) or (*, n, k) → as B, batches broadcast. Follows torch.linalg.solve.
 * @throws LinAlgError if a matrix is singular
 * @example
 * torch.linalg.solve(torch.tensor([[2, 0], [0, 4]]), torch.tensor([2, 8])); // tensor([1., 2.])
 */
export const solve = /* @__PURE__ */ guard(functions.solve, "linalg.solve", "A:Tensor B:Tensor left:bool?");
/**
 * The lower (or upper) triangular factor of symmetric positive-definite matrices.
 *
 * Shapes: (*, n, n) → (*, n, n). Follows torch.linalg.cholesky.
 * @throws LinAlgError for a matrix that is not positive-definite
 * @example
 * torch.linalg.cholesky(torch.tensor([[4, 2], [2, 2]])); // tensor([[2., 0.], [1., 1.]])
 */
export const cholesky = /* @__PURE__ */ guard(functions.cholesky, "linalg.cholesky", "A:Tensor upper:bool?");
/**
 * `cholesky` with an info in place of an error. Follows torch.linalg.cholesky_ex.
 * @example
 * torch.linalg.choleskyEx(torch.tensor([[4, 2], [2, 2]])).L; // tensor([[2., 0.], [1., 1.]])
 */
export const choleskyEx = /* @__PURE__ */ guard(functions.choleskyEx, "linalg.cholesky_ex", "A:Tensor upper:bool?");
/**
 * A = Q R with orthonormal columns of Q and upper triangular R.
 *
 * Shapes: (*, m, n) → (*, m, k), (*, k, n); k is min(m, n) in mode "reduced", m in "complete"; mode "r" gives an empty Q.
 * Follows torch.linalg.qr. Signs are those of LAPACK: R's diagonal may be negative.
 * @example
 * const { Q, R } = torch.linalg.qr(torch.tensor([[3, 1], [4, 2]]));
 * R.abs(); // tensor([[5.0000, 2.2000], [0.0000, 0.4000]])
 */
export const qr = /* @__PURE__ */ guard(functions.qr, "linalg.qr", "A:Tensor mode:str?");
/**
 * The singular value decomposition A = U diag(S) Vh, singular values falling.
 *
 * Shapes: (*, m, n) → U (*, m, m), S (*, k), Vh (*, n, n) with k = min(m, n); without `fullMatrices` U (*, m, k) and Vh (*, k, n).
 * Follows torch.linalg.svd. Gradients through U and Vh exist where singular values differ.
 * @example
 * const { S } = torch.linalg.svd(torch.tensor([[3, 0], [0, 4]]));
 * S; // tensor([4., 3.])
 */
export const svd = /* @__PURE__ */ guard(functions.svd, "linalg.svd", "A:Tensor fullMatrices:bool?");
/**
 * The singular values, falling. Shapes: (*, m, n) → (*, min(m, n)). Follows torch.linalg.svdvals.
 * @example
 * torch.linalg.svdvals(torch.tensor([[3, 0], [0, 4]])); // tensor([4., 3.])
 */
export const svdvals = /* @__PURE__ */ guard(functions.svdvals, "linalg.svdvals", "A:Tensor");
/**
 * Eigenvalues (rising) and eigenvectors (columns) of symmetric matrices, of which only one triangle is read.
 *
 * Shapes: (*, n, n) → (*, n), (*, n, n). Follows torch.linalg.eigh.
 * @example
 * torch.linalg.eigh(torch.tensor([[2, 1], [1, 2]])).eigenvalues; // tensor([1., 3.])
 */
export const eigh = /* @__PURE__ */ guard(functions.eigh, "linalg.eigh", "A:Tensor UPLO:str?");
/**
 * The eigenvalues of symmetric matrices, rising. Follows torch.linalg.eigvalsh.
 * @example
 * torch.linalg.eigvalsh(torch.tensor([[2, 1], [1, 2]])); // tensor([1., 3.])
 */
export const eigvalsh = /* @__PURE__ */ guard(functions.eigvalsh, "linalg.eigvalsh", "A:Tensor UPLO:str?");
/**
 * The determinant of square matrices. Shapes: (*, n, n) → (*). Follows torch.linalg.det.
 * @example
 * torch.linalg.det(torch.tensor([[1, 2], [3, 4]])); // tensor(-2.)
 */
export const det = /* @__PURE__ */ guard(functions.det, "linalg.det", "A:Tensor");
/**
 * The determinant's sign and the logarithm of its absolute value. Follows torch.linalg.slogdet.
 * @example
 * torch.linalg.slogdet(torch.tensor([[1, 2], [3, 4]])); // [tensor(-1.), tensor(0.6931)]
 */
export const slogdet = /* @__PURE__ */ guard(functions.slogdet, "linalg.slogdet", "A:Tensor");
/**
 * The matrix exponential. Shapes: (*, n, n) → (*, n, n). Follows torch.linalg.matrix_exp.
 * @example
 * torch.linalg.matrixExp(torch.tensor([[0, 1], [0, 0]])); // tensor([[1., 1.], [0., 1.]])
 */
export const matrixExp = /* @__PURE__ */ guard(functions.matrixExp, "linalg.matrix_exp", "A:Tensor");
/**
 * The n-th power of square matrices, for n < 0 of their inverse. Follows torch.linalg.matrix_power.
 * @example
 * torch.linalg.matrixPower(torch.tensor([[1, 1], [0, 1]]), 3); // tensor([[1., 3.], [0., 1.]])
 */
export const matrixPower = /* @__PURE__ */ guard(functions.matrixPower, "linalg.matrix_power", "A:Tensor n:int");
/**
 * How many singular values exceed max(atol, rtol · the largest). Follows torch.linalg.matrix_rank.
 * @example
 * torch.linalg.matrixRank(torch.tensor([[1, 2], [2, 4]])); // tensor(1)
 */
export const matrixRank = /* @__PURE__ */ guard(
  functions.matrixRank,
  "linalg.matrix_rank",
  "A:Tensor tol:bound? hermitian:bool? atol:bound? rtol:bound?",
);
/**
 * The Moore-Penrose pseudoinverse. Shapes: (*, m, n) → (*, n, m). Follows torch.linalg.pinv.
 * @param rcond (or rtol, atol) singular values up to max(atol, rtol · the largest) count as 0
 * @example
 * torch.linalg.pinv(torch.tensor([[2, 0], [0, 0]])); // tensor([[0.5000, 0.0000], [0.0000, 0.0000]])
 */
export const pinv = /* @__PURE__ */ guard(
  functions.pinv,
  "linalg.pinv",
  "A:Tensor rcond:bound? hermitian:bool? atol:bound? rtol:bound?",
);
/**
 * X with A X = B (or X A = B) for triangular A; the other triangle is not read.
 * Shapes: (*, n, n), (*, n, k) → (*, n, k), batches broadcast. Follows torch.linalg.solve_triangular.
 * @example
 * torch.linalg.solveTriangular(torch.tensor([[2, 0], [1, 1]]), torch.tensor([[2], [3]]), { upper: false }); // tensor([[1.], [2.]])
 */
export const solveTriangular = /* @__PURE__ */ guard(
  functions.solveTriangular,
  "linalg.solve_triangular",
  "A:Tensor B:Tensor upper:bool left:bool? unitriangular:bool?",
);
/**
 * X that minimises ‖A X − B‖, the shortest one where there are several.
 *
 * Shapes: (*, m, n), (*, m, k) → solution (*, n, k); residuals (*, k) if m > n and all ranks are full; rank (*) and
 * singular values as the driver has them in LAPACK. Follows torch.linalg.lstsq.
 * @example
 * torch.linalg.lstsq(torch.tensor([[1, 0], [1, 1], [1, 2]]), torch.tensor([[1], [3], [5]])).solution; // tensor([[1.0000], [2.0000]])
 */
export const lstsq = /* @__PURE__ */ guard(
  functions.lstsq,
  "linalg.lstsq",
  "input:Tensor B:Tensor rcond:float? driver:str?",
);
/**
 * Norms of matrices: "fro", "nuc", ±1 (columns), ±2 (singular values), ±Infinity (rows).
 * Shapes: the two dims of `dim` go, or stay with size 1 (`keepdim`). Follows torch.linalg.matrix_norm.
 * @example
 * torch.linalg.matrixNorm(torch.tensor([[3, 0], [0, 4]])); // tensor(5.)
 */
export const matrixNorm = /* @__PURE__ */ guard(
  functions.matrixNorm,
  "linalg.matrix_norm",
  "A:Tensor ord:order? dim:ints? keepdim:bool? dtype:dtype?",
);
/**
 * A vector norm, or a matrix norm where `ord` is one or `dim` has two dims. Without `ord` the 2-norm of all elements (of the
 * dims). Follows torch.linalg.norm.
 * @example
 * torch.linalg.norm(torch.tensor([3, 4])); // tensor(5.)
 */
export const norm = /* @__PURE__ */ guard(
  functions.norm,
  "linalg.norm",
  "A:Tensor ord:order? dim:ints? keepdim:bool? dtype:dtype?",
);
/**
 * The condition number: with `p` null, 2 or -2 from the singular values, else ‖A‖ₚ ‖A⁻¹‖ₚ. Follows torch.linalg.cond.
 * @example
 * torch.linalg.cond(torch.tensor([[1, 0], [0, 4]])); // tensor(4.)
 */
export const cond = /* @__PURE__ */ guard(functions.cond, "linalg.cond", "A:Tensor p:order?");
/**
 * The inverse of the map that `a` is when its first `ind` dims are rows and the rest columns. Follows torch.linalg.tensorinv.
 * @example
 * torch.linalg.tensorinv(torch.eye(4).reshape(2, 2, 4), 2).shape; // [4, 2, 2]
 */
export const tensorinv = /* @__PURE__ */ guard(functions.tensorinv, "linalg.tensorinv", "A:Tensor ind:int?");
/**
 * X with tensordot(A, X, X.ndim) = B. Follows torch.linalg.tensorsolve.
 * @example
 * torch.linalg.tensorsolve(torch.eye(4).reshape(2, 2, 2, 2), torch.ones(2, 2)); // tensor([[1., 1.], [1., 1.]])
 */
export const tensorsolve = /* @__PURE__ */ guard(
  functions.tensorsolve,
  "linalg.tensorsolve",
  "A:Tensor B:Tensor dims:ints?",
);
/**
 * The Vandermonde matrix: powers 0, 1 … of the elements along a new last dim. Follows torch.linalg.vander.
 * @example
 * torch.linalg.vander(torch.tensor([1, 2, 3])); // tensor([[1., 1., 1.], [1., 2., 4.], [1., 3., 9.]])
 */
export const vander = /* @__PURE__ */ guard(functions.vander, "linalg.vander", "x:Tensor N:int?");
/**
 * `solve` with, per matrix, 0 or where a pivot was zero, in place of an error. Follows torch.linalg.solve_ex.
 * @example
 * torch.linalg.solveEx(torch.zeros(2, 2), torch.ones(2)).info; // tensor(1, dtype=torch.int32)
 */
export const solveEx = /* @__PURE__ */ guard(functions.solveEx, "linalg.solve_ex", "A:Tensor B:Tensor left:bool?");
/**
 * Eigenvalues and eigenvectors (columns of length 1) of square matrices, complex numbers in no particular order.
 *
 * Shapes: (*, n, n) → (*, n), (*, n, n). Follows torch.linalg.eig. Gradients exist where eigenvalues differ, of losses that do not
 * depend on the eigenvectors' phases.
 * @throws LinAlgError where the algorithm does not converge, or values are not finite
 * @example
 * torch.linalg.eig(torch.tensor([[2, 0], [0, 3]])).eigenvalues; // tensor([2.+0.j, 3.+0.j])
 */
export const eig = /* @__PURE__ */ guard(eigen.eig, "linalg.eig", "A:Tensor");
/**
 * The eigenvalues of square matrices, complex numbers. Shapes: (*, n, n) → (*, n). Follows torch.linalg.eigvals.
 * @example
 * torch.linalg.eigvals(torch.tensor([[0, 1], [-1, 0]])).real; // tensor([0., 0.])
 */
export const eigvals = /* @__PURE__ */ guard(eigen.eigvals, "linalg.eigvals", "A:Tensor");
/**
 * A = P L U with a permutation, a lower triangle with ones on its diagonal, and an upper triangle.
 *
 * Shapes: (*, m, n) → P (*, m, m), L (*, m, k), U (*, k, n) with k = min(m, n). Follows torch.linalg.lu.
 * @throws RuntimeError without pivoting, as PyTorch on the CPU
 * @example
 * torch.linalg.lu(torch.tensor([[1, 2], [4, 4]])).U; // tensor([[4., 4.], [0., 1.]])
 */
export const lu = /* @__PURE__ */ guard(factors.lu, "linalg.lu", "A:Tensor pivot:bool?");
/**
 * The factors of `lu` packed in one matrix, and the exchanges of rows, counted from 1. Follows torch.linalg.lu_factor.
 * @throws LinAlgError where U has a zero on its diagonal
 * @example
 * torch.linalg.luFactor(torch.tensor([[1, 2], [4, 4]])).pivots; // tensor([2, 2], dtype=torch.int32)
 */
export const luFactor = /* @__PURE__ */ guard(factors.luFactor, "linalg.lu_factor", "A:Tensor pivot:bool?");
/**
 * `luFactor` with, per matrix, 0 or where U has a zero, in place of an error. Follows torch.linalg.lu_factor_ex.
 * @example
 * torch.linalg.luFactorEx(torch.zeros(2, 2)).info; // tensor(1, dtype=torch.int32)
 */
export const luFactorEx = /* @__PURE__ */ guard(factors.luFactorEx, "linalg.lu_factor_ex", "A:Tensor pivot:bool?");
/**
 * X with A X = B (X A = B unless `left`, Aᵀ in the place of A if `adjoint`), given what `luFactor` made of A.
 * Shapes: (*, n, n), (*, n), (*, n, k) → (*, n, k), batches broadcast. Follows torch.linalg.lu_solve.
 * @example
 * const { LU, pivots } = torch.linalg.luFactor(torch.tensor([[2, 0], [0, 4]]));
 * torch.linalg.luSolve(LU, pivots, torch.ones(2, 1)); // tensor([[0.5000], [0.2500]])
 */
export const luSolve = /* @__PURE__ */ guard(
  factors.luSolve,
  "linalg.lu_solve",
  "LU:Tensor pivots:Tensor B:Tensor left:bool? adjoint:bool?",
);
/**
 * The first columns of the product of Householder reflectors, as torch.geqrf gives them: the Q of a QR factorisation.
 * Shapes: (*, m, n), (*, k) → (*, m, n), k ≤ n ≤ m. Follows torch.linalg.householder_product.
 * @example
 * const { a, tau } = torch.geqrf(torch.tensor([[3, 1], [4, 2]]));
 * torch.linalg.householderProduct(a, tau); // tensor([[-0.6000, -0.8000], [-0.8000, 0.6000]])
 */
export const householderProduct = /* @__PURE__ */ guard(
  householder.householderProduct,
  "linalg.householder_product",
  "input:Tensor tau:Tensor",
);
