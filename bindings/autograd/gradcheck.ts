// Gradients against finite differences. Follows torch.autograd.gradcheck.

import { RuntimeError } from "../error.ts";
import { randn } from "../random.ts";
import { checkOptions } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import { grad } from "./backward.ts";
import type { TensorFunction, Tensors } from "./functional.ts";
import { enableGrad, noGrad } from "./mode.ts";

export interface GradcheckOptions {
  /** step of the finite differences; inputs should be float64 */
  eps?: number;
  atol?: number;
  rtol?: number;
  /** throw what is wrong, in place of returning false */
  raiseException?: boolean;
}

/**
 * What gradcheck raises when a gradient is not the difference quotient.
 * Follows torch.autograd.gradcheck.GradcheckError.
 * @example
 * torch.autograd.gradcheck((x) => x.detach().mul(torch.ones(1, { requiresGrad: true })), [torch.ones(1, { dtype: "float64", requiresGrad: true })]); // throws GradcheckError: Jacobian mismatch for output 0 with respect to input 0,
 */
export class GradcheckError extends RuntimeError {
  static {
    this.prototype.name = "GradcheckError";
  }
}

const NAMES = ["eps", "atol", "rtol", "raiseException"];

const listOf = (value: Tensors): Tensor[] => (value instanceof Tensor ? [value] : [...value]);

const numbers = (tensor: Tensor): number[] =>
  Array.from(tensor.detach().contiguous().data() as ArrayLike<number | bigint>, Number);

/** d outputs / d input by central differences: per output, [input elements][output elements]. */
function numericalJacobian(fn: TensorFunction, inputs: readonly Tensor[], k: number, eps: number): number[][][] {
  const input = inputs[k]!;
  const base = input.detach().clone();
  const flat = base.view([-1]);
  const at = (): number[][] =>
    noGrad(() => listOf(fn(...inputs.map((other, i) => (i === k ? base : other.detach())))).map(numbers));
  const perElement: number[][][] = [];
  for (let e = 0; e < input.numel(); e++) {
    const element = flat.select(0, e);
    const value = Number(element.item());
    element.fill_(value + eps);
    const above = at();
    element.fill_(value - eps);
    const below = at();
    element.fill_(value);
    perElement.push(above.map((output, o) => output.map((y, j) => (y - below[o]![j]!) / (2 * eps))));
  }
  const outputs = perElement[0]?.length ?? 0;
  return Array.from({ length: outputs }, (_, o) => perElement.map((element) => element[o]!));
}

/** The same by backward passes. */
function analyticalJacobian(outputs: readonly Tensor[], inputs: readonly Tensor[], k: number): number[][][] {
  const input = inputs[k]!;
  return outputs.map((output) => {
    const columns = Array.from({ length: output.numel() }, (_, j) => {
      if (!output.requiresGrad) return new Array<number>(input.numel()).fill(0);
      const element = output.reshape([-1]).select(0, j);
      const [gradient] = grad([element], [input], { retainGraph: true, allowUnused: true });
      return gradient ? numbers(gradient) : new Array<number>(input.numel()).fill(0);
    });
    return Array.from({ length: input.numel() }, (_, e) => columns.map((column) => column[e]!));
  });
}

/**
 * Whether the gradients of `fn` with respect to the inputs that require them agree with finite differences.
 * Follows torch.autograd.gradcheck.
 * @throws GradcheckError with both Jacobians, unless `raiseException` is false
 * @example
 * const x = torch.ones(2, { dtype: "float64", requiresGrad: true });
 * torch.autograd.gradcheck((x) => x.sin(), [x]); // true
 */
export function gradcheck(fn: TensorFunction, inputs: Tensors, options: GradcheckOptions = {}): boolean {
  checkOptions(options, NAMES, "gradcheck");
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, raiseException = true } = options;
  const list = listOf(inputs);
  if (!list.some((input) => input.requiresGrad)) {
    throw new RuntimeError(
      "gradcheck expects at least one input tensor to require gradient, but none of the them have requires_grad=True.",
    );
  }
  const outputs = listOf(fn(...list)).filter((output) => output.isFloatingPoint());
  for (let k = 0; k < list.length; k++) {
    if (!list[k]!.requiresGrad) continue;
    const numerical = numericalJacobian(fn, list, k, eps);
    const analytical = analyticalJacobian(outputs, list, k);
    for (let o = 0; o < outputs.length; o++) {
      const wrong = analytical[o]!.some((row, e) =>
        row.some((a, j) => !(Math.abs(a - numerical[o]![e]![j]!) <= atol + rtol * Math.abs(numerical[o]![e]![j]!))),
      );
      if (!wrong) continue;
      if (!raiseException) return false;
      const show = (jacobian: number[][]) => jacobian.map((row) => `[${row.join(", ")}]`).join("\n ");
      throw new GradcheckError(
        `Jacobian mismatch for output ${o} with respect to input ${k},\nnumerical:\n ${show(numerical[o] ?? [])}\nanalytical:\n ${show(analytical[o]!)}`,
      );
    }
  }
  return true;
}

/**
 * `gradcheck` of the gradients themselves: second derivatives against finite differences of the first.
 * Follows torch.autograd.gradgradcheck.
 * @param gradOutputs what the gradients start with; default random
 * @example
 * const x = torch.ones(2, { dtype: "float64", requiresGrad: true });
 * torch.autograd.gradgradcheck((x) => x.sin(), [x]); // true
 */
export function gradgradcheck(
  fn: TensorFunction,
  inputs: Tensors,
  gradOutputs?: Tensors | null,
  options: GradcheckOptions = {},
): boolean {
  checkOptions(options, NAMES, "gradgradcheck");
  const list = listOf(inputs);
  const starts =
    gradOutputs === undefined || gradOutputs === null
      ? listOf(fn(...list)).map((output) => randn(output.shape, { dtype: output.dtype, requiresGrad: true }))
      : listOf(gradOutputs);
  const wanted = list.map((input) => input.requiresGrad);
  const slopes = (...all: Tensor[]): Tensor[] => {
    const given = all
      .slice(0, list.length)
      .map((input, i) => (wanted[i] && !input.requiresGrad ? input.detach().requiresGrad_() : input));
    return enabledGradients(fn, given, all.slice(list.length), wanted);
  };
  return gradcheck(slopes, [...list, ...starts], options);
}

function enabledGradients(fn: TensorFunction, inputs: Tensor[], starts: Tensor[], wanted: boolean[]): Tensor[] {
  return enableGrad(() => {
    const outputs = listOf(fn(...inputs));
    const targets = inputs.filter((_, i) => wanted[i]);
    const found = grad(outputs, targets, { gradOutputs: starts, createGraph: true, allowUnused: true });
    return found.filter((gradient): gradient is Tensor => gradient !== null);
  });
}
