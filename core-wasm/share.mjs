// Makes the module of a threaded runtime out of a module that imports its memory: the memory is shared, and data segments are
// laid down by the export `_init`, which the first thread calls, instead of by every instance.
import { importedFunctions, importsOf, MEMORY, Reader, readSections, section, unsigned } from "./module.mjs";
import { readSegments } from "./pack.mjs";

const ID = { type: 1, import: 2, function: 3, export: 7, code: 10, data: 11, dataCount: 12 };
const [HAS_MAXIMUM, SHARED] = [1, 3];
const FUNCTION_TYPE = 0x60;
const MEMORY_INIT = [0xfc, 8];
const END = 0x0b;

/** A LEB128 of an i32 that is not negative. */
function constant(value) {
  const bytes = unsigned(value);
  return [0x41, ...(bytes.at(-1) < 64 ? bytes : [...bytes.slice(0, -1), bytes.at(-1) | 128, 0])];
}

/** A vector of a section with one more item. */
function append(body, item) {
  const reader = new Reader(body);
  reader.at = 0;
  const count = reader.unsigned();
  return [count, Buffer.concat([Buffer.from(unsigned(count + 1)), body.subarray(reader.at), Buffer.from(item)])];
}

/** The import section with its memory shared. */
function shareMemory(body) {
  const { at } = [...importsOf(body)].find(({ kind }) => kind === MEMORY);
  if (body[at] !== HAS_MAXIMUM) throw new Error("a memory with a maximum is expected");
  const shared = Buffer.from(body);
  shared[at] = SHARED;
  return shared;
}

export function share(module) {
  const sections = readSections(module);
  const find = (id) => sections.find((s) => s.id === id);
  const data = new Reader(find(ID.data).body);
  data.at = 0;
  const segments = readSegments(data);
  const imports = find(ID.import).body;
  const [type, types] = append(find(ID.type).body, [FUNCTION_TYPE, 0, 0]);
  const [defined, functionTypes] = append(find(ID.function).body, unsigned(type));
  const [, exports] = append(find(ID.export).body, [
    5,
    ...Buffer.from("_init"),
    0,
    ...unsigned(importedFunctions(imports) + defined),
  ]);
  const steps = segments.flatMap(({ address, bytes }, i) =>
    [address, 0, bytes.length].flatMap(constant).concat(MEMORY_INIT, unsigned(i), 0),
  );
  const init = [0, ...steps, END];
  const [, code] = append(find(ID.code).body, [...unsigned(init.length), ...init]);
  const passive = segments.flatMap(({ bytes }) => [Buffer.from([1, ...unsigned(bytes.length)]), bytes]);
  const changed = new Map([
    [ID.type, types],
    [ID.import, shareMemory(imports)],
    [ID.function, functionTypes],
    [ID.export, exports],
    [ID.code, Buffer.concat([section(ID.dataCount, Buffer.from(unsigned(segments.length))), section(ID.code, code)])],
    [ID.data, Buffer.concat([Buffer.from(unsigned(segments.length)), ...passive])],
  ]);
  const bodies = sections
    .filter(({ id }) => id !== ID.dataCount)
    .map(({ id, body }) => (id === ID.code ? changed.get(id) : section(id, changed.get(id) ?? body)));
  return Buffer.concat([module.subarray(0, 8), ...bodies]);
}
