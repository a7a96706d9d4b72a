// Joins the data segments of a module. asc leaves one per run of non-zero bytes, some thousands, whose headers compress
// worse than the zeros between them: joined, the core is 7 % smaller after gzip.
import { Reader, section, unsigned } from "./module.mjs";

const DATA = 11;
const DATA_COUNT = 12;
/** Longer runs of zeros stay out of the file. */
const GAP = 1024;

/** A signed LEB128 of a number that is not negative: bit 6 of the last byte is its sign. */
function signed(value) {
  const bytes = unsigned(value);
  if (bytes.at(-1) < 64) return bytes;
  return [...bytes.slice(0, -1), bytes.at(-1) | 128, 0];
}

export function readSegments(reader) {
  return Array.from({ length: reader.unsigned() }, () => {
    const flags = reader.unsigned();
    if (flags !== 0 || reader.byte() !== 0x41)
      throw new Error("only active segments at constant addresses are expected");
    const address = reader.unsigned();
    if (reader.byte() !== 0x0b) throw new Error("a segment's address is expected to be one constant");
    return { address, bytes: reader.take(reader.unsigned()) };
  });
}

function join(segments) {
  const joined = [];
  for (const { address, bytes } of segments.sort((a, b) => a.address - b.address)) {
    const last = joined.at(-1);
    const gap = last ? address - last.end : Infinity;
    if (gap > GAP) joined.push({ address, end: address + bytes.length, parts: [bytes] });
    else {
      last.parts.push(Buffer.alloc(gap), bytes);
      last.end = address + bytes.length;
    }
  }
  return joined;
}

export function joinSegments(module) {
  const reader = new Reader(module);
  const sections = [];
  let count = 0;
  while (reader.at < module.length) {
    const id = reader.byte();
    const length = reader.unsigned();
    const end = reader.at + length;
    if (id === DATA) {
      const joined = join(readSegments(reader));
      count = joined.length;
      const segment = ({ address, end: last, parts }) =>
        Buffer.concat([Buffer.from([0, 0x41, ...signed(address), 0x0b, ...unsigned(last - address)]), ...parts]);
      sections.push({ id, body: Buffer.concat([Buffer.from(unsigned(count)), ...joined.map(segment)]) });
    } else sections.push({ id, body: reader.take(length) });
    reader.at = end;
  }
  const bodies = sections.map(({ id, body }) => section(id, id === DATA_COUNT ? Buffer.from(unsigned(count)) : body));
  return Buffer.concat([module.subarray(0, 8), ...bodies]);
}
