// float16 and bfloat16 as raw bits, for reading elements and for writing single ones. Arrays are converted in the core.

import { Code } from "./dtype.ts";

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** The value of 16 raw bits of a half type. */
export function halfToNumber(raw: number, code: number): number {
  if (code === Code.BFloat16) {
    bits[0] = raw << 16;
    return floats[0]!;
  }
  const sign = raw & 0x8000 ? -1 : 1;
  const exponent = (raw >>> 10) & 31;
  const fraction = raw & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
