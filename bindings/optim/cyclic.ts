// Schedulers that cycle the rate, and the momentum against it.

import { TypeError, ValueError } from "../error.ts";
import { required, take, type Rest } from "../nn/arguments.ts";
import { LRScheduler, Stateful } from "./lr-scheduler.ts";
import type { Optimizer } from "./optimizer.ts";

type AnyOptimizer = Pick<Optimizer<object>, "paramGroups">;
/** One number for all groups, or one for each. */
type PerGroup = number | number[];

/** @throws ValueError when there are not as many numbers as groups */
function perGroup(name: string, optimizer: AnyOptimizer, value: PerGroup): number[] {
  const count = optimizer.paramGroups.length;
  if (typeof value === "number") return Array<number>(count).fill(value);
  if (value.length !== count) throw new ValueError(`expected ${count} values for ${name}, got ${value.length}`);
  return value;
}

interface MomentumGroup {
  momentum?: number;
  betas?: readonly [number, number];
}

/** Sets the momentum, or the first beta where that is what the optimizer has. */
function setMomentum(group: MomentumGroup, momentum: number): void {
  if (group.momentum === undefined && group.betas) group.betas = [momentum, group.betas[1]];
  else group.momentum = momentum;
}

function requireMomentum(optimizer: AnyOptimizer): void {
  const group = optimizer.paramGroups[0] as MomentumGroup | undefined;
  if (group && group.momentum === undefined && group.betas === undefined) {
    throw new ValueError("optimizer must support momentum with `cycle_momentum` option enabled");
  }
}

export interface CyclicOptions {
  baseLr?: PerGroup;
  maxLr?: PerGroup;
  /** Steps from the base to the top (default 2000). */
  stepSizeUp?: number;
  /** Steps back (default: as many). */
  stepSizeDown?: number | null;
  /** The tops stay, halve, or fall by `gamma`. */
  mode?: "triangular" | "triangular2" | "exp_range";
  gamma?: number;
  scaleFn?: ((x: number) => number) | null;
  /** Whether `scaleFn` is given cycles or steps. */
  scaleMode?: "cycle" | "iterations";
  cycleMomentum?: boolean;
  baseMomentum?: PerGroup;
  maxMomentum?: PerGroup;
  lastEpoch?: number;
}

/**
 * Triangles between two rates; follows torch.optim.lr_scheduler.CyclicLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.CyclicLR(optimizer, { baseLr: 0.1, maxLr: 0.3, stepSizeUp: 2, cycleMomentum: false });
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.2]
 */
export class CyclicLR extends LRScheduler {
  private readonly maxLrs: number[];
  private readonly totalSize: number;
  private readonly stepRatio: number;
  private readonly scale: (cycle: number) => number;
  readonly cycleMomentum: boolean;
  private readonly baseMomentums: number[] = [];
  private readonly maxMomentums: number[] = [];

  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<[baseLr: PerGroup, maxLr: PerGroup, stepSizeUp: number], CyclicOptions>
  ) {
    const options = take<Required<CyclicOptions>>("CyclicLR", rest, {
      baseLr: required<PerGroup>(),
      maxLr: required<PerGroup>(),
      stepSizeUp: 2000,
      stepSizeDown: null,
      mode: "triangular",
      gamma: 1,
      scaleFn: null,
      scaleMode: "cycle",
      cycleMomentum: true,
      baseMomentum: 0.8,
      maxMomentum: 0.9,
      lastEpoch: -1,
    });
    const { stepSizeUp, stepSizeDown, mode, gamma, lastEpoch } = options;
    const baseLrs = perGroup("base_lr", optimizer, options.baseLr);
    const groups = optimizer.paramGroups as unknown as ({ lr: number; initialLr?: number } & MomentumGroup)[];
    if (lastEpoch === -1) groups.forEach((group, i) => (group.lr = baseLrs[i]!));
    if (!options.scaleFn && !["triangular", "triangular2", "exp_range"].includes(mode)) {
      throw new ValueError("mode is invalid and scale_fn is None");
    }
    let momenta: { base: number[]; max: number[] } | undefined;
    if (options.cycleMomentum) {
      requireMomentum(optimizer);
      momenta = {
        base: perGroup("base_momentum", optimizer, options.baseMomentum),
        max: perGroup("max_momentum", optimizer, options.maxMomentum),
      };
      if (lastEpoch === -1) groups.forEach((group, i) => setMomentum(group, momenta!.base[i]!));
    }
    super(optimizer, lastEpoch);
    this.baseLrs.splice(0, this.baseLrs.length, ...baseLrs);
    this.maxLrs = perGroup("max_lr", optimizer, options.maxLr);
    this.totalSize = stepSizeUp + (stepSizeDown ?? stepSizeUp);
    this.stepRatio = stepSizeUp / this.totalSize;
    this.cycleMomentum = options.cycleMomentum;
    if (momenta) ({ base: this.baseMomentums, max: this.maxMomentums } = momenta);
    const byMode = (x: number): number =>
      mode === "triangular" ? 1 : mode === "triangular2" ? 0.5 ** (x - 1) : gamma ** x;
    const scaleFn = options.scaleFn ?? byMode;
    const perCycle = options.scaleFn ? options.scaleMode === "cycle" : mode !== "exp_range";
    this.scale = (cycle) => scaleFn(perCycle ? cycle : this.lastEpoch);
    this.step();
  }

  protected getLr(): number[] {
    const cycle = Math.floor(1 + this.lastEpoch / this.totalSize);
    const x = 1 + this.lastEpoch / this.totalSize - cycle;
    const height = x <= this.stepRatio ? x / this.stepRatio : (x - 1) / (this.stepRatio - 1);
    const scale = this.scale(cycle);
    if (this.cycleMomentum) {
      const { baseMomentums: base, maxMomentums: max } = this;
      this.groups.forEach((group, i) => setMomentum(group, max[i]! - (max[i]! - base[i]!) * height * scale));
    }
    return this.baseLrs.map((lr, i) => lr + (this.maxLrs[i]! - lr) * height * scale);
  }
}

export interface OneCycleOptions {
  maxLr?: PerGroup;
  /** All steps of the cycle, or epochs and steps per epoch. */
  totalSteps?: number | null;
  epochs?: number | null;
  stepsPerEpoch?: number | null;
  /** Share of the steps in which the rate rises (default 0.3). */
  pctStart?: number;
  annealStrategy?: "cos" | "linear";
  cycleMomentum?: boolean;
  baseMomentum?: PerGroup;
  maxMomentum?: PerGroup;
  /** The first rate is the greatest divided by this (default 25). */
  divFactor?: number;
  /** The last rate is the first divided by this (default 1e4). */
  finalDivFactor?: number;
  threePhase?: boolean;
  lastEpoch?: number;
}

/** A stretch of the cycle: to which step, and between which of the group's numbers. */
interface Phase {
  end_step: number;
  start_lr: string;
  end_lr: string;
  start_momentum: string;
  end_momentum: string;
}
const phase = (end_step: number, lr: [string, string], momentum: [string, string]): Phase => ({
  end_step,
  start_lr: `${lr[0]}_lr`,
  end_lr: `${lr[1]}_lr`,
  start_momentum: `${momentum[0]}_momentum`,
  end_momentum: `${momentum[1]}_momentum`,
});
/** The bounds of the cycle, which PyTorch keeps in the groups. */
interface CycleGroup extends MomentumGroup {
  initialLr?: number;
  maxLr?: number;
  minLr?: number;
  maxMomentum?: number;
  baseMomentum?: number;
}

/**
 * One rise and one long fall of the rate; follows torch.optim.lr_scheduler.OneCycleLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: 0.5, totalSteps: 4, cycleMomentum: false });
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.4058728269748815]
 */
export class OneCycleLR extends LRScheduler {
  readonly totalSteps: number;
  private readonly schedulePhases: Phase[];
  private readonly anneal: (from: number, to: number, share: number) => number;
  readonly cycleMomentum: boolean;
  readonly useBeta1: boolean;

  constructor(optimizer: AnyOptimizer, ...rest: Rest<[maxLr: PerGroup, totalSteps: number | null], OneCycleOptions>) {
    const options = take<Required<OneCycleOptions>>("OneCycleLR", rest, {
      maxLr: required<PerGroup>(),
      totalSteps: null,
      epochs: null,
      stepsPerEpoch: null,
      pctStart: 0.3,
      annealStrategy: "cos",
      cycleMomentum: true,
      baseMomentum: 0.85,
      maxMomentum: 0.95,
      divFactor: 25,
      finalDivFactor: 1e4,
      threePhase: false,
      lastEpoch: -1,
    });
    const { epochs, stepsPerEpoch, pctStart, lastEpoch } = options;
    const totalSteps =
      options.totalSteps ?? (epochs !== null && stepsPerEpoch !== null ? epochs * stepsPerEpoch : null);
    if (totalSteps === null) {
      throw new ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)");
    }
    if (!(totalSteps > 0 && Number.isInteger(totalSteps))) {
      throw new ValueError(`Expected positive integer total_steps, but got ${totalSteps}`);
    }
    if (pctStart < 0 || pctStart > 1)
      throw new ValueError(`Expected float between 0 and 1 pct_start, but got ${pctStart}`);
    if (options.annealStrategy !== "cos" && options.annealStrategy !== "linear") {
      throw new ValueError(
        `anneal_strategy must by one of 'cos' or 'linear', instead got ${String(options.annealStrategy)}`,
      );
    }
    const maxLrs = perGroup("max_lr", optimizer, options.maxLr);
    const groups = optimizer.paramGroups as unknown as CycleGroup[];
    if (options.cycleMomentum) requireMomentum(optimizer);
    const baseMomentums = perGroup("base_momentum", optimizer, options.baseMomentum);
    const maxMomentums = perGroup("max_momentum", optimizer, options.maxMomentum);
    if (lastEpoch === -1) {
      groups.forEach((group, i) => {
        group.initialLr = maxLrs[i]! / options.divFactor;
        group.maxLr = maxLrs[i]!;
        group.minLr = group.initialLr / options.finalDivFactor;
        if (!options.cycleMomentum) return;
        setMomentum(group, maxMomentums[i]!);
        group.maxMomentum = maxMomentums[i]!;
        group.baseMomentum = baseMomentums[i]!;
      });
    }
    super(optimizer, lastEpoch);
    this.totalSteps = totalSteps;
    this.cycleMomentum = options.cycleMomentum;
    this.useBeta1 = groups[0]?.betas !== undefined;
    const up = phase(pctStart * totalSteps - 1, ["initial", "max"], ["max", "base"]);
    this.schedulePhases = options.threePhase
      ? [
          up,
          phase(2 * pctStart * totalSteps - 2, ["max", "initial"], ["base", "max"]),
          phase(totalSteps - 1, ["initial", "min"], ["max", "max"]),
        ]
      : [up, phase(totalSteps - 1, ["max", "min"], ["base", "max"])];
    this.anneal =
      options.annealStrategy === "linear"
        ? (from, to, share) => (to - from) * share + from
        : (from, to, share) => to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1);
    this.step();
  }

  protected getLr(): number[] {
    const step = this.lastEpoch;
    if (step > this.totalSteps) {
      throw new ValueError(`Tried to step ${step} times. The specified number of total steps is ${this.totalSteps}`);
    }
    let start = 0;
    const last = this.schedulePhases.length - 1;
    const current = this.schedulePhases.find((candidate, i) => {
      if (step <= candidate.end_step || i === last) return true;
      start = candidate.end_step;
      return false;
    })!;
    const share = (step - start) / (current.end_step - start);
    return this.groups.map((group) => {
      const at = (name: string): number =>
        group[name.replace(/_(.)/, (_, letter: string) => letter.toUpperCase()) as "lr"];
      if (this.cycleMomentum) {
        setMomentum(group, this.anneal(at(current.start_momentum), at(current.end_momentum), share));
      }
      return this.anneal(at(current.start_lr), at(current.end_lr), share);
    });
  }
}

export interface PlateauOptions {
  /** Whether the metric should fall or rise (default "min"). */
  mode?: "min" | "max";
  factor?: number;
  /** Epochs without an improvement that are let pass (default 10). */
  patience?: number;
  threshold?: number;
  thresholdMode?: "rel" | "abs";
  /** Epochs after a reduction in which nothing is counted (default 0). */
  cooldown?: number;
  minLr?: PerGroup;
  /** Smaller changes of the rate are not made (default 1e-8). */
  eps?: number;
}

/**
 * Lowers the rate when a metric no longer improves; follows torch.optim.lr_scheduler.ReduceLROnPlateau.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 0 });
 * for (const loss of [1, 2]) scheduler.step(loss);
 * optimizer.paramGroups[0].lr; // 0.1
 */
export class ReduceLROnPlateau extends Stateful {
  readonly optimizer: AnyOptimizer;
  readonly mode: "min" | "max";
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly thresholdMode: "rel" | "abs";
  readonly cooldown: number;
  readonly minLrs: number[];
  readonly eps: number;
  best: number;
  readonly modeWorse: number;
  numBadEpochs = 0;
  cooldownCounter = 0;
  lastEpoch = 0;
  private lastLr: number[];

  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<
      [
        "min" | "max",
        factor: number,
        patience: number,
        threshold: number,
        thresholdMode: "rel" | "abs",
        cooldown: number,
        minLr: PerGroup,
        eps: number,
      ],
      PlateauOptions
    >
  ) {
    super();
    const options = take<Required<PlateauOptions>>("ReduceLROnPlateau", rest, {
      mode: "min",
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: "rel",
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
    });
    const { mode, thresholdMode } = options;
    if (options.factor >= 1) throw new ValueError("Factor should be < 1.0.");
    if (mode !== "min" && mode !== "max") throw new ValueError(`mode ${String(mode)} is unknown!`);
    if (thresholdMode !== "rel" && thresholdMode !== "abs") {
      throw new ValueError(`threshold mode ${String(thresholdMode)} is unknown!`);
    }
    this.optimizer = optimizer;
    this.mode = mode;
    this.factor = options.factor;
    this.patience = options.patience;
    this.threshold = options.threshold;
    this.thresholdMode = thresholdMode;
    this.cooldown = options.cooldown;
    this.minLrs = perGroup("min_lrs", optimizer, options.minLr);
    this.eps = options.eps;
    this.best = this.modeWorse = mode === "min" ? Infinity : -Infinity;
    this.lastLr = this.rates();
  }

  private rates(): number[] {
    return (this.optimizer.paramGroups as unknown as { lr: number }[]).map((group) => group.lr);
  }
  private isBetter(value: number): boolean {
    const { mode, threshold, thresholdMode } = this;
    const sign = mode === "min" ? -1 : 1;
    const bound = thresholdMode === "rel" ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === "min" ? value < bound : value > bound;
  }

  /**
   * Takes the metric of an epoch.
   * Follows torch.optim.lr_scheduler.ReduceLROnPlateau.step.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
   * const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 0 });
   * for (const loss of [1, 2]) scheduler.step(loss);
   * optimizer.paramGroups[0].lr; // 0.1
   */
  step(metric: number | { item(): unknown }): void {
    if (metric === undefined) throw new TypeError("step() missing 1 required positional argument: 'metrics'");
    const value = typeof metric === "number" ? metric : Number(metric.item());
    this.lastEpoch++;
    if (this.isBetter(value)) {
      this.best = value;
      this.numBadEpochs = 0;
    } else this.numBadEpochs++;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.patience) {
      this.reduce();
      this.cooldownCounter = this.cooldown;
      this.numBadEpochs = 0;
    }
    this.lastLr = this.rates();
  }
  private reduce(): void {
    const groups = this.optimizer.paramGroups as unknown as { lr: number }[];
    groups.forEach((group, i) => {
      const lr = Math.max(group.lr * this.factor, this.minLrs[i]!);
      if (group.lr - lr > this.eps) group.lr = lr;
    });
  }
  /**
   * The learning rates of the groups as they were set last.
   * Follows torch.optim.lr_scheduler.ReduceLROnPlateau.get_last_lr.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
   * const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer);
   * scheduler.step(1);
   * scheduler.getLastLr(); // [1]
   */
  getLastLr(): number[] {
    return this.lastLr;
  }
}
