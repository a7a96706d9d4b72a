// Making garbage visible. The engine sees a wrapper of some 50 bytes, not the megabytes in wasm behind it, so it would not
// collect. Every `pressureBytes` that wrappers come to hold, a large ArrayBuffer is allocated and dropped, which engines do
// count: about 0.3 ms in V8, and memory stays within a few hundred MB (measured on Node, Deno and Bun; a buffer per tensor
// costs several times more). Finalizers need a turn of the event loop besides; a program that gives them none is told so.

import { i32 } from "../core.ts";

const MB = 1024 * 1024;
const NULL_DEVICE = 2;
const WATERMARK_BYTES = 1024 * MB;

let pressureBytes = 64 * MB;
let droppedBytes = 128 * MB;

/** bytes that collectable wrappers have come to hold since the last pressure */
let pending = 0;
/** the same since the event loop last had a turn */
let sinceTurn = 0;
let warned = false;
let watermark = WATERMARK_BYTES;

/**
 * Sets after how many bytes without a turn of the event loop the warning comes. For tests and small hosts.
 * @example
 * // bytes from which on the garbage collector is asked
 * torch.setWatermark(512 * 2 ** 20);
 */
export function setWatermark(bytes: number): void {
  watermark = bytes;
  warned = false;
}

/** For hosts that give an isolate little memory: the bytes between two pressures, which are also what is dropped. */
export function setPressure(bytes: number): void {
  pressureBytes = droppedBytes = bytes;
  watermark = 4 * bytes;
}

/** The bytes of a storage that only this tensor holds, 0 for a view. */
function soleBytes(handle: number): number {
  const storage = i32[(handle >>> 2) + 2]!;
  const at = storage >>> 2;
  // the null device holds no memory
  return i32[at] === 1 && i32[at + 4] !== NULL_DEVICE ? i32[at + 2]! >>> 0 : 0;
}

/** A wrapper that only garbage collection will release has come to hold `handle`. */
export function allocated(handle: number): void {
  const bytes = soleBytes(handle);
  pending += bytes;
  sinceTurn += bytes;
  if (pending >= pressureBytes) press();
}

/** A handle is about to be released. */
export function released(handle: number): void {
  if (pending === 0 && sinceTurn === 0) return;
  const bytes = soleBytes(handle);
  pending = Math.max(0, pending - bytes);
  sinceTurn = Math.max(0, sinceTurn - bytes);
}

/** The host's own collector, where that is the better way: JavaScriptCore may leave dropped buffers lie for long. */
let collect: (() => void) | undefined;

export function setCollector(collector: () => void): void {
  collect = collector;
}

function press(): void {
  pending = 0;
  if (collect !== undefined) collect();
  else dropped = new ArrayBuffer(droppedBytes).byteLength;
  awaitTurn();
  if (sinceTurn >= watermark && !warned) {
    warned = true;
    console.warn(
      `flambeau: tensors of ${Math.round(sinceTurn / MB)} MB were made without a turn of the event loop, ` +
        "so garbage collection could not release any of them. Put the body of the loop into " +
        "torch.scope(() => { … }), dispose of tensors with `using` or dispose(), or await a macrotask now and then.",
    );
  }
}

function awaitTurn(): void {
  try {
    setTimeout(() => (sinceTurn = 0), 0);
  } catch {
    // workerd gives no timers before the first request
  }
}

/** Keeps the allocation above from being optimised away. */
export let dropped = 0;
