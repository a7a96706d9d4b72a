// Divides the data of a core among its two modules: what functions of the first refer to goes there, the rest is laid down by the
// second, which never writes where the first has something.
//
// Data are the texts of messages, each for itself, and tables. A table is referred to by any number in it or shortly before it,
// since an index may have been folded into its address; a text only by its own address.
import { MARK } from "../constants.mjs";
import { segmentsOf } from "../pack.mjs";

const BEFORE = 64;

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
 */
export function divideData(raw, firstText) {
  const numbers = numbersIn(firstText);
  const isReferred = (from, to) => {
    const next = numbers.find((number) => number >= from);
    return next !== undefined && next < to;
  };
  const first = [];
  const second = [];
  for (const segment of segmentsOf(raw)) {
    const parts = segment.bytes.includes(MARK) ? textsOf(segment) : [segment];
    for (const { address, bytes, isText } of parts) {
      if (bytes.every((byte) => byte === 0)) continue;
      const used = isText ? isReferred(address, address + 1) : isReferred(address - BEFORE, address + bytes.length);
      (used ? first : second).push({ address, bytes });
    }
  }
  return [first, second];
}
