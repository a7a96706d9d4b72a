// What the main thread and the workers of a DataLoader send one another. Tensors travel as bindings/transfer.ts packs them.

import * as errors from "../../error.ts";
import type { FetchOptions, Wanted } from "./fetch.ts";

export interface Init {
  /** address of the dataset's module; absent where the thread has it */
  module: string | undefined;
  name: string;
  args: readonly unknown[];
  id: number;
  numWorkers: number;
  seed: bigint;
  fetching: Omit<FetchOptions, "collate">;
  /** how batches are made: by the default, by an export, or not here */
  collate: "default" | "none" | { name: string };
  initFn: string | undefined;
}

export interface Task {
  epoch: number;
  task: number;
  wanted: Wanted;
}

export type ToWorker = { init: Init } | { epoch: number } | { fetch: Task } | { end: true };

/** What a worker says that was not started as a thread of the package, when it listens. */
export const READY = "ready";

/** The answer to a task. */
export interface Reply {
  epoch: number;
  task: number;
  batch?: unknown;
  /** the worker's iterable dataset has no more */
  ended?: boolean;
  error?: Failure;
}

/** An error as text: its class and its stack do not survive structured cloning everywhere. */
export interface Failure {
  name: string;
  message: string;
  frames: string;
}

export function describe(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), frames: "" };
  const { name, message, stack = "" } = error;
  // V8 puts the message before the frames
  const frames = stack.startsWith(name) ? stack.slice(stack.indexOf(message) + message.length) : `\n${stack}`;
  return { name, message, frames };
}

/** A worker's error as PyTorch raises it in the main process. */
export function revive({ name, message, frames }: Failure, id: number): Error {
  const known = (errors as unknown as Record<string, typeof errors.RuntimeError | undefined>)[name];
  const Kind = known ?? errors.RuntimeError;
  return new Kind(`Caught ${name} in DataLoader worker process ${id}.\nOriginal ${name}: ${message}${frames}`);
}
