// Takes what composes an error's message out of functions that stay in the first module, as functions of the second.
//
// What is taken is a run of statements that ends with a call which never returns: all of them run only if there is an error, or
// else there would be a branch among them. Since nobody comes back, no local has to.
import binaryen from "binaryen";
import { infoOf, walk } from "./walk.mjs";

const { ExpressionIds: Id } = binaryen;
const RAISE = "core-wasm/assembly/tensor/error/raise";
/** A call of `fail` with a text, which moves as well, is no longer than a call of what would replace it. */
const LEAST = 3;
const MOST_PARAMETERS = 8;

/** Whether a body can only end with a call that never returns. */
function endsWithout(body, neverReturns) {
  const info = infoOf(body);
  if (info.id === Id.Call) return neverReturns.has(info.target);
  if (info.id !== Id.Block || jumpsTo(info, info.name)) return false;
  const last = info.children.findLast((child) => ![Id.Unreachable, Id.Nop].includes(infoOf(child).id));
  return last !== undefined && endsWithout(last, neverReturns);
}

function jumpsTo({ children }, label) {
  let jumps = false;
  const look = (_, { id, name, names, defaultName }) => {
    if (id === Id.Return) jumps = true;
    if (id === Id.Break && name === label) jumps = true;
    if (id === Id.Switch && [...names, defaultName].includes(label)) jumps = true;
  };
  for (const child of children) walk(child, look);
  return jumps;
}

/** The functions that end in an error whatever happens. */
export function thatNeverReturn(functions) {
  const found = new Set([RAISE]);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const { name, body } of functions) if (endsWithout(body, found)) found.add(name);
  }
  return found;
}

/** Whether a statement can stand in another function. @param locals learns which it uses */
function movable(statement, locals) {
  const labels = new Set();
  const targets = [];
  let fine = true;
  walk(statement, (_, info) => {
    if (info.id === Id.Block || info.id === Id.Loop) labels.add(info.name);
    else if (info.id === Id.Break) targets.push(info.name);
    else if (info.id === Id.Switch) targets.push(...info.names, info.defaultName);
    else if (info.id === Id.Return) fine = false;
    else if (info.id === Id.LocalGet || info.id === Id.LocalSet) locals.add(info.index);
  });
  return fine && targets.every((label) => labels.has(label));
}

const weight = (statement) => {
  let count = 0;
  walk(statement, () => count++);
  return count;
};

/** Moves the errors of the function `info` into new functions. @returns their names */
export function outlineErrors(module, info, neverReturns) {
  const types = [...binaryen.expandType(info.params), ...info.vars];
  const made = [];

  function take(block, first, last, locals) {
    const run = infoOf(block).children.slice(first, last + 1);
    const order = [...locals].sort((a, b) => a - b);
    const operands = order.map((index) => module.local.get(index, types[index]));
    for (const statement of run) {
      walk(statement, (expression, { id, index }) => {
        if (id === Id.LocalGet) binaryen.LocalGet.setIndex(expression, order.indexOf(index));
        if (id === Id.LocalSet) binaryen.LocalSet.setIndex(expression, order.indexOf(index));
      });
    }
    const name = `${info.name}~error${made.length}`;
    const params = binaryen.createType(order.map((index) => types[index]));
    module.addFunction(name, params, binaryen.none, [], module.block(null, run, binaryen.none));
    for (let i = last; i > first; i--) binaryen.Block.removeChildAt(block, i);
    binaryen.Block.setChildAt(block, first, module.call(name, operands, binaryen.none));
    made.push(name);
  }

  function visit(block) {
    const children = infoOf(block).children;
    for (let last = children.length - 1; last >= 0; last--) {
      const end = infoOf(children[last]);
      if (end.id !== Id.Call || !neverReturns.has(end.target)) continue;
      const locals = new Set();
      let first = last + 1;
      let size = 0;
      for (; first > 0; first--) {
        const more = new Set(locals);
        if (!movable(children[first - 1], more) || more.size > MOST_PARAMETERS) break;
        if (infoOf(children[first - 1]).type !== binaryen.none) break;
        for (const index of more) locals.add(index);
        size += weight(children[first - 1]);
      }
      if (first <= last && size >= LEAST) {
        take(block, first, last, locals);
        last = first;
      }
    }
  }

  const blocks = [];
  walk(info.body, (expression, { id }) => {
    if (id === Id.Block) blocks.push(expression);
  });
  for (const block of blocks) visit(block);
  return made;
}
