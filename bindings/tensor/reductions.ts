// Reductions that PyTorch overloads: the arguments say which op is meant.

import { core, i32 } from "../core.ts";
import type { matrixNorm } from "../linalg/functions.ts";
import * as functions from "../gen/functions.ts";
import { partOf } from "../parts.ts";
import * as call from "./call.ts";
import type { DType } from "./dtype.ts";
import { Tensor } from "./tensor.ts";

type Dims = number | readonly number[] | null;
type Pair = call.Named<"values" | "indices">;
const PAIR: readonly ("values" | "indices")[] = ["values", "indices"];

/** How an op's three forms reach the core. */
interface Extremum {
  readonly name: string;
  all(input: number): number;
  along(input: number, dim: number, keepdim: number): number;
  binary?(input: Tensor, other: Tensor): Tensor;
}

function extremum(op: Extremum, input: unknown, dim?: unknown, keepdim?: unknown): Tensor | Pair {
  const { name } = op;
  if (call.isOptions(dim)) {
    const options = dim;
    call.checkOptions(options, op.binary ? ["dim", "keepdim", "other"] : ["dim", "keepdim"], name);
    if (options.other !== undefined) return extremum(op, input, options.other);
    dim = options.dim;
    keepdim = options.keepdim;
  } else if (call.isOptions(keepdim)) {
    call.checkOptions(keepdim, ["keepdim"], name);
    keepdim = keepdim.keepdim;
  }
  if (!(input instanceof Tensor)) return call.wrongCombination(name, input, dim);
  if (dim === undefined || dim === null) return call.wrap(op.all(call.tensorArg(input, name, "input", 1)));
  if (dim instanceof Tensor && op.binary) return op.binary(input, dim);
  const keep = keepdim === undefined ? 0 : call.boolArg(keepdim, name, "keepdim", 3);
  const handle = call.tensorArg(input, name, "input", 1);
  return call.wrapNamed(op.along(handle, call.intArg(dim, name, "dim", 2), keep), PAIR);
}

const maxOp: Extremum = {
  name: "max",
  all: (input) => core.op_maxAll(input),
  along: (input, dim, keepdim) => core.op_maxDim(input, dim, keepdim),
  binary: (input, other) => functions.maximum(input, other),
};
const minOp: Extremum = {
  name: "min",
  all: (input) => core.op_minAll(input),
  along: (input, dim, keepdim) => core.op_minDim(input, dim, keepdim),
  binary: (input, other) => functions.minimum(input, other),
};
/** The first of the results of an op whose others the API does not show. */
function first(count: number): number {
  const at = core.results() >>> 2;
  for (let i = 1; i < count; i++) core.release(i32[at + i]!);
  return i32[at]!;
}

const medianOp: Extremum = {
  name: "median",
  all: (input) => first(core.op_medianAll(input)),
  along: (input, dim, keepdim) => core.op_medianDim(input, dim, keepdim),
};
const nanmedianOp: Extremum = {
  name: "nanmedian",
  all: (input) => first(core.op_nanmedianAll(input)),
  along: (input, dim, keepdim) => core.op_nanmedianDim(input, dim, keepdim),
};

/**
 * The largest element; with `dim` the largest along it and their positions; with another tensor the larger elementwise.
 * NaN counts as the largest. Equal elements share the gradient of the first form; the second gives it to the first of them.
 * Follows torch.max.
 * @throws RuntimeError or IndexError where there are no elements
 * @example
 * torch.max(torch.tensor([[1, 4], [3, 2]])); // tensor(4.)
 * torch.max(torch.tensor([[1, 4], [3, 2]]), 1); // [tensor([4., 3.]), tensor([1, 0])]
 */
export function max(input: Tensor): Tensor;
export function max(input: Tensor, other: Tensor): Tensor;
export function max(input: Tensor, dim: number, keepdim?: boolean): Pair;
export function max(input: Tensor, options: { dim: number; keepdim?: boolean }): Pair;
export function max(input: unknown, dim?: unknown, keepdim?: unknown): unknown {
  return extremum(maxOp, input, dim, keepdim);
}

/**
 * The smallest element; the forms of torch.max. Follows torch.min.
 * @example
 * torch.min(torch.tensor([[1, 4], [3, 2]])); // tensor(1.)
 * torch.min(torch.tensor([[1, 4], [3, 2]]), 1); // [tensor([1., 2.]), tensor([0, 1])]
 */
export function min(input: Tensor): Tensor;
export function min(input: Tensor, other: Tensor): Tensor;
export function min(input: Tensor, dim: number, keepdim?: boolean): Pair;
export function min(input: Tensor, options: { dim: number; keepdim?: boolean }): Pair;
export function min(input: unknown, dim?: unknown, keepdim?: unknown): unknown {
  return extremum(minOp, input, dim, keepdim);
}

/**
 * The median, the lower of two; with `dim` those along it and their positions. NaN if there is one.
 * Follows torch.median.
 * @example
 * torch.median(torch.tensor([3, 1, 2])); // tensor(2.)
 */
export function median(input: Tensor): Tensor;
export function median(input: Tensor, dim: number, keepdim?: boolean): Pair;
export function median(input: Tensor, options: { dim: number; keepdim?: boolean }): Pair;
export function median(input: unknown, dim?: unknown, keepdim?: unknown): unknown {
  return extremum(medianOp, input, dim, keepdim);
}

/**
 * The median of the elements that are not NaN; the forms of torch.median. Follows torch.nanmedian.
 * @example
 * torch.nanmedian(torch.tensor([3, NaN, 1])); // tensor(1.)
 */
export function nanmedian(input: Tensor): Tensor;
export function nanmedian(input: Tensor, dim: number, keepdim?: boolean): Pair;
export function nanmedian(input: Tensor, options: { dim: number; keepdim?: boolean }): Pair;
export function nanmedian(input: unknown, dim?: unknown, keepdim?: unknown): unknown {
  return extremum(nanmedianOp, input, dim, keepdim);
}

// ---- variance: a bool in the place of `dim` is `unbiased`

interface Moments {
  dim?: Dims;
  unbiased?: boolean;
  keepdim?: boolean;
  correction?: number | null;
}
type Loose = (input: Tensor, dim?: unknown, unbiased?: unknown, keepdim?: unknown) => never;

function moments(op: unknown, input: unknown, dim: unknown, unbiased: unknown, keepdim: unknown): unknown {
  const loose = op as Loose;
  if (typeof dim === "boolean") return loose(input as Tensor, null, dim);
  return loose(input as Tensor, dim, unbiased, keepdim);
}

/**
 * The variance over dims: squared deviations over n - correction, by default n - 1, n where not `unbiased`.
 * Follows torch.var.
 * @example
 * torch.var(torch.tensor([[1, 3], [2, 6]]), 1); // tensor([2., 8.])
 */
function variance(input: Tensor, unbiased: boolean): Tensor;
function variance(input: Tensor, dim?: Dims, unbiased?: boolean, keepdim?: boolean): Tensor;
function variance(input: Tensor, options: Moments): Tensor;
function variance(input: Tensor, dim: Dims, options: Omit<Moments, "dim">): Tensor;
function variance(input: unknown, dim?: unknown, unbiased?: unknown, keepdim?: unknown): unknown {
  return moments(functions.var, input, dim, unbiased, keepdim);
}
export { variance as var };

/**
 * The standard deviation over dims, the square root of torch.var. Follows torch.std.
 * @example
 * torch.std(torch.tensor([1, 3])); // tensor(1.4142)
 */
export function std(input: Tensor, unbiased: boolean): Tensor;
export function std(input: Tensor, dim?: Dims, unbiased?: boolean, keepdim?: boolean): Tensor;
export function std(input: Tensor, options: Moments): Tensor;
export function std(input: Tensor, dim: Dims, options: Omit<Moments, "dim">): Tensor;
export function std(input: unknown, dim?: unknown, unbiased?: unknown, keepdim?: unknown): unknown {
  return moments(functions.std, input, dim, unbiased, keepdim);
}

/**
 * Variance and mean over dims. Follows torch.var_mean.
 * @example
 * torch.varMean(torch.tensor([1, 3])); // [tensor(2.), tensor(2.)]
 */
export function varMean(input: Tensor, unbiased: boolean): call.Named<"var" | "mean">;
export function varMean(input: Tensor, dim?: Dims, unbiased?: boolean, keepdim?: boolean): call.Named<"var" | "mean">;
export function varMean(input: Tensor, options: Moments): call.Named<"var" | "mean">;
export function varMean(input: Tensor, dim: Dims, options: Omit<Moments, "dim">): call.Named<"var" | "mean">;
export function varMean(input: unknown, dim?: unknown, unbiased?: unknown, keepdim?: unknown): unknown {
  return moments(functions.varMean, input, dim, unbiased, keepdim);
}

/**
 * Standard deviation and mean over dims. Follows torch.std_mean.
 * @example
 * torch.stdMean(torch.tensor([1, 3])); // [tensor(1.4142), tensor(2.)]
 */
export function stdMean(input: Tensor, unbiased: boolean): call.Named<"std" | "mean">;
export function stdMean(input: Tensor, dim?: Dims, unbiased?: boolean, keepdim?: boolean): call.Named<"std" | "mean">;
export function stdMean(input: Tensor, options: Moments): call.Named<"std" | "mean">;
export function stdMean(input: Tensor, dim: Dims, options: Omit<Moments, "dim">): call.Named<"std" | "mean">;
export function stdMean(input: unknown, dim?: unknown, unbiased?: unknown, keepdim?: unknown): unknown {
  return moments(functions.stdMean, input, dim, unbiased, keepdim);
}

// ---- norm

interface NormOptions {
  p?: number | "fro" | "nuc" | null;
  dim?: Dims;
  keepdim?: boolean;
  dtype?: DType | null;
}

/**
 * The p-norm of the elements over dims (default: all); "fro" is 2, "nuc" the sum of the singular values of matrices.
 * Follows torch.norm.
 * @example
 * torch.norm(torch.tensor([3, 4])); // tensor(5.)
 */
export function norm(input: Tensor, p?: NormOptions["p"], dim?: Dims, keepdim?: boolean, dtype?: DType | null): Tensor;
export function norm(input: Tensor, options: NormOptions): Tensor;
export function norm(input: Tensor, p: NormOptions["p"], options: Omit<NormOptions, "p">): Tensor;
export function norm(input: Tensor, p: NormOptions["p"], dim: Dims, options: Omit<NormOptions, "p" | "dim">): Tensor;
export function norm(input: unknown, p?: unknown, dim?: unknown, keepdim?: unknown, dtype?: unknown): unknown {
  let rest: unknown[] = [dim, keepdim, dtype];
  if (call.isOptions(p)) {
    call.checkOptions(p, ["p", "dim", "keepdim", "dtype"], "norm");
    rest = [p.dim, p.keepdim, p.dtype];
    p = p.p;
  }
  if (p === "nuc") {
    const [over, keep, type] = rest as [Dims, boolean | undefined, DType | null | undefined];
    const dims = typeof over === "number" ? [over] : (over ?? [0, 1]);
    const nuclear = partOf<typeof matrixNorm>("matrixNorm", "norm with p='nuc'");
    return nuclear(input as Tensor, "nuc", dims, keep ?? false, type ? { dtype: type } : {});
  }
  const order = p === undefined || p === null || p === "fro" ? 2 : p;
  return (functions.norm as (...values: unknown[]) => Tensor)(input, order, ...rest);
}

// ---- methods

/** The functions above as methods. */
export interface OverloadedReductions {
  /**
   * The largest element, the largest along a dim with their positions, or the larger of two tensors' elements; see torch.max.
   * @example
   * torch.tensor([[1, 4], [3, 2]]).max(1); // [tensor([4., 3.]), tensor([1, 0])]
   */
  max(): Tensor;
  max(other: Tensor): Tensor;
  max(dim: number, keepdim?: boolean): Pair;
  max(options: { dim: number; keepdim?: boolean }): Pair;
  /**
   * The smallest element, the smallest along a dim with their positions, or the smaller of two tensors' elements; see torch.min.
   * @example
   * torch.tensor([[1, 4], [3, 2]]).min(1); // [tensor([1., 2.]), tensor([0, 1])]
   */
  min(): Tensor;
  min(other: Tensor): Tensor;
  min(dim: number, keepdim?: boolean): Pair;
  min(options: { dim: number; keepdim?: boolean }): Pair;
  /**
   * The median of all elements (the lower one of two), or along a dim with its positions; NaN if there is one.
   * Follows torch.Tensor.median.
   * @example
   * torch.tensor([3, 1, 2]).median(); // tensor(2.)
   */
  median(): Tensor;
  median(dim: number, keepdim?: boolean): Pair;
  median(options: { dim: number; keepdim?: boolean }): Pair;
  /**
   * The median of the elements that are not NaN, of all or along a dim.
   * Follows torch.Tensor.nanmedian.
   * @example
   * torch.tensor([3, NaN, 1]).nanmedian(); // tensor(1.)
   */
  nanmedian(): Tensor;
  nanmedian(dim: number, keepdim?: boolean): Pair;
  nanmedian(options: { dim: number; keepdim?: boolean }): Pair;
  /**
   * The variance over dims (default: all); see torch.var.
   * @example
   * torch.tensor([1, 3]).var(); // tensor(2.)
   */
  var(unbiased: boolean): Tensor;
  var(dim?: Dims, unbiased?: boolean, keepdim?: boolean): Tensor;
  var(options: Moments): Tensor;
  var(dim: Dims, options: Omit<Moments, "dim">): Tensor;
  /**
   * The standard deviation over dims (default: all); see torch.std.
   * @example
   * torch.tensor([1, 3]).std(); // tensor(1.4142)
   */
  std(unbiased: boolean): Tensor;
  std(dim?: Dims, unbiased?: boolean, keepdim?: boolean): Tensor;
  std(options: Moments): Tensor;
  std(dim: Dims, options: Omit<Moments, "dim">): Tensor;
  /**
   * The p-norm over dims (default: of all elements); see torch.norm.
   * @example
   * torch.tensor([3, 4]).norm(); // tensor(5.)
   */
  norm(p?: NormOptions["p"], dim?: Dims, keepdim?: boolean, dtype?: DType | null): Tensor;
  norm(options: NormOptions): Tensor;
}

const overloaded = { max, min, median, nanmedian, var: variance, std, norm } as unknown as Record<
  string,
  (input: Tensor, ...values: unknown[]) => unknown
>;
call.defineMethods(
  Tensor,
  Object.fromEntries(
    Object.entries(overloaded).map(([name, f]) => [
      name,
      function (this: Tensor, ...values: unknown[]) {
        return f(this, ...values);
      },
    ]),
  ),
);
