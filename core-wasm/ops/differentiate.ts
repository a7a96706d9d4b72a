/**
 * Symbolic derivatives of expressions, reverse mode: from the gradient of the result to the gradient of one input, as an
 * expression. One rule a micro-op, stated in the same language. The rules fix sub-gradients too: an op that wants another one
 * states its derivative by hand.
 */
import { type Expression, type Mask, type Value, constant, m, nodesOf } from "./expression.ts";
import { type MicroName, microOps } from "./micro.ts";

/** From g, the gradient of r = op(…), the gradient of each value operand; null where it is zero everywhere. */
type Rule = (g: Value, r: Value, a: Value, b: Value) => readonly (Value | null)[];

const zero = constant(0);
/** g where the mask is set, else exactly 0 (also where the factor that it spares would be NaN) */
const where = (mask: Mask, g: Value): Value => m.select(mask, g, zero);
const square = (x: Value): Value => m.mul(x, x);
const flat: Rule = () => [null];
const SQRT_PI = Math.sqrt(Math.PI);
const INV_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** An equal pair shares the gradient, as PyTorch's minimum and maximum do. */
const extremum =
  (wins: (a: Value, b: Value) => Mask): Rule =>
  (g, _r, a, b) => {
    const half = m.select(m.eq(a, b), m.div(g, 2), g);
    return [m.select(wins(b, a), zero, half), m.select(wins(a, b), zero, half)];
  };

/**
 * Polygamma of order 2: recurrence up by 8, then the asymptotic series
 * -1/y² - 1/y³ - 1/(2y⁴) + 1/(6y⁶) - 1/(6y⁸) + 3/(10y¹⁰) - 5/(6y¹²).
 */
function polygamma2(x: Value): Value {
  let sum: Value = zero;
  for (let k = 0; k < 8; k++) {
    const t = m.add(x, k);
    sum = m.add(sum, m.div(2, m.mul(m.mul(t, t), t)));
  }
  const r = m.div(1, m.add(x, 8));
  const r2 = square(r);
  const series = [-5 / 6, 3 / 10, -1 / 6, 1 / 6].reduce<Value>((tail, c) => m.mul(m.add(tail, c), r2), zero);
  return m.sub(m.mul(r2, m.sub(m.mul(r2, m.sub(series, 0.5)), m.add(r, 1))), sum);
}

/** The distribution function and x times its density. */
export function geluSlope(x: Value): Value {
  return m.add(m.normalCdf(x), m.mul(x, m.mul(m.exp(m.mul(square(x), -0.5)), INV_SQRT_2PI)));
}

const rules: Record<MicroName, Rule> = {
  add: (g) => [g, g],
  sub: (g) => [g, m.neg(g)],
  mul: (g, _r, a, b) => [m.mul(g, b), m.mul(g, a)],
  div: (g, r, _a, b) => [m.div(g, b), m.neg(m.mul(m.div(g, b), r))],
  divTrunc: () => [null, null],
  divFloor: () => [null, null],
  fmod: (g, _r, a, b) => [g, m.neg(m.mul(g, m.divTrunc(a, b)))],
  remainder: (g, _r, a, b) => [g, m.neg(m.mul(g, m.divFloor(a, b)))],
  pow: (g, r, a, b) => [
    m.select(m.eq(b, 0), zero, m.mul(g, m.mul(b, m.pow(a, m.sub(b, 1))))),
    m.select(m.and(m.eq(a, 0), m.ge(b, 0)), zero, m.mul(g, m.mul(r, m.log(a)))),
  ],
  minimum: extremum((a, b) => m.lt(a, b)),
  maximum: extremum((a, b) => m.gt(a, b)),
  atan2: (g, _r, a, b) => {
    const scale = m.div(g, m.add(square(a), square(b)));
    return [m.mul(scale, b), m.neg(m.mul(scale, a))];
  },
  copysign: (g, r, a) => [m.select(m.eq(a, 0), zero, m.mul(g, m.div(r, a))), null],
  nextafter: () => [null, null],
  gcd: () => [null, null],
  bitAnd: () => [null, null],
  bitOr: () => [null, null],
  bitXor: () => [null, null],
  shiftLeft: () => [null, null],
  shiftRight: () => [null, null],
  neg: (g) => [m.neg(g)],
  abs: (g, _r, a) => [m.mul(g, m.sign(a))],
  sign: flat,
  bitNot: flat,
  floor: flat,
  ceil: flat,
  trunc: flat,
  round: flat,
  sqrt: (g, r) => [m.div(g, m.mul(r, 2))],
  exp: (g, r) => [m.mul(g, r)],
  exp2: (g, r) => [m.mul(g, m.mul(r, Math.LN2))],
  expm1: (g, r) => [m.mul(g, m.add(r, 1))],
  log: (g, _r, a) => [m.div(g, a)],
  log2: (g, _r, a) => [m.div(g, m.mul(a, Math.LN2))],
  log10: (g, _r, a) => [m.div(g, m.mul(a, Math.LN10))],
  log1p: (g, _r, a) => [m.div(g, m.add(a, 1))],
  sin: (g, _r, a) => [m.mul(g, m.cos(a))],
  cos: (g, _r, a) => [m.neg(m.mul(g, m.sin(a)))],
  tan: (g, r) => [m.mul(g, m.add(square(r), 1))],
  asin: (g, _r, a) => [m.div(g, m.sqrt(m.sub(1, square(a))))],
  acos: (g, _r, a) => [m.neg(m.div(g, m.sqrt(m.sub(1, square(a)))))],
  atan: (g, _r, a) => [m.div(g, m.add(square(a), 1))],
  sinh: (g, _r, a) => [m.mul(g, m.cosh(a))],
  cosh: (g, _r, a) => [m.mul(g, m.sinh(a))],
  tanh: (g, r) => [m.mul(g, m.sub(1, square(r)))],
  asinh: (g, _r, a) => [m.div(g, m.sqrt(m.add(square(a), 1)))],
  acosh: (g, _r, a) => [m.div(g, m.sqrt(m.sub(square(a), 1)))],
  atanh: (g, _r, a) => [m.div(g, m.sub(1, square(a)))],
  sigmoid: (g, r) => [m.mul(g, m.mul(m.sub(1, r), r))],
  erf: (g, _r, a) => [m.mul(m.mul(g, 2 / SQRT_PI), m.exp(m.neg(square(a))))],
  erfc: (g, _r, a) => [m.mul(m.mul(g, -2 / SQRT_PI), m.exp(m.neg(square(a))))],
  erfinv: (g, r) => [m.mul(m.mul(g, SQRT_PI / 2), m.exp(square(r)))],
  lgamma: (g, _r, a) => [m.mul(g, m.digamma(a))],
  digamma: (g, _r, a) => [m.mul(g, m.trigamma(a))],
  trigamma: (g, _r, a) => [m.mul(g, polygamma2(a))],
  i0: (g, _r, a) => [m.mul(g, m.i1(a))],
  // i1(x) / x tends to 1/2 at 0
  i1: (g, r, a) => [m.mul(g, m.select(m.eq(a, 0), 0.5, m.sub(m.i0(a), m.div(r, a))))],
  ndtri: (g, r) => [m.div(g, m.mul(m.exp(m.mul(square(r), -0.5)), INV_SQRT_2PI))],
  // density over distribution, as one exponential: neither underflows alone
  logNdtr: (g, r, a) => [m.mul(m.mul(g, INV_SQRT_2PI), m.exp(m.sub(m.mul(square(a), -0.5), r)))],
  normalCdf: (g, _r, a) => [m.mul(m.mul(g, INV_SQRT_2PI), m.exp(m.mul(square(a), -0.5)))],
  gelu: (g, _r, a) => [m.mul(g, geluSlope(a))],
  eq: () => [null, null],
  ne: () => [null, null],
  lt: () => [null, null],
  le: () => [null, null],
  gt: () => [null, null],
  ge: () => [null, null],
  isnan: flat,
  isinf: flat,
  signbit: flat,
  and: () => [null, null],
  or: () => [null, null],
  xor: () => [null, null],
  not: flat,
  select: () => {
    throw new Error("select is differentiated branch by branch");
  },
  toValue: flat,
};

/**
 * The gradient of `x` when that of `root` is `g`, or null where it is zero everywhere.
 *
 * Adjoints are accumulated from the result down. At a select the branches are differentiated apart and selected again, so that
 * a NaN or an overflow of the branch not taken stays out (0 * inf would not).
 */
export function differentiate(root: Value, x: Expression, g: Value): Value | null {
  const order = nodesOf(root);
  const depends = new Set<Expression>([x]);
  for (const e of order) if (carriesGradient(e).some((a) => depends.has(a))) depends.add(e);
  if (!depends.has(root)) return null;
  const adjoint = new Map<Expression, Value>([[root, g]]);
  let total: Value | null = null;
  const plus = (a: Value | null | undefined, b: Value | null): Value | null => (a && b ? m.add(a, b) : (a ?? b));
  for (const e of order.reverse() as Value[]) {
    const upstream = adjoint.get(e);
    if (!upstream || !depends.has(e)) continue;
    if (e === x) {
      total = plus(total, upstream);
    } else if (e.op === "select") {
      const [mask, a, b] = e.args as [Mask, Value, Value];
      const ga = differentiate(a, x, upstream);
      const gb = differentiate(b, x, upstream);
      if (ga || gb)
        total = plus(total, ga && gb ? m.select(mask, ga, gb) : ga ? where(mask, ga) : m.select(mask, zero, gb!));
    } else {
      const partials = rules[e.op!](upstream, e, e.args[0] as Value, e.args[1] as Value);
      partials.forEach((partial, i) => {
        const a = e.args[i]!;
        if (partial && depends.has(a)) adjoint.set(a, plus(adjoint.get(a), partial)!);
      });
    }
  }
  return total;
}

/** The operands through which a gradient can flow. */
function carriesGradient(e: Expression): readonly Expression[] {
  if (!e.op || e.kind === "mask") return [];
  const operands = microOps[e.op].operands;
  return e.args.filter((_, i) => operands[i] === "value");
}
