// torch.optim.lr_scheduler: rules that change the learning rates of an optimizer's groups, one step per epoch (or batch).

import { TypeError, ValueError } from "../error.ts";
import { required, take, type Rest } from "../nn/arguments.ts";
import type { Optimizer } from "./optimizer.ts";

/** What schedulers read and write of a group. */
interface Group {
  lr: number;
  initialLr?: number;
  momentum?: number;
  betas?: readonly [number, number];
  params: unknown[];
}
type AnyOptimizer = Pick<Optimizer<object>, "paramGroups">;
const groupsOf = (optimizer: AnyOptimizer): Group[] => optimizer.paramGroups as unknown as Group[];

/** What a chain or a sequence steps. */
export interface Steppable {
  step(): void;
  readonly optimizer: AnyOptimizer;
  getLastLr(): number[];
  stateDict(): Record<string, unknown>;
  loadStateDict(state: Record<string, unknown>): void;
}

/** PyTorch's names of attributes that are not their own in other letters. */
const NAMES: Record<string, string> = {
  TMax: "T_max",
  T0: "T_0",
  TMult: "T_mult",
  TI: "T_i",
  TCur: "T_cur",
  lastLr: "_last_lr",
  stepCount: "_step_count",
  schedulePhases: "_schedule_phases",
};
const nameOf = (attribute: string): string =>
  NAMES[attribute] ?? attribute.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const isFunctions = (value: unknown): value is unknown[] => Array.isArray(value) && typeof value[0] === "function";

/**
 * State under PyTorch's names.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * new optim.lrScheduler.StepLR(optimizer, 1) instanceof optim.lrScheduler.Stateful; // true
 */
export abstract class Stateful {
  /**
   * Everything but the optimizer and functions, under PyTorch's names.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
   * const scheduler = new optim.lrScheduler.StepLR(optimizer, 1, 0.5);
   * optimizer.step();
   * scheduler.step();
   * scheduler.stateDict().last_epoch; // 1
   */
  stateDict(): Record<string, unknown> {
    const state: Record<string, unknown> = {};
    for (const [attribute, value] of Object.entries(this)) {
      if (attribute === "optimizer" || typeof value === "function") continue;
      state[nameOf(attribute)] = isFunctions(value) ? value.map(() => null) : value;
    }
    return state;
  }
  /**
   * Takes over what `stateDict` gave, here or in PyTorch.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
   * const scheduler = new optim.lrScheduler.StepLR(optimizer, 1, 0.5);
   * scheduler.loadStateDict({ ...scheduler.stateDict(), last_epoch: 4 });
   * scheduler.lastEpoch; // 4
   */
  loadStateDict(state: Record<string, unknown>): void {
    for (const [attribute, value] of Object.entries(this)) {
      const loaded = state[nameOf(attribute)];
      if (loaded === undefined || attribute === "optimizer" || isFunctions(value)) continue;
      Object.assign(this, { [attribute]: loaded });
    }
  }
}

/**
 * Base of the schedulers; follows torch.optim.lr_scheduler._LRScheduler.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.StepLR(optimizer, 1, 0.5);
 * for (let epoch = 0; epoch < 3; epoch++) {
 *   optimizer.step();
 *   scheduler.step();
 * }
 * scheduler.getLastLr(); // [0.125]
 */
export abstract class LRScheduler extends Stateful {
  readonly optimizer: AnyOptimizer;
  /** The rates at the beginning. */
  readonly baseLrs: number[];
  /** Steps made so far. */
  lastEpoch: number;
  /** Calls of `step`, the first of which the constructor makes. */
  protected stepCount = 0;
  private lastLr: number[] = [];

  constructor(optimizer: AnyOptimizer, lastEpoch = -1) {
    super();
    this.optimizer = optimizer;
    this.lastEpoch = lastEpoch;
    groupsOf(optimizer).forEach((group, i) => {
      if (lastEpoch === -1) group.initialLr ??= group.lr;
      else if (group.initialLr === undefined) {
        throw new TypeError(`param 'initial_lr' is not specified in param_groups[${i}] when resuming an optimizer`);
      }
    });
    this.baseLrs = groupsOf(optimizer).map((group) => group.initialLr!);
  }

  /** The rates of the groups for `lastEpoch`. */
  protected abstract getLr(): number[];
  protected get groups(): Group[] {
    return groupsOf(this.optimizer);
  }
  /** The rates of the groups as they are. */
  protected get rates(): number[] {
    return this.groups.map((group) => group.lr);
  }

  /** The same without the rates of the epoch before, where the rule has such a form. */
  protected closedForm(): number[] | undefined {
    return undefined;
  }

  /**
   * Moves on by one epoch, or to the given one.
   * Follows torch.optim.lr_scheduler.StepLR.step.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
   * const scheduler = new optim.lrScheduler.StepLR(optimizer, 1, 0.5);
   * optimizer.step();
   * scheduler.step();
   * optimizer.paramGroups[0].lr; // 0.5
   */
  step(epoch?: number): void {
    this.stepCount++;
    this.lastEpoch = epoch ?? this.lastEpoch + 1;
    this.setRates((epoch === undefined ? undefined : this.closedForm()) ?? this.getLr());
  }
  protected setRates(rates: number[]): void {
    this.groups.forEach((group, i) => (group.lr = rates[i]!));
    this.lastLr = rates;
  }
  /** @internal the step of the constructor, again */
  begin(): void {
    this.stepCount = 0;
    this.step();
  }
  /**
   * The rates that the last step set.
   * Follows torch.optim.lr_scheduler.StepLR.get_last_lr.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
   * const scheduler = new optim.lrScheduler.StepLR(optimizer, 1, 0.5);
   * optimizer.step();
   * scheduler.step();
   * scheduler.getLastLr(); // [0.5]
   */
  getLastLr(): number[] {
    return this.lastLr;
  }
}

type EpochFunction = (epoch: number) => number;
type Epochs = Rest<[lastEpoch: number], { lastEpoch?: number }>;

/** A function for every group. */
function functionsFor(optimizer: AnyOptimizer, given: EpochFunction | EpochFunction[]): EpochFunction[] {
  const count = optimizer.paramGroups.length;
  if (!Array.isArray(given)) return Array<EpochFunction>(count).fill(given);
  if (given.length !== count) throw new ValueError(`Expected ${count} lr_lambdas, but got ${given.length}`);
  return given;
}

/**
 * The first rate times a function of the epoch; follows torch.optim.lr_scheduler.LambdaLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.LambdaLR(optimizer, (epoch) => 0.5 ** epoch);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.5]
 */
export class LambdaLR extends LRScheduler {
  readonly lrLambdas: EpochFunction[];
  constructor(
    optimizer: AnyOptimizer,
    lrLambda: EpochFunction | EpochFunction[] | { lrLambda: EpochFunction | EpochFunction[]; lastEpoch?: number },
    ...rest: Epochs
  ) {
    const named = typeof lrLambda === "object" && !Array.isArray(lrLambda) ? lrLambda : undefined;
    const { lastEpoch } = take("LambdaLR", rest, { lastEpoch: named?.lastEpoch ?? -1 });
    super(optimizer, lastEpoch);
    this.lrLambdas = functionsFor(optimizer, named ? named.lrLambda : (lrLambda as EpochFunction));
    this.step();
  }
  protected getLr(): number[] {
    return this.baseLrs.map((lr, i) => lr * this.lrLambdas[i]!(this.lastEpoch));
  }
}

/**
 * The last rate times a function of the epoch; follows torch.optim.lr_scheduler.MultiplicativeLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.MultiplicativeLR(optimizer, () => 0.5);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.5]
 */
export class MultiplicativeLR extends LRScheduler {
  readonly lrLambdas: EpochFunction[];
  constructor(
    optimizer: AnyOptimizer,
    lrLambda: EpochFunction | EpochFunction[] | { lrLambda: EpochFunction | EpochFunction[]; lastEpoch?: number },
    ...rest: Epochs
  ) {
    const named = typeof lrLambda === "object" && !Array.isArray(lrLambda) ? lrLambda : undefined;
    const { lastEpoch } = take("MultiplicativeLR", rest, { lastEpoch: named?.lastEpoch ?? -1 });
    super(optimizer, lastEpoch);
    this.lrLambdas = functionsFor(optimizer, named ? named.lrLambda : (lrLambda as EpochFunction));
    this.step();
  }
  protected getLr(): number[] {
    if (this.lastEpoch === 0) return this.rates;
    return this.rates.map((lr, i) => lr * this.lrLambdas[i]!(this.lastEpoch));
  }
}

/**
 * The rate times `gamma` every `stepSize` epochs; follows torch.optim.lr_scheduler.StepLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.StepLR(optimizer, 2, 0.1);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [1]
 */
export class StepLR extends LRScheduler {
  readonly stepSize: number;
  readonly gamma: number;
  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<
      [stepSize: number, gamma: number, lastEpoch: number],
      { stepSize?: number; gamma?: number; lastEpoch?: number }
    >
  ) {
    const { stepSize, gamma, lastEpoch } = take("StepLR", rest, {
      stepSize: required<number>(),
      gamma: 0.1,
      lastEpoch: -1,
    });
    super(optimizer, lastEpoch);
    this.stepSize = stepSize;
    this.gamma = gamma;
    this.step();
  }
  protected getLr(): number[] {
    if (this.lastEpoch === 0 || this.lastEpoch % this.stepSize !== 0) return this.rates;
    return this.rates.map((lr) => lr * this.gamma);
  }
  protected override closedForm(): number[] {
    return this.baseLrs.map((lr) => lr * this.gamma ** Math.floor(this.lastEpoch / this.stepSize));
  }
}

/**
 * The rate times `gamma` at every milestone; follows torch.optim.lr_scheduler.MultiStepLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.MultiStepLR(optimizer, [1, 2], 0.1);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.1]
 */
export class MultiStepLR extends LRScheduler {
  readonly milestones: number[];
  readonly gamma: number;
  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<
      [milestones: number[], gamma: number, lastEpoch: number],
      { milestones?: number[]; gamma?: number; lastEpoch?: number }
    >
  ) {
    const { milestones, gamma, lastEpoch } = take("MultiStepLR", rest, {
      milestones: required<number[]>(),
      gamma: 0.1,
      lastEpoch: -1,
    });
    super(optimizer, lastEpoch);
    this.milestones = milestones;
    this.gamma = gamma;
    this.step();
  }
  protected getLr(): number[] {
    const times = this.milestones.filter((milestone) => milestone === this.lastEpoch).length;
    return times === 0 ? this.rates : this.rates.map((lr) => lr * this.gamma ** times);
  }
  protected override closedForm(): number[] {
    const times = this.milestones.filter((milestone) => milestone <= this.lastEpoch).length;
    return this.baseLrs.map((lr) => lr * this.gamma ** times);
  }
  /** PyTorch counts how often each milestone is there. */
  override stateDict(): Record<string, unknown> {
    const counts = new Map<number, number>();
    for (const milestone of this.milestones) counts.set(milestone, (counts.get(milestone) ?? 0) + 1);
    return { ...super.stateDict(), milestones: counts };
  }
  override loadStateDict(state: Record<string, unknown>): void {
    const counts = state["milestones"];
    const milestones =
      counts instanceof Map
        ? [...(counts as Map<number, number>)].flatMap(([at, times]) => Array<number>(times).fill(at))
        : this.milestones;
    super.loadStateDict({ ...state, milestones });
  }
}

/**
 * A share of the rate for the first epochs; follows torch.optim.lr_scheduler.ConstantLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.5, totalIters: 2 });
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.5]
 */
export class ConstantLR extends LRScheduler {
  readonly factor: number;
  readonly totalIters: number;
  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<
      [factor: number, totalIters: number, lastEpoch: number],
      { factor?: number; totalIters?: number; lastEpoch?: number }
    >
  ) {
    const { factor, totalIters, lastEpoch } = take("ConstantLR", rest, { factor: 1 / 3, totalIters: 5, lastEpoch: -1 });
    if (factor > 1 || factor < 0)
      throw new ValueError("Constant multiplicative factor expected to be between 0 and 1.");
    super(optimizer, lastEpoch);
    this.factor = factor;
    this.totalIters = totalIters;
    this.step();
  }
  protected getLr(): number[] {
    if (this.lastEpoch === 0) return this.rates.map((lr) => lr * this.factor);
    if (this.totalIters > this.lastEpoch || this.totalIters !== this.lastEpoch) return this.rates;
    return this.rates.map((lr) => lr * (1 / this.factor));
  }
  protected override closedForm(): number[] {
    return this.baseLrs.map((lr) => (this.lastEpoch >= this.totalIters ? lr : lr * this.factor));
  }
}

/**
 * A share that grows (or falls) linearly over the first epochs; follows torch.optim.lr_scheduler.LinearLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 });
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.75]
 */
export class LinearLR extends LRScheduler {
  readonly startFactor: number;
  readonly endFactor: number;
  readonly totalIters: number;
  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<
      [startFactor: number, endFactor: number, totalIters: number, lastEpoch: number],
      { startFactor?: number; endFactor?: number; totalIters?: number; lastEpoch?: number }
    >
  ) {
    const defaults = { startFactor: 1 / 3, endFactor: 1, totalIters: 5, lastEpoch: -1 };
    const { startFactor, endFactor, totalIters, lastEpoch } = take("LinearLR", rest, defaults);
    if (startFactor > 1 || startFactor < 0) {
      throw new ValueError("Starting multiplicative factor expected to be between 0 and 1.");
    }
    if (endFactor > 1 || endFactor < 0)
      throw new ValueError("Ending multiplicative factor expected to be between 0 and 1.");
    super(optimizer, lastEpoch);
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalIters = totalIters;
    this.step();
  }
  protected getLr(): number[] {
    const { lastEpoch, startFactor, endFactor, totalIters } = this;
    if (lastEpoch === 0) return this.rates.map((lr) => lr * startFactor);
    if (lastEpoch > totalIters) return this.rates;
    const rise = endFactor - startFactor;
    return this.rates.map((lr) => lr * (1 + rise / (totalIters * startFactor + (lastEpoch - 1) * rise)));
  }
  protected override closedForm(): number[] {
    const { startFactor, endFactor, totalIters } = this;
    const share = Math.min(totalIters, this.lastEpoch) / totalIters;
    return this.baseLrs.map((lr) => lr * (startFactor + (endFactor - startFactor) * share));
  }
}

/**
 * The rate times `gamma` every epoch; follows torch.optim.lr_scheduler.ExponentialLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.5);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.5]
 */
export class ExponentialLR extends LRScheduler {
  readonly gamma: number;
  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<[gamma: number, lastEpoch: number], { gamma?: number; lastEpoch?: number }>
  ) {
    const { gamma, lastEpoch } = take("ExponentialLR", rest, { gamma: required<number>(), lastEpoch: -1 });
    super(optimizer, lastEpoch);
    this.gamma = gamma;
    this.step();
  }
  protected getLr(): number[] {
    return this.lastEpoch === 0 ? this.rates : this.rates.map((lr) => lr * this.gamma);
  }
  protected override closedForm(): number[] {
    return this.baseLrs.map((lr) => lr * this.gamma ** this.lastEpoch);
  }
}

/**
 * Falls to zero as a power of what is left; follows torch.optim.lr_scheduler.PolynomialLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.PolynomialLR(optimizer, { totalIters: 2 });
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.5]
 */
export class PolynomialLR extends LRScheduler {
  readonly totalIters: number;
  readonly power: number;
  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<
      [totalIters: number, power: number, lastEpoch: number],
      { totalIters?: number; power?: number; lastEpoch?: number }
    >
  ) {
    const { totalIters, power, lastEpoch } = take("PolynomialLR", rest, { totalIters: 5, power: 1, lastEpoch: -1 });
    super(optimizer, lastEpoch);
    this.totalIters = totalIters;
    this.power = power;
    this.step();
  }
  protected getLr(): number[] {
    const { lastEpoch, totalIters, power } = this;
    if (lastEpoch === 0 || lastEpoch > totalIters) return this.rates;
    const decay = ((1 - lastEpoch / totalIters) / (1 - (lastEpoch - 1) / totalIters)) ** power;
    return this.rates.map((lr) => lr * decay);
  }
  protected override closedForm(): number[] {
    const left = 1 - Math.min(this.totalIters, this.lastEpoch) / this.totalIters;
    return this.baseLrs.map((lr) => lr * left ** this.power);
  }
}

/**
 * Half a cosine down to `etaMin` over `TMax` epochs; follows torch.optim.lr_scheduler.CosineAnnealingLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, 2);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.5]
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly TMax: number;
  readonly etaMin: number;
  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<
      [TMax: number, etaMin: number, lastEpoch: number],
      { TMax?: number; etaMin?: number; lastEpoch?: number }
    >
  ) {
    const { TMax, etaMin, lastEpoch } = take("CosineAnnealingLR", rest, {
      TMax: required<number>(),
      etaMin: 0,
      lastEpoch: -1,
    });
    super(optimizer, lastEpoch);
    this.TMax = TMax;
    this.etaMin = etaMin;
    this.step();
  }
  protected getLr(): number[] {
    const { lastEpoch, TMax, etaMin } = this;
    if (lastEpoch === 0) return this.rates;
    if ((lastEpoch - 1 - TMax) % (2 * TMax) === 0) {
      return this.rates.map((lr, i) => lr + ((this.baseLrs[i]! - etaMin) * (1 - Math.cos(Math.PI / TMax))) / 2);
    }
    const ratio = (1 + Math.cos((Math.PI * lastEpoch) / TMax)) / (1 + Math.cos((Math.PI * (lastEpoch - 1)) / TMax));
    return this.rates.map((lr) => ratio * (lr - etaMin) + etaMin);
  }
  protected override closedForm(): number[] {
    const { lastEpoch, TMax, etaMin } = this;
    return this.baseLrs.map((lr) => etaMin + ((lr - etaMin) * (1 + Math.cos((Math.PI * lastEpoch) / TMax))) / 2);
  }
}

/**
 * Cosines that begin anew, `TMult` times as long each; follows torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, 2);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.5]
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly T0: number;
  readonly TMult: number;
  readonly etaMin: number;
  /** Length of the running cosine. */
  private TI: number;
  /** Epochs since its beginning. */
  private TCur: number;
  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<
      [T0: number, TMult: number, etaMin: number, lastEpoch: number],
      { T0?: number; TMult?: number; etaMin?: number; lastEpoch?: number }
    >
  ) {
    const { T0, TMult, etaMin, lastEpoch } = take("CosineAnnealingWarmRestarts", rest, {
      T0: required<number>(),
      TMult: 1,
      etaMin: 0,
      lastEpoch: -1,
    });
    if (!(T0 > 0 && Number.isInteger(T0))) throw new ValueError(`Expected positive integer T_0, but got ${T0}`);
    if (!(TMult >= 1 && Number.isInteger(TMult)))
      throw new ValueError(`Expected integer T_mult >= 1, but got ${TMult}`);
    super(optimizer, lastEpoch);
    this.T0 = T0;
    this.TMult = TMult;
    this.etaMin = etaMin;
    this.TI = T0;
    this.TCur = lastEpoch;
    this.step();
  }
  protected getLr(): number[] {
    const { etaMin, TI, TCur } = this;
    return this.baseLrs.map((lr) => etaMin + ((lr - etaMin) * (1 + Math.cos((Math.PI * TCur) / TI))) / 2);
  }
  /** Moves on by one epoch, or to the given one, which may be a fraction. */
  override step(epoch?: number): void {
    const { T0, TMult } = this;
    if (epoch === undefined) {
      epoch = this.lastEpoch + 1;
      if (this.lastEpoch < 0) epoch = 0;
      this.TCur++;
      if (this.TCur >= this.TI) {
        this.TCur -= this.TI;
        this.TI *= TMult;
      }
    } else {
      if (epoch < 0) throw new ValueError(`Expected non-negative epoch, but got ${epoch}`);
      if (epoch < T0) [this.TI, this.TCur] = [T0, epoch];
      else if (TMult === 1) this.TCur = epoch % T0;
      else {
        const n = Math.floor(Math.log((epoch / T0) * (TMult - 1) + 1) / Math.log(TMult));
        this.TCur = epoch - (T0 * (TMult ** n - 1)) / (TMult - 1);
        this.TI = T0 * TMult ** n;
      }
    }
    this.lastEpoch = Math.floor(epoch);
    this.setRates(this.getLr());
  }
}

/** Schedulers held by another. */
abstract class Composite extends Stateful {
  abstract readonly optimizer: AnyOptimizer;
  abstract readonly schedulers: Steppable[];
  protected lastLr: number[] = [];

  /**
   * The learning rates of the groups as they were set last.
   * Follows torch.optim.lr_scheduler.SequentialLR.get_last_lr.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
   * const parts = [new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.1 }), new optim.lrScheduler.ExponentialLR(optimizer, 0.5)];
   * const scheduler = new optim.lrScheduler.SequentialLR(optimizer, parts, [1]);
   * optimizer.step();
   * scheduler.getLastLr().length; // 1
   */
  getLastLr(): number[] {
    return this.lastLr;
  }
  override stateDict(): Record<string, unknown> {
    const { schedulers: _, milestones, ...own } = super.stateDict();
    const states = this.schedulers.map((scheduler) => scheduler.stateDict());
    return { ...(milestones ? { _milestones: milestones } : {}), ...own, _schedulers: states };
  }
  override loadStateDict(state: Record<string, unknown>): void {
    const { _schedulers, _milestones, ...own } = state;
    super.loadStateDict({ ...own, milestones: _milestones });
    this.schedulers.forEach((scheduler, i) => scheduler.loadStateDict((_schedulers as Record<string, unknown>[])[i]!));
  }
}

/**
 * Schedulers one after the other, each from its milestone on; follows torch.optim.lr_scheduler.SequentialLR.
 * @throws ValueError for schedulers of another optimizer, or unless there is one milestone less than schedulers
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const warmup = new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.1, totalIters: 1 });
 * const decay = new optim.lrScheduler.ExponentialLR(optimizer, 0.5);
 * const scheduler = new optim.lrScheduler.SequentialLR(optimizer, [warmup, decay], [1]);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [1]
 */
export class SequentialLR extends Composite {
  readonly optimizer: AnyOptimizer;
  readonly schedulers: LRScheduler[];
  readonly milestones: number[];
  lastEpoch: number;

  constructor(
    optimizer: AnyOptimizer,
    schedulers: LRScheduler[],
    milestones: number[],
    ...rest: Rest<[lastEpoch: number], { lastEpoch?: number }>
  ) {
    super();
    const foreign = schedulers.findIndex((scheduler) => scheduler.optimizer !== optimizer);
    if (foreign >= 0) {
      throw new ValueError(
        "Sequential Schedulers expects all schedulers to belong to the same optimizer, but got schedulers at index " +
          `${foreign} to be different than the optimizer passed in.`,
      );
    }
    if (milestones.length !== schedulers.length - 1) {
      throw new ValueError(
        "Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone points, " +
          `but got number of schedulers ${schedulers.length} and the number of milestones to be equal to ${milestones.length}`,
      );
    }
    this.optimizer = optimizer;
    this.schedulers = schedulers;
    this.milestones = milestones;
    this.lastEpoch = take("SequentialLR", rest, { lastEpoch: -1 }).lastEpoch + 1;
    // The schedulers have each made their first step: undo all but that of the first.
    for (const group of groupsOf(optimizer)) group.lr = group.initialLr!;
    for (const scheduler of schedulers) scheduler.lastEpoch--;
    schedulers[0]!.begin();
    this.lastLr = schedulers[0]!.getLastLr();
  }
  /**
   * The next epoch.
   * Follows torch.optim.lr_scheduler.SequentialLR.step.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
   * const parts = [new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.1 }), new optim.lrScheduler.ExponentialLR(optimizer, 0.5)];
   * const scheduler = new optim.lrScheduler.SequentialLR(optimizer, parts, [1]);
   * optimizer.step();
   * scheduler.step();
   */
  step(): void {
    this.lastEpoch++;
    const index = this.milestones.filter((milestone) => milestone <= this.lastEpoch).length;
    const scheduler = this.schedulers[index]!;
    if (index > 0 && this.milestones[index - 1] === this.lastEpoch) scheduler.step(0);
    else scheduler.step();
    this.lastLr = scheduler.getLastLr();
  }
}

/**
 * Schedulers one on top of the other; follows torch.optim.lr_scheduler.ChainedScheduler.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const first = new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.1, totalIters: 1 });
 * const second = new optim.lrScheduler.ExponentialLR(optimizer, 0.5);
 * const scheduler = new optim.lrScheduler.ChainedScheduler([first, second]);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.5]
 */
export class ChainedScheduler extends Composite {
  readonly optimizer: AnyOptimizer;
  readonly schedulers: Steppable[];
  constructor(schedulers: Steppable[]) {
    super();
    if (schedulers.length === 0) throw new ValueError("ChainedScheduler expects at least one scheduler");
    this.optimizer = schedulers[0]!.optimizer;
    const foreign = schedulers.findIndex((scheduler) => scheduler.optimizer !== this.optimizer);
    if (foreign >= 0) {
      throw new ValueError(
        "ChainedScheduler expects all schedulers to belong to the same optimizer, but got schedulers at index " +
          `0 and ${foreign} to be different`,
      );
    }
    this.schedulers = schedulers;
    this.lastLr = groupsOf(this.optimizer).map((group) => group.lr);
  }
  /**
   * The next epoch.
   * Follows torch.optim.lr_scheduler.ChainedScheduler.step.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
   * const parts = [new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.1 }), new optim.lrScheduler.ExponentialLR(optimizer, 0.5)];
   * const scheduler = new optim.lrScheduler.ChainedScheduler(parts);
   * optimizer.step();
   * scheduler.step();
   */
  step(): void {
    for (const scheduler of this.schedulers) scheduler.step();
    this.lastLr = groupsOf(this.optimizer).map((group) => group.lr);
  }
}
