// SIMD constants become loads of a table. V8 keeps none in a register over a loop: wherever one is used it is put together
// anew, by three instructions on the execution unit that shuffles need too, where a load with its broadcast is one, and
// seven bytes of code instead of eighteen. exp, ten constants a turn, runs in two thirds of the time.
//
// The table is a part of the block of texts (text.mjs), found again in the module by its first bytes.
import { segmentsOf } from "./pack.mjs";

/** What the room for constants begins with. */
export const MARK = Buffer.from("SIMD constants..", "latin1");
const SIZE = 3072;

/** What holds the table's place: no zeros, so that it stays in one segment. */
export const room = [...MARK, ...Buffer.alloc(SIZE + 8, 1)];

function addressOfRoom(module) {
  for (const { address, bytes } of segmentsOf(module)) {
    const at = bytes.indexOf(MARK);
    if (at >= 0) return address + at;
  }
  throw new Error("no room for SIMD constants");
}

/**
 * The text of a module with its constants loaded, the table of their values, with its address, and what writes it into the binary
 * made of the text.
 * @param taken how many bytes of the room other modules on the same memory have
 */
export function loadConstants(text, module, taken = 0) {
  const room = addressOfRoom(module);
  const base = (room + taken + 7) & ~7;
  const table = [];
  const places = new Map();
  /** Where a value of some bytes stands, aligned to at most 8 of them. */
  const place = (bytes) => {
    const key = bytes.toString("hex");
    if (!places.has(key)) {
      while (table.length % Math.min(bytes.length, 8)) table.push(0);
      places.set(key, base + table.length);
      table.push(...bytes);
    }
    return places.get(key);
  };
  const load = (words) => {
    const bytes = Buffer.alloc(16);
    words.forEach((word, i) => bytes.writeUInt32LE(Number(word), 4 * i));
    const [a, b, c, d] = words;
    if (a === b && a === c && a === d) {
      // comparing or subtracting a register with itself gives these
      if (Number(a) === 0 || Number(a) === 0xffffffff) return undefined;
      return ["v128.load32_splat", place(bytes.subarray(0, 4))];
    }
    if (a === c && b === d) return ["v128.load64_splat", place(bytes.subarray(0, 8))];
    return ["v128.load", place(bytes), " align=8"];
  };
  const loaded = text.replace(/\(v128\.const i32x4 (\w+) (\w+) (\w+) (\w+)\)/g, (constant, ...match) => {
    const found = load(match.slice(0, 4));
    return found ? `(${found[0]}${found[2] ?? ""} (i32.const ${found[1]}))` : constant;
  });
  if (taken + table.length > SIZE)
    throw new Error(`${taken + table.length} bytes of SIMD constants are more than ${SIZE}`);
  const write = (binary) => {
    const at = binary.indexOf(MARK);
    binary.fill(0, at, at + MARK.length + SIZE + 8);
    Buffer.from(table).copy(binary, at + base - room);
    return binary;
  };
  return { loaded, table: { address: base, bytes: Buffer.from(table) }, write };
}
