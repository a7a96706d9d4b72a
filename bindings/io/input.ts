// The bytes of a pickle: every length is checked against what there is.

import { UnpicklingError } from "../error.ts";
import { integer } from "../tensor/read.ts";
import { fail, latin1 } from "./python.ts";

/** Python's own limit on the digits of a decimal number, whose conversion takes quadratic time. */
const MAX_DIGITS = 4300;

const FLOATS = new Map([
  ["nan", NaN],
  ["inf", Infinity],
  ["-inf", -Infinity],
]);

export class Input {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.position;
  }

  take(count: number): number {
    const at = this.position;
    if (!(count <= this.#bytes.length - at)) fail("Ran out of input");
    this.position = at + count;
    return at;
  }
  byte(): number {
    return this.#bytes[this.take(1)]!;
  }
  u16(): number {
    return this.#view.getUint16(this.take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.take(4), true);
  }
  u64(): number {
    return Number(this.#view.getBigUint64(this.take(8), true));
  }
  slice(length: number): Uint8Array {
    const at = this.take(length);
    return this.#bytes.subarray(at, at + length);
  }
  text(length: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.slice(length));
    } catch (error) {
      if (error instanceof UnpicklingError) throw error;
      return fail("a string is no valid UTF-8");
    }
  }
  /** The bytes up to the end of the line as characters. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) fail("pickle data was truncated");
    const line = latin1(this.slice(end - this.position));
    this.position++;
    return line;
  }
  long(length: number): number | bigint {
    const bytes = this.slice(length);
    if (length === 0) return 0;
    let digits = "";
    for (let i = length - 1; i >= 0; i--) digits += bytes[i]!.toString(16).padStart(2, "0");
    return integer(BigInt.asIntN(8 * length, BigInt(`0x${digits}`)));
  }
  decimal(text: string): number | bigint {
    const digits = text.replace(/L$/, "");
    if (!/^\s*[-+]?\d+\s*$/.test(digits) || digits.length > MAX_DIGITS)
      fail(`could not convert '${text.slice(0, 20)}'`);
    return integer(BigInt(digits.replace("+", "")));
  }
  i32(): number {
    return this.#view.getInt32(this.take(4), true);
  }
  f64(): number {
    return this.#view.getFloat64(this.take(8), false);
  }

  // ---- the text of protocol 0

  float(): number {
    const line = this.line();
    const named = FLOATS.get(line);
    if (named !== undefined) return named;
    const value = /^-?[\d.]+(e[-+]?\d+)?$/i.test(line) ? Number(line) : NaN;
    if (Number.isNaN(value)) fail("could not convert string to float");
    return value;
  }
  rawUnicode(): string {
    return unescape(this.line(), /\\(?:u([\da-f]{4})|U([\da-f]{8}))/gi);
  }
  quoted(): string {
    const [, , text] = /^(['"])(.*)\1$/s.exec(this.line().trim()) ?? fail("the STRING opcode argument must be quoted");
    return unescape(text!, /\\(?:x([\da-f]{2})|([nrt\\'"]))/gi);
  }
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", "\\": "\\", "'": "'", '"': '"' };

function unescape(text: string, pattern: RegExp): string {
  return text.replace(pattern, (_, short?: string, long?: string) => {
    if (short !== undefined) return String.fromCharCode(parseInt(short, 16));
    if (long!.length === 1) return ESCAPES[long!.toLowerCase()]!;
    const point = parseInt(long!, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : fail("illegal Unicode character");
  });
}
