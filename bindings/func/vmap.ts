// torch.func.vmap

import { RuntimeError, ValueError } from "../error.ts";
import * as ops from "../gen/functions.ts";
import * as rare from "../gen/rare-functions.ts";
import { checkOptions, isOptions } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import { physicalOf, raw, standIn, withLevel, type Randomness } from "./batched.ts";
import { installFunctions } from "./custom.ts";
import { installRules } from "./rules/index.ts";
import { broadcastLeaves, describe, inFormOf, leavesOf, type Tree } from "./tree.ts";

/** Which dim of a tensor is mapped, null for none; or lists and objects of that, as the arguments are. */
export type Dims = number | null | readonly Dims[] | { readonly [key: string]: Dims };

export interface VmapOptions {
  inDims?: Dims;
  outDims?: Dims;
  randomness?: Randomness;
  /** how many samples at most are computed at once; all by default */
  chunkSize?: number | null;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyFunction = (...args: any[]) => any;

const nameOf = (fn: AnyFunction): string => fn.name || "<lambda>";
const RANDOMNESS = ["error", "different", "same"];

/** The arguments' leaves, and of each the mapped dim or null. */
interface Mapped {
  leaves: unknown[];
  dims: (number | null)[];
  size: number;
}

function mappedArguments(fn: AnyFunction, inDims: Dims, args: readonly unknown[]): Mapped {
  const say = `vmap(${nameOf(fn)}, in_dims=${JSON.stringify(inDims)}, ...)(<inputs>): `;
  if (typeof inDims !== "number" && !Array.isArray(inDims)) {
    throw new ValueError(
      `${say}expected \`in_dims\` to be int or a (potentially nested) tuple matching the structure of inputs, got: ${typeof inDims}.`,
    );
  }
  if (args.length === 0) {
    throw new ValueError(
      `vmap(${nameOf(fn)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a function with no inputs. The latter is unsupported.`,
    );
  }
  const given = broadcastLeaves(inDims, args);
  if (given === undefined) {
    throw new ValueError(
      `${say}in_dims is not compatible with the structure of \`inputs\`. in_dims has structure ${describe(inDims)} but inputs has structure ${describe(args)}.`,
    );
  }
  const leaves = leavesOf(args);
  let size: number | undefined;
  const sizes: number[] = [];
  const dims = leaves.map((leaf, i) => {
    const dim: unknown = given[i];
    if (dim === null || dim === undefined) return null;
    if (!Number.isInteger(dim)) {
      throw new ValueError(
        `${say}Got in_dim=${String(dim)} for an input but in_dim must be either an integer dimension or None.`,
      );
    }
    if (!(leaf instanceof Tensor)) {
      throw new ValueError(
        `${say}Got in_dim=${String(dim)} for an input but the input is of type ${typeof leaf}. We cannot vmap over non-Tensor arguments, please use None as the respective in_dim`,
      );
    }
    const at = dim as number;
    if (at < -leaf.ndim || at >= leaf.ndim) {
      throw new ValueError(
        `${say}Got in_dim=${at} for some input, but that input is a Tensor of dimensionality ${leaf.ndim} so expected in_dim to satisfy -${leaf.ndim} <= in_dim < ${leaf.ndim}.`,
      );
    }
    size = leaf.size(at);
    sizes.push(size);
    return at;
  });
  if (size === undefined) throw new ValueError("vmap: Expected at least one Tensor to vmap over");
  if (sizes.some((other) => other !== size)) {
    throw new ValueError(
      `vmap: Expected all tensors to have the same size in the mapped dimension, got sizes [${sizes.join(", ")}] for the mapped dimension`,
    );
  }
  return { leaves, dims, size };
}

/** A tensor's stand-in inside the vmap: the mapped dim comes first in what stands behind it. */
function enter(tensor: Tensor, dim: number, level: number): Tensor {
  const physical = rare.movedim(tensor, dim, 0);
  const handle = standIn(physical.handle, level);
  if (physical !== tensor) physical.dispose();
  return new Tensor(handle);
}

function leaveWith(fn: AnyFunction, result: Tree, outDims: Dims, size: number, level: number): () => Tree {
  const leaves = leavesOf(result);
  for (const leaf of leaves) {
    if (leaf instanceof Tensor) continue;
    throw new ValueError(
      `vmap(${nameOf(fn)}, ...): \`${nameOf(fn)}\` must only return Tensors, got type ${leaf === null ? "NoneType" : typeof leaf} as a return.`,
    );
  }
  const dims = broadcastLeaves(outDims, result);
  if (dims === undefined) {
    throw new ValueError(
      `vmap(${nameOf(fn)}, ..., out_dims=${JSON.stringify(outDims)})(<inputs>): out_dims is not compatible with the structure of \`outputs\`. out_dims has structure ${describe(outDims)} but outputs has structure ${describe(result)}.`,
    );
  }
  // the physical tensors outlive the level, whose end releases its own references
  const held = leaves.map((leaf, i) => {
    const { handle } = leaf as Tensor;
    const physical = physicalOf(handle, level);
    if (dims[i] === null && physical !== undefined) {
      throw new ValueError(
        `vmap(${nameOf(fn)}, ...): \`${nameOf(fn)}\` can not return a BatchedTensor when out_dim is None`,
      );
    }
    raw.retain(physical ?? handle);
    return { tensor: new Tensor(physical ?? handle), mapped: physical !== undefined };
  });
  return () => {
    const outputs = held.map(({ tensor, mapped }, i) => {
      const dim = dims[i] as number | null;
      if (dim === null) return tensor;
      const all = mapped ? tensor : tensor.expand([size, ...tensor.shape]);
      const moved = rare.movedim(all, 0, dim);
      for (const made of new Set([tensor, all])) if (made !== moved) made.dispose();
      return moved;
    });
    return inFormOf(result, outputs);
  };
}

/**
 * A function that runs `fn` for every slice along a dim of its arguments at once, and stacks the results. What `fn` calls
 * is computed for all slices together; ops without a rule of their own run slice by slice and are slower.
 *
 * `fn` sees tensors without the mapped dim. It may call nn modules, torch.func.grad and other vmaps; it may not look at values
 * (`item`, `tolist`, `nonzero`, boolean masks), and it returns tensors, or lists and objects of them.
 *
 * Follows torch.func.vmap.
 * @param inDims the mapped dim of each argument: one number for all, or a list as long as the arguments; null: the same tensor
 *   for all slices. It may be nested as the arguments are
 * @param outDims where the mapped dim stands in the results
 * @param options `randomness` says whether random ops are an "error" (default), or draw the "same" or "different" numbers for the
 *   slices; `chunkSize` is how many slices are computed at once
 * @throws ValueError for dims that don't fit the arguments; RuntimeError where `fn` looks at values, or writes those of slices
 *   into a tensor that they share
 * @example
 * torch.func.vmap((a, b) => a.dot(b))(torch.ones(3, 5), torch.ones(3, 5)); // tensor([5., 5., 5.])
 * const loss = (w, x, y) => x.dot(w).sub(y).square();
 * const perSample = torch.func.vmap(torch.func.grad(loss), [null, 0, 0]);
 * perSample(torch.ones(2), torch.eye(2), torch.tensor([0, 1])); // tensor([[2., 0.], [0., 0.]])
 */
export function vmap<F extends AnyFunction>(
  fn: F,
  inDims: Dims | VmapOptions = 0,
  outDims: Dims = 0,
  options: Randomness | VmapOptions = {},
): (...args: Parameters<F>) => ReturnType<F> {
  installRules();
  installFunctions();
  const isNamed = isOptions(inDims);
  const named: VmapOptions = {
    inDims: isNamed ? 0 : (inDims as Dims),
    outDims,
    ...(typeof options === "string" ? { randomness: options } : options),
    ...(isNamed ? (inDims as VmapOptions) : {}),
  };
  checkOptions(named, ["inDims", "outDims", "randomness", "chunkSize"], "vmap");
  const { randomness = "error", chunkSize = null } = named;
  const [from, to] = [named.inDims ?? 0, named.outDims === undefined ? 0 : named.outDims];
  if (!RANDOMNESS.includes(randomness)) {
    throw new RuntimeError(
      `Only allowed values for randomness are 'error', 'different', or 'same'. Got ${String(randomness)}`,
    );
  }
  if (chunkSize !== null && !(Number.isInteger(chunkSize) && chunkSize > 0)) {
    throw new ValueError(`vmap: chunk_size should be None or greater than 0. (got ${chunkSize})`);
  }
  const whole = (args: readonly unknown[], { leaves, dims, size }: Mapped): Tree => {
    const finish = withLevel(size, randomness, (level) => {
      const inside = leaves.map((leaf, i) => (dims[i] == null ? leaf : enter(leaf as Tensor, dims[i]!, level)));
      const result: Tree = fn(...(inFormOf(args, inside) as unknown[]));
      return leaveWith(fn, result, to, size, level);
    });
    return finish();
  };
  return (...args) => {
    const mapped = mappedArguments(fn, from, args);
    const { leaves, dims, size } = mapped;
    if (chunkSize === null || size <= chunkSize) return whole(args, mapped) as ReturnType<F>;
    const parts: Tree[] = [];
    for (let start = 0; start < size; start += chunkSize) {
      const length = Math.min(chunkSize, size - start);
      const part = leaves.map((leaf, i) =>
        dims[i] == null ? leaf : ops.narrow(leaf as Tensor, dims[i]!, start, length),
      );
      parts.push(whole(args, { leaves: part, dims, size: length }));
    }
    return joined(parts, to) as ReturnType<F>;
  };
}

/** The results of chunks as one. */
function joined(parts: readonly Tree[], outDims: Dims): Tree {
  const lists = parts.map((part) => leavesOf(part) as Tensor[]);
  const dims = broadcastLeaves(outDims, parts[0])!;
  const outputs = dims.map((dim, i) =>
    dim === null
      ? lists[0]![i]!
      : ops.cat(
          lists.map((list) => list[i]!),
          dim as number,
        ),
  );
  return inFormOf(parts[0], outputs);
}
