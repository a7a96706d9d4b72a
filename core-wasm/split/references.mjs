// What the functions of a module refer to, read from its text.

const FUNCTION = /^ \(func \$(?:"([^"]+)"|(\S+))/;
const NAME = /\$(?:"([^"]+)"|([^\s()]+))/.source;

function referencesOf(text, instructions) {
  const pattern = new RegExp(`\\((?:${instructions}) ${NAME}`, "g");
  const found = new Map();
  let names;
  for (const line of text.split("\n")) {
    const header = FUNCTION.exec(line);
    if (header) found.set(header[1] ?? header[2], (names = new Set()));
    else if (line.startsWith(" (") && !line.startsWith("  ")) names = undefined;
    if (names) for (const match of line.matchAll(pattern)) names.add(match[1] ?? match[2]);
  }
  return found;
}

/** The functions that each function calls, by name. */
export const callsOf = (text) => referencesOf(text, "call");

/** The globals that each function reads or writes, by name. */
export const globalsOf = (text) => referencesOf(text, "global\\.get|global\\.set");
