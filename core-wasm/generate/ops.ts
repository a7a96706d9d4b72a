/** assembly/gen/ops.ts: every op as other core code calls it, recorded on the tape when a gradient is wanted. */
import type { ElementwiseRecord, ImplementedRecord, OpRecord } from "../ops/record.ts";
import type { Parameter } from "../ops/signature.ts";
import { derivativesOf, requiresGrad } from "./derivative-strings.ts";
import { type Choice, type Form, formsOf, isTensor } from "./forms.ts";
import { nodeOps } from "./programs.ts";
import { type Registry, functionName, header } from "./registry.ts";
import { coreDefault, coreType, roleOf } from "./types.ts";

export function generateOps(registry: Registry): string {
  const ids = nodeOps(registry);
  const files = [...new Set(registry.implemented.map((r) => r.declaration.implementation.split(".")[0]!))].sort();
  return [
    header("The ops, recorded on the tape. Composites and derivatives call these."),
    'import { gradEnabled, pauseGrad, resumeGrad } from "../autograd/mode";',
    'import { doneNode, newNode } from "../autograd/node";',
    'import { anyRequiresGrad, attachFloating, edges, lengthOf, saveScalar, saveTensors, shapesOf } from "../autograd/saved";',
    'import { assignInplace, checkInplace, markView } from "../autograd/views";',
    'import { resultAt } from "../dispatch/entry";',
    'import { elementwise1, elementwise2, elementwise3, elementwise4, elementwiseInPlace1, elementwiseInPlace2, elementwiseInPlace3, elementwiseInPlace4, setElementwiseParam } from "../ops/elementwise";',
    ...files.map((file) => `import * as ${moduleName(file)} from "../ops/${file}";`),
    'import { NO_DTYPE } from "../tensor/dtype";',
    'import { Ints, NONE, ints1, ints2, ints3, ints4, newInts, shapeOf } from "../tensor/ints";',
    'import { Scalar, ScalarKind, floatScalar, intScalar, isNumber, newScalar } from "../tensor/scalar";',
    'import { Tensor } from "../tensor/tensor";',
    'import { Tensors } from "../tensor/tensors";',
    'import { El } from "./programs";',
    "",
    ...registry.records.flatMap((record) => [
      ...(record.kind === "elementwise" ? elementwiseOp(record) : implementedOp(record, registry, ids)),
      ...inplaceOp(record),
    ]),
  ].join("\n");
}

const CORE_PLAIN = { bool: "bool", int: "i32", float: "f64" };

const moduleName = (file: string): string => `${file.replaceAll(/[^\w]/g, "_")}_impl`;

export function parameterList(record: OpRecord): string {
  const elementwise = record.kind === "elementwise";
  return record.signature.parameters
    .map((p) => {
      const value = coreDefault(p, elementwise);
      return `${p.name}: ${coreType(p, elementwise)}${value === undefined ? "" : ` = ${value}`}`;
    })
    .join(", ");
}

function elementwiseOp(record: ElementwiseRecord): string[] {
  const lines = [`export function ${functionName(record.name)}(${parameterList(record)}): Tensor {`];
  lines.push(...chooseForm(record, "elementwise"));
  lines.push("}", "");
  return lines;
}

/** The calls of the table's entries, each behind the condition that its form is the one meant. */
function chooseForm(record: ElementwiseRecord, callee: string): string[] {
  const lines: string[] = [];
  const forms = formsOf(record);
  forms.forEach((form, i) => {
    const conditions = form.choices.map(condition);
    const isLast = i === forms.length - 1;
    const open = conditions.length > 0 && !isLast;
    // after one test that returns, the compiler knows the other case
    const narrowed = open || conditions.length === 1;
    const indent = open ? "    " : "  ";
    if (open) lines.push(`  if (${conditions.join(" && ")}) {`);
    form.params.forEach((name, k) =>
      lines.push(`${indent}setElementwiseParam(${k}, ${paramValue(form, name, narrowed)});`),
    );
    lines.push(
      `${indent}return ${callee}${form.inputs.length}(El.${form.id}, ${form.inputs.map((name) => inputValue(form, name, narrowed)).join(", ")});`,
    );
    if (open) lines.push("  }");
  });
  return lines;
}

function parameter(form: Form, name: string): Parameter {
  return form.record.signature.parameters.find((p) => p.name === name)!;
}

/** `narrowed`: the compiler knows from the condition that optional arguments are there. */
function paramValue(form: Form, name: string, narrowed: boolean): string {
  const p = parameter(form, name);
  if (!p.type.optional) return name;
  return roleOf(p) === "int" ? `<f64>${name}` : `${name}${narrowed ? "" : "!"}.f`;
}

const inputValue = (form: Form, name: string, narrowed: boolean): string =>
  parameter(form, name).type.optional && !narrowed ? `${name}!` : name;

function condition(choice: Choice): string {
  const { name, type } = choice.parameter;
  const presence = (): string => {
    if (type.base === "enum") return `${name} >= 0`;
    return roleOf(choice.parameter) === "int" ? `${name} != NONE` : `${name} !== null`;
  };
  switch (choice.type) {
    case "present":
      return presence();
    case "absent":
      return type.base === "enum" ? `${name} < 0` : presence().replace("!==", "===").replace("!=", "==");
    case "enum":
      return `${name} == ${choice.index}`;
    case "flag":
      return choice.value ? name : `!${name}`;
    case "value":
      if (isTensor(choice.parameter)) return `isNumber(${name}, ${choice.value})`;
      return type.optional ? `${name} !== null && ${name}.f == ${choice.value}` : `${name} == ${choice.value}`;
  }
}

/** Whether the core has an in-place form of the op. */
export const hasInplace = (record: OpRecord): boolean =>
  record.variants.includes("inplace") && !(record.kind !== "elementwise" && record.declaration.inplaceResizes);

function inplaceOp(record: OpRecord): string[] {
  if (!hasInplace(record)) return [];
  const name = functionName(record.name);
  const first = record.signature.parameters[0];
  if (!first || !isTensor(first) || first.type.optional)
    throw new Error(`${record.name}: an in-place form needs a tensor first`);
  const lines = [`export function ${record.name}_(${parameterList(record)}): Tensor {`];
  if (record.kind === "elementwise") lines.push(...chooseForm(record, "elementwiseInPlace"));
  else
    lines.push(
      ...inplaceCheck(record),
      `  checkInplace(${first.name});`,
      // a derivative that reads the input needs it as it was before the write
      `  const before = gradEnabled() && (${record.signature.parameters.filter(isTensor).map(requiresGrad).join(" || ")}) ? clone(${first.name}) : ${first.name};`,
      `  return assignInplace(${first.name}, ${name}(${["before", ...record.signature.parameters.slice(1).map((p) => p.name)].join(", ")}));`,
    );
  lines.push("}", "");
  return lines;
}

function inplaceCheck(record: ImplementedRecord): string[] {
  const reference = record.declaration.inplaceCheck;
  if (!reference) return [];
  const [file, name] = reference.split(".") as [string, string];
  return [`  ${moduleName(file)}.${name}(${record.signature.parameters.map((p) => p.name).join(", ")});`];
}

function implementedOp(record: ImplementedRecord, registry: Registry, ids: Map<string, number>): string[] {
  const [file, name] = record.declaration.implementation.split(".") as [string, string];
  const { parameters, listResult, plainResult } = record.signature;
  const returns = plainResult ? CORE_PLAIN[plainResult] : listResult ? "Tensors" : "Tensor";
  const call = `${moduleName(file)}.${name}(${parameters.map((p) => p.name).join(", ")})`;
  const open = `export function ${functionName(record.name)}(${parameterList(record)}): ${returns} {`;
  const id = ids.get(record.name);
  if (id === undefined) {
    // a composite records its parts; anything else without a derivative has nothing to record
    if (record.kind === "composite") return [open, `  return ${call};`, "}", ""];
    const marks = record.kind === "view" ? markViews(record) : [];
    return [
      open,
      "  const previousMode = pauseGrad();",
      `  const result = ${call};`,
      "  resumeGrad(previousMode);",
      ...marks,
      "  return result;",
      "}",
      "",
    ];
  }
  const { needs, saved, counts } = derivativesOf(record, registry);
  const { results } = record.signature;
  const wants = [...needs.values()].map((n) => requiresGrad(n.parameter)).join(" || ");
  const first = parameters[0];
  // an op may give its input back (contiguous of a contiguous tensor)
  const same =
    !listResult && results.length === 1 && first && roleOf(first) === "tensor" ? ` || result == ${first.name}` : "";
  const body: string[] = [];
  const list = [...needs.values()].find((n) => roleOf(n.parameter) === "tensors");
  const edgeCount = `${needs.size - (list ? 1 : 0)}${list ? ` + lengthOf(${list.parameter.name})` : ""}`;
  const outputCount = listResult ? "result.length" : results.length;
  body.push(
    `const node = newNode(${id}, ${edgeCount}, ${outputCount}, ${counts.tensors}, ${counts.ints}, ${counts.numbers});`,
  );
  for (const { parameter, edge } of needs.values()) {
    if (roleOf(parameter) === "tensors") body.push(`edges(node, ${edge}, ${parameter.name});`);
    else
      body.push(
        `${parameter.type.optional ? `if (${parameter.name} !== null) ` : ""}node.edge(${edge}, ${parameter.name});`,
      );
  }
  if (listResult) body.push("for (let i = 0; i < result.length; i++) attachFloating(result.get(i), node, i);");
  else if (results.length === 1) body.push("attachFloating(result, node, 0);");
  else results.forEach((_, i) => body.push(`attachFloating(resultAt(${i}), node, ${i});`));
  for (const save of saved) body.push(`${save.condition ? `if (${save.condition}) ` : ""}${save.save}`);
  body.push("doneNode(node);", "return result;");
  return [
    open,
    `  const records = gradEnabled() && (${wants});`,
    "  const previousMode = pauseGrad();",
    `  const result = ${call};`,
    "  resumeGrad(previousMode);",
    ...(record.kind === "view" ? markViews(record) : []),
    `  if (!records${same}) return result;`,
    ...body.map((line) => `  ${line}`),
    "}",
    "",
  ];
}

function markViews(record: ImplementedRecord): string[] {
  const { parameters, results, listResult } = record.signature;
  const base = parameters[0]!.name;
  if (listResult) return [`  for (let i = 0; i < result.length; i++) markView(result.get(i), ${base});`];
  if (results.length === 1) return [`  markView(result, ${base});`];
  return results.map((_, i) => `  markView(resultAt(${i}), ${base});`);
}
