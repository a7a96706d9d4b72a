// Linear systems of complex matrices, as real ones of twice the size: [[Re, −Im], [Im, Re]].

import type { FunctionContext } from "../autograd/function.ts";
import * as ops from "../gen/functions.ts";
import { Code } from "../tensor/dtype.ts";
import { toCpu } from "../tensor/move.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Routine } from "./module.ts";
import { batchOf, Decomposition, LinalgInv, LinalgSolve, rowsOf, run } from "./primitives.ts";

/** Runs `body` where complex numbers are: on the CPU. */
export const onCpu = <T>(input: Tensor, body: (local: Tensor) => T): T =>
  body(input.device === "cpu" ? input : toCpu(input));

function embedded(a: Tensor): Tensor {
  const [re, im] = [ops.real(a), ops.imag(a)];
  return ops.cat([ops.cat([re, ops.neg(im)], -1), ops.cat([im, re], -1)], -2);
}

/** The complex matrix of the rows of real parts and those of imaginary parts below them. */
function joined(parts: Tensor): Tensor {
  const n = rowsOf(parts) / 2;
  return ops.complex(ops.narrow(parts, -2, 0, n), ops.narrow(parts, -2, n, n));
}

/** X with A X = B. */
export function solveComplex(a: Tensor, b: Tensor): Tensor {
  const right = ops.cat([ops.real(b), ops.imag(b)], -2);
  return joined(LinalgSolve.apply(embedded(a), right) as Tensor);
}

export function inverseComplex(a: Tensor): Tensor {
  const whole = LinalgInv.apply(embedded(a)) as Tensor;
  return joined(ops.narrow(whole, -1, 0, rowsOf(a)));
}

/** The determinant, its phase, and the logarithm of its absolute value. */
export class LinalgDetComplex extends Decomposition {
  static override forward(ctx: FunctionContext, a: Tensor): Tensor[] {
    const { lead, batch } = batchOf(a);
    const code = a.dtypeCode === Code.Complex128 ? Code.Float64 : Code.Float32;
    const pair = { shape: [...lead, 2], step: 2, code };
    const outputs = [pair, pair, { shape: lead, step: 1, code }];
    const pairs = ops.viewAsReal(a.contiguous());
    const [det, sign, log] = run(Routine.DeterminantComplex, [rowsOf(a)], [pairs], outputs, batch) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const results = [ops.viewAsComplex(det), ops.viewAsComplex(sign), log];
    ctx.saveForBackward(a, ...results);
    ctx.setMaterializeGrads(false);
    return results;
  }
  static override backward(
    ctx: FunctionContext,
    gradDet: Tensor | null,
    gradSign: Tensor | null,
    gradLog: Tensor | null,
  ): Tensor | null {
    const [a, det, sign] = ctx.savedTensors as [Tensor, Tensor, Tensor];
    let factor: Tensor | null = null;
    const add = (term: Tensor): void => {
      factor = factor === null ? term : ops.add(factor, term);
    };
    if (gradDet !== null) add(ops.mul(gradDet, ops.conj(det)));
    // the phase turns with the imaginary part of tr(A⁻¹ dA), the logarithm grows with the real part
    if (gradSign !== null) {
      const turn = ops.imag(ops.mul(gradSign, ops.conj(sign)));
      add(ops.complex(ops.mul(turn, 0), turn));
    }
    if (gradLog !== null) add(ops.complex(gradLog, ops.mul(gradLog, 0)));
    if (factor === null) return null;
    const adjoint = ops.conj(ops.transpose(inverseComplex(a), -2, -1));
    return ops.mul((factor as Tensor).unsqueeze(-1).unsqueeze(-1), adjoint);
  }
}
