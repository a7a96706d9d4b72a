import { tagOf } from "./value.ts";

/** dtypes that a device does not have: a case with one passes only if the library says so and names the way out. */
const absent = new Set(["float64", "complex64", "complex128"]);
const documented = /WebGPU has no (float64|float16|complex)/;

/** Some adapters, SwiftShader for one, have no 16-bit floats either. */
export function lacksHalf(): void {
  absent.add("float16");
}

/** Whether a value of the vectors holds a tensor, a number or a dtype that WebGPU does not have. */
export function needsAbsent(value: any): boolean {
  if (Array.isArray(value)) return value.some(needsAbsent);
  const tag = tagOf(value);
  if (tag === "$t") return absent.has(value.$t.dtype);
  if (tag === "$dtype") return absent.has(value.$dtype);
  if (tag === "$c") return true;
  if (tag !== "") return needsAbsent(value[tag]);
  return value !== null && typeof value === "object" && Object.values(value).some(needsAbsent);
}

export const isAbsent = (dtype: unknown): boolean => typeof dtype === "string" && absent.has(dtype);

export const isRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  ["NotImplementedError", "TypeError", "RuntimeError"].includes(error.name) &&
  error.constructor !== TypeError &&
  documented.test(error.message);

/** Runs a case that must be refused. */
export async function mustRefuse(body: () => Promise<string[]>): Promise<string[]> {
  let reasons: string[];
  try {
    reasons = await body();
  } catch (error) {
    if (isRefusal(error)) return [];
    throw error;
  }
  return [`not refused: WebGPU has no such dtype${reasons.length > 0 ? ` (${reasons[0]})` : ""}`];
}
