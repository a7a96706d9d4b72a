// More of torch.optim.lr_scheduler: schedulers of schedulers, restarts and what is rarely asked for.

import { ValueError } from "../error.ts";
import { required, take, type Rest } from "../nn/arguments.ts";
import { FunctionLR, groupsOf, LRScheduler, Stateful, type AnyOptimizer, type Steppable } from "./lr-base.ts";

/**
 * The last rate times a function of the epoch; follows torch.optim.lr_scheduler.MultiplicativeLR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.lrScheduler.MultiplicativeLR(optimizer, () => 0.5);
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [0.5]
 */
export class MultiplicativeLR extends FunctionLR {
  protected getLr(): number[] {
    if (this.lastEpoch === 0) return this.rates;
    return this.rates.map((lr, i) => lr * this.lrLambdas[i]!(this.lastEpoch));
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
