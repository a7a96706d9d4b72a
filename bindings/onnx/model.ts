// A model from a file as a module.

import { TypeError, ValueError } from "../error.ts";
import { scope } from "../memory/scope.ts";
import { Module } from "../nn/module.ts";
import { typeName } from "../tensor/call.ts";
import type { DType } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Graph } from "./graph.ts";
import type { ValueInfoProto } from "./schema.ts";
import { dtypeOf } from "./types.ts";

/** An input or output of a model. */
export interface OnnxValue {
  readonly name: string;
  /** undefined for a sequence of tensors */
  readonly dtype: DType | undefined;
  /** sizes, names of those that may vary, null for those that have no name; undefined where not even the rank is known */
  readonly shape: readonly (number | string | null)[] | undefined;
}

export function describe({ name = "", type }: ValueInfoProto): OnnxValue {
  const tensor = type?.tensorType;
  const dims = tensor?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? (dimParam || null));
  return { name, dtype: tensor && dtypeOf(tensor.elemType), shape: dims };
}

/**
 * An ONNX model as a module: called with the inputs in order it gives the output, or a list of several. Its weights are
 * parameters that require no gradient until `model.requiresGrad_()`, under the names that they have in the file; what is no weight to
 * learn, such as a batch norm's statistics, is a buffer.
 * @example
 * const model = await torch.onnx.load("resnet18.onnx");
 * model.inputs.map(({ name }) => name); // ["input"]
 */
export class OnnxModel<Result extends Tensor | Tensor[] = Tensor> extends Module<Tensor[], Result> {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** the version of the operator set */
  readonly opset: number;
  private readonly graph: Graph;
  /** parameters and buffers by name */
  private readonly weights = new Map<string, Tensor>();
  /** which attributes are buffers: names of files are no names of attributes */
  private readonly attributes = new Map<string, string>();

  /** @internal */
  constructor(graph: Graph, inputs: OnnxValue[], outputs: OnnxValue[], opset: number) {
    super();
    this.graph = graph;
    this.inputs = inputs;
    this.outputs = outputs;
    this.opset = opset;
    this.training = false;
  }

  /** @internal */
  addWeight(name: string, tensor: Tensor): void {
    this.weights.set(name, tensor);
  }
  /** @internal */
  addBuffer(name: string, tensor: Tensor, persistent: boolean): void {
    const attribute = `buffer${this.weights.size}`;
    this.weights.set(name, tensor);
    this.attributes.set(name, attribute);
    this.registerBuffer(attribute, tensor, persistent);
  }
  protected override *members(): Iterable<[name: string, value: unknown, attribute: string]> {
    for (const [name, tensor] of this.weights) yield [name, tensor, this.attributes.get(name) ?? name];
  }

  override forward(...args: Tensor[]): Result {
    const results = this.evaluate(args);
    return (results.length === 1 ? results[0] : results) as Result;
  }

  /**
   * Runs the model with inputs by name, and gives the outputs by name.
   * @throws TypeError for an input that is missing or no tensor, ValueError for one of another dtype or shape
   * @example
   * const model = await torch.onnx.load("resnet18.onnx");
   * const { logits } = model.run({ input: torch.zeros(1, 3, 224, 224) });
   */
  run(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    for (const name of Object.keys(inputs)) {
      if (!this.inputs.some((input) => input.name === name))
        throw new TypeError(
          `the model has no input '${name}', but ${this.inputs.map((input) => `'${input.name}'`).join(", ")}`,
        );
    }
    const results = this.evaluate(this.inputs.map(({ name }) => inputs[name]));
    return Object.fromEntries(this.outputs.map(({ name }, i) => [name, results[i]!]));
  }

  /**
   * Releases the weights now; the model cannot be used any more.
   * @example
   * const model = await torch.onnx.load("resnet18.onnx");
   * model.dispose();
   */
  dispose(): void {
    for (const tensor of this.weights.values()) tensor.dispose();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  private evaluate(args: readonly (Tensor | undefined)[]): Tensor[] {
    if (args.length > this.inputs.length)
      throw new TypeError(`the model takes ${this.inputs.length} inputs, but ${args.length} were given`);
    this.inputs.forEach((input, i) => check(input, args[i]));
    return scope(() => this.graph.run(args, undefined, this.weights)) as Tensor[];
  }

  override extraRepr(): string {
    const line = ({ name, dtype, shape }: OnnxValue): string =>
      `${name}: ${dtype ?? "sequence"}${shape === undefined ? "" : `[${shape.map((dim) => dim ?? "?").join(", ")}]`}`;
    return [
      ...this.inputs.map((input) => `(${line(input)})`),
      ...this.outputs.map((output) => `-> ${line(output)}`),
    ].join("\n");
  }
}

function check({ name, dtype, shape }: OnnxValue, value: unknown): void {
  if (dtype === undefined && Array.isArray(value)) return;
  if (!(value instanceof Tensor))
    throw new TypeError(`the model's input '${name}' must be a tensor, not ${typeName(value)}`);
  if (dtype !== undefined && value.dtype !== dtype)
    throw new ValueError(`the model's input '${name}' is ${dtype}, but a tensor of ${value.dtype} was given`);
  const given = value.shape;
  const fits =
    shape === undefined ||
    (shape.length === given.length && shape.every((dim, i) => typeof dim !== "number" || dim === given[i]));
  if (!fits) {
    throw new ValueError(
      `the model's input '${name}' has the shape [${shape!.map((dim) => dim ?? "?").join(", ")}], ` +
        `but a tensor of shape [${given.join(", ")}] was given`,
    );
  }
}
