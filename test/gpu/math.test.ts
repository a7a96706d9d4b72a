// The float32 functions of the WGSL library against float64, over all magnitudes and at the edges.
import * as torch from "flambeau";
import { describe, expect, it } from "vitest";
import { device, evaluateFloats } from "./adapter.ts";

type Reference = (...x: torch.Tensor[]) => torch.Tensor;

function trigamma(x: torch.Tensor): torch.Tensor {
  x.requiresGrad_();
  torch.digamma(x).sum().backward();
  return x.grad!;
}

/** the reference, and how many times smaller than the tolerance of comparisons with PyTorch the error must be */
const unary: Record<string, [Reference, number]> = {
  exp: [torch.exp, 20],
  exp2: [torch.exp2, 20],
  expm1: [torch.expm1, 20],
  log: [torch.log, 20],
  log2: [torch.log2, 20],
  log10: [torch.log10, 20],
  log1p: [torch.log1p, 20],
  sin: [torch.sin, 20],
  cos: [torch.cos, 20],
  tan: [torch.tan, 10],
  asin: [torch.asin, 20],
  acos: [torch.acos, 20],
  atan: [torch.atan, 20],
  sinh: [torch.sinh, 10],
  cosh: [torch.cosh, 10],
  tanh: [torch.tanh, 20],
  asinh: [torch.asinh, 20],
  acosh: [torch.acosh, 20],
  atanh: [torch.atanh, 20],
  sigmoid: [torch.sigmoid, 20],
  erf: [torch.erf, 20],
  erfc: [torch.erfc, 20],
  erfinv: [torch.erfinv, 20],
  lgamma: [torch.lgamma, 2],
  digamma: [torch.digamma, 5],
  trigamma: [trigamma, 5],
  i0: [torch.i0, 10],
  i1: [torch.special.i1, 10],
  ndtri: [torch.special.ndtri, 10],
  logNdtr: [torch.special.logNdtr, 20],
  gelu: [torch.nn.functional.gelu as Reference, 20],
  sign: [torch.sign, Infinity],
};

const binary: Record<string, [Reference, number]> = {
  atan2: [torch.atan2, 20],
  pow: [torch.pow as Reference, 20],
  fmod: [torch.fmod as Reference, Infinity],
  remainder: [torch.remainder as Reference, Infinity],
  divFloor: [torch.floorDivide as Reference, 20],
  // the quotient is rounded before it is truncated
  divTrunc: [(x, y) => torch.trunc(torch.div(x, y).float()).double(), 20],
  minimum: [torch.minimum, Infinity],
  maximum: [torch.maximum, Infinity],
  copysign: [torch.copysign as Reference, Infinity],
};

const edges = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 1e-45, -1e-45, 1e-40, 1.17549435e-38];
edges.push(3.4028235e38, -3.4028235e38, 16777216, 8388609, 0.99999994, -0.99999994, 1.0000001);

function allMagnitudes(step: number): number[] {
  const values: number[] = [];
  for (let e = -40; e < 38.5; e += step) values.push(10 ** e, -(10 ** e));
  return values;
}

/** Raises on the first of the results that is not within the tolerance / `factor` of the wanted ones. */
function compare(got: Float32Array, want: ArrayLike<number>, factor: number, at: (i: number) => string): void {
  for (let i = 0; i < got.length; i++) {
    const w = Math.fround(want[i]!);
    const g = got[i]!;
    const error = Math.abs(g - w);
    const close = Number.isFinite(w) && error <= (1e-5 + 1.3e-5 * Math.abs(w)) / factor;
    if (!close && !Object.is(g, w) && g !== w) throw new Error(`${at(i)}: ${g}, not ${w}`);
  }
}

const values = (reference: Reference, ...args: Float32Array[]): ArrayLike<number> =>
  reference(...args.map((x) => torch.tensor(new Float64Array(x)))).data() as Float64Array;

describe.skipIf(!device)("float32 functions in WGSL", () => {
  const x = new Float32Array([
    ...edges,
    ...allMagnitudes(0.037),
    ...Array.from({ length: 4000 }, (_, i) => [-10 + i / 200, -100 + i / 20, i / 4000, 1 + i / 1000]).flat(),
  ]);
  it.each(Object.keys(unary))("%s is accurate everywhere", async (name) => {
    const [reference, factor] = unary[name]!;
    compare(await evaluateFloats(`f32_${name}(x0)`, x), values(reference, x), factor, (i) => `${name}(${x[i]})`);
  });

  const some = [
    ...edges,
    ...allMagnitudes(1.7),
    ...Array.from({ length: 60 }, (_, i) => [i - 30, i * 0.9, (i - 30) / 3.7]),
  ].flat();
  const pairs = some.flatMap((p) => some.map((q) => [p, q] as const));
  const a = new Float32Array(pairs.map(([p]) => p));
  const b = new Float32Array(pairs.map(([, q]) => q));
  it.each(Object.keys(binary))("%s is accurate everywhere", async (name) => {
    const [reference, factor] = binary[name]!;
    const got = await evaluateFloats(`f32_${name}(x0, x1)`, a, b);
    compare(got, values(reference, a, b), factor, (i) => `${name}(${a[i]}, ${b[i]})`);
  });

  it("nextafter steps by one unit in the last place", async () => {
    const got = await evaluateFloats("f32_nextafter(x0, x1)", a, b);
    const bits = (value: number): number => new Int32Array(new Float32Array([value]).buffer)[0]!;
    const order = (value: number): number => (bits(value) < 0 ? -(bits(value) & 0x7fffffff) : bits(value));
    for (let i = 0; i < got.length; i++) {
      const [from, to] = [a[i]!, b[i]!];
      if (Number.isNaN(from) || Number.isNaN(to)) expect(got[i]).toBeNaN();
      else expect(order(got[i]!) - order(from) || 0).toBe(Math.sign(order(to) - order(from)) || 0);
    }
  });

  it("tells NaN, infinity and signs by the bits, and keeps NaN through arithmetic", async () => {
    const e = new Float32Array(edges);
    const flags =
      "f32(f32_isnan(x0)) + 2.0 * f32(f32_isinf(x0)) + 4.0 * f32(f32_signbit(x0)) + 8.0 * f32(f32_nonzero(x0))";
    const want = edges.map(
      (v) =>
        (Number.isNaN(v) ? 1 : 0) +
        (Math.abs(v) === Infinity ? 2 : 0) +
        (v < 0 || Object.is(v, -0) ? 4 : 0) +
        (v !== 0 ? 8 : 0),
    );
    expect([...(await evaluateFloats(flags, e))]).toEqual(want);
    expect([...(await evaluateFloats("f32_keepNan(1.0, x0) + f32_nan()", e))].every(Number.isNaN)).toBe(true);
  });
});
