// Elementwise programs (core-wasm/ops/encode.ts) → WGSL. A register becomes a `let` for each time it is written, values in
// the program's compute type, masks as bool; inputs and params are the caller's expressions, constants are literals.
import { Compute } from "../call.ts";
import { computeName } from "./writer.ts";
import { type MicroName, type MicroOp, microNames, microOps } from "../../core-wasm/ops/micro.ts";

export interface Program {
  readonly inputs: number;
  readonly params: number;
  readonly constants: readonly number[];
  /** [opcode, dst, a, b, c] */
  readonly instructions: readonly (readonly number[])[];
  readonly out: number;
  readonly outIsMask: boolean;
  /** bit i: input i is a mask */
  readonly maskInputs: number;
}

/** The program encoded at `at`. */
export function decode(bytes: Uint8Array, at = 0): Program {
  const [inputs, params, constantCount, instructionCount, , out, outIsMask, maskInputs] = bytes.subarray(at, at + 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + 8);
  const code = at + 8 + 8 * constantCount!;
  return {
    inputs: inputs!,
    params: params!,
    constants: Array.from({ length: constantCount! }, (_, i) => view.getFloat64(8 * i, true)),
    instructions: Array.from({ length: instructionCount! }, (_, i) => [
      ...bytes.subarray(code + 8 * i, code + 8 * i + 5),
    ]),
    out: out!,
    outIsMask: outIsMask !== 0,
    maskInputs: maskInputs!,
  };
}

type Print = (...operands: string[]) => string;
type Rules = Readonly<Record<MicroName, Print | undefined>>;

const infix =
  (operator: string): Print =>
  (a, b) =>
    `${a} ${operator} ${b}`;
const call =
  (name: string): Print =>
  (...operands) =>
    `${name}(${operands.join(", ")})`;
/** Functions of the library (library.ts) that are named after their micro-ops. */
function library<Name extends MicroName>(type: "f32" | "i32" | "i64", ...names: Name[]): Record<Name, Print> {
  return Object.fromEntries(names.map((name) => [name, call(`${type}_${name}`)])) as Record<Name, Print>;
}
function absent<Name extends MicroName>(...names: Name[]): Record<Name, undefined> {
  return Object.fromEntries(names.map((name) => [name, undefined])) as Record<Name, undefined>;
}

const masks = {
  and: infix("&&"),
  or: infix("||"),
  xor: infix("!="),
  not: (a) => `!${a}`,
  select: (mask, a, b) => `select(${b}, ${a}, ${mask})`,
} as const satisfies Partial<Record<MicroName, Print>>;

const comparisons = {
  eq: infix("=="),
  ne: infix("!="),
  lt: infix("<"),
  le: infix("<="),
  gt: infix(">"),
  ge: infix(">="),
} as const;

const floats: Rules = {
  ...absent("gcd", "bitAnd", "bitOr", "bitXor", "bitNot", "shiftLeft", "shiftRight"),
  ...masks,
  ...comparisons,
  ...library("f32", "divTrunc", "divFloor", "fmod", "remainder", "pow", "minimum", "maximum", "atan2", "copysign"),
  ...library("f32", "nextafter", "sign", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan"),
  ...library("f32", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sigmoid", "erf"),
  ...library("f32", "erfc", "erfinv", "lgamma", "digamma", "trigamma", "i0", "i1", "ndtri", "logNdtr", "normalCdf"),
  ...library("f32", "gelu", "isnan", "isinf", "signbit"),
  // WGSL's != may be false for NaN
  ...library("f32", "ne"),
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  neg: (a) => `-${a}`,
  abs: call("abs"),
  floor: call("floor"),
  ceil: call("ceil"),
  trunc: call("trunc"),
  // WGSL rounds ties to even
  round: call("round"),
  sqrt: call("sqrt"),
  toValue: (a) => `select(0f, 1f, ${a})`,
};

const floatOnly = absent(
  ...(["div", "atan2", "copysign", "nextafter", "floor", "ceil", "trunc", "round", "sqrt", "exp", "exp2"] as const),
  ...(["expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh"] as const),
  ...(["tanh", "asinh", "acosh", "atanh", "sigmoid", "erf", "erfc", "erfinv", "lgamma", "digamma"] as const),
  ...(["trigamma", "i0", "i1", "ndtri", "logNdtr", "normalCdf", "gelu", "isnan", "isinf"] as const),
);

const ints: Rules = {
  ...floatOnly,
  ...masks,
  ...comparisons,
  ...library("i32", "divTrunc", "divFloor", "fmod", "remainder", "pow", "gcd", "shiftLeft", "shiftRight"),
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  minimum: call("min"),
  maximum: call("max"),
  bitAnd: infix("&"),
  bitOr: infix("|"),
  bitXor: infix("^"),
  neg: (a) => `-${a}`,
  abs: call("abs"),
  sign: call("sign"),
  bitNot: (a) => `~${a}`,
  signbit: (a) => `${a} < 0i`,
  toValue: (a) => `select(0i, 1i, ${a})`,
};

const longs: Rules = {
  ...floatOnly,
  ...masks,
  ...library("i64", "add", "sub", "mul", "divTrunc", "divFloor", "fmod", "remainder", "pow", "minimum", "maximum"),
  ...library("i64", "gcd", "shiftLeft", "shiftRight", "neg", "abs", "sign", "eq", "lt", "signbit"),
  bitAnd: infix("&"),
  bitOr: infix("|"),
  bitXor: infix("^"),
  bitNot: (a) => `~${a}`,
  ne: (a, b) => `!i64_eq(${a}, ${b})`,
  le: (a, b) => `!i64_lt(${b}, ${a})`,
  gt: (a, b) => `i64_lt(${b}, ${a})`,
  ge: (a, b) => `!i64_lt(${a}, ${b})`,
  toValue: (a) => `vec2<u32>(select(0u, 1u, ${a}), 0u)`,
};

const rules: Readonly<Record<Compute, Rules>> = { [Compute.F32]: floats, [Compute.I32]: ints, [Compute.I64]: longs };

/** The fewest digits that read back as the float32 x. */
function shortest(x: number): number {
  let digits = 6;
  while (Math.fround(Number(x.toPrecision(digits))) !== x) digits++;
  return Number(x.toPrecision(digits));
}

const LONG_MAX = 2n ** 63n - 1n;

/** A constant of type `compute`; one of no literal by the library, since WGSL refuses constant NaN and infinity. */
export function literal(value: number, compute: Compute): string {
  if (compute === Compute.F32) {
    const x = Math.fround(value);
    if (Number.isNaN(x)) return "f32_nan()";
    if (Math.abs(x) === Infinity) return x > 0 ? "f32_inf()" : "(-f32_inf())";
    return x < 0 || Object.is(x, -0) ? `(-${shortest(-x)}f)` : `${shortest(x)}f`;
  }
  const limit = Number(LONG_MAX);
  const whole = Number.isNaN(value)
    ? 0n
    : value >= limit
      ? LONG_MAX
      : value <= -limit
        ? ~LONG_MAX
        : BigInt(Math.trunc(value));
  if (compute === Compute.I32) {
    const x = BigInt.asIntN(32, whole);
    return x < 0n ? `i32(${x})` : `${x}i`;
  }
  return `vec2<u32>(${BigInt.asUintN(32, whole)}u, ${BigInt.asUintN(32, whole >> 32n)}u)`;
}

export interface Printed {
  /** `let` statements, in order */
  readonly statements: readonly string[];
  /** expression of the result: bool if the program's result is a mask */
  readonly result: string;
  /** expressions of all registers as they are at the end */
  readonly registers: readonly string[];
}

/**
 * The program's statements over the expressions of its inputs (bool where `maskInputs` says so) and params. Names that it
 * declares begin with `prefix`.
 */
export function print(
  program: Program,
  compute: Compute,
  inputs: readonly string[],
  params: readonly string[],
  prefix = "t",
): Printed {
  const statements: string[] = [];
  const { constants } = program;
  const registers = [...inputs, ...params, ...constants.map((c) => literal(c, compute))];
  const first = inputs.length + params.length;
  const isConstant = (r: number): boolean => r >= first && r < first + constants.length;
  let count = 0;
  const declare = (expression: string): string => {
    const name = `${prefix}${count++}`;
    statements.push(`let ${name} = ${expression};`);
    return name;
  };
  for (const [code, dst, ...sources] of program.instructions) {
    const name = microNames[code!]!;
    const rule = rules[compute][name];
    if (!rule) throw new Error(`${name} does not exist for ${computeName(compute)}`);
    const arity = (microOps[name] as MicroOp).operands.length;
    const used = sources.slice(0, arity);
    const operands = used.map((r) => registers[r]!);
    // an expression of literals alone is evaluated, and may be refused, when the shader is made: 1 / 0
    if (used.every(isConstant)) operands[0] = declare(operands[0]!);
    registers[dst!] = declare(rule(...operands));
  }
  return { statements, result: registers[program.out]!, registers };
}

/** The program as WGSL function `name` of its inputs; `params` are expressions that are valid in any function. */
export function printFunction(name: string, program: Program, compute: Compute, params: readonly string[]): string {
  const type = computeName(compute);
  const inputs = Array.from({ length: program.inputs }, (_, i) => `x${i}`);
  const { statements, result } = print(program, compute, inputs, params);
  const formal = inputs.map((x, i) => `${x}: ${program.maskInputs & (1 << i) ? "bool" : type}`);
  const body = [...statements, `return ${result};`].map((line) => `  ${line}\n`);
  return `fn ${name}(${formal.join(", ")}) -> ${program.outIsMask ? "bool" : type} {\n${body.join("")}}`;
}
