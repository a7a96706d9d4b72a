// What bindings/io loads at the first use: everything that reads and writes files' formats.

export { load, loadPickle } from "./load.ts";
export { save } from "./save.ts";
export { loadNpy, loadNpz, saveNpy, saveNpz } from "./arrays.ts";
export {
  loadFile as loadSafetensors,
  open as openSafetensors,
  saveFile as saveSafetensors,
} from "./safetensorsFile.ts";
