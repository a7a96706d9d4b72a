import { decodeBase64 } from "./vectors.ts";

/** A tensor as the vectors state it. */
export interface TensorRecord {
  dtype: string;
  shape: number[];
  data: string;
  strides?: number[];
  offset?: number;
  /** Input: a leaf that requires grad. */
  rg?: boolean;
  /** Output: PyTorch's result was differentiable. */
  requiresGrad?: boolean;
}

export type Elements = Float32Array | Float64Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array;

const floating = new Set(["float16", "bfloat16", "float32", "float64", "complex64", "complex128"]);
export const isFloating = (dtype: string) => floating.has(dtype);
export const isComplex = (dtype: string) => dtype.startsWith("complex");
export const numelOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

const bits = new Uint32Array(1);
const single = new Float32Array(bits.buffer);

export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -24 * fraction;
}

export function bfloatToNumber(value: number): number {
  bits[0] = value << 16;
  return single[0]!;
}

/** Elements of a record's storage; 16-bit floats come as float32, which holds them exactly, complex ones interleaved. */
export function elementsOf(dtype: string, data: string): Elements {
  const { buffer } = decodeBase64(data);
  switch (dtype) {
    case "float32":
    case "complex64":
      return new Float32Array(buffer);
    case "float64":
    case "complex128":
      return new Float64Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer);
    case "float16":
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case "bfloat16":
      return Float32Array.from(new Uint16Array(buffer), bfloatToNumber);
  }
  throw new Error(`dtype ${dtype}`);
}

export const toNumber = (value: number | string): number =>
  typeof value === "number" ? value : value === "nan" ? NaN : value === "inf" ? Infinity : -Infinity;

/** The tag of an encoded value: "$t", "$tuple", …, or "" for plain JSON. */
export function tagOf(value: unknown): string {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return "";
  const key = Object.keys(value)[0];
  return key !== undefined && key.startsWith("$") ? key : "";
}

export const camelCase = (name: string) =>
  name.replace(/(?<=[^_])_([a-zA-Z0-9])/g, (_, letter) => letter.toUpperCase());

/** PyTorch's flattening: tensors of nested lists and tuples, depth first. */
export function flattenRecords(value: any): TensorRecord[] {
  if (Array.isArray(value)) return value.flatMap(flattenRecords);
  switch (tagOf(value)) {
    case "$t":
      return [value.$t];
    case "$tuple":
      return value.$tuple.flatMap(flattenRecords);
    case "$dict":
      return Object.values(value.$dict).flatMap(flattenRecords);
  }
  return [];
}
