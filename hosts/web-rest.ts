// The second module of the core (core-wasm/split) in pages and workers. A synchronous call may need it, and then it is read and
// compiled while the call waits; programs that will need it avoid that by fetching it beforehand.
import { compileAt } from "./web-core.ts";

/** A module of more than 4 kB, which says nothing. */
function longModule(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + 3 + 5000);
  // a custom section of 5000 bytes without a name
  bytes.set([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 0x88, 0x27]);
  return bytes;
}

/** Whether this thread can load a file while it waits: not in service workers, nor where an old engine refuses long modules. */
function canWait(): boolean {
  try {
    const compiled = new WebAssembly.Module(longModule());
    return compiled !== undefined && "XMLHttpRequest" in globalThis;
  } catch {
    return false;
  }
}

function whenIdle(run: () => void): void {
  // Safari has none
  if ("requestIdleCallback" in globalThis) requestIdleCallback(run);
  else setTimeout(run, 1000);
}

/** The bytes of a file, at once. */
function readNow(url: URL): Uint8Array<ArrayBuffer> {
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  // pages cannot ask for an ArrayBuffer here: each unit of this text has a byte
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  if (request.status !== 200 && request.status !== 0) throw new Error(`HTTP ${request.status}`);
  const text = request.responseText;
  return Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

let begin = (): void => {};

/** Loads the module when the page has nothing else to do: `flambeau`, more than `flambeau/core`, is likely to need it. */
export const loadRestAhead = (): void => whenIdle(() => begin());

/** `Host.rest` for the module at `url`; it is loaded already where it could not be later. */
export async function restAt(url: URL): Promise<() => WebAssembly.Module> {
  let module: WebAssembly.Module | undefined;
  const load = async (): Promise<void> => {
    module = await compileAt(url);
  };
  if (!canWait()) await load();
  // what fails here fails again, or does not, when it is needed
  else begin = () => void load().catch(() => {});
  return () => {
    try {
      return module ?? new WebAssembly.Module(readNow(url));
    } catch (cause) {
      throw new Error(`flambeau could not load ${url.href}: ${String(cause)}`, { cause });
    }
  };
}
