// Starting a backward pass: Tensor.backward, autograd.backward, autograd.grad.

import { core } from "../core.ts";
import { canRead } from "../device.ts";
import { RuntimeError, TypeError } from "../error.ts";
import { positional } from "../functional/arguments.ts";
import {
  defineMethods,
  optionalTensors,
  resultHandles,
  tensors as tensorList,
  typeName,
  wrap,
} from "../tensor/call.ts";
import { live, Tensor } from "../tensor/tensor.ts";

export interface BackwardOptions {
  /** the gradient to start with; may be left out for scalars */
  gradient?: Tensor | null | undefined;
  /** keep the graph for another pass; the default is `createGraph` */
  retainGraph?: boolean | null | undefined;
  /** record the pass itself, for higher derivatives */
  createGraph?: boolean | undefined;
  /** the leaves whose gradients are wanted; all by default */
  inputs?: Tensor | readonly Tensor[] | null | undefined;
}

/** The methods that this file adds to Tensor. */
export interface TensorBackward {
  /**
   * Computes the gradients of this tensor with respect to the leaves of its graph and adds them to their `grad`.
   * Follows torch.Tensor.backward.
   * @throws RuntimeError when it is no scalar and has no `gradient`, or the graph was freed by an earlier pass; TypeError for an
   *   unknown option
   * @example
   * const x = torch.tensor([3], { requiresGrad: true });
   * x.square().backward();
   * x.grad; // tensor([6.])
   */
  backward(
    gradient?: Tensor | null,
    retainGraph?: boolean | null,
    createGraph?: boolean,
    inputs?: Tensor | readonly Tensor[] | null,
  ): void;
  backward(options: BackwardOptions): void;
}

type OneOrMore<T> = T | readonly T[];
const NAMES = ["gradient", "retainGraph", "createGraph", "inputs"];
const list = <T>(value: OneOrMore<T>): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [value as T]);

/** The core's word for whether the graph is kept; inside torch.webgpu.resolve a pass may have to begin anew. */
const retention = (keep: boolean): number => (keep ? 1 : canRead() ? 2 : 0);

function start(roots: readonly Tensor[], [gradient, retainGraph, createGraph, wanted]: unknown[]): void {
  const gradients = startingGradients(gradient as OneOrMore<Tensor | null> | null, roots.length);
  const create = createGraph === true;
  const inputs = wanted === null || wanted === undefined ? null : list(wanted as OneOrMore<Tensor>);
  if (inputs?.length === 0) throw new RuntimeError("'inputs' argument to backward() cannot be empty.");
  core.backward(
    tensorList(roots, "backward", "tensors", 1),
    optionalTensors(gradients, "backward", "gradTensors", 2),
    retention((retainGraph as boolean | null) ?? create),
    create ? 1 : 0,
    inputs === null ? 0 : tensorList(inputs, "backward", "inputs", 5),
  );
}

/** As many gradients as roots: null where one is implicit. */
function startingGradients(given: OneOrMore<Tensor | null> | undefined | null, roots: number): (Tensor | null)[] {
  const gradients = given === null || given === undefined ? new Array<null>(roots).fill(null) : [...list(given)];
  if (gradients.length !== roots) throw new RuntimeError(`got ${roots} tensors and ${gradients.length} gradients`);
  for (const gradient of gradients) {
    if (gradient !== null && gradient !== undefined && !(gradient instanceof Tensor)) {
      throw new TypeError(`gradients can be either Tensors or None, but got ${typeName(gradient)}`);
    }
  }
  return gradients;
}

defineMethods(Tensor, {
  backward(this: Tensor, ...args: unknown[]): void {
    live(this);
    start([this], positional(args, NAMES, "backward"));
  },
});

/**
 * Computes the gradients of the sum of `tensors` with respect to the leaves and adds them to their `grad`.
 * Follows torch.autograd.backward.
 * @param gradTensors the gradients to start with, as many as tensors; null where the tensor is a scalar
 * @example
 * const x = torch.tensor([1, 2], { requiresGrad: true });
 * torch.autograd.backward([x.square().sum()]);
 * x.grad; // tensor([2., 4.])
 */
export function backward(
  tensors: OneOrMore<Tensor>,
  options: Omit<BackwardOptions, "gradient"> & { gradTensors?: OneOrMore<Tensor | null> | null },
): void;
export function backward(
  tensors: OneOrMore<Tensor>,
  gradTensors?: OneOrMore<Tensor | null> | null,
  options?: Omit<BackwardOptions, "gradient">,
): void;
export function backward(tensors: OneOrMore<Tensor>, ...args: unknown[]): void {
  start(list(tensors), positional(args, ["gradTensors", ...NAMES.slice(1)], "backward"));
}

export interface GradOptions {
  /** the gradients to start with; may be left out for scalars */
  gradOutputs?: OneOrMore<Tensor | null> | null | undefined;
  retainGraph?: boolean | null | undefined;
  createGraph?: boolean | undefined;
  /** PyTorch's, of no effect there and here */
  onlyInputs?: boolean | undefined;
  /** give null for inputs that the outputs don't depend on, instead of throwing */
  allowUnused?: boolean | undefined;
}

/**
 * The gradients of the sum of `outputs` with respect to `inputs`, without touching `grad`. Follows torch.autograd.grad.
 * @throws RuntimeError when an input was not used and `allowUnused` is not set; TypeError for an unknown option
 * @example
 * const x = torch.tensor(3, { requiresGrad: true });
 * const [dx] = torch.autograd.grad(x.pow(3), x, { createGraph: true });
 * const [d2x] = torch.autograd.grad(dx, x);
 * d2x; // tensor(18.)
 */
export function grad(
  outputs: OneOrMore<Tensor>,
  inputs: OneOrMore<Tensor>,
  options: GradOptions & { allowUnused: true },
): (Tensor | null)[];
export function grad(
  outputs: OneOrMore<Tensor>,
  inputs: OneOrMore<Tensor>,
  gradOutputs: GradOptions["gradOutputs"],
  retainGraph?: boolean | null,
  createGraph?: boolean,
): Tensor[];
export function grad(outputs: OneOrMore<Tensor>, inputs: OneOrMore<Tensor>, options?: GradOptions): Tensor[];
export function grad(outputs: OneOrMore<Tensor>, inputs: OneOrMore<Tensor>, ...args: unknown[]): (Tensor | null)[] {
  const names = ["gradOutputs", "retainGraph", "createGraph", "onlyInputs", "allowUnused"];
  const [gradOutputs, retainGraph, createGraph, , allowUnused] = positional(args, names, "grad");
  const roots = list(outputs);
  const leaves = list(inputs);
  const create = createGraph === true;
  if (leaves.length === 0) throw new RuntimeError("grad requires non-empty inputs.");
  const count = core.autogradGrad(
    tensorList(roots, "grad", "outputs", 1),
    optionalTensors(
      startingGradients(gradOutputs as GradOptions["gradOutputs"], roots.length),
      "grad",
      "gradOutputs",
      3,
    ),
    tensorList(leaves, "grad", "inputs", 2),
    retention((retainGraph as boolean | null) ?? create),
    create ? 1 : 0,
    allowUnused === true ? 1 : 0,
  );
  return resultHandles(count).map((handle) => (handle === 0 ? null : wrap(handle)));
}
