/** The generated exports of the core (assembly/gen/exports.ts) and their TypeScript types (bindings/gen/exports.ts). */
import type { OpRecord } from "../ops/record.ts";
import type { Parameter } from "../ops/signature.ts";
import { hasInplace } from "./ops.ts";
import { type Registry, functionName, header } from "./registry.ts";
import { exportArgument, exportParameter, roleOf } from "./types.ts";

export const exportName = (record: OpRecord): string => `op_${record.name}`;

export function generateExports(registry: Registry): string {
  const checks = [
    ...new Set(registry.elementwise.flatMap((r) => (r.declaration.check ? [r.declaration.check.split(".")[0]!] : []))),
  ].sort();
  return [
    header("The ops as JavaScript calls them."),
    'import { leave, leaveList, leaveNothing, leaveResults } from "../dispatch/entry";',
    ...checks.map((file) => `import * as ${file}_check from "../ops/${file}";`),
    'import { Ints } from "../tensor/ints";',
    'import { scalarFrom, scalarValue } from "../tensor/scalar";',
    'import { Tensor } from "../tensor/tensor";',
    'import { Tensors } from "../tensor/tensors";',
    'import * as ops from "./ops";',
    "",
    ...registry.records.filter((r) => !r.internal).flatMap(exportsOf),
    `export { ${exportNames(registry)
      .map(([name, short]) => `${name} as ${short}`)
      .join(", ")} };`,
    "",
  ].join("\n");
}

/**
 * The exports and what they are called in the module: by their number in bindings/gen/signatures.ts, from which
 * bindings/core.ts knows them again. Their names would be 2 % of the core after gzip.
 */
function exportNames(registry: Registry): [name: string, short: string][] {
  const names = registry.records
    .filter((r) => !r.internal)
    .flatMap((r) => [exportName(r), ...(hasInplace(r) ? [`${exportName(r)}_`] : [])]);
  return names.map((name, i) => [name, `_${i.toString(36)}`]);
}

function exportsOf(record: OpRecord): string[] {
  const elementwise = record.kind === "elementwise";
  const { parameters, results, listResult, plainResult } = record.signature;
  const formal = parameters.map(exportParameter).join(", ");
  const actual = parameters.map((p) => exportArgument(p, elementwise)).join(", ");
  const name = exportName(record);
  const lines: string[] = [];
  const check: string[] = [];
  if (elementwise && record.declaration.check) {
    const [file, fn] = record.declaration.check.split(".") as [string, string];
    check.push(`  ${file}_check.${fn}(${parameters.map(checkArgument).join(", ")});`);
  }
  const call = `ops.${functionName(record.name)}(${actual})`;
  if (plainResult) {
    const type = plainResult === "float" ? "f64" : "i32";
    lines.push(
      `function ${name}(${formal}): ${type} {`,
      ...check,
      `  const value = <${type}>${call};`,
      "  leaveNothing();",
      "  return value;",
      "}",
    );
  } else if (listResult)
    lines.push(`function ${name}(${formal}): i32 {`, ...check, `  return leaveList(${call});`, "}");
  else if (results.length > 1)
    lines.push(
      `function ${name}(${formal}): i32 {`,
      ...check,
      `  ${call};`,
      `  return leaveResults(${results.length});`,
      "}",
    );
  else lines.push(`function ${name}(${formal}): usize {`, ...check, `  return leave(${call});`, "}");
  if (hasInplace(record)) {
    lines.push(
      `function ${name}_(${formal}): void {`,
      ...check,
      `  ops.${record.name}_(${actual});`,
      "  leaveNothing();",
      "}",
    );
  }
  lines.push("");
  return lines;
}

/** A check sees a scalar as the word that it came as. */
const checkArgument = (p: Parameter): string =>
  roleOf(p) === "scalar" && !p.type.optional ? p.name : exportArgument(p, false);

export function generateExportTypes(registry: Registry): string {
  const lines = registry.records
    .filter((r) => !r.internal)
    .flatMap((record) => {
      const parameters = record.signature.parameters.map((p) => `${p.name}: number`);
      const returns = `  ${exportName(record)}(${parameters.join(", ")}): number;`;
      const inplace = `  ${exportName(record)}_(${parameters.join(", ")}): void;`;
      return hasInplace(record) ? [returns, inplace] : [returns];
    });
  return [
    header("The core's exports that are made from the op records: handles, addresses and flags as numbers."),
    "",
    "export interface OpExports {",
    ...lines,
    "}",
    "",
  ].join("\n");
}
