// The decompositions as recorded ops: forward in the numerics module, backward in ops, so that every order of derivative
// exists. The formulas follow PyTorch's (torch/csrc/autograd/FunctionsManual.cpp) and the papers named there, above all
// M. Giles, "Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic Differentiation" (2008).

import { Function, type FunctionContext } from "../autograd/function.ts";
import * as ops from "../gen/functions.ts";
import * as rare from "../gen/rare-functions.ts";
import { eye, zeros } from "../factories.ts";
import { scope } from "../memory/scope.ts";
import type { Named } from "../tensor/call.ts";
import { tensor } from "../tensor/create.ts";
import { toCpu } from "../tensor/move.ts";
import { broadcastShapes } from "../tensor/more-shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { compute, Routine, type Output } from "./module.ts";

type Grad = Tensor | null;

/** Shape of the batch, and how many matrices that is. */
export function batchOf(a: Tensor): { lead: number[]; batch: number } {
  const lead = a.shape.slice(0, -2);
  return { lead, batch: lead.reduce((product, size) => product * size, 1) };
}

export const rowsOf = (a: Tensor): number => a.shape[a.dim() - 2]!;
export const columnsOf = (a: Tensor): number => a.shape[a.dim() - 1]!;
export const mT = (a: Tensor): Tensor => ops.transpose(a, -2, -1);

export function output(a: Tensor, lead: readonly number[], ...shape: number[]): Output {
  return { shape: [...lead, ...shape], step: shape.reduce((product, size) => product * size, 1), code: a.dtypeCode };
}

/** `info` of the last forward, for the caller to judge. */
export let lastInfo: Int32Array = new Int32Array(0);

export function run(
  routine: number,
  sizes: readonly number[],
  inputs: readonly Tensor[],
  outputs: readonly Output[],
  batch = batchOf(inputs[0]!).batch,
): Tensor[] {
  const { results, info } = compute(routine, sizes, batch, inputs, outputs);
  lastInfo = info;
  return results;
}

/** `info` of the last forward as a tensor of the batch's shape. */
export function infoTensor(a: Tensor, batch = a.shape.slice(0, -2)): Tensor {
  const info = ops.reshape(tensor(lastInfo), batch);
  return a.device === "cpu" ? info : (info.to(a.device) as Tensor);
}

/** A list of tensors that are known by name too. */
export function named<Name extends string>(tensors: readonly Tensor[], names: readonly Name[]): Named<Name> {
  const list = [...tensors] as Named<Name>;
  names.forEach((name, i) => ((list as Record<string, unknown>)[name] = list[i]));
  return list;
}

/** Runs the body with its temporaries released at its end. */
export function tidy<T>(body: () => T): T {
  return scope(body);
}

/** Two batches of matrices with the batch dims of both. */
export function broadcastBatches(a: Tensor, b: Tensor): [Tensor, Tensor] {
  const leadA = a.shape.slice(0, -2);
  const leadB = b.shape.slice(0, -2);
  if (leadA.join() === leadB.join()) return [a, b];
  const lead = broadcastShapes(leadA, leadB);
  return [a.expand([...lead, ...a.shape.slice(-2)]), b.expand([...lead, ...b.shape.slice(-2)])];
}

/** Functions of matrices, for which all leading dims are of the batch. */
export class Decomposition extends Function {
  static override leadingDims = true;
}

export class LinalgInv extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor): Tensor {
    const n = rowsOf(a);
    const [inverse] = run(Routine.Inverse, [n], [a], [output(a, batchOf(a).lead, n, n)]);
    ctx.saveForBackward(inverse!);
    return inverse!;
  }
  static override backward(ctx: FunctionContext, grad: Tensor): Tensor {
    const inverse = mT(ctx.savedTensors[0]!);
    return ops.neg(ops.matmul(inverse, ops.matmul(grad, inverse)));
  }
}

/** X with A X = B, for batches that have one shape. */
export class LinalgSolve extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor, b: Tensor): Tensor {
    const n = rowsOf(a);
    const m = columnsOf(b);
    const [x] = run(Routine.Solve, [n, m], [a, b], [output(a, batchOf(a).lead, n, m)]);
    ctx.saveForBackward(a, x!);
    return x!;
  }
  static override backward(ctx: FunctionContext, grad: Tensor): Grad[] {
    const [a, x] = ctx.savedTensors as [Tensor, Tensor];
    const gradB = LinalgSolve.apply(mT(a), grad) as Tensor;
    return [ctx.needsInputGrad[0] ? ops.neg(ops.matmul(gradB, mT(x))) : null, gradB];
  }
}

export class LinalgCholesky extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor, upper: boolean): Tensor {
    const n = rowsOf(a);
    const [factor] = run(Routine.Cholesky, [n, Number(upper)], [a], [output(a, batchOf(a).lead, n, n)]);
    ctx.saveForBackward(factor!);
    ctx["upper"] = upper;
    return factor!;
  }
  static override backward(ctx: FunctionContext, grad: Tensor): Grad[] {
    const factor = ctx.savedTensors[0]!;
    const l = ctx["upper"] ? mT(factor) : factor;
    const gradL = ctx["upper"] ? mT(grad) : grad;
    // gA = ½ L⁻ᵀ (P + Pᵀ without its diagonal twice) L⁻¹, P the lower triangle of Lᵀ gL
    const p = ops.matmul(mT(l), gradL);
    const symmetric = ops.add(ops.tril(p), mT(ops.tril(p, -1)));
    const left = TriangularSolve.apply(mT(l), symmetric, true, false) as Tensor;
    const both = mT(TriangularSolve.apply(mT(l), mT(left), true, false) as Tensor);
    return [ops.mul(both, 0.5), null];
  }
}

/** X with A X = B for triangular A. */
export class TriangularSolve extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor, b: Tensor, upper: boolean, unitriangular: boolean): Tensor {
    const n = rowsOf(a);
    const m = columnsOf(b);
    const sizes = [n, m, Number(upper), 0, Number(unitriangular)];
    const [x] = run(Routine.TriangularSolve, sizes, [a, b], [output(a, batchOf(a).lead, n, m)]);
    ctx.saveForBackward(a, x!);
    ctx["upper"] = upper;
    ctx["unitriangular"] = unitriangular;
    return x!;
  }
  static override backward(ctx: FunctionContext, grad: Tensor): Grad[] {
    const [a, x] = ctx.savedTensors as [Tensor, Tensor];
    const upper = ctx["upper"] as boolean;
    const unitriangular = ctx["unitriangular"] as boolean;
    const gradB = TriangularSolve.apply(mT(a), grad, !upper, unitriangular) as Tensor;
    if (!ctx.needsInputGrad[0]) return [null, gradB, null, null];
    const whole = ops.neg(ops.matmul(gradB, mT(x)));
    const outside = unitriangular ? 1 : 0;
    return [upper ? ops.triu(whole, outside) : ops.tril(whole, -outside), gradB, null, null];
  }
}

/** Q with k columns and R with k rows. */
export class LinalgQr extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor, k: number): Tensor[] {
    const { lead } = batchOf(a);
    const [m, n] = [rowsOf(a), columnsOf(a)];
    const [q, r] = run(Routine.Qr, [m, n, k], [a], [output(a, lead, m, k), output(a, lead, k, n)]);
    ctx.saveForBackward(q!, r!);
    ctx.setMaterializeGrads(false);
    return [q!, r!];
  }
  static override backward(ctx: FunctionContext, gradQ: Grad, gradR: Grad): Grad[] {
    const [q, r] = ctx.savedTensors as [Tensor, Tensor];
    if (gradQ === null && gradR === null) return [null, null];
    const [k, n] = [rowsOf(r), columnsOf(r)];
    // M = gR Rᵀ − Qᵀ gQ
    let m = gradR === null ? null : ops.matmul(gradR, mT(r));
    if (gradQ !== null) {
      const inner = ops.matmul(mT(q), gradQ);
      m = m === null ? ops.neg(inner) : ops.sub(m, inner);
    }
    const byR = (x: Tensor, square: Tensor): Tensor => mT(TriangularSolve.apply(square, mT(x), true, false) as Tensor);
    if (k >= n) {
      const symmetric = ops.add(ops.triu(m!), mT(ops.triu(m!, 1)));
      let grad = ops.matmul(q, symmetric);
      if (gradQ !== null) grad = ops.add(grad, gradQ);
      return [byR(grad, r), null];
    }
    // wide: Q is square, and gQ = Q (Qᵀ gQ)
    const square = ops.narrow(r, -1, 0, k);
    const skew = ops.sub(mT(ops.triu(m!, 1)), ops.tril(m!, -1));
    const rest = zeros([...q.shape.slice(0, -2), k, n - k], { dtype: q.dtype, device: q.device });
    let grad = ops.cat([byR(skew, square), rest], -1);
    if (gradR !== null) grad = ops.add(grad, gradR);
    return [ops.matmul(q, grad), null];
  }
}

/** U, S and Vᵀ; U with u columns and Vᵀ with v rows, 0 for both if only S is wanted. */
export class LinalgSvd extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor, full: boolean): Tensor[] {
    const { lead } = batchOf(a);
    const [m, n] = [rowsOf(a), columnsOf(a)];
    const k = Math.min(m, n);
    const [u, v] = full ? [m, n] : [k, k];
    const outputs = [output(a, lead, m, u), output(a, lead, k), output(a, lead, v, n)];
    const results = run(Routine.Svd, [m, n, u, v], [a], outputs);
    ctx.saveForBackward(...results);
    ctx.setMaterializeGrads(false);
    return results;
  }
  static override backward(ctx: FunctionContext, gradU: Grad, gradS: Grad, gradVh: Grad): Grad[] {
    const saved = ctx.savedTensors as [Tensor, Tensor, Tensor];
    const s = saved[1];
    const k = columnsOf(s.unsqueeze(0));
    const u = ops.narrow(saved[0], -1, 0, k);
    const vh = ops.narrow(saved[2], -2, 0, k);
    const [m, n] = [rowsOf(u), columnsOf(vh)];
    if (gradU !== null) gradU = ops.narrow(gradU, -1, 0, k);
    if (gradVh !== null) gradVh = ops.narrow(gradVh, -2, 0, k);
    if (gradU === null && gradVh === null) {
      return gradS === null ? [null, null] : [ops.matmul(ops.mul(u, gradS.unsqueeze(-2)), vh), null];
    }
    const column = s.unsqueeze(-1);
    const row = s.unsqueeze(-2);
    const squares = ops.mul(s, s);
    const one = eye(k, { dtype: s.dtype, device: s.device });
    const e = ops.add(ops.sub(squares.unsqueeze(-2), squares.unsqueeze(-1)), one);
    const skew = (x: Tensor): Tensor => ops.div(ops.sub(x, mT(x)), e);
    let inner: Tensor | null = null;
    const add = (term: Tensor): void => {
      inner = inner === null ? term : ops.add(inner, term);
    };
    if (gradU !== null) add(ops.mul(skew(ops.matmul(mT(u), gradU)), row));
    if (gradVh !== null) add(ops.mul(column, skew(ops.matmul(vh, mT(gradVh)))));
    if (gradS !== null) add(rare.diagEmbed(gradS));
    let left = ops.matmul(u, inner!);
    if (gradU !== null && m > k) {
      const scaled = ops.div(gradU, row);
      left = ops.add(left, ops.sub(scaled, ops.matmul(u, ops.matmul(mT(u), scaled))));
    }
    let grad = ops.matmul(left, vh);
    if (gradVh !== null && n > k) {
      const scaled = ops.div(gradVh, column);
      const outside = ops.sub(scaled, ops.matmul(ops.matmul(scaled, mT(vh)), vh));
      grad = ops.add(grad, ops.matmul(u, outside));
    }
    return [grad, null];
  }
}

/** Singular values alone, for when no gradient is asked for. */
export function singularValues(a: Tensor): Tensor {
  const { lead } = batchOf(a);
  const [m, n] = [rowsOf(a), columnsOf(a)];
  const k = Math.min(m, n);
  const outputs = [output(a, lead, 0, 0), output(a, lead, k), output(a, lead, 0, 0)];
  return run(Routine.Svd, [m, n, 0, 0], [a], outputs)[1]!;
}

/** Eigenvalues in rising order and eigenvectors of a symmetric matrix, of which one triangle counts. */
export class LinalgEigh extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor, upper: boolean): Tensor[] {
    const { lead } = batchOf(a);
    const n = rowsOf(a);
    const outputs = [output(a, lead, n), output(a, lead, n, n)];
    const results = run(Routine.EigenSymmetric, [n, Number(upper), 0], [a], outputs);
    ctx.saveForBackward(...results);
    ctx.setMaterializeGrads(false);
    return results;
  }
  static override backward(ctx: FunctionContext, gradL: Grad, gradV: Grad): Grad[] {
    const [l, v] = ctx.savedTensors as [Tensor, Tensor];
    if (gradV === null) {
      return gradL === null ? [null, null] : [ops.matmul(ops.mul(v, gradL.unsqueeze(-2)), mT(v)), null];
    }
    const one = eye(rowsOf(v), { dtype: v.dtype, device: v.device });
    const gaps = ops.add(ops.sub(l.unsqueeze(-2), l.unsqueeze(-1)), one);
    const turn = ops.matmul(mT(v), gradV);
    // half of Vᵀ gV − its transpose: the gradient is symmetric as the matrix is
    let inner = ops.div(ops.mul(ops.sub(turn, mT(turn)), 0.5), gaps);
    if (gradL !== null) inner = ops.add(inner, rare.diagEmbed(gradL));
    return [ops.matmul(v, ops.matmul(inner, mT(v))), null];
  }
}

/** Sign and logarithm of the absolute value of the determinant, and the determinant itself. */
export class LinalgDet extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor): Tensor[] {
    const { lead } = batchOf(a);
    const each = output(a, lead);
    const results = run(Routine.Determinant, [rowsOf(a)], [a], [each, each, each]);
    ctx.saveForBackward(a, results[2]!);
    ctx.setMaterializeGrads(false);
    return results;
  }
  static override backward(ctx: FunctionContext, _sign: Grad, gradLog: Grad, gradDet: Grad): Grad {
    const [a, det] = ctx.savedTensors as [Tensor, Tensor];
    // the sign is constant: its gradient is 0, though PyTorch records it
    let grad: Tensor | null = null;
    if (gradLog !== null) grad = ops.mul(gradLog.unsqueeze(-1).unsqueeze(-1), mT(LinalgInv.apply(a) as Tensor));
    if (gradDet !== null) {
      const term = ops.mul(gradDet.unsqueeze(-1).unsqueeze(-1), cofactors(a, det));
      grad = grad === null ? term : ops.add(grad, term);
    }
    return grad;
  }
}

/** det(A) A⁻ᵀ, which exists for singular A too: there from the singular value decomposition. */
function cofactors(a: Tensor, det: Tensor): Tensor {
  const inverse = LinalgInv.apply(a) as Tensor;
  if (lastInfo.every((info) => info === 0)) {
    const regular = ops.mul(det.unsqueeze(-1).unsqueeze(-1), mT(inverse));
    if (wellConditioned(a)) return regular;
  }
  const n = rowsOf(a);
  const [u, s, vh] = LinalgSvd.apply(a, false) as [Tensor, Tensor, Tensor];
  const others = ops.stack(
    Array.from({ length: n }, (_, i) =>
      ops.prod(ops.cat([ops.narrow(s, -1, 0, i), ops.narrow(s, -1, i + 1, n - i - 1)], -1), -1),
    ),
    -1,
  );
  const sign = (LinalgDet.apply(ops.matmul(u, vh)) as Tensor[])[2]!.detach().round();
  return ops.mul(sign.unsqueeze(-1).unsqueeze(-1), ops.matmul(ops.mul(u, others.unsqueeze(-2)), vh));
}

function wellConditioned(a: Tensor): boolean {
  const n = rowsOf(a);
  if (n === 0) return true;
  const s = singularValues(a.detach());
  const limit = ops.mul(ops.narrow(s, -1, 0, 1), a.dtype === "float64" ? 1e-14 : 1e-6);
  return Boolean(ops.all(ops.gt(ops.narrow(s, -1, n - 1, 1), limit)).item());
}

export class LinalgMatrixExp extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor): Tensor {
    const n = rowsOf(a);
    ctx.saveForBackward(a);
    return run(Routine.Exponential, [n], [a], [output(a, batchOf(a).lead, n, n)])[0]!;
  }
  static override backward(ctx: FunctionContext, grad: Tensor): Tensor {
    // the upper right block of exp([[Aᵀ, G], [0, Aᵀ]]) (Mathias 1996)
    const a = mT(ctx.savedTensors[0]!);
    const n = rowsOf(a);
    const upper = ops.cat([a, grad], -1);
    const lower = ops.cat([zeros(a.shape, { dtype: a.dtype, device: a.device }), a], -1);
    const whole = LinalgMatrixExp.apply(ops.cat([upper, lower], -2)) as Tensor;
    return ops.narrow(ops.narrow(whole, -2, 0, n), -1, n, n);
  }
}

/** A bound for what counts as 0, absolute or relative to the largest value. */
export type Bound = number | Tensor | null;

/** The pseudoinverse; singular values (or, of symmetric matrices, eigenvalues) up to a tolerance made of the bounds count as 0. */
export class LinalgPinv extends Decomposition {
  static override forward(
    ctx: FunctionContext,
    a: Tensor,
    toleranceOf: (a: Tensor, atol: Bound, rtol: Bound) => (s: Tensor) => Tensor,
    hermitian: boolean,
    atol: Bound,
    rtol: Bound,
  ): Tensor {
    const tolerance = toleranceOf(a, atol, rtol);
    let result: Tensor;
    const invert = (values: Tensor, sizes: Tensor): Tensor =>
      ops.where(ops.gt(sizes, tolerance(sizes)), ops.reciprocal(values), 0).unsqueeze(-2);
    if (hermitian) {
      const [l, v] = LinalgEigh.apply(a, false) as [Tensor, Tensor];
      result = ops.matmul(ops.mul(v, invert(l, ops.abs(l))), mT(v));
    } else {
      const [u, s, vh] = LinalgSvd.apply(a, false) as [Tensor, Tensor, Tensor];
      result = ops.matmul(ops.mul(mT(vh), invert(s, s)), mT(u));
    }
    ctx.saveForBackward(a, result);
    return result;
  }
  static override backward(ctx: FunctionContext, grad: Tensor): Grad[] {
    // products of inverses lose half of float32's digits; the CPU has more
    const { dtype, device } = grad;
    const wide = (t: Tensor): Tensor => toCpu(t).double();
    const [a, p] = ctx.savedTensors.map(wide) as [Tensor, Tensor];
    grad = wide(grad);
    const pT = mT(p);
    const gT = mT(grad);
    const mm = ops.matmul;
    if (rowsOf(a) <= columnsOf(a)) {
      const k = mm(gT, p);
      const kpT = mm(k, pT);
      const first = ops.sub(kpT, mT(mm(p, k)));
      const second = ops.sub(mm(mm(pT, p), ops.sub(gT, mm(k, a))), mm(mm(a, p), kpT));
      return [ops.add(first, second).to(dtype).to(device) as Tensor, null, null, null, null];
    }
    const k = mm(p, gT);
    const pTk = mm(pT, k);
    const first = ops.sub(mm(mm(ops.sub(gT, mm(a, k)), p), pT), mT(mm(k, p)));
    const second = ops.sub(pTk, mm(mm(pTk, p), a));
    return [ops.add(first, second).to(dtype).to(device) as Tensor, null, null, null, null];
  }
}
