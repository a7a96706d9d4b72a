// Where files come from: bytes that are read in pieces, so that no file need be in memory whole.

import { host } from "../boot.ts";
import { RuntimeError, TypeError } from "../error.ts";
import { typeName } from "../tensor/call.ts";
import type { OpenFile } from "../../hosts/host.ts";
import { HttpFile } from "./http.ts";
import type { FileSource } from "./options.ts";

/** The most bytes that one read of a source gives. */
export const PIECE = 1 << 22;

/** The bytes of a file. */
export interface Source {
  /** in bytes; undefined where only the end will tell */
  readonly size: number | undefined;
  /** whether positions may fall: those of a stream only rise */
  readonly random: boolean;
  /** `length` bytes, at most PIECE, valid until the next call. @throws RuntimeError where the file ends before */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export function endOfFile(position: number, length: number, size: number): never {
  throw new RuntimeError(
    `unexpected EOF, expected ${position + length - size} more bytes. The file might be corrupted.`,
  );
}

export class MemorySource implements Source {
  readonly random = true;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = plain(bytes);
  }
  get size(): number {
    return this.bytes.length;
  }
  async read(position: number, length: number): Promise<Uint8Array> {
    if (position + length > this.size) endOfFile(position, length, this.size);
    return this.bytes.subarray(position, position + length);
  }
  async close(): Promise<void> {}
}

class BlobSource implements Source {
  readonly random = true;
  readonly #blob: Blob;
  constructor(blob: Blob) {
    this.#blob = blob;
  }
  get size(): number {
    return this.#blob.size;
  }
  async read(position: number, length: number): Promise<Uint8Array> {
    if (position + length > this.size) endOfFile(position, length, this.size);
    return new Uint8Array(await this.#blob.slice(position, position + length).arrayBuffer());
  }
  async close(): Promise<void> {}
}

class FileOnDisk implements Source {
  readonly random = true;
  readonly #file: OpenFile;
  #buffer = new Uint8Array(0);
  constructor(file: OpenFile) {
    this.#file = file;
  }
  get size(): number {
    return this.#file.size;
  }
  async read(position: number, length: number): Promise<Uint8Array> {
    if (position + length > this.size) endOfFile(position, length, this.size);
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(Math.min(PIECE, 2 * length));
    const target = this.#buffer.subarray(0, length);
    const count = await this.#file.read(target, position);
    // somebody has shortened it meanwhile
    if (count < length) endOfFile(position, length, position + count);
    return target;
  }
  close(): Promise<void> {
    return this.#file.close();
  }
}

/** A stream, whose bytes come once. */
export class StreamSource implements Source {
  readonly random = false;
  readonly size: number | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #piece = new Uint8Array(0);
  /** where the piece begins */
  #start = 0;
  constructor(stream: ReadableStream<Uint8Array>, size?: number) {
    if (stream.locked) throw new TypeError("the stream is locked: somebody else reads it");
    this.#reader = stream.getReader();
    this.size = size;
  }
  /** The next bytes, whatever their number; undefined at the end. */
  async #next(): Promise<Uint8Array | undefined> {
    this.#start += this.#piece.length;
    const { done, value } = await this.#reader.read();
    this.#piece = new Uint8Array(0);
    if (done) return undefined;
    if (!(value instanceof Uint8Array))
      throw new TypeError(`the stream gives ${typeName(value)} where it must give bytes`);
    return (this.#piece = plain(value));
  }
  async read(position: number, length: number): Promise<Uint8Array> {
    if (position < this.#start) throw new RuntimeError("internal: a stream is read backwards");
    while (position >= this.#start + this.#piece.length && length > 0) {
      if ((await this.#next()) === undefined) endOfFile(position, length, this.#start);
    }
    const from = position - this.#start;
    if (from + length <= this.#piece.length) return this.#piece.subarray(from, from + length);
    const whole = new Uint8Array(length);
    let done = 0;
    for (;;) {
      const part = this.#piece.subarray(position + done - this.#start);
      whole.set(part.subarray(0, length - done), done);
      done += Math.min(part.length, length - done);
      if (done === length) return whole;
      if ((await this.#next()) === undefined) endOfFile(position, length, this.#start);
    }
  }
  /** All that is left. */
  async rest(report?: (bytes: number) => void): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
      pieces.push(piece);
      report?.(piece.length);
    }
    return concat(pieces);
  }
  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}

/**
 * Opens a source.
 * @param ranges of a URL, read no more than the parts that are asked for, where the server gives parts
 */
export async function openSource(source: FileSource, ranges = false): Promise<Source> {
  if (source instanceof Uint8Array) return new MemorySource(source);
  if (source instanceof ArrayBuffer) return new MemorySource(new Uint8Array(source));
  if (typeof Blob !== "undefined" && source instanceof Blob) return new BlobSource(source);
  if (typeof Response !== "undefined" && source instanceof Response) return bodyOf(source);
  if (typeof ReadableStream !== "undefined" && source instanceof ReadableStream) return new StreamSource(source);
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new TypeError(`expected a path, a URL, bytes, a Blob, a Response or a stream, got ${typeName(source)}`);
  }
  const open = host().openFile;
  if (open !== undefined && !/^(https?|data|blob):/.test(String(source))) return new FileOnDisk(await open(source));
  return ranges ? HttpFile.open(source) : bodyOf(await fetch(source));
}

/** @throws RuntimeError when the server has sent an error */
export function bodyOf(response: Response): Source {
  if (!response.ok) throw new RuntimeError(`${response.url}: HTTP ${response.status} ${response.statusText}`);
  if (response.body === null) return new MemorySource(new Uint8Array(0));
  // what is counted on the way is packed
  const packed = response.headers.get("content-encoding") !== null;
  const size = Number(response.headers.get("content-length") ?? NaN);
  return new StreamSource(response.body, packed || !Number.isSafeInteger(size) ? undefined : size);
}

/** The bytes of a part of a source: of memory a view, else a copy. */
export async function bytesAt(source: Source, position: number, length: number): Promise<Uint8Array> {
  if (source instanceof MemorySource) {
    if (position + length > source.size) endOfFile(position, length, source.size);
    return source.bytes.subarray(position, position + length);
  }
  if (source.size !== undefined && position + length > source.size) endOfFile(position, length, source.size);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < length; at += PIECE) {
    const piece = await source.read(position + at, Math.min(PIECE, length - at));
    pieces.push(length > PIECE ? piece.slice() : piece);
  }
  return pieces.length === 1 ? pieces[0]!.slice() : concat(pieces);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The source with all its bytes in reach: a stream is read into memory. */
export async function atHand(source: Source, report?: (loaded: number, total: number) => void): Promise<Source> {
  if (!(source instanceof StreamSource)) return source;
  let loaded = 0;
  return new MemorySource(await source.rest((bytes) => report?.((loaded += bytes), source.size ?? 0)));
}

/** All bytes of a file. */
export async function readSource(source: FileSource): Promise<Uint8Array> {
  const opened = await openSource(source);
  try {
    const whole = await atHand(opened);
    return await bytesAt(whole, 0, whole.size!);
  } finally {
    await opened.close();
  }
}

/** The same bytes as a Uint8Array proper: `slice` of Node's Buffer copies nothing. */
export const plain = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
