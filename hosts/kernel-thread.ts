// What a thread of the core's pool runs, in hosts with web workers: it gets its task in the first message, and never returns.
import type { KernelTask } from "./host.ts";

globalThis.addEventListener("message", ({ data }: MessageEvent<KernelTask>) => serve(data));

function serve({ module, rest, memory, own }: KernelTask): void {
  let first: WebAssembly.Exports = {};
  // What the second module imports of the first are exports and, after a "!", places in its table. Kernels call nothing: the other
  // imports are only there.
  const place = (name: string): unknown => (first["_table"] as WebAssembly.Table).get(Number(name.slice(1)));
  const given = (name: string): unknown => first[name] ?? (name.startsWith("!") ? place(name) : () => 0);
  const env = new Proxy({ memory } as WebAssembly.ModuleImports, {
    get: (known, name: string) => known[name] ?? given(name),
  });
  const start = (part: WebAssembly.Module): WebAssembly.Exports => new WebAssembly.Instance(part, { env }).exports;
  first = start(module);
  if (rest) start(rest);
  (first as { serve(own: number): void })["serve"](own);
}
