// 64-bit integers as pairs of words against BigInt.
import { describe, expect, it } from "vitest";
import { compute, device } from "./adapter.ts";

const wrap = (x: bigint): bigint => BigInt.asIntN(64, x);
const abs = (x: bigint): bigint => (x < 0n ? -x : x);
const divTrunc = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : a / b);
const fmod = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : a % b);
const crosses = (a: bigint, b: bigint): boolean => fmod(a, b) !== 0n && a < 0n !== b < 0n;

function pow(a: bigint, b: bigint): bigint {
  if (b < 0n) return a === 1n ? 1n : a === -1n ? (b & 1n ? -1n : 1n) : 0n;
  let result = 1n;
  for (let e = b, base = a; e > 0n; e >>= 1n, base = wrap(base * base)) if (e & 1n) result = wrap(result * base);
  return result;
}
function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? abs(a) : gcd(b, a % b);
}

const references: Record<string, (a: bigint, b: bigint) => bigint> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  minimum: (a, b) => (a < b ? a : b),
  maximum: (a, b) => (a > b ? a : b),
  divTrunc,
  fmod,
  divFloor: (a, b) => divTrunc(a, b) - (crosses(a, b) ? 1n : 0n),
  remainder: (a, b) => fmod(a, b) + (crosses(a, b) ? b : 0n),
  pow,
  gcd,
  shiftLeft: (a, b) => (b < 0n || b > 63n ? 0n : a << b),
  shiftRight: (a, b) => a >> (b < 0n || b > 63n ? 63n : b),
};
const unary: Record<string, (a: bigint) => bigint> = {
  neg: (a) => -a,
  abs,
  sign: (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n),
};

const few = [
  0n,
  1n,
  2n,
  3n,
  5n,
  7n,
  10n,
  31n,
  32n,
  33n,
  63n,
  64n,
  100n,
  641n,
  65535n,
  65536n,
  99991n,
  1n << 31n,
  1n << 32n,
];
few.push((1n << 32n) - 1n, (1n << 32n) + 1n, 1n << 53n, 6700417n * 641n, (1n << 62n) + 12345n, (1n << 63n) - 1n);
few.push(0x123456789abcdefn, 1n << 24n, (1n << 24n) + 1n, (1n << 25n) + 2n, (1n << 25n) + 6n, 1000000007n * 998244353n);
const numbers = [...few, ...few.map((x) => -x), -(1n << 63n)];
const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b] as const));
const words = (...values: bigint[]): number[] =>
  values.flatMap((x) => [Number(BigInt.asUintN(32, x)), Number(BigInt.asUintN(32, x >> 32n))]);
const operands = "let a = vec2<u32>(a0, a1); let b = vec2<u32>(a2, a3);";

describe.skipIf(!device)("int64 in WGSL", () => {
  it.each(Object.keys(references))("%s", async (name) => {
    const inputs = Uint32Array.from(pairs.flatMap(([a, b]) => words(a, b)));
    const got = new BigInt64Array((await compute(`${operands} let r = i64_${name}(a, b);`, inputs, 4, 2)).buffer);
    pairs.forEach(([a, b], i) => {
      const want = wrap(references[name]!(a, b));
      if (got[i] !== want) throw new Error(`${name}(${a}, ${b}): ${got[i]}, not ${want}`);
    });
  });

  it.each(Object.keys(unary))("%s", async (name) => {
    const inputs = Uint32Array.from(numbers.flatMap((a) => words(a)));
    const got = new BigInt64Array((await compute(`let r = i64_${name}(vec2<u32>(a0, a1));`, inputs, 2, 2)).buffer);
    expect([...got]).toEqual(numbers.map((a) => wrap(unary[name]!(a))));
  });

  it("compares", async () => {
    const inputs = Uint32Array.from(pairs.flatMap(([a, b]) => words(a, b)));
    const body = `${operands} let r = array<u32, 1>(u32(i64_eq(a, b)) + 2u * u32(i64_lt(a, b)));`;
    const got = await compute(body, inputs, 4, 1);
    expect([...got]).toEqual(pairs.map(([a, b]) => (a === b ? 1 : 0) + (a < b ? 2 : 0)));
  });

  it("rounds to float32, to nearest even", async () => {
    const inputs = Uint32Array.from(numbers.flatMap((a) => words(a)));
    const body = "let r = array<u32, 1>(bitcast<u32>(f32_from_i64(vec2<u32>(a0, a1))));";
    const got = new Float32Array((await compute(body, inputs, 2, 1)).buffer);
    // all of them have so few bits on either side of the last that rounding by way of float64 is exact
    expect([...got]).toEqual(numbers.map((a) => Math.fround(Number(a))));
  });

  it("truncates float32, and gives the smallest integer beyond the range", async () => {
    const floats = [
      0,
      -0,
      0.99,
      -0.99,
      1,
      -1,
      1.5,
      -2.5,
      16777217,
      2 ** 31,
      -(2 ** 31),
      2 ** 32,
      1e10,
      -1e10,
      1e18,
      -1e18,
    ];
    const beyond = [1e19, -1e19, Infinity, -Infinity, NaN];
    const inputs = new Uint32Array(new Float32Array([...floats, ...beyond]).buffer);
    const got = new BigInt64Array((await compute("let r = i64_from_f32(bitcast<f32>(a0));", inputs, 1, 2)).buffer);
    const want = floats.map((x) => BigInt(Math.trunc(Math.fround(x))));
    expect([...got]).toEqual([...want, ...beyond.map(() => -(1n << 63n))]);
  });
});
