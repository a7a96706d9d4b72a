/** Functions of one variable, and a few of two: exponentials, logarithms, trigonometry, rounding, signs. */
import { type Expression, type Value, grad, m, result } from "./expression.ts";
import { composite, elementwise, floatingOnly, inplace, type Refusals, unimplemented } from "./record.ts";

const unary = (
  name: string,
  doc: string,
  expression: (x: Value) => Expression,
  more: { follows?: string; aliases?: string[]; derivative?: (x: Value) => Value; refuses?: Refusals } = {},
) =>
  elementwise({
    signature: `${name}(input: Tensor)`,
    follows: `torch.${more.follows ?? name}`,
    doc,
    variants: inplace,
    dtype: "float",
    aliases: more.aliases ?? [],
    ...(more.refuses ? { refuses: more.refuses } : {}),
    expression,
    ...(more.derivative ? { derivative: { input: ({ input }) => more.derivative!(input) } } : {}),
  });

export const exp = unary("exp", "e to the power of input.", m.exp);
export const exp2 = unary("exp2", "2 to the power of input.", m.exp2, { aliases: ["special.exp2"] });
export const expm1 = unary("expm1", "exp(input) - 1, exact near 0.", m.expm1, { aliases: ["special.expm1"] });
export const log = unary("log", "The natural logarithm.", m.log);
export const log2 = unary("log2", "The logarithm to base 2.", m.log2);
export const log10 = unary("log10", "The logarithm to base 10.", m.log10);
export const log1p = unary("log1p", "log(1 + input), exact near 0.", m.log1p, { aliases: ["special.log1p"] });
export const sqrt = unary("sqrt", "The square root.", m.sqrt);
export const rsqrt = unary("rsqrt", "1 / sqrt(input).", (x) => m.div(1, m.sqrt(x)), {
  derivative: () => m.mul(m.mul(grad, -0.5), m.mul(m.mul(result, result), result)),
});

export const sin = unary("sin", "The sine of radians.", m.sin);
export const cos = unary("cos", "The cosine of radians.", m.cos);
export const tan = unary("tan", "The tangent of radians.", m.tan);
export const asin = unary("asin", "The inverse sine, in radians.", m.asin, { aliases: ["arcsin"] });
export const acos = unary("acos", "The inverse cosine, in radians.", m.acos, { aliases: ["arccos"] });
export const atan = unary("atan", "The inverse tangent, in radians.", m.atan, { aliases: ["arctan"] });
export const sinh = unary("sinh", "The hyperbolic sine.", m.sinh);
export const cosh = unary("cosh", "The hyperbolic cosine.", m.cosh);
export const tanh = unary("tanh", "The hyperbolic tangent.", m.tanh, { aliases: ["nn.functional.tanh"] });
export const asinh = unary("asinh", "The inverse hyperbolic sine.", m.asinh, { aliases: ["arcsinh"] });
export const acosh = unary("acosh", "The inverse hyperbolic cosine.", m.acosh, { aliases: ["arccosh"] });
export const atanh = unary("atanh", "The inverse hyperbolic tangent.", m.atanh, { aliases: ["arctanh"] });
export const sigmoid = unary("sigmoid", "1 / (1 + exp(-input)).", m.sigmoid, {
  aliases: ["special.expit", "nn.functional.sigmoid"],
});

export const deg2rad = unary("deg2rad", "Degrees to radians.", (x) => m.mul(x, Math.PI / 180));
export const rad2deg = unary("rad2deg", "Radians to degrees.", (x) => m.mul(x, 180 / Math.PI));

export const sinc = unary(
  "sinc",
  "sin(πx) / (πx), 1 at 0.",
  (x) => {
    const px = m.mul(x, Math.PI);
    return m.select(m.eq(x, 0), 1, m.div(m.sin(px), px));
  },
  {
    aliases: ["special.sinc"],
    derivative: (x) => {
      const px = m.mul(x, Math.PI);
      const scale = m.mul(px, x);
      const slope = m.div(m.sub(m.mul(px, m.cos(px)), m.sin(px)), scale);
      return m.select(m.eq(scale, 0), 0, m.mul(grad, slope));
    },
  },
);

export const angle = elementwise({
  signature: "angle(input: Tensor)",
  follows: "torch.angle",
  doc: "The angle of a real number in the complex plane: π if negative, else 0; NaN stays.",
  example: "torch.angle(torch.tensor([-1, 0, 1])) // tensor([3.1416, 0.0000, 0.0000])",
  dtype: "float",
  expression: (x) => m.select(m.isnan(x), x, m.select(m.lt(x, 0), Math.PI, 0)),
  derivative: { input: () => m.select(m.isnan(grad), 0, 0) },
});

// ---- signs

export const abs = elementwise({
  signature: "abs(input: Tensor)",
  follows: "torch.abs",
  doc: "The absolute value; the gradient at 0 is 0.",
  example: "torch.abs(torch.tensor([-1.5, 2])) // tensor([1.5000, 2.0000])",
  variants: inplace,
  aliases: ["absolute"],
  refuses: { bool: unimplemented("abs_cpu") },
  expression: (x) => m.abs(x),
});

export const sign = elementwise({
  signature: "sign(input: Tensor)",
  follows: "torch.sign",
  doc: "-1, 0 or 1.",
  example: "torch.sign(torch.tensor([-3, 0, 2])) // tensor([-1., 0., 1.])",
  variants: inplace,
  expression: (x) => m.sign(x),
});

export const sgn = elementwise({
  signature: "sgn(input: Tensor)",
  follows: "torch.sgn",
  doc: "-1, 0 or 1; for real tensors the same as sign.",
  example: "torch.sgn(torch.tensor([-3, 0, 2])) // tensor([-1., 0., 1.])",
  variants: inplace,
  expression: (x) => m.sign(x),
});

export const copysign = elementwise({
  signature: "copysign(input: Tensor, other: TensorOrScalar)",
  follows: "torch.copysign",
  doc: "The magnitude of input with the sign of other.",
  example: "torch.copysign(torch.tensor([1, 2]), torch.tensor([-1, 1])) // tensor([-1., 2.])",
  variants: inplace,
  dtype: "float",
  expression: (x, y) => m.copysign(x, y),
});

export const heaviside = elementwise({
  signature: "heaviside(input: Tensor, values: Tensor)",
  follows: "torch.heaviside",
  doc: "0 for negative input, values where it is 0, 1 for positive input.",
  errors: "RuntimeError for different dtypes",
  example:
    "torch.heaviside(torch.tensor([-1, 0, 2]), torch.tensor([0.5, 0.5, 0.5])) // tensor([0.0000, 0.5000, 1.0000])",
  variants: inplace,
  check: "comparison.checkHeaviside",
  differentiable: false,
  expression: (x, values) => m.select(m.eq(x, 0), values, m.toValue(m.gt(x, 0))),
});

export const nextafter = elementwise({
  signature: "nextafter(input: Tensor, other: Tensor)",
  follows: "torch.nextafter",
  doc: "The next floating-point number after input in the direction of other.",
  example: "torch.nextafter(torch.tensor([1]), torch.tensor([2])).item() // 1.0000001192092896",
  variants: inplace,
  refuses: floatingOnly("nextafter_cpu"),
  differentiable: false,
  expression: (x, y) => m.nextafter(x, y),
});

// ---- rounding

const rounding = (name: string, doc: string, op: (x: Value) => Value, aliases: string[] = []) =>
  elementwise({
    signature: `${name}(input: Tensor)`,
    follows: `torch.${name}`,
    doc,
    variants: inplace,
    aliases,
    refuses: { bool: unimplemented(`${name}_vml_cpu`) },
    expression: op,
    integral: (x) => x,
  });

export const floor = rounding("floor", "Rounds down.", m.floor);
export const ceil = rounding("ceil", "Rounds up.", m.ceil);
export const trunc = rounding("trunc", "Rounds towards zero.", m.trunc, ["fix"]);

export const round = composite({
  signature: "round(input: Tensor, decimals: int = 0)",
  follows: "torch.round",
  doc: "To the nearest multiple of 10 ** -decimals, ties to even.",
  shapes: "any; the result has the input's.",
  example: "torch.round(torch.tensor([0.5, 1.5, 2.4])) // tensor([0., 2., 2.])",
  variants: inplace,
  aliases: ["special.round"],
  implementation: "rounding.round",
});

export const roundEven = elementwise({
  signature: "roundEven(input: Tensor)",
  follows: "torch.round",
  doc: "round to integers.",
  internal: true,
  refuses: { bool: unimplemented("round_vml_cpu") },
  expression: (x) => m.round(x),
  integral: (x) => x,
});

export const roundScaled = elementwise({
  signature: "roundScaled(input: Tensor, scale: float, up: bool)",
  follows: "torch.round",
  doc: "round to multiples of scale (up), or of 1 / scale.",
  internal: true,
  refuses: floatingOnly("round_vml_cpu"),
  expression: (x, { scale, up }) =>
    up ? m.mul(m.round(m.div(x, scale)), scale) : m.div(m.round(m.mul(x, scale)), scale),
});

export const frac = elementwise({
  signature: "frac(input: Tensor)",
  follows: "torch.frac",
  doc: "input - trunc(input).",
  example: "torch.frac(torch.tensor([1.5, -1.5])) // tensor([0.5000, -0.5000])",
  variants: inplace,
  refuses: floatingOnly("frac_cpu"),
  expression: (x) => m.sub(x, m.trunc(x)),
});

// ---- two variables

export const atan2 = elementwise({
  signature: "atan2(input: Tensor, other: Tensor)",
  follows: "torch.atan2",
  doc: "The angle of the point (other, input), in radians.",
  example: "torch.atan2(torch.tensor([1, -1]), torch.tensor([1, 1])) // tensor([0.7854, -0.7854])",
  variants: inplace,
  aliases: ["arctan2"],
  dtype: "float",
  expression: (y, x) => m.atan2(y, x),
});

export const logaddexp = elementwise({
  signature: "logaddexp(input: Tensor, other: Tensor)",
  follows: "torch.logaddexp",
  doc: "log(exp(input) + exp(other)) without overflow.",
  example: "torch.logaddexp(torch.tensor([0]), torch.tensor([0])) // tensor([0.6931])",
  refuses: floatingOnly("logaddexp_cpu"),
  expression: (x, y) =>
    m.select(m.and(m.isinf(x), m.eq(x, y)), x, m.add(m.maximum(x, y), m.log1p(m.exp(m.neg(m.abs(m.sub(x, y))))))),
  derivative: {
    input: ({ input, other }) => m.div(grad, m.add(m.exp(m.sub(other, input)), 1)),
    other: ({ input, other }) => m.div(grad, m.add(m.exp(m.sub(input, other)), 1)),
  },
});

export const logaddexp2 = elementwise({
  signature: "logaddexp2(input: Tensor, other: Tensor)",
  follows: "torch.logaddexp2",
  doc: "log2(2 ** input + 2 ** other) without overflow.",
  example: "torch.logaddexp2(torch.tensor([3]), torch.tensor([3])) // tensor([4.])",
  refuses: floatingOnly("logaddexp2_cpu"),
  expression: (x, y) =>
    m.select(
      m.and(m.isinf(x), m.eq(x, y)),
      x,
      m.add(m.maximum(x, y), m.mul(m.log1p(m.exp2(m.neg(m.abs(m.sub(x, y))))), 1 / Math.LN2)),
    ),
  derivative: {
    input: ({ input, other }) => m.div(grad, m.add(m.exp2(m.sub(other, input)), 1)),
    other: ({ input, other }) => m.div(grad, m.add(m.exp2(m.sub(input, other)), 1)),
  },
});
