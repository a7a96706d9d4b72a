// Threads of the hosts that have Node's modules.
import type { Worker as NodeWorker } from "node:worker_threads";
import { builtin } from "./builtin.ts";
import type { Host, Thread } from "./host.ts";
import { END_MS, serve, webThread } from "./thread.ts";

/** `spawn` of a host whose threads run `file()`: a bundle in CommonJS has no address to ask for. */
export const spawner =
  (file: () => URL): NonNullable<Host["spawn"]> =>
  (role, start) => {
    if (start !== undefined) return webThread(start());
    const worker = new (builtin("node:worker_threads").Worker)(file());
    worker.postMessage({ role }, []);
    return threadOf(worker);
  };

function threadOf(worker: NodeWorker): Thread {
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen(onMessage, onEnd) {
      worker.on("message", onMessage);
      worker.on("messageerror", (error) => onEnd(error.message));
      worker.on("error", (error: unknown) => onEnd(String(error)));
      worker.on("exit", (code) => onEnd(`exit code ${code}`));
    },
    hold(alive) {
      if (alive) worker.ref();
      else worker.unref();
    },
    end() {
      worker.postMessage({ end: true }, []);
      worker.unref();
      const patience = builtin("node:timers").setTimeout(() => void worker.terminate(), END_MS);
      patience.unref();
      worker.once("exit", () => clearTimeout(patience));
    },
  };
}

/** Begins to serve the thread that this module was loaded in. */
export function serveParent(): void {
  const port = builtin("node:worker_threads").parentPort!;
  // Deno's port does not close, but the thread's global scope does
  const close = (): void => ("close" in port ? port : (globalThis as unknown as { close(): void })).close();
  port.on("message", serve({ post: (message, transfer) => port.postMessage(message, transfer), close }));
}
