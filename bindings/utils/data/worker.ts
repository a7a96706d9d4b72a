// The inside of a worker of a DataLoader: makes its own dataset, then answers one task after another.

import type { ThreadPort } from "../../../hosts/host.ts";
import { manualSeed } from "../../random.ts";
import { setNumThreads } from "../../threads.ts";
import { pack } from "../../transfer.ts";
import { END, fetcher, type Source, type Wanted } from "./fetch.ts";
import { describe, READY, type Init, type Reply, type Task, type ToWorker } from "./transport.ts";
import { setWorkerInfo } from "./worker-info.ts";
import { exported, instance, type Exports } from "./workers.ts";

/** What makes batches, anew for every epoch. */
type Start = () => (wanted: Wanted) => unknown;

/**
 * Serves a DataLoader over `port`; what it returns hears the messages.
 * @param own the dataset's module, where the thread was started by it
 */
export function main(port: ThreadPort, own?: Exports): (message: unknown) => void {
  // frames in wasm would otherwise push those of the dataset out of a stack that is sent on
  (Error as { stackTraceLimit?: number }).stackTraceLimit = 50;
  // the loader has as many workers as there should be threads
  setNumThreads(1);
  let start: Promise<Start>;
  let fetch: Promise<(wanted: Wanted) => unknown>;
  let last: Promise<void> = Promise.resolve();
  return (given) => {
    const message = given as ToWorker;
    if ("init" in message) start = prepare(message.init, own);
    else if ("epoch" in message) fetch = last.then(() => start).then((begin) => begin());
    else if ("fetch" in message) {
      const current = fetch;
      last = last.then(() => answer(port, message.fetch, current));
    } else if ("end" in message) port.close();
    // nobody may come to await these
    start?.catch(() => {});
    fetch?.catch(() => {});
  };
}

async function prepare(init: Init, own: Exports | undefined): Promise<Start> {
  const { id, numWorkers, seed, args, name, collate } = init;
  const module = own ?? ((await import(/* @vite-ignore */ /* webpackIgnore: true */ init.module!)) as Exports);
  const info = { id, numWorkers, seed, dataset: undefined as unknown };
  setWorkerInfo(info);
  const source = (await instance(exported(module, name), args)) as Source;
  info.dataset = source;
  manualSeed(seed);
  if (init.initFn !== undefined) await exported(module, init.initFn)(id);
  const make =
    collate === "default" ? undefined : collate === "none" ? (x: unknown) => x : exported(module, collate.name);
  return () => fetcher(source, { ...init.fetching, collate: make });
}

async function answer(
  port: ThreadPort,
  { epoch, task, wanted }: Task,
  fetch: Promise<(wanted: Wanted) => unknown>,
): Promise<void> {
  const reply: Reply = { epoch, task };
  const transfer: ArrayBuffer[] = [];
  try {
    const batch = await (await fetch)(wanted);
    if (batch === END) reply.ended = true;
    else reply.batch = pack(batch, transfer);
    port.post(reply, transfer);
  } catch (error) {
    port.post({ epoch, task, error: describe(error) } satisfies Reply, []);
  }
}

interface WorkerScope {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  close(): void;
}

/** Makes the worker that this is the global scope of one of a DataLoader. */
export function serve(module: Exports): void {
  const scope = globalThis as unknown as WorkerScope;
  const post: ThreadPort["post"] = (message, transfer) => scope.postMessage(message, transfer);
  const receive = main({ post, close: () => scope.close() }, module);
  addEventListener("message", (event) => receive(event.data));
  post(READY, []);
}
