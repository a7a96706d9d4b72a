// A node of a graph as its operator sees it: attributes with defaults, and the inputs of one run.

import { NotImplementedError, ValueError } from "../error.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { AttributeProto, NodeProto } from "./schema.ts";

/** What an edge of a graph carries: a tensor, or a sequence of them. */
export type Value = Tensor | Tensor[];

/** Runs a node. One output may be given as itself, several as a list. */
export type Operator = (node: Node) => Tensor | (Value | undefined)[];

/** Operators by name; digits after a colon are the inputs whose values are needed on the CPU: "Reshape:1". */
export type Operators = Record<string, Operator>;

const text = new TextDecoder();

/** The ints of constants: they are asked for at every run. */
const constants = new WeakMap<Tensor, readonly number[]>();

/** Notes the values of a tensor that never changes. */
export function noteConstant(tensor: Tensor): void {
  constants.set(tensor, valuesOf(tensor));
}

const valuesOf = (tensor: Tensor): number[] => ([tensor.tolist()] as unknown[]).flat(16).map(Number);

export class Node {
  readonly type: string;
  readonly name: string;
  /** the version of the operator set */
  readonly opset: number;
  readonly outputCount: number;
  private readonly attributes: ReadonlyMap<string, AttributeProto>;
  /** those of the run */
  inputs: readonly (Value | undefined)[] = [];

  constructor(proto: NodeProto, opset: number) {
    this.type = proto.opType ?? "";
    this.name = proto.name ?? "";
    this.opset = opset;
    this.outputCount = proto.output.length;
    this.attributes = new Map(proto.attribute.map((attribute) => [attribute.name ?? "", attribute]));
  }

  // ---- attributes

  int(name: string, absent: number): number {
    return this.attributes.get(name)?.i ?? absent;
  }
  float(name: string, absent: number): number {
    return this.attributes.get(name)?.f ?? absent;
  }
  text(name: string, absent: string): string {
    const bytes = this.attributes.get(name)?.s;
    return bytes === undefined ? absent : text.decode(bytes);
  }
  ints(name: string): number[] | undefined {
    return this.attributes.get(name)?.ints;
  }
  floats(name: string): number[] | undefined {
    return this.attributes.get(name)?.floats;
  }
  texts(name: string): string[] | undefined {
    return this.attributes.get(name)?.strings.map((bytes) => text.decode(bytes));
  }
  attribute(name: string): AttributeProto | undefined {
    return this.attributes.get(name);
  }

  // ---- inputs

  /** An input that has to be there. */
  input(at: number): Tensor {
    return this.optional(at) ?? this.fail(`input ${at} is missing`);
  }
  optional(at: number): Tensor | undefined {
    const value = this.inputs[at];
    if (Array.isArray(value)) return this.fail(`input ${at} is a sequence, not a tensor`);
    return value;
  }
  /** The inputs from `from` on. */
  tensors(from = 0): Tensor[] {
    return this.inputs.slice(from).map((_, i) => this.input(from + i));
  }
  sequence(at: number): Tensor[] {
    const value = this.inputs[at];
    return Array.isArray(value) ? value : this.fail(`input ${at} is no sequence`);
  }
  /** The values of an input on the CPU; undefined where it is absent. */
  values(at: number): readonly number[] | undefined {
    const tensor = this.optional(at);
    return tensor && (constants.get(tensor) ?? valuesOf(tensor));
  }
  /** The same for inputs that have to be there. */
  needed(at: number): readonly number[] {
    return this.values(at) ?? this.fail(`input ${at} is missing`);
  }
  /** The one value of an input. */
  value(at: number): number | undefined {
    return this.values(at)?.[0];
  }
  /** An attribute that became an input in operator set `since`. */
  listOf(name: string, since: number, at: number): readonly number[] | undefined {
    return this.opset >= since ? this.values(at) : this.ints(name);
  }

  /** `axis` counted from 0. */
  axis(axis: number, rank: number): number {
    if (!Number.isInteger(axis) || axis < -rank || axis >= Math.max(rank, 1)) this.fail(`axis ${axis} of ${rank} dims`);
    return axis < 0 ? axis + rank : axis;
  }

  fail(what: string): never {
    throw new ValueError(`${this.title}: ${what}`);
  }
  lacks(what: string): never {
    throw new NotImplementedError(`${this.title}: ${what} is not supported`);
  }
  get title(): string {
    return `ONNX operator ${this.type}${this.name === "" ? "" : ` '${this.name}'`}`;
  }
}
