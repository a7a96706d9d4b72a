// Raw deflate streams (RFC 1951), at once: pages have no decompression but asynchronous. For data of our own only: a stream that
// is cut off or wrong gives nonsense.

// prettier-ignore
const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
// prettier-ignore
const DISTANCES = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Symbols in the order of their codes, and how many codes there are of each length. */
interface Codes {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codesOf(lengths: Uint8Array): Codes {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  const next = new Uint16Array(17);
  for (let length = 1; length < 16; length++) next[length + 1] = next[length]! + counts[length]!;
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[next[length]!++] = symbol;
  });
  return { counts, symbols };
}

const FIXED = [codesOf(Uint8Array.from({ length: 288 }, fixedLength)), codesOf(new Uint8Array(30).fill(5))] as const;

function fixedLength(_: unknown, symbol: number): number {
  if (symbol < 144) return 8;
  if (symbol < 256) return 9;
  return symbol < 280 ? 7 : 8;
}

export function inflate(data: Uint8Array): Uint8Array<ArrayBuffer> {
  let out = new Uint8Array(4 * data.length);
  let length = 0;
  let at = 0;
  let bits = 0;
  let held = 0;

  function take(count: number): number {
    while (held < count) {
      bits |= data[at++]! << held;
      held += 8;
    }
    const value = bits & ((1 << count) - 1);
    bits >>>= count;
    held -= count;
    return value;
  }
  function symbolOf({ counts, symbols }: Codes): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let width = 1; ; width++) {
      code |= take(1);
      const count = counts[width]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
  }
  function room(count: number): void {
    if (length + count <= out.length) return;
    const larger = new Uint8Array(2 * (length + count));
    larger.set(out);
    out = larger;
  }
  function dynamicCodes(): readonly [Codes, Codes] {
    const literals = take(5) + 257;
    const distances = take(5) + 1;
    const count = take(4) + 4;
    const lengths = new Uint8Array(19);
    for (let i = 0; i < count; i++) lengths[ORDER[i]!] = take(3);
    const codes = codesOf(lengths);
    const all = new Uint8Array(literals + distances);
    for (let i = 0; i < all.length;) {
      const symbol = symbolOf(codes);
      if (symbol < 16) all[i++] = symbol;
      else if (symbol === 16) {
        const end = i + 3 + take(2);
        all.fill(all[i - 1]!, i, end);
        i = end;
      } else i += symbol === 17 ? 3 + take(3) : 11 + take(7);
    }
    return [codesOf(all.subarray(0, literals)), codesOf(all.subarray(literals))];
  }

  for (let last = 0; last === 0;) {
    last = take(1);
    const type = take(2);
    if (type === 0) {
      bits = held = 0;
      const count = data[at]! | (data[at + 1]! << 8);
      at += 4;
      room(count);
      out.set(data.subarray(at, at + count), length);
      at += count;
      length += count;
      continue;
    }
    const [literals, distances] = type === 1 ? FIXED : dynamicCodes();
    for (let symbol = symbolOf(literals); symbol !== 256; symbol = symbolOf(literals)) {
      room(258);
      if (symbol < 256) {
        out[length++] = symbol;
        continue;
      }
      const extra = symbol < 265 || symbol === 285 ? 0 : (symbol - 261) >> 2;
      const count = LENGTHS[symbol - 257]! + take(extra);
      const far = symbolOf(distances);
      const back = DISTANCES[far]! + take(far < 4 ? 0 : (far - 2) >> 1);
      for (let i = 0; i < count; i++, length++) out[length] = out[length - back]!;
    }
  }
  return out.slice(0, length);
}
