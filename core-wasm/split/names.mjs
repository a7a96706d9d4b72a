// The list of the functions that usual programs don't call: cold.txt, a line for each file of the core.
import { readFileSync } from "node:fs";

const FOLDER = "core-wasm/assembly/";
const list = new URL("./cold.txt", import.meta.url);

export function writeNames(names) {
  const files = new Map();
  for (const name of [...names].sort()) {
    const cut = name.lastIndexOf("/") + 1;
    // the parameters of a generic function are written with slashes, too, if they are classes
    const at = name.indexOf("<") < 0 ? cut : name.lastIndexOf("/", name.indexOf("<")) + 1;
    const file = name.slice(0, at).replace(FOLDER, "");
    files.set(file, [...(files.get(file) ?? []), name.slice(at)]);
  }
  return [...files].map(([file, own]) => `${file} ${own.join(" ")}\n`).join("");
}

export function readNames() {
  const names = new Set();
  for (const line of readFileSync(list, "utf8").trim().split("\n")) {
    const [file, ...own] = line.split(" ");
    const folder = file.startsWith("~") ? file : FOLDER + file;
    for (const name of own) names.add(folder + name);
  }
  return names;
}
