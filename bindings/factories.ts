// Tensors made from nothing: constants and ranges. Sizes may be given as numbers or as one list, options as a last plain
// object: zeros(2, 3), zeros([2, 3], { dtype: "int64" }).

import { core } from "./core.ts";
import { TypeError } from "./error.ts";
import {
  checkOptions,
  intArg,
  ints,
  isOptions,
  optionalIntArg,
  scalarArg,
  scalarWord,
  self,
  wrongType,
} from "./tensor/call.ts";
import { defaultDtypeCode } from "./tensor/defaults.ts";
import { type Device, type DType, deviceCode, dtypeCode } from "./tensor/dtype.ts";
import type { Scalar } from "./tensor/scalar.ts";
import { Tensor } from "./tensor/tensor.ts";

export interface FactoryOptions {
  dtype?: DType | null;
  device?: Device | null;
  requiresGrad?: boolean;
}

/** Sizes as numbers or one list, then options. */
export type SizeArguments =
  [...(number[] | [size: readonly number[]]), FactoryOptions] | number[] | [size: readonly number[]];

const NAMES = ["dtype", "device", "requiresGrad", "generator", "size", "pinMemory"];
/** What any of those has that take no sizes. */
const OTHERS = [...NAMES, "start", "end", "step", "steps", "base", "m", "offset"];

/** @internal Splits `sizes…, options`. */
export function sizesOf<O extends object>(
  op: string,
  args: readonly unknown[],
): { size: readonly number[]; options: O } {
  const last = args.at(-1);
  const hasOptions = isOptions(last);
  const sizes = hasOptions ? args.slice(0, -1) : args;
  const options = (hasOptions ? last : {}) as O & { size?: readonly number[] };
  checkOptions(options, NAMES, op);
  const given: unknown = options.size ?? (Array.isArray(sizes[0]) ? sizes[0] : sizes);
  if (!Array.isArray(given)) {
    throw new TypeError(`${op}(): argument 'size' (position 1) must be tuple of ints, not ${describe(given)}`);
  }
  const size = (given as number[]).map((n) => (typeof n === "bigint" ? Number(n) : n));
  for (const n of size) {
    if (typeof n !== "number" || !Number.isInteger(n))
      throw new TypeError(`${op}(): argument 'size' must be tuple of ints, but found element of type ${describe(n)}`);
  }
  return { size, options };
}

const describe = (x: unknown): string => (typeof x === "number" ? `float (${x})` : typeof x);

/** @internal */
export function dtypeOr(options: FactoryOptions | null, fallback: number): number {
  const dtype = options?.dtype;
  return dtype === undefined || dtype === null ? fallback : dtypeCode(dtype);
}

/** @internal */
export function deviceOr(options: FactoryOptions | null, fallback = 0): number {
  const device = options?.device;
  return device === undefined || device === null ? fallback : deviceCode(device);
}

/** @internal */
export function made(handle: number, options: FactoryOptions | null, op?: string): Tensor {
  const t = new Tensor(handle);
  if (op !== undefined && options !== null) checkOptions(options, OTHERS, op);
  if (options?.requiresGrad) t.requiresGrad = true;
  return t;
}

function fill(op: string, size: readonly number[], value: Scalar, dtype: number, device: number): number {
  return core.op_full(ints(size, op, "size", 1), scalarWord(value), dtype, device);
}

/**
 * A tensor of zeros; follows torch.zeros.
 * @throws RuntimeError for a negative size
 * @example
 * torch.zeros(2, 3, { dtype: "int64" }); // tensor([[0, 0, 0], [0, 0, 0]])
 */
export function zeros(...args: SizeArguments): Tensor {
  const { size, options } = sizesOf<FactoryOptions>("zeros", args);
  return made(fill("zeros", size, 0, dtypeOr(options, defaultDtypeCode()), deviceOr(options)), options);
}

/**
 * A tensor of ones; follows torch.ones.
 * @example
 * torch.ones(2, 2); // tensor([[1., 1.], [1., 1.]])
 */
export function ones(...args: SizeArguments): Tensor {
  const { size, options } = sizesOf<FactoryOptions>("ones", args);
  return made(fill("ones", size, 1, dtypeOr(options, defaultDtypeCode()), deviceOr(options)), options);
}

/**
 * A tensor whose elements are whatever the memory holds; follows torch.empty.
 * @example
 * torch.empty(2, 3).shape; // [2, 3]
 */
export function empty(...args: SizeArguments): Tensor {
  const { size, options } = sizesOf<FactoryOptions>("empty", args);
  const dtype = dtypeOr(options, defaultDtypeCode());
  return made(core.empty(ints(size, "empty", "size", 1), dtype, deviceOr(options)), options);
}

/**
 * A tensor filled with one value; the dtype follows the value unless given: integral numbers and BigInts int64, others float32,
 * booleans bool. Follows torch.full.
 * @example
 * torch.full([2, 2], 0.5); // tensor([[0.5000, 0.5000], [0.5000, 0.5000]])
 */
export function full(size: readonly number[] | number, fillValue: Scalar, options: FactoryOptions = {}): Tensor {
  const { size: sizes } = sizesOf("full", [size]);
  const value = scalarArg(fillValue, "full", "fill_value", 2);
  const dtype = dtypeOr(options, -1);
  return made(fill("full", sizes, value, dtype, deviceOr(options)), options, "full");
}

/**
 * A 0-d tensor; follows torch.scalar_tensor.
 * @example
 * torch.scalarTensor(2); // tensor(2.)
 */
export function scalarTensor(s: Scalar, options: FactoryOptions = {}): Tensor {
  const value = scalarArg(s, "scalar_tensor", "s", 1);
  const handle = core.op_scalarTensor(scalarWord(value), dtypeOr(options, -1), deviceOr(options));
  return made(handle, options, "scalar_tensor");
}

/**
 * A tensor of another's shape, memory order, dtype and device filled with one value; follows torch.full_like.
 * @example
 * torch.fullLike(torch.zeros(2), 7); // tensor([7., 7.])
 */
export function fullLike(input: Tensor, fillValue: Scalar, options: FactoryOptions = {}): Tensor {
  const value = scalarArg(fillValue, "full_like", "fill_value", 2);
  const [dtype, device] = [dtypeOr(options, -1), deviceOr(options, -1)];
  return made(core.op_fullLike(self(input), scalarWord(value), dtype, device), options, "full_like");
}

/**
 * Zeros of the shape, dtype and device of another tensor; follows torch.zeros_like.
 * @example
 * torch.zerosLike(torch.ones(2)); // tensor([0., 0.])
 */
export function zerosLike(input: Tensor, options: FactoryOptions = {}): Tensor {
  return fullLike(input, 0, options);
}

/**
 * Ones of the shape, dtype and device of another tensor; follows torch.ones_like.
 * @example
 * torch.onesLike(torch.zeros(2)); // tensor([1., 1.])
 */
export function onesLike(input: Tensor, options: FactoryOptions = {}): Tensor {
  return fullLike(input, 1, options);
}

/**
 * An uninitialised tensor of the shape, dtype and device of another; follows torch.empty_like.
 * @example
 * torch.emptyLike(torch.zeros(2, 3)).shape; // [2, 3]
 */
export function emptyLike(input: Tensor, options: FactoryOptions = {}): Tensor {
  return made(core.op_emptyLike(self(input), dtypeOr(options, -1), deviceOr(options, -1)), options, "empty_like");
}

/**
 * An uninitialised tensor with the given sizes and strides (in elements); follows torch.empty_strided.
 * @example
 * torch.emptyStrided([2, 3], [1, 2]).stride(); // [1, 2]
 */
export function emptyStrided(size: readonly number[], stride: readonly number[], options: FactoryOptions = {}): Tensor {
  if (size === undefined || size === null) wrongType(size, "empty_strided", "size", 1, "tuple of ints");
  if (stride === undefined || stride === null) wrongType(stride, "empty_strided", "stride", 2, "tuple of ints");
  const at = ints(size, "empty_strided", "size", 1);
  const handle = core.op_emptyStrided(
    at,
    ints(stride, "empty_strided", "stride", 2),
    dtypeOr(options, defaultDtypeCode()),
    deviceOr(options),
  );
  return made(handle, options, "empty_strided");
}

/**
 * start, start + step, … below end; int64 if all arguments are integral, else float32. Follows torch.arange.
 * @throws RuntimeError for a zero step, one that leads away from end, and infinite bounds
 * @example
 * torch.arange(0, 1, 0.25); // tensor([0.0000, 0.2500, 0.5000, 0.7500])
 */
export function arange(end: Scalar, options?: FactoryOptions): Tensor;
export function arange(start: Scalar, end: Scalar, options?: FactoryOptions): Tensor;
export function arange(start: Scalar, end: Scalar, step: Scalar, options?: FactoryOptions): Tensor;
export function arange(...args: (Scalar | FactoryOptions | undefined)[]): Tensor {
  const last = args.at(-1);
  type Named = FactoryOptions & { start?: Scalar; end?: Scalar; step?: Scalar };
  const options: Named = isOptions(last) ? (last as Named) : {};
  const numbers = (isOptions(last) ? args.slice(0, -1) : args).filter((x) => x !== undefined) as Scalar[];
  const [first, second, third] = numbers;
  const start = options.start ?? (numbers.length > 1 || options.end !== undefined ? (first ?? 0) : 0);
  const end = options.end ?? (numbers.length > 1 ? second! : first!);
  const step = options.step ?? third ?? 1;
  if (end === undefined) throw new TypeError('arange() missing 1 required positional arguments: "end"');
  return made(progression("op_arange", start, end, step, options), options, "arange");
}

/** @internal */
export function progression(
  op: "op_arange" | "op_range",
  start: Scalar,
  end: Scalar,
  step: Scalar,
  options: FactoryOptions,
): number {
  const name = op === "op_arange" ? "arange" : "range";
  const [a, b, c] = [
    scalarArg(start, name, "start", 1),
    scalarArg(end, name, "end", 2),
    scalarArg(step, name, "step", 3),
  ];
  return core[op](scalarWord(a), scalarWord(b), scalarWord(c), dtypeOr(options, -1), deviceOr(options));
}

/**
 * `steps` numbers from start to end, both included; follows torch.linspace.
 * @example
 * torch.linspace(0, 1, 5); // tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
 */
export function linspace(
  start: Scalar,
  end: Scalar,
  steps: number | (FactoryOptions & { steps: number }),
  options: FactoryOptions = {},
): Tensor {
  const named = isOptions(steps) ? (steps as FactoryOptions & { steps: number }) : { ...options, steps };
  const [a, b] = [scalarArg(start, "linspace", "start", 1), scalarArg(end, "linspace", "end", 2)];
  const handle = core.op_linspace(
    scalarWord(a),
    scalarWord(b),
    intArg(named.steps, "linspace", "steps", 3),
    dtypeOr(named, -1),
    deviceOr(named),
  );
  return made(handle, named, "linspace");
}

/**
 * The identity matrix [n, m]; follows torch.eye.
 * @example
 * torch.eye(2); // tensor([[1., 0.], [0., 1.]])
 */
export function eye(
  n: number,
  m: number | (FactoryOptions & { m?: number }) = n,
  options: FactoryOptions = {},
): Tensor {
  const named = (isOptions(m) ? m : { ...options, m }) as FactoryOptions & { m?: number };
  const rows = intArg(n, "eye", "n", 1);
  return made(
    core.op_eye(rows, optionalIntArg(named.m, "eye", "m", 2), dtypeOr(named, -1), deviceOr(named)),
    named,
    "eye",
  );
}

/** Methods of Tensor that make new tensors with its dtype and device. */
export const factoryMethods = {
  /**
   * Zeros of the given size; follows torch.Tensor.new_zeros.
   * @example
   * torch.tensor([1]).newZeros(2); // tensor([0., 0.])
   */
  newZeros(this: Tensor, ...args: SizeArguments): Tensor {
    const { size, options } = sizesOf<FactoryOptions>("newZeros", args);
    return zeros([...size], { dtype: this.dtype, device: this.device, ...options });
  },
  /**
   * Ones of the given size; follows torch.Tensor.new_ones.
   * @example
   * torch.tensor([1]).newOnes(2); // tensor([1., 1.])
   */
  newOnes(this: Tensor, ...args: SizeArguments): Tensor {
    const { size, options } = sizesOf<FactoryOptions>("newOnes", args);
    return ones([...size], { dtype: this.dtype, device: this.device, ...options });
  },
  /**
   * An uninitialised tensor of the given size; follows torch.Tensor.new_empty.
   * @example
   * torch.tensor([1]).newEmpty(2).shape; // [2]
   */
  newEmpty(this: Tensor, ...args: SizeArguments): Tensor {
    const { size, options } = sizesOf<FactoryOptions>("newEmpty", args);
    return empty([...size], { dtype: this.dtype, device: this.device, ...options });
  },
  /**
   * A tensor of the given size filled with one value; follows torch.Tensor.new_full.
   * @example
   * torch.tensor([1]).newFull([2], 7); // tensor([7., 7.])
   */
  newFull(this: Tensor, size: readonly number[] | number, fillValue: Scalar, options: FactoryOptions = {}): Tensor {
    return full(size, fillValue, { dtype: this.dtype, device: this.device, ...options });
  },
  /**
   * An uninitialised tensor with the given sizes and strides; follows torch.Tensor.new_empty_strided.
   * @example
   * torch.tensor([1]).newEmptyStrided([2, 3], [1, 2]).stride(); // [1, 2]
   */
  newEmptyStrided(
    this: Tensor,
    size: readonly number[],
    stride: readonly number[],
    options: FactoryOptions = {},
  ): Tensor {
    return emptyStrided(size, stride, { dtype: this.dtype, device: this.device, ...options });
  },
};

/** @internal */
export type FactoryMethods = typeof factoryMethods;
