/** assembly/gen/derivatives.ts: the backward functions of the ops whose derivatives are stated as strings. */
import type { ImplementedRecord } from "../ops/record.ts";
import { derivativesOf } from "./derivative-strings.ts";
import { nodeOps } from "./programs.ts";
import { type Registry, header } from "./registry.ts";
import { roleOf } from "./types.ts";

export function generateDerivatives(registry: Registry): string {
  const ids = nodeOps(registry);
  const formulas = new Set(registry.recorded.flatMap((r) => [...derivativesOf(r, registry).functions.formulas]));
  return [
    header("The backward functions of recorded ops."),
    'import { Node } from "../autograd/node";',
    'import { giveAll, gradList, needsAny, savedScalar, savedTensors } from "../autograd/saved";',
    ...(formulas.size > 0 ? [`import { ${[...formulas].sort().join(", ")} } from "../autograd/formulas";`] : []),
    'import { NO_DTYPE } from "../tensor/dtype";',
    'import { NONE } from "../tensor/ints";',
    'import { floatScalar } from "../tensor/scalar";',
    'import * as ops from "./ops";',
    "",
    "/** Computes the gradients of a node's inputs and sends them on. */",
    "export function backwardOf(node: Node): void {",
    "  switch (node.op) {",
    ...registry.recorded.flatMap((r) => [
      `    case ${ids.get(r.name)!}:`,
      `      backward_${r.name}(node);`,
      "      break;",
    ]),
    "  }",
    "}",
    "",
    ...registry.recorded.flatMap((record) => backward(record, registry)),
  ].join("\n");
}

function backward(record: ImplementedRecord, registry: Registry): string[] {
  const { needs, saved } = derivativesOf(record, registry);
  const { results } = record.signature;
  const { listResult } = record.signature;
  const grads = results.length === 1 ? ["grad"] : results.map((_, i) => `grad${i}`);
  const lines = [`function backward_${record.name}(node: Node): void {`];
  const done = new Set<string>();
  for (const { parameter, edge, code, uses, place } of needs.values()) {
    const list = roleOf(parameter) === "tensors";
    if (place >= 0) {
      if (done.has(code)) continue;
      done.add(code);
      const together = [...needs.values()].filter((n) => n.code === code);
      lines.push(`  if (${together.map((n) => `node.needs(${n.edge})`).join(" || ")}) {`);
      grads.forEach((name, i) => {
        if (uses.has(name)) lines.push(`    const ${name} = ${listResult ? "gradList(node)" : `node.grad(${i})`};`);
      });
      for (const value of saved) if (uses.has(value.name)) lines.push(`    const ${value.name} = ${value.read};`);
      lines.push(`    const gradients = ${code};`);
      for (const n of together)
        lines.push(`    if (node.needs(${n.edge})) node.give(${n.edge}, gradients.get(${n.place}));`);
      lines.push("  }");
      continue;
    }
    lines.push(`  if (${list ? `needsAny(node, ${edge})` : `node.needs(${edge})`}) {`);
    grads.forEach((name, i) => {
      if (uses.has(name)) lines.push(`    const ${name} = ${listResult ? "gradList(node)" : `node.grad(${i})`};`);
    });
    for (const value of saved) if (uses.has(value.name)) lines.push(`    const ${value.name} = ${value.read};`);
    lines.push(`    ${list ? "giveAll" : "node.give"}(${list ? "node, " : ""}${edge}, ${code});`, "  }");
  }
  lines.push("}", "");
  return lines;
}
