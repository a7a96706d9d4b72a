// Joins the data segments of a module. asc leaves one per run of non-zero bytes, some thousands, whose headers compress
// worse than the zeros between them: joined, the core is 7 % smaller after gzip.
import { Reader, readSections, unsigned, writeSections } from "./module.mjs";

const CODE = 10;
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

/** The segments of a data section, from where the reader stands. */
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

export function segmentsOf(module) {
  const data = readSections(module).find(({ id }) => id === DATA);
  if (data === undefined) return [];
  const reader = new Reader(data.body);
  reader.at = 0;
  return readSegments(reader);
}

function join(segments, gap) {
  const joined = [];
  for (const { address, bytes } of segments.toSorted((a, b) => a.address - b.address)) {
    const last = joined.at(-1);
    const distance = last ? address - last.end : Infinity;
    if (distance > gap) joined.push({ address, end: address + bytes.length, parts: [bytes] });
    else {
      last.parts.push(Buffer.alloc(distance), bytes);
      last.end = address + bytes.length;
    }
  }
  return joined;
}

/** A module with other data. @param gap over how many bytes segments are joined, which become zeros */
export function withSegments(module, segments, gap = GAP) {
  const joined = join(segments, gap);
  const segment = ({ address, end, parts }) =>
    Buffer.concat([Buffer.from([0, 0x41, ...signed(address), 0x0b, ...unsigned(end - address)]), ...parts]);
  const data = { id: DATA, body: Buffer.concat([Buffer.from(unsigned(joined.length)), ...joined.map(segment)]) };
  const count = { id: DATA_COUNT, body: Buffer.from(unsigned(joined.length)) };
  const sections = readSections(module).filter(({ id }) => id !== DATA && id !== DATA_COUNT);
  const code = sections.findIndex(({ id }) => id === CODE);
  return writeSections(module, [...sections.slice(0, code), count, sections[code], data, ...sections.slice(code + 1)]);
}

export const joinSegments = (module) => withSegments(module, segmentsOf(module));
