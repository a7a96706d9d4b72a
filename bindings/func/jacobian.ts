// Whole Jacobians and Hessians.
/* eslint-disable @typescript-eslint/no-explicit-any */

import { enableGrad } from "../autograd/mode.ts";
import { zerosLike } from "../factories.ts";
import * as ops from "../gen/functions.ts";
import { scope } from "../memory/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  checkTensors,
  detached,
  forward,
  gradients,
  optionsOf,
  Recording,
  split,
  watchArguments,
  type AnyFunction,
  type Argnums,
  type GradOptions,
} from "./recording.ts";
import { inFormOf, tensorsOf, withTensors, type Tree } from "./tree.ts";

/** A tensor with a single 1 at place `i` of its elements, for every `i`. */
function* basis(like: Tensor): Generator<Tensor> {
  const count = like.numel();
  for (let i = 0; i < count; i++) {
    const vector = zerosLike(ops.reshape(like.detach(), [count]));
    vector.at(i).fill_(1);
    yield ops.reshape(vector, like.shape);
  }
}

/** Rows of a Jacobian as tensors of both shapes. */
function assembled(rows: readonly Tensor[], shape: readonly number[], like: Tensor): Tensor {
  if (rows.length > 0) return ops.reshape(ops.stack([...rows]), [...shape]);
  return like.newZeros([...shape]);
}

function jacobianBy(
  name: string,
  fn: AnyFunction,
  options: Required<GradOptions>,
  args: readonly unknown[],
  compute: (outputs: Tensor[], inputs: Tensor[], create: boolean) => Tensor[][],
): Tree {
  const recording = new Recording();
  const { output, aux, watched } = recording.run(() => {
    const [inside, watched] = watchArguments(recording, args, options.argnums);
    const [output, aux] = split(fn(...inside), options.hasAux, name);
    return { output, aux, watched };
  });
  const outputs = checkTensors("vjp(f, *primals)", output);
  const create = recording.isWatched([...outputs, ...tensorsOf(aux)]);
  // what is made here stays here
  const blocks = scope(() => compute(outputs, recording.inputs, create));
  const jacobian = inFormOf(
    output,
    blocks.map((row) => withTensors(watched, row)),
  );
  return options.hasAux ? [jacobian, create ? aux : detached(aux)] : jacobian;
}

/**
 * A function that gives the Jacobian of `fn` by reverse mode, a backward pass for every element of the output: in the form of the
 * output, of each entry in that of the arguments, a tensor of the output's shape followed by the argument's.
 * With `hasAux` it gives [jacobian, auxiliary]. Follows torch.func.jacrev.
 * @example
 * torch.func.jacrev(torch.sin)(torch.zeros(2)); // tensor([[1., 0.], [0., 1.]])
 */
export function jacrev<Args extends any[]>(
  fn: (...args: Args) => any,
  argnums?: Argnums | GradOptions,
  hasAux = false,
): (...args: Args) => any {
  const options = optionsOf("jacrev", argnums, hasAux);
  return (...args) =>
    jacobianBy("jacrev", fn, options, args, (outputs, inputs, create) =>
      outputs.map((output, o) => {
        const flat = enableGrad(() => ops.reshape(output, [output.numel()]));
        const rows = Array.from({ length: output.numel() }, (_, i) => {
          const element = enableGrad(() => ops.select(flat, 0, i));
          const isLast = o + 1 === outputs.length && i + 1 === output.numel();
          return gradients([element], inputs, undefined, { retain: !isLast, create });
        });
        return inputs.map((input, k) =>
          assembled(
            rows.map((row) => row[k]!),
            [...output.shape, ...input.shape],
            input,
          ),
        );
      }),
    );
}

/**
 * As `jacrev` by products with the Jacobian, one for every element of the arguments: fewer where these have fewer elements than the
 * output. Follows torch.func.jacfwd.
 * @example
 * torch.func.jacfwd(torch.sin)(torch.zeros(2)); // tensor([[1., 0.], [0., 1.]])
 */
export function jacfwd<Args extends any[]>(
  fn: (...args: Args) => any,
  argnums?: Argnums | GradOptions,
  hasAux = false,
): (...args: Args) => any {
  const options = optionsOf("jacfwd", argnums, hasAux);
  return (...args) =>
    jacobianBy("jacfwd", fn, options, args, (outputs, inputs, create) => {
      const product = forward(outputs, inputs);
      const columns = inputs.map((input, k) => {
        const zero = inputs.map((other) => zerosLike(other.detach()));
        return Array.from(basis(input), (vector) => product(zero.with(k, vector), { retain: true, create }));
      });
      return outputs.map((output, o) =>
        inputs.map((input, k) => {
          const shape = [...input.shape, ...output.shape];
          const block = assembled(
            columns[k]!.map((column) => column[o]!),
            shape,
            input,
          );
          const order = shape.map((_, i) => (i + input.ndim) % shape.length);
          return shape.length === 0 ? block : ops.permute(block, order);
        }),
      );
    });
}

/**
 * A function that gives the Hessian of `fn`: the Jacobian of its Jacobian, in the form of the arguments twice.
 * Follows torch.func.hessian.
 * @example
 * torch.func.hessian((x) => x.pow(3).sum())(torch.ones(2)); // tensor([[6., 0.], [0., 6.]])
 */
export function hessian<Args extends any[]>(fn: (...args: Args) => any, argnums: Argnums = 0): (...args: Args) => any {
  return jacrev(jacrev(fn, argnums), argnums);
}
