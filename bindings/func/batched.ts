// Tensors that vmap maps over, and what becomes of ops on them.
//
// The functions that vmap runs see stand-ins: tensors of the core with the shape, dtype and device of one sample and no
// values of their own. Beside each this file keeps the *physical* tensor of all samples, whose dim 0 is the mapped one. Every
// vmap that runs is a level and sees every op (tensor/intercept.ts): where an argument is a stand-in of its own, a batching
// rule (rules/) makes the call that does it for all samples at once. Programs without vmap pay nothing for this.
//
// vmaps nest. A physical tensor of an inner level may itself be a stand-in of an outer one: the calls of an inner level's rule
// pass the outer levels.

import { BATCHED, BATCHED_ELSEWHERE, core, i32, plainCore, replaceExports, u8, word, type Core } from "../core.ts";
import { RuntimeError } from "../error.ts";
import { scalarWord, ints } from "../tensor/call.ts";
import { intercept, listAt, type Run } from "../tensor/intercept.ts";
import { formatTensor } from "../tensor/print.ts";
import { batchedText } from "../tensor/read.ts";
import { Tensor } from "../tensor/tensor.ts";
import { autogradExports } from "./tape.ts";
import { decode, dtypeOf, encode, opOf, Operand, shapeOf, type Args, type Handle, type Op } from "./words.ts";

export type Randomness = "error" | "same" | "different";

interface Entry {
  readonly level: number;
  readonly physical: Handle;
}

interface Level {
  readonly size: number;
  readonly randomness: Randomness;
  readonly standIns: Handle[];
}

/** by the stand-in's handle; each holds a reference to it and to the physical tensor */
const entries = new Map<Handle, Entry>();
/** the vmaps that run, the innermost last; level n is at n - 1 */
const levels: Level[] = [];
/** how many of them the running code is inside of: a rule of level n works below it */
let depth = 0;

/** The core itself, without its interceptors. */
export let raw: Core;

/** What a rule is given: one call of an op. */
export interface Call {
  readonly op: Op;
  /** what to call: the op's name, with `_` for the in-place form */
  readonly name: string;
  readonly inplace: boolean;
  readonly args: Args;
  /** the size of the mapped dim */
  readonly size: number;
  readonly randomness: Randomness;
}
/** Makes the result for all samples: a tensor (or several) whose dim 0 is the mapped one. */
export type Rule = (call: Call) => Handle | (Handle | null)[] | undefined;

let ruleOf: (op: Op, inplace: boolean) => Rule;
let isRandom: (op: Op, words: readonly number[]) => boolean;

/** rules/index.ts says which rule an op has. */
export function setRules(of: typeof ruleOf, random: typeof isRandom): void {
  ruleOf = of;
  isRandom = random;
}

// ---- levels

export const activeLevels = (): number => depth;
export const levelOf = (handle: Handle): number => entries.get(handle)?.level ?? 0;
export const sizeOfLevel = (level: number): number => levels[level - 1]!.size;
export const isMapped = (tensor: Tensor): boolean => entries.has(tensor.handle);

/** Runs `fn` inside a new level; what was made for it is released at the end. */
export function withLevel<T>(size: number, randomness: Randomness, fn: (level: number) => T): T {
  const outerDepth = depth;
  raw = plainCore();
  if (levels.length === 0) replaceExports((exported ??= autogradExports()));
  const level = levels.push({ size, randomness, standIns: [] });
  depth = level;
  const remove = intercept((name, words, run) => dispatch(level, name, words, run));
  try {
    return fn(level);
  } finally {
    remove();
    const { standIns } = levels.pop()!;
    depth = outerDepth;
    for (const handle of standIns) {
      const { physical } = entries.get(handle)!;
      entries.delete(handle);
      raw.release(physical);
      raw.release(handle);
    }
    if (levels.length === 0) replaceExports(undefined);
  }
}
let exported: Partial<Core> | undefined;

// ---- stand-ins

const seeds = new Map<number, Handle>();

/** A single value of a dtype, which stand-ins show in place of values. */
function seedOf(dtype: number): Handle {
  let seed = seeds.get(dtype);
  if (seed === undefined) seeds.set(dtype, (seed = raw.op_full(ints([], "vmap", "size", 1), scalarWord(0), dtype, 0)));
  return seed;
}

/** The stand-in, owned by the caller, for `physical`, of which it takes a reference. */
export function standIn(physical: Handle, level: number): Handle {
  const handle = raw.op_expand(seedOf(dtypeOf(physical)), ints(shapeOf(physical).slice(1), "vmap", "size", 1), 0);
  u8[(handle >>> 0) + 5] = ((word(physical + 4) >>> 8) & 3) | BATCHED;
  raw.retain(handle);
  raw.retain(physical);
  entries.set(handle, { level, physical });
  levels[level - 1]!.standIns.push(handle);
  return handle;
}

/** The physical tensor of a stand-in of `level`, undefined for other tensors. */
export function physicalOf(handle: Handle, level: number): Handle | undefined {
  const entry = entries.get(handle);
  return entry?.level === level ? entry.physical : undefined;
}

/** The tensor itself, or the same mapped at every level that runs. */
export function mappedAtAllLevels(tensor: Tensor): Tensor {
  // what is made on the way lives as long as the level
  const whole = (handle: Handle, level: number): Handle => {
    if (level === 0) return handle;
    return below(level, () => {
      const physical = physicalOf(handle, level);
      if (physical !== undefined) return own(standIn(whole(physical, level - 1), level));
      const inner = whole(handle, level - 1);
      return own(standIn(run("expand", inner, [sizeOfLevel(level), ...shapeOf(inner)]), level));
    });
  };
  if (depth === 0) return tensor;
  const handle = whole(tensor.handle, depth);
  raw.retain(handle);
  return new Tensor(handle);
}

batchedText.refusal = (handle, what) =>
  entries.has(handle)
    ? `vmap: It looks like you're calling .${what}() on a Tensor. We don't support vmap over calling .${what}() on a Tensor, ` +
      "please try to rewrite what you're doing with other operations. If error is occurring somewhere inside PyTorch " +
      "internals, please file a bug report."
    : BATCHED_ELSEWHERE;
const printEscaped = batchedText.print;
batchedText.print = (handle) => {
  const entry = entries.get(handle);
  if (entry === undefined) return printEscaped(handle);
  raw.retain(entry.physical);
  const physical = new Tensor(entry.physical);
  try {
    const text = formatTensor(physical).replaceAll("\n", "\n    ");
    return `BatchedTensor(lvl=${entry.level}, bdim=0, value=\n    ${text}\n)`;
  } finally {
    physical.dispose();
  }
};

// ---- memory of rules: what they make on the way goes when they end

let made: Handle[] = [];

/** Hands a handle that the caller owns to the rule that runs. */
export function own(handle: Handle): Handle {
  made.push(handle);
  return handle;
}

/** Runs `fn` below `level`, and releases what it has made. */
export function below<T>(level: number, fn: () => T): T {
  const [outerMade, outerDepth] = [made, depth];
  made = [];
  depth = level - 1;
  try {
    return fn();
  } finally {
    for (const handle of made) raw.release(handle);
    made = outerMade;
    depth = outerDepth;
  }
}

type Export = (...words: number[]) => number;
export const exportOf = (name: string): Export => core[`op_${name}` as "op_abs"] as Export;

/** The handles of the last call's `count` results. */
export function resultsOf(count: number): Handle[] {
  const at = raw.results() >>> 2;
  return Array.from(i32.subarray(at, at + count));
}

/** Calls an op with arguments by name: the results of one with several as a list. The running rule owns what comes. */
export function again(name: string, args: Args): Handle | (Handle | null)[] | undefined {
  const op = opOf(name.replace(/_$/, ""));
  const answer = exportOf(name)(...encode(op, args));
  if (name.endsWith("_") && name !== "_") return undefined;
  if (op.gives === "one") return own(answer);
  if (op.gives === "value") return [answer];
  return resultsOf(answer).map((handle) => (handle === 0 ? null : own(handle)));
}

/** Calls an op of one result with arguments in order. */
export function run(name: string, ...values: unknown[]): Handle {
  const { parameters } = opOf(name);
  return again(name, Object.fromEntries(values.map((value, i) => [parameters[i]!.name, value]))) as Handle;
}

// ---- calls

/** A call that reaches a level. */
function dispatch(level: number, name: string, words: readonly number[], run: Run): number {
  const inplace = name.endsWith("_");
  const op = opOf(inplace ? name.slice(0, -1) : name);
  const isMapped = (handle: Handle): boolean => entries.get(handle)?.level === level;
  const mine = op.tensors.some((i) => isMapped(words[i]!)) || op.lists.some((i) => listAt(words[i]!).some(isMapped));
  if (!mine && !isRandom(op, words)) return run(...words);
  return below(level, () => batch(op, inplace, words, level));
}

function batch(op: Op, inplace: boolean, words: readonly number[], level: number): number {
  const { size, randomness } = levels[level - 1]!;
  const args = decode(op, words, (handle) => {
    const physical = physicalOf(handle, level);
    return new Operand(physical ?? handle, physical !== undefined);
  });
  const name = inplace ? `${op.name}_` : op.name;
  const call: Call = { op, name, inplace, args, size, randomness };
  const result = ruleOf(op, inplace)(call);
  if (inplace || result === undefined) return 0;
  if (!Array.isArray(result)) return standIn(result, level);
  return layDown(result.map((handle) => (handle === null ? 0 : standIn(handle, level))));
}

/** Leaves handles where the callers of ops with several results look for them. */
export function layDown(handles: readonly Handle[]): number {
  if (handles.length > RESULTS) throw new RuntimeError(`vmap: ops with more than ${RESULTS} results are not supported`);
  const at = raw.results() >>> 2;
  for (let i = 0; i < handles.length; i++) i32[at + i] = handles[i]!;
  return handles.length;
}
/** the core's room for results */
const RESULTS = 4096;
