// What a pickle holds before its tensors exist: Python's containers, and descriptions of storages and tensors. They become
// JavaScript's values (build.ts) once the whole pickle has been read and found valid.

import { UnpicklingError } from "../error.ts";

/** A dict or an OrderedDict. */
export class Dict {
  readonly entries = new Map<unknown, unknown>();
}

/** A tuple or a torch.Size. Lists are plain arrays. */
export class Tuple {
  readonly items: readonly unknown[];
  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** A class of storages, such as torch.FloatStorage. */
export class StorageType {
  /** the code of the elements' dtype */
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

/** A storage of the file; `root` is the one that it is a part of, in files of old versions. */
export class StorageRef {
  readonly code: number;
  readonly key: string;
  readonly numel: number;
  readonly root: StorageRef;
  readonly start: number;
  /** the device that it was saved from, such as "cuda:0" */
  readonly location: string;
  constructor(code: number, key: string, numel: number, location: string, root?: StorageRef, start = 0) {
    this.code = code;
    this.location = location;
    this.key = key;
    this.numel = numel;
    this.root = root ?? this;
    this.start = start;
  }
}

/** A tensor on a storage of the file. */
export interface Layout {
  storage: StorageRef;
  offset: number;
  size: readonly number[];
  stride: readonly number[];
  requiresGrad: boolean;
  isParameter: boolean;
}

export class TensorSpec {
  readonly layout: Layout;
  constructor(layout: Layout) {
    this.layout = layout;
  }
}

/** numpy.dtype: its type string, such as "f4", and after BUILD its byte order. */
export class NumpyDtype {
  readonly type: string;
  order = "|";
  constructor(type: string) {
    this.type = type;
  }
  get descr(): string {
    return this.order + this.type;
  }
}

/** numpy.ndarray: empty until BUILD. */
export class NumpyArray {
  shape: readonly number[] = [0];
  descr = "<f4";
  fortran = false;
  data = new Uint8Array(0);
}

/** A long string of Python 2, which may be text or the bytes of an array: characters of the same codes as its bytes. */
export class ByteString {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  toString(): string {
    return latin1(this.bytes);
  }
}

/** Bytes as the characters of the same codes. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

/** A size, an index or a count of a file; the core counts with 31 bits. */
export const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0x7fffffff;

/** @throws UnpicklingError in PyTorch's words */
export function fail(why: string): never {
  throw new UnpicklingError(`Weights only load failed. WeightsUnpickler error: ${why}`);
}

/** A value of a file in a message: whatever it is, neither long nor slow to print. */
export function brief(value: unknown): string {
  if (typeof value === "string") return value.slice(0, 80);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  return typeof value === "object" ? value.constructor.name : typeof value;
}
