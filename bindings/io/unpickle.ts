// Python's pickles, protocols 0 to 5, read by a machine that runs no code: a global is one of a fixed list (globals.ts) or an
// error. Work and memory are bounded by the length of the file: lengths are checked against the bytes that there are, and
// what a call makes out of its arguments is paid for from a budget.

import { Callable, findGlobal } from "./globals.ts";
import { Input } from "./input.ts";
import { brief, ByteString, Dict, fail, latin1, NumpyArray, NumpyDtype, TensorSpec, Tuple } from "./python.ts";

const HIGHEST_PROTOCOL = 5;

/** Reads one pickle of `bytes`; `position` is then behind it. */
export class Unpickler {
  readonly #input: Input;
  readonly #persistentLoad: (id: unknown) => unknown;
  #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #budget: number;
  readonly #python2: boolean;

  /** @param python2 the strings of Python 2 are characters of the same codes as their bytes, and not UTF-8 */
  constructor(bytes: Uint8Array, position: number, persistentLoad: (id: unknown) => unknown, python2 = false) {
    this.#python2 = python2;
    this.#input = new Input(bytes, position);
    this.#persistentLoad = persistentLoad;
    this.#budget = 4 * bytes.length + 1024;
  }

  get position(): number {
    return this.#input.position;
  }

  /** Pays for what a call makes. */
  spend(amount: number): void {
    this.#budget -= amount;
    if (this.#budget < 0) fail("the objects take more room than the file can stand for");
  }

  load(): unknown {
    for (;;) {
      const op = this.#input.byte();
      if (op === 0x2e /* . STOP */) return this.#pop();
      this.#step(op);
    }
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
    for (let i = 0; i < items.length; i += 2) dict.entries.set(this.#key(items[i]), items[i + 1]);
    return dict;
  }
  /** Strings are compared by their characters. */
  #key(value: unknown): unknown {
    if (!(value instanceof ByteString)) return value;
    this.spend(value.bytes.length);
    return value.toString();
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
      const [, shape, dtype, fortran, content] = state.items;
      const data = this.#arrayBytes(content);
      if (!(shape instanceof Tuple) || !(dtype instanceof NumpyDtype) || data === undefined) {
        fail("can only build arrays of numbers");
      }
      this.spend(data.length + 8 * shape.items.length);
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
  /** The bytes of an array: in Python 2 they are a string. */
  #arrayBytes(content: unknown): Uint8Array | undefined {
    if (content instanceof Uint8Array) return content;
    if (content instanceof ByteString) return content.bytes;
    if (!this.#python2 || typeof content !== "string") return undefined;
    this.spend(content.length);
    return Uint8Array.from(content, (char) => char.charCodeAt(0));
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
        const protocol = this.#input.byte();
        if (protocol > HIGHEST_PROTOCOL) fail(`unsupported pickle protocol: ${protocol}`);
        return;
      }
      case 0x95: // FRAME
        if (this.#input.u64() > this.#input.left) fail("frame exhausted before end of pickle");
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
        return this.#remember(Number(this.#input.decimal(this.#input.line())));
      case 0x71: // q BINPUT
        return this.#remember(this.#input.byte());
      case 0x72: // r LONG_BINPUT
        return this.#remember(this.#input.u32());
      case 0x94: // MEMOIZE
        return this.#remember(this.#memo.size);
      case 0x67: // g GET
        return this.#recall(this.#input.decimal(this.#input.line()));
      case 0x68: // h BINGET
        return this.#recall(this.#input.byte());
      case 0x6a: // j LONG_BINGET
        return this.#recall(this.#input.u32());

      // constants and numbers
      case 0x4e: // N NONE
        return this.#push(null);
      case 0x88:
        return this.#push(true);
      case 0x89:
        return this.#push(false);
      case 0x4a: // J BININT
        return this.#push(this.#input.i32());
      case 0x4b: // K BININT1
        return this.#push(this.#input.byte());
      case 0x4d: // M BININT2
        return this.#push(this.#input.u16());
      case 0x49: {
        // I INT, which was bool's too
        const line = this.#input.line();
        return this.#push(line === "00" ? false : line === "01" ? true : this.#input.decimal(line));
      }
      case 0x4c: // L LONG
        return this.#push(this.#input.decimal(this.#input.line()));
      case 0x8a: // LONG1
        return this.#push(this.#input.long(this.#input.byte()));
      case 0x8b: // LONG4
        return this.#push(this.#input.long(this.#input.u32()));
      case 0x46: // F FLOAT
        return this.#push(this.#input.float());
      case 0x47: // G BINFLOAT
        return this.#push(this.#input.f64());

      // strings and bytes
      case 0x58: // X BINUNICODE
        return this.#push(this.#input.text(this.#input.u32()));
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(this.#input.text(this.#input.byte()));
      case 0x8d: // BINUNICODE8
        return this.#push(this.#input.text(this.#input.u64()));
      case 0x56: // V UNICODE
        return this.#push(this.#input.rawUnicode());
      case 0x53: // S STRING
        return this.#push(this.#input.quoted());
      case 0x54: // T BINSTRING
        if (this.#python2) return this.#push(new ByteString(this.#input.slice(this.#input.u32())));
        return this.#push(this.#input.text(this.#input.u32()));
      case 0x55: // U SHORT_BINSTRING
        if (this.#python2) return this.#push(latin1(this.#input.slice(this.#input.byte())));
        return this.#push(this.#input.text(this.#input.byte()));
      case 0x42: // B BINBYTES
        return this.#push(this.#input.slice(this.#input.u32()).slice());
      case 0x43: // C SHORT_BINBYTES
        return this.#push(this.#input.slice(this.#input.byte()).slice());
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#push(this.#input.slice(this.#input.u64()).slice());

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
        return this.#push(new Set(this.#popMark().map((item) => this.#key(item))));
      case 0x90: {
        // ADDITEMS
        const items = this.#popMark();
        const set = this.#top();
        if (!(set instanceof Set)) fail("can only add items to sets");
        for (const item of items) set.add(this.#key(item));
        return;
      }

      // globals, calls, persistent ids
      case 0x63: // c GLOBAL
        return this.#global(this.#input.line(), this.#input.line());
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
      case 0x69: {
        // i INST
        const args = new Tuple(this.#popMark());
        this.#global(this.#input.line(), this.#input.line());
        return this.#push(this.#call(this.#pop(), args));
      }
      case 0x6f: {
        // o OBJ
        const [callee, ...args] = this.#popMark();
        return this.#push(this.#call(callee, new Tuple(args)));
      }
      case 0x62: // b BUILD
        return this.#build();
      case 0x51: // Q BINPERSID
        return this.#push(this.#persistentLoad(this.#pop()));
      case 0x50: // P PERSID
        return this.#push(this.#persistentLoad(this.#input.line()));
    }
    fail(`Unsupported operand ${op}`);
  }
}
