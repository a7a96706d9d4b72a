// Threads: what runs in them, and web workers as threads.
import type { Thread, ThreadPort, ThreadRole } from "./host.ts";

interface RoleModule {
  main(port: ThreadPort): (message: unknown) => void;
}

const ROLES: Record<ThreadRole, () => Promise<RoleModule>> = {
  loader: () => import("../bindings/utils/data/worker.ts"),
};

export const END_MS = 5000;

/** The receiver of a thread's messages: the first names its role, which hears the others. */
export function serve(port: ThreadPort): (message: unknown) => void {
  let role: Promise<(message: unknown) => void> | undefined;
  return (message) => {
    if (role === undefined) role = ROLES[(message as { role: ThreadRole }).role]().then(({ main }) => main(port));
    else void role.then((receive) => receive(message));
  };
}

/** A web worker as a thread. */
export function webThread(worker: Worker): Thread {
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen(onMessage, onEnd) {
      worker.addEventListener("message", (event: MessageEvent) => onMessage(event.data));
      worker.addEventListener("messageerror", () => onEnd("a message could not be read"));
      worker.addEventListener("error", (event: ErrorEvent) => {
        event.preventDefault();
        onEnd(event.message || "its module could not be loaded");
      });
    },
    hold() {},
    end() {
      worker.postMessage({ end: true }, []);
      setTimeout(() => worker.terminate(), END_MS);
    },
  };
}
