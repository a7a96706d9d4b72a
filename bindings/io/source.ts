// Where files come from, and where they go.

import { host } from "../boot.ts";
import { TypeError } from "../error.ts";
import { typeName } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A file: its path, its URL, or its bytes. */
export type FileSource = string | URL | Uint8Array | ArrayBuffer | Blob;

/** The bytes of a file. */
export async function readSource(source: FileSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return plain(source);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (typeof Blob !== "undefined" && source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new TypeError(`expected a path, a URL, bytes or a Blob, got ${typeName(source)}`);
  }
  return plain(await (/^https?:/.test(String(source)) ? host().fetch(source) : host().readFile(source)));
}

/** The same bytes as a Uint8Array proper: `slice` of Node's Buffer copies nothing. */
export const plain = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Writes a file where there is a path, and gives its bytes where there is none. */
export async function deliver(bytes: Uint8Array, path: string | URL | undefined): Promise<Uint8Array | void> {
  if (path === undefined) return bytes;
  if (typeof path !== "string" && !(path instanceof URL))
    throw new TypeError("a file's path must be a string or a URL");
  await host().writeFile(path, bytes);
}

/** The tensor on the CPU, off the tape. */
export const onCpu = async (tensor: Tensor): Promise<Tensor> => tensor.detach().cpu();
