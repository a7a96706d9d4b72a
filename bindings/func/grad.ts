// torch.func's gradients and products with Jacobians.
/* eslint-disable @typescript-eslint/no-explicit-any */

import { isGradEnabled } from "../autograd/mode.ts";
import { RuntimeError } from "../error.ts";
import { checkOptions, isOptions } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import {
  checkTensors,
  detached,
  forward,
  gradients,
  isInside,
  optionsOf,
  Recording,
  split,
  watchArguments,
  type AnyFunction,
  type Argnums,
  type GradOptions,
} from "./recording.ts";
import { describe, inFormOf, leavesOf, tensorsOf, withTensors, type Tree } from "./tree.ts";

function gradAndOutput(
  fn: AnyFunction,
  options: Required<GradOptions>,
  args: readonly unknown[],
): { gradient: Tree; value: Tree; aux: Tree } {
  const recording = new Recording();
  const { watched, output, aux } = recording.run(() => {
    const [inside, watched] = watchArguments(recording, args, options.argnums);
    const [output, aux] = split(fn(...inside), options.hasAux, "grad_and_value");
    return { watched, output, aux };
  });
  if (!(output instanceof Tensor)) {
    throw new RuntimeError(
      `Expected the differentiated function to return a Tensor, got value of type ${output === null ? "NoneType" : typeof output}`,
    );
  }
  if (output.dim() !== 0) {
    throw new RuntimeError(
      `Expected the differentiated function to return a scalar tensor, got tensor with ${output.dim()} dims. Maybe you'd like to use the vjp or jacrev APIs instead?`,
    );
  }
  const create = recording.isWatched([output, ...tensorsOf(aux)]);
  const found = gradients([output], recording.inputs, undefined, { retain: false, create });
  const [value, rest] = create ? [output, aux] : [detached(output), detached(aux)];
  return { gradient: withTensors(watched, found), value, aux: rest };
}

/**
 * A function that gives the gradient of `fn`, which returns a scalar, with respect to its first argument or those of
 * `argnums`: in the form of these arguments, which may be tensors, lists and objects of them.
 * With `hasAux` it gives [gradient, auxiliary]. Follows torch.func.grad.
 * @throws RuntimeError where `fn` returns no scalar, or an argument is not of a floating dtype
 * @example
 * torch.func.grad((x) => x.pow(3).sum())(torch.tensor([2])); // tensor([12.])
 * torch.func.grad(torch.func.grad(torch.sin))(torch.tensor(1)); // tensor(-0.8415)
 */
export function grad<Args extends any[]>(
  fn: (...args: Args) => any,
  argnums?: Argnums | GradOptions,
  hasAux = false,
): (...args: Args) => any {
  const options = optionsOf("grad", argnums, hasAux);
  return (...args) => {
    const { gradient, aux } = gradAndOutput(fn, options, args);
    return options.hasAux ? [gradient, aux] : gradient;
  };
}

/**
 * As `grad`, with the value beside the gradient: [gradient, value], or with `hasAux` [gradient, [value, auxiliary]].
 * Follows torch.func.grad_and_value.
 * @example
 * const [gradient, loss] = torch.func.gradAndValue((w) => w.square().sum())(torch.ones(3));
 * gradient; // tensor([2., 2., 2.])
 * loss; // tensor(3.)
 */
export function gradAndValue<Args extends any[]>(
  fn: (...args: Args) => any,
  argnums?: Argnums | GradOptions,
  hasAux = false,
): (...args: Args) => [gradient: any, value: any] {
  const options = optionsOf("gradAndValue", argnums, hasAux);
  return (...args) => {
    const { gradient, value, aux } = gradAndOutput(fn, options, args);
    return [gradient, options.hasAux ? [value, aux] : value];
  };
}

/** Lists of tensors in the same form. @throws RuntimeError where they are not */
function inSameForm(given: Tree, like: Tree, message: (given: string, like: string) => string): Tensor[] {
  const [have, wanted] = [describe(given), describe(like)];
  if (have !== wanted) throw new RuntimeError(message(have, wanted));
  return leavesOf(given) as Tensor[];
}

/**
 * The output of `fn`, and a function from cotangents of that output to the products with the Jacobian: a gradient in the form of
 * the primal, for several primals a list of them. With `hasAux` the auxiliary comes third. Follows torch.func.vjp.
 * @example
 * const [output, pull] = torch.func.vjp((x) => x.mul(x), torch.tensor([1, 2]));
 * output; // tensor([1., 4.])
 * pull(torch.ones(2)); // tensor([2., 4.])
 */
export function vjp(fn: AnyFunction, ...primals: unknown[]): [output: any, vjpFn: AnyFunction, aux?: any];
export function vjp(fn: AnyFunction, ...given: unknown[]): [unknown, AnyFunction, unknown?] {
  const last = given.at(-1);
  // an argument of fn has tensors in it
  const named = isOptions(last) && given.length > 1 && tensorsOf(last as Tree).length === 0;
  if (named) checkOptions(last, ["hasAux"], "vjp");
  const hasAux = named && last["hasAux"] === true;
  const primals = named ? given.slice(0, -1) : given;
  const recording = new Recording();
  const { output, aux, watched } = recording.run(() => {
    const watched = recording.watch(primals) as unknown[];
    const [output, aux] = split(fn(...watched), hasAux, "vjp");
    return { output, aux, watched };
  });
  const outputs = checkTensors("vjp(f, *primals)", output);
  const create = recording.isWatched([...outputs, ...tensorsOf(aux)]);
  const pull = (cotangents: Tree): Tree => {
    const starts = inSameForm(
      cotangents,
      output,
      (given, wanted) =>
        "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function. " +
        `cotangents: ${given}, primal output: ${wanted}`,
    );
    const follow = isGradEnabled() && (create || isInside() || starts.some((start) => start.requiresGrad));
    const found = gradients(outputs, recording.inputs, starts, { retain: true, create: follow });
    const form = withTensors(watched, found) as unknown[];
    return primals.length === 1 ? form[0] : form;
  };
  const [value, rest] = create ? [output, aux] : [detached(output), detached(aux)];
  return hasAux ? [value, pull, rest] : [value, pull];
}

/**
 * The output of `fn` and the product of its Jacobian with `tangents`, by differentiating twice: [output, product], with `hasAux`
 * also the auxiliary. `primals` and `tangents` are lists, one entry for an argument. Follows torch.func.jvp.
 * @example
 * torch.func.jvp(torch.sin, [torch.zeros(3)], [torch.ones(3)])[1]; // tensor([1., 1., 1.])
 */
export function jvp(
  fn: AnyFunction,
  primals: readonly unknown[],
  tangents: readonly unknown[],
  options: { hasAux?: boolean } = {},
): [output: any, product: any, aux?: any] {
  checkOptions(options, ["hasAux"], "jvp");
  const { hasAux = false } = options;
  for (const [name, list] of [
    ["primals", primals],
    ["tangents", tangents],
  ] as const) {
    if (!Array.isArray(list)) {
      throw new RuntimeError(
        `jvp(f, primals, tangents): Expected ${name} to be a tuple. E.g. it should be valid to call f(*primals).`,
      );
    }
  }
  const along = inSameForm(
    tangents,
    primals,
    (given, wanted) =>
      "jvp(f, primals, tangents): Expected primals and tangents to have the same python structure. For example, if " +
      `primals is a tuple of 3 tensors, tangents also must be. Got primals with structure ${wanted} and tangents with structure ${given}`,
  );
  const recording = new Recording();
  const { output, aux } = recording.run(() => {
    const watched = recording.watch(primals) as unknown[];
    const [output, aux] = split(fn(...watched), hasAux, "jvp");
    return { output, aux };
  });
  recording.inputs.forEach((input, i) => {
    if (along[i]!.shape.join() === input.shape.join()) return;
    throw new RuntimeError(
      "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not supported. " +
        `Tensor is of size [${input.shape.join(", ")}] while the given forward gradient is of size [${along[i]!.shape.join(", ")}].`,
    );
  });
  const outputs = checkTensors("jvp(f, primals, tangents)", output);
  const create =
    recording.isWatched([...outputs, ...tensorsOf(aux)]) ||
    along.some((tangent) => recording.outer && tangent.requiresGrad);
  const product = forward(outputs, recording.inputs)(along, { retain: false, create });
  const [value, rest] = create ? [output, aux] : [detached(output), detached(aux)];
  const result = inFormOf(output, create ? product : product.map((tensor) => tensor.detach()));
  return hasAux ? [value, result, rest] : [value, result];
}
