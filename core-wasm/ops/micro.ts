/**
 * The micro-operations of elementwise programs: the one vocabulary that the CPU's block interpreter executes and the
 * WGSL printer prints. A register holds a *value* (in the program's compute type) or a *mask* (all bits set or none).
 *
 * The index in this list is the opcode in the encoded program (see encode.ts); append, do not reorder.
 */
export type Kind = "value" | "mask";

export interface MicroOp {
  /** kinds of the operands */
  readonly operands: readonly Kind[];
  readonly result: Kind;
  /** compute types the micro-op exists for: `f` float32 and float64, `i` int32 and int64 */
  readonly types: "f" | "i" | "fi";
}

// literal types, from which the builders of expression.ts have theirs
const v = "value";
const m = "mask";
const unary = (types: MicroOp["types"]) => ({ operands: [v], result: v, types }) as const;
const binary = (types: MicroOp["types"]) => ({ operands: [v, v], result: v, types }) as const;
const compare = { operands: [v, v], result: m, types: "fi" } as const;

export const microOps = {
  // arithmetic
  add: binary("fi"),
  sub: binary("fi"),
  mul: binary("fi"),
  /** IEEE division; integer programs use divTrunc or divFloor */
  div: binary("f"),
  /** quotient rounded towards zero; integer division by zero gives 0 (checked before the kernel runs) */
  divTrunc: binary("fi"),
  /** quotient rounded down, as Python's `//` */
  divFloor: binary("fi"),
  /** C's fmod: sign of the dividend */
  fmod: binary("fi"),
  /** Python's `%`: sign of the divisor */
  remainder: binary("fi"),
  pow: binary("fi"),
  /** NaN if either operand is NaN, as torch.minimum */
  minimum: binary("fi"),
  maximum: binary("fi"),
  atan2: binary("f"),
  copysign: binary("f"),
  nextafter: binary("f"),
  gcd: binary("i"),
  bitAnd: binary("i"),
  bitOr: binary("i"),
  bitXor: binary("i"),
  shiftLeft: binary("i"),
  shiftRight: binary("i"),
  neg: unary("fi"),
  abs: unary("fi"),
  /** -1, 0 or 1; NaN gives 0 as in PyTorch */
  sign: unary("fi"),
  bitNot: unary("i"),
  floor: unary("f"),
  ceil: unary("f"),
  trunc: unary("f"),
  /** to nearest, ties to even */
  round: unary("f"),
  // exponential and powers
  sqrt: unary("f"),
  exp: unary("f"),
  exp2: unary("f"),
  expm1: unary("f"),
  log: unary("f"),
  log2: unary("f"),
  log10: unary("f"),
  log1p: unary("f"),
  // trigonometric and hyperbolic
  sin: unary("f"),
  cos: unary("f"),
  tan: unary("f"),
  asin: unary("f"),
  acos: unary("f"),
  atan: unary("f"),
  sinh: unary("f"),
  cosh: unary("f"),
  tanh: unary("f"),
  asinh: unary("f"),
  acosh: unary("f"),
  atanh: unary("f"),
  sigmoid: unary("f"),
  // special functions
  erf: unary("f"),
  erfc: unary("f"),
  erfinv: unary("f"),
  lgamma: unary("f"),
  digamma: unary("f"),
  /** polygamma of order 1 */
  trigamma: unary("f"),
  i0: unary("f"),
  i1: unary("f"),
  /** inverse of the standard normal distribution function */
  ndtri: unary("f"),
  /** log of the standard normal distribution function, stable in the left tail */
  logNdtr: unary("f"),
  // comparison
  eq: compare,
  ne: compare,
  lt: compare,
  le: compare,
  gt: compare,
  ge: compare,
  isnan: { operands: [v], result: m, types: "f" },
  isinf: { operands: [v], result: m, types: "f" },
  signbit: { operands: [v], result: m, types: "fi" },
  // masks
  and: { operands: [m, m], result: m, types: "fi" },
  or: { operands: [m, m], result: m, types: "fi" },
  xor: { operands: [m, m], result: m, types: "fi" },
  not: { operands: [m], result: m, types: "fi" },
  /** select(mask, a, b): a where the mask is set, else b */
  select: { operands: [m, v, v], result: v, types: "fi" },
  /** 1 where the mask is set, else 0 */
  toValue: { operands: [m], result: v, types: "fi" },
  /** the standard normal distribution function, (1 + erf(x / √2)) / 2: exact to the last digits of 1, not of small results */
  normalCdf: unary("f"),
  /** x times that */
  gelu: unary("f"),
} as const satisfies Record<string, MicroOp>;

export type MicroName = keyof typeof microOps;
export const microNames = Object.keys(microOps) as MicroName[];
export const opcode = (name: MicroName): number => microNames.indexOf(name);
