/** Doc comments of generated functions and the op reference. */
import type { Namespace, OpRecord } from "../ops/record.ts";
import { formsOf } from "./forms.ts";
import type { Registry } from "./registry.ts";

export function docComment(record: OpRecord, namespace: Namespace, name: string): string[] {
  const d = record.declaration;
  const lines = [...wrap(d.doc)];
  if (name !== record.name || namespace !== record.namespace)
    lines.push(`Another name of ${qualified(record.namespace, record.name)}.`);
  const shapes = d.shapes ?? (record.kind === "elementwise" ? elementwiseShapes(record) : undefined);
  if (shapes) lines.push(...wrap(`Shapes: ${shapes}`));
  lines.push(`Follows ${d.follows}.`);
  if (d.errors) lines.push(...wrap(`@throws ${d.errors}`));
  if (d.example) lines.push(`@example ${d.example}`);
  return lines.length === 1 ? [`/** ${lines[0]} */`] : ["/**", ...lines.map((line) => ` * ${line}`), " */"];
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
