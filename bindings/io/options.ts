// Types that the files' functions share: where files come from and go to, and what can be asked for.

import type { Device } from "../tensor/dtype.ts";

/**
 * A file to be read: its path, its URL, its bytes, a Blob (such as a File that was chosen in a page), the answer of `fetch`, or a stream.
 */
export type FileSource = string | URL | Uint8Array | ArrayBuffer | Blob | Response | ReadableStream<Uint8Array>;

/** A file to be written: its path, or a stream, which is closed at the end. */
export type FileTarget = string | URL | WritableStream<Uint8Array>;

/** Hears how many bytes of how many have passed, and of which tensor or member the last ones were. */
export type FileProgress = (loaded: number, total: number, name: string) => void;

/** How tensors are read. */
export interface ReadOptions {
  /** where the tensors go, piece by piece as they are read; the CPU unless given */
  device?: Device;
  /** called after every piece of some megabytes; what it throws ends the reading */
  progress?: FileProgress;
}

/** How named tensors are read. */
export interface ReadNamedOptions extends ReadOptions {
  /** the names of the tensors to be read: all unless given */
  keys?: Iterable<string>;
}
