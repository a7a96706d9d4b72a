// Functions of shapes and indices whose PyTorch form no single op signature covers: tensors in a row or as a list, an int or a
// list, one result or several, and geometry that changes in place.

import { core } from "../core.ts";
import { reading } from "../device.ts";
import { RuntimeError } from "../error.ts";
import { positional } from "../functional/arguments.ts";
import * as functions from "../gen/functions.ts";
import { isGradEnabled } from "../autograd/mode.ts";
import * as call from "./call.ts";
import type { MemoryFormat } from "./memory-format.ts";
import { FloatScalar, type Scalar } from "./scalar.ts";
import { Tensor, live } from "./tensor.ts";

export type TensorList = readonly Tensor[];
/** Tensors as arguments or as one list. */
export type TensorArguments = Tensor[] | [tensors: TensorList];

/** The tensors of `...tensors` or of one list. */
export function listOf(args: readonly unknown[]): readonly unknown[] {
  return args.length === 1 && Array.isArray(args[0]) ? args[0] : args;
}

// ---- several tensors -------------------------------------------------------------------------------------------------

/**
 * Views of all tensors, broadcast against each other; follows torch.broadcast_tensors.
 * @throws RuntimeError for shapes that do not fit
 * @example
 * torch.broadcastTensors(torch.tensor([[1], [2]]), torch.tensor([3, 4]))[1]; // tensor([[3., 4.], [3., 4.]])
 */
export function broadcastTensors(...tensors: TensorArguments): Tensor[] {
  const list = listOf(tensors);
  return call.wrapList(core.op_broadcastTensors(call.tensors(list, "broadcast_tensors", "tensors", 1)));
}

/**
 * Views of vectors expanded to the grid they span; `indexing: "xy"` exchanges the first two dims. Follows torch.meshgrid.
 * @example
 * const [x, y] = torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4, 5]), { indexing: "ij" });
 * x; // tensor([[1., 1., 1.], [2., 2., 2.]])
 */
export function meshgrid(...args: (Tensor | TensorList | { indexing?: "ij" | "xy" })[]): Tensor[] {
  const last = args.at(-1);
  const options = call.isOptions(last) ? last : {};
  call.checkOptions(options, ["indexing"], "meshgrid");
  const list = listOf(call.isOptions(last) ? args.slice(0, -1) : args);
  const indexing = options.indexing ?? "ij";
  if (indexing !== "ij" && indexing !== "xy") {
    throw new RuntimeError(
      `torch.meshgrid: indexing must be one of "xy" or "ij", but received: ${String(indexing as string)}`,
    );
  }
  const handles = call.tensors(list, "meshgrid", "tensors", 1);
  return call.wrapList(core.op_meshgrid(handles, indexing === "xy" ? 1 : 0));
}

// ---- splitting -------------------------------------------------------------------------------------------------------

/** An int, a list, or a tensor of either. */
type Cuts = number | readonly number[] | Tensor;

function cutsOf(value: unknown, op: string): number | readonly number[] {
  if (value instanceof Tensor) {
    if (value.dtype !== "int64" || value.ndim > 1) {
      throw new RuntimeError(
        `${op} expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional int64 tensor`,
      );
    }
    return value.ndim === 0 ? Number(value.item()) : (value.tolist() as number[]).map(Number);
  }
  if (typeof value === "number" || Array.isArray(value)) return value as number | number[];
  return call.wrongType(value, op, "indices_or_sections", 2, "int or tuple of ints");
}

/**
 * Views of pieces of a dim: a number gives that many, sizes differing by at most one; a list says where to cut.
 * Follows torch.tensor_split.
 * @example
 * torch.tensorSplit(torch.arange(5), 2); // [tensor([0, 1, 2]), tensor([3, 4])]
 */
export function tensorSplit(input: Tensor, indicesOrSections: Cuts, dim: number | { dim?: number } = 0): Tensor[] {
  const cuts = cutsOf(indicesOrSections, "tensor_split");
  const along = call.intArg(positional([dim], ["dim"], "tensor_split")[0] ?? 0, "tensor_split", "dim", 3);
  const handle = call.tensorArg(input, "tensor_split", "input", 1);
  if (typeof cuts === "number") return call.wrapList(core.op_tensorSplitSections(handle, cuts, along));
  const at = call.ints(cuts, "tensor_split", "indices", 2);
  return call.wrapList(core.op_tensorSplitIndices(handle, at, along));
}

function splitAlong(which: number, op: string, input: Tensor, value: unknown): Tensor[] {
  const cuts = cutsOf(value, op);
  const handle = call.tensorArg(input, op, "input", 1);
  if (typeof cuts === "number") return call.wrapList(core.op_splitSections(handle, which, cuts));
  return call.wrapList(core.op_splitIndices(handle, which, call.ints(cuts, op, "indices", 2)));
}

/**
 * tensorSplit of dim 1 (0 for vectors) into equal parts or at indices; follows torch.hsplit.
 * @example
 * torch.hsplit(torch.tensor([1, 2, 3, 4]), 2); // [tensor([1., 2.]), tensor([3., 4.])]
 */
export function hsplit(input: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
  return splitAlong(0, "hsplit", input, indicesOrSections);
}

/**
 * tensorSplit of dim 0 into equal parts or at indices; follows torch.vsplit.
 * @example
 * torch.vsplit(torch.tensor([[1, 2], [3, 4]]), 2); // [tensor([[1., 2.]]), tensor([[3., 4.]])]
 */
export function vsplit(input: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
  return splitAlong(1, "vsplit", input, indicesOrSections);
}

/**
 * tensorSplit of dim 2 into equal parts or at indices; follows torch.dsplit.
 * @example
 * torch.dsplit(torch.zeros(1, 1, 4), 2)[0].shape; // [1, 1, 2]
 */
export function dsplit(input: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
  return splitAlong(2, "dsplit", input, indicesOrSections);
}

/**
 * A copy with storage of its own, which gradients flow through, in the same memory format or another. Follows torch.clone.
 * @example
 * torch.clone(torch.tensor([1, 2])); // tensor([1., 2.])
 */
export function clone(input: Tensor, options?: { memoryFormat?: MemoryFormat }): Tensor {
  call.tensorArg(input, "clone", "input", 1);
  return (input.clone as (format?: object) => Tensor).call(input, options);
}

// ---- results by request ----------------------------------------------------------------------------------------------

/**
 * The indices of the elements that are not zero, int64 [count, ndim]; with `asTuple` a vector for every dim.
 * Follows torch.nonzero.
 * @example
 * torch.nonzero(torch.tensor([0, 5, 6])); // tensor([[1], [2]])
 */
export function nonzero(input: Tensor): Tensor;
export function nonzero(input: Tensor, options: { asTuple: true }): Tensor[];
export function nonzero(input: Tensor, options: { asTuple?: boolean }): Tensor | Tensor[];
export function nonzero(input: Tensor, options?: { asTuple?: boolean } | null): Tensor | Tensor[] {
  options ??= {};
  call.checkOptions(options, ["asTuple"], "nonzero");
  if (!options.asTuple) return positions(input);
  // a 0-d tensor has a vector of indices, too
  const from = input instanceof Tensor && input.ndim === 0 ? functions.reshape(input, [1]) : input;
  return functions.unbind(positions(from), 1);
}

const positions = (input: Tensor): Tensor =>
  reading("torch.nonzero", () => call.wrap(core.op_nonzero(call.tensorArg(input, "nonzero", "input", 1))));

export interface UniqueOptions {
  /** The result is sorted whatever this says. */
  sorted?: boolean;
  returnInverse?: boolean;
  returnCounts?: boolean;
  dim?: number | null;
}

function distinct(
  run: (input: number, dim: number) => number,
  op: string,
  input: Tensor,
  options: UniqueOptions,
): Tensor | Tensor[] {
  const dim = call.optionalIntArg(options.dim, op, "dim", 5);
  const handle = call.tensorArg(input, op, "input", 1);
  const name = op === "unique" ? "torch.unique" : "torch.uniqueConsecutive";
  const [output, inverse, counts] = call.wrapList(reading(name, () => run(handle, dim))) as [Tensor, Tensor, Tensor];
  const results = [output];
  if (options.returnInverse) results.push(inverse);
  else inverse.dispose();
  if (options.returnCounts) results.push(counts);
  else counts.dispose();
  return results.length === 1 ? output : results;
}

/** Positional arguments in PyTorch's order, or options. */
function uniqueOptions(names: readonly (keyof UniqueOptions)[], op: string, args: readonly unknown[]): UniqueOptions {
  const options: Record<string, unknown> = {};
  args.forEach((value, i) => {
    if (call.isOptions(value)) {
      call.checkOptions(value, names, op);
      Object.assign(options, value);
    } else if (value !== undefined) options[names[i]!] = value;
  });
  return options;
}

/**
 * The distinct elements in order, or with `dim` the distinct slices; also which of them every element is (returnInverse) and
 * how often each occurs (returnCounts): then a list. Follows torch.unique.
 * @example
 * torch.unique(torch.tensor([2, 1, 2])); // tensor([1., 2.])
 * const [values, inverse] = torch.unique(torch.tensor([2, 1, 2]), { returnInverse: true });
 * inverse; // tensor([1, 0, 1])
 */
export function unique(
  input: Tensor,
  options?: UniqueOptions & { returnInverse?: false; returnCounts?: false },
): Tensor;
export function unique(input: Tensor, options: UniqueOptions): Tensor[];
export function unique(
  input: Tensor,
  sorted?: boolean,
  returnInverse?: boolean,
  returnCounts?: boolean,
  dim?: number | null,
): Tensor | Tensor[];
export function unique(input: Tensor, ...args: unknown[]): Tensor | Tensor[] {
  const names = ["sorted", "returnInverse", "returnCounts", "dim"] as const;
  return distinct(core.op_uniqueRows, "unique", input, uniqueOptions(names, "unique", args));
}

/**
 * The elements (or slices of `dim`) without consecutive repetitions; the results of `unique`. Follows torch.unique_consecutive.
 * @example
 * torch.uniqueConsecutive(torch.tensor([1, 1, 2, 1])); // tensor([1., 2., 1.])
 */
export function uniqueConsecutive(
  input: Tensor,
  options?: Omit<UniqueOptions, "sorted"> & { returnInverse?: false; returnCounts?: false },
): Tensor;
export function uniqueConsecutive(input: Tensor, options: Omit<UniqueOptions, "sorted">): Tensor[];
export function uniqueConsecutive(
  input: Tensor,
  returnInverse?: boolean,
  returnCounts?: boolean,
  dim?: number | null,
): Tensor | Tensor[];
export function uniqueConsecutive(input: Tensor, ...args: unknown[]): Tensor | Tensor[] {
  const names = ["returnInverse", "returnCounts", "dim"] as const;
  return distinct(core.op_uniqueRuns, "unique_consecutive", input, uniqueOptions(names, "unique_consecutive", args));
}

/**
 * input where condition is true, else other, broadcast; with the condition alone its nonzero indices, a vector for every dim.
 * Follows torch.where.
 * @example
 * torch.where(torch.tensor([true, false]), torch.tensor([1, 2]), 0); // tensor([1., 0.])
 */
export function where(condition: Tensor): Tensor[];
export function where(condition: Tensor, input: Tensor | Scalar, other: Tensor | Scalar): Tensor;
export function where(condition: Tensor, ...args: unknown[]): Tensor | Tensor[] {
  if (args.length === 0) return nonzero(condition, { asTuple: true });
  return (functions.where as (...args: unknown[]) => Tensor)(condition, ...args);
}

export interface HistogramOptions {
  range?: readonly [number, number] | null;
  weight?: Tensor | null;
  density?: boolean;
}

/**
 * How many elements (or how much weight) each bin holds, and the edges of the bins: a number of even ones over `range` (by
 * default from the least to the greatest element), or a tensor of edges. Follows torch.histogram.
 * @example
 * torch.histogram(torch.tensor([1, 2, 1]), 2)[0]; // tensor([2., 1.])
 */
export function histogram(
  input: Tensor,
  bins: number | Tensor,
  options?: HistogramOptions | null,
): call.Named<"hist" | "binEdges"> {
  options ??= {};
  call.checkOptions(options, ["range", "weight", "density"], "histogram");
  const handle = call.tensorArg(input, "histogram", "input", 1);
  const weight = call.optionalTensorArg(options.weight, "histogram", "weight", 3);
  const density = options.density ? 1 : 0;
  const names = ["hist", "binEdges"] as const;
  if (bins instanceof Tensor) {
    const edges = live(bins);
    const count = reading("torch.histogram", () => core.op_histogramEdges(handle, edges, weight, density));
    return call.wrapNamed(count, names);
  }
  const [low, high] = options.range ? options.range.map((x) => call.scalarWord(new FloatScalar(x))) : [0, 0];
  const count = call.intArg(bins, "histogram", "bins", 2);
  const results = reading("torch.histogram", () => core.op_histogramEven(handle, count, low!, high!, weight, density));
  return call.wrapNamed(results, names);
}

// ---- in place --------------------------------------------------------------------------------------------------------

type Geometry = (this: Tensor, ...args: never[]) => Tensor;

/** A method that applies the view op of another name to the tensor itself: its wrapper takes over the view's handle. */
function inPlace(name: string): Geometry {
  return function (this: Tensor, ...args: never[]): Tensor {
    if (this.requiresGrad && this.isLeaf && isGradEnabled()) {
      throw new RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.");
    }
    const view = (this as unknown as Record<string, (...args: never[]) => Tensor>)[name]!(...args);
    const old = live(this);
    core.retain(view.handle);
    this.handle = view.handle;
    this.token.handles[this.slot] = view.handle;
    core.release(old);
    view.dispose();
    return this;
  };
}

export const shapeMethods: Record<string, unknown> = {
  squeeze_: inPlace("squeeze"),
  unsqueeze_: inPlace("unsqueeze"),
  transpose_: inPlace("transpose"),
  swapaxes_: inPlace("transpose"),
  swapdims_: inPlace("transpose"),
  t_: inPlace("t"),
  asStrided_: inPlace("asStrided"),
  fillDiagonal_(this: Tensor, ...given: unknown[]) {
    const [value, wrap] = positional(given, ["fillValue", "wrap"], "fill_diagonal_");
    const number = call.scalarArg(value, "fill_diagonal_", "fillValue", 1);
    const all = wrap !== undefined && call.boolArg(wrap, "fill_diagonal_", "wrap", 2) !== 0;
    const { shape } = this;
    if (shape.length < 2) throw new RuntimeError("dimensions must larger than 1");
    if (shape.length > 2 && shape.some((size) => size !== shape[0]))
      throw new RuntimeError("all dimensions of input must be of equal length");
    const [rows, columns] = shape as [number, number];
    const count =
      all && shape.length === 2 && rows > columns ? Math.ceil((rows * columns) / (columns + 1)) : Math.min(...shape);
    const step = this.stride().reduce((sum, stride) => sum + stride, 0);
    functions.asStrided(this, [count], [step], this.storageOffset()).fill_(number);
    return this;
  },
  nonzero(this: Tensor, options?: { asTuple?: boolean }) {
    return nonzero(this, options ?? {});
  },
  unique(this: Tensor, ...args: []) {
    return unique(this, ...args);
  },
  uniqueConsecutive(this: Tensor, ...args: []) {
    return uniqueConsecutive(this, ...args);
  },
  tensorSplit(this: Tensor, indicesOrSections: Cuts, dim?: number) {
    return tensorSplit(this, indicesOrSections, dim);
  },
  hsplit(this: Tensor, indicesOrSections: number | readonly number[]) {
    return hsplit(this, indicesOrSections);
  },
  vsplit(this: Tensor, indicesOrSections: number | readonly number[]) {
    return vsplit(this, indicesOrSections);
  },
  dsplit(this: Tensor, indicesOrSections: number | readonly number[]) {
    return dsplit(this, indicesOrSections);
  },
  histogram(this: Tensor, bins: number | Tensor, options?: HistogramOptions) {
    return histogram(this, bins, options);
  },
};
call.defineMethods(Tensor, shapeMethods);

Object.defineProperties(Tensor.prototype, {
  /** All dims in reverse; follows torch.Tensor.T. */
  T: {
    get(this: Tensor) {
      return call.wrap(core.op_reverseDims(live(this)));
    },
    configurable: true,
  },
  /** The last two dims exchanged; follows torch.Tensor.mT. */
  mT: {
    get(this: Tensor) {
      if (this.ndim === 0) return this;
      return call.wrap(core.op_matrixTranspose(live(this)));
    },
    configurable: true,
  },
  /** The last two dims exchanged, and conjugated; follows torch.Tensor.mH. */
  mH: {
    get(this: Tensor) {
      return this.isComplex() ? this.mT.conj() : this.mT;
    },
    configurable: true,
  },
  /** The real parts, a view; follows torch.Tensor.real. */
  real: {
    get(this: Tensor) {
      return this.isComplex() ? call.wrap(core.op_real(live(this))) : this;
    },
    configurable: true,
  },
  /** The imaginary parts, a view; follows torch.Tensor.imag. */
  imag: {
    get(this: Tensor) {
      return call.wrap(core.op_imag(live(this)));
    },
    configurable: true,
  },
});

/** The methods and properties that this file adds to Tensor. */
export interface ShapeMethods {
  /** A view with all dims in reverse order. */
  readonly T: Tensor;
  /** A view with the last two dims exchanged. */
  readonly mT: Tensor;
  /** A view with the last two dims exchanged; of a complex tensor the conjugate of that. */
  readonly mH: Tensor;
  /** The real parts, a view. */
  readonly real: Tensor;
  /** The imaginary parts, a view. @throws RuntimeError for a real tensor */
  readonly imag: Tensor;
  /**
   * Writes a value along the diagonal; with `wrap`, a tall matrix has it again after each full diagonal.
   * Shapes: [N, M], or more dims of one size. Follows torch.Tensor.fill_diagonal_.
   * @throws RuntimeError for fewer than 2 dims, or more of different sizes
   * @example
   * torch.zeros(2, 3).fillDiagonal_(5); // tensor([[5., 0., 0.], [0., 5., 0.]])
   */
  fillDiagonal_(fillValue: Scalar, wrap?: boolean | { wrap?: boolean }): this;
  /**
   * Takes dims of size 1 out of this very tensor.
   * Follows torch.Tensor.squeeze_.
   * @example
   * torch.zeros(2, 1).squeeze_().shape; // [2]
   */
  squeeze_(dim?: number): this;
  /**
   * Puts a dim of size 1 into this very tensor.
   * Follows torch.Tensor.unsqueeze_.
   * @example
   * torch.zeros(2).unsqueeze_(1).shape; // [2, 1]
   */
  unsqueeze_(dim: number): this;
  /**
   * Exchanges two dims of this very tensor.
   * Follows torch.Tensor.transpose_.
   * @example
   * torch.tensor([[1, 2], [3, 4]]).transpose_(0, 1); // tensor([[1., 3.], [2., 4.]])
   */
  transpose_(dim0: number, dim1: number): this;
  /**
   * Another name of transpose_.
   * Follows torch.Tensor.swapaxes_.
   * @example
   * torch.tensor([[1, 2], [3, 4]]).swapaxes_(0, 1); // tensor([[1., 3.], [2., 4.]])
   */
  swapaxes_(dim0: number, dim1: number): this;
  /**
   * Another name of transpose_.
   * Follows torch.Tensor.swapdims_.
   * @example
   * torch.tensor([[1, 2], [3, 4]]).swapdims_(0, 1); // tensor([[1., 3.], [2., 4.]])
   */
  swapdims_(dim0: number, dim1: number): this;
  /**
   * Transposes this very tensor of at most 2 dims.
   * Follows torch.Tensor.t_.
   * @example
   * torch.tensor([[1, 2], [3, 4]]).t_(); // tensor([[1., 3.], [2., 4.]])
   */
  t_(): this;
  /**
   * Gives this very tensor sizes, strides and offset, in elements.
   * Follows torch.Tensor.as_strided_.
   * @example
   * torch.arange(6).asStrided_([2, 2], [3, 1], 1); // tensor([[1, 2], [4, 5]])
   */
  asStrided_(size: readonly number[], stride: readonly number[], storageOffset?: number | null): this;
  /**
   * The indices of all elements that are not 0, as rows; see torch.nonzero.
   * @example
   * torch.tensor([0, 5, 6]).nonzero(); // tensor([[1], [2]])
   */
  nonzero(): Tensor;
  nonzero(options: { asTuple: true }): Tensor[];
  /**
   * The different elements, sorted; see torch.unique.
   * @example
   * torch.tensor([2, 1, 2]).unique(); // tensor([1., 2.])
   */
  unique(options?: UniqueOptions & { returnInverse?: false; returnCounts?: false }): Tensor;
  unique(options: UniqueOptions): Tensor[];
  /**
   * The elements without those equal to the one before; see torch.uniqueConsecutive.
   * @example
   * torch.tensor([1, 1, 2, 1]).uniqueConsecutive(); // tensor([1., 2., 1.])
   */
  uniqueConsecutive(options?: Omit<UniqueOptions, "sorted"> & { returnInverse?: false; returnCounts?: false }): Tensor;
  uniqueConsecutive(options: Omit<UniqueOptions, "sorted">): Tensor[];
  /**
   * Views of pieces of a dim: so many of nearly one size, or cut at indices; see torch.tensorSplit.
   * @example
   * torch.arange(5).tensorSplit(2); // [tensor([0, 1, 2]), tensor([3, 4])]
   */
  tensorSplit(indicesOrSections: Cuts, dim?: number): Tensor[];
  /**
   * tensorSplit along dim 1, of a vector along dim 0.
   * Follows torch.Tensor.hsplit.
   * @example
   * torch.tensor([1, 2, 3, 4]).hsplit(2); // [tensor([1., 2.]), tensor([3., 4.])]
   */
  hsplit(indicesOrSections: number | readonly number[]): Tensor[];
  /**
   * tensorSplit along dim 0.
   * Follows torch.Tensor.vsplit.
   * @example
   * torch.tensor([[1, 2], [3, 4]]).vsplit(2); // [tensor([[1., 2.]]), tensor([[3., 4.]])]
   */
  vsplit(indicesOrSections: number | readonly number[]): Tensor[];
  /**
   * tensorSplit along dim 2.
   * Follows torch.Tensor.dsplit.
   * @example
   * torch.zeros(1, 1, 4).dsplit(2)[0].shape; // [1, 1, 2]
   */
  dsplit(indicesOrSections: number | readonly number[]): Tensor[];
  /**
   * The counts of elements in bins, and the bins' edges; see torch.histogram.
   * @example
   * torch.tensor([1, 2, 1]).histogram(2)[0]; // tensor([2., 1.])
   */
  histogram(bins: number | Tensor, options?: HistogramOptions): call.Named<"hist" | "binEdges">;
}
