// Between a generated binding and the core: arguments are checked and laid out for the call, results are wrapped.
// Everything here is on the path of every op: no allocation but the results' wrappers.

import { core, f64, i32, SCRATCH_LENGTH, scratchBase } from "../core.ts";
import { RuntimeError, TypeError, ValueError } from "../error.ts";
import { reconsider } from "../memory/finalize.ts";
import { codeOf, dtypeCode } from "./dtype.ts";
import { FloatScalar, type Scalar } from "./scalar.ts";
import { disposed, Tensor } from "./tensor.ts";

/** The core's mark of an absent optional int. */
export const NONE = -2147483648;
const MAX_INT = 2147483647;

// ---- results

/** Wraps a handle that the caller owns. */
export function wrap(handle: number): Tensor {
  return new Tensor(handle);
}

/** The handles of the `count` results of the last call; 0 for absent ones. */
export function resultHandles(count: number): number[] {
  const at = core.results() >>> 2;
  return Array.from(i32.subarray(at, at + count));
}

/** The same, where the op may give back its input: then that is the result, as the very same object. */
export function wrapOr(input: Tensor, handle: number): Tensor {
  if (handle !== input.handle) return new Tensor(handle);
  core.release(handle);
  return input;
}

/** Wraps the `count` results of the last call. */
export function wrapList(count: number): Tensor[] {
  return resultHandles(count).map(wrap);
}

/** A result list whose elements also have names, as PyTorch's named tuples: `const { values } = x.max(1)`. */
export function wrapNamed<Name extends string>(count: number, names: readonly Name[]): Named<Name> {
  const list = wrapList(count) as Named<Name>;
  for (let i = 0; i < names.length; i++) (list as Record<string, unknown>)[names[i]!] = list[i];
  return list;
}
// the places are named for `const [values, indices] = …` under noUncheckedIndexedAccess
export type Named<Name extends string> = Tensor[] & { readonly [K in Name]: Tensor } & {
  readonly 0: Tensor;
  readonly 1: Tensor;
};

/** What an in-place method returns: the tensor itself. */
export function mutated<T extends Tensor>(tensor: T): T {
  reconsider(tensor);
  return tensor;
}

/** Adds methods to a class as class syntax would: not enumerable. */
export function defineMethods(target: { prototype: object }, methods: Record<string, unknown>): void {
  for (const name in methods) defineMethod(target, name, methods[name]);
}

/** One descriptor for all: hundreds of methods are defined while the package loads. */
const method: PropertyDescriptor = { value: undefined, writable: true, configurable: true, enumerable: false };

export function defineMethod(target: { prototype: object }, name: string, value: unknown): void {
  method.value = value;
  Object.defineProperty(target.prototype, name, method);
}

// ---- tensor arguments

/** The handle of the tensor a method is called on. */
export function self(tensor: Tensor): number {
  if (tensor instanceof Tensor) return tensor.handle !== 0 ? tensor.handle : disposed();
  return refuse(`expected Tensor, but got ${typeName(tensor)}`);
}

/** The handle of a required tensor argument. `position` counts from 1. */
export function tensorArg(value: unknown, op: string, name: string, position: number): number {
  if (value instanceof Tensor) return value.handle !== 0 ? value.handle : disposed();
  return wrongType(value, op, name, position, "Tensor");
}

/** The handle of a tensor argument, 0 where it is absent. */
export function optionalTensorArg(value: unknown, op: string, name: string, position: number): number {
  return value === undefined || value === null ? 0 : tensorArg(value, op, name, position);
}

/** The handle of a tensor or of a number as a weak 0-d tensor. The latter is valid for one call only. */
export function operandArg(value: unknown, op: string, name: string, position: number): number {
  if (value instanceof Tensor) return value.handle !== 0 ? value.handle : disposed();
  if (isScalar(value)) return scalarHandle(value);
  return wrongType(value, op, name, position, "Tensor");
}

/** The same, 0 where it is absent. */
export function optionalOperandArg(value: unknown, op: string, name: string, position: number): number {
  return value === undefined || value === null ? 0 : operandArg(value, op, name, position);
}

/** A number as the core's weak 0-d tensor, owned by the core's pool: for the next call only. */
export function scalarHandle(value: Scalar): number {
  if (typeof value === "bigint") {
    return core.wrappedInt(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }
  return core.wrappedScalar(Number(value), scalarKind(value));
}

// ---- number arguments

export function isScalar(value: unknown): value is Scalar {
  const type = typeof value;
  return type === "number" || type === "boolean" || type === "bigint" || value instanceof FloatScalar;
}

/** A required Scalar argument; a 0-d tensor counts as its value. */
export function scalarArg(value: unknown, op: string, name: string, position: number): Scalar {
  if (isScalar(value)) return value;
  if (value instanceof Tensor && value.numel() === 1) return itemOf(value);
  return wrongType(value, op, name, position, "Number");
}

/** An optional Scalar argument: undefined where it is absent. */
export function optionalScalarArg(value: unknown, op: string, name: string, position: number): Scalar | undefined {
  return value === undefined || value === null ? undefined : scalarArg(value, op, name, position);
}

function itemOf(tensor: Tensor): Scalar {
  const value = tensor.item();
  return typeof value === "number" && tensor.isFloatingPoint() ? new FloatScalar(value) : value;
}

/** The kind of a scalar: 0 bool, 1 int, 2 float. An integral number counts as an int. */
function scalarKind(value: Scalar): number {
  switch (typeof value) {
    case "number":
      return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? 1 : 2;
    case "bigint":
      return 1;
    case "boolean":
      return 0;
    default:
      return 2;
  }
}

/** The word that hands a scalar to the core (assembly/tensor/scalar.ts): 0 where it is absent, else a small int or an address. */
export function scalarWord(value: Scalar | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === "number" && (value << 1) >> 1 === value && !Object.is(value, -0)) return (value << 1) | 1;
  const at = reserve(4);
  i32[at] = scalarKind(value);
  f64[(at >> 1) + 1] = Number(value);
  return at << 2;
}

/** A required int. Values beyond 32 bits are clamped, as sizes and dims can't reach them. */
export function intArg(value: unknown, op: string, name: string, position: number): number {
  if (typeof value === "number" && Number.isInteger(value)) return clampInt(value);
  if (typeof value === "bigint") return clampInt(Number(value));
  if (value instanceof Tensor && value.numel() === 1 && !value.isFloatingPoint()) return clampInt(Number(value.item()));
  return wrongType(value, op, name, position, "int");
}

/** Marks Generators (random.ts), whose addresses may be handed to the core. */
export const GENERATOR = Symbol("generator");

/** The address of a Generator; 0, the default one, where it is absent. */
export function generatorArg(value: unknown, op: string, name: string, position: number): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === "object" && GENERATOR in value) return (value as unknown as { address: number }).address;
  return wrongType(value, op, name, position, "torch.Generator");
}

/** An optional int: NONE where it is absent. */
export function optionalIntArg(value: unknown, op: string, name: string, position: number): number {
  return value === undefined || value === null ? NONE : intArg(value, op, name, position);
}

function clampInt(value: number): number {
  return value > MAX_INT ? MAX_INT : value <= NONE ? NONE + 1 : value;
}

export function floatArg(value: unknown, op: string, name: string, position: number): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint" || value instanceof FloatScalar) return Number(value);
  if (value instanceof Tensor && value.numel() === 1) return Number(value.item());
  return wrongType(value, op, name, position, "float");
}

export function boolArg(value: unknown, op: string, name: string, position: number): number {
  if (value === true) return 1;
  if (value === false) return 0;
  return wrongType(value, op, name, position, "bool");
}

/** An optional bool: -1 where it is absent. */
export function optionalBoolArg(value: unknown, op: string, name: string, position: number): number {
  return value === undefined || value === null ? -1 : boolArg(value, op, name, position);
}

/** A dtype's code, -1 where it is absent. */
export function dtypeArg(value: unknown, op: string, name: string, position: number): number {
  if (value === undefined || value === null) return -1;
  const code = codeOf(value);
  return code >= 0
    ? code
    : typeof value === "string"
      ? dtypeCode(value)
      : wrongType(value, op, name, position, "torch.dtype");
}

/** The error that an op's record states for a wrong string: "ValueError: message". */
function statedError(text: string): Error {
  const [, kind, message] = /^(\w+): (.*)$/s.exec(text)!;
  return kind === "ValueError" ? new ValueError(message!) : new RuntimeError(message!);
}

/** The index of a string among its alternatives. */
export function enumArg(
  value: unknown,
  choices: readonly string[],
  op: string,
  name: string,
  position: number,
  error?: string,
): number {
  const index = choices.indexOf(value as string);
  if (index >= 0) return index;
  if (error !== undefined && typeof value === "string") {
    core.endCall();
    throw statedError(error.replace("{value}", value));
  }
  if (typeof value !== "string") return wrongType(value, op, name, position, "str");
  refuse(`${op}(): argument '${name}' must be one of ${choices.map((c) => `'${c}'`).join(", ")}, not '${value}'`);
}

// ---- list arguments: laid down in blocks of the core, one after the other and round again, their length first. No list
// takes more than an eighth of its block, so those of one call never overlap; long ones have a block that grows.

interface Block {
  base: number;
  capacity: number;
  top: number;
}
const short: Block = { base: 0, capacity: 0, top: 0 };
const long: Block = { base: 0, capacity: 0, top: 0 };
const SHORT_LIST = SCRATCH_LENGTH / 8;

/** Room for `words` words from an even one on, as an index into `i32`. */
function reserve(words: number): number {
  const count = (words + 1) & ~1;
  const block = count <= SHORT_LIST ? short : long;
  if (count > block.capacity >>> 3) makeRoom(block, count);
  if (block.top + count > block.capacity) block.top = 0;
  const at = block.base + block.top;
  block.top += count;
  return at;
}

/** Where the items of a list go, as an index into `i32`. */
function listOf(length: number): number {
  const at = reserve(length + 1);
  i32[at] = length;
  return at + 1;
}

function makeRoom(block: Block, count: number): void {
  block.top = 0;
  if (block === short) {
    block.base = scratchBase;
    block.capacity = SCRATCH_LENGTH;
  } else {
    block.capacity = 16 * count;
    block.base = core.scratchGrow(block.capacity) >>> 2;
  }
}

/** Lays down a list of ints, or a single one, and returns its address; 0 where it is absent. */
export function ints(value: unknown, op: string, name: string, position: number): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === "number" || typeof value === "bigint") {
    const item = intArg(value, op, name, position);
    const at = reserve(2);
    i32[at] = 1;
    i32[at + 1] = item;
    return at << 2;
  }
  if (value instanceof Tensor && value.ndim === 1) value = value.tolist();
  if (!Array.isArray(value)) return wrongType(value, op, name, position, "tuple of ints");
  const at = listOf(value.length);
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    if (typeof item === "number" && (item | 0) === item) i32[at + i] = item;
    else i32[at + i] = intItem(item, i, op, name, position);
  }
  return (at - 1) << 2;
}

function intItem(item: unknown, index: number, op: string, name: string, position: number): number {
  if (typeof item === "number" && Number.isInteger(item)) return clampInt(item);
  if (typeof item === "bigint" || item instanceof Tensor) return intArg(item, op, name, position);
  refuse(
    `${op}(): argument '${name}' (position ${position}) must be tuple of ints, but found element of type ` +
      `${typeName(item)} at pos ${index + 1}`,
  );
}

/** Lays down the handles of a list of tensors and returns its address. */
export function tensors(value: unknown, op: string, name: string, position: number): number {
  return tensorList(value, false, op, name, position);
}

/** The same for lists in which tensors may be absent: 0 stands for them. */
export function optionalTensors(value: unknown, op: string, name: string, position: number): number {
  return tensorList(value, true, op, name, position);
}

/** Lays down a list of handles. */
export function handles(list: readonly number[]): number {
  const at = listOf(list.length);
  i32.set(list, at);
  return (at - 1) << 2;
}

function tensorList(value: unknown, mayLack: boolean, op: string, name: string, position: number): number {
  if (mayLack && (value === undefined || value === null)) return 0;
  if (!Array.isArray(value)) return wrongType(value, op, name, position, "tuple of Tensors");
  const at = listOf(value.length);
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    if (item instanceof Tensor) i32[at + i] = item.handle !== 0 ? item.handle : disposed();
    else if (mayLack && (item === null || item === undefined)) i32[at + i] = 0;
    else refuse(`expected Tensor as element ${i} in argument ${position - 1}, but got ${typeName(item)}`);
  }
  return (at - 1) << 2;
}

// ---- options and messages

/** True for the plain object of named arguments that may come last. */
export function isOptions(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !(value instanceof Tensor) &&
    !Array.isArray(value) &&
    !(value instanceof FloatScalar) &&
    !ArrayBuffer.isView(value)
  );
}

/**
 * Checks the names in a call's options, if there are any.
 * @throws TypeError for a name that the op doesn't have, or that one of the `given` arguments before has already given
 */
export function checkOptions(
  options: object | null | undefined,
  names: readonly string[],
  op: string,
  given = 0,
): void {
  for (const key in options) {
    if (!names.includes(key, given)) unexpected(op, key);
  }
}

/** Throws for a name that `op` doesn't have, with a hint where it is written as in Python. */
export function unexpected(op: string, key: string): never {
  refuse(unexpectedText(op, key));
}

/** The same as a message, for calls that may come before the core is there. */
export function unexpectedText(op: string, key: string): string {
  const name = camelCase(key);
  const hint = name === key ? "" : ` (names are camelCase: ${name})`;
  return `${op}() got an unexpected keyword argument '${key}'${hint}`;
}

/** A name of Python's as it is written here. */
export const camelCase = (key: string): string => key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/** Python's name for the type of a value. */
export function typeName(value: unknown): string {
  switch (typeof value) {
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    case "bigint":
      return "int";
    case "boolean":
      return "bool";
    case "string":
      return "str";
    case "undefined":
      return "NoneType";
    case "function": {
      // modules are functions with a prototype of their own
      const { name } = value.constructor;
      return name === "Function" ? "function" : name;
    }
    default:
      if (value === null) return "NoneType";
      if (value instanceof Tensor) return "Tensor";
      if (value instanceof FloatScalar) return "float";
      if (Array.isArray(value)) return "list";
      return Object.getPrototypeOf(value) === Object.prototype
        ? "dict"
        : ((value as object).constructor?.name ?? "object");
  }
}

export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

/** Throws; the numbers that were wrapped for the call are released before. */
function refuse(message: string): never {
  core.endCall();
  throw new TypeError(message);
}

/** Raised where arguments fit none of several overloads. */
export function wrongCombination(op: string, ...values: unknown[]): never {
  const types = values.map(typeName).join(", ");
  refuse(
    `${op}() received an invalid combination of arguments - got (${types}), but expected a Tensor and a Tensor or a Number`,
  );
}

export function wrongType(value: unknown, op: string, name: string, position: number, expected: string): never {
  if (value === undefined) refuse(`${op}() missing 1 required positional arguments: "${name}"`);
  refuse(`${op}(): argument '${name}' (position ${position}) must be ${expected}, not ${typeName(value)}`);
}
