// dtypes as the API knows them: string literals. The codes are the core's (core-wasm/assembly/tensor/dtype.ts).

import { RuntimeError, TypeError } from "../error.ts";

const NAMES = [
  "uint8",
  "int8",
  "int16",
  "int32",
  "int64",
  "float16",
  "float32",
  "float64",
  "complex64",
  "complex128",
  "bool",
  "bfloat16",
] as const;

/** A dtype: `"float32"`, which is also `torch.float32`. */
export type DType = (typeof NAMES)[number];

/** Where a tensor lives. `"meta"` tensors have a shape and no data. */
export type Device = "cpu" | "webgpu" | "meta";

/** What `data()` gives for each dtype. Half types come as their 16 raw bits. */
export type TypedArray =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** Code → name. */
export const DTYPES: readonly DType[] = NAMES;

/** Bytes of an element by code. */
export const ITEM_SIZES: readonly number[] = [1, 1, 2, 4, 8, 2, 4, 8, 8, 16, 1, 2];

/** PyTorch's ScalarType names by code, as its messages have them. */
export const SCALAR_TYPES: readonly string[] = [
  "Byte",
  "Char",
  "Short",
  "Int",
  "Long",
  "Half",
  "Float",
  "Double",
  "ComplexFloat",
  "ComplexDouble",
  "Bool",
  "BFloat16",
];

/** The codes by name. */
export const Code = {
  Uint8: 0,
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  Float16: 5,
  Float32: 6,
  Float64: 7,
  Complex64: 8,
  Complex128: 9,
  Bool: 10,
  BFloat16: 11,
} as const;

const ALIASES: Record<string, DType> = {
  float: "float32",
  double: "float64",
  half: "float16",
  int: "int32",
  long: "int64",
  short: "int16",
  cfloat: "complex64",
  cdouble: "complex128",
};

const CODES = new Map<unknown, number>(NAMES.map((name, code) => [name, code]));
for (const [alias, name] of Object.entries(ALIASES)) CODES.set(alias, CODES.get(name)!);

/** Lets a function stand for a dtype: `torch.float`, which in PyTorch is one. */
export const alias = <F extends object>(fn: F, name: DType): F => {
  CODES.set(fn, CODES.get(name)!);
  return fn;
};

/** The code of a dtype, or -1 where it is none. */
export function codeOf(dtype: unknown): number {
  return CODES.get(dtype) ?? -1;
}

/** The code of a dtype. @throws TypeError when `dtype` is none. */
export function dtypeCode(dtype: unknown): number {
  const code = CODES.get(dtype);
  if (code === undefined) throw new TypeError(`expected a dtype such as "float32", got ${String(dtype)}`);
  return code;
}

export const isFloatingCode = (code: number): boolean =>
  (code >= Code.Float16 && code <= Code.Float64) || code === Code.BFloat16;
export const isComplexCode = (code: number): boolean => code === Code.Complex64 || code === Code.Complex128;

const DEVICES: readonly Device[] = ["cpu", "webgpu", "meta"];

/** The device of a code in a tensor's header. */
export function deviceOf(code: number): Device {
  return DEVICES[code & 3]!;
}

/** The core's code of a device, `"cpu"`, `"cpu:0"`, `"webgpu"`, `"meta"`. @throws RuntimeError otherwise */
export function deviceCode(device: unknown): number {
  if (typeof device === "string") {
    const code = DEVICES.indexOf(device.replace(/:0$/, "") as Device);
    if (code >= 0) return code;
  }
  throw new RuntimeError(`Expected one of cpu, webgpu, meta device type at start of device string: ${String(device)}`);
}
