// Hugging Face's safetensors: the length of a header, a header in JSON, then the tensors' elements without gaps.

import { TypeError, ValueError } from "../error.ts";
import { checkOptions, typeName } from "../tensor/call.ts";
import { Code, type Device, ITEM_SIZES } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Content, optionsOf, placeOf, readTensor } from "./fill.ts";
import { brief, isSize } from "./python.ts";
import { widened } from "./numpy.ts";
import type { FileProgress, FileSource, FileTarget, ReadNamedOptions } from "./options.ts";
import type { SafetensorsFile, TensorSlice } from "./safetensors.ts";
import { selection } from "./selection.ts";
import { byteSize, deliver, elements, type Pieces } from "./sink.ts";
import { readSlice } from "./slice.ts";
import { bytesAt, openSource, type Source } from "./source.ts";

/** The names of dtypes by their codes; the format has no complex128. */
const NAMES = ["U8", "I8", "I16", "I32", "I64", "F16", "F32", "F64", "C64", undefined, "BOOL", "BF16"];
const CONTENTS = new Map<string, Omit<Content, "shape">>([
  ...NAMES.flatMap((name, code): [string, { code: number; size: number }][] =>
    name === undefined ? [] : [[name, { code, size: ITEM_SIZES[code]! }]],
  ),
  // the next wider types, as for NumPy's arrays
  ["U16", { code: Code.Int32, size: 2, decode: (bytes) => widened(bytes, 2) }],
  ["U32", { code: Code.Int64, size: 4, decode: (bytes) => widened(bytes, 4) }],
  ["U64", { code: Code.Int64, size: 8, decode: (bytes) => widened(bytes, 8) }],
]);
/** as in the reference implementation */
const MAX_HEADER = 100_000_000;

/** A tensor of a file. */
export interface Entry {
  content: Content;
  /** of its first byte in the file */
  start: number;
  /** in bytes */
  size: number;
}

interface Header {
  /** in the order in which they lie in the file */
  entries: [string, Entry][];
  metadata: Record<string, string> | null;
}

function fail(why: string): never {
  throw new ValueError(`Error while deserializing header: ${why}`);
}

async function readHeader(source: Source): Promise<Header> {
  const { size = Infinity } = source;
  if (size < 8) fail("HeaderTooSmall");
  const counter = await source.read(0, 8);
  const length = counter.reduce((sum, byte, i) => sum + byte * 256 ** i, 0);
  if (length > MAX_HEADER) fail("HeaderTooLarge");
  const start = 8 + length;
  if (start > size) fail("InvalidHeaderLength");
  const bytes = await bytesAt(source, 8, length);
  if (bytes[0] !== 0x7b) fail("InvalidHeaderStart");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    fail("InvalidHeader: it is no JSON in UTF-8");
  }
  const { __metadata__: metadata = null, ...tensors } = header as Record<string, unknown>;
  if (metadata !== null && !isStrings(metadata)) fail("InvalidHeader: the metadata are no strings");
  const entries = Object.entries(tensors).map(([name, entry]): [string, Entry] => [
    name,
    readEntry(name, entry, start),
  ]);
  entries.sort(([, a], [, b]) => a.start - b.start || a.size - b.size);
  // without gaps and overlaps the tensors take just the bytes that there are
  let at = start;
  for (const [name, entry] of entries) {
    if (entry.start !== at || at + entry.size > size) fail(`InvalidOffset(${brief(name)})`);
    at += entry.size;
  }
  if (at !== size && size !== Infinity) fail("MetadataIncompleteBuffer");
  return { entries, metadata };
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isStrings = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((item) => typeof item === "string");
const isOffset = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readEntry(name: string, entry: unknown, start: number): Entry {
  name = brief(name);
  if (!isObject(entry)) fail(`InvalidHeader: ${name} is no object`);
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  const known = typeof dtype === "string" ? CONTENTS.get(dtype) : undefined;
  if (known === undefined) fail(`${name} has the unknown dtype ${JSON.stringify(dtype)?.slice(0, 40)}`);
  if (!Array.isArray(shape) || !shape.every(isSize)) fail(`${name} has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isOffset)) fail(`${name} has no valid offsets`);
  const [from, to] = offsets as [number, number];
  const size = shape.reduce((a, b) => a * b, known.size!);
  if (to - from !== size) {
    fail(`TensorInvalidInfo: ${name} has ${to - from} bytes where its shape asks for ${size}`);
  }
  return { content: { ...known, shape }, start: start + from, size };
}

export async function loadFile(source: FileSource, given?: ReadNamedOptions | null): Promise<Record<string, Tensor>> {
  const options = optionsOf(given, ["keys", "device", "progress"], "safetensors.load");
  const { progress, keys } = options;
  const device = placeOf(options);
  // a choice is worth requests of its own
  const file = await openSource(source, keys !== undefined && keys !== null);
  try {
    const chosen = selection((await readHeader(file)).entries, keys);
    return await readEntries(file, chosen, device, progress);
  } finally {
    await file.close();
  }
}

/** The tensors of entries in the order of the file; all of them or none. */
async function readEntries(
  file: Source,
  entries: readonly [string, Entry][],
  device: Device,
  progress: FileProgress | undefined,
): Promise<Record<string, Tensor>> {
  const total = entries.reduce((sum, [, { size }]) => sum + size, 0);
  const tensors: [string, Tensor][] = [];
  let loaded = 0;
  try {
    for (const [name, { content, start }] of entries) {
      const report = progress && ((bytes: number) => progress((loaded += bytes), total, name));
      tensors.push([name, await readTensor(file, start, content, device, report)]);
    }
  } catch (error) {
    for (const [, tensor] of tensors) tensor.dispose();
    throw error;
  }
  return Object.fromEntries(tensors);
}

export async function open(source: FileSource, options?: { device?: Device } | null): Promise<SafetensorsFile> {
  const device = placeOf(optionsOf(options, ["device"], "safetensors.open"));
  const file = await openSource(source, true);
  try {
    if (!file.random) {
      throw new ValueError(
        "safetensors.open reads a file in places, which a stream does not have: use loadFile, perhaps with keys",
      );
    }
    const { entries, metadata } = await readHeader(file);
    return new LazyFile(file, new Map(entries), metadata, device);
  } catch (error) {
    await file.close();
    throw error;
  }
}

// missing in some browsers; compiled `await using` falls back to the same symbol
if (Symbol.asyncDispose === undefined) {
  Object.defineProperty(Symbol, "asyncDispose", { value: Symbol.for("Symbol.asyncDispose") });
}

class LazyFile implements SafetensorsFile {
  readonly #file: Source;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #metadata: Readonly<Record<string, string>> | null;
  readonly #device: Device;
  #closed = false;
  /** one read after the other: they share a buffer */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    file: Source,
    entries: ReadonlyMap<string, Entry>,
    metadata: Readonly<Record<string, string>> | null,
    device: Device,
  ) {
    this.#file = file;
    this.#entries = entries;
    this.#metadata = metadata;
    this.#device = device;
  }

  keys(): string[] {
    return [...this.#entries.keys()];
  }
  metadata(): Record<string, string> | null {
    return this.#metadata && { ...this.#metadata };
  }
  getTensor(name: string): Promise<Tensor> {
    const { start, content } = this.#entry(name);
    return this.#next(() => readTensor(this.#file, start, content, this.#device));
  }
  getSlice(name: string): TensorSlice {
    const entry = this.#entry(name);
    return {
      getShape: () => [...entry.content.shape],
      getDtype: () =>
        [...CONTENTS].find(
          ([, { code, decode }]) => code === entry.content.code && decode === entry.content.decode,
        )![0],
      at: (...indices) => this.#next(() => readSlice(this.#file, entry, this.#device, indices)),
    };
  }
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    await this.#file.close();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new ValueError(`File does not contain tensor ${name}`);
    return entry;
  }
  #next<T>(read: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new ValueError("the file is closed");
    const result = this.#last.then(read);
    this.#last = result.catch(() => {});
    return result;
  }
}

// ---- writing

export async function saveFile(
  tensors: Record<string, Tensor>,
  target?: FileTarget,
  metadata?: Record<string, string> | null,
  options?: { progress?: FileProgress } | null,
): Promise<Uint8Array | void> {
  checkOptions(options, ["progress"], "safetensors.save");
  for (const key in metadata) {
    const value: unknown = metadata[key];
    if (typeof value !== "string")
      throw new TypeError(`safetensors.save(): metadata must be strings, but '${key}' is ${typeName(value)}`);
  }
  // the widest elements first, as in the reference implementation, so that all lie at multiples of their sizes
  const entries = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, tensor, code: tensor.dtypeCode }))
    .sort((a, b) => ITEM_SIZES[b.code]! - ITEM_SIZES[a.code]!);
  const header: [string, unknown][] = metadata === undefined || metadata === null ? [] : [["__metadata__", metadata]];
  let offset = 0;
  for (const { name, tensor, code } of entries) {
    if (name === "__metadata__") throw new ValueError("a tensor in a safetensors file cannot be named __metadata__");
    if (NAMES[code] === undefined) throw new ValueError(`safetensors has no dtype for ${tensor.dtype} (${name})`);
    const end = offset + byteSize(tensor);
    header.push([name, { dtype: NAMES[code], shape: [...tensor.shape], data_offsets: [offset, end] }]);
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // padded with spaces so that the data starts at a multiple of 8
  const head = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(text, 8);

  async function* pieces(): Pieces {
    yield head;
    let written = 0;
    for (const { name, tensor } of entries) {
      for await (const piece of elements(tensor)) {
        yield piece;
        options?.progress?.((written += piece.length), offset, name);
      }
    }
  }
  return deliver(head.length + offset, pieces(), target);
}
