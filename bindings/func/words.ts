// Between the words that a core export gets and values that batching rules can work with.

import { f64, word } from "../core.ts";
import { NONE, handles, ints, scalarHandle, scalarWord } from "../tensor/call.ts";
import { listAt } from "../tensor/intercept.ts";
import { signatureOf, type Parameter } from "../tensor/op.ts";
import { elementsOf } from "../tensor/read.ts";
import { FloatScalar, type Scalar } from "../tensor/scalar.ts";

/** The address of a tensor in the core, owned by whoever is said to. */
export type Handle = number;

/** A tensor argument: mapped over dim 0 of `handle`, or not. `ndim` does not count that dim. */
export class Operand {
  readonly handle: Handle;
  readonly mapped: boolean;
  readonly ndim: number;
  constructor(handle: Handle, mapped: boolean) {
    this.handle = handle;
    this.mapped = mapped;
    this.ndim = ndimOf(handle) - (mapped ? 1 : 0);
  }
}

/** A number argument, to tell it from a handle. */
export class Plain {
  readonly value: Scalar;
  constructor(value: Scalar) {
    this.value = value;
  }
}

/** Arguments by name: Operand or handle, lists of them, Plain, lists of ints, words of ints, flags, enums and dtypes. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Args = Record<string, any>;

/** An op as its signature has it. */
export interface Op {
  readonly name: string;
  readonly flags: string;
  readonly parameters: readonly Parameter[];
  /** one tensor, several, or a plain value */
  readonly gives: "one" | "many" | "value";
  /** places of parameters that are tensors, and lists of them */
  readonly tensors: readonly number[];
  readonly lists: readonly number[];
}

const known = new Map<string, Op>();

/** The op of an export's name; in-place forms count as the op itself. */
export function opOf(name: string): Op {
  let op = known.get(name);
  if (op === undefined) {
    const { parameters, flags, results } = signatureOf(name);
    const places = (kinds: string): number[] =>
      parameters.flatMap((parameter, i) => (kinds.includes(parameter.kind) ? [i] : []));
    const gives = results === undefined ? "one" : /^(bool|number)$/.test(results[0]!) ? "value" : "many";
    op = { name, flags, parameters, gives, tensors: places("tToO"), lists: places("l") };
    known.set(name, op);
  }
  return op;
}

// ---- headers

const WRAPPED_NUMBER = 2;

export const ndimOf = (handle: Handle): number => (word(handle + 4) >>> 16) & 0xff;
export const dtypeOf = (handle: Handle): number => word(handle + 4) & 0xff;
export const shapeOf = (handle: Handle): number[] =>
  Array.from({ length: ndimOf(handle) }, (_, i) => word(handle + 48 + 4 * i));

// ---- words to values

function scalarOf(at: number): Plain | null {
  if (at === 0) return null;
  if (at & 1) return new Plain(at >> 1);
  const kind = word(at);
  const value = f64[(at >>> 3) + 1]!;
  return new Plain(kind === 0 ? value !== 0 : kind === 1 ? value : new FloatScalar(value));
}

/** A tensor, or the number that was wrapped for this call. */
function operandOf(handle: Handle, wrap: (handle: Handle) => Operand): Operand | Plain | null {
  if (handle === 0) return null;
  if ((word(handle + 4) >>> 24) & WRAPPED_NUMBER) {
    const value = elementsOf(handle, [], []).at(word(handle + 12)) as Scalar;
    return new Plain(typeof value === "number" && dtypeOf(handle) !== INT64 ? new FloatScalar(value) : value);
  }
  return wrap(handle);
}
const INT64 = 4;

/** The arguments of a call by name. */
export function decode(op: Op, words: readonly number[], wrap: (handle: Handle) => Operand): Args {
  const args: Args = {};
  op.parameters.forEach(({ name, kind }, i) => {
    const given = words[i]!;
    args[name] =
      kind === "l"
        ? listAt(given).map((handle) => operandOf(handle, wrap))
        : "tToO".includes(kind)
          ? operandOf(given, wrap)
          : "vV".includes(kind)
            ? given === 0
              ? null
              : listAt(given)
            : "sS".includes(kind)
              ? scalarOf(given)
              : given;
  });
  return args;
}

// ---- values to words

const handleOf = (value: unknown): Handle => (value instanceof Operand ? value.handle : (value as Handle));

function wordOf({ name, kind, value: usual, choices }: Parameter, value: unknown, op: string): number {
  if (value === undefined) value = usual;
  switch (kind) {
    case "t":
    case "T":
    case "o":
    case "O":
      if (value instanceof Plain) return scalarHandle(value.value);
      return value === null || value === undefined ? 0 : handleOf(value);
    case "l":
      return handles((value as unknown[]).map((item) => (item === null ? 0 : handleOf(item))));
    case "v":
    case "V":
      return ints(value, op, name, 1);
    case "s":
    case "S":
      return scalarWord(value instanceof Plain ? value.value : ((value ?? undefined) as Scalar | undefined));
    case "e":
    case "E":
      return typeof value === "number" ? value : choices.indexOf(value as string);
    case "I":
      return (value as number | undefined) ?? NONE;
    case "B":
    case "d":
      return (value as number | undefined) ?? -1;
    default:
      return Number(value ?? 0);
  }
}

/** The words for a call with arguments by name; absent ones have their defaults. */
export function encode(op: Op, args: Args): number[] {
  return op.parameters.map((parameter) => wordOf(parameter, args[parameter.name], op.name));
}
