// Starts a program in a page, in a module worker of it, or in a request of workerd: what it prints is posted to the server
// that gave it. It finds `program`: its arguments, the server's address and `exit(code)`; when its module has been evaluated,
// it ends with 0.

/**
 * @param {URL} address the server's, with the program's arguments as parameters
 * @param {() => Promise<unknown>} load evaluates the program
 */
export function start(address, load) {
  const waiting = [];
  let sending;
  let ended = false;
  const send = async () => {
    while (waiting.length > 0)
      await fetch(new URL("/console", address), { method: "POST", body: JSON.stringify(waiting.splice(0)) });
    sending = undefined;
  };
  const post = (item) => {
    waiting.push(item);
    sending ??= Promise.resolve().then(send);
    return sending;
  };
  const text = (value) => (value instanceof Error ? `${value}\n${value.stack}` : String(value));
  for (const level of ["log", "info", "warn", "error"])
    console[level] = (...values) => void post({ line: values.map(text).join(" ") });
  // workerd drops what is on its way when the request ends: it waits for the last line
  const exit = (code) => {
    const last = ended ? sending : post({ exit: code });
    ended = true;
    return last;
  };
  const fail = (error) => {
    post({ line: text(error) });
    return exit(1);
  };
  globalThis.program = {
    arguments: address.searchParams.getAll("argument"),
    address: address.origin,
    exit: (code) => void exit(code),
  };
  addEventListener("error", (event) => fail(event.error ?? event.message));
  addEventListener("unhandledrejection", (event) => fail(event.reason));
  return load().then(() => exit(0), fail);
}

function startHere() {
  const address = new URL(globalThis.location.href);
  if (typeof document !== "undefined" && address.searchParams.get("in") === "worker") {
    const worker = new Worker(new URL(`/test/hosts/web/start.js${address.search}`, address), { type: "module" });
    // one that could not even be loaded
    worker.addEventListener("error", (event) =>
      start(address, () => Promise.reject(new Error(event.message ?? "the worker could not be loaded"))),
    );
    return;
  }
  void start(address, () => import(/* @vite-ignore */ String(new URL("/program.js", address))));
}

if (globalThis.location !== undefined) startHere();
