// What the main thread and the workers of a DataLoader send one another. Tensors travel as their bytes, which are transferred.

import * as errors from "../../error.ts";
import { fromBytes } from "../../tensor/bytes.ts";
import type { DType } from "../../tensor/dtype.ts";
import { Tensor } from "../../tensor/tensor.ts";
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

/** Marks a packed tensor: [bytes, shape, dtype, requiresGrad]. */
const TENSOR = "\0tensor";
type Packed = { [TENSOR]: [bytes: Uint8Array, shape: number[], dtype: DType, requiresGrad: boolean] };

/** Tensors inside of arrays and plain objects become what structured cloning takes; their buffers go into `transfer`. */
export function pack(value: unknown, transfer: ArrayBuffer[]): unknown {
  if (value instanceof Tensor) {
    if (value.requiresGrad && !value.isLeaf)
      throw new errors.RuntimeError(
        "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support crossing " +
          "process boundaries.  If you just want to transfer the data, call detach() on the tensor before serializing " +
          "(e.g., putting it on the queue).",
      );
    // a copy, alone in its buffer
    const bytes = new Uint8Array(value.data().buffer);
    transfer.push(bytes.buffer as ArrayBuffer);
    return { [TENSOR]: [bytes, value.shape, value.dtype, value.requiresGrad] } satisfies Packed;
  }
  return inside(value, (item) => pack(item, transfer));
}

/** The opposite of `pack`. */
export function unpack(value: unknown): unknown {
  if (typeof value === "object" && value !== null && TENSOR in value) {
    const [bytes, shape, dtype, requiresGrad] = (value as Packed)[TENSOR];
    const tensor = fromBytes(bytes, shape, dtype);
    return requiresGrad ? tensor.requiresGrad_() : tensor;
  }
  return inside(value, unpack);
}

/** A copy of an array or a plain object with its values replaced; anything else as it is. */
function inside(value: unknown, fn: (item: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(fn);
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fn(item)]))
    : value;
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
