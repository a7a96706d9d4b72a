// Writes pickles of protocol 2, as torch.save does.

import { RuntimeError, TypeError, ValueError } from "../error.ts";
import { FloatScalar } from "../tensor/scalar.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Deep enough for any checkpoint, and Python can still read it. */
const MAX_DEPTH = 300;

const text = new TextEncoder();

/** What a tensor is pickled as. */
export interface SavedTensor {
  storageType: string;
  key: string;
  numel: number;
  offset: number;
  size: readonly number[];
  stride: readonly number[];
  requiresGrad: boolean;
  isParameter: boolean;
}

export class Pickler {
  #bytes = new Uint8Array(1024);
  #length = 0;
  readonly #memo = new Map<unknown, number>();
  readonly #globals = new Map<string, number>();
  readonly #open = new Set<object>();
  #memoSize = 0;
  readonly #describe: (tensor: Tensor) => SavedTensor;

  constructor(describe: (tensor: Tensor) => SavedTensor) {
    this.#describe = describe;
  }

  /** The pickle of a value. @throws TypeError for what neither Python nor PyTorch has */
  dump(value: unknown): Uint8Array {
    this.#put(0x80, 2);
    this.#write(value, 0);
    this.#put(0x2e);
    return this.#bytes.subarray(0, this.#length);
  }

  // ---- bytes

  #room(count: number): DataView {
    if (this.#length + count > this.#bytes.length) {
      const grown = new Uint8Array(2 * (this.#length + count));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    return new DataView(this.#bytes.buffer, this.#length);
  }
  #put(...bytes: number[]): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
  #putBytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
  #put32(op: number, value: number): void {
    this.#put(op);
    this.#room(4).setUint32(0, value, true);
    this.#length += 4;
  }

  // ---- the memo

  #index(op: number, long: number, index: number): void {
    if (index < 256) this.#put(op, index);
    else this.#put32(long, index);
  }
  /** Gives what lies on the stack a number to be referred to by. */
  #memoize<K>(memo: Map<K, number>, key: K): void {
    memo.set(key, this.#memoSize);
    this.#index(0x71, 0x72, this.#memoSize++);
  }
  #recall<K>(memo: Map<K, number>, key: K): boolean {
    const index = memo.get(key);
    if (index === undefined) return false;
    this.#index(0x68, 0x6a, index);
    return true;
  }

  // ---- values

  #write(value: unknown, depth: number): void {
    if (depth > MAX_DEPTH) throw new RuntimeError("maximum recursion depth exceeded while pickling an object");
    switch (typeof value) {
      case "undefined":
        return this.#put(0x4e);
      case "boolean":
        return this.#put(value ? 0x88 : 0x89);
      case "number":
        return Number.isSafeInteger(value) && !Object.is(value, -0) ? this.#int(value) : this.#float(value);
      case "bigint":
        return this.#long(value);
      case "string":
        return this.#string(value);
      case "object":
        return value === null ? this.#put(0x4e) : this.#object(value, depth);
    }
    refuse(value);
  }

  #int(value: number): void {
    if (value >= 0 && value < 256) this.#put(0x4b, value);
    else if (value >= 0 && value < 65536) this.#put(0x4d, value & 255, value >> 8);
    else if (value === (value | 0)) this.#put32(0x4a, value >>> 0);
    else this.#long(BigInt(value));
  }

  #long(value: bigint): void {
    const bytes: number[] = [];
    // until the rest is what the sign of the last byte says
    for (let rest = value; ; rest >>= 8n) {
      bytes.push(Number(rest & 255n));
      const sign = bytes.at(-1)! >= 128 ? -1n : 0n;
      if (rest >> 8n === sign) break;
    }
    if (bytes.length < 256) this.#put(0x8a, bytes.length);
    else this.#put32(0x8b, bytes.length);
    this.#putBytes(Uint8Array.from(bytes));
  }

  #float(value: number): void {
    this.#put(0x47);
    this.#room(8).setFloat64(0, value, false);
    this.#length += 8;
  }

  #string(value: string): void {
    if (this.#recall(this.#memo, value)) return;
    const bytes = text.encode(value);
    this.#put32(0x58, bytes.length);
    this.#putBytes(bytes);
    this.#memoize(this.#memo, value);
  }

  #global(module: string, name: string): void {
    const key = `${module}\n${name}\n`;
    if (this.#recall(this.#globals, key)) return;
    this.#put(0x63);
    this.#putBytes(text.encode(key));
    this.#memoize(this.#globals, key);
  }

  #tuple(items: readonly unknown[], depth: number): void {
    if (items.length === 0) return this.#put(0x29);
    if (items.length > 3) this.#put(0x28);
    for (const item of items) this.#write(item, depth);
    this.#put(items.length > 3 ? 0x74 : 0x84 + items.length);
  }

  #object(value: object, depth: number): void {
    if (this.#recall(this.#memo, value)) return;
    if (value instanceof FloatScalar) return this.#float(value.value);
    if (value instanceof Tensor) this.#tensor(value);
    else if (Array.isArray(value)) return this.#array(value, depth);
    else if (value instanceof Map) return this.#dict(value, value, depth);
    else if (value instanceof Set) this.#set(value, depth);
    else if (value instanceof Uint8Array) this.#rawBytes(value);
    else if (isPlain(value)) return this.#dict(value, entriesOf(value), depth);
    else {
      refuse(value);
    }
    this.#memoize(this.#memo, value);
  }

  #array(value: readonly unknown[], depth: number): void {
    if (Object.isFrozen(value)) {
      // a tuple is made after its items, which therefore cannot contain it
      if (this.#open.has(value)) throw new ValueError("cannot pickle a tuple (a frozen array) that contains itself");
      this.#open.add(value);
      this.#tuple(value, depth + 1);
      this.#open.delete(value);
      return value.length === 0 ? undefined : this.#memoize(this.#memo, value);
    }
    this.#put(0x5d);
    this.#memoize(this.#memo, value);
    if (value.length === 0) return;
    this.#put(0x28);
    for (const item of value) this.#write(item, depth + 1);
    this.#put(0x65);
  }

  #dict(value: object, entries: Iterable<readonly [unknown, unknown]>, depth: number): void {
    this.#put(0x7d);
    this.#memoize(this.#memo, value);
    this.#put(0x28);
    for (const [key, item] of entries) {
      this.#write(key, depth + 1);
      this.#write(item, depth + 1);
    }
    this.#put(0x75);
  }

  #set(value: ReadonlySet<unknown>, depth: number): void {
    this.#global("__builtin__", "set");
    this.#put(0x5d, 0x28);
    for (const item of value) this.#write(item, depth + 1);
    this.#put(0x65, 0x85, 0x52);
  }

  /** bytes, which protocol 2 does not have */
  #rawBytes(value: Uint8Array): void {
    this.#global("_codecs", "encode");
    let encoded = "";
    for (let i = 0; i < value.length; i += 4096) encoded += String.fromCharCode(...value.subarray(i, i + 4096));
    this.#string(encoded);
    this.#string("latin1");
    this.#put(0x86, 0x52);
  }

  #tensor(tensor: Tensor): void {
    const saved = this.#describe(tensor);
    const { isParameter, requiresGrad } = saved;
    if (isParameter) {
      this.#global("torch._utils", "_rebuild_parameter");
      this.#put(0x28);
    }
    this.#global("torch._utils", "_rebuild_tensor_v2");
    this.#put(0x28, 0x28);
    this.#string("storage");
    this.#global("torch", saved.storageType);
    this.#string(saved.key);
    this.#string("cpu");
    this.#int(saved.numel);
    this.#put(0x74, 0x51);
    this.#int(saved.offset);
    this.#tuple(saved.size, 0);
    this.#tuple(saved.stride, 0);
    this.#write(requiresGrad && !isParameter, 0);
    this.#noHooks();
    this.#put(0x74, 0x52);
    if (isParameter) {
      this.#write(requiresGrad, 0);
      this.#noHooks();
      this.#put(0x74, 0x52);
    }
  }

  /** an empty OrderedDict */
  #noHooks(): void {
    this.#global("collections", "OrderedDict");
    this.#put(0x29, 0x52);
  }
}

/** @throws TypeError in Python's words */
function refuse(value: unknown): never {
  // modules are functions, so that they can be called
  const isObject = (typeof value === "object" || typeof value === "function") && value !== null;
  const isModule = isObject && "stateDict" in value;
  const kind = isModule || typeof value === "object" ? (value?.constructor.name ?? "object") : typeof value;
  const hint = isModule ? ": save its stateDict()" : ArrayBuffer.isView(value) ? ": make it a tensor" : "";
  throw new TypeError(`cannot pickle '${kind}' object${hint}`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The entries of a plain object. In an optimizer's state dict the state is numbered, and Python's keys are integers then. */
export function entriesOf(value: object): (readonly [unknown, unknown])[] {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (!("param_groups" in value) || !("state" in value)) return entries;
  return entries.map(([key, item]) => [key, key === "state" ? numbered(item) : item] as const);
}

function numbered(state: unknown): unknown {
  if (typeof state !== "object" || state === null || state instanceof Map || !isPlain(state)) return state;
  const entries = Object.entries(state);
  if (!entries.every(([key]) => /^(0|[1-9]\d{0,14})$/.test(key))) return state;
  return new Map(entries.map(([key, item]) => [Number(key), item]));
}
