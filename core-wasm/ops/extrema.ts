/** The smaller, the larger, and values held within bounds. */
import { type Value, grad, m } from "./expression.ts";
import { composite, elementwise, inplace, unimplemented } from "./record.ts";

export const minimum = elementwise({
  signature: "minimum(input: Tensor, other: Tensor)",
  follows: "torch.minimum",
  doc: "The smaller of two; NaN if either is NaN. Equal elements share the gradient.",
  example: "torch.minimum(torch.tensor([1, 5]), torch.tensor([3, 2])) // tensor([1., 2.])",
  expression: (x, y) => m.minimum(x, y),
});

export const maximum = elementwise({
  signature: "maximum(input: Tensor, other: Tensor)",
  follows: "torch.maximum",
  doc: "The larger of two; NaN if either is NaN. Equal elements share the gradient.",
  example: "torch.maximum(torch.tensor([1, 5]), torch.tensor([3, 2])) // tensor([3., 5.])",
  expression: (x, y) => m.maximum(x, y),
});

export const fmin = elementwise({
  signature: "fmin(input: Tensor, other: Tensor)",
  follows: "torch.fmin",
  doc: "The smaller of two; a NaN gives way to a number.",
  example: "torch.fmin(torch.tensor([1, NaN]), torch.tensor([2, 3])) // tensor([1., 3.])",
  expression: (x, y) => m.select(m.or(m.le(x, y), m.isnan(y)), x, y),
  integral: (x, y) => m.minimum(x, y),
});

export const fmax = elementwise({
  signature: "fmax(input: Tensor, other: Tensor)",
  follows: "torch.fmax",
  doc: "The larger of two; a NaN gives way to a number.",
  example: "torch.fmax(torch.tensor([1, NaN]), torch.tensor([2, 3])) // tensor([2., 3.])",
  expression: (x, y) => m.select(m.or(m.ge(x, y), m.isnan(y)), x, y),
  integral: (x, y) => m.maximum(x, y),
});

const within = (x: Value, low: Value | null, high: Value | null) =>
  low && high ? m.and(m.ge(x, low), m.le(x, high)) : low ? m.ge(x, low) : m.le(x, high!);

export const clamp = elementwise({
  signature: "clamp(input: Tensor, min: TensorOrScalar? = null, max: TensorOrScalar? = null)",
  follows: "torch.clamp",
  doc: "min(max(input, min), max); either bound may be absent. The gradient passes where input is within the bounds, ends included.",
  errors: "RuntimeError if both bounds are absent",
  example: "torch.clamp(torch.tensor([-2, 0.5, 3]), 0, 1) // tensor([0.0000, 0.5000, 1.0000])",
  variants: inplace,
  aliases: ["clip"],
  check: "extrema.checkClamp",
  refuses: { bool: unimplemented("clamp_cpu") },
  expression: (x, low, high) => {
    const raised = low ? m.maximum(x, low) : x;
    return high ? m.minimum(raised, high) : raised;
  },
  derivative: {
    input: ({ input, min, max }) => (min || max ? m.select(within(input, min, max), grad, 0) : grad),
    min: ({ input, min, max }) => m.select(max ? m.and(m.lt(input, min), m.lt(min, max)) : m.lt(input, min), grad, 0),
    max: ({ input, min, max }) => m.select(min ? m.or(m.gt(input, max), m.lt(max, min)) : m.gt(input, max), grad, 0),
  },
});

export const clampMin = elementwise({
  signature: "clampMin(input: Tensor, min: TensorOrScalar)",
  follows: "torch.clamp_min",
  doc: "max(input, min).",
  example: "torch.clampMin(torch.tensor([-2, 0.5, 3]), 0) // tensor([0.0000, 0.5000, 3.0000])",
  variants: inplace,
  check: "extrema.checkClampMin",
  expression: (x, low) => m.maximum(x, low),
  derivative: {
    input: ({ input, min }) => m.select(m.ge(input, min), grad, 0),
    min: ({ input, min }) => m.select(m.lt(input, min), grad, 0),
  },
});

export const clampMax = elementwise({
  signature: "clampMax(input: Tensor, max: TensorOrScalar)",
  follows: "torch.clamp_max",
  doc: "min(input, max).",
  example: "torch.clampMax(torch.tensor([-2, 0.5, 3]), 1) // tensor([-2.0000, 0.5000, 1.0000])",
  variants: inplace,
  check: "extrema.checkClampMax",
  expression: (x, high) => m.minimum(x, high),
  derivative: {
    input: ({ input, max }) => m.select(m.le(input, max), grad, 0),
    max: ({ input, max }) => m.select(m.gt(input, max), grad, 0),
  },
});

export const nanToNum = composite({
  signature: "nanToNum(input: Tensor, nan: float? = null, posinf: float? = null, neginf: float? = null)",
  follows: "torch.nan_to_num",
  doc: "Replaces NaN (by 0 unless told), +∞ and -∞ (by the dtype's largest and smallest finite value unless told).",
  shapes: "any; the result has the input's.",
  example: "torch.nanToNum(torch.tensor([1, NaN, Infinity]), 0, 9) // tensor([1., 0., 9.])",
  variants: inplace,
  implementation: "extrema.nanToNum",
});

export const replaceNonFinite = elementwise({
  signature: "replaceNonFinite(input: Tensor, nan: float, posinf: float, neginf: float)",
  follows: "torch.nan_to_num",
  doc: "nanToNum with all values given.",
  internal: true,
  expression: (x, { nan, posinf, neginf }) =>
    m.select(m.isnan(x), nan, m.select(m.isinf(x), m.select(m.signbit(x), neginf, posinf), x)),
  integral: (x) => x,
  derivative: { input: ({ input }) => m.select(m.or(m.isnan(input), m.isinf(input)), 0, grad) },
});
