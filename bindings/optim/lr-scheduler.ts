// torch.optim.lr_scheduler: rules that change the learning rates of an optimizer's groups, one step per epoch (or batch).

import { ValueError } from "../error.ts";
import { required, take, type Rest } from "../nn/arguments.ts";
import { FunctionLR, LRScheduler, type AnyOptimizer } from "./lr-base.ts";

export { LRScheduler, Stateful } from "./lr-base.ts";

/**
 * The first rate times a function of the epoch; follows torch.optim.lr_scheduler.LambdaLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.LambdaLR(optimizer, (epoch) => 0.5 ** epoch);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.5]
 */
export class LambdaLR extends FunctionLR {
  protected getLr(): number[] {
    return this.baseLrs.map((lr, i) => lr * this.lrLambdas[i]!(this.lastEpoch));
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
