// What a page says about the runtime, and the switch between CPU and WebGPU.
import "../style.css";
import type { Calls, Runtime } from "./channel.ts";
import { byId, fail } from "./dom.ts";
import type { Environment, calls } from "./environment.ts";

export type WithEnvironment = Calls & typeof calls;

const NOT_ISOLATED =
  "This page is not cross-origin isolated, so browsers give it no shared memory: it computes on one thread. " +
  "`make serve` sends the headers that isolate it.";

/** Waits for the worker and tells what it computes with. @throws what kept it from starting, after the page has said it */
export async function start(runtime: Runtime<any, object>): Promise<Environment> {
  const line = byId("runtime");
  try {
    const environment = (await (runtime as Runtime<WithEnvironment, object>).call("environment")) as Environment;
    line.textContent = `WebAssembly with ${environment.cpu}; WebGPU ${environment.noWebGpu === null ? "is there" : "is not: " + environment.noWebGpu}.`;
    line.dataset["state"] = "ready";
    if (!environment.isolated) line.append(` ${NOT_ISOLATED}`);
    return environment;
  } catch (error) {
    line.textContent = "The runtime could not start.";
    line.dataset["state"] = "failed";
    fail(
      `The runtime could not start: ${(error as Error).message}. It needs a browser with WebAssembly SIMD and module workers.`,
    );
    throw error;
  }
}

/** The switch with the name `device`, and the number of threads, if the page has it. */
export function deviceSwitch(
  { noWebGpu, threads, isolated }: Environment,
  changed: (choice: { device: "cpu" | "webgpu"; threads: number }) => void,
): void {
  const inputs = [...document.querySelectorAll<HTMLInputElement>("input[name=device]")];
  const webgpu = inputs.find(({ value }) => value === "webgpu")!;
  const select = document.querySelector<HTMLSelectElement>("#threads");
  if (noWebGpu !== null) {
    webgpu.disabled = true;
    webgpu.parentElement!.title = `WebGPU is not available: ${noWebGpu}`;
  }
  if (select) {
    const counts = [1, 2, 4, 8, 16].filter((n) => n < threads);
    select.replaceChildren(
      ...[...counts, threads].map((n) => new Option(n === 1 ? "1 thread" : `${n} threads`, String(n))),
    );
    select.value = String(threads);
    select.disabled = !isolated;
  }
  const tell = (): void => {
    const device = webgpu.checked ? "webgpu" : "cpu";
    changed({ device, threads: Number(select?.value ?? threads) });
  };
  for (const input of [...inputs, ...(select ? [select] : [])]) input.addEventListener("change", tell);
}
