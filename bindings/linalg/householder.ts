// Products of Householder reflectors, which QR factorisations are made of.

import { RuntimeError } from "../error.ts";
import { eye, ones, zeros } from "../factories.ts";
import { positional } from "../functional/arguments.ts";
import * as ops from "../gen/functions.ts";
import type { Named } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkFloat, checkMatrix, checkSameDtype } from "./checks.ts";
import { Routine } from "./module.ts";
import { batchOf, columnsOf, mT, named, output, rowsOf, run, tidy } from "./primitives.ts";

/** `x` after reflector `i`: x − τ v (vᵀ x), v with zeros, a 1 at place i, and what stands below it in `a`. */
function reflected(a: Tensor, tau: Tensor, i: number, x: Tensor): Tensor {
  const m = rowsOf(a);
  const lead = a.shape.slice(0, -2);
  const like = { dtype: a.dtype, device: a.device };
  const below = ops.narrow(ops.select(a, -1, i), -1, i + 1, m - i - 1);
  const v = ops.cat([zeros([...lead, i], like), ones([...lead, 1], like), below], -1).unsqueeze(-1);
  const scaled = ops.mul(v, ops.select(tau, -1, i).unsqueeze(-1).unsqueeze(-1));
  return ops.sub(x, ops.matmul(scaled, ops.matmul(mT(v), x)));
}

function checkReflectors(a: Tensor, tau: Tensor, name: string): void {
  checkMatrix(a, name, "input");
  checkFloat(a, name);
  checkSameDtype(a, tau, name);
  if (rowsOf(a) < columnsOf(a)) {
    throw new RuntimeError(`torch.${name}: input.shape[-2] must be greater than or equal to input.shape[-1]`);
  }
  checkFactors(a, tau, name);
}

function checkFactors(a: Tensor, tau: Tensor, name: string): void {
  const lead = a.shape.slice(0, -2);
  if (tau.dim() !== a.dim() - 1 || tau.shape.slice(0, -1).join() !== lead.join()) {
    throw new RuntimeError(
      `torch.${name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got [${tau.shape.slice(0, -1).join(", ")}]`,
    );
  }
  if (tau.shape.at(-1)! > columnsOf(a)) {
    throw new RuntimeError(`torch.${name}: input.shape[-1] must be greater than or equal to tau.shape[-1]`);
  }
}

export function householderProduct(a: Tensor, tau: Tensor): Tensor {
  checkReflectors(a, tau, "linalg.householder_product");
  return tidy(() => {
    let q = eye(rowsOf(a), columnsOf(a), { dtype: a.dtype, device: a.device }).expand(a.shape);
    for (let i = tau.shape.at(-1)! - 1; i >= 0; i--) q = reflected(a, tau, i, q);
    return q.clone();
  });
}

export function ormqr(input: Tensor, tau: Tensor, other: Tensor, left?: boolean, transpose?: boolean): Tensor;
export function ormqr(
  input: Tensor,
  tau: Tensor,
  other: Tensor,
  options: { left?: boolean; transpose?: boolean },
): Tensor;
export function ormqr(...given: unknown[]): Tensor {
  const args = positional(given, ["input", "tau", "other", "left", "transpose"], "ormqr");
  const [a, tau, other, left = true, transpose = false] = args as [Tensor, Tensor, Tensor, boolean?, boolean?];
  checkMatrix(a, "ormqr", "input");
  checkMatrix(other, "ormqr", "other");
  checkFloat(a, "ormqr");
  checkSameDtype(a, other, "ormqr");
  checkFactors(a, tau, "ormqr");
  const side = left ? -2 : -1;
  if (other.size(side) !== rowsOf(a)) {
    throw new RuntimeError(`torch.ormqr: other.shape[${side}] must be equal to input.shape[-2]`);
  }
  return tidy(() => {
    // C Q = (Qᵀ Cᵀ)ᵀ
    const forwards = left === transpose;
    const count = tau.shape.at(-1)!;
    let x = left ? other : mT(other);
    for (let step = 0; step < count; step++) x = reflected(a, tau, forwards ? step : count - 1 - step, x);
    return left ? x.clone() : mT(x).clone();
  });
}

export function geqrf(input: Tensor): Named<"a" | "tau"> {
  checkMatrix(input, "geqrf", "input");
  checkFloat(input, "geqrf");
  const { lead } = batchOf(input);
  const [m, n] = [rowsOf(input), columnsOf(input)];
  const outputs = [output(input, lead, m, n), output(input, lead, Math.min(m, n))];
  return named(run(Routine.Householder, [m, n], [input.detach()], outputs), ["a", "tau"]);
}
