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
  constructor(code: number, key: string, numel: number, root?: StorageRef, start = 0) {
    this.code = code;
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
