// What elementwise programs become in WGSL.
import { describe, expect, it } from "vitest";
import { compile, encode } from "../../core-wasm/ops/encode.ts";
import { constant, type Expression, input, m, maskInput, param } from "../../core-wasm/ops/expression.ts";
import { microNames, microOps } from "../../core-wasm/ops/micro.ts";
import { Compute } from "../../gpu/call.ts";
import { libraryFor, libraryNames } from "../../gpu/wgsl/library.ts";
import { decode, literal, printFunction } from "../../gpu/wgsl/printer.ts";

const x = input(0);
const y = input(1);
const show = (root: Expression, inputs: readonly Expression[], compute: Compute = Compute.F32, params = 0): string => {
  const program = decode(encode(compile(root, { inputs, params }, "a test")));
  return printFunction(
    "f",
    program,
    compute,
    Array.from({ length: params }, (_, i) => `p[${i}]`),
  );
};

describe("programs in WGSL", () => {
  it("names every value once", () => {
    expect(show(m.maximum(m.add(m.mul(x, y), x), 0), [x, y])).toMatchInlineSnapshot(`
      "fn f(x0: f32, x1: f32) -> f32 {
        let t0 = x0 * x1;
        let t1 = t0 + x0;
        let t2 = f32_maximum(t1, 0f);
        return t2;
      }"
    `);
  });

  it("reads params where they stand", () => {
    expect(show(m.add(x, m.mul(param(0), y)), [x, y], Compute.F32, 1)).toMatchInlineSnapshot(`
      "fn f(x0: f32, x1: f32) -> f32 {
        let t0 = p[0] * x1;
        let t1 = x0 + t0;
        return t1;
      }"
    `);
  });

  it("calls the library for what built-ins do loosely", () => {
    expect(show(m.mul(m.mul(x, 0.5), m.add(m.erf(m.mul(x, Math.SQRT1_2)), 1)), [x])).toMatchInlineSnapshot(`
      "fn f(x0: f32) -> f32 {
        let t0 = x0 * 0.5f;
        let t1 = x0 * 0.70710677f;
        let t2 = f32_erf(t1);
        let t3 = t2 + 1f;
        let t4 = t0 * t3;
        return t4;
      }"
    `);
    expect(show(m.select(m.isnan(x), m.pow(x, y), m.exp(m.neg(x))), [x, y])).toMatchInlineSnapshot(`
      "fn f(x0: f32, x1: f32) -> f32 {
        let t0 = f32_isnan(x0);
        let t1 = f32_pow(x0, x1);
        let t2 = -x0;
        let t3 = f32_exp(t2);
        let t4 = select(t3, t1, t0);
        return t4;
      }"
    `);
  });

  it("keeps masks as bool", () => {
    expect(show(m.and(m.lt(x, y), m.not(m.eq(x, 1))), [x, y])).toMatchInlineSnapshot(`
      "fn f(x0: f32, x1: f32) -> bool {
        let t0 = x0 < x1;
        let t1 = x0 == 1f;
        let t2 = !t1;
        let t3 = t0 && t2;
        return t3;
      }"
    `);
    expect(show(m.select(maskInput(0), y, -1), [maskInput(0), y])).toMatchInlineSnapshot(`
      "fn f(x0: bool, x1: f32) -> f32 {
        let t0 = select((-1f), x1, x0);
        return t0;
      }"
    `);
    expect(show(m.toValue(m.ge(x, 0)), [x], Compute.I32)).toMatchInlineSnapshot(`
      "fn f(x0: i32) -> i32 {
        let t0 = x0 >= 0i;
        let t1 = select(0i, 1i, t0);
        return t1;
      }"
    `);
  });

  it("writes constants that WGSL has no literals for", () => {
    expect(show(m.select(m.lt(x, 0), NaN as never, -Infinity as never), [x])).toMatchInlineSnapshot(`
      "fn f(x0: f32) -> f32 {
        let t0 = x0 < 0f;
        let t1 = select((-f32_inf()), f32_nan(), t0);
        return t1;
      }"
    `);
    expect(show(m.minimum(x, -1e300), [x])).toMatchInlineSnapshot(`
      "fn f(x0: f32) -> f32 {
        let t0 = f32_minimum(x0, (-f32_inf()));
        return t0;
      }"
    `);
    expect(show(m.atan2(1, 0), [])).toMatchInlineSnapshot(`
      "fn f() -> f32 {
        let t0 = 1f;
        let t1 = f32_atan2(t0, 0f);
        return t1;
      }"
    `);
    expect([1e-45, -0, 0.1, 16777216, 1e38].map((c) => literal(c, Compute.F32))).toMatchInlineSnapshot(`
      [
        "1.4013e-45f",
        "(-0f)",
        "0.1f",
        "16777216f",
        "1e+38f",
      ]
    `);
    expect([5, -5, 2 ** 31 - 1, -(2 ** 31)].map((c) => literal(c, Compute.I32))).toMatchInlineSnapshot(`
      [
        "5i",
        "i32(-5)",
        "2147483647i",
        "i32(-2147483648)",
      ]
    `);
    expect([5, -5, 2 ** 33, -Infinity, Infinity].map((c) => literal(c, Compute.I64))).toMatchInlineSnapshot(`
      [
        "vec2<u32>(5u, 0u)",
        "vec2<u32>(4294967291u, 4294967295u)",
        "vec2<u32>(0u, 2u)",
        "vec2<u32>(0u, 2147483648u)",
        "vec2<u32>(4294967295u, 2147483647u)",
      ]
    `);
  });

  it("computes int32 by operators and functions", () => {
    expect(show(m.divFloor(m.sub(x, y), m.shiftLeft(y, 2)), [x, y], Compute.I32)).toMatchInlineSnapshot(`
      "fn f(x0: i32, x1: i32) -> i32 {
        let t0 = x0 - x1;
        let t1 = i32_shiftLeft(x1, 2i);
        let t2 = i32_divFloor(t0, t1);
        return t2;
      }"
    `);
    expect(show(m.bitXor(m.bitNot(x), m.sign(y)), [x, y], Compute.I32)).toMatchInlineSnapshot(`
      "fn f(x0: i32, x1: i32) -> i32 {
        let t0 = ~x0;
        let t1 = sign(x1);
        let t2 = t0 ^ t1;
        return t2;
      }"
    `);
  });

  it("computes int64 on pairs of words", () => {
    expect(show(m.add(m.mul(x, y), 3), [x, y], Compute.I64)).toMatchInlineSnapshot(`
      "fn f(x0: vec2<u32>, x1: vec2<u32>) -> vec2<u32> {
        let t0 = i64_mul(x0, x1);
        let t1 = i64_add(t0, vec2<u32>(3u, 0u));
        return t1;
      }"
    `);
    expect(show(m.and(m.ge(x, y), m.ne(x, 0)), [x, y], Compute.I64)).toMatchInlineSnapshot(`
      "fn f(x0: vec2<u32>, x1: vec2<u32>) -> bool {
        let t0 = !i64_lt(x0, x1);
        let t1 = !i64_eq(x0, vec2<u32>(0u, 0u));
        let t2 = t0 && t1;
        return t2;
      }"
    `);
  });

  it("gives inputs and constants back as they are", () => {
    expect(show(x, [x])).toMatchInlineSnapshot(`
      "fn f(x0: f32) -> f32 {
        return x0;
      }"
    `);
    expect(show(constant(2), [])).toMatchInlineSnapshot(`
      "fn f() -> f32 {
        return 2f;
      }"
    `);
  });

  it("has a rule for every micro-op in each of its compute types, and every function they name", () => {
    const names = new Set(libraryNames());
    for (const name of microNames) {
      const { operands, types } = microOps[name];
      const inputs = operands.map((kind, i) => (kind === "mask" ? maskInput(i) : input(i)));
      const root = m[name](...(inputs as [never, never, never]));
      for (const compute of [Compute.F32, Compute.I32, Compute.I64]) {
        if (!types.includes(compute === Compute.F32 ? "f" : "i")) {
          expect(() => show(root, inputs, compute)).toThrow("does not exist");
          continue;
        }
        const text = show(root, inputs, compute);
        for (const [called] of text.matchAll(/\b[fiu](32|64)_\w+/g)) expect(names).toContain(called);
        expect(libraryFor(text).match(/^fn /gm)?.length ?? 0).toBe(new Set(libraryFor(text).match(/^fn \w+/gm)).size);
      }
    }
  });
});
