// Damage to bytes: flipped bits, cuts, lengths that lie, pieces moved about.

import type { Random } from "./random.ts";

/** Numbers that lengths and counts go wrong at. */
export const INTERESTING = [
  0n,
  1n,
  2n,
  127n,
  128n,
  255n,
  256n,
  32767n,
  32768n,
  65535n,
  65536n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

type Damage = (bytes: Uint8Array, random: Random) => Uint8Array;

function place(bytes: Uint8Array, random: Random): number {
  // formats have their headers at the front or the end
  const near = Math.min(bytes.length, 96);
  const where = random.below(4);
  if (where === 0) return random.below(near);
  if (where === 1) return Math.max(0, bytes.length - 1 - random.below(near));
  return random.below(bytes.length);
}

const flip: Damage = (bytes, random) => {
  for (let count = 1 + random.below(4); count > 0; count--) bytes[place(bytes, random)]! ^= 1 << random.below(8);
  return bytes;
};
const overwrite: Damage = (bytes, random) => {
  for (let count = 1 + random.below(8); count > 0; count--) bytes[place(bytes, random)] = random.below(256);
  return bytes;
};
const truncate: Damage = (bytes, random) => bytes.slice(0, random.below(bytes.length));
const extend: Damage = (bytes, random) =>
  concat(
    bytes,
    Uint8Array.from({ length: 1 + random.below(64) }, () => random.below(256)),
  );
/** A number of 1 to 8 bytes that is as large as it can be, or nearly. */
const lie: Damage = (bytes, random) => {
  const at = place(bytes, random);
  const size = random.pick([1, 2, 4, 8]);
  let value = BigInt.asUintN(64, random.pick(INTERESTING) + BigInt(random.below(3) - 1));
  const big = random.chance(0.2);
  for (let i = 0; i < size; i++, value >>= 8n) {
    const to = at + (big ? size - 1 - i : i);
    if (to < bytes.length) bytes[to] = Number(value & 255n);
  }
  return bytes;
};
const repeat: Damage = (bytes, random) => {
  const from = random.below(bytes.length);
  const part = bytes.slice(from, from + 1 + random.below(64));
  const at = random.below(bytes.length);
  return concat(bytes.subarray(0, at), ...Array.from({ length: 1 + random.below(8) }, () => part), bytes.subarray(at));
};
const drop: Damage = (bytes, random) => {
  const at = random.below(bytes.length);
  return concat(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(32)));
};
const copy: Damage = (bytes, random) => {
  const from = random.below(bytes.length);
  bytes.copyWithin(random.below(bytes.length), from, from + 1 + random.below(64));
  return bytes;
};
const blank: Damage = (bytes, random) => {
  const from = random.below(bytes.length);
  return bytes.fill(random.pick([0, 255]), from, from + 1 + random.below(32));
};

const DAMAGES: readonly Damage[] = [
  flip,
  flip,
  flip,
  overwrite,
  truncate,
  extend,
  lie,
  lie,
  lie,
  repeat,
  drop,
  copy,
  blank,
];

/** A damaged copy. */
export function mutate(file: Uint8Array, random: Random): Uint8Array {
  let bytes: Uint8Array = file.slice();
  do {
    if (bytes.length === 0) return bytes;
    bytes = random.pick(DAMAGES)(bytes, random);
  } while (random.chance(0.25));
  return bytes;
}

export function concat(...parts: readonly (Uint8Array | string | number[])[]): Uint8Array {
  const bytes = parts.map((part) =>
    typeof part === "string" ? Uint8Array.from(part, (char) => char.charCodeAt(0)) : Uint8Array.from(part),
  );
  const whole = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
