import { describe, expect, test } from "vitest";
import { compile } from "../../core-wasm/ops/encode.ts";
import { differentiate } from "../../core-wasm/ops/differentiate.ts";
import { constant, grad, input, m, maskInput, param } from "../../core-wasm/ops/expression.ts";
import { microNames } from "../../core-wasm/ops/micro.ts";
import { evaluate, floating } from "./evaluate.ts";

const x = input(0);
const y = input(1);

describe("expressions", () => {
  test("equal expressions are one object", () => {
    expect(m.add(m.mul(x, y), 1)).toBe(m.add(m.mul(x, y), 1));
    expect(m.add(x, y)).not.toBe(m.add(y, x));
    expect(constant(0)).not.toBe(constant(-0));
  });

  test("constants fold and neutral operations vanish", () => {
    expect(m.add(m.mul(2, 3), 1)).toBe(constant(7));
    expect(m.mul(x, 1)).toBe(x);
    expect(m.add(0, x)).toBe(x);
    expect(m.neg(m.neg(x))).toBe(x);
    expect(m.pow(x, 2)).toBe(m.mul(x, x));
    expect(m.select(m.not(m.gt(x, y)), x, y)).toBe(m.select(m.gt(x, y), y, x));
  });

  test("what is not neutral for NaN and infinities stays", () => {
    expect(m.mul(x, 0).op).toBe("mul");
    expect(m.sub(x, x).op).toBe("sub");
    expect(m.div(x, x).op).toBe("div");
  });

  test("operands are checked for their kind and number", () => {
    expect(() => m.add(m.gt(x, y) as never, y)).toThrow("operand 0 of add must be a value");
    expect(() => (m.add as (a: unknown) => unknown)(x)).toThrow("add takes 2 operands, got 1");
  });
});

describe("programs", () => {
  /** Runs an encoded program over one element. */
  function run(root: Parameters<typeof compile>[0], inputs: number[], params: number[]): number {
    const leaves = inputs.map((_, i) => (i === 2 ? maskInput(i) : input(i)));
    const program = compile(root, { inputs: leaves, params: params.length }, "test");
    const registers = [...inputs, ...params, ...program.constants];
    const fixed = registers.length;
    for (const [code, dst, a, b, c] of program.instructions) {
      expect(dst).toBeGreaterThanOrEqual(fixed);
      registers[dst!] = floating[microNames[code!]!]!(registers[a!]!, registers[b!]!, registers[c!]!);
    }
    expect(registers.length).toBeLessThanOrEqual(program.registers);
    return registers[program.out]!;
  }

  test("a program computes what its expression says", () => {
    const shared = m.exp(m.mul(x, param(0)));
    const root = m.select(maskInput(2), m.add(shared, m.log(y)), m.mul(shared, m.sub(shared, 3)));
    for (const mask of [0, 1]) {
      const values = { inputs: [0.5, 2, mask], params: [1.5] };
      expect(run(root, [...values.inputs], values.params)).toBe(evaluate(root, values));
    }
  });

  test("common subexpressions are computed once and registers are used again", () => {
    let sum = m.add(m.exp(x), m.exp(x));
    for (let i = 0; i < 60; i++) sum = m.add(m.sin(sum), i + 0.5 > 30 ? x : y);
    const program = compile(sum, { inputs: [x, y], params: 0 }, "test");
    expect(program.instructions).toHaveLength(2 + 120);
    expect(program.registers).toBe(3);
  });

  test("identities and constants have no instructions", () => {
    expect(compile(x, { inputs: [x], params: 0 }, "test")).toMatchObject({ instructions: [], out: 0 });
    expect(compile(constant(0), { inputs: [], params: 0 }, "test")).toMatchObject({ instructions: [], out: 0 });
  });

  test("a leaf that is no input of the program is an error", () => {
    expect(() => compile(m.add(x, y), { inputs: [x], params: 0 }, "add")).toThrow("add: input1 is not among");
  });
});

describe("derivatives", () => {
  test("a branch not taken cannot spoil the gradient", () => {
    // the derivative of sqrt at 0 is infinite; 0 times that would be NaN
    const root = m.select(m.gt(x, 0), m.sqrt(x), m.mul(x, 2));
    const d = differentiate(root, x, grad)!;
    expect(evaluate(d, { inputs: [0], params: [], grad: 3 })).toBe(6);
    expect(evaluate(d, { inputs: [4], params: [], grad: 3 })).toBe(0.75);
  });

  test("null where nothing flows", () => {
    expect(differentiate(m.floor(x), x, grad)).toBe(null);
    expect(differentiate(m.exp(y), x, grad)).toBe(null);
    expect(differentiate(m.select(m.gt(x, 0), y, 1), x, grad)).toBe(null);
  });

  test("the same rule again gives second derivatives", () => {
    const first = differentiate(m.tanh(x), x, constant(1))!;
    const second = differentiate(first, x, constant(1))!;
    const t = Math.tanh(0.3);
    expect(evaluate(second, { inputs: [0.3], params: [] })).toBeCloseTo(-2 * t * (1 - t * t), 12);
  });
});
