// A thread of node:worker_threads, or a web worker of Deno or Bun.
import * as torch from "flambeau";
import { answer } from "./runtime.mjs";

if (globalThis.WorkerGlobalScope !== undefined && globalThis.self instanceof globalThis.WorkerGlobalScope)
  globalThis.addEventListener("message", ({ data }) => globalThis.postMessage(...answer(torch, data)));
else {
  const { parentPort } = await import("node:worker_threads");
  parentPort.on("message", (message) => parentPort.postMessage(...answer(torch, message)));
}
