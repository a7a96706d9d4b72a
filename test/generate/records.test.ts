// What can be checked of the op records themselves, without building anything.
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { differentiate } from "../../core-wasm/ops/differentiate.ts";
import { type Expression, type Value, grad, m, result } from "../../core-wasm/ops/expression.ts";
import { allRecords } from "../../core-wasm/ops/index.ts";
import { type ElementwiseRecord, composite, elementwise, routine } from "../../core-wasm/ops/record.ts";
import { parseSignature } from "../../core-wasm/ops/signature.ts";
import { generateDerivatives } from "../../core-wasm/generate/derivatives.ts";
import { type Form, formsOf } from "../../core-wasm/generate/forms.ts";
import { generatePrograms } from "../../core-wasm/generate/programs.ts";
import { makeRegistry } from "../../core-wasm/generate/registry.ts";
import { evaluate } from "./evaluate.ts";

const assembly = fileURLToPath(new URL("../../core-wasm/assembly", import.meta.url));
const records = await allRecords();
const forms = records.filter((r): r is ElementwiseRecord => r.kind === "elementwise").flatMap(formsOf);

describe("derivatives of elementwise ops agree with differences", () => {
  // off every kink, inside every domain that one of the sets can be in
  const points = [
    [0.31, 0.62, 0.17, 0.83],
    [-0.43, 0.77, 0.29, -0.55],
    [1.37, 1.91, 2.3, 0.7],
    [-2.3, -1.4, 0.6, 1.2],
  ];
  const params = [0.37, 0.81, 1.3];
  const GRAD = 1.7;
  const STEP = 1e-5;

  function gradientOf(form: Form, i: number): Expression | null {
    const stated = form.record.declaration.derivative?.[form.inputs[i]!];
    const isNumber = form.choices.some((c) => c.type === "value" && c.parameter.name === form.inputs[i]);
    if (stated === null || isNumber) return null;
    return stated ? stated({ ...form.given, grad, result }) : differentiate(form.root as Value, form.leaves[i]!, grad);
  }

  const differentiable = forms.filter((f) => {
    const { differentiable, resultDType } = f.record.declaration;
    return differentiable !== false && resultDType === undefined && f.root.kind === "value" && f.dtype !== "integral";
  });
  let compared = 0;

  test.each(differentiable.map((f) => [f.id, f] as const))("%s", (_, form) => {
    for (const point of points) {
      const inputs = point.slice(0, form.inputs.length);
      form.leaves.forEach((leaf, i) => {
        if (leaf.kind === "mask") inputs[i] = inputs[i]! > 0.5 ? 1 : 0;
      });
      const value = (at: number[]) => evaluate(form.root, { inputs: at, params });
      const here = value(inputs);
      if (here === undefined || !Number.isFinite(here)) continue;
      form.inputs.forEach((_name, i) => {
        const derivative = form.leaves[i]!.kind === "mask" ? null : gradientOf(form, i);
        if (!derivative) return;
        const moved = (by: number) => value(inputs.map((v, k) => (k === i ? v + by : v)))!;
        const [up, down] = [moved(STEP), moved(-STEP)];
        if (!Number.isFinite(up) || !Number.isFinite(down)) return;
        const want = (GRAD * (up - down)) / (2 * STEP);
        const got = evaluate(derivative, { inputs, params, grad: GRAD, result: here });
        if (got === undefined) return;
        expect(Math.abs(got - want)).toBeLessThan(1e-5 * (1 + Math.abs(want)));
        compared++;
      });
    }
  });

  test("most of them could be compared", () => {
    expect(compared).toBeGreaterThan(400);
  });
});

describe("signatures", () => {
  test("types, defaults and results", () => {
    const s = parseSignature(
      'f(input: Tensor, dim: int[]? = null, eps: float = 1.0, mode: "a"|"b" = "b") -> (u: Tensor, v: Tensor)',
    );
    expect(s.parameters.map((p) => [p.name, p.type.base, p.type.list, p.type.optional, p.default])).toEqual([
      ["input", "Tensor", false, false, undefined],
      ["dim", "int", true, true, null],
      ["eps", "float", false, false, 1],
      ["mode", "enum", false, false, "b"],
    ]);
    expect(s.results.map((r) => r.name)).toEqual(["u", "v"]);
    expect(parseSignature("f(x: Tensor) -> bool").plainResult).toBe("bool");
  });

  test.each([
    ["f(x: Tensr)", "unknown type Tensr"],
    ["f(x: int = 1, y: int)", "required parameter y follows an optional one"],
    ["f(x: int, x: int)", "parameter x is declared twice"],
    ['f(x: "a"|"b" = "c")', '"c" is not an alternative'],
    ["f x", "expected name(parameters)"],
  ])("%s fails", (text, why) => {
    expect(() => parseSignature(text)).toThrow(why);
  });
});

describe("a mistake in a record fails the build", () => {
  const plain = { follows: "torch.f", doc: "" };

  test("an implementation that does not exist", () => {
    const f = routine({ ...plain, signature: "f(x: Tensor)", implementation: "nowhere.f" });
    const g = composite({ ...plain, signature: "g(x: Tensor)", implementation: "arithmetic.g" });
    expect(() => makeRegistry([f, g], assembly)).toThrow(
      /f: assembly\/ops\/nowhere.ts does not exist\n.*g: assembly\/ops\/arithmetic.ts exports no function g/,
    );
  });

  test("a derivative that calls what is neither op nor formula, or names nothing in scope", () => {
    const make = (derivative: string) =>
      makeRegistry(
        [
          routine({
            ...plain,
            signature: "f(x: Tensor)",
            implementation: "arithmetic.square",
            derivative: { x: derivative },
          }),
        ],
        assembly,
      );
    expect(() => generateDerivatives(make("lost(grad)"))).toThrow(
      "lost is neither an op nor a function of autograd/formulas.ts",
    );
    expect(() => generateDerivatives(make("z"))).toThrow("derivative of f: unknown name z");
  });

  test("floating micro-ops for integers", () => {
    const f = elementwise({ ...plain, signature: "f(x: Tensor)", expression: (x) => x });
    const bad = elementwise({ ...plain, signature: "bad(x: Tensor)", expression: (x) => m.exp(x) });
    expect(() => generatePrograms(makeRegistry([f], assembly))).not.toThrow();
    expect(() => generatePrograms(makeRegistry([bad], assembly))).toThrow(
      "uses floating micro-ops for integral dtypes",
    );
  });
});
