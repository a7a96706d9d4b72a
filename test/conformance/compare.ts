import type { Runtime, Tensor } from "./runtime.ts";
import {
  camelCase,
  elementsOf,
  isComplex,
  isFloating,
  numelOf,
  tagOf,
  toNumber,
  type Elements,
  type TensorRecord,
} from "./value.ts";

export interface Tolerance {
  rtol: number;
  atol: number;
}

export const exact: Tolerance = { rtol: 0, atol: 0 };

/** A file's tolerance with a case's own atol in place of the file's, and PyTorch's own test tolerance where that is larger. */
export function toleranceOf(file: any, testCase: any, part: "out" | "grad" | "grad2"): Tolerance {
  const atol = testCase.atol?.[part] ?? file.tol.atol;
  return {
    rtol: Math.max(file.tol.rtol, file.opinfoTol?.rtol ?? 0),
    atol: Math.max(atol, file.opinfoTol?.atol ?? 0),
  };
}

/** Elements of an expected tensor in order; expected tensors are always contiguous. */
export const expectedElements = (record: TensorRecord): Elements => elementsOf(record.dtype, record.data);

const close = (got: number, want: number, { rtol, atol }: Tolerance) =>
  got === want || (got !== got && want !== want) || Math.abs(got - want) <= atol + rtol * Math.abs(want);

export function position(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    index.unshift(flat % shape[d]!);
    flat = Math.floor(flat / shape[d]!);
  }
  return `[${index}]`;
}

/** Why the elements differ, or null. */
export function compareElements(
  got: Elements,
  want: Elements,
  dtype: string,
  shape: number[],
  tolerance: Tolerance,
): string | null {
  if (got.length !== want.length) return `${got.length} elements, want ${want.length}`;
  const strict = !isFloating(dtype);
  const width = isComplex(dtype) ? 2 : 1;
  let first = -1;
  let wrong = 0;
  for (let i = 0; i < want.length; i++) {
    const a = got[i]!;
    const b = want[i]!;
    if (strict ? a === b || Number(a) === Number(b) : close(a as number, b as number, tolerance)) continue;
    if (first < 0) first = i;
    wrong++;
  }
  if (first < 0) return null;
  const at = position(Math.floor(first / width), shape);
  return `${wrong} of ${want.length} elements differ, first at ${at}: got ${got[first]}, want ${want[first]}`;
}

export const describe = (dtype: string, shape: readonly number[]) => `${dtype}[${shape}]`;

/** Why a tensor is not the expected one, or null. With `valuesToo` off only dtype and shape count. */
export async function compareTensor(
  runtime: Runtime,
  got: Tensor,
  want: TensorRecord,
  tolerance: Tolerance,
  valuesToo = true,
): Promise<string | null> {
  if (!runtime.isTensor(got))
    return `got ${got === null ? "null" : typeof got}, want ${describe(want.dtype, want.shape)}`;
  const shape: number[] = [...got.shape];
  if (got.dtype !== want.dtype || String(shape) !== String(want.shape))
    return `got ${describe(got.dtype, shape)}, want ${describe(want.dtype, want.shape)}`;
  if (!valuesToo || numelOf(shape) === 0) return null;
  return compareElements(await runtime.read(got), expectedElements(want), want.dtype, shape, tolerance);
}

/** A gradient: None and zeros are equal. */
export async function compareGradient(
  runtime: Runtime,
  got: Tensor | null,
  want: any,
  tolerance: Tolerance,
  valuesToo = true,
): Promise<string | null> {
  if (want === null) {
    if (!got) return null;
    const elements = await runtime.read(got);
    const index = Array.prototype.findIndex.call(elements, (x: number | bigint) => Number(x) !== 0);
    return index < 0 ? null : `got ${elements[index]}, want none`;
  }
  if (!got) {
    const elements = expectedElements(want.$t);
    return Array.prototype.every.call(elements, (x: number | bigint) => Number(x) === 0) ? null : "got none";
  }
  return compareTensor(runtime, got, want.$t, tolerance, valuesToo);
}

/** Compares a whole value tree; named tuples may come as arrays or as objects with the fields' names. */
export async function compareValue(
  runtime: Runtime,
  got: any,
  want: any,
  tolerance: Tolerance,
  valuesToo = true,
): Promise<string | null> {
  const tag = tagOf(want);
  if (tag === "$t") return compareTensor(runtime, got, want.$t, tolerance, valuesToo);
  if (Array.isArray(want) || tag === "$tuple" || tag === "$size") {
    const items: any[] = Array.isArray(want) ? want : want[tag];
    const values = sequenceOf(runtime, got, items.length, want.fields);
    if (typeof values === "string") return values;
    for (let i = 0; i < items.length; i++) {
      const difference = await compareValue(runtime, values[i], items[i], tolerance, valuesToo);
      if (difference) return `/${i}: ${difference}`;
    }
    return null;
  }
  if (tag === "$dict") {
    for (const [key, item] of Object.entries(want.$dict)) {
      const difference = await compareValue(runtime, got?.[key], item, tolerance, valuesToo);
      if (difference) return `/${key}: ${difference}`;
    }
    return null;
  }
  if (tag === "$f") {
    const number = toNumber(want.$f);
    if (typeof got !== "number") return `got ${typeof got}, want the number ${number}`;
    return !valuesToo || close(got, number, tolerance) ? null : `got ${got}, want ${number}`;
  }
  if (tag === "$i") return BigInt(got) === BigInt(want.$i) ? null : `got ${got}, want ${want.$i}`;
  if (tag === "$dtype" || tag === "$device") return got === want[tag] ? null : `got ${got}, want ${want[tag]}`;
  if (typeof want === "number" && typeof got === "bigint")
    return Number(got) === want ? null : `got ${got}, want ${want}`;
  if (want === null) return got === null || got === undefined ? null : `got ${got}, want null`;
  return got === want ? null : `got ${String(got)}, want ${String(want)}`;
}

function sequenceOf(runtime: Runtime, got: any, length: number, fields?: string[]): any[] | string {
  if (runtime.isTensor(got)) return `got a tensor, want ${length} values`;
  const values = Array.isArray(got) ? got : got !== null && typeof got === "object" ? Object.values(got) : null;
  if (!values) return `got ${typeof got}, want ${length} values`;
  if (values.length !== length) return `got ${values.length} values, want ${length}`;
  if (fields && !fields.every((field, i) => got[camelCase(field)] === values[i]))
    return `fields ${fields} are not there by name`;
  return values;
}
