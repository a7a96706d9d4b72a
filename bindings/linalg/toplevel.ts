// The older names of linear algebra, in torch itself and as methods.

import { RuntimeError } from "../error.ts";
import { positional } from "../functional/arguments.ts";
import type { FunctionContext } from "../autograd/function.ts";
import * as ops from "../gen/functions.ts";
import { zerosLike } from "../factories.ts";
import { scope } from "../memory/scope.ts";
import type { Named } from "../tensor/call.ts";
import { broadcastShapes } from "../tensor/more-shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkSquare } from "./checks.ts";
import * as linalg from "./functions.ts";
import { Decomposition, mT, named } from "./primitives.ts";

const { choleskyOf, svdOf } = linalg;
export { det, logdet, matrixExp, matrixPower, slogdet } from "./functions.ts";

/** The inverse of square matrices. Follows torch.inverse. */
export function inverse(input: Tensor): Tensor {
  return linalg.inv(input);
}

/** The pseudoinverse; singular values up to rcond · the largest count as 0. Follows torch.pinverse. */
export function pinverse(input: Tensor, rcond: number | { rcond?: number } = 1e-15): Tensor {
  return linalg.pinv(input, { rtol: typeof rcond === "number" ? rcond : (rcond.rcond ?? 1e-15) });
}

/** The triangular factor of symmetric positive-definite matrices. Follows torch.cholesky. */
export function cholesky(input: Tensor, upper: boolean | { upper?: boolean } = false): Tensor {
  return choleskyOf(input, typeof upper === "boolean" ? upper : (upper.upper ?? false), "linalg.cholesky");
}

const upperOf = (upper: boolean | { upper?: boolean } | undefined): boolean =>
  typeof upper === "object" ? (upper.upper ?? false) : (upper ?? false);

class CholeskySolve extends Decomposition {
  static override forward(ctx: FunctionContext, b: Tensor, factor: Tensor, upper: boolean): Tensor {
    const triangle = upper ? ops.triu(factor) : ops.tril(factor);
    const [first, second] = upper ? [mT(triangle), triangle] : [triangle, mT(triangle)];
    const x = linalg.solveTriangular(second, linalg.solveTriangular(first, b, { upper: false }), { upper: true });
    ctx.saveForBackward(factor, x);
    ctx["upper"] = upper;
    return x;
  }
  static override backward(ctx: FunctionContext, grad: Tensor): (Tensor | null)[] {
    const [factor, x] = ctx.savedTensors as [Tensor, Tensor];
    const upper = ctx["upper"] as boolean;
    const gradB = CholeskySolve.apply(grad, factor, upper) as Tensor;
    const term = ops.matmul(gradB, mT(x));
    const both = ops.add(term, mT(term));
    return [gradB, ops.neg(upper ? ops.matmul(factor, both) : ops.matmul(both, factor)), null];
  }
}

/** X with A X = B, given A's triangular factor. Follows torch.cholesky_solve. */
export function choleskySolve(input: Tensor, input2: Tensor, upper?: boolean | { upper?: boolean }): Tensor {
  checkSquare(input2, "cholesky_solve");
  return scope(() => {
    const lead = broadcastShapes(input.shape.slice(0, -2), input2.shape.slice(0, -2));
    const b = input.expand([...lead, ...input.shape.slice(-2)]);
    const factor = input2.expand([...lead, ...input2.shape.slice(-2)]);
    return CholeskySolve.apply(b, factor, upperOf(upper)) as Tensor;
  });
}

class CholeskyInverse extends Decomposition {
  static override forward(ctx: FunctionContext, factor: Tensor, upper: boolean): Tensor {
    const triangle = upper ? ops.triu(factor) : mT(ops.tril(factor));
    const result = linalg.inv(ops.matmul(mT(triangle), triangle));
    ctx.saveForBackward(factor, result);
    ctx["upper"] = upper;
    return result;
  }
  static override backward(ctx: FunctionContext, grad: Tensor): (Tensor | null)[] {
    const [factor, result] = ctx.savedTensors as [Tensor, Tensor];
    const both = ops.matmul(result, ops.matmul(ops.add(grad, mT(grad)), result));
    return [ops.neg(ctx["upper"] ? ops.matmul(factor, both) : ops.matmul(both, factor)), null];
  }
}

/** The inverse of a matrix, given its triangular factor. Follows torch.cholesky_inverse. */
export function choleskyInverse(input: Tensor, upper?: boolean | { upper?: boolean }): Tensor {
  checkSquare(input, "cholesky_inverse");
  return CholeskyInverse.apply(input, upperOf(upper)) as Tensor;
}

/** A = Q R, reduced (`some`) or complete. Follows torch.qr. */
export function qr(input: Tensor, some: boolean | { some?: boolean } = true): Named<"Q" | "R"> {
  const reduced = typeof some === "boolean" ? some : (some.some ?? true);
  return linalg.qr(input, reduced ? "reduced" : "complete");
}

/** A = U diag(S) Vᵀ with V itself in the result. Follows torch.svd. */
export function svd(input: Tensor, some?: boolean, computeUv?: boolean): Named<"U" | "S" | "V">;
export function svd(input: Tensor, options: { some?: boolean; computeUv?: boolean }): Named<"U" | "S" | "V">;
export function svd(...given: unknown[]): Named<"U" | "S" | "V"> {
  const args = positional(given, ["input", "some", "computeUv"], "svd");
  const input = args[0] as Tensor;
  const [some, computeUv] = [(args[1] ?? true) as boolean, (args[2] ?? true) as boolean];
  const [u, s, vh] = svdOf(input, !some, "torch.linalg.svd") as [Tensor, Tensor, Tensor];
  if (computeUv) return named([u, s, mT(vh)], ["U", "S", "V"]);
  return named([zerosLike(u.detach()), s, zerosLike(mT(vh.detach()))], ["U", "S", "V"]);
}

/** X with A X = b for triangular A, and a copy of A. Follows torch.triangular_solve. */
export function triangularSolve(
  b: Tensor,
  a: Tensor,
  upper?: boolean,
  transpose?: boolean,
  unitriangular?: boolean,
): Named<"solution" | "clonedCoefficient">;
export function triangularSolve(
  b: Tensor,
  a: Tensor,
  options: { upper?: boolean; transpose?: boolean; unitriangular?: boolean },
): Named<"solution" | "clonedCoefficient">;
export function triangularSolve(...given: unknown[]): Named<"solution" | "clonedCoefficient"> {
  const args = positional(given, ["b", "A", "upper", "transpose", "unitriangular"], "triangular_solve");
  const [b, a] = args as [Tensor, Tensor];
  const upper = (args[2] ?? true) as boolean;
  const transpose = (args[3] ?? false) as boolean;
  const unitriangular = (args[4] ?? false) as boolean;
  if (b.dim() < 2 || a.dim() < 2) {
    throw new RuntimeError(
      `torch.triangular_solve: Expected ${b.dim() < 2 ? "b" : "A"} to have at least 2 dimensions, ` +
        `but it has ${b.dim() < 2 ? b.dim() : a.dim()} dimensions instead`,
    );
  }
  const solution = linalg.solveTriangular(transpose ? mT(a) : a, b, {
    upper: transpose ? !upper : upper,
    unitriangular,
  });
  return named([solution, ops.clone(a)], ["solution", "clonedCoefficient"]);
}

/**
 * The Vandermonde matrix of a vector, with powers falling unless `increasing`. Shapes: (n) → (n, N). Follows torch.vander.
 */
export function vander(x: Tensor, n?: number | null, increasing?: boolean): Tensor;
export function vander(x: Tensor, options: { N?: number | null; increasing?: boolean }): Tensor;
export function vander(...given: unknown[]): Tensor {
  const args = positional(given, ["x", "N", "increasing"], "vander");
  const x = args[0] as Tensor;
  const n = (args[1] ?? x.numel()) as number;
  if (x.dim() !== 1) throw new RuntimeError("x must be a one-dimensional tensor.");
  if (n < 0) throw new RuntimeError("N must be non-negative.");
  if (n < 2) return linalg.vander(x).narrow(-1, 0, n);
  const powers = linalg.vander(x, { N: n });
  return args[2] ? powers : ops.flip(powers, [-1]);
}

/** The methods that this file adds to Tensor. */
export interface TensorLinalg {
  /**
   * Follows torch.Tensor.inverse.
   * @example
   * torch.tensor([[2, 0], [0, 4]]).inverse(); // tensor([[0.5000, 0.0000], [0.0000, 0.2500]])
   */
  inverse(): Tensor;
  /**
   * Follows torch.Tensor.pinverse.
   * @example
   * torch.tensor([[2, 0], [0, 0]]).pinverse(); // tensor([[0.5000, 0.0000], [0.0000, 0.0000]])
   */
  pinverse(rcond?: number): Tensor;
  /**
   * Follows torch.Tensor.det.
   * @example
   * torch.tensor([[1, 2], [3, 4]]).det(); // tensor(-2.)
   */
  det(): Tensor;
  /**
   * Follows torch.Tensor.logdet.
   * @example
   * torch.tensor([[2, 0], [0, 4]]).logdet(); // tensor(2.0794)
   */
  logdet(): Tensor;
  /**
   * Follows torch.Tensor.slogdet.
   * @example
   * torch.tensor([[1, 2], [3, 4]]).slogdet(); // [tensor(-1.), tensor(0.6931)]
   */
  slogdet(): Named<"sign" | "logabsdet">;
  /**
   * Follows torch.Tensor.matrix_exp.
   * @example
   * torch.tensor([[0, 1], [0, 0]]).matrixExp(); // tensor([[1., 1.], [0., 1.]])
   */
  matrixExp(): Tensor;
  /**
   * Follows torch.Tensor.matrix_power.
   * @example
   * torch.tensor([[1, 1], [0, 1]]).matrixPower(3); // tensor([[1., 3.], [0., 1.]])
   */
  matrixPower(n: number): Tensor;
  /**
   * Follows torch.Tensor.cholesky.
   * @example
   * torch.tensor([[4, 2], [2, 2]]).cholesky(); // tensor([[2., 0.], [1., 1.]])
   */
  cholesky(upper?: boolean): Tensor;
  /**
   * Follows torch.Tensor.cholesky_solve.
   * @example
   * torch.tensor([[4], [1]]).choleskySolve(torch.tensor([[2, 0], [0, 1]])); // tensor([[1.], [1.]])
   */
  choleskySolve(input2: Tensor, upper?: boolean | { upper?: boolean }): Tensor;
  /**
   * Follows torch.Tensor.cholesky_inverse.
   * @example
   * torch.tensor([[2, 0], [0, 1]]).choleskyInverse(); // tensor([[0.2500, 0.0000], [0.0000, 1.0000]])
   */
  choleskyInverse(upper?: boolean | { upper?: boolean }): Tensor;
  /**
   * Follows torch.Tensor.qr.
   * @example
   * torch.tensor([[3, 1], [4, 2]]).qr()[1].abs(); // tensor([[5.0000, 2.2000], [0.0000, 0.4000]])
   */
  qr(some?: boolean): Named<"Q" | "R">;
  /**
   * Follows torch.Tensor.svd.
   * @example
   * torch.tensor([[3, 0], [0, 4]]).svd()[1]; // tensor([4., 3.])
   */
  svd(some?: boolean, computeUv?: boolean): Named<"U" | "S" | "V">;
  /**
   * Follows torch.Tensor.triangular_solve.
   * @example
   * torch.tensor([[2], [3]]).triangularSolve(torch.tensor([[2, 0], [1, 1]]), { upper: false })[0]; // tensor([[1.], [2.]])
   */
  triangularSolve(
    a: Tensor,
    upper?: boolean,
    transpose?: boolean,
    unitriangular?: boolean,
  ): Named<"solution" | "clonedCoefficient">;
  /**
   * Follows torch.Tensor.lu.
   * @example
   * torch.tensor([[1, 2], [4, 4]]).lu()[1]; // tensor([2, 2], dtype=torch.int32)
   */
  lu(pivot?: boolean, getInfos?: boolean): Tensor[];
  /**
   * Follows torch.Tensor.lu_solve.
   * @example
   * const [data, pivots] = torch.lu(torch.tensor([[2, 0], [0, 4]]));
   * torch.ones(2, 1).luSolve(data, pivots); // tensor([[0.5000], [0.2500]])
   */
  luSolve(lu: Tensor, pivots: Tensor): Tensor;
  /**
   * Follows torch.Tensor.geqrf.
   * @example
   * torch.tensor([[3, 1], [4, 2]]).geqrf().tau; // tensor([1.6000, 0.0000])
   */
  geqrf(): Named<"a" | "tau">;
  /**
   * Follows torch.Tensor.orgqr.
   * @example
   * const { a, tau } = torch.geqrf(torch.tensor([[3, 1], [4, 2]]));
   * a.orgqr(tau); // tensor([[-0.6000, -0.8000], [-0.8000, 0.6000]])
   */
  orgqr(tau: Tensor): Tensor;
  /**
   * Follows torch.Tensor.ormqr.
   * @example
   * const { a, tau } = torch.geqrf(torch.tensor([[3, 1], [4, 2]]));
   * a.ormqr(tau, torch.eye(2)); // tensor([[-0.6000, -0.8000], [-0.8000, 0.6000]])
   */
  ormqr(tau: Tensor, other: Tensor, left?: boolean, transpose?: boolean): Tensor;
}
