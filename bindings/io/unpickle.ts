// Python's pickles, protocols 0 to 5, read by a machine that runs no code: a global is one of a fixed list (globals.ts) or an
// error. Work and memory are bounded by the length of the file: lengths are checked against the bytes that there are, and
// what a call makes out of its arguments is paid for from a budget.

import { UnpicklingError } from "../error.ts";
import { Callable, findGlobal } from "./globals.ts";
import { integer } from "../tensor/read.ts";
import { brief, Dict, fail, NumpyArray, NumpyDtype, TensorSpec, Tuple } from "./python.ts";

/** Python's own limit on the digits of a decimal number, whose conversion takes quadratic time. */
const MAX_DIGITS = 4300;
const HIGHEST_PROTOCOL = 5;

/** Reads one pickle of `bytes`; `position` is then behind it. */
export class Unpickler {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #persistentLoad: (id: unknown) => unknown;
  #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #budget: number;

  constructor(bytes: Uint8Array, position: number, persistentLoad: (id: unknown) => unknown) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
    this.#persistentLoad = persistentLoad;
    this.#budget = 4 * bytes.length + 1024;
  }

  /** Pays for what a call makes. */
  spend(amount: number): void {
    this.#budget -= amount;
    if (this.#budget < 0) fail("the objects take more room than the file can stand for");
  }

  load(): unknown {
    for (;;) {
      const op = this.#byte();
      if (op === 0x2e /* . STOP */) return this.#pop();
      this.#step(op);
    }
  }

  // ---- bytes

  #take(count: number): number {
    const at = this.position;
    if (!(count <= this.#bytes.length - at)) fail("Ran out of input");
    this.position = at + count;
    return at;
  }
  #byte(): number {
    return this.#bytes[this.#take(1)]!;
  }
  #u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  #u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  #u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }
  #slice(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }
  #text(length: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.#slice(length));
    } catch (error) {
      if (error instanceof UnpicklingError) throw error;
      return fail("a string is no valid UTF-8");
    }
  }
  /** The bytes up to the end of the line as characters. */
  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) fail("pickle data was truncated");
    const line = latin1(this.#slice(end - this.position));
    this.position++;
    return line;
  }
  #long(length: number): number | bigint {
    const bytes = this.#slice(length);
    if (length === 0) return 0;
    let digits = "";
    for (let i = length - 1; i >= 0; i--) digits += bytes[i]!.toString(16).padStart(2, "0");
    return integer(BigInt.asIntN(8 * length, BigInt(`0x${digits}`)));
  }
  #decimal(text: string): number | bigint {
    const digits = text.replace(/L$/, "");
    if (!/^\s*[-+]?\d+\s*$/.test(digits) || digits.length > MAX_DIGITS)
      fail(`could not convert '${text.slice(0, 20)}'`);
    return integer(BigInt(digits.replace("+", "")));
  }

  // ---- the stack

  #push(value: unknown): void {
    this.#stack.push(value);
  }
  #pop(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) fail("unexpected MARK found");
    return this.#stack.pop();
  }
  #top(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) fail("the stack is empty");
    return this.#stack.at(-1);
  }
  #popMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) fail("could not find MARK");
    return this.#stack.splice(mark);
  }
  #remember(index: number): void {
    this.#memo.set(index, this.#top());
  }
  #recall(index: number | bigint): void {
    if (!this.#memo.has(index as number)) fail(`Memo value not found at index ${index}`);
    this.#push(this.#memo.get(index as number));
  }

  // ---- objects

  #pushTuple(count: number): void {
    const items: unknown[] = [];
    for (let i = 0; i < count; i++) items.unshift(this.#pop());
    this.#push(new Tuple(items));
  }
  #dictOf(items: unknown[], dict = new Dict()): Dict {
    if (items.length % 2 !== 0) fail("odd number of items for a dict");
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i], items[i + 1]);
    return dict;
  }
  #append(items: unknown[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) fail("can only append to lists");
    for (const item of items) list.push(item);
  }
  #setItems(items: unknown[]): void {
    const dict = this.#top();
    if (!(dict instanceof Dict)) fail("can only set items of dicts");
    this.#dictOf(items, dict);
  }
  #call(callee: unknown, args: unknown): unknown {
    if (!(callee instanceof Callable)) fail(`Trying to call reduce for unrecognized function ${brief(callee)}`);
    if (!(args instanceof Tuple)) fail("the arguments of a call are no tuple");
    return callee.call(args.items, this);
  }
  #build(): void {
    const state = this.#pop();
    const object = this.#top();
    if (object instanceof NumpyDtype && state instanceof Tuple) {
      const order = state.items[1];
      if (typeof order !== "string" || !/^[<>=|]$/.test(order)) fail("a dtype of no known byte order");
      object.order = order === "=" ? "<" : order;
    } else if (object instanceof NumpyArray && state instanceof Tuple) {
      const [, shape, dtype, fortran, data] = state.items;
      if (!(shape instanceof Tuple) || !(dtype instanceof NumpyDtype) || !(data instanceof Uint8Array)) {
        fail("can only build arrays of numbers");
      }
      object.shape = shape.items as number[];
      object.descr = dtype.descr;
      object.fortran = fortran === true;
      object.data = data as Uint8Array<ArrayBuffer>;
    } else if (!(
      (object instanceof Dict || object instanceof TensorSpec) &&
      (state instanceof Dict || state === null)
    )) {
      // attributes of an OrderedDict, such as a state dict's _metadata, are of no use here
      fail(`Can only build Tensor, Parameter, OrderedDict or NumPy objects, but got ${brief(object)}`);
    }
  }
  #global(module: unknown, name: unknown): void {
    if (typeof module !== "string" || typeof name !== "string") fail("a global's name is no string");
    const found = findGlobal(`${module}.${name}`);
    if (found === undefined) {
      fail(
        `Unsupported global: GLOBAL ${module}.${name} was not an allowed global by default. flambeau runs no code of a ` +
          "file: it loads tensors, numbers, strings and containers of them; save a state_dict() instead of a module.",
      );
    }
    this.#push(found.value);
  }

  #step(op: number): void {
    switch (op) {
      case 0x80: {
        const protocol = this.#byte();
        if (protocol > HIGHEST_PROTOCOL) fail(`unsupported pickle protocol: ${protocol}`);
        return;
      }
      case 0x95: // FRAME
        if (this.#u64() > this.#bytes.length - this.position) fail("frame exhausted before end of pickle");
        return;

      // stack and memo
      case 0x28: // ( MARK
        this.#marks.push(this.#stack.length);
        return;
      case 0x30: // 0 POP
        if (this.#marks.length > 0 && this.#stack.length === this.#marks.at(-1)) this.#marks.pop();
        else this.#pop();
        return;
      case 0x31: // 1 POP_MARK
        this.#popMark();
        return;
      case 0x32: // 2 DUP
        return this.#push(this.#top());
      case 0x70: // p PUT
        return this.#remember(Number(this.#decimal(this.#line())));
      case 0x71: // q BINPUT
        return this.#remember(this.#byte());
      case 0x72: // r LONG_BINPUT
        return this.#remember(this.#u32());
      case 0x94: // MEMOIZE
        return this.#remember(this.#memo.size);
      case 0x67: // g GET
        return this.#recall(this.#decimal(this.#line()));
      case 0x68: // h BINGET
        return this.#recall(this.#byte());
      case 0x6a: // j LONG_BINGET
        return this.#recall(this.#u32());

      // constants and numbers
      case 0x4e: // N NONE
        return this.#push(null);
      case 0x88:
        return this.#push(true);
      case 0x89:
        return this.#push(false);
      case 0x4a: // J BININT
        return this.#push(this.#view.getInt32(this.#take(4), true));
      case 0x4b: // K BININT1
        return this.#push(this.#byte());
      case 0x4d: // M BININT2
        return this.#push(this.#u16());
      case 0x49: {
        // I INT, which was bool's too
        const line = this.#line();
        return this.#push(line === "00" ? false : line === "01" ? true : this.#decimal(line));
      }
      case 0x4c: // L LONG
        return this.#push(this.#decimal(this.#line()));
      case 0x8a: // LONG1
        return this.#push(this.#long(this.#byte()));
      case 0x8b: // LONG4
        return this.#push(this.#long(this.#u32()));
      case 0x46: {
        // F FLOAT
        const line = this.#line();
        const known: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
        const value = known[line] ?? (/^-?[\d.]+(e[-+]?\d+)?$/i.test(line) ? Number(line) : NaN);
        if (Number.isNaN(value) && line !== "nan") fail("could not convert string to float");
        return this.#push(value);
      }
      case 0x47: // G BINFLOAT
        return this.#push(this.#view.getFloat64(this.#take(8), false));

      // strings and bytes
      case 0x58: // X BINUNICODE
        return this.#push(this.#text(this.#u32()));
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(this.#text(this.#byte()));
      case 0x8d: // BINUNICODE8
        return this.#push(this.#text(this.#u64()));
      case 0x56: // V UNICODE
        return this.#push(unescape(this.#line(), /\\(?:u([\da-f]{4})|U([\da-f]{8}))/gi));
      case 0x53: {
        // S STRING
        const [, , text] =
          /^(['"])(.*)\1$/s.exec(this.#line().trim()) ?? fail("the STRING opcode argument must be quoted");
        return this.#push(unescape(text!, /\\(?:x([\da-f]{2})|([nrt\\'"]))/gi));
      }
      case 0x54: // T BINSTRING
        return this.#push(this.#text(this.#u32()));
      case 0x55: // U SHORT_BINSTRING
        return this.#push(this.#text(this.#byte()));
      case 0x42: // B BINBYTES
        return this.#push(this.#slice(this.#u32()).slice());
      case 0x43: // C SHORT_BINBYTES
        return this.#push(this.#slice(this.#byte()).slice());
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#push(this.#slice(this.#u64()).slice());

      // containers
      case 0x29: // ) EMPTY_TUPLE
        return this.#push(new Tuple([]));
      case 0x85: // TUPLE1, TUPLE2, TUPLE3
      case 0x86:
      case 0x87:
        return this.#pushTuple(op - 0x84);
      case 0x74: // t TUPLE
        return this.#push(new Tuple(this.#popMark()));
      case 0x5d: // ] EMPTY_LIST
        return this.#push([]);
      case 0x6c: // l LIST
        return this.#push(this.#popMark());
      case 0x61: // a APPEND
        return this.#append([this.#pop()]);
      case 0x65: // e APPENDS
        return this.#append(this.#popMark());
      case 0x7d: // } EMPTY_DICT
        return this.#push(new Dict());
      case 0x64: // d DICT
        return this.#push(this.#dictOf(this.#popMark()));
      case 0x73: {
        // s SETITEM
        const value = this.#pop();
        return this.#setItems([this.#pop(), value]);
      }
      case 0x75: // u SETITEMS
        return this.#setItems(this.#popMark());
      case 0x8f: // EMPTY_SET
        return this.#push(new Set());
      case 0x91: // FROZENSET
        return this.#push(new Set(this.#popMark()));
      case 0x90: {
        // ADDITEMS
        const items = this.#popMark();
        const set = this.#top();
        if (!(set instanceof Set)) fail("can only add items to sets");
        for (const item of items) set.add(item);
        return;
      }

      // globals, calls, persistent ids
      case 0x63: // c GLOBAL
        return this.#global(this.#line(), this.#line());
      case 0x93: {
        // STACK_GLOBAL
        const name = this.#pop();
        return this.#global(this.#pop(), name);
      }
      case 0x52: // R REDUCE
      case 0x81: {
        // NEWOBJ
        const args = this.#pop();
        return this.#push(this.#call(this.#pop(), args));
      }
      case 0x62: // b BUILD
        return this.#build();
      case 0x51: // Q BINPERSID
        return this.#push(this.#persistentLoad(this.#pop()));
      case 0x50: // P PERSID
        return this.#push(this.#persistentLoad(this.#line()));
    }
    fail(`Unsupported operand ${op}`);
  }
}

/** Bytes as the characters of the same codes. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
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
