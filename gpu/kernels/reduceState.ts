// What reductions keep while they run, as WGSL: a struct `State` with `identity()`, `accumulate(state, element, position)`
// and `merge(a, b)`. The reductions and their codes are the core's (core-wasm/assembly/kernels/reduceOp.ts). NaN wins as an
// extremum, and of equal extrema the first, whatever the order of merging.

import { Compute } from "../call.ts";
import { computeName } from "../wgsl/writer.ts";

export const Op = {
  Sum: 0,
  Mean: 1,
  NanSum: 2,
  SumSquares: 3,
  SumAbs: 4,
  Norm2: 5,
  NormP: 6,
  CountNonzero: 7,
  Prod: 8,
  Max: 9,
  Min: 10,
  MaxAbs: 11,
  MinAbs: 12,
  Any: 13,
  All: 14,
  ArgMax: 15,
  ArgMin: 16,
  Var: 17,
  Std: 18,
  LogSumExp: 19,
} as const;

export const isArg = (op: number): boolean => op === Op.ArgMax || op === Op.ArgMin;
const isVariance = (op: number): boolean => op === Op.Var || op === Op.Std;

/** Whether values of either sign are added, of which little may remain: such sums carry their rounding errors along. */
const isSum = (op: number, kind: Compute): boolean =>
  kind === Compute.F32 && (op === Op.Sum || op === Op.Mean || op === Op.NanSum);

/** Whether the reduction counts or asks for elements that are not 0, whatever their type. */
export const isTruth = (op: number): boolean => op === Op.CountNonzero || op === Op.Any || op === Op.All;

/** Whether the result is among the elements, or 0 or 1, so that 32 bits suffice where elements have no more. */
export const isBounded = (op: number): boolean => op === Op.Max || op === Op.Min || isArg(op);

/** The fields of `State`, by name and compute type. */
export function fieldsOf(op: number, kind: Compute): readonly (readonly [string, Compute])[] {
  if (isVariance(op)) {
    return [
      ["count", Compute.F32],
      ["mean", Compute.F32],
      ["squares", Compute.F32],
    ];
  }
  if (op === Op.LogSumExp) {
    return [
      ["value", Compute.F32],
      ["center", Compute.F32],
    ];
  }
  if (isSum(op, kind)) {
    return [
      ["value", Compute.F32],
      ["low", Compute.F32],
    ];
  }
  return isArg(op)
    ? [
        ["value", kind],
        ["index", Compute.I32],
      ]
    : [["value", kind]];
}

/** An element as it is combined, from the element `x` of type `kind`, `loaded` being the type it was loaded as. */
export function mapped(op: number, x: string, loaded: Compute, power: string): string {
  if (isTruth(op)) {
    const truth =
      loaded === Compute.F32 ? `f32_nonzero(${x})` : loaded === Compute.I32 ? `${x} != 0` : `i64_nonzero(${x})`;
    return `select(0, 1, ${truth})`;
  }
  switch (op) {
    case Op.NanSum:
      return loaded === Compute.F32 ? `select(${x}, 0.0, f32_isnan(${x}))` : x;
    case Op.SumSquares:
    case Op.Norm2:
      return loaded === Compute.I64 ? `i64_mul(${x}, ${x})` : `${x} * ${x}`;
    case Op.SumAbs:
    case Op.MaxAbs:
    case Op.MinAbs:
      return loaded === Compute.I64 ? `i64_abs(${x})` : `abs(${x})`;
    case Op.NormP:
      return `f32_pow(abs(${x}), ${power})`;
    default:
      return x;
  }
}

interface Arithmetic {
  readonly zero: string;
  readonly one: string;
  readonly lowest: string;
  readonly highest: string;
  add(a: string, b: string): string;
  mul(a: string, b: string): string;
  max(a: string, b: string): string;
  min(a: string, b: string): string;
  less(a: string, b: string): string;
  /** whether it is NaN */
  nan(a: string): string;
}

const arithmetic: Readonly<Record<Compute, Arithmetic>> = {
  [Compute.F32]: {
    zero: "0.0",
    one: "1.0",
    lowest: "-f32_inf()",
    highest: "f32_inf()",
    add: (a, b) => `${a} + ${b}`,
    mul: (a, b) => `${a} * ${b}`,
    max: (a, b) => `f32_maximum(${a}, ${b})`,
    min: (a, b) => `f32_minimum(${a}, ${b})`,
    less: (a, b) => `${a} < ${b}`,
    nan: (a) => `f32_isnan(${a})`,
  },
  [Compute.I32]: {
    zero: "0",
    one: "1",
    lowest: "i32(-2147483648)",
    highest: "2147483647",
    add: (a, b) => `${a} + ${b}`,
    mul: (a, b) => `${a} * ${b}`,
    max: (a, b) => `max(${a}, ${b})`,
    min: (a, b) => `min(${a}, ${b})`,
    less: (a, b) => `${a} < ${b}`,
    nan: () => "false",
  },
  [Compute.I64]: {
    zero: "vec2<u32>(0u)",
    one: "vec2<u32>(1u, 0u)",
    lowest: "vec2<u32>(0u, 0x80000000u)",
    highest: "vec2<u32>(0xffffffffu, 0x7fffffffu)",
    add: (a, b) => `i64_add(${a}, ${b})`,
    mul: (a, b) => `i64_mul(${a}, ${b})`,
    max: (a, b) => `i64_maximum(${a}, ${b})`,
    min: (a, b) => `i64_minimum(${a}, ${b})`,
    less: (a, b) => `i64_lt(${a}, ${b})`,
    nan: () => "false",
  },
};

const VARIANCE = `fn identity() -> State { return State(0.0, 0.0, 0.0); }
fn accumulate(s: State, x: f32, position: u32) -> State {
  let count = s.count + 1.0;
  let delta = x - s.mean;
  let mean = s.mean + delta / count;
  return State(count, mean, s.squares + delta * (x - mean));
}
fn merge(a: State, b: State) -> State {
  if (b.count == 0.0) { return a; }
  if (a.count == 0.0) { return b; }
  let count = a.count + b.count;
  let delta = b.mean - a.mean;
  let share = b.count / count;
  return State(count, a.mean + delta * share, a.squares + b.squares + delta * delta * (a.count * share));
}`;

// Sums of exp(x - center) with the greatest x so far as the center.
const LOG_SUM_EXP = `fn identity() -> State { return State(0.0, -f32_inf()); }
fn accumulate(s: State, x: f32, position: u32) -> State { return merge(s, State(1.0, x)); }
fn merge(a: State, b: State) -> State {
  let center = f32_maximum(a.center, b.center);
  if (f32_isinf(center)) { return State(select(1.0, 0.0, f32_signbit(center)), center); }
  let scale = f32_exp(-abs(a.center - b.center));
  return State(select(a.value * scale + b.value, a.value + b.value * scale, a.center >= b.center), center);
}`;

/** Knuth's sum of two numbers and its rounding error. An unknown zero keeps compilers from taking a + b - a for b. */
const sumCode = (zero: string): string => `fn opaque(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ ${zero}); }
fn identity() -> State { return State(0.0, 0.0); }
fn accumulate(s: State, x: f32, position: u32) -> State { return merge(s, State(x, 0.0)); }
fn merge(a: State, b: State) -> State {
  let sum = opaque(a.value + b.value);
  let part = opaque(sum - a.value);
  return State(sum, ((a.value - (sum - part)) + (b.value - part)) + (a.low + b.low));
}
fn sumOf(s: State) -> f32 {
  return select(s.value, s.value + s.low, (bitcast<u32>(s.value) & 0x7f800000u) != 0x7f800000u);
}`;

/** The declarations of `State` and its functions for a reduction of values of type `kind`; `zero`: a u32 that is 0. */
export function stateCode(op: number, kind: Compute, zero: string): string {
  const fields = fieldsOf(op, kind).map(([name, type]) => `${name}: ${computeName(type)}`);
  const struct = `struct State { ${fields.join(", ")} }`;
  if (isVariance(op)) return `${struct}\n${VARIANCE}`;
  if (op === Op.LogSumExp) return `${struct}\n${LOG_SUM_EXP}`;
  if (isSum(op, kind)) return `${struct}\n${sumCode(zero)}`;
  const type = computeName(kind);
  const { zero: none, one, lowest, highest, add, mul, max, min, less, nan } = arithmetic[kind];
  if (isArg(op)) {
    const better = op === Op.ArgMax ? less("a.value", "b.value") : less("b.value", "a.value");
    const worse = op === Op.ArgMax ? less("b.value", "a.value") : less("a.value", "b.value");
    return `${struct}
fn identity() -> State { return State(${op === Op.ArgMax ? lowest : highest}, 0x7fffffff); }
fn accumulate(s: State, x: ${type}, position: u32) -> State { return merge(s, State(x, i32(position))); }
fn merge(a: State, b: State) -> State {
  let lost = ${nan("a.value")};
  if (lost != ${nan("b.value")}) { if (lost) { return a; } return b; }
  if (!lost) {
    if (${better}) { return b; }
    if (${worse}) { return a; }
  }
  if (b.index < a.index) { return b; }
  return a;
}`;
  }
  let start = none;
  let combine = add;
  if (op === Op.Prod) [start, combine] = [one, mul];
  else if (op === Op.Any) combine = max;
  else if (op === Op.All) [start, combine] = [one, min];
  else if (op === Op.Max || op === Op.MaxAbs) [start, combine] = [lowest, max];
  else if (op === Op.Min || op === Op.MinAbs) [start, combine] = [highest, min];
  return `${struct}
fn identity() -> State { return State(${start}); }
fn accumulate(s: State, x: ${type}, position: u32) -> State { return State(${combine("s.value", "x")}); }
fn merge(a: State, b: State) -> State { return State(${combine("a.value", "b.value")}); }`;
}

/** The result from the state `s` of `count` elements (u32 expression); `param` is the exponent 1 / p, or the degrees of freedom. */
export function finished(op: number, kind: Compute, count: string, param: string): string {
  switch (op) {
    case Op.Mean:
      return `select(sumOf(s) / f32(${count}), f32_nan(), ${count} == 0u)`;
    case Op.Sum:
    case Op.NanSum:
      return isSum(op, kind) ? "sumOf(s)" : "s.value";
    case Op.Norm2:
      return "sqrt(s.value)";
    case Op.NormP:
      return `f32_pow(s.value, ${param})`;
    case Op.Var:
      return `variance(s.squares, ${param})`;
    case Op.Std:
      return `sqrt(variance(s.squares, ${param}))`;
    case Op.LogSumExp:
      return "f32_log(s.value) + s.center";
    default:
      return "s.value";
  }
}

/** Without degrees of freedom the quotient is one by 0, which shader compilers may take liberties with. */
export const VARIANCE_FUNCTION = `fn variance(squares: f32, degrees: f32) -> f32 {
  if (degrees > 0.0) { return squares / degrees; }
  if (squares > 0.0) { return f32_inf(); }
  return f32_nan();
}`;
