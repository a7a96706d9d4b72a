import { expect, test } from "vitest";
import * as torch from "flambeau";

type Reference = (x: number) => number;
type Unary = (x: torch.Tensor) => torch.Tensor;

/** float32 numbers of every exponent and sign, then the edges. */
function sweep(): Float32Array {
  const count = 1 << 17;
  const bits = new Uint32Array(count);
  // a full-period multiplicative walk over the bit patterns
  for (let i = 0; i < count; i++) bits[i] = Math.imul(i * 2 + 1, 0x9e3779b1);
  const values = new Float32Array(bits.buffer);
  const edges = [
    0,
    -0,
    1,
    -1,
    Infinity,
    -Infinity,
    NaN,
    2 ** -149,
    -(2 ** -149),
    2 ** -126,
    3.4028234e38,
    0.5,
    -0.5,
    88.7,
  ];
  values.set(edges);
  for (let i = 0; i < 16384; i++) {
    values[100 + i] = (i - 8192) / 2000;
    values[20000 + i] = (i - 8192) / 80;
    values[40000 + i] = (i - 8192) / 29;
  }
  return values;
}

/** The distance of `got` to the exact value in units of the last place of float32. */
function ulps(got: number, exact: number): number {
  const want = Math.fround(exact);
  if (Object.is(got, want)) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(want))
    return Math.abs(exact) > 3.402e38 && Math.abs(got) > 3.402e38 ? 1 : Infinity;
  if (want === 0 && got === 0) return Infinity; // the wrong zero
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(exact))), -126);
  return Math.abs(got - exact) / 2 ** (exponent - 23);
}

const references: Record<string, [Unary, Reference]> = {
  exp: [torch.exp, Math.exp],
  exp2: [torch.exp2, (x) => 2 ** x],
  expm1: [torch.expm1, Math.expm1],
  log: [torch.log, Math.log],
  log2: [torch.log2, Math.log2],
  log10: [torch.log10, Math.log10],
  log1p: [torch.log1p, Math.log1p],
  sqrt: [torch.sqrt, Math.sqrt],
  sin: [torch.sin, Math.sin],
  cos: [torch.cos, Math.cos],
  tan: [torch.tan, Math.tan],
  asin: [torch.asin, Math.asin],
  acos: [torch.acos, Math.acos],
  atan: [torch.atan, Math.atan],
  sinh: [torch.sinh, Math.sinh],
  cosh: [torch.cosh, Math.cosh],
  tanh: [torch.tanh, Math.tanh],
  asinh: [torch.asinh, Math.asinh],
  acosh: [torch.acosh, Math.acosh],
  atanh: [torch.atanh, Math.atanh],
  sigmoid: [torch.sigmoid, (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))],
};

for (const [name, [op, reference]] of Object.entries(references)) {
  test(`float32 ${name} is within 2 units in the last place over all exponents`, () => {
    const inputs = sweep();
    const outputs = op(torch.tensor(inputs)).data() as Float32Array;
    let worst = 0;
    let at = NaN;
    inputs.forEach((x, i) => {
      const error = ulps(outputs[i]!, reference(x));
      if (error > worst) [worst, at] = [error, x];
    });
    expect(worst, `at ${at}`).toBeLessThan(2);
  });
}

test("float32 gelu is x Φ(x) with an error of Φ below 2e-7, and 0 far to the left", () => {
  const inputs = sweep().filter((x) => Math.abs(x) < 1e30);
  const outputs = torch.nn.functional.gelu(torch.tensor(inputs)).data() as Float32Array;
  const exact = torch.nn.functional.gelu(torch.tensor(inputs).double()).data() as Float64Array;
  inputs.forEach((x, i) => {
    expect(Math.abs(outputs[i]! - exact[i]!), `at ${x}`).toBeLessThanOrEqual(Math.abs(x) * 2.1e-7 + 2 ** -149);
    if (x < -5.6) expect(outputs[i]).toBe(-0);
  });
});

test("an element's function does not depend on its neighbours", () => {
  const edges = [NaN, Infinity, -Infinity, 1e-40, 300, -100, 0, 88];
  const x = Float32Array.from({ length: 64 }, (_, i) => (i - 32) / 7);
  for (const op of [torch.exp, torch.sigmoid, torch.log, torch.sin, torch.cos]) {
    const plain = op(torch.tensor(x)).data();
    for (const edge of edges) {
      const mixed = x.map((value, i) => (i % 16 === 5 ? edge : value));
      const outputs = op(torch.tensor(mixed)).data();
      x.forEach((_, i) => i % 16 === 5 || expect(outputs[i]).toBe(plain[i]));
    }
  }
});

test("float32 pow is within a unit in the last place and has C's special cases", () => {
  const specials = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, Infinity, -Infinity, NaN];
  const pairs: [number, number][] = specials.flatMap((x) => specials.map((y): [number, number] => [x, y]));
  for (let i = 0; i < 5000; i++)
    pairs.push([Math.fround(i / 100), Math.fround(Math.sin(i) * 20)], [-i / 64, (i % 21) - 10]);
  const base = Float32Array.from(pairs, ([x]) => x);
  const exponent = Float32Array.from(pairs, ([, y]) => y);
  const outputs = torch.tensor(base).pow(torch.tensor(exponent)).data() as Float32Array;
  base.forEach((x, i) => {
    const y = exponent[i]!;
    // JavaScript's power differs from C's where the base is ±1
    const exact = x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
    expect(ulps(outputs[i]!, exact), `${x} ** ${y}`).toBeLessThan(1);
  });
});

test("inverse functions undo: erfinv(erf(x)), exp(logNdtr) and ndtri in float64", () => {
  const x = torch.linspace(-3, 3, 101, { dtype: "float64" });
  const back = torch.erfinv(torch.erf(x)).data() as Float64Array;
  (x.data() as Float64Array).forEach((value, i) => expect(Math.abs(back[i]! - value)).toBeLessThan(1e-11));
  const erfc = torch.erfc(torch.tensor([0.5, 1, 5, 26], { dtype: "float64" })).data() as Float64Array;
  const exact = [0.4795001221869535, 0.15729920705028513, 1.5374597944280349e-12, 5.663192408856143e-296];
  exact.forEach((want, i) => expect(Math.abs(erfc[i]! / want - 1)).toBeLessThan(1e-13));
});

test("integer division rounds as asked, and nothing traps at the ends of the range", () => {
  const a = torch.tensor([7, -7, 7, -7, -(2 ** 31)], { dtype: "int32" });
  const b = torch.tensor([2, 2, -2, -2, -1], { dtype: "int32" });
  expect(torch.floorDivide(a, b).tolist()).toEqual([3, -4, -4, 3, -(2 ** 31)]);
  expect(torch.remainder(a, b).tolist()).toEqual([1, 1, -1, -1, 0]);
  expect(torch.fmod(a, b).tolist()).toEqual([1, -1, 1, -1, 0]);
});

test("casts truncate and wrap, and do not trap on NaN or infinity", () => {
  const x = torch.tensor([1.9, -1.9, 300, -1, NaN]);
  expect((x.to("int32").tolist() as number[]).slice(0, 4)).toEqual([1, -1, 300, -1]);
  expect((x.to("uint8").tolist() as number[]).slice(0, 4)).toEqual([1, 255, 44, 255]);
  expect(x.to("bool").tolist()).toEqual([true, true, true, true, true]);
  expect(torch.tensor([Infinity, -Infinity]).to("int64").shape).toEqual([2]);
});

// Blocks hold 512 elements: sizes around that, and rows that do not divide it.
for (const [rows, cols] of [
  [1, 1],
  [3, 5],
  [1, 511],
  [2, 512],
  [7, 100],
  [3, 1000],
  [40, 64],
] as const) {
  test(`broadcast, transposed and mixed-dtype operands agree with a plain loop at ${rows}x${cols}`, () => {
    const a = torch
      .arange(rows * cols)
      .to("float32")
      .reshape([cols, rows])
      .t();
    const row = torch.arange(cols).to("int32");
    const col = torch.arange(rows).to("float64").reshape([rows, 1]).to("float32");
    const out = a.mul(2).add(row).sub(col);
    expect(out.shape).toEqual([rows, cols]);
    const data = out.contiguous().data() as Float32Array;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) expect(data[i * cols + j]).toBe((j * rows + i) * 2 + j - i);
    }
    const copied = a.contiguous().data() as Float32Array;
    expect(copied[(rows - 1) * cols]).toBe(rows - 1);
  });
}
