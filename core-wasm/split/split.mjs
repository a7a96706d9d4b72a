// Divides a core in two modules: one with what training and inference in float32 call, which a program loads, and one with the
// rest, which the first module asks for when it first calls something of it.
//
// Which functions those are is written in cold.txt, by profile.mjs. A function that is not listed stays in the first module.
// This happens between compiler and optimizer, where functions still are those of the sources: so nothing of the rest is
// inlined into the first module, and of two functions with the same code none stands for the other.
//
// A call of a function that has moved goes to a stub of the same name, which calls through a table; before the first of them
// the import `loadRest` instantiates the second module, whose element segment fills the table. The second module imports
// memory, globals and functions of the first by numbers, the functions out of the same table.
import binaryen from "binaryen";
import { outlineErrors, thatNeverReturn } from "./outline.mjs";
import { callsOf, globalsOf } from "./references.mjs";
import { walk } from "./walk.mjs";

/** Exports of the first module for the second: functions and globals by number, the table, and whether the second is there. */
const TABLE = "_table";
const READY = "_ready";
const START = "~start";
const shared = (i) => `_${i.toString(36)}!`;
/** Functions of the first module are imported by the place in the table where JavaScript finds them: an export takes a name. */
const atPlace = (place) => `!${place}`;

function functionsOf(module) {
  const all = Array.from({ length: module.getNumFunctions() }, (_, i) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(i)),
  );
  return { imported: all.filter((f) => f.module), defined: all.filter((f) => !f.module) };
}

const exportsOf = (module) =>
  Array.from({ length: module.getNumExports() }, (_, i) => binaryen.getExportInfo(module.getExportByIndex(i)));

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
  const cold = new Set([...defined.filter(isCold).map(({ name }) => name), ...errors]);
  return { bytes: module.emitBinary(), cold, errors: new Set(errors) };
}

/**
 * The two modules of a core. Exports that are written by hand stay in the first.
 * @param listed the names of what goes into the second module
 */
export function split(core, listed) {
  const names = binaryen.getDebugInfo();
  binaryen.setDebugInfo(true);
  try {
    return divide(prepare(core, listed));
  } finally {
    binaryen.setDebugInfo(names);
  }
}

/** A function of the first module that calls what is in the table. @returns its name */
function addStub(module, name, { params, results }, slot) {
  const load = module.if(
    module.i32.eqz(module.global.get(READY, binaryen.i32)),
    module.call("loadRest", [], binaryen.none),
  );
  const types = binaryen.expandType(params);
  const operands = types.map((type, i) => module.local.get(i, type));
  const target = slot === undefined ? module.local.get(types.length, binaryen.i32) : module.i32.const(slot);
  const call = module.call_indirect(TABLE, target, operands, params, results);
  const all = slot === undefined ? binaryen.createType([...types, binaryen.i32]) : params;
  module.addFunction(name, all, results, [], module.block(null, [load, call], results));
}

/** Errors, each of which is called in one place, share a stub for each list of parameters: it is told the place in the table. */
function callErrors(module, names, errors, slots, byName) {
  for (const name of names) {
    walk(binaryen.Function.getBody(module.getFunction(name)), (expression, { id, target }) => {
      if (id !== binaryen.ExpressionIds.Call || !errors.has(target)) return;
      const stub = `error(${binaryen.expandType(byName.get(target).params)})`;
      if (!module.getFunction(stub)) addStub(module, stub, byName.get(target));
      binaryen.Call.appendOperand(expression, module.i32.const(slots.indexOf(target)));
      binaryen.Call.setTarget(expression, stub);
    });
  }
}

/** Of how many expressions a function may be for the second module to have a copy of its own. */
const SHORT = 300;

/**
 * The functions of the first module that the second has, too: short ones, which call nothing but such and what is there. A call
 * from one module into the other is several times as slow as one inside, and these are called for each element.
 */
function copiedFunctions(module, names, calls, globals, isThere) {
  const isMutable = (name) => binaryen.getGlobalInfo(module.getGlobal(name)).mutable;
  const lengthOf = (name) => {
    let length = 0;
    walk(binaryen.Function.getBody(module.getFunction(name)), () => length++);
    return length;
  };
  const copied = new Set(names.filter((name) => ![...globals.get(name)].some(isMutable) && lengthOf(name) <= SHORT));
  for (let before = 0; before !== copied.size;) {
    before = copied.size;
    for (const name of copied) {
      if (![...calls.get(name)].every((target) => copied.has(target) || isThere(target))) copied.delete(name);
    }
  }
  return copied;
}

function divide({ bytes, cold, errors }) {
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
  const fromCold = called((name) => cold.has(name));
  const hot = defined.map(({ name }) => name).filter((name) => !cold.has(name));
  const defines = new Set(defined.map(({ name }) => name));
  const ordinary = hot.filter((name) => name !== START);
  const isThere = (name) => cold.has(name) || !defines.has(name);
  const copied = copiedFunctions(second, ordinary, calls, globals, isThere);
  const offered = hot.filter((name) => fromCold.has(name) && !copied.has(name));
  const size = slots.length + offered.length;
  first.addTable(TABLE, size, size);
  first.addActiveElementSegment(TABLE, "offered", offered, first.i32.const(slots.length));
  first.addTableExport(TABLE, TABLE);
  first.addGlobal(READY, binaryen.i32, true, first.i32.const(0));
  first.addGlobalExport(READY, READY);
  first.addFunctionImport("loadRest", "env", "loadRest", binaryen.none, binaryen.none);
  for (const { name, value } of exportsOf(first)) if (cold.has(value)) first.removeExport(name);
  for (const name of cold) first.removeFunction(name);
  callErrors(first, hot, errors, slots, byName);
  slots.forEach((name, slot) => {
    if (!errors.has(name)) addStub(first, name, byName.get(name), slot);
  });

  // the second
  second.addTableImport(TABLE, "env", TABLE);
  second.addActiveElementSegment(TABLE, "moved", slots, second.i32.const(0));
  for (const { name, value, kind } of exportsOf(second)) {
    if (kind !== binaryen.ExternalKinds.Function || !cold.has(value)) second.removeExport(name);
  }
  let number = 0;
  const used = new Set([...cold, ...copied].flatMap((name) => [...globals.get(name)]));
  for (const name of [...used].sort()) {
    const { type, mutable, module } = binaryen.getGlobalInfo(first.getGlobal(name));
    if (module || !mutable) continue;
    const as = shared(number++);
    first.addGlobalExport(name, as);
    second.removeGlobal(name);
    second.addGlobalImport(name, "env", as, type, true);
  }
  for (const { name, params, results } of defined) {
    if (cold.has(name) || copied.has(name)) continue;
    if (name !== START) second.removeFunction(name);
    const place = offered.indexOf(name);
    if (place >= 0) second.addFunctionImport(name, "env", atPlace(slots.length + place), params, results);
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
