// Headers of text: safetensors' JSON and NumPy's dicts, with other values in them.

import { concat, INTERESTING } from "./mutate.ts";
import type { Random } from "./random.ts";

/** Values that a header's number, string or list may turn into. */
function other(random: Random): unknown {
  return random.pick<unknown>([
    null,
    true,
    -1,
    0,
    0.5,
    1e308,
    Number(random.pick(INTERESTING)),
    "",
    "F32",
    "F8_E4M3",
    [],
    [[1]],
    {},
    { toString: 1, valueOf: null },
    { __proto__: null, length: 2, 0: 0, 1: 4 },
    "x".repeat(500),
  ]);
}

/** An assignment would take "__proto__" for the prototype. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function changed(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || random.chance(0.1)) return other(random);
  const copy = structuredClone(value) as Record<string, unknown>;
  const keys = Object.keys(copy);
  const key = random.pick(keys);
  const what = random.below(10);
  if (keys.length === 0 || what === 0)
    define(copy, random.pick(["x", "__proto__", "0", "data_offsets"]), other(random));
  else if (what === 1) delete copy[key];
  else copy[key] = changed(copy[key], random);
  return copy;
}

/** A safetensors file with something else in its header. */
export function otherJson(file: Uint8Array, random: Random): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header: unknown = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  let text = JSON.stringify(changed(header, random));
  if (random.chance(0.1)) {
    text = random.pick([
      "[".repeat(5000),
      '{"a":'.repeat(5000),
      text.replace(/\d+/, "1e999"),
      text.replace(/\d+/, "NaN"),
      text.replace(/\d+/, "-0"),
      ` ${text}`,
      `${text.slice(0, -1)},"x":{"dtype":"F32","shape":[${"1,".repeat(300)}1],"data_offsets":[0,4]}}`,
      `${text.slice(0, -1)},"y":{"dtype":"F32","shape":[0,2147483647,2147483647],"data_offsets":[0,0]}}`,
      text.replace(/[a-z]/, "\xff"),
    ]);
  }
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(text.length), true);
  return concat(head, text, file.subarray(8 + length));
}

/** A .npy file with something else in its header. */
export function otherDict(file: Uint8Array, random: Random): Uint8Array {
  const length = file[8]! + 256 * file[9]!;
  let text = new TextDecoder("latin1").decode(file.subarray(10, 10 + length));
  const shape = random.pick(["()", "(3)", "(-1,)", "(NaN,)", "(99999999999,)", "(2147483647, 2147483647, 4)", "(0, 2147483647)", `(${"1,".repeat(200)})`, "(65536, 65536)", "(1e3,)", "(2L, 3L)", "3"]); // prettier-ignore
  const descr = random.pick(["<f4", ">f8", "|O8", "<U4", "<M8", "<V16", "<c16", "=u8", "<f3", "[('a', '<f4')]", "__proto__", "<u8", "b1"]); // prettier-ignore
  if (random.chance(0.6)) text = text.replace(/\([^)]*\)/, shape);
  if (random.chance(0.4)) text = text.replace(/'descr': '[^']*'/, `'descr': '${descr}'`);
  if (random.chance(0.2)) text = text.replace(/False|True/, random.pick(["True", "False", "None", "1"]));
  if (random.chance(0.1))
    text = random.pick(["", "{", "}", "{}", " ".repeat(9000), "{'descr': ".repeat(900), text.repeat(50)]);
  const version = random.pick([1, 1, 1, 2, 3, 4]);
  const counter = [text.length & 255, (text.length >> 8) & 255, ...(version === 1 ? [] : [text.length >> 16, 0])];
  return concat(file.subarray(0, 6), [version, 0], counter, text, file.subarray(10 + length));
}
