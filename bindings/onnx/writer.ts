// The graph that is being written: nodes, constants, and the names of values.

import { NotImplementedError } from "../error.ts";
import { tensor } from "../tensor/create.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { AttributeProto, GraphProto, NodeProto, TensorProto, Written } from "./schema.ts";
import { exampleOf, type Expression, type Size } from "./symbols.ts";
import { Call, Scalar, Value, type Argument } from "./trace.ts";
import { elementType } from "./types.ts";

type Attribute = number | readonly number[] | string | FloatAttribute | undefined;

/** Marks an attribute that is a float whatever its value. */
class FloatAttribute {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
export const float = (value: number): FloatAttribute => new FloatAttribute(value);

/** ONNX's numbers of the kinds of attributes. */
const KIND = { f: 1, i: 2, s: 3, ints: 7 };
const text = new TextEncoder();

/** The largest end of a slice. */
export const END = 2 ** 31 - 1;

/** Where the sizes of a dynamic axis can be read. */
export interface Axis {
  readonly input: string;
  readonly dim: number;
}

export class Writer {
  readonly opset: number;
  readonly nodes: Written<NodeProto>[] = [];
  readonly initializers: Written<TensorProto>[] = [];
  /** names of the values so far */
  readonly names = new Map<Value, string>();
  private readonly axes: ReadonlyMap<string, Axis>;
  private readonly sizeNames = new Map<string, string>();
  private readonly constantNames = new Map<string, string>();
  private readonly solved: (call: Call, name: string) => Argument | Size[] | Size;
  private readonly shapes: (value: Value) => Size[];
  /** names that are taken */
  private readonly taken: Set<string>;
  private count = 0;
  /** the call that is being written */
  call: Call = new Call("", {});

  constructor(
    opset: number,
    axes: ReadonlyMap<string, Axis>,
    taken: Set<string>,
    solved: (call: Call, name: string) => Argument | Size[] | Size,
    shapes: (value: Value) => Size[],
  ) {
    this.opset = opset;
    this.axes = axes;
    this.taken = taken;
    this.solved = solved;
    this.shapes = shapes;
  }

  // ---- nodes

  fresh(stem: string): string {
    let name: string;
    do name = `${stem}_${this.count++}`;
    while (this.taken.has(name));
    this.taken.add(name);
    return name;
  }

  /** Writes a node of several outputs. */
  many(type: string, inputs: readonly string[], count: number, attributes: Record<string, Attribute> = {}): string[] {
    const output = Array.from({ length: count }, () => this.fresh(type));
    this.nodes.push({
      opType: type,
      name: `/${type}_${this.nodes.length}`,
      input: [...inputs],
      output,
      attribute: Object.entries(attributes).flatMap(([name, value]) =>
        value === undefined ? [] : [attributeOf(name, value)],
      ),
    });
    return output;
  }

  /** Writes a node. */
  node(type: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    return this.many(type, inputs, 1, attributes)[0]!;
  }

  // ---- constants

  constant(value: Tensor, stem = "constant"): string {
    return this.bytes(bytesOf(value), value.shape, value.dtype, stem);
  }

  private bytes(rawData: Uint8Array, dims: readonly number[], dtype: DType, stem: string): string {
    const key = rawData.length <= 256 ? `${dtype}/${dims.join()}/${rawData.join()}` : undefined;
    const known = key && this.constantNames.get(key);
    if (known !== undefined) return known;
    const name = this.fresh(stem);
    this.addInitializer(name, rawData, dims, dtype);
    if (key !== undefined) this.constantNames.set(key, name);
    return name;
  }

  addInitializer(name: string, rawData: Uint8Array, dims: readonly number[], dtype: DType): void {
    this.initializers.push({ name, rawData, dims: [...dims], dataType: elementType(dtype) });
  }

  /** Numbers as a constant. */
  numbers(
    values: readonly (number | bigint | boolean)[],
    dtype: DType,
    shape: readonly number[] = [values.length],
  ): string {
    const exact = dtype === "int64" ? values.map((value) => BigInt(value)) : values.map(Number);
    const made = tensor(exact as number[], { dtype: dtype === "bool" ? "uint8" : dtype }).reshape([...shape]);
    return this.constant(dtype === "bool" ? made.to("bool") : made);
  }

  number(value: number | bigint | boolean, dtype: DType): string {
    const whole = !dtype.includes("float") && typeof value === "number" ? Math.trunc(value) : value;
    return this.numbers([whole], dtype, []);
  }

  /** A constant tensor of one number. */
  constantOf(shape: readonly number[], value: number, dtype: DType): string {
    const count = shape.reduce((a, b) => a * b, 1);
    return this.numbers(
      Array.from({ length: count }, () => value),
      dtype,
      shape,
    );
  }

  // ---- sizes

  /** A list of sizes as a value of the graph. */
  sizes(list: readonly Size[]): string {
    if (list.every((size) => typeof size === "number")) return this.numbers(list, "int64");
    const parts = list.map((size) => (typeof size === "number" ? this.numbers([size], "int64") : this.size(size)));
    return parts.length === 1 ? parts[0]! : this.node("Concat", parts, { axis: 0 });
  }

  /** A size as a value of one dim. */
  private size(size: Expression): string {
    const key = JSON.stringify(size);
    let name = this.sizeNames.get(key);
    if (name !== undefined) return name;
    const constant = (value: number): string => this.numbers([value], "int64");
    const terms: string[] = [];
    if (size.powers.length > 0) {
      const factors = size.powers.flatMap(([axis, power]) => Array.from({ length: power }, () => this.axis(axis)));
      if (size.factor !== 1) factors.push(constant(size.factor));
      terms.push(factors.reduce((a, b) => this.node("Mul", [a, b])));
    }
    for (const [axis, weight] of size.weights)
      terms.push(weight === 1 ? this.axis(axis) : this.node("Mul", [this.axis(axis), constant(weight)]));
    name = terms.reduce((a, b) => this.node("Add", [a, b]));
    if (size.divisor !== 1) name = this.node("Div", [name, constant(size.divisor)]);
    if (size.offset !== 0) name = this.node("Add", [name, constant(size.offset)]);
    this.sizeNames.set(key, name);
    return name;
  }

  private axis(name: string): string {
    const key = `axis/${name}`;
    let known = this.sizeNames.get(key);
    if (known === undefined) {
      const { input, dim } = this.axes.get(name)!;
      known = this.node("Gather", [this.node("Shape", [input]), this.numbers([dim], "int64")], { axis: 0 });
      this.sizeNames.set(key, known);
    }
    return known;
  }

  /** The sizes of a value. */
  shape(value: Value): Size[] {
    return this.shapes(value);
  }

  // ---- arguments of the call

  refuse(what: string): never {
    throw new NotImplementedError(`torch.onnx.export: ${this.call.op}: ${what}`);
  }

  /** A tensor argument. */
  value(name = "input"): Value {
    const value = this.call.args[name];
    return value instanceof Value ? value : this.refuse(`${name} is no tensor`);
  }
  optional(name: string): Value | undefined {
    const value = this.call.args[name];
    return value instanceof Value ? value : undefined;
  }
  list(name: string): Value[] {
    return (this.call.args[name] as (Value | null)[]).map((item) => item ?? this.refuse(`a part of ${name} is absent`));
  }
  /** The name of a value in the graph. */
  name(value: Value): string {
    return this.names.get(value) ?? this.refuse("a value has no name");
  }
  /** A tensor argument by its name in the graph, "" where it is absent. */
  input(name = "input"): string {
    const value = this.optional(name);
    return value === undefined ? "" : this.name(value);
  }
  flag(name: string): boolean {
    return this.call.args[name] === true;
  }
  text(name: string): string {
    return this.call.args[name] as string;
  }
  dtype(name: string): DType | undefined {
    return (this.call.args[name] ?? undefined) as DType | undefined;
  }
  /** A number that is an attribute there. */
  real(name: string): number {
    return this.fixed(name);
  }
  /** A size that may depend on the axes; undefined where it is absent. */
  whole(name: string): Size | undefined {
    return (this.call.args[name] ?? null) === null ? undefined : (this.solved(this.call, name) as Size);
  }
  /** A size that must not. */
  fixed(name: string): number {
    const size = this.whole(name);
    return typeof size === "number" ? size : this.refuse(`${name} depends on a dynamic axis`);
  }
  wholes(name: string): Size[] | undefined {
    return (this.call.args[name] ?? null) === null ? undefined : (this.solved(this.call, name) as Size[]);
  }
  fixedList(name: string): number[] | undefined {
    return this.wholes(name)?.map((size) =>
      typeof size === "number" ? size : this.refuse(`${name} depends on a dynamic axis`),
    );
  }
  /** A dim counted from 0. */
  dim(name: string, rank: number): number {
    const dim = this.fixed(name);
    return dim < 0 ? dim + rank : dim;
  }
  /** Dims counted from 0; all where there are none given. */
  dims(name: string, rank: number): number[] {
    const dims = this.fixedList(name);
    if (dims === undefined || dims.length === 0) return Array.from({ length: rank }, (_, i) => i);
    return dims.map((dim) => (dim < 0 ? dim + rank : dim));
  }
  /** The dtype of the result. */
  get result(): DType {
    return this.call.outputs[0]!.dtype;
  }

  // ---- operands

  cast(name: string, from: DType, to: DType): string {
    return from === to ? name : this.node("Cast", [name], { to: elementType(to) });
  }
  /** A tensor or number argument with elements of `dtype`. */
  operand(name: string, dtype: DType): string {
    const value = this.call.args[name];
    if (value instanceof Scalar) {
      const size = this.whole(name);
      if (typeof size === "object") return this.cast(this.squeeze(this.sizes([size]), 0), "int64", dtype);
      return this.number(value.value, dtype);
    }
    const known = this.value(name);
    return this.cast(this.name(known), known.dtype, dtype);
  }

  // ---- common nodes

  /** Reshapes to sizes, of which one that varies may be left to be found out. */
  reshape(name: string, shape: readonly Size[]): string {
    const varying = shape.filter((size) => typeof size !== "number").length;
    const inferred =
      varying === 1 && !shape.includes(0) ? shape.map((size) => (typeof size === "number" ? size : -1)) : shape;
    return this.node("Reshape", [name, this.sizes(inferred)], shape.includes(0) ? { allowzero: 1 } : {});
  }
  unsqueeze(name: string, ...dims: number[]): string {
    return this.node("Unsqueeze", [name, this.numbers(dims, "int64")]);
  }
  squeeze(name: string, ...dims: number[]): string {
    return this.node("Squeeze", [name, this.numbers(dims, "int64")]);
  }
  slice(name: string, dim: number, start: Size, end: Size, step = 1): string {
    const inputs = [name, this.sizes([start]), this.sizes([end]), this.numbers([dim], "int64")];
    return this.node("Slice", step === 1 ? inputs : [...inputs, this.numbers([step], "int64")]);
  }
  transpose(name: string, perm: readonly number[]): string {
    return perm.every((dim, i) => dim === i) ? name : this.node("Transpose", [name], { perm });
  }
  example(size: Size): number {
    return exampleOf(size);
  }
}

/** The elements of a tensor on the CPU as files have them. */
export function bytesOf(value: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = value.data();
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function attributeOf(name: string, value: Exclude<Attribute, undefined>): Written<AttributeProto> {
  if (value instanceof FloatAttribute) return { name, f: value.value, type: KIND.f };
  if (typeof value === "number") return { name, i: value, type: KIND.i };
  if (typeof value === "string") return { name, s: text.encode(value), type: KIND.s };
  return { name, ints: [...value], type: KIND.ints };
}

export type GraphParts = Pick<Written<GraphProto>, "node" | "initializer">;

/** Writes the nodes of the writer's call and names their results. */
export type Emit = (w: Writer) => string | string[];
export type Emits = Record<string, Emit>;
