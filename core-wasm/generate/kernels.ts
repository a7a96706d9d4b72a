/** bindings/gen/kernels.ts: the kernels by name, as the core's dispatch numbers them. */
import { header } from "./registry.ts";

/** @param dispatch the text of assembly/dispatch/kernel.ts */
export function generateKernelIds(dispatch: string): string {
  const list = /export const enum Kernel \{([^}]*)\}/.exec(dispatch)?.[1];
  if (list === undefined) throw new Error("assembly/dispatch/kernel.ts has no enum Kernel");
  const entries = [...list.matchAll(/(\w+) = (\d+)/g)].map(([, name, id]) => `  ${name}: ${id},`);
  return [
    header("The kernels by name, as the core's dispatch numbers them."),
    "export const KernelId = {",
    ...entries,
    "} as const;",
    "export type KernelName = keyof typeof KernelId;",
    "",
  ].join("\n");
}
