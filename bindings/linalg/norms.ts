// Norms of vectors and matrices, and condition numbers.

import { RuntimeError } from "../error.ts";
import { positional } from "../functional/arguments.ts";
import * as ops from "../gen/functions.ts";
import * as rare from "../gen/rare-functions.ts";
import * as generated from "../gen/linalg.ts";
import { tensor } from "../tensor/create.ts";
import { wrapDim } from "../tensor/dims.ts";
import type { DType } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { checkMatrix, checkSquare } from "./checks.ts";
import { svdvals } from "./functions.ts";
import { lastInfo, LinalgInv, tidy } from "./primitives.ts";

type MatrixOrder = number | "fro" | "nuc";
type Dims = number | readonly number[];

interface NormOptions {
  ord?: MatrixOrder | null;
  dim?: Dims | null;
  keepdim?: boolean;
  dtype?: DType;
}

/**
 * The vector norm; of complex numbers that of their absolute values. Follows torch.linalg.vector_norm.
 * @example
 * torch.linalg.vectorNorm(torch.tensor([3, 4])); // tensor(5.)
 */
export const vectorNorm = ((a: unknown, ...rest: unknown[]): Tensor =>
  (generated.vectorNorm as (...args: unknown[]) => Tensor)(
    a instanceof Tensor && a.isComplex() ? ops.abs(a) : a,
    ...rest,
  )) as typeof generated.vectorNorm;

/**
 * Norms of matrices: "fro", "nuc", ±1 (columns), ±2 (singular values), ±Infinity (rows).
 * Shapes: the two dims of `dim` go, or stay with size 1 (`keepdim`). Follows torch.linalg.matrix_norm.
 */
export function matrixNorm(
  a: Tensor,
  ord?: MatrixOrder,
  dim?: readonly number[],
  keepdim?: boolean,
  options?: { dtype?: DType },
): Tensor;
export function matrixNorm(a: Tensor, options: NormOptions): Tensor;
export function matrixNorm(...given: unknown[]): Tensor {
  const name = "linalg.matrix_norm";
  const args = positional(given, ["A", "ord", "dim", "keepdim", "dtype"], name);
  const ord = (args[1] ?? "fro") as MatrixOrder;
  const dim = (args[2] ?? [-2, -1]) as readonly number[];
  const keepdim = (args[3] ?? false) as boolean;
  const a = withDtype(args[0] as Tensor, args[4] as DType | undefined);
  checkMatrix(a, name);
  if (dim.length !== 2) throw new RuntimeError(`${name}: dim must be a 2-tuple. Got ${dim.join(" ")}`);
  const [first, second] = dim.map((d) => wrapDim(d, a.dim())) as [number, number];
  if (first === second) {
    throw new RuntimeError(`${name}: dims must be different. Got (${dim.join(", ")})`);
  }
  if (ord === "fro") return vectorNorm(a, 2, [first, second], keepdim);
  const order = String(ord);
  if (!["nuc", "1", "-1", "2", "-2", "Infinity", "-Infinity"].includes(order)) {
    throw new RuntimeError(`${name}: Order ${order} not supported.`);
  }
  return tidy(() => {
    const matrix = rare.movedim(a, [first, second], [-2, -1]);
    let result: Tensor;
    if (ord === "nuc") result = ops.sum(svdvals(matrix), -1);
    else if (Math.abs(ord) === 2) result = ord > 0 ? ops.amax(svdvals(matrix), -1) : ops.amin(svdvals(matrix), -1);
    else {
      const sums = ops.sum(ops.abs(matrix), Math.abs(ord) === 1 ? -2 : -1);
      result = ord > 0 ? ops.amax(sums, -1) : ops.amin(sums, -1);
    }
    if (!keepdim) return result;
    const [low, high] = first < second ? [first, second] : [second, first];
    return result.unsqueeze(low).unsqueeze(high);
  });
}

function withDtype(a: Tensor, dtype: DType | undefined | null): Tensor {
  return dtype === undefined || dtype === null ? a : a.to(dtype);
}

/**
 * A vector norm, or a matrix norm where `ord` is one or `dim` has two dims. Without `ord` the 2-norm of all elements (of the
 * dims). Follows torch.linalg.norm.
 */
export function norm(
  a: Tensor,
  ord?: MatrixOrder | null,
  dim?: Dims | null,
  keepdim?: boolean,
  options?: { dtype?: DType },
): Tensor;
export function norm(a: Tensor, options: NormOptions): Tensor;
export function norm(...given: unknown[]): Tensor {
  const args = positional(given, ["A", "ord", "dim", "keepdim", "dtype"], "linalg.norm");
  const [a, ord, dim] = args as [Tensor, MatrixOrder | null | undefined, Dims | null | undefined];
  const keepdim = (args[3] ?? false) as boolean;
  const dtype = args[4] as DType | undefined;
  const asked = ord !== undefined && ord !== null;
  const dims = dim === undefined || dim === null ? null : typeof dim === "number" ? [dim] : dim;
  if (dims !== null && dims.length !== 1 && dims.length !== 2) {
    throw new RuntimeError(`linalg.norm: If dim is specified, it must be of length 1 or 2. Got [${dims.join(", ")}]`);
  }
  if (dims === null && asked && a.dim() !== 1 && a.dim() !== 2) {
    throw new RuntimeError(
      `linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got ${a.dim()}D.`,
    );
  }
  const matrix = asked && (typeof ord === "string" || (dims === null ? a.dim() === 2 : dims.length === 2));
  if (matrix) {
    return matrixNorm(a, { ord, dim: dims ?? [0, 1], keepdim, ...(dtype === undefined ? {} : { dtype }) });
  }
  const order = asked ? (ord as number) : 2;
  return vectorNorm(withDtype(a, dtype), order, dims, keepdim);
}

/**
 * The condition number: with `p` null, 2 or -2 from the singular values, else ‖A‖ₚ ‖A⁻¹‖ₚ. Follows torch.linalg.cond.
 */
export function cond(a: Tensor, p?: MatrixOrder | null | { p?: MatrixOrder | null }): Tensor {
  const order = (typeof p === "object" && p !== null ? p.p : p) ?? null;
  checkMatrix(a, "linalg.cond");
  return tidy(() => {
    if (order === null || Math.abs(order as number) === 2) {
      const s = svdvals(a);
      const largest = ops.amax(s, -1);
      const smallest = ops.amin(s, -1);
      return order === -2 ? ops.div(smallest, largest) : ops.div(largest, smallest);
    }
    checkSquare(a, "linalg.cond");
    const inverted = LinalgInv.apply(a) as Tensor;
    const singular = lastInfo.map((info) => (info === 0 ? 0 : 1));
    const product = ops.mul(matrixNorm(a, { ord: order }), matrixNorm(inverted, { ord: order }));
    if (singular.every((flag) => flag === 0)) return product;
    const mask = ops.reshape(tensor(singular), product.shape).bool();
    return ops.maskedFill(product, mask.to(a.device) as Tensor, Infinity);
  });
}
