/**
 * The forms of an elementwise op. Its expression is a program only when everything that shapes it is known: enums and flags,
 * which optional arguments are there, and the params that the record wants specialised. Each combination is a form, an entry of
 * the table of programs, and gen/ops.ts chooses among them.
 */
import { type Expression, constant, input, maskInput, param } from "../ops/expression.ts";
import type { DTypeRule, ElementwiseRecord, Refusals } from "../ops/record.ts";
import type { Parameter } from "../ops/signature.ts";

export interface Form {
  readonly record: ElementwiseRecord;
  /** an identifier, unique over all forms */
  readonly id: string;
  /** names of the tensor inputs that are there, in order */
  readonly inputs: readonly string[];
  readonly leaves: readonly Expression[];
  /** names of the parameters that are program params, in order */
  readonly params: readonly string[];
  /** what chooses this form */
  readonly choices: readonly Choice[];
  readonly dtype: DTypeRule;
  readonly refuses: Refusals;
  readonly root: Expression;
  readonly integral: Expression | null;
  readonly bool: Expression | null;
  /** everything by name, as derivatives are given it */
  readonly given: Record<string, unknown>;
}

export type Choice =
  | { readonly parameter: Parameter; readonly type: "present" | "absent" }
  | { readonly parameter: Parameter; readonly type: "enum"; readonly index: number }
  | { readonly parameter: Parameter; readonly type: "flag"; readonly value: boolean }
  | { readonly parameter: Parameter; readonly type: "value"; readonly value: number };

export const isTensor = (p: Parameter): boolean => p.type.base === "Tensor" || p.type.base === "TensorOrScalar";
const isNumber = (p: Parameter): boolean => ["Scalar", "float", "int"].includes(p.type.base);

const cache = new WeakMap<ElementwiseRecord, Form[]>();

export function formsOf(record: ElementwiseRecord): Form[] {
  let forms = cache.get(record);
  if (!forms) cache.set(record, (forms = makeForms(record)));
  return forms;
}

function makeForms(record: ElementwiseRecord): Form[] {
  let combinations: Choice[][] = [[]];
  for (const p of record.signature.parameters) {
    const choices = choicesOf(p, record.name);
    if (choices.length > 0) combinations = combinations.flatMap((c) => choices.map((choice) => [...c, choice]));
  }
  const specialised = (record.declaration.specialize ?? []).flatMap((values) =>
    combinations
      .map((c) => [
        ...c,
        ...Object.entries(values).map(([name, value]): Choice => ({
          parameter: parameterOf(record, name),
          type: "value",
          value,
        })),
      ])
      .filter(
        (c) =>
          !c.some(
            (choice) =>
              choice.type === "value" && c.some((o) => o.parameter === choice.parameter && o.type === "absent"),
          ),
      ),
  );
  return [...specialised, ...combinations].map((choices) => makeForm(record, choices));
}

function parameterOf(record: ElementwiseRecord, name: string): Parameter {
  const p = record.signature.parameters.find((q) => q.name === name);
  if (!p || !(isNumber(p) || p.type.base === "TensorOrScalar"))
    throw new Error(`${record.name}: specialises ${name}, which is no number parameter`);
  return p;
}

function choicesOf(parameter: Parameter, op: string): Choice[] {
  const { base, optional, list, choices } = parameter.type;
  if (list || base === "dtype") throw new Error(`${op}: an elementwise op cannot take ${parameter.name}`);
  if (base === "enum") {
    const all = choices.map((_, index): Choice => ({ parameter, type: "enum", index }));
    return optional ? [{ parameter, type: "absent" }, ...all] : all;
  }
  if (base === "bool") return [true, false].map((value) => ({ parameter, type: "flag", value }));
  return optional
    ? [
        { parameter, type: "absent" },
        { parameter, type: "present" },
      ]
    : [];
}

function makeForm(record: ElementwiseRecord, choices: readonly Choice[]): Form {
  const d = record.declaration;
  const absent = (p: Parameter): boolean => choices.some((c) => c.parameter === p && c.type === "absent");
  const inputs: string[] = [];
  const leaves: Expression[] = [];
  const params: string[] = [];
  const given: Record<string, unknown> = {};
  const positional: unknown[] = [];
  for (const p of record.signature.parameters) {
    const fixed = choices.find((c) => c.parameter === p && c.type !== "present" && c.type !== "absent");
    let value: unknown = null;
    if (isTensor(p)) {
      if (!absent(p)) {
        const leaf =
          d.masks?.includes(p.name) || d.dtype === "logical" ? maskInput(inputs.length) : input(inputs.length);
        // a number that is known stays an input, since it takes part in promotion
        value = fixed?.type === "value" ? constant(fixed.value) : leaf;
        leaves.push(leaf);
        inputs.push(p.name);
      }
      positional.push(value);
    } else if (fixed?.type === "enum") value = p.type.choices[fixed.index];
    else if (fixed?.type === "flag") value = fixed.value;
    else if (fixed?.type === "value") value = constant(fixed.value);
    else if (isNumber(p) && !absent(p)) {
      value = param(params.length);
      params.push(p.name);
    }
    given[p.name] = value;
  }
  const build = (f: ((...x: unknown[]) => Expression) | undefined): Expression | null =>
    f ? f(...positional, given) : null;
  const root = build(d.expression)!;
  if (!root?.kind) throw new Error(`${record.name}: the expression gives no expression`);
  return {
    record,
    id: formId(record, choices),
    inputs,
    leaves,
    params,
    choices,
    dtype: typeof d.dtype === "function" ? d.dtype(given) : (d.dtype ?? "promote"),
    refuses: typeof d.refuses === "function" ? d.refuses(given) : (d.refuses ?? {}),
    root,
    integral: build(d.integral),
    bool: build(d.bool),
    given,
  };
}

function formId(record: ElementwiseRecord, choices: readonly Choice[]): string {
  const parts = choices.map((c) => {
    switch (c.type) {
      case "present":
        return c.parameter.name;
      case "absent":
        return "";
      case "enum":
        return c.parameter.type.choices[c.index]!.replaceAll(/\W/g, "");
      case "flag":
        return c.value ? c.parameter.name : "";
      case "value":
        return `${c.parameter.name}${String(c.value).replace("-", "m").replace(".", "p")}`;
    }
  });
  return [record.name, ...parts.filter(Boolean)].join("_");
}
