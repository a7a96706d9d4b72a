// What may stand between JavaScript and the core's ops: profiler, tracer, autocast, batching. While nothing does, an op costs
// what it costs without this file: functions that see every op are put into the core's place when the first comes, and taken
// out when the last goes.

import { core, i32, replaceOps, word } from "../core.ts";
import * as call from "./call.ts";
import { forgetExports, signatureOf, type Parameter } from "./op.ts";

/**
 * Sees a call of an op: its name in the core (`add`, in place `add_`), and one word for each parameter: a handle, a number, an
 * address. It returns the core's answer, mostly that of `run`, which hands on to whoever came before, at last to the core.
 * Ops that it calls itself don't come back to it. They may overwrite lists and scalars that words are addresses of, where there
 * are many: who runs many reads those first. What the interceptor throws, the caller gets.
 */
export type Interceptor = (op: string, words: readonly number[], run: Run) => number;
export type Run = (...words: number[]) => number;

const active: Interceptor[] = [];
/** How many of them the next call passes: fewer than all while one of them runs. */
let depth = 0;

/** A call from outside: its operands stay, whatever an interceptor runs before it hands on. */
function enter(op: string, run: Run, words: readonly number[]): number {
  if (depth === 0) return run(...words);
  const held = handlesOf(op, words);
  for (const handle of held) core.retain(handle);
  try {
    return pass(op, run, words, depth);
  } finally {
    for (const handle of held) core.release(handle);
  }
}

function pass(op: string, run: Run, words: readonly number[], level: number): number {
  if (level === 0) return run(...words);
  const before = depth;
  depth = level - 1;
  try {
    return active[level - 1]!(op, words, (...next) => pass(op, run, next, level - 1));
  } finally {
    depth = before;
  }
}

/** From now on every op passes `interceptor`, before those that came earlier. What is returned takes it out again. */
export function intercept(interceptor: Interceptor): () => void {
  active.push(interceptor);
  depth++;
  if (active.length === 1) put(entering);
  return () => {
    const at = active.lastIndexOf(interceptor);
    if (at < 0) return;
    active.splice(at, 1);
    if (at < depth) depth--;
    if (active.length === 0) put(undefined);
  };
}

const entering =
  (op: string, run: Run): Run =>
  (...words) =>
    enter(op, run, words);

function put(wrap: ((op: string, run: Run) => Run) | undefined): void {
  replaceOps(wrap);
  forgetExports();
}

// ---- reading the words

/** The op whose record describes the call: in-place forms are described by the op's own. */
const recordOf = (op: string): string => (op.endsWith("_") ? op.slice(0, -1) : op);

/** The parameters of an op, a word each. */
export const parametersOf = (op: string): readonly Parameter[] => signatureOf(recordOf(op)).parameters;

/** The items of a list that lies at an address: ints, or handles. */
export function listAt(address: number): number[] {
  if (address === 0) return [];
  const length = word(address);
  return Array.from({ length }, (_, i) => word(address + 4 * (i + 1)));
}

/** The words with each handle replaced by what `change` makes of it; 0 and numbers stay. Lists are laid down anew. */
export function mapHandles(op: string, words: readonly number[], change: (handle: number) => number): number[] {
  const parameters = parametersOf(op);
  return words.map((value, i) => {
    const kind = parameters[i]?.kind ?? "";
    if (value === 0) return 0;
    if ("tToO".includes(kind)) return change(value);
    return kind === "l" ? call.handles(listAt(value).map((handle) => handle && change(handle))) : value;
  });
}

/** Handles of all tensors among the words, those in lists too. */
export function handlesOf(op: string, words: readonly number[]): number[] {
  const found: number[] = [];
  mapHandles(op, words, (handle) => {
    found.push(handle);
    return handle;
  });
  return found;
}

/**
 * Handles of the results of a call, given the core's answer: they belong to the caller. Of an in-place op: none. Several
 * results lie in a place that the next op writes to.
 */
export function answersOf(op: string, answer: number): number[] {
  if (op.endsWith("_")) return [];
  const { results } = signatureOf(op);
  if (results === undefined) return [answer];
  if (results[0] === "bool" || results[0] === "number") return [];
  return call.resultHandles(answer);
}

/** What an interceptor returns to answer with these results. */
export function answerWith(op: string, handles: readonly number[]): number {
  if (op.endsWith("_")) return 0;
  if (signatureOf(op).results === undefined) return handles[0]!;
  const at = core.results() >>> 2;
  i32.set(handles, at);
  return handles.length;
}
