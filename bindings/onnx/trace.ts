// What a model does, op by op: every call of the core's ops while it runs, and which values it takes and makes.
//
// Values are known by their handles, all of which stay alive until the trace is released, so that none is given out again.

import { core, f64, i32, word } from "../core.ts";
import { NotImplementedError } from "../error.ts";
import { NONE } from "../tensor/call.ts";
import { DTYPES, type DType } from "../tensor/dtype.ts";
import { answersOf, intercept, listAt, parametersOf } from "../tensor/intercept.ts";
import { Tensor } from "../tensor/tensor.ts";

/** A tensor at one point of the trace: a write into it makes another value. */
export class Value {
  readonly handle: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** the call that makes it; undefined for inputs, parameters and constants */
  readonly call: Call | undefined;
  /** of inputs and parameters */
  name: string | undefined;
  isInput = false;
  /** Keeps a constant's elements where the tensor is written to later. */
  snapshot = 0;
  /** neither an input nor a parameter, nor made of any */
  isConstant: boolean;

  constructor(handle: number, call?: Call) {
    this.isConstant = call === undefined || call.inputs.every((input) => input.isConstant);
    this.handle = handle;
    this.dtype = DTYPES[word(handle + 4) & 0xff]!;
    this.shape = dimsOf(handle, 48);
    this.call = call;
  }

  /** The elements of a constant, as a wrapper of its own. */
  tensor(): Tensor {
    const handle = this.snapshot || this.handle;
    core.retain(handle);
    return new Tensor(handle);
  }
}

/** A number in the place of an operand. */
export class Scalar {
  readonly value: number | bigint | boolean;
  readonly isFloat: boolean;
  constructor(value: number | bigint | boolean, isFloat: boolean) {
    this.value = value;
    this.isFloat = isFloat;
  }
}

export type Argument = Value | Scalar | (Value | null)[] | number[] | number | boolean | string | null | object;

export class Call {
  readonly op: string;
  readonly args: Readonly<Record<string, Argument>>;
  outputs: Value[] = [];
  constructor(op: string, args: Readonly<Record<string, Argument>>) {
    this.op = op;
    this.args = args;
  }
  /** The values among the arguments. */
  get inputs(): Value[] {
    return Object.values(this.args).flatMap((arg) => {
      const list: unknown[] = Array.isArray(arg) ? arg : [arg];
      return list.filter((item): item is Value => item instanceof Value);
    });
  }
}

const WRAPPED_NUMBER = 2;
const ndimOf = (handle: number): number => (word(handle + 4) >>> 16) & 0xff;
const dimsOf = (handle: number, at: number): number[] =>
  Array.from({ length: ndimOf(handle) }, (_, i) => word(handle + at + 4 * i));
const storageOf = (handle: number): number => word(handle + 8);

/** What a tensor shows: of two with the same, one is an alias of the other. */
const placeOf = (handle: number): string =>
  [
    storageOf(handle),
    word(handle + 12),
    word(handle + 4) & 0xff,
    dimsOf(handle, 48),
    dimsOf(handle, 48 + 4 * ndimOf(handle)),
  ].join("/");

/** Views that know how a write into them is a write into what they show, and the op that does it. */
const WRITTEN_BACK: Record<string, string> = {
  select: "selectScatter",
  slice: "sliceScatter",
  narrow: "sliceScatter",
  unsqueeze: "squeeze",
};

const OVERWRITING = new Set(["fill", "zero", "copy", "uniform", "normal"]);

export class Trace {
  readonly calls: Call[] = [];
  readonly inputs = new Map<string, Value>();
  private readonly values = new Map<number, Value>();
  private readonly places = new Map<string, Value>();
  /** tensors whose elements were written to through another tensor */
  private readonly stale = new Set<number>();
  private readonly held: number[] = [];
  private paused = 0;

  /** Makes a tensor known before the trace begins. */
  declare(tensor: Tensor, name: string, isInput: boolean): Value {
    const value = this.know(tensor.handle, undefined);
    value.name = name;
    value.isInput = isInput;
    value.isConstant = false;
    if (isInput) this.inputs.set(name, value);
    return value;
  }

  /** Runs `fn` and records what it does. */
  run<T>(fn: () => T): T {
    const stop = intercept((op, words, run) => (this.paused > 0 ? run(...words) : this.record(op, words, run)));
    try {
      return fn();
    } finally {
      stop();
    }
  }

  /** Runs `fn` as one call of `op`, whatever ops it is made of. */
  whole<T>(op: string, args: Readonly<Record<string, Argument>>, fn: () => T, outputs: (result: T) => Tensor[]): T {
    this.paused++;
    try {
      const result = fn();
      this.add(
        new Call(op, args),
        outputs(result).map(({ handle }) => handle),
      );
      return result;
    } finally {
      this.paused--;
    }
  }

  release(): void {
    for (const handle of this.held) core.release(handle);
    this.held.length = 0;
  }

  private hold(handle: number): void {
    core.retain(handle);
    this.held.push(handle);
  }

  private know(handle: number, call: Call | undefined): Value {
    const value = new Value(handle, call);
    if (!this.values.has(handle)) this.hold(handle);
    this.values.set(handle, value);
    this.places.set(placeOf(handle), value);
    this.stale.delete(handle);
    return value;
  }

  /** The value that a tensor has now. */
  valueOf(handle: number): Value {
    if (this.stale.has(handle)) {
      throw new NotImplementedError(
        "torch.onnx.export: a tensor is used after another that shares its elements was written to in place",
      );
    }
    return this.values.get(handle) ?? this.places.get(placeOf(handle)) ?? this.know(handle, undefined);
  }

  private add(call: Call, handles: readonly number[]): void {
    this.calls.push(call);
    call.outputs = handles.map((handle) => this.know(handle, call));
  }

  private record(op: string, words: readonly number[], run: (...words: number[]) => number): number {
    if (op.endsWith("_") && !op.startsWith("_")) return this.recordWrite(op.slice(0, -1), words, run);
    const args = this.argumentsOf(op, words);
    const answer = run(...words);
    const handles = answersOf(op, answer);
    // an op that gave back its input has done nothing
    if (handles.length === 1 && this.values.has(handles[0]!)) return answer;
    this.add(new Call(op, args), handles);
    return answer;
  }

  /** An op in place: the tensor has another value from now on, and what shares its storage is not known any more. */
  private recordWrite(op: string, words: readonly number[], run: (...words: number[]) => number): number {
    const args = this.argumentsOf(op, words);
    // what was there before does not matter
    if (OVERWRITING.has(op)) args["input"] = null;
    const target = words[0]!;
    const before = this.valueOf(target);
    if (before.isConstant && before.snapshot === 0) {
      before.snapshot = core.op_clone(before.handle);
      this.held.push(before.snapshot);
    }
    const answer = run(...words);
    const storage = storageOf(target);
    for (const handle of this.values.keys())
      if (handle !== target && storageOf(handle) === storage) this.stale.add(handle);
    for (const [place, value] of this.places) if (storageOf(value.handle) === storage) this.places.delete(place);
    this.add(new Call(op, args), [target]);
    this.writeBack(before, this.values.get(target)!);
    return answer;
  }

  /** A write into a view is a write into what it shows, as far as that is known. */
  private writeBack(before: Value, after: Value): void {
    const view = before.call;
    const back = view && WRITTEN_BACK[view.op];
    if (view === undefined || back === undefined) return;
    const base = view.args["input"] as Value;
    if (storageOf(base.handle) !== storageOf(before.handle)) return;
    const { dim } = view.args;
    let args: Record<string, Argument> = { ...view.args, input: base, src: after };
    if (back === "squeeze") args = { input: after, dim: dim! };
    if (view.op === "narrow") {
      const start = view.args["start"] as number;
      args = { input: base, src: after, dim: dim!, start, end: start + (view.args["length"] as number), step: 1 };
    }
    this.add(new Call(back, args), [base.handle]);
    this.writeBack(base, this.values.get(base.handle)!);
  }

  private argumentsOf(op: string, words: readonly number[]): Record<string, Argument> {
    return Object.fromEntries(
      parametersOf(op).map(({ name, kind, choices }, i) => [name, this.argument(words[i]!, kind, choices)]),
    );
  }

  private argument(value: number, kind: string, choices: readonly string[]): Argument {
    switch (kind) {
      case "t":
      case "T":
      case "o":
      case "O":
        return value === 0 ? null : this.operand(value);
      case "l":
        return listAt(value).map((handle) => (handle === 0 ? null : this.valueOf(handle)));
      case "v":
      case "V":
        return value === 0 ? null : listAt(value);
      case "s":
      case "S":
        return scalarAt(value);
      case "i":
      case "I":
        return value === NONE ? null : value;
      case "b":
      case "B":
        return value < 0 ? null : value !== 0;
      case "d":
        return value < 0 ? null : DTYPES[value]!;
      case "e":
      case "E":
        return choices[value] ?? null;
      default:
        return value;
    }
  }

  /** A tensor, or the number that was wrapped for this call. */
  private operand(handle: number): Argument {
    if (((word(handle + 4) >>> 24) & WRAPPED_NUMBER) === 0 || this.values.has(handle)) return this.valueOf(handle);
    core.retain(handle);
    const wrapper = new Tensor(handle);
    const value = wrapper.item();
    const isFloat = wrapper.isFloatingPoint();
    wrapper.dispose();
    return new Scalar(value, isFloat);
  }
}

/** What bindings/tensor/call.ts has laid down: a small int, or the address of a kind and a number. */
function scalarAt(value: number): Argument {
  if (value === 0) return null;
  if ((value & 1) !== 0) return new Scalar(value >> 1, false);
  const kind = i32[value >>> 2]!;
  const number = f64[(value >>> 3) + 1]!;
  return new Scalar(kind === 0 ? number !== 0 : number, kind === 2);
}
