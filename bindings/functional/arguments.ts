// Arguments of the functions that are written by hand: the last plain object names those that are not given by position.

import { checkOptions, isOptions } from "../tensor/call.ts";

/** One size for every spatial dim, or one each. */
export type Sizes = number | readonly number[];

/** The arguments by position, `names` being the parameters in order. */
export function positional(args: readonly unknown[], names: readonly string[], op: string): unknown[] {
  const last = args.length - 1;
  const options = args[last];
  if (!isOptions(options)) return [...args];
  checkOptions(options, names.slice(last), op);
  return names.map((name, i) => (i < last ? args[i] : options[name]));
}
