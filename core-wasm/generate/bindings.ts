/** bindings/gen: the functions of every namespace and the methods of Tensor, typed, over the generated exports. */
import type { Namespace, OpRecord } from "../ops/record.ts";
import type { Parameter } from "../ops/signature.ts";
import { docComment } from "./doc.ts";
import { hasInplace } from "./ops.ts";
import { type Registry, functionName, header } from "./registry.ts";
import { type Role, roleOf, scriptType } from "./types.ts";

export const NAMESPACE_FILES: Record<Namespace, string> = {
  torch: "functions.ts",
  "nn.functional": "nn-functional.ts",
  special: "special.ts",
  linalg: "linalg.ts",
  fft: "fft.ts",
};

const TYPE_IMPORTS = [
  'import type { DType } from "../tensor/dtype.ts";',
  'import type { Scalar } from "../tensor/scalar.ts";',
  'import type { Tensor } from "../tensor/tensor.ts";',
];

/** An op under one of its names. */
interface Named {
  readonly record: OpRecord;
  readonly namespace: Namespace;
  readonly name: string;
}

/** Every name of every op; two ops must not claim the same. */
function allNames(registry: Registry): Named[] {
  const owners = new Map<string, string>();
  const named = registry.records.flatMap(namesOf);
  for (const { record, namespace, name } of named) {
    if (record.internal) continue;
    const key = `${namespace}.${name}`;
    const owner = owners.get(key);
    if (owner !== undefined) throw new Error(`${key} is declared by ${owner} and by ${record.name}`);
    owners.set(key, record.name);
  }
  return named;
}

function namesOf(record: OpRecord): Named[] {
  const { name, namespace } = record;
  const aliases = record.aliases.map((alias): Named => {
    const dot = alias.lastIndexOf(".");
    const space = (dot < 0 ? namespace : alias.slice(0, dot)) as Namespace;
    if (!(space in NAMESPACE_FILES)) throw new Error(`${name}: alias ${alias} is in no known namespace`);
    return { record, namespace: space, name: alias.slice(dot + 1) };
  });
  return [{ record, namespace, name }, ...aliases];
}

/**
 * The functions of a namespace; those of torch in two parts, since `flambeau/core` leaves out the rare ones, which it has as methods.
 * @param chosen which of its ops
 */
export function generateFunctions(
  registry: Registry,
  namespace: Namespace,
  chosen = (_record: OpRecord): boolean => true,
): string {
  const named = allNames(registry)
    .filter((n) => n.namespace === namespace && n.record.variants.includes("function") && chosen(n.record))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const renamed = named.filter((n) => functionName(n.name) !== n.name);
  return [
    header(`The functions of ${namespace === "torch" ? "torch" : `torch.${namespace}`}.`),
    'import type { Named } from "../tensor/call.ts";',
    `import { ${maker(namespace)}${named.some(reads) ? ", later" : ""} } from "../tensor/op.ts";`,
    ...TYPE_IMPORTS,
    "",
    ...named.flatMap((n) => functionOf(n)),
    ...(renamed.length > 0
      ? [`export { ${renamed.map((n) => `${functionName(n.name)} as ${n.name}`).join(", ")} };`, ""]
      : []),
  ].join("\n");
}

/** The function of bindings/tensor/op.ts that makes the functions of a namespace. */
const maker = (namespace: Namespace): string => (namespace === "nn.functional" ? "functional" : "op");

/** nn.functional takes `inplace` last where the op has an in-place form. */
const hasInplaceFlag = ({ record, namespace }: Named): boolean =>
  namespace === "nn.functional" && record.variants.includes("inplace");

const INPLACE: Parameter = {
  name: "inplace",
  type: { base: "bool", list: false, optional: false, choices: [] },
  default: false,
  floatDefault: false,
};

/** PyTorch's `out`: a tensor that takes the result. */
const OUT: Parameter = {
  name: "out",
  type: { base: "Tensor", list: false, optional: true, choices: [] },
  default: null,
  floatDefault: false,
};

const givesOut = (record: OpRecord): boolean => record.kind !== "view" && record.signature.results.some((r) => !r.list);
const takesOut = ({ record, namespace }: Named): boolean => namespace !== "nn.functional" && givesOut(record);

/** A constant made from the op's signature, typed by its overloads. */
function functionOf(named: Named): string[] {
  const { record, name, namespace } = named;
  const parameters = [
    ...record.signature.parameters,
    ...(hasInplaceFlag(named) ? [INPLACE] : []),
    ...(takesOut(named) ? [OUT] : []),
  ];
  const returns = resultType(record);
  const op = name === record.name ? "" : `, "${record.name}"`;
  return [
    ...docComment(record, namespace, name, "function"),
    `export const ${functionName(name)} = /* @__PURE__ */ ${maker(namespace)}<{`,
    ...overloads(record, parameters).map((overload) => `  (${overload}): ${returns};`),
    `}>("${name}"${op});`,
    "",
    ...(reads(named)
      ? [
          ...docComment(record, namespace, name, "async function"),
          `export const ${name}Async = /* @__PURE__ */ later<{`,
          ...overloads(record, parameters).map((overload) => `  (${overload}): Promise<${returns}>;`),
          `}>(${functionName(name)});`,
          "",
        ]
      : []),
  ];
}

const reads = ({ record }: Named): boolean => record.declaration.readsValues === true;

function resultType(record: OpRecord): string {
  const { results, listResult, plainResult } = record.signature;
  if (plainResult) return plainResult === "bool" ? "boolean" : "number";
  if (listResult) return "Tensor[]";
  return results.length === 1 ? "Tensor" : `Named<${results.map((r) => JSON.stringify(r.name)).join(" | ")}>`;
}

/**
 * From which place on arguments can be given by name. PyTorch's required ones can be, too; but an elementwise op is too short a call
 * for a look at whether its second operand is an object of options.
 */
function firstNamed(record: OpRecord, parameters: readonly Parameter[]): number {
  const required = parameters.filter((p) => p.default === undefined).length;
  if (record.kind !== "elementwise") {
    const isMethod = parameters.length < record.signature.parameters.length;
    return isMethod ? 0 : Math.min(required, 1);
  }
  const settings = parameters.findIndex((p) => p.default !== undefined || !["tensor", "tensors"].includes(roleOf(p)));
  return settings < 0 ? parameters.length : settings;
}

/** Positional, and with the last ones by name: one overload for each place where the options object may stand. */
function overloads(record: OpRecord, parameters: readonly Parameter[]): string[] {
  const type = (p: Parameter): string =>
    p === OUT && record.signature.results.length > 1 ? "readonly Tensor[]" : scriptType(p);
  const positional = parameters
    .filter((p) => p !== OUT)
    .map((p) => `${p.name}${p.default === undefined ? "" : "?"}: ${scriptType(p)}`);
  const result = [positional.join(", ")];
  for (let i = firstNamed(record, parameters); i < parameters.length; i++) {
    const before = parameters.slice(0, i).map((p) => `${p.name}: ${scriptType(p)}`);
    const named = parameters.slice(i).map((p) => `${p.name}${p.default === undefined ? "" : "?"}: ${type(p)}`);
    result.push([...before, `options: { ${named.join("; ")} }`].join(", "));
  }
  return result;
}

// ---- gen/signatures.ts: what bindings/tensor/op.ts makes functions and methods from

export function generateSignatures(registry: Registry): string {
  const records = registry.records.filter((r) => !r.internal);
  const errors: Record<string, string> = { reduction: "ValueError: {value} is not a valid value for reduction" };
  for (const { name, declaration } of records) {
    for (const [parameter, error] of Object.entries(declaration.choiceErrors ?? {}))
      errors[`${name}.${parameter}`] = error;
  }
  return [
    header("The signatures of the ops: bindings/signatures.ts and bindings/tensor/op.ts read them."),
    "",
    "export const SIGNATURES = `\\",
    `${records.map(signatureLine).join("\n")}\`;`,
    "",
    "/** Errors for strings that are none of the alternatives, by parameter or by op and parameter. */",
    `export const CHOICE_ERRORS: Record<string, string> = ${JSON.stringify(errors, null, 2)};`,
    "",
  ].join("\n");
}

function signatureLine(record: OpRecord): string {
  const { results, listResult, plainResult } = record.signature;
  const names = plainResult
    ? [plainResult === "bool" ? "bool" : "number"]
    : listResult
      ? ["*"]
      : results.length > 1
        ? results.map((r) => r.name)
        : [];
  const { parameters } = record.signature;
  const parts = [record.name, parameters.length.toString(36) + flagsOf(record), ...parameters.map(signatureParameter)];
  return [...parts, ...(names.length > 0 ? [">", ...names] : [])].join(" ");
}

function flagsOf(record: OpRecord): string {
  const { parameters, listResult } = record.signature;
  const first = parameters[0];
  const elementwise = record.kind === "elementwise";
  const mayGiveBack = first?.name === record.self && first && !first.type.list && !first.type.optional;
  const receiver = parameters.findIndex((p) => p.name === record.self);
  const flags = [
    elementwise && "E",
    !elementwise && !mayGiveBack && !listResult && "W",
    givesOut(record) && "O",
    hasInplace(record) && "I",
    record.variants.includes("inplace") && "F",
    record.numbersOnly && "N",
    record.declaration.readsValues && "R",
    VARIADIC.has(record.name) && "X",
    receiver > 0 && String(receiver),
  ];
  return flags.filter(Boolean).join("");
}

const KINDS: Record<Exclude<Role, "tensor">, string> = {
  tensors: "l",
  scalar: "s",
  int: "i",
  ints: "v",
  float: "f",
  bool: "b",
  dtype: "d",
  enum: "e",
};

function signatureParameter(p: Parameter): string {
  const role = roleOf(p);
  const letter =
    p.name === "generator" ? "g" : role === "tensor" ? (p.type.base === "Tensor" ? "t" : "o") : KINDS[role];
  const kind = p.type.optional && !"ld".includes(letter) ? letter.toUpperCase() : letter;
  // an absent generator, dtype or flag has one meaning, whatever the default
  const usual =
    p.default === undefined ? "" : p.default === null || "gdB".includes(kind) ? "?" : `=${defaultText(p, p.default)}`;
  const choices = p.type.choices.length > 0 ? `(${p.type.choices.join("|")})` : "";
  const text = `${p.name}${kind === "t" && !usual ? "" : `:${kind}`}${usual}${choices}`;
  if (/[\s`\\$]/.test(text)) throw new Error(`${text}: a signature's parts can't hold such characters`);
  return text;
}

function defaultText(p: Parameter, value: NonNullable<Parameter["default"]>): string {
  if (typeof value === "boolean") return roleOf(p) === "bool" ? String(Number(value)) : String(value);
  if (typeof value === "number" && p.floatDefault && Number.isInteger(value)) return value.toFixed(1);
  return String(value);
}

// ---- gen/methods.ts

/** Methods have the op's own name and its aliases in torch. */
const isMethodName = (n: Named): boolean =>
  n.namespace === "torch" || (n.namespace === n.record.namespace && n.name === n.record.name);

export function generateMethods(registry: Registry): string {
  const methods = allNames(registry)
    .filter((n) => n.record.variants.includes("method") && isMethodName(n))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const inplace = allNames(registry)
    .filter(
      (n) =>
        n.record.variants.includes("inplace") &&
        (n.namespace === "torch" || n.record.variants.includes("method")) &&
        isMethodName(n),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    header("The methods of Tensor that are ops."),
    'import type { Named } from "../tensor/call.ts";',
    'import type { MemoryFormat } from "../tensor/memory-format.ts";',
    'import { defineOps } from "../tensor/op.ts";',
    ...TYPE_IMPORTS,
    "",
    "export interface TensorMethods {",
    ...methods.filter(isPublicType).flatMap((n) => methodType(n, false)),
    ...inplace.filter(isPublicType).flatMap((n) => methodType(n, true)),
    "}",
    "",
    "defineOps(",
    `  "${[...methods.map((n) => methodItem(n, "")), ...inplace.map((n) => methodItem(n, "_"))].join(" ")}",`,
    ");",
    "",
  ].join("\n");
}

function withoutSelf(record: OpRecord): Parameter[] {
  const self = record.signature.parameters.find((p) => p.name === record.self);
  if (!self || self.type.list || !["Tensor", "TensorOrScalar"].includes(self.type.base)) {
    throw new Error(`${record.name}: a method needs a tensor to be called on; state self, or variants: ["function"]`);
  }
  return record.signature.parameters.filter((p) => p !== self);
}

/** Methods that draw random numbers have hand-written types, with generators as objects (bindings/random.ts). */
const isPublicType = ({ record }: Named): boolean => !record.signature.parameters.some((p) => p.name === "generator");

/** Overloads that bindings/tensor/convert.ts puts around the generated methods. */
const BY_HAND: Record<string, readonly string[]> = {
  view: ["dtype: DType"],
  contiguous: ["memoryFormat: MemoryFormat | { memoryFormat?: MemoryFormat }"],
  clone: ["options: { memoryFormat?: MemoryFormat }"],
};

/** Methods whose list PyTorch also takes as single arguments: x.view(2, 3). */
const VARIADIC = new Set(["view", "reshape", "permute", "expand", "repeat", "tile", "flip", "sumToSize"]);

function methodType({ record, namespace, name }: Named, inplace: boolean): string[] {
  const parameters = withoutSelf(record);
  const lines = docComment(record, namespace, name, inplace ? "inplace" : "method");
  const full = inplace ? `${name}_` : name;
  const returns = inplace ? "this" : resultType(record);
  const signatures = overloads(record, parameters);
  if (!inplace) signatures.push(...(BY_HAND[name] ?? []));
  if (VARIADIC.has(name)) signatures.push(`...${parameters[0]!.name}: number[]`);
  const forms = signatures.map((o) => `${full}(${o}): ${returns};`);
  if (record.declaration.readsValues && !inplace)
    forms.push(
      ...docComment(record, namespace, name, "async method"),
      ...signatures.map((o) => `${full}Async(${o}): Promise<${returns}>;`),
    );
  return [...lines, ...forms].map((line) => `  ${line}`);
}

function methodItem({ record, name }: Named, suffix: string): string {
  withoutSelf(record);
  return name === record.name ? `${name}${suffix}` : `${name}${suffix}=${record.name}`;
}
