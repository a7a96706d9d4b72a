// Argument checks of the functions that are written by hand: types first, in PyTorch's words, before anything is computed.

import { positional } from "../functional/arguments.ts";
import { TypeError } from "../error.ts";
import {
  boolArg,
  checkOptions,
  dtypeArg,
  floatArg,
  intArg,
  ints,
  isOptions,
  isScalar,
  tensorArg,
  wrongType,
} from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Raises for a value of another type; gives what `run` gets in its place, if that is not the value itself. */
type Check = (value: unknown, op: string, name: string, position: number) => unknown;

/** What a parameter may be. A kind with "?" may be left out, undefined or null. */
const KINDS: Record<string, Check> = {
  Tensor: (...given) => void tensorArg(...given),
  int: intArg,
  float: floatArg,
  bool: (...given) => void boolArg(...given),
  ints: (value, ...where) => {
    ints(value, ...where);
    return Array.isArray(value) ? value.map((item) => intArg(item, ...where)) : intArg(value, ...where);
  },
  dtype: (...given) => void dtypeArg(...given),
  str: (value, op, name, position) => {
    if (typeof value !== "string") wrongType(value, op, name, position, "str");
  },
  /** a number or the name of a norm */
  order: (value, op, name, position) => {
    if (typeof value !== "string" && !isScalar(value)) wrongType(value, op, name, position, "Number or str");
  },
  /** a number or a tensor of numbers */
  bound: (value, op, name, position) => {
    if (!(value instanceof Tensor) && !isScalar(value)) wrongType(value, op, name, position, "Number or Tensor");
    if (value instanceof Tensor) tensorArg(value, op, name, position);
  },
};

interface Parameter {
  readonly name: string;
  readonly check: Check;
  readonly optional: boolean;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyFunction = (...args: any[]) => any;

function parameterOf(text: string): Parameter {
  const [name, kind] = text.split(":") as [string, string];
  const optional = kind.endsWith("?");
  return { name, check: KINDS[optional ? kind.slice(0, -1) : kind]!, optional };
}

/**
 * `run` behind a check of its arguments, by position or by name in a last plain object.
 * @param parameters "A:Tensor upper:bool?", which the first call reads: a hundred functions are guarded while the package loads
 */
export function guard<F extends AnyFunction>(run: F, op: string, parameters: string): F {
  let known: Parameter[] | undefined;
  const guarded = (...args: unknown[]) => {
    const list = (known ??= parameters.split(" ").map(parameterOf));
    const names = list.map(({ name }) => name);
    const last = args.length - 1;
    const options = isOptions(args[last]) ? { ...args[last] } : undefined;
    if (options !== undefined) checkOptions(options, names.slice(last), op);
    else if (args.length > list.length) {
      throw new TypeError(`${op}() takes ${list.length} positional arguments but ${args.length} were given`);
    }
    const values = positional(args, names, op);
    list.forEach(({ name, check, optional }, i) => {
      const value = values[i];
      if (optional && (value === undefined || value === null)) return;
      const instead = check(value, op, name, i + 1);
      if (instead === undefined) return;
      if (options !== undefined && i >= last) options[name] = instead;
      else args[i] = instead;
    });
    if (options !== undefined) args[last] = options;
    return run(...args) as unknown;
  };
  return guarded as F;
}
