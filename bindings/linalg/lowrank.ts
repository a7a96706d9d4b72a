// Singular values of large matrices of which few matter, by random projections (Halko et al. 2009, algorithm 5.1).

import { ValueError } from "../error.ts";
import { positional } from "../functional/arguments.ts";
import * as ops from "../gen/functions.ts";
import { randn } from "../random.ts";
import type { Named } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { qr, svd } from "./functions.ts";
import { columnsOf, mT, named, rowsOf, tidy } from "./primitives.ts";

type Factors = Named<"U" | "S" | "V">;

/** Orthonormal columns whose span holds most of A. */
function basisOf(a: Tensor, q: number, niter: number): Tensor {
  const orthonormal = (x: Tensor): Tensor => qr(x).Q;
  let basis = orthonormal(ops.matmul(a, randn(columnsOf(a), q, { dtype: a.dtype, device: a.device })));
  for (let i = 0; i < niter; i++) basis = orthonormal(ops.matmul(a, orthonormal(ops.matmul(mT(a), basis))));
  return basis;
}

export function svdLowrank(a: Tensor, q?: number, niter?: number, m?: Tensor | null): Factors;
export function svdLowrank(a: Tensor, options: { q?: number; niter?: number; M?: Tensor | null }): Factors;
export function svdLowrank(...given: unknown[]): Factors {
  const args = positional(given, ["A", "q", "niter", "M"], "svd_lowrank");
  const [input, q = 6, niter = 2, mean] = args as [Tensor, number?, number?, (Tensor | null)?];
  return tidy(() => {
    const a = mean === undefined || mean === null ? input : ops.sub(input, mean);
    const [m, n] = [rowsOf(a), columnsOf(a)];
    if (m < n || n > q) {
      const basis = basisOf(mT(a), q, niter);
      const { U, S, Vh } = svd(ops.matmul(a, basis), false);
      return named([U, S, ops.matmul(basis, mT(Vh))], ["U", "S", "V"]);
    }
    const basis = basisOf(a, q, niter);
    const { U, S, Vh } = svd(ops.matmul(mT(basis), a), false);
    return named([ops.matmul(basis, U), S, mT(Vh)], ["U", "S", "V"]);
  });
}

export function pcaLowrank(a: Tensor, q?: number | null, center?: boolean, niter?: number): Factors;
export function pcaLowrank(a: Tensor, options: { q?: number | null; center?: boolean; niter?: number }): Factors;
export function pcaLowrank(...given: unknown[]): Factors {
  const args = positional(given, ["A", "q", "center", "niter"], "pca_lowrank");
  const [a, asked, center = true, niter = 2] = args as [Tensor, (number | null)?, boolean?, number?];
  const most = Math.min(rowsOf(a), columnsOf(a));
  const q = asked ?? Math.min(6, most);
  if (q < 0 || q > most)
    throw new ValueError(`q(=${q}) must be non-negative integer and not greater than min(m, n)=${most}`);
  if (niter < 0) throw new ValueError(`niter(=${niter}) must be non-negative integer`);
  return tidy(() => svdLowrank(center ? ops.sub(a, ops.mean(a, -2, true)) : a, q, niter));
}
