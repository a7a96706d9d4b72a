// Bundlers make a bundle of its own of this module, so that it may hold the whole package a second time.
import { serve } from "./thread.ts";

const scope = globalThis as unknown as {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  close(): void;
};
// The module waits for the core at its top level: messages that come before are kept.
const ready = import("./browser.ts");
const receive = serve({
  post: (message, transfer) => scope.postMessage(message, transfer),
  close: () => scope.close(),
});
addEventListener("message", (event) => void ready.then(() => receive(event.data)));
