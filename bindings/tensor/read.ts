// Elements of CPU tensors as JavaScript values, read straight from the wasm memory.

import { BATCHED, BATCHED_ELSEWHERE, currentBuffer, word } from "../core.ts";
import { RuntimeError } from "../error.ts";
import { Code, deviceOf, ITEM_SIZES, type TypedArray } from "./dtype.ts";
import { halfToNumber } from "./half.ts";

/** An element as `item` and `tolist` give it. Complex numbers are pairs [real, imaginary]. */
export type Element = number | bigint | boolean | [number, number];

/** A layout to read along: an index function over a storage. */
export interface Elements {
  shape: number[];
  strides: number[];
  offset: number;
  /** the element at an offset into the storage */
  at(offset: number): Element;
}

type ArrayConstructor = {
  new (buffer: ArrayBufferLike, offset: number, length: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
};

const CONSTRUCTORS: readonly ArrayConstructor[] = [
  Uint8Array,
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Uint16Array,
  Float32Array,
  Float64Array,
  Float32Array,
  Float64Array,
  Uint8Array,
  Uint16Array,
] as unknown as ArrayConstructor[];

/** The typed array class that holds a dtype's elements: bool as bytes, half types as 16 raw bits, complex interleaved. */
export function arrayConstructor(code: number): ArrayConstructor {
  return CONSTRUCTORS[code]!;
}

/** Array items per element: 2 for complex dtypes. */
export function itemsPerElement(code: number): number {
  return code === Code.Complex64 || code === Code.Complex128 ? 2 : 1;
}

/** @throws RuntimeError unless the elements can be read now */
export function requireCpu(handle: number, what: string): void {
  const device = (word(handle + 4) >>> 8) & 0xff;
  if (device === 0) return;
  if (device >= BATCHED) throw new RuntimeError(batchedText.refusal(handle, what));
  if (deviceOf(device) === "meta") throw new RuntimeError(`${what}(): a tensor on the meta device has no data`);
  throw new RuntimeError(
    `${what}(): values on WebGPU can only be read asynchronously; use await x.${what}Async(), or await x.cpu() first`,
  );
}

/** The number of a tensor's device. */
export function deviceCodeOf(handle: number): number {
  return (word(handle + 4) >>> 8) & 3;
}

/** True for the stand-in of a tensor that vmap maps over (func/batched.ts). */
export function isBatched(handle: number): boolean {
  return ((word(handle + 4) >>> 8) & BATCHED) !== 0;
}

/** What is said of such tensors; vmap knows more. */
export const batchedText = {
  refusal: (_handle: number, _what: string): string => BATCHED_ELSEWHERE,
  print: (_handle: number): string => "tensor(<of a vmap that has ended>)",
};

/** The whole storage of a CPU tensor as a typed array on the wasm memory. Valid until the memory grows. */
export function storageArray(handle: number): TypedArray {
  const code = word(handle + 4) & 0xff;
  const storage = word(handle + 8);
  const bytes = word(storage + 8) >>> 0;
  const make = CONSTRUCTORS[code]!;
  return new make(currentBuffer(), word(storage + 4) >>> 0, Math.floor(bytes / make.BYTES_PER_ELEMENT));
}

/** How to read a CPU tensor element by element. */
export function elementsOf(handle: number, shape: number[], strides: number[]): Elements {
  const code = word(handle + 4) & 0xff;
  return { shape, strides, offset: word(handle + 12), at: elementReader(storageArray(handle), code) };
}

/** Reads element `offset` of a storage as a JavaScript value. */
function elementReader(array: TypedArray, code: number): (offset: number) => Element {
  switch (code) {
    case Code.Bool:
      return (offset) => array[offset] !== 0;
    case Code.Int64:
      return (offset) => integer(array[offset] as bigint);
    case Code.Float16:
    case Code.BFloat16:
      return (offset) => halfToNumber(array[offset] as number, code);
    case Code.Complex64:
    case Code.Complex128:
      return (offset) => [array[2 * offset] as number, array[2 * offset + 1] as number];
    default:
      return (offset) => array[offset] as number;
  }
}

/** An int64 as a number where that is exact, else as it is. */
export function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Nested arrays. */
export type Nested<T> = T | Nested<T>[];

/** The elements as nested arrays, dimension by dimension. */
export function nested(elements: Elements, dim = 0, offset = elements.offset): Nested<Element> {
  if (dim === elements.shape.length) return elements.at(offset);
  const size = elements.shape[dim]!;
  const stride = elements.strides[dim]!;
  const list = new Array<Nested<Element>>(size);
  for (let i = 0; i < size; i++) list[i] = nested(elements, dim + 1, offset + i * stride);
  return list;
}

/** Bytes of `count` elements. */
export function bytesOf(code: number, count: number): number {
  return ITEM_SIZES[code]! * count;
}
