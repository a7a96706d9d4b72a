// Protocol buffers by tables: a message is a plain object, its fields are listed in schema.ts.

import { ValueError } from "../error.ts";

/**
 * i: an integer as a number (clamped where it is beyond 2^53), l: a 64-bit integer as BigInt, f: float, d: double, s: text, b: bytes,
 * else the name of a message.
 */
export type FieldKind = "i" | "l" | "f" | "d" | "s" | "b" | (string & {});

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly repeated: boolean;
}

/** Fields by number, by the name of their message. */
export type Schema = Readonly<Record<string, ReadonlyMap<number, Field>>>;

type Message = Record<string, unknown>;

const VARINT = 0;
const WIDE = 1;
const BYTES = 2;
const NARROW = 5;

/** Messages lie in one another no deeper than this. */
const MAX_DEPTH = 64;

const damaged = (what: string): never => {
  throw new ValueError(`not an ONNX model, or a damaged one: ${what}`);
};

/** "name:kind" and "name:kind*" by number. */
export function schemaOf(lines: Record<string, Record<number, string>>): Schema {
  return Object.fromEntries(
    Object.entries(lines).map(([message, fields]) => [
      message,
      new Map(
        Object.entries(fields).map(([number, text]) => {
          const [, name, kind, star] = /^(\w+):(\w+)(\*?)$/.exec(text)!;
          return [Number(number), { name: name!, kind: kind!, repeated: star === "*" }];
        }),
      ),
    ]),
  );
}

// ---- reading

/** Reads a message. Repeated fields are always there. @throws ValueError for bytes that are no such message */
export function decode(schema: Schema, kind: string, bytes: Uint8Array): Message {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = 0;

  function varint(end: number): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) damaged("it ends in the middle of a number");
      const byte = bytes[at++]!;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      if (at >= end) damaged("it ends in the middle of a number");
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    return damaged("a number is too long");
  }

  /** The length of what follows, which must be there. */
  function length(end: number): number {
    const count = Number(varint(end));
    if (!(count >= 0 && count <= end - at)) damaged("a length is beyond the end");
    return count;
  }

  function fixed(size: number, end: number): number {
    if (end - at < size) damaged("it ends in the middle of a number");
    at += size;
    return at - size;
  }

  function scalar(kind: FieldKind, wire: number, end: number): unknown {
    switch (kind) {
      case "i":
      case "l": {
        if (wire !== VARINT) damaged(`an integer of wire type ${wire}`);
        const value = varint(end);
        return kind === "l" ? value : Number(value);
      }
      case "f":
        if (wire !== NARROW) damaged(`a float of wire type ${wire}`);
        return view.getFloat32(fixed(4, end), true);
      case "d":
        if (wire !== WIDE) damaged(`a double of wire type ${wire}`);
        return view.getFloat64(fixed(8, end), true);
    }
    return damaged(`a ${kind} of wire type ${wire}`);
  }

  function message(kind: string, end: number, depth: number): Message {
    if (depth > MAX_DEPTH) damaged("messages are nested too deep");
    const fields = schema[kind]!;
    const result: Message = {};
    for (const field of fields.values()) if (field.repeated) result[field.name] = [];
    while (at < end) {
      const tag = Number(varint(end));
      const wire = tag & 7;
      const field = fields.get(Math.floor(tag / 8));
      if (field === undefined) {
        if (tag < 8) damaged("a field has no number");
        skip(wire, end);
        continue;
      }
      const { name, kind, repeated } = field;
      const list = result[name] as unknown[];
      if (wire !== BYTES) {
        const value = scalar(kind, wire, end);
        if (repeated) list.push(value);
        else result[name] = value;
        continue;
      }
      const count = length(end);
      const stop = at + count;
      if (kind.length === 1 && kind !== "s" && kind !== "b") {
        if (!repeated) damaged("a list in place of a number");
        const each = kind === "f" ? NARROW : kind === "d" ? WIDE : VARINT;
        while (at < stop) list.push(scalar(kind, each, stop));
        continue;
      }
      const value = kind === "s" ? string(stop) : kind === "b" ? slice(stop) : message(kind, stop, depth + 1);
      if (repeated) list.push(value);
      else result[name] = value;
    }
    return result;
  }

  function slice(stop: number): Uint8Array {
    const part = bytes.subarray(at, stop);
    at = stop;
    return part;
  }

  function string(stop: number): string {
    const part = slice(stop);
    try {
      return text.decode(part);
    } catch {
      return damaged("a text is no valid UTF-8");
    }
  }

  function skip(wire: number, end: number): void {
    if (wire === VARINT) varint(end);
    else if (wire === WIDE) fixed(8, end);
    else if (wire === NARROW) fixed(4, end);
    else if (wire === BYTES) {
      const count = length(end);
      at += count;
    } else damaged(`a field of wire type ${wire}`);
  }

  return message(kind, bytes.length, 0);
}

// ---- writing

/** Bytes that grow. */
class Output {
  bytes = new Uint8Array(1024);
  length = 0;

  room(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const next = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      next.set(this.bytes.subarray(0, at));
      this.bytes = next;
    }
    return at;
  }
  varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    const at = this.room(10);
    let length = 1;
    for (; rest > 0x7fn; rest >>= 7n) this.bytes[at + length++ - 1] = Number(rest & 0x7fn) | 0x80;
    this.bytes[at + length - 1] = Number(rest);
    this.length = at + length;
  }
  append(bytes: Uint8Array): void {
    this.varint(bytes.length);
    const at = this.room(bytes.length);
    this.bytes.set(bytes, at);
  }
  float(value: number, size: 4 | 8): void {
    const at = this.room(size);
    const view = new DataView(this.bytes.buffer);
    if (size === 4) view.setFloat32(at, value, true);
    else view.setFloat64(at, value, true);
  }
}

/** Writes a message; fields that are undefined are left out, lists of numbers are packed. */
export function encode(schema: Schema, kind: string, value: object): Uint8Array {
  const text = new TextEncoder();

  function number(out: Output, kind: FieldKind, value: unknown): void {
    if (kind === "f") out.float(value as number, 4);
    else if (kind === "d") out.float(value as number, 8);
    else out.varint(value as number);
  }

  function write(out: Output, kind: string, value: Message): void {
    for (const [id, { name, kind: part, repeated }] of schema[kind]!) {
      const given = value[name];
      if (given === undefined) continue;
      const isNumber = part.length === 1 && part !== "s" && part !== "b";
      if (isNumber && repeated) {
        if ((given as unknown[]).length === 0) continue;
        const list = new Output();
        for (const item of given as unknown[]) number(list, part, item);
        out.varint(id * 8 + BYTES);
        out.append(list.bytes.subarray(0, list.length));
      } else if (isNumber) {
        out.varint(id * 8 + (part === "f" ? NARROW : part === "d" ? WIDE : VARINT));
        number(out, part, given);
      } else {
        for (const item of repeated ? (given as unknown[]) : [given]) {
          out.varint(id * 8 + BYTES);
          if (part === "s") out.append(text.encode(item as string));
          else if (part === "b") out.append(item as Uint8Array);
          else {
            const inner = new Output();
            write(inner, part, item as Message);
            out.append(inner.bytes.subarray(0, inner.length));
          }
        }
      }
    }
  }

  const out = new Output();
  write(out, kind, value as Message);
  return out.bytes.slice(0, out.length);
}
