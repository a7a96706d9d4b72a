// Divides a core in two modules: one with what training and inference in float32 call, which a program loads, and one with the
// rest, which the first module asks for when it first calls something of it.
//
// Which functions those are is written in cold.txt, by profile.mjs. A function that is not listed stays in the first module.
// This happens between compiler and optimizer, where functions still are those of the sources: so nothing of the rest is
// inlined into the first module, and of two functions with the same code none stands for the other.
//
// A call of a function that has moved goes to a stub of the same name, which calls through a table; before the first of them
// the import `loadRest` instantiates the second module, whose element segment fills the table. The second module imports
// memory, globals and functions of the first by numbers.
import binaryen from "binaryen";
import { outlineErrors, thatNeverReturn } from "./outline.mjs";
import { callsOf, globalsOf } from "./references.mjs";

/** Exports of the first module for the second: functions and globals by number, the table, and whether the second is there. */
const TABLE = "_table";
const READY = "_ready";
const START = "~start";
const shared = (i) => `_${i.toString(36)}!`;

function functionsOf(module) {
  const all = Array.from({ length: module.getNumFunctions() }, (_, i) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(i)),
  );
  return { imported: all.filter((f) => f.module), defined: all.filter((f) => !f.module) };
}

const exportsOf = (module) =>
  Array.from({ length: module.getNumExports() }, (_, i) => binaryen.getExportInfo(module.getExportByIndex(i)));

/** The parameters of a function, to be handed on. */
const parameters = (module, { params }) => binaryen.expandType(params).map((type, i) => module.local.get(i, type));

function read(bytes) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  return module;
}

/** The core with the errors of functions that stay as functions of their own, and what goes into the second module. */
function prepare(bytes, listed) {
  const module = read(bytes);
  const { defined } = functionsOf(module);
  const byHand = new Set(exportsOf(module).flatMap(({ name, value }) => (name.startsWith("_") ? [] : [value])));
  const isCold = ({ name }) => listed.has(name) && name !== START && !byHand.has(name);
  const neverReturn = thatNeverReturn(defined);
  const errors = defined.filter((f) => !isCold(f)).flatMap((f) => outlineErrors(module, f, neverReturn));
  return { bytes: module.emitBinary(), cold: new Set([...defined.filter(isCold).map(({ name }) => name), ...errors]) };
}

/**
 * The two modules of a core. Exports that are written by hand stay in the first.
 * @param listed the names of what goes into the second module
 */
export function split(core, listed) {
  const names = binaryen.getDebugInfo();
  binaryen.setDebugInfo(true);
  try {
    const { bytes, cold } = prepare(core, listed);
    return divide(bytes, cold);
  } finally {
    binaryen.setDebugInfo(names);
  }
}

function divide(bytes, cold) {
  const first = read(bytes);
  const second = read(bytes);
  const { defined } = functionsOf(first);
  const text = first.emitText();
  const calls = callsOf(text);
  const globals = globalsOf(text);
  const byName = new Map(defined.map((f) => [f.name, f]));
  const called = (from) => new Set(defined.filter((f) => from(f.name)).flatMap((f) => [...calls.get(f.name)]));

  // the first module
  const fromHot = called((name) => !cold.has(name));
  const slots = [...cold].filter((name) => fromHot.has(name)).sort();
  first.addTable(TABLE, slots.length, slots.length);
  first.addTableExport(TABLE, TABLE);
  first.addGlobal(READY, binaryen.i32, true, first.i32.const(0));
  first.addGlobalExport(READY, READY);
  first.addFunctionImport("loadRest", "env", "loadRest", binaryen.none, binaryen.none);
  for (const { name, value } of exportsOf(first)) if (cold.has(value)) first.removeExport(name);
  for (const name of cold) first.removeFunction(name);
  slots.forEach((name, slot) => {
    const { params, results } = byName.get(name);
    const load = first.if(
      first.i32.eqz(first.global.get(READY, binaryen.i32)),
      first.call("loadRest", [], binaryen.none),
    );
    const operands = parameters(first, byName.get(name));
    const call = first.call_indirect(TABLE, first.i32.const(slot), operands, params, results);
    first.addFunction(name, params, results, [], first.block(null, [load, call], results));
  });

  // the second
  const fromCold = called((name) => cold.has(name));
  second.addTableImport(TABLE, "env", TABLE);
  second.addActiveElementSegment(TABLE, "moved", slots, second.i32.const(0));
  for (const { name, value, kind } of exportsOf(second)) {
    if (kind !== binaryen.ExternalKinds.Function || !cold.has(value)) second.removeExport(name);
  }
  let number = 0;
  const used = new Set([...cold].flatMap((name) => [...globals.get(name)]));
  for (const name of [...used].sort()) {
    const { type, mutable, module } = binaryen.getGlobalInfo(first.getGlobal(name));
    if (module || !mutable) continue;
    const as = shared(number++);
    first.addGlobalExport(name, as);
    second.removeGlobal(name);
    second.addGlobalImport(name, "env", as, type, true);
  }
  for (const { name, params, results } of defined) {
    if (cold.has(name)) continue;
    if (name !== START) second.removeFunction(name);
    if (!fromCold.has(name)) continue;
    const as = shared(number++);
    first.addFunctionExport(name, as);
    second.addFunctionImport(name, "env", as, params, results);
  }
  second.addGlobalImport(READY, "env", READY, binaryen.i32, true);
  const ready = second.global.set(READY, second.i32.const(1));
  second.removeFunction(START);
  second.setStart(second.addFunction(START, binaryen.none, binaryen.none, [], ready));
  return [first, second].map((module) => {
    module.runPasses(["remove-unused-module-elements"]);
    if (!module.validate()) throw new Error("the divided core is not valid");
    return module.emitBinary();
  });
}
