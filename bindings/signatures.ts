// The ops' signatures as text, an op a line: "name flags parameter… > result…", where the flags follow the number of parameters.
// Loading the package looks no further than at the flags; bindings/tensor/op.ts understands an op when it is first called.

import { SIGNATURES } from "./gen/signatures.ts";

/** By the ops' names, in the order in which core-wasm/generate/exports.ts numbers them. */
export const lines = new Map<string, string>();
for (const line of SIGNATURES.split("\n")) lines.set(line.slice(0, line.indexOf(" ")), line);

/** How many parameters an op has, and its flags. */
export function headOf(op: string): readonly [count: number, flags: string] {
  const line = lines.get(op)!;
  const at = op.length + 1;
  const end = line.indexOf(" ", at);
  return [parseInt(line[at]!, 36), line.slice(at + 1, end < 0 ? undefined : end)];
}
