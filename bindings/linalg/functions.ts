// torch.linalg: decompositions, solutions, inverses, determinants and norms of (batches of) matrices.

import { RuntimeError } from "../error.ts";
import * as ops from "../gen/functions.ts";
import * as rare from "../gen/rare-functions.ts";
import * as generated from "../gen/linalg.ts";
import { empty, ones, zerosLike } from "../factories.ts";
import { positional } from "../functional/arguments.ts";
import type { Named } from "../tensor/call.ts";
import type { DType } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import {
  checkFloat,
  checkFloatOrComplex,
  checkInfo,
  checkMatrix,
  checkSameDtype,
  checkSquare,
  reasons,
} from "./checks.ts";
import { inverseComplex, LinalgDetComplex, solveComplex } from "./complex.ts";
import {
  LinalgCholesky,
  LinalgDet,
  LinalgEigh,
  LinalgInv,
  LinalgMatrixExp,
  LinalgPinv,
  LinalgQr,
  LinalgSolve,
  LinalgSvd,
  broadcastBatches,
  columnsOf,
  infoTensor,
  lastInfo,
  mT,
  named,
  rowsOf,
  tidy,
  TriangularSolve,
  type Bound,
} from "./primitives.ts";

export { cond, matrixNorm, norm } from "./norms.ts";
export { load } from "./module.ts";
export { LinAlgError } from "./checks.ts";
export { cross, diagonal, matmul, vecdot, vectorNorm } from "../gen/linalg.ts";

const inverted = (a: Tensor): Tensor =>
  a.isComplex() ? tidy(() => inverseComplex(a)) : (LinalgInv.apply(a) as Tensor);

function inverse(a: Tensor, name: string): Tensor {
  checkSquare(a, name);
  checkFloatOrComplex(a, name);
  const result = inverted(a);
  checkInfo(lastInfo, name, a.dim() > 2, reasons.inverse);
  return result;
}

/**
 * The inverse of square matrices.
 *
 * Shapes: (*, n, n) → (*, n, n). Follows torch.linalg.inv.
 * @throws LinAlgError for a singular matrix
 * @example torch.linalg.inv(torch.tensor([[2, 0], [0, 4]]))
 */
export function inv(a: Tensor): Tensor {
  return inverse(a, "linalg.inv");
}

/** `inv` with, per matrix, 0 or the position of the pivot that was zero, in place of an error. Follows torch.linalg.inv_ex. */
export function invEx(a: Tensor): Named<"inverse" | "info"> {
  checkSquare(a, "linalg.inv");
  checkFloatOrComplex(a, "linalg.inv");
  const result = inverted(a);
  return named([result, infoTensor(a)], ["inverse", "info"]);
}

/**
 * X with A X = B (`left`), or X A = B. B is a vector if it has A's batch dims and one more.
 *
 * Shapes: (*, n, n), (*, n) or (*, n, k) → as B, batches broadcast. Follows torch.linalg.solve.
 * @throws LinAlgError if a matrix is singular
 * @example torch.linalg.solve(torch.eye(3), torch.ones(3, 2))
 */
export function solve(a: Tensor, b: Tensor, left?: boolean): Tensor;
export function solve(a: Tensor, b: Tensor, options: { left?: boolean }): Tensor;
export function solve(...given: unknown[]): Tensor {
  const [a, b, left = true] = positional(given, ["A", "B", "left"], "linalg.solve") as [Tensor, Tensor, boolean?];
  const { x } = solution(a, b, left, "linalg.solve");
  checkInfo(lastInfo, "linalg.solve", a.dim() > 2, reasons.solve);
  return x;
}

/** `solve` with an info in place of an error. Follows torch.linalg.solve_ex. */
export function solveEx(a: Tensor, b: Tensor, options?: { left?: boolean }): Named<"result" | "info"> {
  const { x, vector } = solution(a, b, options?.left ?? true, "linalg.solve_ex");
  return named([x, infoTensor(x, x.shape.slice(0, vector ? -1 : -2))], ["result", "info"]);
}

function solution(a: Tensor, b: Tensor, left: boolean, name: string): { x: Tensor; vector: boolean } {
  checkSquare(a, name);
  checkFloatOrComplex(a, name);
  checkSameDtype(a, b, name);
  return tidy(() => {
    const vector = b.dim() === 1 || (b.dim() === a.dim() - 1 && b.shape.join() === a.shape.slice(0, -1).join());
    const right = vector ? b.unsqueeze(-1) : b;
    const meets = vector || left ? rowsOf(right) : columnsOf(right);
    if (meets !== rowsOf(a)) {
      const equation = left || vector ? "AX = B" : "XA = B";
      const sizes = (t: Tensor) => `${rowsOf(t)}x${columnsOf(t)}`;
      throw new RuntimeError(
        `${name}: Incompatible shapes of A and B for the equation ${equation} (${sizes(a)} and ${sizes(right)})`,
      );
    }
    const [m, r] = broadcastBatches(a, right);
    const by = (m: Tensor, r: Tensor): Tensor =>
      m.isComplex() ? solveComplex(m, r) : (LinalgSolve.apply(m, r) as Tensor);
    const x = left || vector ? by(m, r) : mT(by(mT(m), mT(r)));
    return { x: vector ? x.squeeze(-1) : x, vector };
  });
}

/**
 * The lower (or upper) triangular factor of symmetric positive-definite matrices.
 *
 * Shapes: (*, n, n) → (*, n, n). Follows torch.linalg.cholesky.
 * @throws LinAlgError for a matrix that is not positive-definite
 */
export function cholesky(a: Tensor, options?: { upper?: boolean }): Tensor {
  return choleskyOf(a, options?.upper ?? false, "linalg.cholesky");
}

export function choleskyOf(a: Tensor, upper: boolean, name: string): Tensor {
  checkSquare(a, name);
  checkFloat(a, name);
  const factor = LinalgCholesky.apply(a, upper) as Tensor;
  checkInfo(lastInfo, name, a.dim() > 2, reasons.cholesky);
  return factor;
}

/** `cholesky` with an info in place of an error. Follows torch.linalg.cholesky_ex. */
export function choleskyEx(a: Tensor, options?: { upper?: boolean }): Named<"L" | "info"> {
  checkSquare(a, "linalg.cholesky");
  checkFloat(a, "linalg.cholesky");
  const factor = LinalgCholesky.apply(a, options?.upper ?? false) as Tensor;
  return named([factor, infoTensor(a)], ["L", "info"]);
}

/**
 * A = Q R with orthonormal columns of Q and upper triangular R.
 *
 * Shapes: (*, m, n) → (*, m, k), (*, k, n); k is min(m, n) in mode "reduced", m in "complete"; mode "r" gives an empty Q.
 * Follows torch.linalg.qr. Signs are those of LAPACK: R's diagonal may be negative.
 */
export function qr(
  a: Tensor,
  mode: "reduced" | "complete" | "r" | { mode?: "reduced" | "complete" | "r" } = "reduced",
): Named<"Q" | "R"> {
  const how = typeof mode === "object" ? (mode.mode ?? "reduced") : mode;
  checkMatrix(a, "linalg.qr");
  checkFloat(a, "linalg.qr");
  if (!["reduced", "complete", "r"].includes(how)) {
    throw new RuntimeError(
      `qr received unrecognized mode '${String(how)}' but expected one of 'reduced' (default), 'r', or 'complete'`,
    );
  }
  const [m, n] = [rowsOf(a), columnsOf(a)];
  const k = how === "complete" ? m : Math.min(m, n);
  if (how !== "r") return named(LinalgQr.apply(a, k) as Tensor[], ["Q", "R"]);
  const r = (LinalgQr.apply(a.detach(), k) as Tensor[])[1]!;
  return named([empty([0], { dtype: a.dtype, device: a.device }), r], ["Q", "R"]);
}

/**
 * The singular value decomposition A = U diag(S) Vh, singular values falling.
 *
 * Shapes: (*, m, n) → U (*, m, m), S (*, k), Vh (*, n, n) with k = min(m, n); without `fullMatrices` U (*, m, k) and Vh (*, k, n).
 * Follows torch.linalg.svd. Gradients through U and Vh exist where singular values differ.
 */
export function svd(a: Tensor, fullMatrices?: boolean): Named<"U" | "S" | "Vh">;
export function svd(a: Tensor, options: { fullMatrices?: boolean }): Named<"U" | "S" | "Vh">;
export function svd(...given: unknown[]): Named<"U" | "S" | "Vh"> {
  const [a, full = true] = positional(given, ["A", "fullMatrices"], "linalg.svd") as [Tensor, boolean?];
  return named(svdOf(a, full, "linalg.svd"), ["U", "S", "Vh"]);
}

export function svdOf(a: Tensor, full: boolean, name: string): Tensor[] {
  checkMatrix(a, name);
  checkFloat(a, name);
  const results = LinalgSvd.apply(a, full) as Tensor[];
  checkInfo(lastInfo, name, a.dim() > 2, reasons.svd);
  return results;
}

/** The singular values, falling. Shapes: (*, m, n) → (*, min(m, n)). Follows torch.linalg.svdvals. */
export function svdvals(a: Tensor): Tensor {
  return tidy(() => svdOf(a, false, "linalg.svdvals")[1]!);
}

type Triangle = "L" | "U";

function isUpper(uplo: unknown, name: string): boolean {
  const letter = String(uplo ?? "L").toUpperCase();
  if (letter === "L" || letter === "U") return letter === "U";
  throw new RuntimeError(`Expected UPLO argument to be 'L' or 'U', but got ${String(uplo)} (${name})`);
}

/**
 * Eigenvalues (rising) and eigenvectors (columns) of symmetric matrices, of which only one triangle is read.
 *
 * Shapes: (*, n, n) → (*, n), (*, n, n). Follows torch.linalg.eigh.
 */
export function eigh(a: Tensor, uplo: Triangle | { UPLO?: Triangle } = "L"): Named<"eigenvalues" | "eigenvectors"> {
  const name = "linalg.eigh";
  const upper = isUpper(typeof uplo === "object" ? uplo.UPLO : uplo, name);
  return named(eighOf(a, upper, name), ["eigenvalues", "eigenvectors"]);
}

function eighOf(a: Tensor, upper: boolean, name: string): Tensor[] {
  checkSquare(a, name);
  checkFloat(a, name);
  const results = LinalgEigh.apply(a, upper) as Tensor[];
  checkInfo(lastInfo, name, a.dim() > 2, reasons.eigen);
  return results;
}

/** The eigenvalues of symmetric matrices, rising. Follows torch.linalg.eigvalsh. */
export function eigvalsh(a: Tensor, uplo: Triangle | { UPLO?: Triangle } = "L"): Tensor {
  const name = "linalg.eigvalsh";
  const upper = isUpper(typeof uplo === "object" ? uplo.UPLO : uplo, name);
  return tidy(() => eighOf(a, upper, name)[0]!);
}

function determinants(a: Tensor, name: string): Tensor[] {
  checkSquare(a, name);
  checkFloatOrComplex(a, name);
  if (!a.isComplex()) return LinalgDet.apply(a) as Tensor[];
  const [det, sign, log] = LinalgDetComplex.apply(a) as [Tensor, Tensor, Tensor];
  return [sign, log, det];
}

/** The determinant of square matrices. Shapes: (*, n, n) → (*). Follows torch.linalg.det. */
export function det(a: Tensor): Tensor {
  return tidy(() => determinants(a, "linalg.det")[2]!);
}

/** The determinant's sign and the logarithm of its absolute value. Follows torch.linalg.slogdet. */
export function slogdet(a: Tensor): Named<"sign" | "logabsdet"> {
  const [sign, log] = tidy(() => determinants(a, "linalg.slogdet").slice(0, 2)) as [Tensor, Tensor];
  return named([sign, log], ["sign", "logabsdet"]);
}

/** The logarithm of the determinant; NaN where that is negative. Follows torch.logdet. */
export function logdet(a: Tensor): Tensor {
  return tidy(() => {
    const [sign, log] = determinants(a, "logdet") as [Tensor, Tensor];
    return ops.where(ops.lt(sign, 0), NaN, log);
  });
}

/** The matrix exponential. Shapes: (*, n, n) → (*, n, n). Follows torch.linalg.matrix_exp. */
export function matrixExp(a: Tensor): Tensor {
  checkSquare(a, "linalg.matrix_exp");
  checkFloat(a, "linalg.matrix_exp");
  return LinalgMatrixExp.apply(a) as Tensor;
}

/** The n-th power of square matrices, for n < 0 of their inverse. Follows torch.linalg.matrix_power. */
export function matrixPower(a: Tensor, n: number): Tensor {
  if (n >= 0) return generated.matrixPower(a, n);
  return tidy(() => generated.matrixPower(inverse(a, "linalg.matrix_power"), -n));
}

/** The product of a chain of matrices. Follows torch.linalg.multi_dot. */
export const multiDot = generated.multiDot;

/** Which values count as 0: max(atol, rtol · the largest), a function of the singular values. */
function toleranceOf(a: Tensor, atol: Bound | undefined, rtol: Bound | undefined): (s: Tensor) => Tensor {
  const eps = a.dtype === "float64" ? 2 ** -52 : 2 ** -23;
  const asked = (bound: Bound | undefined): bound is number | Tensor => bound !== undefined && bound !== null;
  const relativeDefault =
    asked(atol) && (atol instanceof Tensor || atol > 0) ? 0 : eps * Math.max(rowsOf(a), columnsOf(a));
  const column = (bound: number | Tensor): number | Tensor => (bound instanceof Tensor ? bound.unsqueeze(-1) : bound);
  return (s) => {
    if (columnsOf(s.unsqueeze(0)) === 0) return s;
    const largest = ops.amax(s, -1, true);
    const byRatio = ops.mul(largest, column(asked(rtol) ? rtol : relativeDefault));
    return asked(atol) ? ops.maximum(byRatio, ops.add(zerosLike(byRatio), column(atol))) : byRatio;
  };
}

interface RankOptions {
  atol?: Bound;
  rtol?: Bound;
  /** the matrices are symmetric, which is faster to know */
  hermitian?: boolean;
  /** older name of rtol, by position too */
  tol?: Bound;
}

/** How many singular values exceed max(atol, rtol · the largest). Follows torch.linalg.matrix_rank. */
export function matrixRank(a: Tensor, tol?: Bound | RankOptions, hermitian?: boolean): Tensor {
  const options: RankOptions = isBound(tol) ? { tol: tol ?? null } : tol;
  checkMatrix(a, "linalg.matrix_rank");
  return tidy(() => {
    const symmetric = options.hermitian ?? hermitian ?? false;
    const s = symmetric ? ops.abs(eighOf(a.detach(), false, "linalg.matrix_rank")[0]!) : svdvals(a.detach());
    // `tol` is an absolute bound
    const atol = options.atol ?? options.tol;
    const limit = toleranceOf(a, atol, options.tol !== undefined && options.tol !== null ? 0 : options.rtol)(s);
    return ops.sum(ops.gt(s, limit), -1, { dtype: "int64" });
  });
}

function isBound(value: unknown): value is Bound | undefined {
  return value === undefined || value === null || typeof value === "number" || value instanceof Tensor;
}

interface PinvOptions {
  atol?: Bound;
  rtol?: Bound;
  hermitian?: boolean;
  rcond?: Bound;
}

/**
 * The Moore-Penrose pseudoinverse. Shapes: (*, m, n) → (*, n, m). Follows torch.linalg.pinv.
 * @param rcond (or rtol, atol) singular values up to max(atol, rtol · the largest) count as 0
 */
export function pinv(a: Tensor, rcond?: Bound | PinvOptions, hermitian?: boolean): Tensor {
  const options: PinvOptions = isBound(rcond) ? { rcond: rcond ?? null } : rcond;
  return pinvOf(a, options.atol, options.rtol ?? options.rcond, options.hermitian ?? hermitian ?? false);
}

function pinvOf(a: Tensor, atol: Bound | undefined, rtol: Bound | undefined, hermitian: boolean): Tensor {
  const name = "linalg.pinv";
  checkMatrix(a, name);
  checkFloat(a, name);
  if (hermitian) checkSquare(a, name);
  return tidy(() => {
    if (a.numel() === 0) return ops.mul(mT(a), 1);
    // with the dims of the batch, so that vmap may add one to both
    const whole = (bound: Bound | undefined): Bound => {
      const missing = bound instanceof Tensor ? a.dim() - 2 - bound.dim() : 0;
      return missing > 0
        ? (bound as Tensor).reshape([...new Array<number>(missing).fill(1), ...(bound as Tensor).shape])
        : (bound ?? null);
    };
    return LinalgPinv.apply(a, toleranceOf, hermitian, whole(atol), whole(rtol)) as Tensor;
  });
}

interface TriangularOptions {
  upper: boolean;
  left?: boolean;
  unitriangular?: boolean;
}

/**
 * X with A X = B (or X A = B) for triangular A; the other triangle is not read.
 * Shapes: (*, n, n), (*, n, k) → (*, n, k), batches broadcast. Follows torch.linalg.solve_triangular.
 */
export function solveTriangular(a: Tensor, b: Tensor, options: TriangularOptions): Tensor {
  const name = "linalg.solve_triangular";
  const { upper, left = true, unitriangular = false } = options;
  checkSquare(a, name);
  checkMatrix(b, name, "B");
  checkFloat(a, name);
  checkSameDtype(a, b, name);
  if ((left ? rowsOf(b) : columnsOf(b)) !== rowsOf(a)) {
    const sizes = (t: Tensor) => `${rowsOf(t)}x${columnsOf(t)}`;
    throw new RuntimeError(
      `${name}: Incompatible shapes of A and B for the equation ${left ? "AX = B" : "XA = B"} (${sizes(a)} and ${sizes(b)})`,
    );
  }
  return tidy(() => {
    const [m, r] = broadcastBatches(a, b);
    if (left) return TriangularSolve.apply(m, r, upper, unitriangular) as Tensor;
    return mT(TriangularSolve.apply(mT(m), mT(r), !upper, unitriangular) as Tensor);
  });
}

type Driver = "gels" | "gelsy" | "gelsd" | "gelss";

/**
 * X that minimises ‖A X − B‖, the shortest one where there are several.
 *
 * Shapes: (*, m, n), (*, m, k) → solution (*, n, k); residuals (*, k) if m > n and all ranks are full; rank (*) and
 * singular values as the driver has them in LAPACK. Follows torch.linalg.lstsq.
 */
export function lstsq(
  a: Tensor,
  b: Tensor,
  rcond?: number | null,
  options?: { driver?: Driver },
): Named<"solution" | "residuals" | "rank" | "singularValues">;
export function lstsq(
  a: Tensor,
  b: Tensor,
  options: { rcond?: number | null; driver?: Driver },
): Named<"solution" | "residuals" | "rank" | "singularValues">;
export function lstsq(...given: unknown[]): Named<"solution" | "residuals" | "rank" | "singularValues"> {
  const name = "linalg.lstsq";
  const args = positional(given, ["input", "B", "rcond", "driver"], name);
  const [a, b] = args as [Tensor, Tensor];
  const rcond = args[2] as number | null | undefined;
  const driver = (args[3] ?? "gelsy") as Driver;
  if (a.dim() < 2) throw new RuntimeError(`torch.${name}: input must have at least 2 dimensions.`);
  if (b.dim() < 1) throw new RuntimeError(`torch.${name}: other must have at least 1 dimension.`);
  checkFloat(a, name);
  checkSameDtype(a, b, name);
  if (!["gels", "gelsy", "gelsd", "gelss"].includes(driver)) {
    throw new RuntimeError(
      `torch.linalg.lstsq: parameter \`driver\` should be one of (gels, gelsy, gelsd, gelss), got ${String(driver)}`,
    );
  }
  const list = tidy(() => {
    const vector = b.dim() === a.dim() - 1 && b.shape.join() === a.shape.slice(0, -1).join();
    const right = vector ? b.unsqueeze(-1) : b;
    if (rowsOf(right) !== rowsOf(a)) {
      throw new RuntimeError(`torch.${name}: input.size(-2) should match other.size(-2)`);
    }
    const [m, r] = broadcastBatches(a, right);
    const eps = a.dtype === "float64" ? 2 ** -52 : 2 ** -23;
    const ratio = rcond ?? eps * Math.max(rowsOf(a), columnsOf(a));
    const x = ops.matmul(pinvOf(m, undefined, ratio, false), r);
    const s = svdvals(m.detach());
    const ranks = ops.sum(ops.gt(s, toleranceOf(m, undefined, ratio)(s)), -1, { dtype: "int64" });
    const none = (dtype: DType) => empty([0], { dtype, device: a.device });
    const overdetermined = rowsOf(a) > columnsOf(a) && driver !== "gelsy";
    const full = overdetermined && (driver === "gels" || Boolean(ops.all(ops.eq(ranks, columnsOf(a))).item()));
    const difference = full ? ops.sub(ops.matmul(m, x), r).detach() : null;
    const residuals = difference === null ? none(a.dtype) : ops.sum(ops.mul(difference, difference), -2);
    return [
      vector ? x.squeeze(-1) : x,
      residuals,
      driver === "gels" ? none("int64") : ranks,
      driver === "gelsd" || driver === "gelss" ? s : none(a.dtype),
    ];
  });
  return named(list, ["solution", "residuals", "rank", "singularValues"]);
}

// ---- tensors as matrices

/** The inverse of the map that `a` is when its first `ind` dims are rows and the rest columns. Follows torch.linalg.tensorinv. */
export function tensorinv(a: Tensor, ind: number | { ind?: number } = 2): Tensor {
  const split = typeof ind === "number" ? ind : (ind.ind ?? 2);
  if (split <= 0) throw new RuntimeError("Expected a strictly positive integer for 'ind'");
  const rows = a.shape.slice(0, split);
  const columns = a.shape.slice(split);
  const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
  if (count(rows) !== count(columns)) {
    throw new RuntimeError("Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind])");
  }
  return tidy(() => ops.reshape(inv(ops.reshape(a, [count(rows), count(columns)])), [...columns, ...rows]));
}

/** X with tensordot(A, X, X.ndim) = B. Follows torch.linalg.tensorsolve. */
export function tensorsolve(a: Tensor, b: Tensor, dims?: readonly number[] | { dims?: readonly number[] }): Tensor {
  const order = Array.isArray(dims)
    ? (dims as readonly number[])
    : ((dims as { dims?: readonly number[] })?.dims ?? null);
  return tidy(() => {
    const moved =
      order === null
        ? a
        : rare.movedim(
            a,
            [...order],
            order.map((_, i) => i - order.length),
          );
    const shape = moved.shape.slice(b.dim());
    const n = shape.reduce((product, size) => product * size, 1);
    if (n !== b.numel()) {
      throw new RuntimeError(
        "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim])",
      );
    }
    return ops.reshape(solve(ops.reshape(moved, [n, n]), ops.flatten(b)), shape);
  });
}

/** The Vandermonde matrix: powers 0, 1 … of the elements along a new last dim. Follows torch.linalg.vander. */
export function vander(x: Tensor, options?: { N?: number | null }): Tensor {
  const n = options?.N ?? columnsOf(x.unsqueeze(0));
  if (n <= 1 && options?.N !== undefined && options.N !== null) {
    throw new RuntimeError("linalg.vander: N must be greater than 1.");
  }
  return tidy(() => {
    const rows = x.dim() === 0 ? x.unsqueeze(0) : x;
    const column = rows.unsqueeze(-1);
    const first = ones([...rows.shape, 1], { dtype: column.isFloatingPoint() ? x.dtype : "int64", device: x.device });
    if (n <= 1) return first;
    const base = first.dtype === x.dtype ? column : column.to(first.dtype);
    return ops.cat([first, rare.cumprod(base.expand([...rows.shape, n - 1]), -1)], -1);
  });
}
