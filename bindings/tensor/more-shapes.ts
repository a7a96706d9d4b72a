// Functions of several tensors or shapes that `flambeau/core` lacks.

import { core } from "../core.ts";
import { RuntimeError, TypeError } from "../error.ts";
import * as call from "./call.ts";
import { listOf, type TensorArguments, type TensorList } from "./shapes.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The shape that shapes (lists, or numbers for vectors) broadcast to; follows torch.broadcast_shapes.
 * @throws RuntimeError for shapes that do not fit
 * @example
 * torch.broadcastShapes([2, 1], [3]); // [2, 3]
 */
export function broadcastShapes(...shapes: (number | readonly number[])[]): number[] {
  const lists = shapes.map((shape) => {
    const list: unknown = typeof shape === "number" ? [shape] : shape;
    if (Array.isArray(list) && list.every(Number.isInteger)) return list as number[];
    throw new TypeError(`broadcast_shapes(): shapes must be ints or tuples of ints, not ${call.typeName(shape)}`);
  });
  const result = new Array<number>(Math.max(0, ...lists.map((list) => list.length))).fill(1);
  for (const list of lists) {
    list.forEach((size, i) => {
      const at = result.length - list.length + i;
      if (size < 0) throw new RuntimeError(`Trying to create tensor with negative dimension (${size}): (${size})`);
      if (size === 1 || size === result[at]) return;
      if (result[at] !== 1) {
        throw new RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape");
      }
      result[at] = size;
    });
  }
  return result;
}

/**
 * All combinations of one element of each vector, as rows; follows torch.cartesian_prod.
 * @example
 * torch.cartesianProd(torch.tensor([1, 2]), torch.tensor([3, 4])); // tensor([[1., 3.], [1., 4.], [2., 3.], [2., 4.]])
 */
export function cartesianProd(...tensors: TensorArguments): Tensor {
  const list = listOf(tensors) as TensorList;
  const handle = core.op_cartesianProd(call.tensors(list, "cartesian_prod", "tensors", 1));
  return list.length === 1 ? call.wrapOr(list[0]!, handle) : call.wrap(handle);
}

/**
 * The block-diagonal matrix of matrices; follows torch.block_diag.
 * @example
 * torch.blockDiag(torch.tensor([[1]]), torch.tensor([[2, 3]])); // tensor([[1., 0., 0.], [0., 2., 3.]])
 */
export function blockDiag(...tensors: TensorArguments): Tensor {
  const list = listOf(tensors);
  return call.wrap(core.op_blockDiag(call.tensors(list, "block_diag", "tensors", 1)));
}

/** One tensor gives one, several give a list. */
function each(tensors: readonly unknown[], op: string, run: (input: number) => number): Tensor | Tensor[] {
  const list = listOf(tensors);
  const results = list.map((t, i) => {
    const handle = run(call.tensorArg(t, op, "tensors", i + 1));
    // the input itself comes back where it has dims enough
    return handle === (t as Tensor).handle ? (core.release(handle), t as Tensor) : call.wrap(handle);
  });
  return list === tensors && results.length === 1 ? results[0]! : results;
}

/**
 * 0-d tensors as vectors, others as they are; follows torch.atleast_1d.
 * @example
 * torch.atleast1d(torch.tensor(2)); // tensor([2.])
 */
export function atleast1d(input: Tensor): Tensor;
export function atleast1d(...tensors: TensorArguments): Tensor[];
export function atleast1d(...tensors: unknown[]): Tensor | Tensor[] {
  return each(tensors, "atleast_1d", core.op_atleast1d);
}

/**
 * Tensors with leading dims of size 1 up to two dims; follows torch.atleast_2d.
 * @example
 * torch.atleast2d(torch.tensor([1, 2])); // tensor([[1., 2.]])
 */
export function atleast2d(input: Tensor): Tensor;
export function atleast2d(...tensors: TensorArguments): Tensor[];
export function atleast2d(...tensors: unknown[]): Tensor | Tensor[] {
  return each(tensors, "atleast_2d", core.op_atleast2d);
}

/**
 * Tensors with dims of size 1 around them up to three dims; follows torch.atleast_3d.
 * @example
 * torch.atleast3d(torch.tensor([1, 2])).shape; // [1, 2, 1]
 */
export function atleast3d(input: Tensor): Tensor;
export function atleast3d(...tensors: TensorArguments): Tensor[];
export function atleast3d(...tensors: unknown[]): Tensor | Tensor[] {
  return each(tensors, "atleast_3d", core.op_atleast3d);
}
