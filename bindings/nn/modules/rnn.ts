// Recurrent networks: a loop of ops over time, the projections of the inputs computed for all steps at once.

import { RuntimeError, ValueError } from "../../error.ts";
import * as torch from "../../gen/functions.ts";
import type { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { type Arguments, defaultFactory, required, take, type Factory, type Rest } from "../arguments.ts";
import { empty, full } from "../factory.ts";
import * as F from "../functional.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { py } from "../python.ts";
import { PackedSequence } from "../utils/rnn.ts";

/** Weights of one layer and direction. */
interface Weights {
  ih: Parameter;
  hh: Parameter;
  biasIh: Parameter | null;
  biasHh: Parameter | null;
  /** Projects an LSTM's output. */
  hr: Parameter | null;
}

/** Steps of a batch, padded or packed. */
type Sequence = Tensor | PackedSequence;
/** The state of one layer and direction: h, and of an LSTM also c. */
type State = Tensor[];
/** One step: the projected input and the state give the new state. */
type Step = (input: Tensor, state: State, weights: Weights) => State;

const steps: Record<"RNN_TANH" | "RNN_RELU" | "GRU" | "LSTM", Step> = {
  RNN_TANH: (x, [h], { hh, biasHh }) => [x.add(F.linear(h!, hh, biasHh)).tanh()],
  RNN_RELU: (x, [h], { hh, biasHh }) => [x.add(F.linear(h!, hh, biasHh)).relu()],
  GRU(x, [h], { hh, biasHh }) {
    const [xr, xz, xn] = x.chunk(3, -1) as Tensor[];
    const [hr, hz, hn] = F.linear(h!, hh, biasHh).chunk(3, -1) as Tensor[];
    const reset = xr!.add(hr!).sigmoid();
    const update = xz!.add(hz!).sigmoid();
    const candidate = xn!.add(reset.mul(hn!)).tanh();
    return [candidate.add(update.mul(h!.sub(candidate)))];
  },
  LSTM(x, [h, c], { hh, biasHh, hr }) {
    const gates = x.add(F.linear(h!, hh, biasHh));
    const [input, forget, cell, output] = gates.chunk(4, -1) as Tensor[];
    const kept = forget!.sigmoid().mul(c!);
    const next = kept.add(input!.sigmoid().mul(cell!.tanh()));
    const out = output!.sigmoid().mul(next.tanh());
    return [hr ? F.linear(out, hr) : out, next];
  },
};
type Mode = keyof typeof steps;
const gatesOf: Record<Mode, number> = { RNN_TANH: 1, RNN_RELU: 1, GRU: 3, LSTM: 4 };

export interface RNNOptions extends Factory {
  /** Layers on top of each other (default 1). */
  numLayers?: number;
  bias?: boolean;
  /** The batch comes before the time (default false). */
  batchFirst?: boolean;
  /** Between layers, while training (default 0). */
  dropout?: number | FloatScalar;
  /** A second network reads the sequence from its end (default false). */
  bidirectional?: boolean;
}

interface Settings {
  numLayers: number;
  bias: boolean;
  batchFirst: boolean;
  dropout: number;
  bidirectional: boolean;
  projSize: number;
  device: Factory["device"] | undefined;
  dtype: Factory["dtype"] | undefined;
}

/** Sizes, which are required: by position, or by name with everything else. */
interface Sizes {
  inputSize: number;
  hiddenSize: number;
}
const sizes: Sizes = { inputSize: required(), hiddenSize: required() };

const defaults = {
  numLayers: 1,
  bias: true,
  batchFirst: false,
  dropout: 0,
  bidirectional: false,
  ...defaultFactory,
};

type RNNRest = Rest<
  [numLayers: number, bias: boolean, batchFirst: boolean, dropout: number | FloatScalar, bidirectional: boolean],
  RNNOptions
>;

/**
 * What RNN, GRU and LSTM have in common; follows torch.nn.RNNBase.
 * @example
 * new nn.GRU(2, 3) instanceof nn.RNNBase; // true
 */
export abstract class RNNBase<Args extends unknown[], Result> extends Module<Args, Result> {
  protected readonly mode: Mode;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly projSize: number;

  constructor(mode: Mode, settings: Settings & Sizes) {
    super();
    const { inputSize, hiddenSize, numLayers, bias, projSize } = settings;
    if (!(settings.dropout >= 0 && settings.dropout <= 1)) {
      throw new ValueError(
        "dropout should be a number in range [0, 1] representing the probability of an element being zeroed",
      );
    }
    if (projSize < 0 || projSize >= hiddenSize) {
      throw new ValueError(
        "proj_size should be a positive integer, smaller than hidden_size, or zero to disable projections",
      );
    }
    this.mode = mode;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = settings.batchFirst;
    this.dropout = settings.dropout;
    this.bidirectional = settings.bidirectional;
    this.projSize = projSize;
    const rows = gatesOf[mode] * hiddenSize;
    const outputs = projSize || hiddenSize;
    const make = (name: string, ...shape: number[]): void =>
      this.registerParameter(name, new Parameter(empty(shape, settings)));
    for (const { layer, suffix } of this.directions()) {
      const inputs = layer === 0 ? inputSize : outputs * this.directionCount;
      make(`weightIh${suffix}`, rows, inputs);
      make(`weightHh${suffix}`, rows, outputs);
      if (bias) {
        make(`biasIh${suffix}`, rows);
        make(`biasHh${suffix}`, rows);
      }
      if (projSize > 0) make(`weightHr${suffix}`, projSize, hiddenSize);
    }
    this.resetParameters();
  }

  private get directionCount(): number {
    return this.bidirectional ? 2 : 1;
  }
  private *directions(): Iterable<{ layer: number; reverse: boolean; suffix: string }> {
    for (let layer = 0; layer < this.numLayers; layer++) {
      yield { layer, reverse: false, suffix: `L${layer}` };
      if (this.bidirectional) yield { layer, reverse: true, suffix: `L${layer}Reverse` };
    }
  }

  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.RNNBase.reset_parameters.
   * @example
   * new nn.GRU(2, 3).resetParameters();
   */
  resetParameters(): void {
    const bound = this.hiddenSize > 0 ? 1 / Math.sqrt(this.hiddenSize) : 0;
    for (const parameter of this.parameters()) init.uniform_(parameter, -bound, bound);
  }

  private weights(suffix: string): Weights {
    const own = this as unknown as Record<string, Parameter | undefined>;
    return {
      ih: own[`weightIh${suffix}`]!,
      hh: own[`weightHh${suffix}`]!,
      biasIh: own[`biasIh${suffix}`] ?? null,
      biasHh: own[`biasHh${suffix}`] ?? null,
      hr: own[`weightHr${suffix}`] ?? null,
    };
  }

  /** The outputs of the last layer for every step, and the last states of every layer and direction. */
  protected run(input: Sequence, given: Tensor[] | null): { output: Sequence; states: Tensor[] } {
    if (input instanceof PackedSequence) {
      const { data, batchSizes, sortedIndices, unsortedIndices } = input;
      if (data.ndim !== 2) throw new RuntimeError(`input must have 2 dimensions, got ${data.ndim}`);
      const permuted = (list: Tensor[], order: Tensor | null): Tensor[] =>
        order === null ? list : list.map((state) => state.indexSelect(1, order));
      const initial = this.initialStates(data, (batchSizes.at(0) as Tensor).item() as number, given);
      const { output, states } = this.layers(
        data,
        given ? permuted(initial, sortedIndices) : initial,
        batchSizes.tolist() as number[],
      );
      return { output: input.with(output), states: permuted(states, unsortedIndices) };
    }
    const kind = this.constructor.name;
    if (input.ndim !== 2 && input.ndim !== 3) {
      throw new RuntimeError(`${kind}: Expected input to be 2-D or 3-D but received ${input.ndim}-D tensor`);
    }
    const batched = input.ndim === 3;
    if (given?.some((state) => state.ndim !== input.ndim)) {
      const dims = given.map((state) => `${state.ndim}-D`);
      const states = dims.length === 1 ? "hx" : "hx and cx";
      const got = dims.length === 1 ? `${dims[0]} tensor` : `(${dims.join(", ")}) tensors`;
      throw new RuntimeError(
        `For ${batched ? "batched 3-D" : "unbatched 2-D"} input, ${states} should also be ${input.ndim}-D but got ${got}`,
      );
    }
    const sequence = batched ? (this.batchFirst ? input.transpose(0, 1) : input) : input.unsqueeze(1);
    if (!batched) given &&= given.map((state) => state.unsqueeze(1));
    const initial = this.initialStates(sequence, sequence.size(1), given);
    const { output, states } = this.layers(sequence, initial);
    if (!batched) return { output: output.squeeze(1), states: states.map((state) => state.squeeze(1)) };
    return { output: this.batchFirst ? output.transpose(0, 1) : output, states };
  }

  /** All layers in their directions; `batchSizes` where the sequence is packed. */
  private layers(sequence: Tensor, initial: Tensor[], batchSizes?: number[]): { output: Tensor; states: Tensor[] } {
    const last: State[] = [];
    const perLayer = this.directionCount;
    let outputs: Tensor[] = [];
    for (const { layer, reverse, suffix } of this.directions()) {
      if (!reverse) outputs = [];
      const state = initial.map((states) => states.select(0, layer * perLayer + (reverse ? 1 : 0)));
      const { output, final } = this.sweep(sequence, state, this.weights(suffix), reverse, batchSizes);
      outputs.push(output);
      last.push(final);
      if (outputs.length < perLayer) continue;
      sequence = perLayer === 1 ? outputs[0]! : torch.cat(outputs, -1);
      if (this.dropout > 0 && layer < this.numLayers - 1) sequence = F.dropout(sequence, this.dropout, this.training);
    }
    return { output: sequence, states: initial.map((_, i) => torch.stack(last.map((state) => state[i]!))) };
  }

  /** One layer in one direction over all steps. */
  private sweep(
    sequence: Tensor,
    state: State,
    weights: Weights,
    reverse: boolean,
    batchSizes?: number[],
  ): { output: Tensor; final: State } {
    const step = steps[this.mode];
    const projected = F.linear(sequence, weights.ih, weights.biasIh);
    const inputs = (batchSizes ? projected.split(batchSizes) : projected.unbind(0)) as Tensor[];
    const results: Tensor[] = [];
    const initial = state;
    /** states of sequences that have ended, the shortest first */
    const ended: State[] = [];
    const cut = (states: State, from: number, to: number): State => states.map((s) => s.narrow(0, from, to - from));
    let running = initial[0]!.size(0);
    if (reverse && batchSizes) state = cut(initial, 0, (running = batchSizes.at(-1)!));
    for (const input of reverse ? inputs.reverse() : inputs) {
      const count = batchSizes ? input.size(0) : running;
      if (count < running) {
        ended.push(cut(state, count, running));
        state = cut(state, 0, count);
      } else if (count > running) {
        const joining = cut(initial, running, count);
        state = state.map((s, i) => torch.cat([s, joining[i]!]));
      }
      running = count;
      state = step(input, state, weights);
      results.push(state[0]!);
    }
    if (reverse) results.reverse();
    const final =
      ended.length === 0 ? state : state.map((s, i) => torch.cat([s, ...ended.map((e) => e[i]!).reverse()]));
    return { output: batchSizes ? torch.cat(results) : torch.stack(results), final };
  }

  /** The given states, or zeros. @throws RuntimeError when a shape is not right */
  private initialStates(sequence: Tensor, batch: number, given: Tensor[] | null): Tensor[] {
    if (sequence.size(-1) !== this.inputSize) {
      throw new RuntimeError(
        `input.size(-1) must be equal to input_size. Expected ${this.inputSize}, got ${sequence.size(-1)}`,
      );
    }
    const count = this.numLayers * this.directionCount;
    const sizes = this.mode === "LSTM" ? [this.projSize || this.hiddenSize, this.hiddenSize] : [this.hiddenSize];
    return sizes.map((features, i) => {
      const shape = [count, batch, features];
      const state = given?.[i];
      if (!state) return full(shape, 0, { dtype: sequence.dtype, device: sequence.device });
      if (String(state.shape) !== String(shape)) {
        const what = sizes.length === 1 ? "hidden size" : `hidden[${i}] size`;
        throw new RuntimeError(`Expected ${what} ${py(shape)}, got [${state.shape.join(", ")}]`);
      }
      return state;
    });
  }

  override extraRepr(): string {
    const parts = [`${this.inputSize}, ${this.hiddenSize}`];
    if (this.projSize !== 0) parts.push(`proj_size=${this.projSize}`);
    if (this.numLayers !== 1) parts.push(`num_layers=${this.numLayers}`);
    if (!this.bias) parts.push(`bias=${py(this.bias)}`);
    if (this.batchFirst) parts.push(`batch_first=${py(this.batchFirst)}`);
    if (this.dropout !== 0) parts.push(`dropout=${py(this.dropout)}`);
    if (this.bidirectional) parts.push(`bidirectional=${py(this.bidirectional)}`);
    return parts.join(", ");
  }
}

type SingleState = [input: Tensor, hx?: Tensor | null];
/** The state of an LSTM. */
type Pair = [h: Tensor, c: Tensor];
/** RNN, GRU and LSTM give packed sequences for packed ones. */
interface OfPacked<State> {
  (input: PackedSequence, hx?: Readonly<State> | null): [output: PackedSequence, state: State];
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface RNN extends OfPacked<Tensor> {}
/**
 * A network of tanh or relu units; follows torch.nn.RNN. Shapes: input [T, N, inputSize] (N may be absent; with `batchFirst` it comes
 * first), hx [layers·directions, N, hiddenSize] → output [T, N, directions·hiddenSize] and the last states.
 * @example
 * const [output, hidden] = new nn.RNN(2, 3)(torch.zeros(5, 1, 2));
 * output.shape; // [5, 1, 3]
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class RNN extends RNNBase<SingleState, [output: Tensor, hn: Tensor]> {
  readonly nonlinearity: "tanh" | "relu";
  constructor(
    inputSize: number,
    hiddenSize: number,
    ...rest: Rest<
      [
        numLayers: number,
        nonlinearity: "tanh" | "relu",
        bias: boolean,
        batchFirst: boolean,
        dropout: number | FloatScalar,
        bidirectional: boolean,
      ],
      RNNOptions & { nonlinearity?: "tanh" | "relu" }
    >
  );
  constructor(options: Sizes & RNNOptions & { nonlinearity?: "tanh" | "relu" });
  constructor(...args: unknown[]) {
    const { numLayers, ...others } = defaults;
    const options = take("RNN", args, { ...sizes, numLayers, nonlinearity: "tanh" as "tanh" | "relu", ...others });
    if (options.nonlinearity !== "tanh" && options.nonlinearity !== "relu") {
      throw new ValueError(`Unknown nonlinearity ${py(options.nonlinearity)}`);
    }
    super(options.nonlinearity === "relu" ? "RNN_RELU" : "RNN_TANH", { ...options, projSize: 0 });
    this.nonlinearity = options.nonlinearity;
  }
  forward(input: Tensor, hx?: Tensor | null): [output: Tensor, hn: Tensor];
  forward(input: PackedSequence, hx?: Tensor | null): [output: PackedSequence, hn: Tensor];
  forward(input: Sequence, hx: Tensor | null = null): [output: Sequence, hn: Tensor] {
    const { output, states } = this.run(input, hx && [hx]);
    return [output, states[0]!];
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface GRU extends OfPacked<Tensor> {}
/**
 * Gated recurrent units; follows torch.nn.GRU. Shapes as those of RNN.
 * @example
 * const [output, hidden] = new nn.GRU(2, 3)(torch.zeros(5, 1, 2));
 * hidden.shape; // [1, 1, 3]
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class GRU extends RNNBase<SingleState, [output: Tensor, hn: Tensor]> {
  constructor(inputSize: number, hiddenSize: number, ...rest: RNNRest);
  constructor(options: Sizes & RNNOptions);
  constructor(...args: unknown[]) {
    super("GRU", { ...take("GRU", args, { ...sizes, ...defaults }), projSize: 0 });
  }
  forward(input: Tensor, hx?: Tensor | null): [output: Tensor, hn: Tensor];
  forward(input: PackedSequence, hx?: Tensor | null): [output: PackedSequence, hn: Tensor];
  forward(input: Sequence, hx: Tensor | null = null): [output: Sequence, hn: Tensor] {
    const { output, states } = this.run(input, hx && [hx]);
    return [output, states[0]!];
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface LSTM extends OfPacked<Pair> {}
/**
 * Long short-term memory; follows torch.nn.LSTM. Shapes as those of RNN; the state is the pair of h and c.
 * @example
 * const [output, [hidden, cell]] = new nn.LSTM(2, 3, { numLayers: 2 })(torch.zeros(5, 1, 2));
 * cell.shape; // [2, 1, 3]
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class LSTM extends RNNBase<[input: Tensor, hx?: Readonly<Pair> | null], [output: Tensor, state: Pair]> {
  constructor(
    inputSize: number,
    hiddenSize: number,
    ...rest: Rest<
      [
        numLayers: number,
        bias: boolean,
        batchFirst: boolean,
        dropout: number | FloatScalar,
        bidirectional: boolean,
        projSize: number,
      ],
      RNNOptions & { projSize?: number }
    >
  );
  constructor(options: Sizes & RNNOptions & { projSize?: number });
  constructor(...args: unknown[]) {
    const { device, dtype, ...others } = defaults;
    super("LSTM", take("LSTM", args, { ...sizes, ...others, projSize: 0, device, dtype }));
  }
  forward(input: Tensor, hx?: Readonly<Pair> | null): [output: Tensor, state: Pair];
  forward(input: PackedSequence, hx?: Readonly<Pair> | null): [output: PackedSequence, state: Pair];
  forward(input: Sequence, hx: Readonly<Pair> | null = null): [output: Sequence, state: Pair] {
    const { output, states } = this.run(input, hx && [...hx]);
    return [output, [states[0]!, states[1]!]];
  }
}

/**
 * One step of a recurrent network; follows torch.nn.RNNCellBase.
 * @example
 * new nn.GRUCell(2, 3) instanceof nn.RNNCellBase; // true
 */
export abstract class RNNCellBase<Args extends unknown[], Result> extends Module<Args, Result> {
  protected readonly mode: Mode;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  weightIh: Parameter;
  weightHh: Parameter;
  biasIh: Parameter | null;
  biasHh: Parameter | null;

  constructor(mode: Mode, inputSize: number, hiddenSize: number, bias: boolean, factory: typeof defaultFactory) {
    super();
    const rows = gatesOf[mode] * hiddenSize;
    const make = (...shape: number[]): Parameter => new Parameter(empty(shape, factory));
    this.mode = mode;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.bias = bias;
    this.weightIh = make(rows, inputSize);
    this.weightHh = make(rows, hiddenSize);
    this.biasIh = bias ? make(rows) : null;
    this.biasHh = bias ? make(rows) : null;
    this.resetParameters();
  }
  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.RNNCellBase.reset_parameters.
   * @example
   * new nn.GRUCell(2, 3).resetParameters();
   */
  resetParameters(): void {
    const bound = this.hiddenSize > 0 ? 1 / Math.sqrt(this.hiddenSize) : 0;
    for (const parameter of this.parameters()) init.uniform_(parameter, -bound, bound);
  }
  protected step(input: Tensor, given: readonly Tensor[] | null): State {
    if (input.ndim !== 1 && input.ndim !== 2) {
      throw new RuntimeError(
        `${this.constructor.name}: Expected input to be 1-D or 2-D but received ${input.ndim}-D tensor`,
      );
    }
    const shape = [...input.shape.slice(0, -1), this.hiddenSize];
    const zeros = (): Tensor => full(shape, 0, { dtype: input.dtype, device: input.device });
    const state = given ?? (this.mode === "LSTM" ? [zeros(), zeros()] : [zeros()]);
    const { weightIh: ih, weightHh: hh, biasIh, biasHh } = this;
    return steps[this.mode](F.linear(input, ih, biasIh), [...state], { ih, hh, biasIh, biasHh, hr: null });
  }
  override extraRepr(): string {
    const parts = [`${this.inputSize}, ${this.hiddenSize}`];
    if (!this.bias) parts.push(`bias=${py(this.bias)}`);
    return parts.join(", ");
  }
}
type CellArguments<Positional extends unknown[], Options> = Arguments<
  [inputSize: number, hiddenSize: number],
  { inputSize: number; hiddenSize: number },
  [bias: boolean, ...Positional],
  { bias?: boolean } & Factory & Options
>;
const cellDefaults = {
  inputSize: required<number>(),
  hiddenSize: required<number>(),
  bias: true,
};

/**
 * One step of RNN; follows torch.nn.RNNCell.
 * @example
 * new nn.RNNCell(2, 3)(torch.zeros(1, 2)).shape; // [1, 3]
 */
export class RNNCell extends RNNCellBase<SingleState, Tensor> {
  readonly nonlinearity: "tanh" | "relu";
  constructor(...args: CellArguments<[nonlinearity: "tanh" | "relu"], { nonlinearity?: "tanh" | "relu" }>) {
    const { inputSize, hiddenSize, bias, nonlinearity, ...factory } = take("RNNCell", args, {
      ...cellDefaults,
      nonlinearity: "tanh" as "tanh" | "relu",
      ...defaultFactory,
    });
    super(nonlinearity === "relu" ? "RNN_RELU" : "RNN_TANH", inputSize, hiddenSize, bias, factory);
    this.nonlinearity = nonlinearity;
  }
  forward(input: Tensor, hx: Tensor | null = null): Tensor {
    return this.step(input, hx && [hx])[0]!;
  }
  override extraRepr(): string {
    return this.nonlinearity === "tanh" ? super.extraRepr() : `${super.extraRepr()}, nonlinearity=${this.nonlinearity}`;
  }
}

/**
 * One step of GRU; follows torch.nn.GRUCell.
 * @example
 * new nn.GRUCell(2, 3)(torch.zeros(1, 2)).shape; // [1, 3]
 */
export class GRUCell extends RNNCellBase<SingleState, Tensor> {
  constructor(...args: CellArguments<[], object>) {
    const { inputSize, hiddenSize, bias, ...factory } = take("GRUCell", args, { ...cellDefaults, ...defaultFactory });
    super("GRU", inputSize, hiddenSize, bias, factory);
  }
  forward(input: Tensor, hx: Tensor | null = null): Tensor {
    return this.step(input, hx && [hx])[0]!;
  }
}

/**
 * One step of LSTM; follows torch.nn.LSTMCell.
 * @example
 * const [hidden, cell] = new nn.LSTMCell(2, 3)(torch.zeros(1, 2));
 * hidden.shape; // [1, 3]
 */
export class LSTMCell extends RNNCellBase<
  [input: Tensor, hx?: readonly [h: Tensor, c: Tensor] | null],
  [h: Tensor, c: Tensor]
> {
  constructor(...args: CellArguments<[], object>) {
    const { inputSize, hiddenSize, bias, ...factory } = take("LSTMCell", args, { ...cellDefaults, ...defaultFactory });
    super("LSTM", inputSize, hiddenSize, bias, factory);
  }
  forward(input: Tensor, hx: readonly [h: Tensor, c: Tensor] | null = null): [h: Tensor, c: Tensor] {
    return this.step(input, hx) as [Tensor, Tensor];
  }
}
