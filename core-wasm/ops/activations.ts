/** Activation functions of nn.functional. Where a function has a kink, the gradient there is PyTorch's. */
import { geluSlope } from "./differentiate.ts";
import { type Value, grad, m, result } from "./expression.ts";
import { composite, elementwise, floatingOnly, type Variant } from "./record.ts";

const inPlace: readonly Variant[] = ["function", "inplace"];
const square = (x: Value): Value => m.mul(x, x);

export const relu = elementwise({
  signature: "relu(input: Tensor)",
  follows: "torch.nn.functional.relu",
  doc: "max(input, 0).",
  example: "torch.relu(torch.tensor([-1, 2])) // tensor([0., 2.])",
  variants: ["function", "method", "inplace"],
  aliases: ["nn.functional.relu"],
  refuses: { bool: "Boolean inputs not supported for relu" },
  expression: (x) => m.maximum(x, 0),
  derivative: { input: () => m.select(m.le(result, 0), 0, grad) },
});

export const hardtanh = elementwise({
  signature: "hardtanh(input: Tensor, minVal: float = -1.0, maxVal: float = 1.0)",
  follows: "torch.nn.functional.hardtanh",
  doc: "input held within [minVal, maxVal].",
  example: "torch.nn.functional.hardtanh(torch.tensor([-2, 0.5, 2])) // tensor([-1.0000, 0.5000, 1.0000])",
  namespace: "nn.functional",
  variants: inPlace,
  refuses: { bool: "Bool inputs not supported for hardtanh" },
  expression: (x, { minVal, maxVal }) => m.minimum(m.maximum(x, minVal), maxVal),
  derivative: {
    input: ({ input, minVal, maxVal }) => m.select(m.or(m.le(input, minVal), m.ge(input, maxVal)), 0, grad),
  },
});

export const relu6 = elementwise({
  signature: "relu6(input: Tensor)",
  follows: "torch.nn.functional.relu6",
  doc: "input held within [0, 6].",
  example: "torch.nn.functional.relu6(torch.tensor([-1, 3, 8])) // tensor([0., 3., 6.])",
  namespace: "nn.functional",
  variants: inPlace,
  refuses: { bool: "Bool inputs not supported for hardtanh" },
  expression: (x) => m.minimum(m.maximum(x, 0), 6),
  derivative: { input: ({ input }) => m.select(m.or(m.le(input, 0), m.ge(input, 6)), 0, grad) },
});

export const leakyRelu = elementwise({
  signature: "leakyRelu(input: Tensor, negativeSlope: float = 0.01)",
  follows: "torch.nn.functional.leaky_relu",
  doc: "input where positive, else negativeSlope * input.",
  example: "torch.nn.functional.leakyRelu(torch.tensor([-1, 1])) // tensor([-0.0100, 1.0000])",
  namespace: "nn.functional",
  variants: inPlace,
  refuses: floatingOnly("leaky_relu_cpu"),
  expression: (x, { negativeSlope }) => m.select(m.gt(x, 0), x, m.mul(x, negativeSlope)),
  derivative: { input: ({ input, negativeSlope }) => m.select(m.gt(input, 0), grad, m.mul(grad, negativeSlope)) },
});

export const threshold = elementwise({
  signature: "threshold(input: Tensor, threshold: Scalar, value: Scalar)",
  follows: "torch.nn.functional.threshold",
  doc: "input where it is greater than threshold, else value.",
  example: "torch.nn.functional.threshold(torch.tensor([-1, 2]), 0, 9) // tensor([9., 2.])",
  namespace: "nn.functional",
  variants: inPlace,
  refuses: { bool: "\"threshold_cpu\" not implemented for 'Bool'" },
  expression: (x, { threshold, value }) => m.select(m.le(x, threshold), value, x),
  derivative: { input: ({ input, threshold }) => m.select(m.le(input, threshold), 0, grad) },
});

export const elu = elementwise({
  signature: "elu(input: Tensor, alpha: float = 1.0)",
  follows: "torch.nn.functional.elu",
  doc: "input where positive, else alpha * (exp(input) - 1).",
  example: "torch.nn.functional.elu(torch.tensor([-1, 1])) // tensor([-0.6321, 1.0000])",
  namespace: "nn.functional",
  variants: inPlace,
  refuses: floatingOnly("elu_cpu"),
  expression: (x, { alpha }) => m.select(m.le(x, 0), m.mul(m.expm1(x), alpha), x),
  derivative: { input: ({ input, alpha }) => m.select(m.le(input, 0), m.mul(grad, m.mul(m.exp(input), alpha)), grad) },
});

export const celu = elementwise({
  signature: "celu(input: Tensor, alpha: float = 1.0)",
  follows: "torch.nn.functional.celu",
  doc: "input where positive, else alpha * (exp(input / alpha) - 1).",
  errors: "RuntimeError for alpha = 0",
  example: "torch.nn.functional.celu(torch.tensor([-1, 1])) // tensor([-0.6321, 1.0000])",
  namespace: "nn.functional",
  variants: inPlace,
  check: "activations.checkCelu",
  refuses: floatingOnly("elu_cpu"),
  expression: (x, { alpha }) => m.select(m.le(x, 0), m.mul(m.expm1(m.div(x, alpha)), alpha), x),
  derivative: { input: ({ input, alpha }) => m.select(m.le(input, 0), m.mul(grad, m.exp(m.div(input, alpha))), grad) },
});

const SELU_ALPHA = 1.6732632423543772848170429916717;
const SELU_SCALE = 1.0507009873554804934193349852946;

export const selu = elementwise({
  signature: "selu(input: Tensor)",
  follows: "torch.nn.functional.selu",
  doc: "scale * (input where positive, else alpha * (exp(input) - 1)), self-normalizing: alpha ≈ 1.6733, scale ≈ 1.0507.",
  example: "torch.selu(torch.tensor([-1, 1])) // tensor([-1.1113, 1.0507])",
  variants: ["function", "inplace"],
  aliases: ["nn.functional.selu"],
  refuses: floatingOnly("elu_cpu"),
  expression: (x) => m.select(m.le(x, 0), m.mul(m.expm1(x), SELU_ALPHA * SELU_SCALE), m.mul(x, SELU_SCALE)),
  derivative: {
    input: ({ input }) =>
      m.select(m.le(input, 0), m.mul(grad, m.mul(m.exp(input), SELU_ALPHA * SELU_SCALE)), m.mul(grad, SELU_SCALE)),
  },
});

const GELU_SCALE = Math.SQRT2 * (2 / Math.sqrt(Math.PI)) * 0.5; // sqrt(2 / π)
const GELU_CUBIC = 0.044715;

export const gelu = elementwise({
  signature: 'gelu(input: Tensor, approximate: "none"|"tanh" = "none")',
  follows: "torch.nn.functional.gelu",
  doc: "input * Φ(input), Φ the normal distribution function, or its approximation by tanh.",
  errors: "RuntimeError for another approximate",
  example: "torch.nn.functional.gelu(torch.tensor([-1, 1])) // tensor([-0.1587, 0.8413])",
  namespace: "nn.functional",
  choiceErrors: { approximate: "RuntimeError: approximate argument must be either none or tanh." },
  refuses: floatingOnly("GeluKernelImpl"),
  expression: (x, { approximate }) => {
    if (approximate === "none") return m.gelu(x);
    const inner = m.mul(m.add(x, m.mul(m.mul(square(x), x), GELU_CUBIC)), GELU_SCALE);
    return m.mul(m.mul(x, 0.5), m.add(m.tanh(inner), 1));
  },
  derivative: {
    input: ({ input: x, approximate }) => {
      if (approximate === "none") return m.mul(grad, geluSlope(x));
      const inner = m.mul(m.add(x, m.mul(m.mul(square(x), x), GELU_CUBIC)), GELU_SCALE);
      const t = m.tanh(inner);
      const slope = m.mul(m.add(m.mul(square(x), 3 * GELU_CUBIC), 1), GELU_SCALE);
      const right = m.mul(m.mul(m.mul(x, 0.5), m.sub(1, square(t))), slope);
      return m.mul(grad, m.add(m.mul(m.add(t, 1), 0.5), right));
    },
  },
});

export const silu = elementwise({
  signature: "silu(input: Tensor)",
  follows: "torch.nn.functional.silu",
  doc: "input * sigmoid(input), also called swish.",
  example: "torch.nn.functional.silu(torch.tensor([-1, 1])) // tensor([-0.2689, 0.7311])",
  namespace: "nn.functional",
  variants: inPlace,
  refuses: floatingOnly("silu_cpu"),
  expression: (x) => m.mul(x, m.sigmoid(x)),
  derivative: {
    input: ({ input }) => {
      const s = m.sigmoid(input);
      return m.mul(m.mul(grad, s), m.add(m.mul(input, m.sub(1, s)), 1));
    },
  },
});

const softplusOf = (x: Value): Value => m.select(m.gt(x, 20), x, m.log1p(m.exp(x)));

export const mish = elementwise({
  signature: "mish(input: Tensor)",
  follows: "torch.nn.functional.mish",
  doc: "input * tanh(softplus(input)).",
  example: "torch.nn.functional.mish(torch.tensor([-1, 1])) // tensor([-0.3034, 0.8651])",
  namespace: "nn.functional",
  variants: inPlace,
  refuses: floatingOnly("mish_cpu"),
  expression: (x) => m.mul(x, m.tanh(softplusOf(x))),
  derivative: {
    input: ({ input }) => {
      const t = m.tanh(softplusOf(input));
      return m.mul(grad, m.add(t, m.mul(m.mul(input, m.sigmoid(input)), m.sub(1, square(t)))));
    },
  },
});

export const hardsigmoid = elementwise({
  signature: "hardsigmoid(input: Tensor)",
  follows: "torch.nn.functional.hardsigmoid",
  doc: "input / 6 + 1/2 held within [0, 1].",
  example: "torch.nn.functional.hardsigmoid(torch.tensor([-4, 0, 1.5])) // tensor([0.0000, 0.5000, 0.7500])",
  namespace: "nn.functional",
  variants: inPlace,
  refuses: floatingOnly("hardsigmoid_cpu"),
  expression: (x) => m.div(m.minimum(m.maximum(m.add(x, 3), 0), 6), 6),
  derivative: { input: ({ input }) => m.select(m.and(m.gt(input, -3), m.lt(input, 3)), m.mul(grad, 1 / 6), 0) },
});

export const hardswish = elementwise({
  signature: "hardswish(input: Tensor)",
  follows: "torch.nn.functional.hardswish",
  doc: "input * hardsigmoid(input).",
  example: "torch.nn.functional.hardswish(torch.tensor([-4, 1.5, 4])) // tensor([-0.0000, 1.1250, 4.0000])",
  namespace: "nn.functional",
  variants: inPlace,
  refuses: floatingOnly("hardswish_cpu"),
  expression: (x) => m.div(m.mul(x, m.minimum(m.maximum(m.add(x, 3), 0), 6)), 6),
  derivative: {
    input: ({ input }) =>
      m.select(m.lt(input, -3), 0, m.select(m.le(input, 3), m.mul(grad, m.add(m.div(input, 3), 0.5)), grad)),
  },
});

export const softplus = elementwise({
  signature: "softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0)",
  follows: "torch.nn.functional.softplus",
  doc: "log(1 + exp(beta * input)) / beta, linear where beta * input > threshold.",
  example: "torch.nn.functional.softplus(torch.tensor([0, 30])) // tensor([0.6931, 30.0000])",
  namespace: "nn.functional",
  refuses: floatingOnly("softplus_cpu"),
  expression: (x, { beta, threshold }) => {
    const bx = m.mul(x, beta);
    return m.select(m.gt(bx, threshold), x, m.div(m.log1p(m.exp(bx)), beta));
  },
  derivative: {
    input: ({ input, beta, threshold }) => {
      const bx = m.mul(input, beta);
      return m.select(m.gt(bx, threshold), grad, m.mul(grad, m.sigmoid(bx)));
    },
  },
});

const shrunk = (lambd: Value, x: Value) => m.and(m.ge(x, m.neg(lambd)), m.le(x, lambd));

export const softshrink = elementwise({
  signature: "softshrink(input: Tensor, lambd: float = 0.5)",
  follows: "torch.nn.functional.softshrink",
  doc: "input moved towards 0 by lambd, 0 within lambd of it.",
  errors: "RuntimeError for a negative lambd",
  example: "torch.nn.functional.softshrink(torch.tensor([-2, 0.3, 2])) // tensor([-1.5000, 0.0000, 1.5000])",
  namespace: "nn.functional",
  check: "activations.checkSoftshrink",
  refuses: floatingOnly("softshrink_cpu"),
  expression: (x, { lambd }) =>
    m.select(m.gt(x, lambd), m.sub(x, lambd), m.select(m.lt(x, m.neg(lambd)), m.add(x, lambd), m.mul(x, 0))),
  derivative: { input: ({ input, lambd }) => m.select(shrunk(lambd, input), 0, grad) },
});

export const hardshrink = elementwise({
  signature: "hardshrink(input: Tensor, lambd: float = 0.5)",
  follows: "torch.nn.functional.hardshrink",
  doc: "input, 0 within lambd of 0.",
  example: "torch.hardshrink(torch.tensor([-1, 0.3, 1])) // tensor([-1., 0., 1.])",
  aliases: ["nn.functional.hardshrink"],
  refuses: floatingOnly("hardshrink_cpu"),
  expression: (x, { lambd }) => m.select(shrunk(lambd, x), 0, x),
  derivative: { input: ({ input, lambd }) => m.select(shrunk(lambd, input), 0, grad) },
});

export const tanhshrink = elementwise({
  signature: "tanhshrink(input: Tensor)",
  follows: "torch.nn.functional.tanhshrink",
  doc: "input - tanh(input).",
  example: "torch.nn.functional.tanhshrink(torch.tensor([0, 1])) // tensor([0.0000, 0.2384])",
  namespace: "nn.functional",
  dtype: "float",
  expression: (x) => m.sub(x, m.tanh(x)),
});

export const softsign = elementwise({
  signature: "softsign(input: Tensor)",
  follows: "torch.nn.functional.softsign",
  doc: "input / (1 + |input|).",
  example: "torch.nn.functional.softsign(torch.tensor([-1, 3])) // tensor([-0.5000, 0.7500])",
  namespace: "nn.functional",
  dtype: "float",
  expression: (x) => m.div(x, m.add(m.abs(x), 1)),
});

export const logsigmoid = elementwise({
  signature: "logsigmoid(input: Tensor)",
  follows: "torch.nn.functional.logsigmoid",
  doc: "log(sigmoid(input)) without underflow.",
  example: "torch.nn.functional.logsigmoid(torch.tensor([-1, 1])) // tensor([-1.3133, -0.3133])",
  namespace: "nn.functional",
  refuses: floatingOnly("log_sigmoid_cpu"),
  expression: (x) => m.sub(m.minimum(x, 0), m.log1p(m.exp(m.neg(m.abs(x))))),
  derivative: { input: ({ input }) => m.mul(grad, m.sigmoid(m.neg(input))) },
});

export const prelu = composite({
  signature: "prelu(input: Tensor, weight: Tensor)",
  follows: "torch.nn.functional.prelu",
  doc: "input where positive, else weight * input; one weight, or one for each channel (dimension 1).",
  errors: "RuntimeError if weight does not fit the channels",
  shapes: "weight [1] or [C], of input [N, C, *]; the result has the input's.",
  example: "torch.prelu(torch.tensor([-2, 2]), torch.tensor([0.25])) // tensor([-0.5000, 2.0000])",
  variants: ["function", "method"],
  aliases: ["nn.functional.prelu"],
  implementation: "activations.prelu",
});

export const preluElements = elementwise({
  signature: "preluElements(input: Tensor, weight: Tensor)",
  follows: "torch.nn.functional.prelu",
  doc: "prelu with a weight that broadcasts.",
  internal: true,
  refuses: floatingOnly("prelu_cpu"),
  expression: (x, weight) => m.select(m.gt(x, 0), x, m.mul(weight, x)),
});

export const rrelu = composite({
  signature: "rrelu(input: Tensor, lower: float = 0.125, upper: float = 0.3333333333333333, training: bool = false)",
  follows: "torch.nn.functional.rrelu",
  doc: "input where positive, else a slope times input: a uniform random one from [lower, upper) in training, otherwise their mean.",
  errors: "RuntimeError if lower > upper",
  shapes: "any; the result has the input's.",
  example: "torch.nn.functional.rrelu(torch.tensor([-1, 1]), 0.25, 0.75) // tensor([-0.5000, 1.0000])",
  namespace: "nn.functional",
  variants: inPlace,
  implementation: "activations.rrelu",
});

export const glu = composite({
  signature: "glu(input: Tensor, dim: int = -1)",
  follows: "torch.nn.functional.glu",
  doc: "The first half of input along dim times the sigmoid of the second.",
  shapes: "input's size along dim must be even; the result's is half of it.",
  errors: "RuntimeError for an odd size",
  example: "torch.nn.functional.glu(torch.tensor([1, 2, 0, 0])) // tensor([0.5000, 1.0000])",
  namespace: "nn.functional",
  implementation: "activations.glu",
});
