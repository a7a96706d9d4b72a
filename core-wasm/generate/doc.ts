/** Doc comments of generated functions and the op reference. */
import { EXAMPLES } from "../ops/examples.ts";
import type { Namespace, OpRecord } from "../ops/record.ts";
import { formsOf } from "./forms.ts";
import type { Registry } from "./registry.ts";

/** How an op is called: as a function of a namespace, as a method, or as a method that writes into its tensor. */
export type CallForm = "function" | "method" | "inplace" | "async function" | "async method";

export function docComment(record: OpRecord, namespace: Namespace, name: string, form: CallForm): string[] {
  const d = record.declaration;
  const awaited = form.startsWith("async");
  const lines =
    form === "inplace"
      ? [`In place: ${record.name}, whose result becomes this tensor, which is also what is returned.`]
      : awaited
        ? wrap(`${name} of tensors of any device: on WebGPU the result depends on values that have to be awaited.`)
        : wrap(d.doc);
  if (form !== "inplace" && !awaited && (name !== record.name || namespace !== record.namespace))
    lines.push(`Another name of ${qualified(record.namespace, record.name)}.`);
  const shapes = d.shapes ?? (record.kind === "elementwise" ? elementwiseShapes(record) : undefined);
  if (shapes && form !== "inplace" && !awaited) lines.push(...wrap(`Shapes: ${shapes}`));
  lines.push(form === "inplace" ? `Follows torch.Tensor.${snakeCase(name)}_.` : `Follows ${d.follows}.`);
  const errors = d.errors ?? usualErrors(record);
  if (errors && !awaited) lines.push(...wrap(`@throws ${errors}`));
  const example = exampleOf(record, namespace, name, form);
  if (example) lines.push("@example", ...example);
  return lines.length === 1 ? [`/** ${lines[0]} */`] : ["/**", ...lines.map((line) => ` * ${line}`), " */"];
}

/** What every op of such parameters raises. */
function usualErrors(record: OpRecord): string | undefined {
  const { parameters } = record.signature;
  const tensors = parameters.filter((p) => p.type.base === "Tensor" || p.type.base === "TensorOrScalar");
  const errors = [
    record.kind === "elementwise" && tensors.length > 1 && "RuntimeError for shapes that do not broadcast",
    parameters.some((p) => /^dims?[012]?$/.test(p.name)) && "IndexError for a dim out of range",
  ];
  return errors.filter(Boolean).join(", ") || undefined;
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

// ---- examples

/** The record's example, which calls the function (or the method, of an op that is none), as a call of the given form. */
function exampleOf(record: OpRecord, namespace: Namespace, name: string, form: CallForm): string[] | undefined {
  const example = record.declaration.example ?? EXAMPLES[record.name];
  if (!example) return undefined;
  const isFunction = record.variants.includes("function");
  const callee = isFunction ? `${qualified(record.namespace, record.name)}(` : `.${record.name}${suffixOf(record)}(`;
  const start = example.indexOf(callee);
  // an example may go by another name of the op
  if (start < 0) return form === "function" ? example.split("\n") : undefined;
  const open = start + callee.length;
  const { args, end } = splitArguments(example, open);
  const given = example.slice(open, end);
  const later = form.startsWith("async") ? "Async" : form === "inplace" ? "_" : "";
  let call = `${form.endsWith("function") ? qualified(namespace, name) : `.${name}`}${later}(${given})`;
  if (isFunction && !form.endsWith("function")) {
    const self = record.signature.parameters.findIndex((p) => p.name === record.self);
    const receiver = args[self];
    // a number, a list or an operator has no methods
    if (receiver === undefined || !/^[a-z][\w.]*(\(.*\))?$/s.test(receiver)) return undefined;
    call = `${receiver}.${name}${later}(${args.filter((_, i) => i !== self).join(", ")})`;
  }
  const text = `${example.slice(0, start)}${form.startsWith("async") ? "await " : ""}${call}${example.slice(end + 1)}`;
  return (form === "inplace" ? numbersOf(record, text) : text).split("\n");
}

/** An op that exists in place only is written with its underscore. */
const suffixOf = (record: OpRecord): string => (record.variants.includes("method") ? "" : "_");

/** A comparison written into a tensor of numbers gives 1 and 0. */
function numbersOf(record: OpRecord, text: string): string {
  if (record.kind !== "elementwise" || formsOf(record)[0]!.root.kind !== "mask") return text;
  const [call, result] = text.split("//");
  return result === undefined || /dtype|true|bool/.test(call!)
    ? text
    : `${call}//${result.replace(/True/g, "1.").replace(/False/g, "0.")}`;
}

/** The arguments of a call whose parenthesis opens before `open`, and where it closes. */
function splitArguments(text: string, open: number): { args: string[]; end: number } {
  const args: string[] = [];
  let depth = 0;
  let from = open;
  for (let i = open; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"') i = text.indexOf('"', i + 1);
    else if ("([{".includes(c)) depth++;
    else if (depth === 0 && (c === "," || c === ")")) {
      if (text.slice(from, i).trim() !== "") args.push(text.slice(from, i).trim());
      from = i + 1;
      if (c === ")") return { args, end: i };
    } else if (")]}".includes(c)) depth--;
  }
  throw new Error(`no end of the call in: ${text}`);
}

function elementwiseShapes(record: OpRecord): string {
  const tensors = record.signature.parameters.filter(
    (p) => p.type.base === "Tensor" || p.type.base === "TensorOrScalar",
  );
  return tensors.length === 1
    ? "any; the result has the input's."
    : `any that broadcast; the result has the broadcast shape of ${tensors.map((p) => p.name).join(", ")}.`;
}

const qualified = (namespace: Namespace, name: string): string =>
  namespace === "torch" ? `torch.${name}` : `torch.${namespace}.${name}`;

function wrap(text: string, width = 110): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.trim().split(/\s+/)) {
    if (line && line.length + word.length + 1 > width) {
      lines.push(line);
      line = "";
    }
    line = line ? `${line} ${word}` : word;
  }
  if (line) lines.push(line);
  return lines;
}

/** The op reference as data: for documentation and the coverage table. */
export function generateReference(registry: Registry): string {
  const rows = registry.records
    .filter((r) => !r.internal)
    .map((record) => ({
      name: record.name,
      namespace: record.namespace,
      kind: record.kind,
      signature: record.declaration.signature,
      follows: record.declaration.follows,
      doc: record.declaration.doc,
      variants: record.variants,
      aliases: record.aliases,
      gradient: gradientOf(record),
    }));
  return `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]\n`;
}

function gradientOf(record: OpRecord): "symbolic" | "stated" | "composed" | "none" {
  if (record.kind === "composite") return "composed";
  if (record.kind !== "elementwise") return record.declaration.derivative ? "stated" : "none";
  const d = record.declaration;
  const none =
    d.differentiable === false || formsOf(record)[0]!.dtype === "integral" || formsOf(record)[0]!.root.kind === "mask";
  return none ? "none" : d.derivative ? "stated" : "symbolic";
}
