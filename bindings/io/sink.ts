// Where files go: pieces, one after the other, so that no file need be in memory whole.

import { host } from "../boot.ts";
import { currentBuffer, word } from "../core.ts";
import { TypeError } from "../error.ts";
import { ITEM_SIZES } from "../tensor/dtype.ts";
import { live, type Tensor } from "../tensor/tensor.ts";
import type { FileTarget } from "./options.ts";
import { PIECE } from "./source.ts";

/** The pieces of a file. Each is a Uint8Array of its own, which whoever gets it may keep. */
export type Pieces = AsyncGenerator<Uint8Array, void, undefined>;

/** Writes a file of `size` bytes where there is a target, and gives its bytes where there is none. */
export async function deliver(size: number, pieces: Pieces, target?: FileTarget): Promise<Uint8Array | void> {
  if (target === undefined) {
    const whole = new Uint8Array(size);
    let at = 0;
    for await (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
  const sink = await openSink(target);
  try {
    for await (const piece of pieces) await sink.write(piece);
  } catch (error) {
    await sink.abort(error);
    throw error;
  }
  await sink.close();
}

interface Sink {
  write(piece: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(reason: unknown): Promise<void>;
}

async function openSink(target: FileTarget): Promise<Sink> {
  if (typeof WritableStream !== "undefined" && target instanceof WritableStream) {
    const writer = target.getWriter();
    return {
      write: (piece) => writer.ready.then(() => writer.write(piece)),
      close: () => writer.close(),
      abort: (reason) => writer.abort(reason).catch(() => {}),
    };
  }
  if (typeof target !== "string" && !(target instanceof URL)) {
    throw new TypeError("a file's path must be a string or a URL, or a WritableStream");
  }
  const create = host().createFile;
  // says that there are no files
  if (create === undefined) await host().writeFile(target, new Uint8Array(0));
  return create!(target);
}

/** How many bytes a tensor's elements take in a file. */
export const byteSize = (tensor: Tensor): number => tensor.numel() * ITEM_SIZES[tensor.dtypeCode]!;

/** The tensor on the CPU with its elements in row-major order: a tensor of its own, perhaps on the same memory. */
export async function denseOnCpu(tensor: Tensor): Promise<Tensor> {
  const plain = tensor.detach();
  const local = await plain.cpu();
  const dense = local.contiguous();
  for (const each of new Set([plain, local])) if (each !== dense) each.dispose();
  return dense;
}

/** The elements of a tensor of any device in row-major order. */
export async function* elements(tensor: Tensor): Pieces {
  const dense = await denseOnCpu(tensor);
  try {
    yield* memory(dense, byteSize(dense));
  } finally {
    dense.dispose();
  }
}

/** `length` bytes of the memory of a CPU tensor, from its first element on. */
export async function* memory(tensor: Tensor, length: number): Pieces {
  for (let at = 0; at < length; at += PIECE) yield bytesOf(tensor, at, Math.min(PIECE, length - at)).slice();
}

/** Valid until the memory grows. */
export function bytesOf(tensor: Tensor, from: number, length: number): Uint8Array {
  const handle = live(tensor);
  const start = (word(word(handle + 8) + 4) >>> 0) + word(handle + 12) * ITEM_SIZES[tensor.dtypeCode]!;
  return new Uint8Array(currentBuffer(), start + from, length);
}
