// 32-bit integer functions of the WGSL library against JavaScript's integers.
import { describe, expect, it } from "vitest";
import { compute, device } from "./adapter.ts";

const quotient = (a: number, b: number): number => (b === 0 ? 0 : (a / b) | 0);
const rest = (a: number, b: number): number => (b === 0 ? 0 : (a % b) | 0);
const crosses = (a: number, b: number): boolean => rest(a, b) !== 0 && a < 0 !== b < 0;

function pow(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b & 1 ? -1 : 1) : 0;
  let result = 1;
  for (let e = b, base = a; e > 0; e >>= 1, base = Math.imul(base, base)) if (e & 1) result = Math.imul(result, base);
  return result;
}
function gcd(a: number, b: number): number {
  return b === 0 ? Math.abs(a) | 0 : gcd(b, a % b);
}

const references: Record<string, (a: number, b: number) => number> = {
  divTrunc: quotient,
  fmod: rest,
  divFloor: (a, b) => quotient(a, b) - (crosses(a, b) ? 1 : 0),
  remainder: (a, b) => rest(a, b) + (crosses(a, b) ? b : 0),
  pow,
  gcd,
  shiftLeft: (a, b) => (b < 0 || b > 31 ? 0 : a << b),
  shiftRight: (a, b) => a >> (b < 0 || b > 31 ? 31 : b),
};

const few = [0, 1, 2, 3, 7, 10, 31, 32, 33, 100, 255, 65536, 99991, 2 ** 24 + 1, 2 ** 31 - 1];
const numbers = [...few, ...few.map((x) => -x | 0), -(2 ** 31)];
const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b] as const));

describe.skipIf(!device)("int32 in WGSL", () => {
  it.each(Object.keys(references))("%s", async (name) => {
    const inputs = new Uint32Array(Int32Array.from(pairs.flat()).buffer);
    const body = `let r = array<u32, 1>(bitcast<u32>(i32_${name}(bitcast<i32>(a0), bitcast<i32>(a1))));`;
    const got = new Int32Array((await compute(body, inputs, 2, 1)).buffer);
    pairs.forEach(([a, b], i) => {
      const want = references[name]!(a, b) | 0;
      if (got[i] !== want) throw new Error(`${name}(${a}, ${b}): ${got[i]}, not ${want}`);
    });
  });

  it("is what float32 truncates to, saturated, or wrapped by way of int64", async () => {
    const floats = new Float32Array([0, -0.9, 1.5, -2.5, 3e9, -3e9, Infinity, -Infinity, NaN, 4294967296 * 3 + 1024]);
    const body = `let x = bitcast<f32>(a0);
      let r = vec2<u32>(bitcast<u32>(i32_from_f32(x)), bitcast<u32>(i32_wrapped_f32(x)));`;
    const got = new Int32Array((await compute(body, new Uint32Array(floats.buffer), 1, 2)).buffer);
    const [most, least] = [2 ** 31 - 1, -(2 ** 31)];
    expect([...got].filter((_, i) => i % 2 === 0)).toEqual([0, 0, 1, -2, most, least, most, least, 0, most]);
    expect([...got].filter((_, i) => i % 2 === 1)).toEqual([0, 0, 1, -2, 3e9 | 0, -3e9 | 0, 0, 0, 0, 1024]);
  });
});
