// Divides the data of a core among its two modules: what functions of the first refer to goes there, the rest is laid down by the
// second, which never writes where the first has something.
//
// Data are the texts of messages, each for itself, and tables. A table is referred to by any number in it or shortly before it,
// since an index may have been folded into its address; a text only by its own address. The programs of rare elementwise ops are
// too many bytes for that, some number always is among them: they go with the one function that knows where they are.
import { MARK } from "../constants.mjs";
import { segmentsOf } from "../pack.mjs";

const BEFORE = 64;
/** How the table of rare programs begins (core-wasm/generate/programs.ts). */
const PROGRAMS = Buffer.from("programs", "latin1");

/** The numbers in a module's text that may be addresses. */
function numbersIn(text) {
  const found = [...text.matchAll(/\(i32\.const (\d+)\)|offset=(\d+)/g)].map((match) => Number(match[1] ?? match[2]));
  return [...new Set(found)].sort((a, b) => a - b);
}

/** Each text of the block, with the zero at its end; the room for constants behind them is left out. */
function* textsOf({ address, bytes }) {
  const end = bytes.indexOf(MARK);
  for (let from = 0; from < end;) {
    const to = Math.min(bytes.indexOf(0, from) + 1, end);
    yield { address: address + from, bytes: bytes.subarray(from, to), isText: true };
    from = to;
  }
}

/**
 * The data of both modules, without their SIMD constants.
 * @param raw the core as the compiler has made it, where each table is a segment
 * @param firstText the optimized first module as text
 * @param rarePrograms whether the rare programs are the second module's
 */
export function divideData(raw, firstText, rarePrograms) {
  const numbers = numbersIn(firstText);
  const isReferred = (from, to) => {
    const next = numbers.find((number) => number >= from);
    return next !== undefined && next < to;
  };
  const first = [];
  const second = [];
  for (const segment of segmentsOf(raw)) {
    if (segment.bytes.subarray(0, PROGRAMS.length).equals(PROGRAMS)) {
      (rarePrograms ? second : first).push(segment);
      continue;
    }
    const parts = segment.bytes.includes(MARK) ? textsOf(segment) : [segment];
    for (const { address, bytes, isText } of parts) {
      if (bytes.every((byte) => byte === 0)) continue;
      const used = isText ? isReferred(address, address + 1) : isReferred(address - BEFORE, address + bytes.length);
      (used ? first : second).push({ address, bytes });
    }
  }
  return [first, second];
}
