// Writes ZIP archives of stored members, one after the other.

import { RuntimeError } from "../error.ts";
import { crc32 } from "./crc32.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { memory, type Pieces } from "./sink.ts";
import { CENTRAL, END, LOCAL } from "./zip.ts";

/** A member to be written. */
export interface NewMember {
  name: string;
  /** of head and body */
  size: number;
  /** what the content begins with */
  head: Uint8Array;
  /** Gives, when its turn has come, a CPU tensor in whose memory the rest lies, and which is then disposed of. */
  body?: () => Promise<Tensor>;
}

const UTF8_NAMES = 0x800;
const MAX32 = 0xffffffff;

interface Placed {
  name: Uint8Array;
  member: NewMember;
  /** bytes between the name and the content */
  padding: number;
  offset: number;
  crc: number;
}

const text = new TextEncoder();

export class ZipWriter {
  /** of the whole file */
  readonly size: number;
  readonly #plan: Placed[] = [];
  readonly #directory: number;

  /** @param alignment of the members' first bytes; reached by padding, as PyTorch does it */
  constructor(members: readonly NewMember[], alignment = 1) {
    let at = 0;
    let names = 0;
    for (const member of members) {
      const name = text.encode(member.name);
      const start = at + 30 + name.length;
      // padding is an extra field, which has a head of four bytes
      const padding = start % alignment === 0 ? 0 : 4 + ((alignment - ((start + 4) % alignment)) % alignment);
      this.#plan.push({ name, member, padding, offset: at, crc: 0 });
      at = start + padding + member.size;
      names += name.length;
    }
    this.#directory = at;
    this.size = at + 46 * members.length + names + 22;
    if (this.size >= MAX32 || members.length >= 0xffff) {
      throw new RuntimeError("files of 4 GB and more are not supported");
    }
  }

  async *pieces(): Pieces {
    for (const placed of this.#plan) {
      const { head, size, body } = placed.member;
      const tensor = await body?.();
      try {
        placed.crc = crc32(head);
        // the checksum stands before the content
        if (tensor) for await (const piece of memory(tensor, size - head.length)) placed.crc = crc32(piece, placed.crc);
        yield this.#localHeader(placed);
        yield head;
        if (tensor) yield* memory(tensor, size - head.length);
      } finally {
        tensor?.dispose();
      }
    }
    yield this.#ending();
  }

  #localHeader(placed: Placed): Uint8Array {
    const { name, padding } = placed;
    const bytes = new Uint8Array(30 + name.length + padding);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, LOCAL, true);
    describe(view, 4, placed);
    bytes.set(name, 30);
    if (padding > 0) {
      const extra = 30 + name.length;
      view.setUint16(28, padding, true);
      bytes.set([0x46, 0x42], extra); // "FB"
      view.setUint16(extra + 2, padding - 4, true);
      bytes.fill(0x5a, extra + 4);
    }
    return bytes;
  }

  /** The directory and its end. */
  #ending(): Uint8Array {
    const bytes = new Uint8Array(this.size - this.#directory);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const placed of this.#plan) {
      view.setUint32(at, CENTRAL, true);
      view.setUint16(at + 4, 20, true);
      describe(view, at + 6, placed);
      view.setUint32(at + 42, placed.offset, true);
      bytes.set(placed.name, at + 46);
      at += 46 + placed.name.length;
    }
    view.setUint32(at, END, true);
    view.setUint16(at + 8, this.#plan.length, true);
    view.setUint16(at + 10, this.#plan.length, true);
    view.setUint32(at + 12, at, true);
    view.setUint32(at + 16, this.#directory, true);
    return bytes;
  }
}

/** What the local and the central header have in common. */
function describe(view: DataView, to: number, { crc, member, name }: Placed): void {
  view.setUint16(to, 20, true);
  view.setUint16(to + 2, UTF8_NAMES, true);
  view.setUint16(to + 8, 0x21, true); // 1980-01-01: the same value gives the same bytes
  view.setUint32(to + 10, crc, true);
  view.setUint32(to + 14, member.size, true);
  view.setUint32(to + 18, member.size, true);
  view.setUint16(to + 22, name.length, true);
}
