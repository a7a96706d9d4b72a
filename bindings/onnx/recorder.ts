// The traces of a model: as it is called, with other values, and with other sizes of each axis that may vary.

import { RuntimeError, ValueError } from "../error.ts";
import * as torch from "../gen/functions.ts";
import { scope } from "../memory/scope.ts";
import { Module, type AnyModule } from "../nn/module.ts";
import { GRU, LSTM, RNN, RNNBase } from "../nn/modules/rnn.ts";
import { isOptions } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Sizes } from "./symbols.ts";
import { Trace, Value, type Argument } from "./trace.ts";
import type { Axis } from "./writer.ts";

export interface OnnxExportOptions {
  /** names of the inputs, in the order of the arguments; "input", or "input0", "input1", … unless given */
  inputNames?: readonly string[];
  /** names of the outputs; "output", or "output0", "output1", … unless given */
  outputNames?: readonly string[];
  /** Which dims of which inputs may vary: names by dim, or a list of dims. Dims of one name have one size. */
  dynamicAxes?: Readonly<Record<string, Readonly<Record<number, string>> | readonly number[]>>;
  /** the version of the operator set, 13 to 17 (default 17) */
  opsetVersion?: number;
  /** Leaves the model's mode as it is; otherwise it is exported in eval mode (default false). */
  training?: boolean;
  /** PyTorch's, for speed where the model is run; nothing is folded here */
  doConstantFolding?: boolean;
}

/** A module, or a function of tensors. */
export type Exportable = AnyModule | ((...args: Tensor[]) => unknown);

/** One trace with the values of its outputs. */
export interface Run {
  readonly trace: Trace;
  readonly outputs: Value[];
}

export class Recorder {
  readonly inputs: { name: string; axes: Map<number, string> }[];
  /** names of the outputs */
  outputs: string[] = [];
  sizes: Sizes = new Map();
  /** where each axis can be read */
  readonly axes = new Map<string, Axis>();
  private readonly runs: Run[] = [];
  private readonly model: Exportable;
  private readonly args: Tensor[];
  private readonly options: OnnxExportOptions;

  constructor(model: Exportable, args: Tensor[], options: OnnxExportOptions) {
    const [inputNames, dynamicAxes] = [options.inputNames ?? [], options.dynamicAxes ?? {}];
    this.model = model;
    this.args = args;
    this.options = options;
    const absent = (i: number): string => (args.length === 1 ? "input" : `input${i}`);
    this.inputs = args.map((arg, i) => {
      if (arg.device !== "cpu") throw new RuntimeError("torch.onnx.export: move model and arguments to the CPU first");
      const name = inputNames[i] ?? absent(i);
      const given = dynamicAxes[name] ?? {};
      const named = Array.isArray(given)
        ? given.map((dim: number): [number, string] => [dim, `${name}_dynamic_axes_${dim}`])
        : Object.entries(given).map(([dim, axis]): [number, string] => [Number(dim), axis as string]);
      return { name, axes: new Map(named.map(([dim, axis]) => [dim < 0 ? dim + arg.ndim : dim, axis])) };
    });
    const first = new Map<string, number>();
    this.inputs.forEach(({ name, axes }, i) => {
      for (const [dim, axis] of axes) {
        const size = args[i]!.shape[dim];
        if (size === undefined) throw new ValueError(`torch.onnx.export: input '${name}' has no dim ${dim}`);
        if ((first.get(axis) ?? size) !== size)
          throw new ValueError(`torch.onnx.export: the axis '${axis}' has the sizes ${first.get(axis)} and ${size}`);
        first.set(axis, size);
        if (!this.axes.has(axis)) this.axes.set(axis, { input: name, dim });
      }
    });
    this.first = first;
  }
  private readonly first: ReadonlyMap<string, number>;

  /** Traces with all the sizes that are needed: those of the first choice with which the model works. */
  traces(): Run[] {
    const base = this.trace(0, this.args);
    let failure: unknown;
    for (let choice = 0; choice < CHOICES; choice++) {
      this.sizes = this.choose(choice);
      const count = this.axes.size === 0 ? 1 : this.axes.size + 1;
      try {
        const others = Array.from({ length: count }, (_, i) => this.trace(i + 1, this.resized(i + 1)));
        return [base, ...others];
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }

  /** Sizes of the axes in each trace. */
  private choose(choice: number): Sizes {
    const names = [...this.first.keys()];
    return new Map(
      names.map((name, k) => {
        const size = this.first.get(name)!;
        const pairs = choicesFor(size);
        const [one, other] = pairs[Math.min(choice, pairs.length - 1)]!;
        return [name, [size, ...names.map((_, i) => (i === k ? one : size)), other]];
      }),
    );
  }

  /** The arguments with the sizes of a trace, and floating ones with other values: what depends on them is no constant. */
  private resized(trace: number): Tensor[] {
    return this.args.map((arg, i) => {
      let x = arg;
      for (const [dim, axis] of this.inputs[i]!.axes) {
        const [from, to] = [x.shape[dim]!, this.sizes.get(axis)![trace]!];
        if (to > from)
          x = torch.cat(
            Array.from({ length: Math.ceil(to / from) }, () => x),
            dim,
          );
        x = x.narrow(dim, 0, to);
      }
      return x.isFloatingPoint() ? x.mul(0.75).add(0.125) : x;
    });
  }

  private trace(index: number, args: Tensor[]): Run {
    const trace = new Trace();
    const run: Run = { trace, outputs: [] };
    this.runs.push(run);
    scope(() => {
      // views so that an argument given twice is two inputs
      const inputs = args.map((arg, i) => {
        const own = arg.clone();
        trace.declare(own, this.inputs[i]!.name, true);
        return own;
      });
      const model = this.model;
      if (model instanceof Module) declareState(trace, model as AnyModule);
      const restore = model instanceof Module ? wholeLayers(trace, model as AnyModule) : () => {};
      try {
        const result = trace.run(() => (model as (...args: Tensor[]) => unknown)(...inputs));
        const found = flattened(result);
        run.outputs.push(...found.map(([, tensor]) => trace.valueOf(tensor.handle)));
        if (index === 0) this.outputs = this.namesOf(found.map(([name]) => name));
      } finally {
        restore();
      }
    });
    return run;
  }

  private namesOf(found: (string | undefined)[]): string[] {
    if (found.length === 0) throw new ValueError("torch.onnx.export: the model gives no tensor");
    const absent = (i: number): string => found[i] ?? (found.length === 1 ? "output" : `output${i}`);
    return found.map((_, i) => this.options.outputNames?.[i] ?? absent(i));
  }

  release(): void {
    for (const { trace } of this.runs) trace.release();
  }
}

const CHOICES = 3;

/** Two other sizes of an axis: larger ones unless the model has a limit, multiples unless it wants others. */
const choicesFor = (size: number): [one: number, other: number][] => [
  [2 * size, 3 * size],
  [size + 1, size + 2],
  ...(size > 2 ? [[size - 1, size - 2] as [number, number]] : []),
];

function declareState(trace: Trace, model: AnyModule): void {
  const seen = new Set<Tensor>();
  for (const [name, tensor] of [...model.namedParameters(), ...model.namedBuffers()]) {
    if (seen.has(tensor)) continue;
    if (tensor.device !== "cpu") throw new RuntimeError("torch.onnx.export: move model and arguments to the CPU first");
    seen.add(tensor);
    trace.declare(tensor, name, false);
  }
}

/** The tensors of a result in order, by name where it is a plain object. */
function flattened(result: unknown, name?: string): [string | undefined, Tensor][] {
  if (result instanceof Tensor) return [[name, result]];
  if (Array.isArray(result)) return result.flatMap((item) => flattened(item));
  if (isOptions(result)) return Object.entries(result).flatMap(([key, item]) => flattened(item, key));
  return [];
}

/** Lets the recurrent layers of a model be one call each, whatever ops they are made of. Returns what undoes that. */
function wholeLayers(trace: Trace, model: AnyModule): () => void {
  const changed: RNNBase<never[], unknown>[] = [];
  for (const module of model.modules()) {
    if (!(module instanceof RNNBase) || module.projSize !== 0) continue;
    const layer = module as RNNBase<never[], unknown>;
    const { forward } = layer;
    const own = (input: unknown, hx?: Tensor | readonly Tensor[] | null): unknown => {
      const given = hx instanceof Tensor ? [hx] : (hx ?? undefined);
      if (!(input instanceof Tensor)) return forward.call(layer, input as never, hx as never);
      const value = (tensor: Tensor | null | undefined): Value | null => (tensor ? trace.valueOf(tensor.handle) : null);
      const parameters = new Map(layer.namedParameters());
      const suffixes = Array.from({ length: layer.numLayers }, (_, i) => [
        `_l${i}`,
        ...(layer.bidirectional ? [`_l${i}_reverse`] : []),
      ]).flat();
      const states = layer instanceof LSTM ? 2 : 1;
      const args: Record<string, Argument> = {
        kind: layer instanceof LSTM ? "LSTM" : layer instanceof GRU ? "GRU" : "RNN",
        nonlinearity: layer instanceof RNN ? layer.nonlinearity : "tanh",
        input: value(input),
        weights: suffixes.flatMap((suffix) =>
          ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => value(parameters.get(name + suffix))),
        ),
        states: Array.from({ length: states }, (_, i) => value(given?.[i])),
        layers: layer.numLayers,
        directions: layer.bidirectional ? 2 : 1,
        hidden: layer.hiddenSize,
        batchFirst: layer.batchFirst,
      };
      return trace.whole(
        "@recurrent",
        args,
        () => forward.call(layer, input as never, hx as never),
        (result) => flattened(result).map(([, tensor]) => tensor),
      );
    };
    Object.defineProperty(layer, "forward", { value: own, configurable: true, enumerable: false });
    changed.push(layer);
  }
  return () => {
    for (const layer of changed) delete (layer as { forward?: unknown }).forward;
  };
}
