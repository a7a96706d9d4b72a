// Tensors from JavaScript values: numbers, nested arrays, typed arrays.
//
// The dtype never depends on the values: numbers give the default dtype (float32), booleans bool, BigInts int64, typed
// arrays their own; `dtype` overrides. JavaScript's Uint16Array becomes int32, Uint32Array and BigUint64Array int64.

import { core, currentBuffer, i32 } from "../core.ts";
import { RuntimeError, TypeError, ValueError } from "../error.ts";
import { checkOptions, ints, isOptions, typeName } from "./call.ts";
import { defaultDtypeCode } from "./defaults.ts";
import { Code, deviceCode, DTYPES, dtypeCode, ITEM_SIZES, type Device, type DType, type TypedArray } from "./dtype.ts";
import { converted } from "./move.ts";
import { arrayConstructor, itemsPerElement } from "./read.ts";
import { FloatScalar } from "./scalar.ts";
import { Tensor } from "./tensor.ts";

/** What `torch.tensor` accepts. */
export type TensorData = number | bigint | boolean | FloatScalar | Tensor | ArrayBufferView | readonly TensorData[];

export interface TensorOptions {
  dtype?: DType;
  device?: Device;
  requiresGrad?: boolean;
}

/** An uninitialised tensor on the CPU as an owned handle. */
export function emptyHandle(shape: readonly number[], code: number, device = 0): number {
  return core.empty(ints(shape, "empty", "size", 1), code, device);
}

/** The memory of a fresh, contiguous CPU tensor, to be written. Valid until the next call into the core. */
export function memoryOf(handle: number, count: number): TypedArray {
  const at = handle >>> 2;
  const code = i32[at + 1]! & 0xff;
  const start = i32[(i32[at + 2]! >>> 2) + 1]! >>> 0;
  return new (arrayConstructor(code))(currentBuffer(), start, count * itemsPerElement(code));
}

/**
 * A tensor of its own memory with the given elements; follows torch.tensor.
 * @param data a number, nested arrays of numbers, booleans or BigInts, typed arrays (also nested), 0-d tensors, or a tensor to copy
 * @throws ValueError for ragged arrays, TypeError for elements that are no numbers, RuntimeError for values beyond the dtype's range
 * @example
 * torch.tensor([[1, 2], [3, 4]]); // tensor([[1., 2.], [3., 4.]])
 * torch.tensor([1n, 2n]).dtype; // "int64"
 * torch.tensor([true, false]); // tensor([True, False])
 */
export function tensor(data: TensorData, options?: TensorOptions | null): Tensor {
  options ??= {};
  const asked = options.dtype === undefined || options.dtype === null ? -1 : dtypeCode(options.dtype);
  let result: Tensor;
  if (data instanceof Tensor) {
    const source = data.detach();
    result = asked >= 0 && asked !== data.dtypeCode ? source.to(DTYPES[asked]!) : source.clone();
    source.dispose();
  } else {
    result = fromValues(data, asked);
  }
  return finish(result, options);
}

function finish(result: Tensor, options: TensorOptions): Tensor {
  if (!isOptions(options as unknown))
    throw new TypeError(
      `tensor(): dtype and device are given by name, { dtype: "float32" }, not by ${typeName(options)}`,
    );
  checkOptions(options, ["dtype", "device", "requiresGrad", "pinMemory"], "tensor");
  if (options.device !== undefined && deviceCode(options.device) !== 0) {
    const host = result;
    result = converted(host, undefined, options.device);
    if (result !== host) host.dispose();
  }
  if (options.requiresGrad === true) {
    if (!result.isFloatingPoint() && !result.isComplex()) {
      result.dispose();
      throw new RuntimeError("Only Tensors of floating point and complex dtype can require gradients");
    }
    result.requiresGrad = true;
  }
  return result;
}

/**
 * The tensor itself where it already has the dtype and the device, else a new one; follows torch.as_tensor.
 * JavaScript's arrays and typed arrays lie outside the wasm memory and are copied.
 * @example
 * torch.asTensor([1, 2]); // tensor([1., 2.])
 */
export function asTensor(data: TensorData, options?: TensorOptions | null): Tensor {
  options ??= {};
  if (!(data instanceof Tensor)) return tensor(data, options);
  if (options.dtype === undefined && options.device === undefined) return data;
  return converted(data, options.dtype ?? undefined, options.device ?? undefined);
}

function fromValues(data: unknown, asked: number): Tensor {
  if (ArrayBuffer.isView(data)) return fromTypedArray(data, [lengthOf(data)], asked);
  const shape = shapeOf(data);
  const kind: Kind = { code: -1 };
  scan(data, shape, 0, kind);
  const natural = kind.code < 0 ? defaultDtypeCode() : kind.code;
  const target = asked < 0 ? natural : asked;
  const halves = target === Code.Float16 || target === Code.BFloat16;
  if (target === Code.Complex64 || target === Code.Complex128) {
    const real = fromValues(data, target === Code.Complex64 ? Code.Float32 : Code.Float64);
    return convert(real, target);
  }
  const code = halves ? Code.Float32 : target;
  const handle = emptyHandle(shape, code);
  try {
    const count = shape.reduce((a, b) => a * b, 1);
    // elements that are tensors are read while `memory` is being written: reading does not grow the memory
    write(data, shape, 0, memoryOf(handle, count), 0, writerFor(code));
  } catch (error) {
    core.release(handle);
    throw error;
  }
  return convert(new Tensor(handle), target);
}

function convert(made: Tensor, target: number): Tensor {
  if (made.dtypeCode === target) return made;
  const converted = made.to(DTYPES[target]!);
  made.dispose();
  return converted;
}

/** The sizes that the first elements along each dimension suggest, as PyTorch finds them. */
function shapeOf(data: unknown): number[] {
  const shape: number[] = [];
  for (let level = data; ; level = (level as unknown[])[0]) {
    if (Array.isArray(level)) {
      shape.push(level.length);
      if (level.length === 0) return shape;
    } else if (ArrayBuffer.isView(level)) {
      shape.push(lengthOf(level));
      return shape;
    } else if (level instanceof Tensor) {
      shape.push(...level.shape);
      return shape;
    } else {
      return shape;
    }
    if (shape.length > 64) throw new ValueError("too many dimensions: the nested arrays contain themselves");
  }
}

interface Kind {
  code: number;
}

/** Finds the common dtype, and refuses what is ragged or no number. */
function scan(data: unknown, shape: readonly number[], dim: number, kind: Kind): void {
  if (dim === shape.length) {
    kind.code = join(kind.code, elementCode(data));
    return;
  }
  const length = Array.isArray(data)
    ? data.length
    : ArrayBuffer.isView(data)
      ? lengthOf(data)
      : data instanceof Tensor && data.ndim > 0
        ? data.size(0)
        : -1;
  if (length < 0) throw new TypeError(dim === 0 ? wrongData(data) : "not a sequence");
  if (length !== shape[dim]) {
    throw new ValueError(`expected sequence of length ${shape[dim]} at dim ${dim} (got ${length})`);
  }
  if (data instanceof Tensor) {
    if (data.ndim !== shape.length - dim || !data.shape.every((size, i) => size === shape[dim + i])) {
      throw new ValueError(
        `expected sequence of length ${shape[dim]} at dim ${dim} (got a tensor of shape [${data.shape.join(", ")}])`,
      );
    }
    kind.code = join(kind.code, data.dtypeCode);
  } else if (ArrayBuffer.isView(data)) {
    if (dim !== shape.length - 1) throw new TypeError("not a sequence");
    kind.code = join(kind.code, codeOfArray(data));
  } else {
    for (const item of data as unknown[]) scan(item, shape, dim + 1, kind);
  }
}

function elementCode(value: unknown): number {
  switch (typeof value) {
    case "number":
      return defaultDtypeCode();
    case "boolean":
      return Code.Bool;
    case "bigint":
      return Code.Int64;
    case "string":
      throw new ValueError("too many dimensions 'str'");
    default:
      if (value instanceof FloatScalar) return defaultDtypeCode();
      if (value instanceof Tensor && value.numel() === 1) return value.dtypeCode;
      if (Array.isArray(value) || ArrayBuffer.isView(value)) {
        throw new TypeError("'list' object cannot be interpreted as an integer");
      }
      throw new RuntimeError(wrongData(value));
  }
}

const wrongData = (value: unknown): string =>
  typeof value === "string" ? "new(): invalid data type 'str'" : `Could not infer dtype of ${typeName(value)}`;

/** What a list of both kinds has; floats decide over ints, ints over bools. */
function join(a: number, b: number): number {
  if (a === b || a < 0) return b;
  const rank = (code: number): number => (code === Code.Bool ? 0 : code <= Code.Int64 ? 1 : 2);
  if (rank(a) !== rank(b)) return rank(a) > rank(b) ? a : b;
  return rank(a) === 1 ? Math.max(a, b) : a === Code.Float64 || b === Code.Float64 ? Code.Float64 : defaultDtypeCode();
}

type Writer = (memory: TypedArray, at: number, value: number | bigint | boolean) => void;

/** How a JavaScript value becomes an element: checked as PyTorch checks it. */
function writerFor(code: number): Writer {
  switch (code) {
    case Code.Bool:
      return (memory, at, value) => {
        memory[at] = Number.isNaN(value) || value ? 1 : 0;
      };
    case Code.Int64:
      return (memory, at, value) => {
        if (typeof value === "bigint" ? BigInt.asIntN(64, value) !== value : !(Math.abs(Number(value)) < 2 ** 63))
          overflow(code);
        memory[at] = typeof value === "bigint" ? value : BigInt(Math.trunc(Number(value)));
      };
    case Code.Float32:
    case Code.Float64:
      return (memory, at, value) => {
        memory[at] = Number(value);
      };
    default: {
      const bits = ITEM_SIZES[code]! * 8;
      const most = code === Code.Uint8 ? 255 : 2 ** (bits - 1) - 1;
      const least = code === Code.Uint8 ? -255 : -(2 ** (bits - 1));
      return (memory, at, value) => {
        const integer = Math.trunc(Number(value));
        if (!(integer <= most && integer >= least)) overflow(code);
        memory[at] = integer;
      };
    }
  }
}

function overflow(code: number): never {
  throw new RuntimeError(`value cannot be converted to type ${DTYPES[code]} without overflow`);
}

/** Writes `data` in row-major order from `at` on; returns the place after it. */
function write(
  data: unknown,
  shape: readonly number[],
  dim: number,
  memory: TypedArray,
  at: number,
  put: Writer,
): number {
  if (data instanceof Tensor) {
    const elements = [data.tolist()] as unknown[];
    for (const value of elements.flat(64) as number[]) put(memory, at++, value);
    return at;
  }
  if (dim === shape.length) {
    put(memory, at, data instanceof FloatScalar ? data.value : (data as number));
    return at + 1;
  }
  if (ArrayBuffer.isView(data)) {
    for (const value of data as unknown as Iterable<number>) put(memory, at++, value);
    return at;
  }
  for (const item of data as unknown[]) at = write(item, shape, dim + 1, memory, at, put);
  return at;
}

// ---- typed arrays

function lengthOf(view: ArrayBufferView): number {
  const length = (view as Uint8Array).length;
  if (length === undefined)
    throw new TypeError("Could not infer dtype of DataView: use a typed array or torch.fromBuffer");
  return length;
}

/** The dtype of a typed array. */
function codeOfArray(view: ArrayBufferView): number {
  switch (Object.prototype.toString.call(view)) {
    case "[object Float32Array]":
      return Code.Float32;
    case "[object Float64Array]":
      return Code.Float64;
    case "[object Float16Array]":
      return Code.Float16;
    case "[object Uint8Array]":
    case "[object Uint8ClampedArray]":
      return Code.Uint8;
    case "[object Int8Array]":
      return Code.Int8;
    case "[object Int16Array]":
      return Code.Int16;
    case "[object Int32Array]":
    case "[object Uint16Array]":
      return Code.Int32;
    case "[object BigInt64Array]":
    case "[object BigUint64Array]":
    case "[object Uint32Array]":
      return Code.Int64;
    default:
      throw new TypeError(`Could not infer dtype of ${typeName(view)}`);
  }
}

/** A copy of a typed array in the shape given. */
export function fromTypedArray(view: ArrayBufferView, shape: readonly number[], asked = -1): Tensor {
  const code = codeOfArray(view);
  const count = lengthOf(view);
  const handle = emptyHandle(shape, code);
  const memory = memoryOf(handle, count);
  if (Object.prototype.toString.call(view) === "[object Uint32Array]") {
    (memory as BigInt64Array).set(Array.from(view as Uint32Array, BigInt));
  } else if (code === Code.Float16) {
    (memory as Uint16Array).set(new Uint16Array(view.buffer, view.byteOffset, count));
  } else {
    (memory as Float32Array).set(view as Float32Array);
  }
  return convert(new Tensor(handle), asked < 0 ? code : asked);
}
