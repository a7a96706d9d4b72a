/** Comparisons, tests of single values, and choices. */
import { type Mask, type Value, m } from "./expression.ts";
import { composite, elementwise, inplace } from "./record.ts";

const comparison = (name: string, torchName: string, alias: string, doc: string, op: (x: Value, y: Value) => Mask) =>
  elementwise({
    signature: `${name}(input: Tensor, other: TensorOrScalar)`,
    follows: `torch.${torchName}`,
    doc: `${doc}, as bool.`,
    variants: inplace,
    aliases: alias ? [alias] : [],
    dtype: "compare",
    expression: op,
  });

export const eq = comparison("eq", "eq", "", "input == other", m.eq);
export const ne = comparison("ne", "ne", "notEqual", "input != other", m.ne);
export const lt = comparison("lt", "lt", "less", "input < other", m.lt);
export const le = comparison("le", "le", "lessEqual", "input <= other", m.le);
export const gt = comparison("gt", "gt", "greater", "input > other", m.gt);
export const ge = comparison("ge", "ge", "greaterEqual", "input >= other", m.ge);

export const isclose = elementwise({
  signature: "isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equalNan: bool = false)",
  follows: "torch.isclose",
  doc: "Whether |input - other| <= atol + rtol * |other|; equal infinities are close, NaNs only with equalNan.",
  errors: "RuntimeError for different dtypes or negative tolerances",
  example: "torch.isclose(torch.tensor([1, 2]), torch.tensor([1, 2.1])) // tensor([True, False])",
  check: "comparison.checkClose",
  dtype: "float",
  resultDType: "bool",
  expression: (x, y, { rtol, atol, equalNan }) => {
    const distance = m.abs(m.sub(x, y));
    const near = m.and(m.not(m.isinf(distance)), m.le(distance, m.add(atol, m.abs(m.mul(rtol, y)))));
    const close = m.or(m.eq(x, y), near);
    return equalNan ? m.or(close, m.and(m.isnan(x), m.isnan(y))) : close;
  },
});

export const allclose = composite({
  signature:
    "allclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equalNan: bool = false) -> bool",
  readsValues: true,
  follows: "torch.allclose",
  doc: "Whether all elements are close (see isclose).",
  shapes: "any that broadcast.",
  example: "torch.allclose(torch.tensor([1, 2]), torch.tensor([1, 2.000001])) // true",
  implementation: "comparison.allclose",
});

export const equal = composite({
  signature: "equal(input: Tensor, other: Tensor) -> bool",
  readsValues: true,
  follows: "torch.equal",
  doc: "Whether both have the same shape and elements.",
  shapes: "any.",
  example: "torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2])) // true",
  implementation: "comparison.equal",
});

const test = (name: string, doc: string, op: (x: Value) => Mask, integral: (x: Value) => Mask) =>
  elementwise({
    signature: `${name}(input: Tensor)`,
    follows: `torch.${name}`,
    doc: `${doc}, as bool.`,
    dtype: "compare",
    expression: op,
    integral,
  });
const never = (x: Value): Mask => m.ne(x, x);
const always = (x: Value): Mask => m.eq(x, x);

export const isnan = test("isnan", "Whether each element is NaN", m.isnan, never);
export const isinf = test("isinf", "Whether each element is infinite", m.isinf, never);
export const isfinite = test(
  "isfinite",
  "Whether each element is neither infinite nor NaN",
  (x) => m.not(m.or(m.isinf(x), m.isnan(x))),
  always,
);
export const isposinf = test("isposinf", "Whether each element is +∞", (x) => m.and(m.isinf(x), m.gt(x, 0)), never);
export const isneginf = test("isneginf", "Whether each element is -∞", (x) => m.and(m.isinf(x), m.lt(x, 0)), never);
export const isreal = test("isreal", "Whether each element is real: always true", always, always);
export const signbit = test("signbit", "Whether the sign bit is set (also for -0)", m.signbit, m.signbit);

export const where = elementwise({
  signature: "where(condition: Tensor, input: TensorOrScalar, other: TensorOrScalar)",
  follows: "torch.where",
  doc: "input where condition is true, else other.",
  errors: "RuntimeError if condition is not bool",
  example: "torch.where(torch.tensor([true, false]), torch.tensor([1, 2]), 0) // tensor([1., 0.])",
  self: "input",
  numbersOnly: true,
  masks: ["condition"],
  check: "comparison.checkWhere",
  expression: (condition, x, y) => m.select(condition, x, y),
});
