// Reads ZIP archives, stored and deflated, with the extensions for large files. Sizes are taken from the central directory
// and checked against the bytes that there are before anything is unpacked.

import { host } from "../boot.ts";
import { RuntimeError } from "../error.ts";
import { crc32 } from "./crc32.ts";
import { bytesAt, endOfFile, MemorySource, PIECE, plain, type Source } from "./source.ts";

export interface Entry {
  name: string;
  method: number;
  crc: number;
  packedSize: number;
  size: number;
  /** of the local header */
  offset: number;
}

const STORED = 0;
const DEFLATED = 8;
/** Deflate packs no more than this into a byte. */
export const MAX_RATIO = 1032;
export const LOCAL = 0x04034b50;
export const CENTRAL = 0x02014b50;
export const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const MAX32 = 0xffffffff;
/** No member unpacks to more, since no memory holds more. */
const MOST = 2 ** 32;

function fail(why: string): never {
  throw new RuntimeError(`PytorchStreamReader failed reading zip archive: ${why}`);
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const u64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Whether the bytes begin as a ZIP archive does. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2]! <= 5 && bytes[3]! <= 6;

export class ZipReader {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly #source: Source;

  private constructor(source: Source, entries: readonly Entry[]) {
    this.#source = source;
    this.entries = new Map(entries.map((entry) => [entry.name, entry]));
  }

  /** @throws RuntimeError when the directory is damaged */
  static async open(source: Source): Promise<ZipReader> {
    const entries = await readDirectory(source, source.size!);
    // an archive whose members share their bytes unpacks to more than any size in it says
    let end = 0;
    for (const entry of entries.toSorted((a, b) => a.offset - b.offset)) {
      if (entry.offset < end) fail("members overlap");
      end = entry.offset + 30 + entry.packedSize;
    }
    return new ZipReader(source, entries);
  }

  /**
   * The content of a member, packed no more.
   * @param verify compare the checksum, which PyTorch's files may lack, once all has been read
   */
  async member(entry: Entry, verify: boolean): Promise<Member> {
    const { name, method, offset, packedSize, size } = entry;
    const local = viewOf(await this.#source.read(offset, 30));
    if (local.getUint32(0, true) !== LOCAL) fail(`${name} has no header`);
    const start = offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
    if (start + packedSize > this.#source.size!) fail(`${name} lies outside of the file`);
    if (method === STORED) return new Member(this.#source, start, size, entry, verify);
    if (method !== DEFLATED) {
      throw new RuntimeError(`${name}: ZIP compression method ${method} is not supported, only stored and deflated`);
    }
    const packed = await bytesAt(this.#source, start, packedSize);
    let content: Uint8Array;
    try {
      content = plain(await host().inflateRaw(packed, size));
    } catch {
      fail(`${name} is damaged, or larger than it claims`);
    }
    if (content.length !== size) fail(`${name} has ${content.length} bytes where ${size} were expected`);
    return new Member(new MemorySource(content), 0, size, entry, verify);
  }

  /** All bytes of a member. */
  async read(entry: Entry, verify: boolean): Promise<Uint8Array> {
    const member = await this.member(entry, verify);
    const bytes = await bytesAt(member, 0, member.size);
    await member.finish();
    return bytes;
  }
}

/** The content of a member: read from front to back where its checksum is to be compared. */
export class Member implements Source {
  readonly size: number;
  readonly #source: Source;
  readonly #start: number;
  readonly #entry: Entry;
  /** of the bytes before #checked; undefined where nobody asks */
  #crc: number | undefined;
  #checked = 0;

  constructor(source: Source, start: number, size: number, entry: Entry, verify: boolean) {
    this.#source = source;
    this.#start = start;
    this.size = size;
    this.#entry = entry;
    this.#crc = verify ? 0 : undefined;
  }
  get random(): boolean {
    return this.#crc === undefined;
  }
  async read(position: number, length: number): Promise<Uint8Array> {
    if (position + length > this.size) endOfFile(position, length, this.size);
    const bytes = await this.#source.read(this.#start + position, length);
    if (this.#crc !== undefined && position <= this.#checked && position + length > this.#checked) {
      this.#crc = crc32(bytes.subarray(this.#checked - position), this.#crc);
      this.#checked = position + length;
    }
    return bytes;
  }
  /** @throws RuntimeError when the checksum is wrong */
  async finish(): Promise<void> {
    if (this.#crc === undefined) return;
    while (this.#checked < this.size) await this.read(this.#checked, Math.min(PIECE, this.size - this.#checked));
    if (this.#crc !== this.#entry.crc) fail(`bad CRC-32 for ${this.#entry.name}`);
  }
  async close(): Promise<void> {}
}

async function readDirectory(source: Source, size: number): Promise<Entry[]> {
  // the end of the directory, then a comment; before it, for large files, a locator of 20 bytes
  const tailAt = Math.max(0, size - (20 + 22 + 0xffff));
  const tail = viewOf((await bytesAt(source, tailAt, size - tailAt)).slice());
  let end = tail.byteLength - 22;
  const lowest = Math.max(0, end - 0xffff);
  while (end >= lowest && tail.getUint32(end, true) !== END) end--;
  if (end < lowest) fail("failed finding central directory");
  let count = tail.getUint16(end + 10, true);
  let length = tail.getUint32(end + 12, true);
  let offset = tail.getUint32(end + 16, true);
  if (end >= 20 && tail.getUint32(end - 20, true) === LOCATOR64) {
    const at = u64(tail, end - 12);
    if (!(at + 56 <= size)) fail("failed finding central directory");
    const end64 = viewOf(await source.read(at, 56));
    if (end64.getUint32(0, true) !== END64) fail("failed finding central directory");
    count = u64(end64, 32);
    length = u64(end64, 40);
    offset = u64(end64, 48);
  }
  if (!(offset + length <= size)) fail("failed finding central directory");
  const bytes = await bytesAt(source, offset, length);
  const view = viewOf(bytes);
  const entries: Entry[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    if (!(at + 46 <= length) || view.getUint32(at, true) !== CENTRAL) fail("invalid header or archive is corrupted");
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > length) fail("invalid header or archive is corrupted");
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    entries.push(readEntry(view, at, name, nameEnd, extraEnd, size));
    at = next;
  }
  return entries;
}

function readEntry(view: DataView, at: number, name: string, extra: number, extraEnd: number, fileSize: number): Entry {
  if ((view.getUint16(at + 8, true) & 1) !== 0) fail("encrypted members are not supported");
  const entry: Entry = {
    name,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packedSize: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    offset: view.getUint32(at + 42, true),
  };
  // sizes of four bytes that are all ones are in an extra field
  for (let field = extra; field + 4 <= extraEnd;) {
    const next = field + 4 + view.getUint16(field + 2, true);
    if (view.getUint16(field, true) === 1) {
      let value = field + 4;
      for (const key of ["size", "packedSize", "offset"] as const) {
        if (entry[key] !== MAX32) continue;
        if (value + 8 > Math.min(next, extraEnd)) fail("invalid header or archive is corrupted");
        entry[key] = u64(view, value);
        value += 8;
      }
    }
    field = next;
  }
  const { packedSize, size, offset, method } = entry;
  if (!(offset + 30 + packedSize <= fileSize)) fail(`${name} lies outside of the file`);
  const most = method === STORED ? packedSize : Math.min(MOST, packedSize * MAX_RATIO + 16);
  if (size > most || (method === STORED && size !== packedSize)) fail(`${name} claims more than it can hold`);
  return entry;
}
