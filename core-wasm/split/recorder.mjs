// Imported before a program: puts the module PROFILED in the place of the core, and writes which of its functions were entered
// to PROFILE when the program ends.
import { readFileSync, writeFileSync } from "node:fs";

const { Module, Instance } = WebAssembly;
const isCore = (module) => Module.exports(module).some(({ name }) => name === "scratchGrow");
let exports;

WebAssembly.Module = function (bytes) {
  const module = new Module(bytes);
  return isCore(module) ? new Module(readFileSync(process.env.PROFILED)) : module;
};
Object.assign(WebAssembly.Module, { exports: Module.exports, imports: Module.imports });
WebAssembly.Instance = function (module, imports) {
  const instance = new Instance(module, imports);
  if (isCore(module)) {
    exports = instance.exports;
    // a core that could have threads asks of each kernel whether it is worth one; what they do is not entered, since there are none
    exports.setThreads(2);
  }
  return instance;
};

process.on("exit", (code) => {
  if (code !== 0) return;
  const found = { hot: [], cold: [] };
  for (const [name, value] of Object.entries(exports)) {
    if (name.startsWith("entered ")) found[value.value ? "hot" : "cold"].push(name.slice("entered ".length));
  }
  writeFileSync(process.env.PROFILE, JSON.stringify(found));
});
