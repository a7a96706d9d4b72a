// What flambeau/inline unpacks itself with, against Node's zlib.
import { constants, deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { inflate } from "../../hosts/inflate.ts";

let state = 1;
const next = (below: number): number => (state = (state * 48271) % 2147483647) % below;

const DATA: Record<string, Uint8Array> = {
  nothing: new Uint8Array(0),
  "a byte": Uint8Array.of(7),
  zeros: new Uint8Array(100_000),
  noise: Uint8Array.from({ length: 70_000 }, () => next(256)),
  text: new TextEncoder().encode("a tensor, a tensor, my kingdom for a tensor; ".repeat(500)),
  mixture: Uint8Array.from({ length: 200_000 }, (_, i) => (i % 1000 < 500 ? next(4) : i >> 8)),
};

test.each(Object.keys(DATA))("inflate gives back %s", (name) => {
  const data = DATA[name]!;
  const { Z_FIXED, Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY } = constants;
  for (const level of [0, 1, 6, 9])
    for (const strategy of [Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY]) {
      const back = inflate(deflateRawSync(data, { level, strategy }));
      expect(Buffer.compare(back, data)).toBe(0);
    }
});
