// LU factorisations with partial pivoting, and what is solved with them.

import type { FunctionContext } from "../autograd/function.ts";
import { RuntimeError } from "../error.ts";
import { empty, eye, zeros } from "../factories.ts";
import { positional } from "../functional/arguments.ts";
import * as ops from "../gen/functions.ts";
import { tensor } from "../tensor/create.ts";
import { Code } from "../tensor/dtype.ts";
import { toCpu } from "../tensor/move.ts";
import type { Named } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkFloat, checkMatrix, checkSameDtype, LinAlgError } from "./checks.ts";
import { Routine } from "./module.ts";
import {
  batchOf,
  broadcastBatches,
  columnsOf,
  Decomposition,
  infoTensor,
  lastInfo,
  mT,
  named,
  output,
  rowsOf,
  run,
  tidy,
  TriangularSolve,
} from "./primitives.ts";

/** The row of A that stands in each row of L U, from the exchanges that were made one after the other. */
function permutationOf(pivots: Tensor, rows: number): Tensor {
  const count = columnsOf(pivots.unsqueeze(0));
  const values = Array.from(toCpu(pivots.detach()).data(), Number);
  const lead = pivots.shape.slice(0, -1);
  const batch = lead.reduce((product, size) => product * size, 1);
  const order = Array.from({ length: batch }, (_, b) => {
    const list = Array.from({ length: rows }, (_, i) => i);
    for (let i = 0; i < count; i++) {
      const other = values[b * count + i]! - 1;
      [list[i], list[other]] = [list[other]!, list[i]!];
    }
    return list;
  });
  const made = tensor(order.flat(), { dtype: "int64" }).reshape([...lead, rows]);
  return pivots.device === "cpu" ? made : (made.to(pivots.device) as Tensor);
}

/** The matrix with A = P L U. */
function permutationMatrix(order: Tensor, like: Tensor): Tensor {
  const n = columnsOf(order.unsqueeze(0));
  const blank = zeros([...order.shape, n], { dtype: like.dtype, device: like.device });
  return ops.scatter(blank, -2, order.unsqueeze(-2), 1);
}

/** The rows of `a` in another order. */
const rowsBy = (a: Tensor, order: Tensor): Tensor =>
  ops.gather(a, -2, order.unsqueeze(-1).expand([...order.shape, columnsOf(a)]));
const inverted = (order: Tensor): Tensor => ops.argsort(order, -1);

/** The two factors of packed ones. */
function unpacked(lu: Tensor): [l: Tensor, u: Tensor] {
  const k = Math.min(rowsOf(lu), columnsOf(lu));
  const lower = ops.tril(ops.narrow(lu, -1, 0, k), -1);
  const l = ops.add(lower, eye(rowsOf(lu), k, { dtype: lu.dtype, device: lu.device }));
  return [l, ops.triu(ops.narrow(lu, -2, 0, k))];
}

/** Packed factors, pivots from 1 on, and the order of the rows. */
class LinalgLuFactor extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor): Tensor[] {
    const { lead } = batchOf(a);
    const [m, n] = [rowsOf(a), columnsOf(a)];
    const k = Math.min(m, n);
    const exchanges = { shape: [...lead, k], step: k, code: Code.Int32 };
    const [lu, pivots] = run(Routine.LuFactor, [m, n], [a], [output(a, lead, m, n), exchanges]);
    const order = permutationOf(pivots!, m);
    ctx.saveForBackward(lu!, order);
    return [lu!, pivots!, order];
  }
  static override backward(ctx: FunctionContext, grad: Tensor): Tensor {
    const [lu, order] = ctx.savedTensors as [Tensor, Tensor];
    const [m, n] = [rowsOf(lu), columnsOf(lu)];
    const k = Math.min(m, n);
    const [l, u] = unpacked(lu);
    const gradL = ops.tril(ops.narrow(grad, -1, 0, k), -1);
    const gradU = ops.triu(ops.narrow(grad, -2, 0, k));
    const top = (a: Tensor): Tensor => ops.narrow(a, -2, 0, k);
    const left = (a: Tensor): Tensor => ops.narrow(a, -1, 0, k);
    // of the square part: L⁻ᵀ (the strict lower triangle of Lᵀ gL + the upper one of gU Uᵀ) U⁻ᵀ; where there is more of
    // one factor, that follows from the other: U₂ = L⁻¹ A₂, L₂ = A₂ U⁻¹
    let lower = ops.matmul(mT(top(l)), top(gradL));
    let upper = ops.matmul(left(gradU), mT(left(u)));
    const right = n > k ? ops.narrow(gradU, -1, k, n - k) : null;
    const bottom = m > k ? ops.narrow(gradL, -2, k, m - k) : null;
    if (right !== null) lower = ops.sub(lower, ops.matmul(right, mT(ops.narrow(u, -1, k, n - k))));
    if (bottom !== null) upper = ops.sub(upper, ops.matmul(mT(ops.narrow(l, -2, k, m - k)), bottom));
    const byU = (x: Tensor): Tensor => mT(TriangularSolve.apply(left(u), mT(x), true, false) as Tensor);
    const byL = (x: Tensor): Tensor => TriangularSolve.apply(mT(top(l)), x, true, true) as Tensor;
    let result = byL(byU(ops.add(ops.tril(lower, -1), ops.triu(upper))));
    if (right !== null) result = ops.cat([result, byL(right)], -1);
    if (bottom !== null) result = ops.cat([result, byU(bottom)], -2);
    return rowsBy(result, inverted(order));
  }
}

function factorise(a: Tensor, pivot: boolean, name: string): Tensor[] {
  checkMatrix(a, name);
  checkFloat(a, name);
  if (!pivot) throw new RuntimeError(`${name}: LU without pivoting is not implemented on the CPU`);
  return LinalgLuFactor.apply(a) as Tensor[];
}

export function luFactor(a: Tensor, pivot: boolean | { pivot?: boolean } = true): Named<"LU" | "pivots"> {
  const name = "linalg.lu_factor";
  const [lu, pivots] = factorise(a, typeof pivot === "boolean" ? pivot : (pivot.pivot ?? true), name) as [
    Tensor,
    Tensor,
  ];
  const at = lastInfo.findIndex((info) => info !== 0);
  if (at >= 0) {
    const i = lastInfo[at]!;
    throw new LinAlgError(
      `torch.${name}: ${a.dim() > 2 ? `(Batch element ${at}): ` : ""}U[${i},${i}] is zero and using it on lu_solve would ` +
        "result in a division by zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or " +
        "linalg.lu_factor_ex(A, pivot)",
    );
  }
  return named([lu, pivots], ["LU", "pivots"]);
}

export function luFactorEx(a: Tensor, pivot: boolean | { pivot?: boolean } = true): Named<"LU" | "pivots" | "info"> {
  const isPivot = typeof pivot === "boolean" ? pivot : (pivot.pivot ?? true);
  const [lu, pivots] = factorise(a, isPivot, "linalg.lu_factor_ex") as [Tensor, Tensor];
  return named([lu, pivots, infoTensor(a)], ["LU", "pivots", "info"]);
}

export function lu(a: Tensor, pivot: boolean | { pivot?: boolean } = true): Named<"P" | "L" | "U"> {
  return tidy(() => {
    const isPivot = typeof pivot === "boolean" ? pivot : (pivot.pivot ?? true);
    const [packed, , order] = factorise(a, isPivot, "linalg.lu") as [Tensor, Tensor, Tensor];
    return named([permutationMatrix(order, packed), ...unpacked(packed)], ["P", "L", "U"]);
  });
}

function checkPivots(lu: Tensor, pivots: Tensor, name: string): void {
  if (pivots.dtype !== "int32") {
    throw new RuntimeError(
      `${name}: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this function is intended to be ` +
        "used with the output produced by torch.linalg.lu_factor",
    );
  }
  const wanted = [...lu.shape.slice(0, -2), Math.min(rowsOf(lu), columnsOf(lu))];
  if (pivots.shape.join() !== wanted.join()) {
    throw new RuntimeError(
      `${name}: Expected LU_pivots of shape [${wanted.join(", ")}], got [${pivots.shape.join(", ")}]`,
    );
  }
}

interface UnpackOptions {
  unpackData?: boolean;
  unpackPivots?: boolean;
}

export function luUnpack(
  lu: Tensor,
  pivots: Tensor,
  unpackData?: boolean,
  unpackPivots?: boolean,
): Named<"P" | "L" | "U">;
export function luUnpack(lu: Tensor, pivots: Tensor, options: UnpackOptions): Named<"P" | "L" | "U">;
export function luUnpack(...given: unknown[]): Named<"P" | "L" | "U"> {
  const name = "torch.lu_unpack";
  const args = positional(given, ["LU_data", "LU_pivots", "unpackData", "unpackPivots"], name);
  const [packed, pivots, data = true, order = true] = args as [Tensor, Tensor, boolean?, boolean?];
  checkMatrix(packed, name, "LU");
  checkPivots(packed, pivots, name);
  return tidy(() => {
    const none = (): Tensor => empty([0], { dtype: packed.dtype, device: packed.device });
    const p = order ? permutationMatrix(permutationOf(pivots, rowsOf(packed)), packed) : none();
    const factors = data ? unpacked(packed) : [none(), none()];
    return named([p, ...factors], ["P", "L", "U"]);
  });
}

interface SolveOptions {
  left?: boolean;
  adjoint?: boolean;
}

export function luSolve(lu: Tensor, pivots: Tensor, b: Tensor, options: SolveOptions = {}): Tensor {
  return solveFactored("linalg.lu_solve", lu, pivots, b, options.left ?? true, options.adjoint ?? false);
}

/** The solution with factors; the adjoint's, or of X A = B. */
function solveFactored(name: string, lu: Tensor, pivots: Tensor, b: Tensor, left: boolean, adjoint: boolean): Tensor {
  checkMatrix(lu, name, "LU");
  checkMatrix(b, name, "B");
  checkFloat(lu, name);
  checkSameDtype(lu, b, name);
  checkPivots(lu, pivots, name);
  const n = rowsOf(lu);
  if (n !== columnsOf(lu)) {
    throw new RuntimeError(
      `${name}: A must be batches of square matrices, but they are ${n} by ${columnsOf(lu)} matrices`,
    );
  }
  if ((left ? rowsOf(b) : columnsOf(b)) !== n) {
    throw new RuntimeError(
      `${name}: Incompatible shapes of A and B for the equation ${left ? "AX = B" : "XA = B"} ` +
        `(${n}x${n} and ${rowsOf(b)}x${columnsOf(b)})`,
    );
  }
  return tidy(() => {
    if (!left) return mT(solveFactored(name, lu, pivots, mT(b), true, !adjoint));
    const [factors, right] = broadcastBatches(lu, b);
    const order = permutationOf(pivots, n).expand([...factors.shape.slice(0, -2), n]);
    const by = (a: Tensor, x: Tensor, upper: boolean, unit: boolean): Tensor =>
      TriangularSolve.apply(a, x, upper, unit) as Tensor;
    if (adjoint) {
      const inner = by(mT(factors), by(mT(factors), right, false, false), true, true);
      return rowsBy(inner, inverted(order));
    }
    return by(factors, by(factors, rowsBy(right, order), false, true), true, false);
  });
}

// ---- the older names

export function torchLu(a: Tensor, pivot?: boolean, getInfos?: boolean): Tensor[];
export function torchLu(a: Tensor, options: { pivot?: boolean; getInfos?: boolean }): Tensor[];
export function torchLu(...given: unknown[]): Tensor[] {
  const args = positional(given, ["A", "pivot", "getInfos"], "lu");
  const { LU, pivots, info } = luFactorEx(args[0] as Tensor, (args[1] ?? true) as boolean);
  return args[2] === true ? [LU, pivots, info] : [LU, pivots];
}

export function torchLuSolve(b: Tensor, lu: Tensor, pivots: Tensor): Tensor {
  return solveFactored("linalg.lu_solve", lu, pivots, b, true, false);
}
