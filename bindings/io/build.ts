// The objects of a pickle as JavaScript's values, its storages as memory.

import { core } from "../core.ts";
import { RuntimeError } from "../error.ts";
import { asStrided } from "../gen/functions.ts";
import { Parameter } from "../nn/parameter.ts";
import { type Device, ITEM_SIZES } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { readTensor } from "./fill.ts";
import { arrayOf } from "./numpy.ts";
import { Callable } from "./globals.ts";
import {
  ByteString,
  Dict,
  fail,
  NumpyArray,
  NumpyDtype,
  StorageRef,
  StorageType,
  TensorSpec,
  Tuple,
} from "./python.ts";
import type { Source } from "./source.ts";

/** No pickle of Python nests deeper: its writer is recursive. */
const MAX_DEPTH = 1000;

export interface FillOptions {
  /** see Content */
  decode?: ((bytes: Uint8Array) => Uint8Array) | undefined;
  /** hears how many bytes were read */
  report?: ((bytes: number) => void) | undefined;
}

export class Builder {
  readonly #deviceFor: (location: string) => Device;
  /** storages as tensors of one dimension */
  readonly #storages = new Map<StorageRef, Tensor>();
  /** what was made of an object, so that what was shared is shared again */
  readonly #made = new Map<object, unknown>();

  /** every tensor made so far */
  readonly #tensors: Tensor[] = [];

  /** @param deviceFor where what was saved from a device goes */
  constructor(deviceFor: (location: string) => Device) {
    this.#deviceFor = deviceFor;
  }

  /**
   * Reads a storage's bytes, of which there may be more than it needs.
   * @throws RuntimeError when there are fewer
   */
  async fill(
    storage: StorageRef,
    source: Source,
    position: number,
    length: number,
    options: FillOptions,
  ): Promise<void> {
    const { code, numel } = storage;
    const size = numel * ITEM_SIZES[code]!;
    if (length < size) throw new RuntimeError(`storage has wrong byte size: expected ${size} got ${length}`);
    const content = { code, shape: [numel], decode: options.decode };
    const device = this.#deviceFor(storage.location);
    this.#storages.set(storage, await readTensor(source, position, content, device, options.report));
  }

  /** Releases what only the storages held. */
  close(): void {
    for (const storage of this.#storages.values()) storage.dispose();
  }

  /** The value of an object. Where it has none, no tensor is left. */
  build(object: unknown): unknown {
    try {
      return this.#value(object, 0);
    } catch (error) {
      for (const tensor of this.#tensors) tensor.dispose();
      throw error;
    }
  }

  #value(object: unknown, depth: number): unknown {
    if (typeof object !== "object" || object === null || object instanceof Uint8Array) return object;
    if (this.#made.has(object)) return this.#made.get(object);
    if (depth > MAX_DEPTH) fail("maximum recursion depth exceeded");
    const keep = <T>(value: T): T => {
      this.#made.set(object, value);
      return value;
    };
    if (Array.isArray(object)) {
      const list: unknown[] = keep([]);
      for (const item of object) list.push(this.#value(item, depth + 1));
      return list;
    }
    if (object instanceof Tuple) {
      const list: unknown[] = keep([]);
      for (const item of object.items) list.push(this.#value(item, depth + 1));
      return Object.freeze(list);
    }
    if (object instanceof Set) {
      const set = keep(new Set());
      for (const item of object) set.add(this.#value(item, depth + 1));
      return set;
    }
    if (object instanceof Dict) return this.#dict(object, depth + 1, keep);
    if (object instanceof ByteString) return keep(object.toString());
    if (object instanceof TensorSpec) return keep(this.#tensor(object));
    if (object instanceof StorageRef) return keep(this.#own(this.#view(object, 0, [object.numel], [1])));
    if (object instanceof NumpyArray) {
      const array = this.#own(arrayOf(object.descr, object.shape, object.fortran, object.data));
      const device = this.#deviceFor("cpu");
      return keep(device === "cpu" ? array : this.#own(array.to(device) as Tensor));
    }
    if (object instanceof Callable || object instanceof StorageType || object instanceof NumpyDtype) {
      fail("classes and functions are no values to be loaded");
    }
    return object;
  }

  /** A plain object where all keys are strings, else a Map. */
  #dict({ entries }: Dict, depth: number, keep: <T>(value: T) => T): unknown {
    const keys = [...entries.keys()];
    if (!keys.every((key) => typeof key === "string")) {
      const map = keep(new Map());
      for (const [key, item] of entries) map.set(this.#value(key, depth), this.#value(item, depth));
      return map;
    }
    const plain = keep({});
    for (const [key, item] of entries) {
      // an assignment would take "__proto__" for the prototype
      const descriptor = { value: this.#value(item, depth), writable: true, enumerable: true, configurable: true };
      Object.defineProperty(plain, key as string, descriptor);
    }
    return plain;
  }

  #tensor({ layout }: TensorSpec): Tensor {
    const { storage, offset, size, stride, requiresGrad, isParameter } = layout;
    const tensor = this.#own(this.#view(storage, offset, size, stride));
    if (isParameter) {
      const parameter = this.#own(new Parameter(tensor, requiresGrad));
      tensor.dispose();
      return parameter;
    }
    if (requiresGrad) tensor.requiresGrad = true;
    return tensor;
  }

  #own<T extends Tensor>(tensor: T): T {
    this.#tensors.push(tensor);
    return tensor;
  }

  #view(storage: StorageRef, offset: number, size: readonly number[], stride: readonly number[]): Tensor {
    const whole = this.#storages.get(storage.root);
    if (whole === undefined) fail(`storage ${storage.key} has no data`);
    const view = asStrided(whole, [...size], [...stride], storage.start + offset);
    // as loaded it is a tensor like any other, not a view of one that nobody has
    const tensor = new Tensor(core.detach(view.handle));
    view.dispose();
    return tensor;
  }
}
