// Which of the named things in a file are asked for.

import { ValueError } from "../error.ts";

/** The entries with these names, in the file's order; all of them where no names are given. @throws ValueError for others */
export function selection<T>(entries: readonly [string, T][], keys: Iterable<string> | undefined): [string, T][] {
  if (keys === undefined || keys === null) return [...entries];
  const wanted = new Set(keys);
  const chosen = entries.filter(([name]) => wanted.delete(name));
  const [missing] = wanted;
  if (missing !== undefined) throw new ValueError(`File does not contain tensor ${missing}`);
  return chosen;
}
