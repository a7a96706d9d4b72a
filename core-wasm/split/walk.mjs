// Walks over the expressions of a function.
import binaryen from "binaryen";

const { ExpressionIds: Id } = binaryen;

/** The fields that hold expressions, by kind of expression; those of SIMD and atomics are found by their names. */
const FIELDS = [
  "condition",
  "ifTrue",
  "ifFalse",
  "body",
  "value",
  "ptr",
  "left",
  "right",
  "delta",
  "dest",
  "source",
  "size",
];
FIELDS.push("offset", "vec", "a", "b", "c", "shift", "expected", "replacement", "timeout", "notifyCount");
/** Where a field of such a name is a number. */
const NUMBERS = new Map([
  [Id.Const, ["value"]],
  ...[Id.Load, Id.Store, Id.SIMDLoad, Id.SIMDLoadStoreLane, Id.AtomicRMW, Id.AtomicCmpxchg].map((id) => [
    id,
    ["offset"],
  ]),
]);

/** binaryen's own throws for expressions without fields. */
export function infoOf(expression) {
  const id = binaryen.getExpressionId(expression);
  return id === Id.Nop || id === Id.Unreachable ? { id, type: binaryen.none } : binaryen.getExpressionInfo(expression);
}

/** The expressions that an expression is made of. */
export function children(info) {
  const numbers = NUMBERS.get(info.id) ?? [];
  const single = FIELDS.filter((field) => info[field] && !numbers.includes(field)).map((field) => info[field]);
  if (info.id === Id.CallIndirect) single.push(info.target);
  return [...single, ...(info.children ?? []), ...(info.operands ?? [])];
}

/** Calls `visit(expression, info)` for an expression and all below it. */
export function walk(expression, visit) {
  const info = infoOf(expression);
  visit(expression, info);
  for (const child of children(info)) walk(child, visit);
}
