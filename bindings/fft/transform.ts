// The discrete Fourier transform along one dim as a recorded op; all of torch.fft is made of it.

import { Function, type FunctionContext } from "../autograd/function.ts";
import * as ops from "../gen/functions.ts";
import { compute, Routine } from "../linalg/module.ts";
import { Code } from "../tensor/dtype.ts";
import { toCpu } from "../tensor/move.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Σ x[k] exp(∓2πi jk/n) · scale along the last dim of a complex tensor; `inverse`: with the plus sign. */
export class Fft extends Function {
  static override leadingDims = true;
  static override forward(ctx: FunctionContext, x: Tensor, inverse: boolean, scale: number): Tensor {
    ctx["inverse"] = inverse;
    ctx["scale"] = scale;
    const n = x.shape[x.dim() - 1]!;
    const lines = x.numel() / n;
    const output = {
      shape: [...x.shape, 2],
      step: 2 * n,
      code: x.dtypeCode === Code.Complex128 ? Code.Float64 : Code.Float32,
    };
    const pairs = ops.viewAsReal(x.contiguous());
    const { results } = compute(Routine.Fourier, [n, Number(inverse)], lines, [pairs], [output]);
    return ops.viewAsComplex(scale === 1 ? results[0]! : ops.mul(results[0]!, scale));
  }
  /** The transform is linear: its adjoint is the other transform. */
  static override backward(ctx: FunctionContext, grad: Tensor): (Tensor | null)[] {
    return [Fft.apply(grad, !ctx["inverse"], ctx["scale"]) as Tensor, null, null];
  }
}

/**
 * Runs `body` on the CPU and brings what it gives to the input's device: on the way everything is complex, which WebGPU
 * does not have. Reading a device's values has to be awaited (torch.webgpu.resolve).
 */
export function onCpu(input: Tensor, body: (local: Tensor) => Tensor): Tensor {
  if (input.device === "cpu") return body(input);
  return body(toCpu(input)).to(input.device) as Tensor;
}

/** `Fft` along any dim. */
export function transform(x: Tensor, dim: number, inverse: boolean, scale: number): Tensor {
  const last = x.dim() - 1;
  if (x.numel() === 0) return ops.mul(x, 1);
  if (dim === last) return Fft.apply(x, inverse, scale) as Tensor;
  return ops.transpose(Fft.apply(ops.transpose(x, dim, last), inverse, scale) as Tensor, dim, last);
}
