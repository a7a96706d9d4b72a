/**
 * The language in which elementwise ops are stated: expressions over inputs, params and constants, built by functions named
 * as the micro-ops. Equal expressions are one object (so common subexpressions are found for nothing), and a builder folds
 * constants and drops neutral operations.
 */
import { type Kind, type MicroName, type MicroOp, microOps } from "./micro.ts";

export type Leaf =
  | { readonly type: "input"; readonly index: number }
  | { readonly type: "param"; readonly index: number }
  | { readonly type: "constant"; readonly value: number }
  /** the gradient of the result; only in derivatives */
  | { readonly type: "grad" }
  /** the result of the forward expression; only in derivatives */
  | { readonly type: "result" };

export class Expression<K extends Kind = Kind> {
  /** grows with creation: operands have smaller ids than what is made of them */
  readonly id: number;
  readonly kind: K;
  readonly op: MicroName | null;
  readonly args: readonly Expression[];
  readonly leaf: Leaf | null;

  private constructor(id: number, kind: K, op: MicroName | null, args: readonly Expression[], leaf: Leaf | null) {
    this.id = id;
    this.kind = kind;
    this.op = op;
    this.args = args;
    this.leaf = leaf;
  }

  private static readonly interned = new Map<string, Expression>();

  static intern<K extends Kind>(
    kind: K,
    op: MicroName | null,
    args: readonly Expression[],
    leaf: Leaf | null,
  ): Expression<K> {
    const key = leaf
      ? `${leaf.type} ${kind} ${"index" in leaf ? leaf.index : ""}${"value" in leaf ? spell(leaf.value) : ""}`
      : `${op} ${args.map((a) => a.id).join(" ")}`;
    let found = Expression.interned.get(key);
    if (!found) {
      found = new Expression(Expression.interned.size, kind, op, args, leaf);
      Expression.interned.set(key, found);
    }
    return found as Expression<K>;
  }

  /** the number, if this is a constant */
  get constant(): number | undefined {
    return this.leaf?.type === "constant" ? this.leaf.value : undefined;
  }

  toString(): string {
    const leaf = this.leaf;
    if (!leaf) return `${this.op}(${this.args.join(", ")})`;
    if (leaf.type === "constant") return spell(leaf.value);
    return "index" in leaf ? `${leaf.type}${leaf.index}` : leaf.type;
  }
}

export type Value = Expression<"value">;
export type Mask = Expression<"mask">;

const spell = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

export const constant = (value: number): Value => Expression.intern("value", null, [], { type: "constant", value });
export const input = (index: number): Value => Expression.intern("value", null, [], { type: "input", index });
export const maskInput = (index: number): Mask => Expression.intern("mask", null, [], { type: "input", index });
export const param = (index: number): Value => Expression.intern("value", null, [], { type: "param", index });
export const grad: Value = Expression.intern("value", null, [], { type: "grad" });
export const result: Value = Expression.intern("value", null, [], { type: "result" });

type Operand<K extends Kind> = K extends "value" ? Value | number : Mask;
type Operands<T extends readonly Kind[]> = { -readonly [I in keyof T]: Operand<T[I]> };
type Builder<M extends MicroOp> = (...operands: Operands<M["operands"]>) => Expression<M["result"]>;

/**
 * One builder a micro-op: `m.add(x, m.mul(alpha, y))`. Numbers stand for constants. A builder can be an op's expression as it is: the
 * arguments by name, which come last then, are ignored.
 */
export const m = Object.fromEntries(
  Object.keys(microOps).map((name) => [
    name,
    (...operands: unknown[]) => build(name as MicroName, operands.filter(isOperand)),
  ]),
) as unknown as { readonly [N in MicroName]: Builder<(typeof microOps)[N]> };

function isOperand(x: unknown): x is Expression | number {
  return typeof x === "number" || x instanceof Expression;
}

function build(op: MicroName, operands: (Expression | number)[]): Expression {
  const micro: MicroOp = microOps[op];
  const args = operands.map((x) => (typeof x === "number" ? constant(x) : x));
  if (args.length !== micro.operands.length)
    throw new Error(`${op} takes ${micro.operands.length} operands, got ${args.length}`);
  args.forEach((a, i) => {
    if (a.kind !== micro.operands[i]) throw new Error(`operand ${i} of ${op} must be a ${micro.operands[i]}: ${a}`);
  });
  return simplify(op, args) ?? Expression.intern(micro.result, op, args, null);
}

type Fold = (...x: number[]) => number;
/** Folded at build time: exact in every compute type. */
const folds: Partial<Record<MicroName, Fold>> = {
  add: (a, b) => a! + b!,
  sub: (a, b) => a! - b!,
  mul: (a, b) => a! * b!,
  neg: (a) => -a!,
  div: (a, b) => a! / b!,
};

/**
 * Neutral operations. Only what is right for NaN and infinities too: x * 0 stays. (x + 0 becomes x, which keeps -0 where
 * IEEE would give +0.)
 */
function simplify(op: MicroName, args: Expression[]): Expression | undefined {
  const [a, b, c] = args as [Expression, Expression, Expression];
  const fold = folds[op];
  if (fold && args.every((x) => x.constant !== undefined)) return constant(fold(...args.map((x) => x.constant!)));
  switch (op) {
    case "add":
      if (b.constant === 0) return a;
      if (a.constant === 0) return b;
      if (b.op === "neg") return m.sub(a as Value, b.args[0] as Value);
      return undefined;
    case "sub":
      if (b.constant === 0) return a;
      if (a.constant === 0) return m.neg(b as Value);
      if (b.op === "neg") return m.add(a as Value, b.args[0] as Value);
      return undefined;
    case "mul":
      if (b.constant === 1) return a;
      if (a.constant === 1) return b;
      if (b.constant === -1) return m.neg(a as Value);
      if (a.constant === -1) return m.neg(b as Value);
      return undefined;
    case "div":
    case "divTrunc":
    case "divFloor":
      if (b.constant === 1 && op === "div") return a;
      return undefined;
    case "pow":
      if (b.constant === 1) return a;
      if (b.constant === 2) return m.mul(a as Value, a as Value);
      return undefined;
    case "neg":
      return a.op === "neg" ? a.args[0] : undefined;
    case "not":
      return a.op === "not" ? a.args[0] : undefined;
    case "select":
      if (b === c) return b;
      if (a.op === "not") return m.select(a.args[0] as Mask, c as Value, b as Value);
      return undefined;
    default:
      return undefined;
  }
}

/** Replaces subexpressions: `replace` returns the replacement, or undefined to go on into the operands. */
export function substitute(root: Expression, replace: (e: Expression) => Expression | undefined): Expression {
  const done = new Map<Expression, Expression>();
  const visit = (e: Expression): Expression => {
    const known = done.get(e);
    if (known) return known;
    const made = replace(e) ?? (e.op ? build(e.op, e.args.map(visit)) : e);
    done.set(e, made);
    return made;
  };
  return visit(root);
}

/** Every node of the expressions, operands before what is made of them. */
export function nodesOf(...roots: Expression[]): Expression[] {
  const seen = new Set<Expression>();
  const order: Expression[] = [];
  const visit = (e: Expression): void => {
    if (seen.has(e)) return;
    seen.add(e);
    e.args.forEach(visit);
    order.push(e);
  };
  roots.forEach(visit);
  return order;
}
