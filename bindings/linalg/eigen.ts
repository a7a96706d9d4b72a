// Eigenvalues and eigenvectors of matrices of any kind: complex numbers.

import type { FunctionContext } from "../autograd/function.ts";
import { RuntimeError } from "../error.ts";
import { eye } from "../factories.ts";
import * as ops from "../gen/functions.ts";
import * as rare from "../gen/rare-functions.ts";
import type { Named } from "../tensor/call.ts";
import { Code } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkFloatOrComplex, checkInfo, checkSquare, reasons } from "./checks.ts";
import { onCpu, solveComplex } from "./complex.ts";
import { Routine } from "./module.ts";
import { batchOf, Decomposition, lastInfo, named, rowsOf, run, tidy } from "./primitives.ts";

type Grad = Tensor | null;
const mH = (a: Tensor): Tensor => ops.conj(ops.transpose(a, -2, -1));

function eigenOf(a: Tensor, valuesOnly: boolean): Tensor[] {
  const { lead } = batchOf(a);
  const n = rowsOf(a);
  const isComplex = a.isComplex();
  const code = a.dtypeCode === Code.Float64 || a.dtypeCode === Code.Complex128 ? Code.Float64 : Code.Float32;
  const outputs = [
    { shape: [...lead, n, 2], step: 2 * n, code },
    { shape: valuesOnly ? [0, 2] : [...lead, n, n, 2], step: valuesOnly ? 0 : 2 * n * n, code },
  ];
  const input = isComplex ? ops.viewAsReal(a.contiguous()) : a;
  const batch = lead.reduce((product, size) => product * size, 1);
  const routine = isComplex ? Routine.EigenComplex : Routine.EigenGeneral;
  return run(routine, [n, Number(valuesOnly)], [input], outputs, batch).map((pairs) => ops.viewAsComplex(pairs));
}

class LinalgEig extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor): Tensor[] {
    const results = eigenOf(a, false);
    ctx.saveForBackward(...results);
    ctx.setMaterializeGrads(false);
    ctx["real"] = !a.isComplex();
    return results;
  }
  static override backward(ctx: FunctionContext, gradL: Grad, gradV: Grad): Grad {
    const [l, v] = ctx.savedTensors as [Tensor, Tensor];
    if (gradL === null && gradV === null) return null;
    let inner = gradL === null ? null : rare.diagEmbed(gradL);
    if (gradV !== null) {
      const turn = ops.matmul(mH(v), gradV);
      const along = ops.diagonal(turn, 0, -2, -1);
      checkPhase(along);
      const conjugate = ops.conj(l);
      const gaps = ops.sub(conjugate.unsqueeze(-2), conjugate.unsqueeze(-1));
      const one = eye(rowsOf(v), { dtype: v.dtype, device: v.device });
      const lengths = ops.matmul(mH(v), ops.mul(v, ops.real(along).unsqueeze(-2)));
      const term = ops.div(ops.sub(turn, lengths), ops.add(gaps, one));
      inner = inner === null ? term : ops.add(inner, term);
    }
    const grad = solveComplex(mH(v), ops.matmul(inner!, mH(v)));
    return ctx["real"] ? ops.real(grad) : grad;
  }
}

/** Eigenvectors are known up to a phase, which a loss may not depend on. */
function checkPhase(along: Tensor): void {
  const imaginary = ops.imag(along.detach());
  if (imaginary.numel() === 0 || Number(ops.amax(ops.abs(imaginary)).item()) <= 1e-2) return;
  throw new RuntimeError(
    "linalg_eig_backward: The eigenvectors in the complex case are specified up to multiplication by e^{i phi}. The " +
      "specified loss function depends on this quantity, so it is ill-defined.",
  );
}

function check(a: Tensor, name: string): void {
  checkSquare(a, name);
  checkFloatOrComplex(a, name);
}

export function eig(a: Tensor): Named<"eigenvalues" | "eigenvectors"> {
  check(a, "linalg.eig");
  const results = onCpu(a, (local) => LinalgEig.apply(local) as Tensor[]);
  checkInfo(lastInfo, "linalg.eig", a.dim() > 2, reasons.eigen);
  return named(results, ["eigenvalues", "eigenvectors"]);
}

export function eigvals(a: Tensor): Tensor {
  check(a, "linalg.eigvals");
  return tidy(() => {
    const [values] = onCpu(a, (local) =>
      local.requiresGrad ? (LinalgEig.apply(local) as Tensor[]) : [LinalgEigvals.apply(local) as Tensor],
    );
    checkInfo(lastInfo, "linalg.eigvals", a.dim() > 2, reasons.eigen);
    return values!;
  });
}

/** Without eigenvectors, for when no gradient is asked for. */
class LinalgEigvals extends Decomposition {
  static override forward(_ctx: FunctionContext, a: Tensor): Tensor {
    return eigenOf(a, true)[0]!;
  }
}
