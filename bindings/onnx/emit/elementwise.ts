// Ops that work element by element, as nodes.

import { resultType } from "../../tensor/promotion.ts";
import type { DType } from "../../tensor/dtype.ts";
import { Scalar } from "../trace.ts";
import { float, type Emit, type Emits, type Writer } from "../writer.ts";

/** Ops that are a node of the dtype of the result. */
const UNARY =
  "abs neg exp log sqrt sin cos tan asin acos atan sinh cosh asinh acosh atanh erf floor ceil round sign reciprocal sigmoid tanh " +
  "relu softsign";

/** The dtype that two operands have in common. */
export function commonDtype(w: Writer, ...names: string[]): DType {
  const operands = names.map((name) => {
    const arg = w.call.args[name];
    return arg instanceof Scalar ? arg.value : w.value(name).tensor();
  });
  const [a, b = a] = operands;
  const common = resultType(a!, b!);
  for (const operand of operands) if (typeof operand === "object") operand.dispose();
  return common;
}

/** A formula in nodes: operands by name, numbers as constants of the dtype. */
export class Formula {
  private readonly w: Writer;
  readonly dtype: DType;
  constructor(w: Writer, dtype: DType) {
    this.w = w;
    this.dtype = dtype;
  }
  private of(operand: string | number): string {
    return typeof operand === "number" ? this.w.number(operand, this.dtype) : operand;
  }
  private join(type: string, a: string | number, b: string | number): string {
    return this.w.node(type, [this.of(a), this.of(b)]);
  }
  add(a: string | number, b: string | number): string {
    return this.join("Add", a, b);
  }
  sub(a: string | number, b: string | number): string {
    return this.join("Sub", a, b);
  }
  mul(a: string | number, b: string | number): string {
    return this.join("Mul", a, b);
  }
  div(a: string | number, b: string | number): string {
    return this.join("Div", a, b);
  }
  pow(a: string | number, b: string | number): string {
    return this.join("Pow", a, b);
  }
  greater(a: string | number, b: string | number): string {
    return this.join("Greater", a, b);
  }
  less(a: string | number, b: string | number): string {
    return this.join("Less", a, b);
  }
  where(condition: string, a: string | number, b: string | number): string {
    return this.w.node("Where", [condition, this.of(a), this.of(b)]);
  }
  call(type: string, ...inputs: (string | number)[]): string {
    return this.w.node(
      type,
      inputs.map((input) => this.of(input)),
    );
  }
}

/** A formula of one tensor. */
const of =
  (write: (f: Formula, x: string, w: Writer) => string): Emit =>
  (w) =>
    write(new Formula(w, w.result), w.operand("input", w.result), w);

/** A node with attributes of the op's arguments. */
const node =
  (type: string, attributes: (w: Writer) => Record<string, ReturnType<typeof float>> = () => ({})): Emit =>
  (w) =>
    w.node(type, [w.operand("input", w.result)], attributes(w));

/** A node of two operands of the result's dtype. */
const binary =
  (type: string, names: readonly [string, string] = ["input", "other"]): Emit =>
  (w) =>
    w.node(
      type,
      names.map((name) => w.operand(name, w.result)),
    );

/** One operand times a number. */
function times(w: Writer, name: string, factor: string): string {
  const operand = w.operand(name, w.result);
  const alpha = w.call.args[factor];
  if (!(alpha instanceof Scalar) || Number(alpha.value) === 1) return operand;
  return w.node("Mul", [operand, w.number(alpha.value, w.result)]);
}

const compare =
  (type: string, other = "other"): Emit =>
  (w) => {
    const common = commonDtype(w, "input", other);
    // there is an order of numbers only
    const dtype = common === "bool" && type !== "Equal" ? "int32" : common;
    return w.node(type, [w.operand("input", dtype), w.operand(other, dtype)]);
  };

const logical =
  (type: string): Emit =>
  (w) =>
    w.node(type, [w.operand("input", "bool"), w.operand("other", "bool")]);

const bitwise =
  (type: string): Emit =>
  (w) =>
    w.result === "bool" ? logical(type)(w) : w.refuse("of integers has no operator");

const not: Emit = (w) => w.node("Not", [w.operand("input", "bool")]);

/** The quotient, rounded down. */
function floored(w: Writer, a: string, b: string): string {
  const f = new Formula(w, w.result);
  if (w.result.includes("float")) return f.call("Floor", f.div(a, b));
  const quotient = f.div(a, b);
  const rest = f.sub(a, f.mul(quotient, b));
  const signs = w.node("Xor", [f.less(a, 0), f.less(b, 0)]);
  const lower = w.node("And", [signs, w.node("Not", [w.node("Equal", [rest, w.number(0, w.result)])])]);
  return f.where(lower, f.sub(quotient, 1), quotient);
}

function division(w: Writer): string {
  const [a, b] = [w.operand("input", w.result), w.operand("other", w.result)];
  const mode = w.call.args["roundingMode"];
  if (mode === "floor") return floored(w, a, b);
  const quotient = w.node("Div", [a, b]);
  if (mode !== "trunc" || !w.result.includes("float")) return quotient;
  const f = new Formula(w, w.result);
  return f.mul(f.call("Sign", quotient), f.call("Floor", f.call("Abs", quotient)));
}

function remainder(w: Writer): string {
  const [a, b] = [w.operand("input", w.result), w.operand("other", w.result)];
  if (!w.result.includes("float")) return w.node("Mod", [a, b]);
  const f = new Formula(w, w.result);
  return f.sub(a, f.mul(floored(w, a, b), b));
}

function clamp(w: Writer, low: string, high: string): string {
  const has = (name: string): boolean => w.call.args[name] !== null && w.call.args[name] !== undefined;
  let x = w.operand("input", w.result);
  if (has(low)) x = w.node("Max", [x, w.operand(low, w.result)]);
  return has(high) ? w.node("Min", [x, w.operand(high, w.result)]) : x;
}

const clip =
  (low: (w: Writer) => number, high: (w: Writer) => number): Emit =>
  (w) =>
    w.node("Clip", [w.operand("input", w.result), w.number(low(w), w.result), w.number(high(w), w.result)]);

function gelu(f: Formula, x: string, w: Writer): string {
  const inner =
    w.text("approximate") === "tanh"
      ? f.call("Tanh", f.mul(f.mul(x, f.add(1, f.mul(f.mul(x, x), 0.044715))), Math.sqrt(2 / Math.PI)))
      : f.call("Erf", f.div(x, Math.SQRT2));
  return f.mul(f.mul(x, 0.5), f.add(inner, 1));
}

function softplus(f: Formula, x: string, w: Writer): string {
  const [beta, threshold] = [w.real("beta"), w.real("threshold")];
  const scaled = beta === 1 ? x : f.mul(x, beta);
  const soft = f.call("Softplus", scaled);
  return f.where(f.greater(scaled, threshold), x, beta === 1 ? soft : f.div(soft, beta));
}

/** Ops that do nothing but while training. */
const unlessTraining: Emit = (w) =>
  w.flag("training") && w.real("p") > 0 ? w.refuse("is random: export the model in eval mode") : w.input();

const same: Emit = (w) => w.cast(w.input(), w.value().dtype, w.result);

export const ELEMENTWISE: Emits = {
  ...Object.fromEntries(UNARY.split(" ").map((op) => [op, node(op[0]!.toUpperCase() + op.slice(1))])),
  to: same,
  toDevice: same,
  clone: same,
  contiguous: same,
  positive: same,
  real: same,
  dropout: unlessTraining,
  featureDropout: unlessTraining,
  alphaDropout: unlessTraining,
  featureAlphaDropout: unlessTraining,

  rsqrt: of((f, x) => f.call("Reciprocal", f.call("Sqrt", x))),
  square: of((f, x) => f.mul(x, x)),
  expm1: of((f, x) => f.sub(f.call("Exp", x), 1)),
  exp2: of((f, x) => f.pow(2, x)),
  log1p: of((f, x) => f.call("Log", f.add(x, 1))),
  log2: of((f, x) => f.div(f.call("Log", x), Math.LN2)),
  log10: of((f, x) => f.div(f.call("Log", x), Math.LN10)),
  erfc: of((f, x) => f.sub(1, f.call("Erf", x))),
  deg2rad: of((f, x) => f.mul(x, Math.PI / 180)),
  rad2deg: of((f, x) => f.mul(x, 180 / Math.PI)),
  trunc: of((f, x) => f.mul(f.call("Sign", x), f.call("Floor", f.call("Abs", x)))),
  frac: of((f, x) => f.sub(x, f.mul(f.call("Sign", x), f.call("Floor", f.call("Abs", x))))),
  logit: of((f, x, w) => (w.call.args["eps"] === null ? f.call("Log", f.div(x, f.sub(1, x))) : w.refuse("with eps"))),
  isnan: (w) => w.node("IsNaN", [w.operand("input", "float32")]),
  isinf: (w) => w.node("IsInf", [w.operand("input", "float32")]),
  isfinite: (w) => {
    const x = w.operand("input", "float32");
    return w.node("Not", [w.node("Or", [w.node("IsNaN", [x]), w.node("IsInf", [x])])]);
  },
  logicalNot: not,
  bitwiseNot: (w) => (w.result === "bool" ? not(w) : new Formula(w, w.result).sub(-1, w.input())),
  logicalAnd: logical("And"),
  logicalOr: logical("Or"),
  logicalXor: logical("Xor"),
  bitwiseAnd: bitwise("And"),
  bitwiseOr: bitwise("Or"),
  bitwiseXor: bitwise("Xor"),

  // ---- activations
  gelu: of(gelu),
  silu: of((f, x) => f.mul(x, f.call("Sigmoid", x))),
  mish: of((f, x) => f.mul(x, f.call("Tanh", f.call("Softplus", x)))),
  softplus: of(softplus),
  logsigmoid: of((f, x) => f.call("Neg", f.call("Softplus", f.call("Neg", x)))),
  tanhshrink: of((f, x) => f.sub(x, f.call("Tanh", x))),
  hardswish: of((f, x, w) =>
    w.opset >= 14
      ? w.node("HardSwish", [x])
      : f.mul(x, w.node("HardSigmoid", [x], { alpha: float(1 / 6), beta: float(0.5) })),
  ),
  hardsigmoid: node("HardSigmoid", () => ({ alpha: float(1 / 6), beta: float(0.5) })),
  relu6: clip(
    () => 0,
    () => 6,
  ),
  hardtanh: clip(
    (w) => w.real("minVal"),
    (w) => w.real("maxVal"),
  ),
  elu: node("Elu", (w) => ({ alpha: float(w.real("alpha")) })),
  celu: node("Celu", (w) => ({ alpha: float(w.real("alpha")) })),
  selu: node("Selu"),
  leakyRelu: node("LeakyRelu", (w) => ({ alpha: float(w.real("negativeSlope")) })),
  rrelu: (w) =>
    w.flag("training")
      ? w.refuse("is random: export the model in eval mode")
      : node("LeakyRelu", () => ({ alpha: float((w.real("lower") + w.real("upper")) / 2) }))(w),
  softshrink: node("Shrink", (w) => ({ lambd: float(w.real("lambd")), bias: float(w.real("lambd")) })),
  hardshrink: node("Shrink", (w) => ({ lambd: float(w.real("lambd")), bias: float(0) })),
  threshold: of((f, x, w) => f.where(f.greater(x, w.real("threshold")), x, w.real("value"))),
  prelu: (w) => {
    const [x, weight] = [w.value(), w.value("weight")];
    const slope = weight.shape.length === 1 && weight.shape[0]! > 1 && x.shape.length > 2;
    const spread = slope
      ? w.node("Reshape", [w.name(weight), w.numbers([-1, ...x.shape.slice(2).map(() => 1)], "int64")])
      : w.name(weight);
    return w.node("PRelu", [w.name(x), spread]);
  },

  // ---- two operands
  add: (w) => sumOf(w),
  sub: (w) => w.node("Sub", [w.operand("input", w.result), times(w, "other", "alpha")]),
  rsub: (w) => w.node("Sub", [w.operand("other", w.result), times(w, "input", "alpha")]),
  mul: (w) => (w.result === "bool" ? logical("And")(w) : binary("Mul")(w)),
  div: division,
  trueDivide: binary("Div"),
  floorDivide: (w) => floored(w, w.operand("input", w.result), w.operand("other", w.result)),
  remainder,
  fmod: (w) => w.node("Mod", [w.operand("input", w.result), w.operand("other", w.result)], { fmod: 1 }),
  pow: binary("Pow", ["input", "exponent"]),
  maximum: binary("Max"),
  minimum: binary("Min"),
  hypot: (w) => {
    const f = new Formula(w, w.result);
    const [a, b] = [w.operand("input", w.result), w.operand("other", w.result)];
    return f.call("Sqrt", f.add(f.mul(a, a), f.mul(b, b)));
  },
  logaddexp: (w) => {
    const f = new Formula(w, w.result);
    const [a, b] = [w.operand("input", w.result), w.operand("other", w.result)];
    return f.add(f.call("Max", a, b), f.call("Softplus", f.call("Neg", f.call("Abs", f.sub(a, b)))));
  },
  eq: compare("Equal"),
  ne: (w) => w.node("Not", [compare("Equal")(w) as string]),
  gt: compare("Greater"),
  ge: compare("GreaterOrEqual"),
  lt: compare("Less"),
  le: compare("LessOrEqual"),
  clamp: (w) => clamp(w, "min", "max"),
  clampMin: (w) => clamp(w, "min", ""),
  clampMax: (w) => clamp(w, "", "max"),
  where: (w) =>
    w.node("Where", [w.operand("condition", "bool"), w.operand("input", w.result), w.operand("other", w.result)]),
  maskedFill: (w) =>
    w.node("Where", [w.operand("mask", "bool"), w.operand("value", w.result), w.operand("input", w.result)]),
  addcmul: (w) => {
    const f = new Formula(w, w.result);
    return f.add(w.operand("input", w.result), f.mul(times(w, "tensor1", "value"), w.operand("tensor2", w.result)));
  },
  addcdiv: (w) => {
    const f = new Formula(w, w.result);
    return f.add(w.operand("input", w.result), f.div(times(w, "tensor1", "value"), w.operand("tensor2", w.result)));
  },
  fmax: (w) => withoutNaN(w, "Max"),
  fmin: (w) => withoutNaN(w, "Min"),
  floatPower: binary("Pow", ["input", "exponent"]),
  atan2: (w) => {
    const f = new Formula(w, w.result);
    const [y, x] = [w.operand("input", w.result), w.operand("other", w.result)];
    const angle = f.call("Atan", f.div(y, x));
    const turned = f.where(f.less(y, 0), f.sub(angle, Math.PI), f.add(angle, Math.PI));
    const onAxis = f.mul(f.call("Sign", y), Math.PI / 2);
    return f.where(f.less(x, 0), turned, f.where(w.node("Equal", [x, w.number(0, w.result)]), onAxis, angle));
  },
  xlogy: (w) => {
    const f = new Formula(w, w.result);
    const [x, y] = [w.operand("input", w.result), w.operand("other", w.result)];
    return f.where(w.node("Equal", [x, w.number(0, w.result)]), 0, f.mul(x, f.call("Log", y)));
  },
  sgn: node("Sign"),
  ndtr: of((f, x) => f.mul(f.add(f.call("Erf", f.div(x, Math.SQRT2)), 1), 0.5)),
  signbit: (w) => w.node("Less", [w.input(), w.number(0, w.value().dtype)]),
  isposinf: (w) => w.node("IsInf", [w.operand("input", "float32")], { detect_negative: 0 }),
  isneginf: (w) => w.node("IsInf", [w.operand("input", "float32")], { detect_positive: 0 }),
  heaviside: (w) => {
    const f = new Formula(w, w.result);
    const x = w.operand("input", w.result);
    const step = w.cast(f.greater(x, 0), "bool", w.result);
    return f.where(w.node("Equal", [x, w.number(0, w.result)]), w.operand("values", w.result), step);
  },
  nanToNum: of((f, x, w) => {
    const limit = w.result === "float64" ? Number.MAX_VALUE : 3.4028234663852886e38;
    const of = (name: string, absent: number): number => (w.call.args[name] === null ? absent : w.real(name));
    const clipped = f.call("Min", f.call("Max", x, of("neginf", -limit)), of("posinf", limit));
    return f.where(w.node("IsNaN", [x]), of("nan", 0), clipped);
  }),
  mseLoss: (w) => loss(w, (f, d) => f.mul(d, d)),
  l1Loss: (w) => loss(w, (f, d) => f.call("Abs", d)),
  lerp: (w) => {
    const f = new Formula(w, w.result);
    const [a, b] = [w.operand("input", w.result), w.operand("end", w.result)];
    return f.add(a, f.mul(w.operand("weight", w.result), f.sub(b, a)));
  },
};

/** The extreme of two numbers, of which one may be NaN. */
function withoutNaN(w: Writer, type: string): string {
  const f = new Formula(w, w.result);
  const [a, b] = [w.operand("input", w.result), w.operand("other", w.result)];
  if (!w.result.includes("float")) return f.call(type, a, b);
  return f.where(w.node("IsNaN", [a]), b, f.where(w.node("IsNaN", [b]), a, f.call(type, a, b)));
}

/** The mean or sum of what becomes of the differences. */
function loss(w: Writer, of: (f: Formula, difference: string) => string): string {
  const f = new Formula(w, w.result);
  const each = of(f, f.sub(w.operand("input", w.result), w.operand("target", w.result)));
  const reduction = w.text("reduction");
  return reduction === "none"
    ? each
    : w.node(reduction === "sum" ? "ReduceSum" : "ReduceMean", [each], { keepdims: 0 });
}

function sumOf(w: Writer): string {
  if (w.result === "bool") return logical("Or")(w) as string;
  return w.node("Add", [w.operand("input", w.result), times(w, "other", "alpha")]);
}
