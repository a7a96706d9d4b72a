/** bindings/gen: the functions of every namespace and the methods of Tensor, typed, over the generated exports. */
import type { Namespace, OpRecord } from "../ops/record.ts";
import type { Parameter } from "../ops/signature.ts";
import { docComment } from "./doc.ts";
import { exportName } from "./exports.ts";
import { hasInplace } from "./ops.ts";
import { type Registry, functionName, header } from "./registry.ts";
import { roleOf, scriptType } from "./types.ts";

export const NAMESPACE_FILES: Record<Namespace, string> = {
  torch: "functions.ts",
  "nn.functional": "nn-functional.ts",
  special: "special.ts",
  linalg: "linalg.ts",
  fft: "fft.ts",
};

const IMPORTS = [
  'import { core } from "../core.ts";',
  'import * as call from "../tensor/call.ts";',
  'import type { DType } from "../tensor/dtype.ts";',
  'import type { Scalar } from "../tensor/scalar.ts";',
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

export function generateFunctions(registry: Registry, namespace: Namespace): string {
  const named = allNames(registry)
    .filter((n) => n.namespace === namespace && n.record.variants.includes("function"))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const renamed = named.filter((n) => functionName(n.name) !== n.name);
  return [
    header(`The functions of ${namespace === "torch" ? "torch" : `torch.${namespace}`}.`),
    ...IMPORTS,
    ...(named.some(takesOut) ? ['import { into } from "../tensor/out.ts";'] : []),
    'import type { Tensor } from "../tensor/tensor.ts";',
    "",
    ...named.flatMap((n) => functionOf(n)),
    ...(renamed.length > 0
      ? [`export { ${renamed.map((n) => `${functionName(n.name)} as ${n.name}`).join(", ")} };`, ""]
      : []),
  ].join("\n");
}

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

const takesOut = ({ record, namespace }: Named): boolean =>
  namespace !== "nn.functional" && record.kind !== "view" && record.signature.results.some((r) => !r.list);

function functionOf(named: Named): string[] {
  const { record, name } = named;
  const flag = hasInplaceFlag(named);
  const out = takesOut(named);
  const parameters = [...record.signature.parameters, ...(flag ? [INPLACE] : []), ...(out ? [OUT] : [])];
  const identifier = functionName(name);
  const lines = [...docComment(record, named.namespace, name)];
  const returns = resultType(record);
  for (const overload of overloads(record, parameters))
    lines.push(`export function ${identifier}(${overload}): ${returns};`);
  lines.push(`export function ${identifier}(${implementationParameters(record, parameters).join(", ")}): ${returns} {`);
  lines.push(
    ...readOptions(record, parameters, name),
    ...checkCombination(record, name),
    ...readArguments(parameters, name),
  );
  if (flag) {
    lines.push("  if (inplace === true) {");
    lines.push(
      `    core.${exportName(record)}_(${record.signature.parameters.map((p) => passed(record, p, name, parameters)).join(", ")});`,
    );
    lines.push(`    return call.mutated(${parameters[0]!.name} as Tensor);`, "  }");
  }
  const args = record.signature.parameters.map((p) => passed(record, p, name, parameters)).join(", ");
  const result = wrapped(record, args);
  lines.push(
    out
      ? `  return into(out, ${result}, "${name}"${record.kind === "elementwise" ? ", true" : ""});`
      : `  return ${result};`,
    "}",
    "",
  );
  return lines;
}

function resultType(record: OpRecord): string {
  const { results, listResult, plainResult } = record.signature;
  if (plainResult) return plainResult === "bool" ? "boolean" : "number";
  if (listResult) return "Tensor[]";
  return results.length === 1 ? "Tensor" : `call.Named<${results.map((r) => JSON.stringify(r.name)).join(" | ")}>`;
}

/** `self`: the first argument as an expression, if it isn't the parameter itself. */
function wrapped(record: OpRecord, args: string, self?: string): string {
  const { results, listResult, plainResult } = record.signature;
  const invoke = `core.${exportName(record)}(${args})`;
  if (plainResult) return plainResult === "bool" ? `${invoke} !== 0` : invoke;
  if (listResult) return `call.wrapList(${invoke})`;
  const first = record.signature.parameters[0];
  if (results.length === 1) {
    // what is not elementwise may give its input back
    if (record.kind === "elementwise" || first?.name !== record.self || first.type.list || first.type.optional)
      return `call.wrap(${invoke})`;
    return `call.wrapOr(${self ?? `${first.name} as Tensor`}, ${invoke})`;
  }
  return `call.wrapNamed(${invoke}, ${JSON.stringify(results.map((r) => r.name))})`;
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

/** What may stand behind an options object is optional, whatever it is otherwise. */
const implementationParameters = (record: OpRecord, parameters: readonly Parameter[]): string[] =>
  parameters.map(
    (p, i) => `${p.name}${i <= firstNamed(record, parameters) && p.default === undefined ? "" : "?"}: unknown`,
  );

/** Spreads an options object over the parameters from its place on. */
function readOptions(record: OpRecord, parameters: readonly Parameter[], op: string): string[] {
  const names = parameters.slice(firstNamed(record, parameters)).map((p) => p.name);
  if (names.length === 0) return [];
  const found = names.map((name) => `call.isOptions(${name})`).join(" || ");
  const list = names.join(", ");
  const take = `  if (${found}) [${list}] = call.takeOptions([${list}], ${JSON.stringify(names)}, "${op}");`;
  // only by name: in xs.map(torch.abs) the index stands in its place
  return parameters.includes(OUT) ? [take, "  else out = undefined;"] : [take];
}

/** Where numbers may stand for tensors PyTorch has several overloads, and names none of the arguments that fit no overload. */
function checkCombination(record: OpRecord, op: string): string[] {
  const tensors = record.signature.parameters.filter(
    (p) => !p.type.list && !p.type.optional && ["Tensor", "TensorOrScalar"].includes(p.type.base),
  );
  if (!tensors.some((p) => p.type.base === "TensorOrScalar") || record.numbersOnly) return [];
  const first = tensors[0]!;
  const names = tensors.map((p) => p.name);
  const condition =
    first.type.base === "Tensor"
      ? `!call.isTensor(${first.name})`
      : names.map((n) => `!call.isTensor(${n})`).join(" && ");
  return [`  if (${condition}) call.wrongCombination("${op}", ${names.join(", ")});`];
}

/** Checks that need a value twice are made first. */
function readArguments(parameters: readonly Parameter[], op: string): string[] {
  const lines: string[] = [];
  parameters.forEach((p, i) => {
    if (roleOf(p) === "scalar") {
      const check = `call.scalarArg(${p.name}, "${op}", "${p.name}", ${i + 1})`;
      if (p.default === undefined)
        lines.push(
          `  const ${p.name}Value = ${p.type.optional ? `call.optionalScalarArg(${p.name}, "${op}", "${p.name}", ${i + 1})` : check};`,
        );
      else if (p.type.optional)
        lines.push(
          `  const ${p.name}Value = ${p.default === null ? "" : `${p.name} === undefined ? ${scalarDefault(p)} : `}call.optionalScalarArg(${p.name}, "${op}", "${p.name}", ${i + 1});`,
        );
      else lines.push(`  const ${p.name}Value = ${p.name} === undefined ? ${scalarDefault(p)} : ${check};`);
    } else if (p.type.list && p.default !== undefined && p.default !== null) {
      lines.push(`  if (${p.name} === undefined) ${p.name} = ${JSON.stringify(p.default)};`);
    }
  });
  return lines;
}

function scalarDefault(p: Parameter): string {
  return p.floatDefault && Number.isInteger(p.default) ? `call.float(${String(p.default)})` : String(p.default);
}

/** The expressions that hand parameter `p` to the export. */
function passed(record: OpRecord, p: Parameter, op: string, parameters: readonly Parameter[]): string {
  const where = `"${op}", "${p.name}", ${parameters.indexOf(p) + 1}`;
  const optional = p.type.optional;
  const orDefault = (value: string, code: string): string =>
    p.default === undefined ? code : `${p.name} === undefined ? ${value} : ${code}`;
  switch (roleOf(p)) {
    case "tensor": {
      const kind = p.type.base === "Tensor" ? "ensor" : "perand";
      return optional
        ? `call.optional${p.type.base === "Tensor" ? "T" : "O"}${kind}Arg(${p.name}, ${where})`
        : `call.${p.type.base === "Tensor" ? "t" : "o"}${kind}Arg(${p.name}, ${where})`;
    }
    case "tensors":
      return `call.tensors(${p.name}, ${where}), call.lengthOf(${p.name})`;
    case "ints":
      return `call.ints(${p.name}, ${where}), call.lengthOf(${p.name})`;
    case "scalar":
      return `call.scalarValue(${p.name}Value), call.scalarKind(${p.name}Value)`;
    case "int":
      // an address in the core must come from a Generator, never from a number
      if (p.name === "generator") return `call.generatorArg(${p.name}, ${where})`;
      return optional
        ? p.default === null || p.default === undefined
          ? `call.optionalIntArg(${p.name}, ${where})`
          : orDefault(String(p.default), `call.optionalIntArg(${p.name}, ${where})`)
        : orDefault(String(p.default), `call.intArg(${p.name}, ${where})`);
    case "float":
      return orDefault(String(p.default), `call.floatArg(${p.name}, ${where})`);
    case "bool":
      return optional
        ? `call.optionalBoolArg(${p.name}, ${where})`
        : orDefault(p.default ? "1" : "0", `call.boolArg(${p.name}, ${where})`);
    case "dtype":
      return `call.dtypeArg(${p.name}, ${where})`;
    case "enum": {
      const error =
        record.declaration.choiceErrors?.[p.name] ??
        (p.name === "reduction" ? "ValueError: {value} is not a valid value for reduction" : undefined);
      const code = `call.enumArg(${p.name}, ${JSON.stringify(p.type.choices)}, ${where}${error ? `, ${JSON.stringify(error)}` : ""})`;
      if (optional)
        return `${p.name} === undefined || ${p.name} === null ? ${p.default ? p.type.choices.indexOf(p.default as string) : -1} : ${code}`;
      return orDefault(String(p.type.choices.indexOf(p.default as string)), code);
    }
  }
}

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
    ...IMPORTS,
    'import type { MemoryFormat } from "../tensor/memory-format.ts";',
    'import { replace } from "../tensor/out.ts";',
    'import { Tensor, live } from "../tensor/tensor.ts";',
    "",
    "export interface TensorMethods {",
    ...methods.filter(isPublicType).flatMap((n) => methodType(n, false)),
    ...inplace.filter(isPublicType).flatMap((n) => methodType(n, true)),
    "}",
    "",
    "call.defineMethods(Tensor, {",
    ...methods.flatMap((n) => methodBody(n, false)),
    ...inplace.flatMap((n) => methodBody(n, true)),
    "});",
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
  const lines = inplace ? [`/** ${name}, in place. */`] : docComment(record, namespace, name);
  const full = inplace ? `${name}_` : name;
  const returns = inplace ? "this" : resultType(record);
  const signatures = overloads(record, parameters);
  if (!inplace) signatures.push(...(BY_HAND[name] ?? []));
  if (VARIADIC.has(name)) signatures.push(`...${parameters[0]!.name}: number[]`);
  return [...lines, ...signatures.map((o) => `${full}(${o}): ${returns};`)].map((line) => `  ${line}`);
}

function methodBody({ record, name }: Named, inplace: boolean): string[] {
  const parameters = withoutSelf(record);
  const full = inplace ? `${name}_` : name;
  const receiver = record.signature.parameters.find((p) => p.name === record.self)!;
  const args = record.signature.parameters
    .map((p) => (p === receiver ? "live(this)" : passed(record, p, full, parameters)))
    .join(", ");
  const own = wrapped(record, args, receiver === record.signature.parameters[0] ? "this" : undefined);
  const end =
    inplace && !hasInplace(record)
      ? [`return replace(this, ${own});`]
      : inplace
        ? [`core.${exportName(record)}_(${args});`, "return call.mutated(this);"]
        : [`return ${own};`];
  const list = parameters[0]?.name;
  const reset = parameters
    .slice(1)
    .map((p) => ` ${p.name} = undefined;`)
    .join("");
  const spread = `  if (typeof ${list} === "number" && arguments.length > 1) { ${list} = [...arguments];${reset} }`;
  return [
    `${full}(${["this: Tensor", ...implementationParameters(record, parameters)].join(", ")}): ${inplace ? "Tensor" : resultType(record)} {`,
    ...(VARIADIC.has(name) ? [spread] : []),
    ...readOptions(record, parameters, full),
    ...readArguments(parameters, full),
    ...end.map((line) => `  ${line}`),
    "},",
  ].map((line) => `  ${line}`);
}
