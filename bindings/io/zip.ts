// ZIP archives in memory, stored and deflated, with the extensions for large files. Sizes are taken from the central
// directory and checked against the bytes that there are before anything is unpacked.

import { host } from "../boot.ts";
import { RuntimeError } from "../error.ts";
import { crc32 } from "./crc32.ts";
import { plain } from "./source.ts";

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
const MAX_RATIO = 1032;
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const MAX32 = 0xffffffff;
const UTF8_NAMES = 0x800;

function fail(why: string): never {
  throw new RuntimeError(`PytorchStreamReader failed reading zip archive: ${why}`);
}

/** Whether the bytes begin as a ZIP archive does. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2]! <= 5 && bytes[3]! <= 6;

export class ZipReader {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** @throws RuntimeError when the directory is damaged */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const entries = this.#directory();
    this.entries = new Map(entries.map((entry) => [entry.name, entry]));
    // an archive whose members share their bytes unpacks to more than any size in it says
    let end = 0;
    for (const entry of entries.toSorted((a, b) => a.offset - b.offset)) {
      if (entry.offset < end) fail("members overlap");
      end = entry.offset + 30 + entry.packedSize;
    }
  }

  #u64(at: number): number {
    return Number(this.#view.getBigUint64(at, true));
  }

  #directory(): Entry[] {
    const view = this.#view;
    const length = this.#bytes.length;
    let end = length - 22;
    const lowest = Math.max(0, end - 0xffff);
    while (end >= lowest && view.getUint32(end, true) !== END) end--;
    if (end < lowest) fail("failed finding central directory");
    let count = view.getUint16(end + 10, true);
    let offset = view.getUint32(end + 16, true);
    if (end >= 20 && view.getUint32(end - 20, true) === LOCATOR64) {
      const at = this.#u64(end - 12);
      if (!(at + 56 <= length) || view.getUint32(at, true) !== END64) fail("failed finding central directory");
      count = this.#u64(at + 32);
      offset = this.#u64(at + 48);
    }
    const entries: Entry[] = [];
    for (let i = 0, at = offset; i < count; i++) {
      if (!(at + 46 <= length) || view.getUint32(at, true) !== CENTRAL) fail("invalid header or archive is corrupted");
      const nameLength = view.getUint16(at + 28, true);
      const extraLength = view.getUint16(at + 30, true);
      const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
      if (next > length) fail("invalid header or archive is corrupted");
      entries.push(this.#entry(at, nameLength, extraLength));
      at = next;
    }
    return entries;
  }

  #entry(at: number, nameLength: number, extraLength: number): Entry {
    const view = this.#view;
    if ((view.getUint16(at + 8, true) & 1) !== 0) fail("encrypted members are not supported");
    const name = new TextDecoder().decode(this.#bytes.subarray(at + 46, at + 46 + nameLength));
    const entry: Entry = {
      name,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    };
    // sizes of four bytes that are all ones are in an extra field
    const end = at + 46 + nameLength + extraLength;
    for (let field = at + 46 + nameLength; field + 4 <= end;) {
      const next = field + 4 + view.getUint16(field + 2, true);
      if (view.getUint16(field, true) === 1) {
        let value = field + 4;
        for (const key of ["size", "packedSize", "offset"] as const) {
          if (entry[key] !== MAX32) continue;
          if (value + 8 > Math.min(next, end)) fail("invalid header or archive is corrupted");
          entry[key] = this.#u64(value);
          value += 8;
        }
      }
      field = next;
    }
    const { packedSize, size, offset, method } = entry;
    if (!(offset + 30 + packedSize <= this.#bytes.length)) fail(`${name} lies outside of the file`);
    const most = method === STORED ? packedSize : packedSize * MAX_RATIO + 16;
    if (size > most || (method === STORED && size !== packedSize)) fail(`${name} claims more than it can hold`);
    return entry;
  }

  /**
   * The content of a member; of a stored one a view of the archive.
   * @param verify compare the checksum, which PyTorch's files may lack
   */
  async read(entry: Entry, verify: boolean): Promise<Uint8Array> {
    const { name, method, offset, packedSize, size } = entry;
    if (this.#view.getUint32(offset, true) !== LOCAL) fail(`${name} has no header`);
    const start = offset + 30 + this.#view.getUint16(offset + 26, true) + this.#view.getUint16(offset + 28, true);
    if (start + packedSize > this.#bytes.length) fail(`${name} lies outside of the file`);
    const packed = this.#bytes.subarray(start, start + packedSize);
    let content = packed;
    if (method === DEFLATED) {
      try {
        content = plain(await host().inflateRaw(packed, size));
      } catch {
        fail(`${name} is damaged, or larger than it claims`);
      }
    } else if (method !== STORED) {
      throw new RuntimeError(`${name}: ZIP compression method ${method} is not supported, only stored and deflated`);
    }
    if (content.length !== size) fail(`${name} has ${content.length} bytes where ${size} were expected`);
    if (verify && crc32(content) !== entry.crc) fail(`bad CRC-32 for ${name}`);
    return content;
  }
}

/** A member to be written. */
export interface Member {
  name: string;
  data: Uint8Array;
}

const text = new TextEncoder();

/**
 * An archive of stored members.
 * @param alignment of the members' first bytes; reached by padding, as PyTorch does it
 */
export function zip(members: readonly Member[], alignment = 1): Uint8Array {
  const plan: { name: Uint8Array; data: Uint8Array; padding: number; offset: number; crc: number }[] = [];
  let at = 0;
  for (const { name, data } of members) {
    const encoded = text.encode(name);
    const start = at + 30 + encoded.length;
    // padding is an extra field, which has a head of four bytes
    const padding = start % alignment === 0 ? 0 : 4 + ((alignment - ((start + 4) % alignment)) % alignment);
    plan.push({ name: encoded, data, padding, offset: at, crc: crc32(data) });
    at = start + padding + data.length;
  }
  const directory = at;
  const size = plan.reduce((sum, { name }) => sum + 46 + name.length, 0);
  const length = directory + size + 22;
  if (length >= MAX32 || plan.length >= 0xffff) throw new RuntimeError("files of 4 GB and more are not supported");

  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  /** what the local and the central header have in common */
  const common = (to: number, { crc, data, name }: (typeof plan)[number]): void => {
    view.setUint16(to, 20, true);
    view.setUint16(to + 2, UTF8_NAMES, true);
    view.setUint16(to + 8, 0x21, true); // 1980-01-01: the same value gives the same bytes
    view.setUint32(to + 10, crc, true);
    view.setUint32(to + 14, data.length, true);
    view.setUint32(to + 18, data.length, true);
    view.setUint16(to + 22, name.length, true);
  };
  let central = directory;
  for (const member of plan) {
    const { name, data, padding, offset } = member;
    view.setUint32(offset, LOCAL, true);
    common(offset + 4, member);
    file.set(name, offset + 30);
    if (padding > 0) {
      const extra = offset + 30 + name.length;
      view.setUint16(offset + 28, padding, true);
      file.set([0x46, 0x42], extra); // "FB"
      view.setUint16(extra + 2, padding - 4, true);
      file.fill(0x5a, extra + 4, extra + padding);
    }
    file.set(data, offset + 30 + name.length + padding);
    view.setUint32(central, CENTRAL, true);
    view.setUint16(central + 4, 20, true);
    common(central + 6, member);
    view.setUint32(central + 42, offset, true);
    file.set(name, central + 46);
    central += 46 + name.length;
  }
  view.setUint32(central, END, true);
  view.setUint16(central + 8, plan.length, true);
  view.setUint16(central + 10, plan.length, true);
  view.setUint32(central + 12, size, true);
  view.setUint32(central + 16, directory, true);
  return file;
}
