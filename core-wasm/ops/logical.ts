/** Truth values and bits. */
import { type Mask, type Value, m } from "./expression.ts";
import { elementwise, inplace, unimplemented } from "./record.ts";

const logical = (name: string, torchName: string, doc: string, op: (x: Mask, y: Mask) => Mask) =>
  elementwise({
    signature: `${name}(input: Tensor, other: Tensor)`,
    follows: `torch.${torchName}`,
    doc: `${doc} of truth values: an element is true if it is not zero.`,
    variants: inplace,
    dtype: "logical",
    expression: op,
  });

export const logicalAnd = logical("logicalAnd", "logical_and", "And", m.and);
export const logicalOr = logical("logicalOr", "logical_or", "Or", m.or);
export const logicalXor = logical("logicalXor", "logical_xor", "Exclusive or", m.xor);

export const logicalNot = elementwise({
  signature: "logicalNot(input: Tensor)",
  follows: "torch.logical_not",
  doc: "Whether each element is zero.",
  example: "torch.logicalNot(torch.tensor([0, 1, 2])) // tensor([True, False, False])",
  variants: inplace,
  dtype: "logical",
  expression: (x) => m.not(x),
});

const bitwise = (
  name: string,
  torchName: string,
  kernel: string,
  doc: string,
  op: (x: Value, y: Value) => Value,
  bool = true,
) =>
  elementwise({
    signature: `${name}(input: TensorOrScalar, other: TensorOrScalar)`,
    follows: `torch.${torchName}`,
    doc,
    errors: "RuntimeError for floating dtypes",
    variants: inplace,
    dtype: "integral",
    refuses: { floating: unimplemented(kernel), ...(bool ? {} : { bool: unimplemented(kernel) }) },
    expression: op,
  });

export const bitwiseAnd = bitwise(
  "bitwiseAnd",
  "bitwise_and",
  "bitwise_and_cpu",
  "And of bits; of truth values for bool.",
  m.bitAnd,
);
export const bitwiseOr = bitwise(
  "bitwiseOr",
  "bitwise_or",
  "bitwise_or_cpu",
  "Or of bits; of truth values for bool.",
  m.bitOr,
);
export const bitwiseXor = bitwise(
  "bitwiseXor",
  "bitwise_xor",
  "bitwise_xor_cpu",
  "Exclusive or of bits; of truth values for bool.",
  m.bitXor,
);
export const bitwiseLeftShift = bitwise(
  "bitwiseLeftShift",
  "bitwise_left_shift",
  "lshift_cpu",
  "input shifted left by other bits.",
  m.shiftLeft,
  false,
);
export const bitwiseRightShift = bitwise(
  "bitwiseRightShift",
  "bitwise_right_shift",
  "rshift_cpu",
  "input shifted right by other bits; the sign is kept.",
  m.shiftRight,
  false,
);

export const bitwiseNot = elementwise({
  signature: "bitwiseNot(input: Tensor)",
  follows: "torch.bitwise_not",
  doc: "All bits inverted; for bool, the other truth value.",
  errors: "RuntimeError for floating dtypes",
  example: "torch.bitwiseNot(torch.tensor([0n, 5n])) // tensor([-1, -6])",
  variants: inplace,
  dtype: "integral",
  refuses: { floating: unimplemented("bitwise_not_cpu") },
  expression: (x) => m.bitNot(x),
  bool: (x) => m.bitXor(x, 1),
});
