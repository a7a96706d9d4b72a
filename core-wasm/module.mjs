// The outermost layer of a wasm module, as far as the steps of the build read and write it.

export class Reader {
  at = 8;
  constructor(bytes) {
    this.bytes = bytes;
  }
  byte() {
    return this.bytes[this.at++];
  }
  unsigned() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }
  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

export const [FUNCTION, TABLE, MEMORY, GLOBAL] = [0, 1, 2, 3];

/** What the body of an import section imports: of which kind, and where in the body it is described. */
export function* importsOf(body) {
  const reader = new Reader(body);
  reader.at = 0;
  for (let left = reader.unsigned(); left > 0; left--) {
    reader.take(reader.unsigned());
    reader.take(reader.unsigned());
    const kind = reader.byte();
    yield { kind, at: reader.at };
    if (kind === FUNCTION) reader.unsigned();
    else if (kind === GLOBAL) reader.take(2);
    else if (kind === TABLE || kind === MEMORY) {
      if (kind === TABLE) reader.byte();
      const hasMaximum = reader.unsigned() & 1;
      reader.unsigned();
      if (hasMaximum) reader.unsigned();
    } else throw new Error(`an import of kind ${kind} is not expected`);
  }
}

export const importedFunctions = (body) => [...importsOf(body)].filter(({ kind }) => kind === FUNCTION).length;

/** An unsigned LEB128. */
export function unsigned(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** The sections of a module, by their numbers. */
export function readSections(module) {
  const reader = new Reader(module);
  const sections = [];
  while (reader.at < module.length) {
    const id = reader.byte();
    sections.push({ id, body: reader.take(reader.unsigned()) });
  }
  return sections;
}

export const writeSections = (module, sections) =>
  Buffer.concat([module.subarray(0, 8), ...sections.map(({ id, body }) => section(id, body))]);

export const section = (id, body) => Buffer.concat([Buffer.from([id, ...unsigned(body.length)]), body]);
