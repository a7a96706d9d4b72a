/** Sums, products, quotients, powers, and what is made of them. */
import { type Value, grad, m, result } from "./expression.ts";
import { composite, elementwise, floatingOnly, inplace, unimplemented } from "./record.ts";

const boolSubtraction =
  "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.";

export const add = elementwise({
  signature: "add(input: TensorOrScalar, other: TensorOrScalar, alpha: Scalar = 1)",
  follows: "torch.add",
  doc: "input + alpha * other.",
  example: "torch.add(torch.tensor([1, 2]), torch.tensor([10, 20]), { alpha: 2 }) // tensor([21., 42.])",
  variants: inplace,
  numbersOnly: true,
  check: "arithmetic.checkAlpha",
  specialize: [{ alpha: 1 }],
  expression: (x, y, { alpha }) => m.add(x, m.mul(alpha, y)),
});

export const sub = elementwise({
  signature: "sub(input: TensorOrScalar, other: TensorOrScalar, alpha: Scalar = 1)",
  follows: "torch.sub",
  doc: "input - alpha * other.",
  example: "torch.sub(torch.tensor([10, 20]), torch.tensor([1, 2]), { alpha: 2 }) // tensor([8., 16.])",
  variants: inplace,
  aliases: ["subtract"],
  numbersOnly: true,
  check: "arithmetic.checkSub",
  refuses: { bool: boolSubtraction },
  specialize: [{ alpha: 1 }],
  expression: (x, y, { alpha }) => m.sub(x, m.mul(alpha, y)),
});

export const rsub = elementwise({
  signature: "rsub(input: Tensor, other: TensorOrScalar, alpha: Scalar = 1)",
  follows: "torch.rsub",
  doc: "other - alpha * input.",
  example: "torch.rsub(torch.tensor([1, 2]), 10) // tensor([9., 8.])",
  check: "arithmetic.checkSub",
  refuses: { bool: boolSubtraction },
  specialize: [{ alpha: 1 }],
  expression: (x, y, { alpha }) => m.sub(y, m.mul(alpha, x)),
});

export const mul = elementwise({
  signature: "mul(input: TensorOrScalar, other: TensorOrScalar)",
  follows: "torch.mul",
  doc: "input * other.",
  example: "torch.mul(torch.tensor([1, 2]), torch.tensor([3, 4])) // tensor([3., 8.])",
  variants: inplace,
  aliases: ["multiply"],
  numbersOnly: true,
  expression: (x, y) => m.mul(x, y),
});

export const div = elementwise({
  signature: 'div(input: TensorOrScalar, other: TensorOrScalar, roundingMode: "trunc"|"floor"? = null)',
  follows: "torch.div",
  doc: "input / other: true division, or with roundingMode the quotient rounded towards zero or down.",
  errors: 'RuntimeError "ZeroDivisionError" when integers are divided by zero with a roundingMode',
  example: 'torch.div(torch.tensor([7, -7]), 2, { roundingMode: "floor" }) // tensor([3., -4.])',
  variants: inplace,
  aliases: ["divide"],
  numbersOnly: true,
  check: "arithmetic.checkDiv",
  choiceErrors: {
    roundingMode: "RuntimeError: div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{value}'",
  },
  dtype: ({ roundingMode }) => (roundingMode ? "promote" : "float"),
  refuses: ({ roundingMode }) => (roundingMode ? { bool: unimplemented(`div_${roundingMode}_cpu`) } : {}),
  expression: (x, y, { roundingMode }) =>
    roundingMode === "floor" ? m.divFloor(x, y) : roundingMode === "trunc" ? m.divTrunc(x, y) : m.div(x, y),
});

export const trueDivide = elementwise({
  signature: "trueDivide(input: TensorOrScalar, other: TensorOrScalar)",
  follows: "torch.true_divide",
  doc: "input / other; integers give floats.",
  example: "torch.trueDivide(torch.tensor([3, 4]), torch.tensor([2, 2])) // tensor([1.5000, 2.0000])",
  variants: inplace,
  numbersOnly: true,
  dtype: "float",
  expression: (x, y) => m.div(x, y),
});

export const floorDivide = elementwise({
  signature: "floorDivide(input: TensorOrScalar, other: TensorOrScalar)",
  follows: "torch.floor_divide",
  doc: "The quotient rounded down.",
  errors: 'RuntimeError "ZeroDivisionError" when integers are divided by zero',
  example: "torch.floorDivide(torch.tensor([7, -7]), 2) // tensor([3., -4.])",
  variants: inplace,
  check: "arithmetic.checkDivisor",
  refuses: { bool: unimplemented("div_floor_cpu") },
  differentiable: false,
  expression: (x, y) => m.divFloor(x, y),
});

export const remainder = elementwise({
  signature: "remainder(input: TensorOrScalar, other: TensorOrScalar)",
  follows: "torch.remainder",
  doc: "Python's modulus: input - other * floor(input / other), with the sign of other.",
  errors: 'RuntimeError "ZeroDivisionError" when integers are divided by zero',
  example: "torch.remainder(torch.tensor([7, -7]), 3) // tensor([1., 2.])",
  variants: inplace,
  check: "arithmetic.checkDivisor",
  refuses: { bool: unimplemented("remainder_cpu") },
  expression: (x, y) => m.remainder(x, y),
});

export const fmod = elementwise({
  signature: "fmod(input: Tensor, other: TensorOrScalar)",
  follows: "torch.fmod",
  doc: "C's modulus: input - other * trunc(input / other), with the sign of input.",
  errors: 'RuntimeError "ZeroDivisionError" when integers are divided by zero',
  example: "torch.fmod(torch.tensor([7, -7]), 3) // tensor([1., -1.])",
  variants: inplace,
  check: "arithmetic.checkDivisor",
  refuses: { bool: unimplemented("fmod_cpu") },
  expression: (x, y) => m.fmod(x, y),
});

export const pow = elementwise({
  signature: "pow(input: TensorOrScalar, exponent: TensorOrScalar)",
  follows: "torch.pow",
  doc: "input to the power of exponent.",
  errors: "RuntimeError for integers to a negative integer power",
  example: "torch.pow(torch.tensor([1, 2, 3]), 2) // tensor([1., 4., 9.])",
  variants: inplace,
  check: "arithmetic.checkPow",
  refuses: { bool: unimplemented("pow") },
  specialize: [{ exponent: 2 }, { exponent: 3 }],
  expression: (x, y) => (y.constant === 3 ? m.mul(m.mul(x, x), x) : m.pow(x, y)),
  derivative: {
    exponent: ({ input, exponent }) =>
      m.select(m.and(m.eq(input, 0), m.ge(exponent, 0)), 0, m.mul(grad, m.mul(result, m.log(input)))),
  },
});

export const floatPower = composite({
  signature: "floatPower(input: TensorOrScalar, exponent: TensorOrScalar)",
  follows: "torch.float_power",
  doc: "input to the power of exponent, computed in float64.",
  shapes: "any that broadcast; the result is float64.",
  example: 'torch.floatPower(torch.tensor([2, 3], { dtype: "float64" }), 2) // tensor([4., 9.], dtype=torch.float64)',
  variants: inplace,
  implementation: "arithmetic.floatPower",
  inplaceCheck: "arithmetic.checkFloatPowerInPlace",
});

export const square = composite({
  signature: "square(input: Tensor)",
  follows: "torch.square",
  doc: "input squared.",
  shapes: "any; the result has the input's.",
  example: "torch.square(torch.tensor([-2, 3])) // tensor([4., 9.])",
  variants: inplace,
  implementation: "arithmetic.square",
});

export const neg = elementwise({
  signature: "neg(input: Tensor)",
  follows: "torch.neg",
  doc: "-input.",
  example: "torch.neg(torch.tensor([1, -2])) // tensor([-1., 2.])",
  variants: inplace,
  aliases: ["negative"],
  refuses: {
    bool: "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
  },
  expression: (x) => m.neg(x),
});

export const positive = composite({
  signature: "positive(input: Tensor)",
  follows: "torch.positive",
  doc: "The input itself.",
  errors: "RuntimeError for bool",
  shapes: "any; the result has the input's.",
  example: "torch.positive(torch.tensor([1, -2])) // tensor([1., -2.])",
  implementation: "arithmetic.positive",
});

export const reciprocal = elementwise({
  signature: "reciprocal(input: Tensor)",
  follows: "torch.reciprocal",
  doc: "1 / input.",
  example: "torch.reciprocal(torch.tensor([2, 4])) // tensor([0.5000, 0.2500])",
  variants: inplace,
  dtype: "float",
  expression: (x) => m.div(1, x),
  derivative: { input: () => m.neg(m.mul(grad, m.mul(result, result))) },
});

export const lerp = elementwise({
  signature: "lerp(input: Tensor, end: Tensor, weight: TensorOrScalar)",
  follows: "torch.lerp",
  doc: "input + weight * (end - input).",
  example: "torch.lerp(torch.tensor([0, 10]), torch.tensor([10, 20]), 0.5) // tensor([5., 15.])",
  variants: inplace,
  check: "arithmetic.checkLerp",
  refuses: floatingOnly("lerp_kernel_scalar"),
  // from the nearer end, so that weights 0 and 1 are exact
  expression: (x, end, weight) => {
    const span = m.sub(end, x);
    return m.select(m.lt(m.abs(weight), 0.5), m.add(x, m.mul(weight, span)), m.sub(end, m.mul(span, m.sub(1, weight))));
  },
  derivative: {
    input: ({ weight }) => m.mul(grad, m.sub(1, weight)),
    end: ({ weight }) => m.mul(grad, weight),
    weight: ({ input, end }) => m.mul(grad, m.sub(end, input)),
  },
});

export const addcmul = elementwise({
  signature: "addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: Scalar = 1)",
  follows: "torch.addcmul",
  doc: "input + value * tensor1 * tensor2.",
  example:
    "torch.addcmul(torch.tensor([1, 1]), torch.tensor([1, 2]), torch.tensor([3, 4]), { value: 10 }) // tensor([31., 81.])",
  variants: inplace,
  refuses: { bool: unimplemented("addcmul_cpu_out") },
  specialize: [{ value: 1 }],
  expression: (x, a, b, { value }) => m.add(x, m.mul(m.mul(value, a), b)),
});

export const addcdiv = elementwise({
  signature: "addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: Scalar = 1)",
  follows: "torch.addcdiv",
  doc: "input + value * tensor1 / tensor2.",
  errors: "RuntimeError for integral tensors",
  example:
    "torch.addcdiv(torch.tensor([1, 1]), torch.tensor([1, 2]), torch.tensor([2, 4]), { value: 10 }) // tensor([6., 6.])",
  variants: inplace,
  check: "arithmetic.checkAddcdiv",
  refuses: { bool: unimplemented("addcdiv_cpu_out"), integral: unimplemented("addcdiv_cpu_out") },
  specialize: [{ value: 1 }],
  expression: (x, a, b, { value }) => m.add(x, m.div(m.mul(value, a), b)),
  derivative: {
    tensor1: ({ tensor2, value }) => m.mul(grad, m.div(value, tensor2)),
    tensor2: ({ tensor1, tensor2, value }) => m.neg(m.mul(grad, m.div(m.mul(value, tensor1), m.mul(tensor2, tensor2)))),
  },
});

export const gcd = elementwise({
  signature: "gcd(input: Tensor, other: Tensor)",
  follows: "torch.gcd",
  doc: "The greatest common divisor.",
  example: "torch.gcd(torch.tensor([12n, 18n]), torch.tensor([8n, 12n])) // tensor([4, 6])",
  variants: inplace,
  dtype: "integral",
  refuses: { floating: unimplemented("gcd_cpu"), bool: unimplemented("gcd_cpu") },
  expression: (x, y) => m.gcd(x, y),
});

export const lcm = elementwise({
  signature: "lcm(input: Tensor, other: Tensor)",
  follows: "torch.lcm",
  doc: "The least common multiple.",
  example: "torch.lcm(torch.tensor([4n, 6n]), torch.tensor([6n, 8n])) // tensor([12, 24])",
  variants: inplace,
  dtype: "integral",
  refuses: { floating: unimplemented("lcm_cpu"), bool: unimplemented("lcm_cpu") },
  expression: (x, y) => {
    const divisor: Value = m.gcd(x, y);
    return m.select(m.eq(divisor, 0), 0, m.abs(m.mul(m.divTrunc(x, m.maximum(divisor, 1)), y)));
  },
});

export const hypot = elementwise({
  signature: "hypot(input: Tensor, other: Tensor)",
  follows: "torch.hypot",
  doc: "sqrt(input² + other²) without overflow on the way.",
  example: "torch.hypot(torch.tensor([3, 5]), torch.tensor([4, 12])) // tensor([5., 13.])",
  variants: inplace,
  refuses: { bool: unimplemented("hypot_cpu"), integral: unimplemented("hypot_cpu") },
  expression: (x, y) => {
    const a = m.abs(x);
    const b = m.abs(y);
    const large = m.maximum(a, b);
    const ratio = m.div(m.minimum(a, b), large);
    const finite = m.select(m.eq(large, 0), 0, m.mul(large, m.sqrt(m.add(1, m.mul(ratio, ratio)))));
    return m.select(m.or(m.isinf(a), m.isinf(b)), Infinity, finite);
  },
  derivative: {
    input: ({ input }) => m.mul(grad, m.div(input, result)),
    other: ({ other }) => m.mul(grad, m.div(other, result)),
  },
});

export const ldexp = composite({
  signature: "ldexp(input: Tensor, other: Tensor)",
  follows: "torch.ldexp",
  doc: "input * 2 ** other.",
  shapes: "any that broadcast.",
  example: "torch.ldexp(torch.tensor([1, 3]), torch.tensor([2n, 3n])) // tensor([4., 24.])",
  variants: inplace,
  implementation: "arithmetic.ldexp",
});

export const frexp = composite({
  signature: "frexp(input: Tensor) -> (mantissa: Tensor, exponent: Tensor)",
  follows: "torch.frexp",
  doc: "Splits input into mantissa, 0.5 ≤ |mantissa| < 1, and exponent (int32): input = mantissa * 2 ** exponent.",
  shapes: "any; both results have the input's.",
  example: "torch.frexp(torch.tensor([1, 10])) // [tensor([0.5000, 0.6250]), tensor([1, 4], dtype=torch.int32)]",
  implementation: "arithmetic.frexp",
});

/** The exponent e for which 0.5 ≤ |x| 2^-e < 1; 0 for 0, infinities and NaN. */
function binaryExponent(x: Value): Value {
  const guess = m.add(m.floor(m.log2(m.abs(x))), 1);
  const rest = m.abs(scaled(x, guess));
  const exact = m.select(m.ge(rest, 1), m.add(guess, 1), m.select(m.lt(rest, 0.5), m.sub(guess, 1), guess));
  return m.select(m.or(m.eq(x, 0), m.or(m.isinf(x), m.isnan(x))), 0, exact);
}

/** x 2^-e in two steps: one power alone would overflow for denormals. */
function scaled(x: Value, e: Value): Value {
  const half = m.trunc(m.mul(e, 0.5));
  return m.mul(m.mul(x, m.exp2(m.neg(half))), m.exp2(m.sub(half, e)));
}

export const frexpMantissa = elementwise({
  signature: "frexpMantissa(input: Tensor)",
  follows: "torch.frexp",
  doc: "The mantissa of frexp.",
  internal: true,
  refuses: {
    bool: "torch.frexp() only supports floating-point dtypes",
    integral: "torch.frexp() only supports floating-point dtypes",
  },
  expression: (x) => scaled(x, binaryExponent(x)),
  derivative: { input: ({ input }) => scaled(grad, binaryExponent(input)) },
});

export const frexpExponent = elementwise({
  signature: "frexpExponent(input: Tensor)",
  follows: "torch.frexp",
  doc: "The exponent of frexp.",
  internal: true,
  resultDType: "int32",
  refuses: {
    bool: "torch.frexp() only supports floating-point dtypes",
    integral: "torch.frexp() only supports floating-point dtypes",
  },
  expression: (x) => binaryExponent(x),
});
