// torch.autograd.functional: products with, and whole, Jacobians and Hessians.

import { RuntimeError } from "../error.ts";
import * as ops from "../gen/functions.ts";
import { ones, zeros, zerosLike } from "../factories.ts";
import { type Rest, take } from "../nn/arguments.ts";
import { Tensor } from "../tensor/tensor.ts";
import { grad } from "./backward.ts";
import { enableGrad } from "./mode.ts";

/** One tensor, or a list. Results have the form of what they belong to. */
export type Tensors = Tensor | readonly Tensor[];
type Form<T extends Tensors> = T extends Tensor ? Tensor : Tensor[];

export interface FunctionalOptions {
  /** record the computation, so that the result can be differentiated */
  createGraph?: boolean;
  /** raise where an output does not depend on an input, in place of zeros */
  strict?: boolean;
}

type AlongRest = Rest<
  [v: Tensors | null, createGraph: boolean, strict: boolean],
  FunctionalOptions & { v?: Tensors | null }
>;
/** Options of the matrices of derivatives. */
export interface MatrixOptions extends FunctionalOptions {
  /** PyTorch's, for speed there; it changes nothing here */
  vectorize?: boolean;
}
type MatrixRest = Rest<[createGraph: boolean, strict: boolean, vectorize: boolean], MatrixOptions>;
const defaults = { createGraph: false, strict: false };
const matrixDefaults = { ...defaults, vectorize: false };
const alongDefaults = { v: null as Tensors | null, ...defaults };

/** What `fn` is called with: the inputs, one argument each. */
export type TensorFunction<Out extends Tensors = Tensors> = (...inputs: Tensor[]) => Out;

const listOf = (value: Tensors): Tensor[] => (value instanceof Tensor ? [value] : [...value]);

function inForm<T extends Tensors>(like: T, list: readonly Tensor[]): Form<T> {
  return (like instanceof Tensor ? list[0]! : [...list]) as Form<T>;
}

/** Leaves for the inputs; with `create` they stay in the caller's graph. */
function prepared(inputs: readonly Tensor[], create: boolean): Tensor[] {
  return inputs.map((input) => (create && input.requiresGrad ? input.viewAs(input) : input.detach().requiresGrad_()));
}

/** Outputs without what only this call needs of their history. */
function finished(list: readonly Tensor[], create: boolean): Tensor[] {
  return create ? [...list] : list.map((tensor) => tensor.detach());
}

function evaluate(name: string, fn: TensorFunction, leaves: readonly Tensor[]): { outputs: Tensors; list: Tensor[] } {
  const outputs = fn(...leaves);
  const list = listOf(outputs);
  if (!list.every((output) => output instanceof Tensor)) {
    throw new RuntimeError(`The outputs of the user-provided function given to ${name} must be Tensors`);
  }
  return { outputs, list };
}

/** autograd.grad with zeros, or an error, for what does not depend. */
function gradients(
  name: string,
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[] | undefined,
  create: boolean,
  strict: boolean,
): Tensor[] {
  const recorded = outputs
    .map((output, i) => [output, cotangents?.[i] ?? null] as const)
    .filter(([output]) => output.requiresGrad);
  if (recorded.length < outputs.length && strict) {
    throw new RuntimeError(
      `Output 0 of the user-provided function does not require gradients. The outputs must be computed in a differentiable manner from the input when running in strict mode (${name}).`,
    );
  }
  const found =
    recorded.length === 0
      ? inputs.map(() => null)
      : grad(
          recorded.map(([output]) => output),
          [...inputs],
          {
            ...(cotangents === undefined ? {} : { gradOutputs: recorded.map(([, cotangent]) => cotangent!) }),
            createGraph: create,
            retainGraph: true,
            allowUnused: true,
          },
        );
  return found.map((gradient, i) => {
    if (gradient !== null) return gradient;
    if (strict) {
      throw new RuntimeError(
        `Output of the user-provided function is independent of input ${i}. This is not allowed in strict mode (${name}).`,
      );
    }
    return zerosLike(inputs[i]!.detach());
  });
}

function directions(name: string, v: Tensors | null | undefined, like: readonly Tensor[], what: string): Tensor[] {
  if (v === null || v === undefined) {
    if (like.length === 1 && like[0]!.numel() === 1)
      return [ones(like[0]!.shape, { dtype: like[0]!.dtype, device: like[0]!.device })];
    throw new RuntimeError(
      `The vector v can only be None if the ${what} of the user-provided function is a single Tensor with a single element (${name})`,
    );
  }
  const list = listOf(v);
  if (list.length !== like.length) {
    throw new RuntimeError(
      `v should contain the same number of elements as the ${what}s (${name}): expected ${like.length}, got ${list.length}`,
    );
  }
  list.forEach((vector, i) => {
    if (vector.shape.join() === like[i]!.shape.join()) return;
    throw new RuntimeError(
      `v has invalid size: should be [${like[i]!.shape.join(", ")}] but got [${vector.shape.join(", ")}]`,
    );
  });
  return list;
}

/**
 * The outputs of a function and the product of `v` with its Jacobian. Follows torch.autograd.functional.vjp.
 * @param v of the outputs' shapes; may be left out for one output of one element
 * @example
 * torch.autograd.functional.vjp((x) => x.square(), torch.tensor([1, 2]), torch.tensor([1, 1])); // [tensor([1., 4.]), tensor([2., 4.])]
 */
export function vjp<In extends Tensors, Out extends Tensors>(
  fn: TensorFunction<Out>,
  inputs: In,
  ...rest: AlongRest
): [outputs: Form<Out>, product: Form<In>] {
  const { v, createGraph, strict } = take("vjp", rest, alongDefaults);
  return enableGrad(() => {
    const leaves = prepared(listOf(inputs), createGraph);
    const { outputs, list } = evaluate("vjp", fn, leaves);
    const cotangents = directions("vjp", v, list, "output");
    const product = gradients("vjp", list, leaves, cotangents, createGraph, strict);
    return [inForm(outputs, finished(list, createGraph)) as Form<Out>, inForm(inputs, finished(product, createGraph))];
  });
}

/** The gradient of g·J for a g that is still to be chosen, which is linear in g: its derivative along `v` is J·v. */
function forwardProduct(
  name: string,
  list: Tensor[],
  leaves: Tensor[],
  v: Tensor[],
  create: boolean,
  strict: boolean,
): Tensor[] {
  const chosen = list.map((output) => zerosLike(output.detach()).requiresGrad_());
  const linear = gradients(name, list, leaves, chosen, true, strict);
  return gradients(name, linear, chosen, v, create, false);
}

/**
 * The outputs of a function and the product of its Jacobian with `v`, by differentiating twice.
 * Follows torch.autograd.functional.jvp.
 * @example
 * torch.autograd.functional.jvp((x) => x.square(), torch.tensor([1, 2]), torch.tensor([1, 1])); // [tensor([1., 4.]), tensor([2., 4.])]
 */
export function jvp<In extends Tensors, Out extends Tensors>(
  fn: TensorFunction<Out>,
  inputs: In,
  ...rest: AlongRest
): [outputs: Form<Out>, product: Form<Out>] {
  const { v, createGraph, strict } = take("jvp", rest, alongDefaults);
  return enableGrad(() => {
    const leaves = prepared(listOf(inputs), createGraph);
    const along = directions("jvp", v, leaves, "input");
    const { outputs, list } = evaluate("jvp", fn, leaves);
    const product = forwardProduct("jvp", list, leaves, along, createGraph, strict);
    return [
      inForm(outputs, finished(list, createGraph)) as Form<Out>,
      inForm(outputs, finished(product, createGraph)) as Form<Out>,
    ];
  });
}

/**
 * The Jacobian: for every output and input a tensor of the output's shape followed by the input's; one tensor, a list, or a
 * list of lists, as outputs and inputs are. Follows torch.autograd.functional.jacobian.
 * @example
 * torch.autograd.functional.jacobian((x) => x.square(), torch.tensor([1, 2])); // tensor([[2., 0.], [0., 4.]])
 */
export function jacobian(fn: TensorFunction, inputs: Tensor, ...rest: MatrixRest): Tensor;
export function jacobian(fn: TensorFunction, inputs: Tensors, ...rest: MatrixRest): Tensor | Tensor[] | Tensor[][];
export function jacobian(fn: TensorFunction, inputs: Tensors, ...rest: MatrixRest): Tensor | Tensor[] | Tensor[][] {
  const { createGraph, strict } = take("jacobian", rest, matrixDefaults);
  return enableGrad(() => {
    const leaves = prepared(listOf(inputs), createGraph);
    const { outputs, list } = evaluate("jacobian", fn, leaves);
    const rows = list.map((output) => {
      const flat = ops.reshape(output, [output.numel()]);
      const perElement = Array.from({ length: output.numel() }, (_, i) =>
        gradients("jacobian", [ops.select(flat, 0, i)], leaves, undefined, createGraph, strict),
      );
      return leaves.map((leaf, k) => {
        const shape = [...output.shape, ...leaf.shape];
        if (perElement.length === 0) return zeros(shape, { dtype: leaf.dtype, device: leaf.device });
        return ops.reshape(ops.stack(perElement.map((list) => list[k]!)), shape);
      });
    });
    const made = rows.map((row) => finished(row, createGraph));
    const byOutput = made.map((row) => inForm(inputs, row));
    return (outputs instanceof Tensor ? byOutput[0]! : byOutput) as Tensor | Tensor[] | Tensor[][];
  });
}

/** The single output of a function of which second derivatives are wanted. */
function scalarOutput(name: string, { list }: { list: Tensor[] }): Tensor {
  if (list.length !== 1 || list[0]!.numel() !== 1) {
    throw new RuntimeError(`The Tensor returned by the function given to ${name} should contain a single element`);
  }
  return list[0]!;
}

/**
 * The Hessian of a function with one element of output: for every pair of inputs a tensor of both shapes.
 * Follows torch.autograd.functional.hessian.
 * @example
 * torch.autograd.functional.hessian((x) => x.pow(3).sum(), torch.tensor([1, 2])); // tensor([[6., 0.], [0., 12.]])
 */
export function hessian(fn: TensorFunction, inputs: Tensor, ...rest: MatrixRest): Tensor;
export function hessian(fn: TensorFunction, inputs: Tensors, ...rest: MatrixRest): Tensor | Tensor[][];
export function hessian(fn: TensorFunction, inputs: Tensors, ...rest: MatrixRest): Tensor | Tensor[][] {
  const options = take("hessian", rest, matrixDefaults);
  const slopes = (...leaves: Tensor[]): Tensor[] =>
    gradients(
      "hessian",
      [scalarOutput("hessian", evaluate("hessian", fn, leaves))],
      leaves,
      undefined,
      true,
      options.strict,
    );
  const form = inputs instanceof Tensor ? (leaf: Tensor) => slopes(leaf)[0]! : slopes;
  return jacobian(form as TensorFunction, inputs, options) as Tensor | Tensor[][];
}

/** The output and what `product` makes of the gradients' dependence on the inputs and `v`. */
function withHessian<In extends Tensors>(
  name: string,
  product: (
    name: string,
    slopes: Tensor[],
    leaves: Tensor[],
    v: Tensor[],
    create: boolean,
    strict: boolean,
  ) => Tensor[],
  fn: TensorFunction,
  inputs: In,
  rest: AlongRest,
): [output: Tensor, product: Form<In>] {
  const { v, createGraph, strict } = take(name, rest, alongDefaults);
  return enableGrad(() => {
    const leaves = prepared(listOf(inputs), createGraph);
    const along = directions(name, v, leaves, "input");
    const output = scalarOutput(name, evaluate(name, fn, leaves));
    const slopes = gradients(name, [output], leaves, undefined, true, strict);
    const result = product(name, slopes, leaves, along, createGraph, false);
    return [finished([output], createGraph)[0]!, inForm(inputs, finished(result, createGraph))];
  });
}

/**
 * The output and the product of `v` with the Hessian. Follows torch.autograd.functional.vhp.
 * @example
 * torch.autograd.functional.vhp((x) => x.pow(3).sum(), torch.tensor([1, 2]), torch.tensor([1, 1])); // [tensor(9.), tensor([6., 12.])]
 */
export function vhp<In extends Tensors>(
  fn: TensorFunction,
  inputs: In,
  ...rest: AlongRest
): [output: Tensor, product: Form<In>] {
  return withHessian("vhp", gradients, fn, inputs, rest);
}

/**
 * The output and the product of the Hessian with `v`, by differentiating twice more. Follows torch.autograd.functional.hvp.
 * @example
 * torch.autograd.functional.hvp((x) => x.pow(3).sum(), torch.tensor([1, 2]), torch.tensor([1, 1])); // [tensor(9.), tensor([6., 12.])]
 */
export function hvp<In extends Tensors>(
  fn: TensorFunction,
  inputs: In,
  ...rest: AlongRest
): [output: Tensor, product: Form<In>] {
  return withHessian("hvp", forwardProduct, fn, inputs, rest);
}
