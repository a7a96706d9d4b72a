/**
 * Derivatives stated as AssemblyScript expressions: which names they use says what a node saves and how its backward reads it
 * again. A name that is neither in scope nor an op nor a formula fails the build.
 */
import type { ImplementedRecord } from "../ops/record.ts";
import type { Parameter } from "../ops/signature.ts";
import { type Registry, functionName } from "./registry.ts";
import { roleOf } from "./types.ts";

/** The gradient of one parameter. */
export interface Need {
  readonly parameter: Parameter;
  /** index of its (first) edge */
  readonly edge: number;
  /** the derivative, its functions qualified */
  readonly code: string;
  readonly uses: ReadonlySet<string>;
  /** its place in the list that `code` gives, where several gradients are computed together; else -1 */
  readonly place: number;
}

/** A value that the backward reads from the node. */
export interface Saved {
  readonly name: string;
  readonly type: "tensor" | "tensors" | "ints" | "number" | "scalar";
  readonly slot: number;
  /** AssemblyScript in the forward function: stores it */
  readonly save: string;
  /** AssemblyScript: whether a gradient that reads it is wanted; empty if always */
  readonly condition: string;
  /** AssemblyScript in the backward function: the expression that reads it */
  readonly read: string;
}

type Readable = Omit<Saved, "slot" | "condition">;

export interface Derivatives {
  /** by parameter, in the order of their edges: a list comes last, so that the others have fixed numbers */
  readonly needs: ReadonlyMap<string, Need>;
  readonly saved: readonly Saved[];
  readonly counts: { readonly tensors: string; readonly ints: number; readonly numbers: number };
  readonly functions: { readonly ops: ReadonlySet<string>; readonly formulas: ReadonlySet<string> };
}

const CONSTANTS = new Set([
  "true",
  "false",
  "null",
  "NONE",
  "NO_DTYPE",
  "DType",
  "Infinity",
  "NaN",
  "i32",
  "f64",
  "i64",
  "bool",
  "Math",
]);

const cache = new WeakMap<ImplementedRecord, Derivatives>();

export function derivativesOf(record: ImplementedRecord, registry: Registry): Derivatives {
  let found = cache.get(record);
  if (!found) cache.set(record, (found = read(record, registry)));
  return found;
}

function read(record: ImplementedRecord, registry: Registry): Derivatives {
  const fail = (why: string): never => {
    throw new Error(`derivative of ${record.name}: ${why}`);
  };
  const { parameters, results, listResult } = record.signature;
  const strings: Record<string, string> = {};
  const places = new Map<string, number>();
  for (const [key, code] of Object.entries(record.declaration.derivative!)) {
    const names = key.split(",").map((name) => name.trim());
    names.forEach((name, i) => {
      strings[name] = code;
      if (names.length > 1) places.set(name, i);
    });
  }
  for (const name of Object.keys(strings))
    if (!parameters.some((p) => p.name === name)) fail(`there is no parameter ${name}`);
  const differentiable = parameters.filter((p) => p.name in strings);
  for (const p of differentiable) if (!["tensor", "tensors"].includes(roleOf(p))) fail(`${p.name} is no tensor`);
  if (differentiable.filter((p) => roleOf(p) === "tensors").length > 1)
    fail("at most one list of tensors can be differentiable");

  const scope = new Map<string, Readable | null>();
  for (const p of parameters) {
    for (const entry of savedForms(p)) scope.set(entry.name, entry);
  }
  const gradNames = results.length === 1 ? ["grad"] : results.map((_, i) => `grad${i}`);
  gradNames.forEach((name) => scope.set(name, null));
  if (!listResult) {
    results.forEach((_, i) => {
      const name = results.length === 1 ? "result" : `result${i}`;
      const value = results.length === 1 ? "result" : `resultAt(${i})`;
      scope.set(name, {
        name,
        type: "tensor",
        save: `node.saveTensor(#, ${value}, true);`,
        read: "node.savedTensor(#)",
      });
    });
  }

  const ops = new Set<string>();
  const formulas = new Set<string>();
  const needs = new Map<string, Need>();
  const ordered = [
    ...differentiable.filter((p) => roleOf(p) === "tensor"),
    ...differentiable.filter((p) => roleOf(p) === "tensors"),
  ];
  ordered.forEach((p, edge) => {
    const uses = new Set<string>();
    const code = strings[p.name]!.replaceAll(
      /(\.?)\b([A-Za-z_]\w*)\b(\s*\()?/g,
      (whole, dot: string, name: string, call: string | undefined) => {
        if (dot) return whole;
        if (call) {
          if (registry.byName.has(name)) {
            ops.add(name);
            return `ops.${functionName(name)}${call}`;
          }
          if (!registry.formulas.has(name)) fail(`${name} is neither an op nor a function of autograd/formulas.ts`);
          formulas.add(name);
          return whole;
        }
        if (scope.has(name)) uses.add(name);
        else if (!CONSTANTS.has(name)) fail(`unknown name ${name}`);
        return whole;
      },
    );
    needs.set(p.name, { parameter: p, edge, code, uses, place: places.get(p.name) ?? -1 });
  });
  const all = [...needs.values()];
  const used = [...scope.values()].filter((e): e is Readable => e !== null && all.some((n) => n.uses.has(e.name)));
  const conditionOf = (name: string): string => {
    const readers = all.filter((n) => n.uses.has(name));
    return readers.length === all.length ? "" : readers.map((n) => requiresGrad(n.parameter)).join(" || ");
  };
  return { needs, ...assignSlots(used, conditionOf), functions: { ops, formulas } };
}

/** AssemblyScript: whether argument `p` requires a gradient. */
export function requiresGrad(p: Parameter): string {
  if (roleOf(p) === "tensors") return `anyRequiresGrad(${p.name})`;
  return p.type.optional ? `(${p.name} !== null && ${p.name}.requiresGrad)` : `${p.name}.requiresGrad`;
}

function assignSlots(
  used: readonly Readable[],
  conditionOf: (name: string) => string,
): Pick<Derivatives, "saved" | "counts"> {
  let tensors = 0;
  let ints = 0;
  let numbers = 0;
  // a list of tensors takes the slots behind the single ones
  const ordered = [...used.filter((e) => e.type !== "tensors"), ...used.filter((e) => e.type === "tensors")];
  if (ordered.filter((e) => e.type === "tensors").length > 1)
    throw new Error("a derivative can read one list of tensors");
  let listCount = "";
  const saved = ordered.map((e): Saved => {
    let slot = tensors;
    if (e.type === "tensor") tensors++;
    else if (e.type === "ints") slot = ints++;
    else if (e.type === "tensors") listCount = ` + lengthOf(${e.name})`;
    else {
      slot = numbers;
      numbers += e.type === "scalar" ? 2 : 1;
    }
    return {
      ...e,
      slot,
      condition: conditionOf(e.name),
      save: e.save.replaceAll("#", String(slot)),
      read: e.read.replaceAll("#", String(slot)),
    };
  });
  return { saved, counts: { tensors: `${tensors}${listCount}`, ints, numbers } };
}

/** What a derivative may read of a parameter, and how. `save` is a method call on the node, or a call of a helper with the node. */
function savedForms(p: Parameter): Readable[] {
  const { name } = p;
  const optional = p.type.optional;
  switch (roleOf(p)) {
    case "tensor": {
      const guard = optional ? `if (${name} !== null) ` : "";
      return [
        {
          name,
          type: "tensor",
          save: `${guard}node.saveTensor(#, ${name}, false);`,
          read: optional ? "(node.hasTensor(#) ? node.savedTensor(#) : null)" : "node.savedTensor(#)",
        },
        {
          name: `${name}Shape`,
          type: "ints",
          save: `${guard}node.saveInts(#, shapeOf(${name}));`,
          read: "node.savedInts(#)",
        },
        {
          name: `${name}Dtype`,
          type: "number",
          save: `${guard}node.saveF64(#, ${name}.dtype);`,
          read: "<i32>node.savedF64(#)",
        },
      ];
    }
    case "tensors":
      return [
        { name, type: "tensors", save: `saveTensors(node, #, ${name});`, read: "savedTensors(node, #)" },
        {
          name: `${name}Shapes`,
          type: "ints",
          save: `node.saveInts(#, shapesOf(${name}));`,
          read: "node.savedInts(#)",
        },
      ];
    case "ints":
      return [
        {
          name,
          type: "ints",
          save: `${optional ? `if (${name} !== null) ` : ""}node.saveInts(#, ${name});`,
          read: optional ? "(node.hasInts(#) ? node.savedInts(#) : null)" : "node.savedInts(#)",
        },
      ];
    case "scalar":
      return optional
        ? [{ name, type: "scalar", save: `saveScalar(node, #, ${name});`, read: "savedScalar(node, #)" }]
        : [{ name, type: "number", save: `node.saveF64(#, ${name}.f);`, read: "floatScalar(node.savedF64(#))" }];
    case "float":
      return [{ name, type: "number", save: `node.saveF64(#, ${name});`, read: "node.savedF64(#)" }];
    case "bool":
      return optional
        ? [{ name, type: "number", save: `node.saveF64(#, ${name});`, read: "<i32>node.savedF64(#)" }]
        : [{ name, type: "number", save: `node.saveF64(#, ${name} ? 1 : 0);`, read: "node.savedF64(#) != 0" }];
    default:
      return [{ name, type: "number", save: `node.saveF64(#, ${name});`, read: "<i32>node.savedF64(#)" }];
  }
}
