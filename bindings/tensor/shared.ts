// Tensors on memory that JavaScript also writes to. Only the wasm memory can be shared: `sharedArray` and
// `data({ copy: false })` give typed arrays on it. Any other typed array is copied, and `share: true` says so by throwing.

import { RuntimeError, TypeError, ValueError } from "../error.ts";
import { checkOptions, typeName } from "./call.ts";
import { emptyHandle, fromTypedArray, memoryOf } from "./create.ts";
import { Code, dtypeCode, ITEM_SIZES, type DType, type TypedArray } from "./dtype.ts";
import { Tensor } from "./tensor.ts";
import { core, currentBuffer } from "../core.ts";

/** The tensors behind typed arrays on the wasm memory. */
const owners = new WeakMap<ArrayBufferView, Tensor>();

/**
 * A typed array on the wasm memory, which `fromNumpy` shares instead of copying it. It becomes empty when the wasm
 * memory grows, as all views of it do: fill it before the next op.
 * @example
 * const shared = torch.sharedArray(2);
 * shared.set([1, 2]);
 * torch.fromNumpy(shared); // tensor([1., 2.])
 */
export function sharedArray(length: number, dtype: DType = "float32"): TypedArray {
  const code = dtypeCode(dtype);
  const owner = new Tensor(emptyHandle([length], code));
  const array = memoryOf(owner.handle, length);
  array.fill(0 as never);
  owners.set(array, owner);
  return array;
}

/**
 * A 1-d tensor of a typed array's elements; PyTorch's from_numpy. An array of `sharedArray` is shared, any other copied.
 * @throws RuntimeError with `share: true` when the array lies outside the wasm memory
 * @example
 * torch.fromNumpy(new Int32Array([1, 2])); // tensor([1, 2], dtype=torch.int32)
 */
export function fromNumpy(array: ArrayBufferView, options?: { share?: boolean } | null): Tensor {
  checkOptions(options, ["share"], "fromNumpy");
  if (!ArrayBuffer.isView(array)) throw new TypeError(`expected np.ndarray (got ${typeName(array)})`);
  const owner = owners.get(array);
  if (owner !== undefined && array.buffer === currentBuffer()) return new Tensor(core.alias(owner.handle));
  if (options?.share === true) {
    throw new RuntimeError(
      "this typed array lies outside the wasm memory and can only be copied; torch.sharedArray gives one that can be shared",
    );
  }
  return fromTypedArray(array, [(array as Uint8Array).length]);
}

/**
 * A 1-d tensor of the bytes of a buffer; follows torch.frombuffer. A typed array of `sharedArray` is shared: writing to one
 * shows in the other; any other buffer lies outside the wasm memory and is copied. Half types are read as raw bits.
 * @param options.dtype of a typed array: its own unless given
 * @param options.share true: raises where the buffer could only be copied
 * @param options.count how many elements; -1 for all
 * @param options.offset bytes to skip
 * @throws ValueError when the buffer's length doesn't fit
 * @example
 * torch.fromBuffer(new Float32Array([1, 2]).buffer, { dtype: "float32" }); // tensor([1., 2.])
 */
export function fromBuffer(
  buffer: ArrayBufferLike | ArrayBufferView,
  options?: { dtype?: DType; count?: number; offset?: number; requiresGrad?: boolean; share?: boolean } | null,
): Tensor {
  options ??= {};
  checkOptions(options, ["dtype", "count", "offset", "requiresGrad", "share"], "fromBuffer");
  const plain = options.dtype === undefined && options.count === undefined && options.offset === undefined;
  if (ArrayBuffer.isView(buffer) && (plain || options.share === true)) {
    const tensor = fromNumpy(buffer, { share: options.share! });
    if (options.requiresGrad === true) tensor.requiresGrad = true;
    return tensor;
  }
  if (options.dtype === undefined) throw new ValueError("fromBuffer() needs a dtype to read plain bytes");
  if (!ArrayBuffer.isView(buffer) && typeof (buffer as ArrayBuffer | null)?.byteLength !== "number") {
    throw new TypeError(`a bytes-like object is required, not '${typeName(buffer)}'`);
  }
  const bytes = ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
  const code = dtypeCode(options.dtype);
  const size = ITEM_SIZES[code]!;
  const { count = -1, offset = 0 } = options;
  const available = bytes.length - offset;
  if (bytes.length === 0) throw new ValueError(`both buffer length (0) and count (${count}) must not be 0`);
  if (offset < 0 || offset >= bytes.length) {
    throw new ValueError(
      `offset (${offset} bytes) must be non-negative and no greater than buffer length (${bytes.length} bytes) minus 1`,
    );
  }
  if (count < 0 && available % size !== 0) {
    throw new ValueError(
      `buffer length (${bytes.length} bytes) after offset (${offset} bytes) must be a multiple of element size (${size})`,
    );
  }
  const length = count < 0 ? available / size : count;
  if (length * size > available) {
    throw new ValueError(
      `requested buffer length (${length} * ${size} bytes) after offset (${offset} bytes) must not be greater than ` +
        `actual buffer length (${bytes.length} bytes)`,
    );
  }
  const handle = emptyHandle([length], code);
  const memory = memoryOf(handle, length);
  const target = new Uint8Array(memory.buffer, memory.byteOffset, length * size);
  target.set(bytes.subarray(offset, offset + length * size));
  if (code === Code.Bool) target.forEach((byte, i) => (target[i] = byte === 0 ? 0 : 1));
  const result = new Tensor(handle);
  if (options.requiresGrad === true) result.requiresGrad = true;
  return result;
}
