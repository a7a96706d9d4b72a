// Workers of a DataLoader as the main thread sees them. Tasks are given out in turn, and come back in order.

import type { Thread } from "../../../hosts/host.ts";
import { host } from "../../boot.ts";
import { NotImplementedError, RuntimeError, TypeError, ValueError } from "../../error.ts";
import { unpack } from "../../transfer.ts";
import { type MapDataset, Subset } from "./dataset.ts";
import type { Source, Wanted } from "./fetch.ts";
import type { DataLoader } from "./loader.ts";
import { READY, revive, type Init, type Reply, type ToWorker } from "./transport.ts";

/** A module of a bundled program: bundlers follow `import("…")` and `new Worker(new URL("…", import.meta.url))` as they stand. */
export interface WorkerModule {
  /** the dataset's module */
  load(): Promise<Record<string, unknown>>;
  /** a worker that calls `serveWorkers` with it */
  start(): Worker;
  /** the export that makes the dataset; "default" if it is not given */
  name?: string;
}

// oxlint-disable-next-line typescript/no-explicit-any -- whatever a module exports
export type Exports = Record<string, any>;

/** How a worker makes a dataset like one that is here. */
interface Recipe {
  readonly module: string | WorkerModule;
  readonly name: string;
  readonly args: readonly unknown[];
}

const recipes = new WeakMap<object, Recipe>();

/** @throws TypeError if it is not there or no function */
// oxlint-disable-next-line typescript/no-explicit-any
export function exported(module: Exports, name: string): (...args: any[]) => any {
  const value: unknown = module[name];
  if (typeof value !== "function")
    throw new TypeError(`the module of the dataset has no function or class ${name} among its exports`);
  return value as () => unknown;
}

/** What a class makes, or a function returns. */
// oxlint-disable-next-line typescript/no-explicit-any
export const instance = (make: (...args: any[]) => unknown, args: readonly unknown[]): unknown =>
  // neither arrow functions nor async ones have a prototype; what another returns takes the place of the new object
  make.prototype === undefined ? make(...args) : Reflect.construct(make, args);

export async function workerDataset(source: string | URL | WorkerModule, args: readonly unknown[]): Promise<unknown> {
  let module: Recipe["module"];
  let name: string | undefined;
  let exports: Exports;
  if (typeof source === "string" || source instanceof URL) {
    const url = new URL(source);
    name = decodeURIComponent(url.hash.slice(1));
    url.hash = "";
    module = url.href;
    exports = (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)) as Exports;
  } else {
    module = source;
    name = source.name;
    exports = await source.load();
  }
  name ||= "default";
  const dataset = (await instance(exported(exports, name), args)) as object;
  recipes.set(dataset, { module, name, args });
  return dataset;
}

/** The recipe of a dataset, and what its indices are in the dataset that workers make. */
function recipeOf(dataset: Source): [Recipe, (index: number) => number] {
  const recipe = recipes.get(dataset);
  if (recipe !== undefined) return [recipe, (index) => index];
  if (dataset instanceof Subset) {
    const [whole, map] = recipeOf(dataset.dataset as MapDataset);
    return [whole, (index) => map(dataset.indices[index]!)];
  }
  throw new TypeError(
    "numWorkers > 0 needs a dataset made by torch.utils.data.workerDataset, or a Subset of one: threads share no objects, " +
      "so that every worker makes a dataset of its own",
  );
}

/** A worker of the program's own loses what comes while it is loading: messages wait until it says that it listens. */
function whenReady(thread: Thread): Thread {
  let waiting: Parameters<Thread["post"]>[] | undefined = [];
  return {
    ...thread,
    post: (...message) => (waiting === undefined ? thread.post(...message) : void waiting.push(message)),
    listen(onMessage, onEnd) {
      thread.listen((message) => {
        if (message !== READY) return onMessage(message);
        waiting?.forEach((early) => thread.post(...early));
        waiting = undefined;
      }, onEnd);
    },
  };
}

/** Workers that nobody can reach any more end. */
const abandoned = new FinalizationRegistry<readonly Thread[]>((threads) => threads.forEach((thread) => thread.end()));

export class Workers {
  /** false when they have been closed or one has died */
  alive = true;
  private readonly threads: Thread[] = [];
  private readonly map: (index: number) => number;
  private readonly ahead: number;
  private readonly timeout: number;
  private readonly collate: ((samples: never) => unknown) | undefined;
  private epochNow = 0;
  private tasks = new Map<number, { worker: number; reply?: Reply }>();
  private failure: Error | undefined;
  private wake: () => void = () => {};

  constructor(loader: DataLoader, seed: bigint) {
    const { numWorkers, prefetchFactor, timeout, dataset, fetching, options } = loader;
    const { spawn, name } = host();
    if (spawn === undefined) throw new NotImplementedError(`${name} has no threads: use numWorkers: 0`);
    if (options.workerInitFn !== undefined && typeof options.workerInitFn !== "string")
      throw new ValueError(
        "workerInitFn is the name of an export of the dataset's module: functions do not reach workers",
      );
    const [recipe, map] = recipeOf(dataset);
    this.map = map;
    this.ahead = prefetchFactor * numWorkers;
    this.timeout = timeout;
    const { collate, ...rest } = fetching;
    this.collate = collate;
    const named = options.collateFn as string | undefined;
    const module = recipe.module;
    for (let id = 0; id < numWorkers; id++) {
      const thread = typeof module === "string" ? spawn("loader") : whenReady(spawn("loader", () => module.start()));
      this.threads.push(thread);
      thread.listen(
        (reply) => this.receive(reply as Reply),
        (reason) => this.lost(id, reason),
      );
      const init: Init = {
        module: typeof module === "string" ? module : undefined,
        name: recipe.name,
        args: recipe.args,
        id,
        numWorkers,
        seed: BigInt.asUintN(64, seed + BigInt(id)),
        fetching: rest,
        collate: collate !== undefined ? "none" : named === undefined ? "default" : { name: named },
        initFn: options.workerInitFn,
      };
      thread.post({ init } satisfies ToWorker);
      thread.hold(false);
    }
    if (loader.persistentWorkers) abandoned.register(loader, this.threads);
  }

  /** The batches of an epoch. `once`: the workers end with it. */
  async *epoch(indices: Iterable<Wanted>, once: boolean): AsyncGenerator<unknown, void, undefined> {
    const epoch = ++this.epochNow;
    // whoever still waits for an earlier one
    this.wake();
    const tasks = (this.tasks = new Map<number, { worker: number; reply?: Reply }>());
    const order = indices[Symbol.iterator]();
    const active = this.threads.map(() => true);
    let sent = 0;
    let turn = 0;
    const send = (): void => {
      const { done, value } = order.next();
      if (done || !active.includes(true)) return;
      while (!active[turn % active.length]) turn++;
      const worker = turn++ % active.length;
      const wanted = typeof value === "number" ? this.map(value) : value.map(this.map);
      tasks.set(sent, { worker });
      this.threads[worker]!.post({ fetch: { epoch, task: sent++, wanted } } satisfies ToWorker);
    };
    try {
      for (const thread of this.threads) thread.post({ epoch } satisfies ToWorker);
      for (let i = 0; i < this.ahead; i++) send();
      for (let next = 0; next < sent; next++) {
        const task = tasks.get(next)!;
        if (task.reply === undefined && active[task.worker]) await this.answerTo(task, epoch);
        tasks.delete(next);
        const { reply, worker } = task;
        if (reply === undefined) continue;
        if (reply.ended) active[worker] = false;
        send();
        if (reply.error !== undefined) throw revive(reply.error, worker);
        if (reply.ended) continue;
        const batch = unpack(reply.batch);
        yield this.collate === undefined ? batch : await this.collate(batch as never);
      }
    } finally {
      order.return?.();
      if (once || this.failure !== undefined) this.close();
    }
  }

  close(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const thread of this.threads) thread.end();
  }

  private receive(reply: Reply): void {
    if (reply.epoch !== this.epochNow) return;
    const task = this.tasks.get(reply.task);
    if (task !== undefined) task.reply = reply;
    this.wake();
  }

  private lost(id: number, reason: string): void {
    if (!this.alive) return;
    this.failure ??= new RuntimeError(`DataLoader worker (id ${id}) exited unexpectedly: ${reason}`);
    this.wake();
  }

  /** Waits until the task has its reply, and meanwhile keeps the program running. */
  private async answerTo(task: { reply?: Reply }, epoch: number): Promise<void> {
    for (const thread of this.threads) thread.hold(true);
    try {
      while (task.reply === undefined) {
        if (epoch !== this.epochNow)
          throw new RuntimeError("the persistent workers of this DataLoader have begun another epoch");
        this.failure ??= this.alive ? undefined : new RuntimeError("the DataLoader has been closed");
        if (this.failure !== undefined) throw this.failure;
        await new Promise<void>((resolve) => {
          const timer =
            this.timeout === 0
              ? undefined
              : setTimeout(() => {
                  this.failure = new RuntimeError(`DataLoader timed out after ${this.timeout} seconds`);
                  resolve();
                }, this.timeout * 1000);
          this.wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    } finally {
      for (const thread of this.threads) thread.hold(false);
    }
  }
}
