// What bindings/io/index.ts loads at the first use: everything that reads and writes files' formats.

export { load } from "./load.ts";
export { save } from "./save.ts";
export { loadNpy, loadNpz, loadSafetensors, saveNpy, saveNpz, saveSafetensors } from "./arrays.ts";
