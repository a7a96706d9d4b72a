// ZIP archives whose directory says what it likes.

import { crc32, deflateRawSync } from "node:zlib";
import { concat, INTERESTING } from "./mutate.ts";
import type { Random } from "./random.ts";

export interface Member {
  name: string;
  data: Uint8Array;
  deflate?: boolean;
  /** what the headers say in place of the truth */
  claims?: { size?: number; packed?: number; crc?: number; offset?: number; method?: number; flags?: number };
}

const u16 = (value: number): number[] => [value & 255, (value >> 8) & 255];
const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
const u64 = (value: bigint): number[] => Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));

/** An archive of members, whose end says `ending` where that is given. */
export function archive(
  members: readonly Member[],
  ending: { count?: number; size?: number; offset?: number; wide?: readonly bigint[] } = {},
): Uint8Array {
  const parts: (Uint8Array | number[] | string)[] = [];
  const directory: (Uint8Array | number[] | string)[] = [];
  let at = 0;
  let listed = 0;
  for (const { name, data, deflate = false, claims = {} } of members) {
    const packed = deflate ? new Uint8Array(deflateRawSync(data)) : data;
    const { size = data.length, packed: packedSize = packed.length, crc = crc32(data) } = claims;
    const { method = deflate ? 8 : 0, flags = 0, offset = at } = claims;
    const common = [
      ...u16(20),
      ...u16(flags),
      ...u16(method),
      0,
      0,
      0x21,
      0,
      ...u32(crc),
      ...u32(packedSize),
      ...u32(size),
    ];
    common.push(...u16(name.length), 0, 0);
    parts.push("PK\x03\x04", common, name, packed);
    directory.push("PK\x01\x02", u16(20), common, new Array<number>(10).fill(0), u32(offset), name);
    at += 30 + name.length + packed.length;
    listed += 46 + name.length;
  }
  if (ending.wide !== undefined) {
    const [count = 1n, size = 0n, offset = 0n, where = BigInt(at + listed)] = ending.wide;
    directory.push(
      "PK\x06\x06",
      u64(44n),
      u16(45),
      u16(45),
      u32(0),
      u32(0),
      u64(count),
      u64(count),
      u64(size),
      u64(offset),
    );
    directory.push("PK\x06\x07", u32(0), u64(where), u32(1));
  }
  const { count = members.length, size = listed, offset = at } = ending;
  return concat(...parts, ...directory, "PK\x05\x06", u32(0), u16(count), u16(count), u32(size), u32(offset), u16(0));
}

/** The same members in an archive that lies somewhere. */
export function lying(members: readonly Member[], random: Random): Uint8Array {
  const number = (): number => Number(BigInt.asUintN(32, random.pick(INTERESTING)));
  const list = members.map((member): Member => ({ ...member, deflate: random.chance(0.3) }));
  const victim = random.pick(list);
  const ending: Parameters<typeof archive>[1] = {};
  switch (random.below(9)) {
    case 0:
      victim.claims = { size: number() };
      break;
    case 1:
      victim.claims = { packed: number() };
      break;
    case 2:
      victim.claims = { crc: number() };
      break;
    case 3:
      victim.claims = { offset: random.chance(0.5) ? number() : random.below(200) };
      break;
    case 4:
      victim.claims = random.pick([{ method: random.below(100) }, { flags: random.below(65536) }]);
      break;
    case 5: // a bomb: zeros that pack a thousandfold
      Object.assign(victim, { data: new Uint8Array(random.pick([1e4, 1e6])), deflate: true });
      if (random.chance(0.5)) victim.claims = { size: random.pick([0, 100, 2 ** 31, 2 ** 32 - 2]) };
      break;
    case 6:
      Object.assign(ending, random.pick([{ count: number() & 0xffff }, { size: number() }, { offset: number() }]));
      break;
    case 7:
      ending.wide = Array.from({ length: 4 }, () => random.pick(INTERESTING));
      break;
    default: // the same member twice, or under another name
      list.push({ ...victim, name: random.pick([victim.name, "../x", "archive/data.pkl", "", "\xff"]) });
  }
  return archive(list, ending);
}
