// Schedulers that cycle the rate, and the momentum against it.

import { ValueError } from "../error.ts";
import { take, type Rest } from "../nn/arguments.ts";
import { LRScheduler } from "./lr-scheduler.ts";
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

/** Triangles between two rates; follows torch.optim.lr_scheduler.CyclicLR. */
export class CyclicLR extends LRScheduler {
  private readonly maxLrs: number[];
  private readonly total: number;
  private readonly stepRatio: number;
  private readonly scale: (cycle: number) => number;
  private readonly momenta: { base: number[]; max: number[] } | undefined;

  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<[baseLr: PerGroup, maxLr: PerGroup, stepSizeUp: number], CyclicOptions>
  ) {
    const options = take<Required<CyclicOptions>>("CyclicLR", rest, {
      baseLr: 0,
      maxLr: 0,
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
    this.total = stepSizeUp + (stepSizeDown ?? stepSizeUp);
    this.stepRatio = stepSizeUp / this.total;
    this.momenta = momenta;
    const byMode = (x: number): number =>
      mode === "triangular" ? 1 : mode === "triangular2" ? 0.5 ** (x - 1) : gamma ** x;
    const scaleFn = options.scaleFn ?? byMode;
    const perCycle = options.scaleFn ? options.scaleMode === "cycle" : mode !== "exp_range";
    this.scale = (cycle) => scaleFn(perCycle ? cycle : this.lastEpoch);
    this.step();
  }

  protected getLr(): number[] {
    const cycle = Math.floor(1 + this.lastEpoch / this.total);
    const x = 1 + this.lastEpoch / this.total - cycle;
    const height = x <= this.stepRatio ? x / this.stepRatio : (x - 1) / (this.stepRatio - 1);
    const scale = this.scale(cycle);
    if (this.momenta) {
      const { base, max } = this.momenta;
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

type Key = "initial" | "max" | "min";
interface Phase {
  end: number;
  lr: [from: Key, to: Key];
  momentum: [from: "base" | "max", to: "base" | "max"];
}

/** One rise and one long fall of the rate; follows torch.optim.lr_scheduler.OneCycleLR. */
export class OneCycleLR extends LRScheduler {
  readonly totalSteps: number;
  private readonly phases: Phase[];
  private readonly anneal: (from: number, to: number, share: number) => number;
  private readonly lrs: Record<Key, number[]>;
  private readonly momenta: { base: number[]; max: number[] } | undefined;

  constructor(optimizer: AnyOptimizer, ...rest: Rest<[maxLr: PerGroup, totalSteps: number | null], OneCycleOptions>) {
    const options = take<Required<OneCycleOptions>>("OneCycleLR", rest, {
      maxLr: 0,
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
    const max = perGroup("max_lr", optimizer, options.maxLr);
    const initial = max.map((lr) => lr / options.divFactor);
    const min = initial.map((lr) => lr / options.finalDivFactor);
    const groups = optimizer.paramGroups as unknown as ({ lr: number; initialLr?: number } & MomentumGroup)[];
    let momenta: { base: number[]; max: number[] } | undefined;
    if (options.cycleMomentum) {
      requireMomentum(optimizer);
      momenta = {
        base: perGroup("base_momentum", optimizer, options.baseMomentum),
        max: perGroup("max_momentum", optimizer, options.maxMomentum),
      };
    }
    if (lastEpoch === -1) {
      groups.forEach((group, i) => {
        group.initialLr = initial[i]!;
        if (momenta) setMomentum(group, momenta.max[i]!);
      });
    }
    super(optimizer, lastEpoch);
    this.totalSteps = totalSteps;
    this.lrs = { initial, max, min };
    this.momenta = momenta;
    const up: Phase = { end: pctStart * totalSteps - 1, lr: ["initial", "max"], momentum: ["max", "base"] };
    this.phases = options.threePhase
      ? [
          up,
          { end: 2 * pctStart * totalSteps - 2, lr: ["max", "initial"], momentum: ["base", "max"] },
          { end: totalSteps - 1, lr: ["initial", "min"], momentum: ["max", "max"] },
        ]
      : [up, { end: totalSteps - 1, lr: ["max", "min"], momentum: ["base", "max"] }];
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
    const last = this.phases.length - 1;
    const index = this.phases.findIndex((phase, i) => {
      if (step <= phase.end || i === last) return true;
      start = phase.end;
      return false;
    });
    const phase = this.phases[index]!;
    const share = (step - start) / (phase.end - start);
    if (this.momenta) {
      const [from, to] = phase.momentum.map((key) => this.momenta![key]) as [number[], number[]];
      this.groups.forEach((group, i) => setMomentum(group, this.anneal(from[i]!, to[i]!, share)));
    }
    const [from, to] = phase.lr.map((key) => this.lrs[key]) as [number[], number[]];
    return from.map((lr, i) => this.anneal(lr, to[i]!, share));
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

/** Lowers the rate when a metric no longer improves; follows torch.optim.lr_scheduler.ReduceLROnPlateau. */
export class ReduceLROnPlateau {
  readonly optimizer: AnyOptimizer;
  best: number;
  numBadEpochs = 0;
  cooldownCounter = 0;
  lastEpoch = 0;
  private readonly options: Required<PlateauOptions>;
  private readonly minLrs: number[];

  constructor(
    optimizer: AnyOptimizer,
    ...rest: Rest<["min" | "max", factor: number, patience: number], PlateauOptions>
  ) {
    this.options = take<Required<PlateauOptions>>("ReduceLROnPlateau", rest, {
      mode: "min",
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: "rel",
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
    });
    if (this.options.factor >= 1) throw new ValueError("Factor should be < 1.0.");
    this.optimizer = optimizer;
    this.minLrs = perGroup("min_lrs", optimizer, this.options.minLr);
    this.best = this.options.mode === "min" ? Infinity : -Infinity;
  }

  private isBetter(value: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === "min" ? -1 : 1;
    const bound = thresholdMode === "rel" ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === "min" ? value < bound : value > bound;
  }

  /** Takes the metric of an epoch. */
  step(metric: number | { item(): unknown }): void {
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
    if (this.numBadEpochs > this.options.patience) {
      this.reduce();
      this.cooldownCounter = this.options.cooldown;
      this.numBadEpochs = 0;
    }
  }
  private reduce(): void {
    const groups = this.optimizer.paramGroups as unknown as { lr: number }[];
    groups.forEach((group, i) => {
      const lr = Math.max(group.lr * this.options.factor, this.minLrs[i]!);
      if (group.lr - lr > this.options.eps) group.lr = lr;
    });
  }
  getLastLr(): number[] {
    return (this.optimizer.paramGroups as unknown as { lr: number }[]).map((group) => group.lr);
  }
}
