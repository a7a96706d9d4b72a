// Constructor arguments of modules and optimizers: in PyTorch's order, and by name in a last plain object.

import { TypeError } from "../error.ts";
import { isOptions, unexpected } from "../tensor/call.ts";
import type { Device, DType } from "../tensor/dtype.ts";
import { FloatScalar } from "../tensor/scalar.ts";

/** Optional arguments: any number of them by position, then perhaps an object that has the rest by name. */
export type Rest<Positional extends unknown[], Options> = Positional extends [infer First, ...infer Others]
  ? [options?: Options] | [First | undefined, ...Rest<Others, Options>]
  : [options?: Options];

/** Arguments that are needed, by position, then `Rest`; or all of them by name. */
export type Arguments<Needed extends unknown[], Named, Positional extends unknown[], Options> =
  [...Needed, ...Rest<Positional, Options>] | [options: Named & Options];

/** Where and as what a module's parameters are made. */
export interface Factory {
  device?: Device;
  dtype?: DType;
}

/** `Factory` before anything was said: the defaults of creation. */
export const defaultFactory: { device: Device | undefined; dtype: DType | undefined } = {
  device: undefined,
  dtype: undefined,
};

const missing: unique symbol = Symbol("missing");

/** Stands among the defaults of `take` for an argument that has none. */
export const required = <T>(): T => missing as T;

/**
 * Values of the arguments that `defaults` names, in its order. @throws TypeError for a name or a position that is not there
 */
export function take<T extends object>(what: string, args: readonly unknown[], defaults: T): T {
  const result = { ...defaults } as Record<string, unknown>;
  const names = Object.keys(defaults);
  const last = args.at(-1);
  const options = isOptions(last) && isPlain(last) ? last : undefined;
  const count = options ? args.length - 1 : args.length;
  if (count > names.length) {
    throw new TypeError(`${what}() takes at most ${names.length} arguments here but ${count} were given`);
  }
  for (let i = 0; i < count; i++) if (args[i] !== undefined) result[names[i]!] = plain(args[i]);
  for (const key in options) {
    if (!(key in defaults)) unexpected(what, key);
    if (options[key] !== undefined) result[key] = plain(options[key]);
  }
  for (const name of names) {
    if (result[name] === missing) throw new TypeError(`${what}() missing required argument: '${name}'`);
  }
  return result as T;
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** A module's settings are numbers; the mark of `torch.float` matters to operands only. */
const plain = (value: unknown): unknown => (value instanceof FloatScalar ? value.value : value);

/** A number that may be marked as a float. */
export const numberOf = (value: number | FloatScalar): number => Number(value);
