/** Special functions: torch.special and their older names in torch. */
import { type Value, grad, m, result } from "./expression.ts";
import { elementwise, inplace } from "./record.ts";

const special = (
  name: string,
  doc: string,
  expression: (x: Value) => Value,
  aliases: string[] = [],
  derivative?: (x: Value) => Value,
) =>
  elementwise({
    signature: `${name}(input: Tensor)`,
    follows: `torch.${name}`,
    doc,
    variants: inplace,
    dtype: "float",
    aliases,
    expression,
    ...(derivative ? { derivative: { input: ({ input }) => derivative(input) } } : {}),
  });

export const erf = special("erf", "The error function.", m.erf, ["special.erf"]);
export const erfc = special("erfc", "1 - erf(input), exact for large input.", m.erfc, ["special.erfc"]);
export const erfinv = special("erfinv", "The inverse of the error function, on (-1, 1).", m.erfinv, ["special.erfinv"]);
export const lgamma = special("lgamma", "The logarithm of |Γ(input)|.", m.lgamma, ["special.gammaln"]);
export const digamma = special("digamma", "The derivative of lgamma.", m.digamma, ["special.digamma", "special.psi"]);
export const i0 = special("i0", "The modified Bessel function of the first kind of order 0.", m.i0, ["special.i0"]);

const namespaced = (
  name: string,
  torchName: string,
  doc: string,
  expression: (x: Value) => Value,
  derivative?: (x: Value) => Value,
) =>
  elementwise({
    signature: `${name}(input: Tensor)`,
    follows: `torch.special.${torchName}`,
    doc,
    namespace: "special",
    dtype: "float",
    expression,
    ...(derivative ? { derivative: { input: ({ input }) => derivative(input) } } : {}),
  });

export const i1 = namespaced("i1", "i1", "The modified Bessel function of the first kind of order 1.", m.i1);

export const entr = namespaced(
  "entr",
  "entr",
  "-x ln x; 0 at 0, -∞ below.",
  (x) => m.select(m.isnan(x), x, m.select(m.gt(x, 0), m.neg(m.mul(x, m.log(x))), m.select(m.eq(x, 0), 0, -Infinity))),
  (x) => m.neg(m.mul(grad, m.add(m.log(x), 1))),
);

export const ndtr = namespaced("ndtr", "ndtr", "The distribution function of the standard normal distribution.", (x) =>
  m.mul(m.erfc(m.mul(x, -Math.SQRT1_2)), 0.5),
);

export const ndtri = namespaced("ndtri", "ndtri", "The inverse of ndtr, on (0, 1).", m.ndtri, () =>
  m.mul(m.mul(grad, Math.sqrt(2 * Math.PI)), m.exp(m.mul(m.mul(result, result), 0.5))),
);

export const logNdtr = namespaced("logNdtr", "log_ndtr", "log(ndtr(input)), exact in the left tail.", m.logNdtr);

export const xlogy = elementwise({
  signature: "xlogy(input: TensorOrScalar, other: TensorOrScalar)",
  follows: "torch.xlogy",
  doc: "input * log(other), 0 where input is 0 (unless other is NaN).",
  example: "torch.xlogy(torch.tensor([0, 2]), torch.tensor([5, 1])) // tensor([0., 0.])",
  variants: inplace,
  aliases: ["special.xlogy"],
  dtype: "float",
  expression: (x, y) => timesLog(x, y, m.log(y)),
  derivative: {
    input: ({ input, other }) =>
      m.select(m.and(m.eq(input, 0), m.le(other, 0)), 0, timesLog(grad, other, m.log(other))),
    other: ({ input, other }) => m.div(m.mul(grad, input), other),
  },
});

export const xlog1py = elementwise({
  signature: "xlog1py(input: TensorOrScalar, other: TensorOrScalar)",
  follows: "torch.special.xlog1py",
  doc: "input * log1p(other), 0 where input is 0 (unless other is NaN).",
  example: "torch.special.xlog1py(torch.tensor([0, 2]), torch.tensor([5, 0])) // tensor([0., 0.])",
  namespace: "special",
  dtype: "float",
  expression: (x, y) => timesLog(x, y, m.log1p(y)),
  derivative: {
    input: ({ input, other }) =>
      m.select(m.and(m.eq(input, 0), m.le(other, -1)), 0, timesLog(grad, other, m.log1p(other))),
    other: ({ input, other }) => m.div(m.mul(grad, input), m.add(other, 1)),
  },
});

/** x * logarithm, where the logarithm is of y or of 1 + y */
function timesLog(x: Value, y: Value, logarithm: Value): Value {
  return m.select(m.isnan(y), y, m.select(m.eq(x, 0), 0, m.mul(x, logarithm)));
}

export const logit = elementwise({
  signature: "logit(input: Tensor, eps: float? = null)",
  follows: "torch.logit",
  doc: "log(x / (1 - x)); with eps, x is held within [eps, 1 - eps] first.",
  example: "torch.logit(torch.tensor([0.5, 0.9])) // tensor([0.0000, 2.1972])",
  variants: inplace,
  aliases: ["special.logit"],
  dtype: "float",
  expression: (x, { eps }) => {
    const z = eps ? m.minimum(m.maximum(x, eps), m.sub(1, eps)) : x;
    return m.log(m.div(z, m.sub(1, z)));
  },
  derivative: {
    input: ({ input, eps }) => {
      const slope = m.div(grad, m.mul(input, m.sub(1, input)));
      return eps
        ? m.select(m.or(m.lt(input, eps), m.gt(input, m.sub(1, eps))), 0, slope)
        : m.select(m.or(m.lt(input, 0), m.gt(input, 1)), NaN, slope);
    },
  },
});
