// A worker of a page: import maps do not reach it, so that the package is imported by its address. It listens before the
// package is there, since messages that come while a module waits at its top level are lost.
import { answer } from "./runtime.mjs";

const torch = import("../../../dist/browser.js");
globalThis.addEventListener("message", async ({ data }) => globalThis.postMessage(...answer(await torch, data)));
