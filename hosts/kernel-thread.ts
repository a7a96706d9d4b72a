// What a thread of the core's pool runs, in hosts with web workers: it gets its task in the first message, and never returns.
import type { KernelTask } from "./host.ts";

globalThis.addEventListener("message", ({ data }: MessageEvent<KernelTask>) => serve(data));

function serve({ module, memory, own }: KernelTask): void {
  // kernels call nothing: the other imports are only there
  const env = new Proxy({ memory } as WebAssembly.ModuleImports, {
    get: (known, name: string) => known[name] ?? (() => 0),
  });
  const { exports } = new WebAssembly.Instance(module, { env });
  (exports as { serve(own: number): void })["serve"](own);
}
