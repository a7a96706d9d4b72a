// What schedulers of learning rates have in common.

import { TypeError, ValueError } from "../error.ts";
import { take, type Rest } from "../nn/arguments.ts";
import { typeName } from "../tensor/call.ts";
import type { Optimizer } from "./optimizer.ts";

/** What schedulers read and write of a group. */
export interface Group {
  lr: number;
  initialLr?: number;
  momentum?: number;
  betas?: readonly [number, number];
  params: unknown[];
}
export type AnyOptimizer = Pick<Optimizer<object>, "paramGroups">;
export const groupsOf = (optimizer: AnyOptimizer): Group[] => optimizer.paramGroups as unknown as Group[];

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
export const isFunctions = (value: unknown): value is unknown[] =>
  Array.isArray(value) && typeof value[0] === "function";

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
    if (!Array.isArray(optimizer?.paramGroups)) throw new TypeError(`${typeName(optimizer)} is not an Optimizer`);
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

/** What the schedulers with a function of the epoch for each group are given: the function or functions, or named. */
type Functions = EpochFunction | EpochFunction[];
type NamedFunctions = { lrLambda: Functions; lastEpoch?: number };

/** @internal Base of the schedulers with a function of the epoch for each group. */
export abstract class FunctionLR extends LRScheduler {
  readonly lrLambdas: EpochFunction[];
  constructor(optimizer: AnyOptimizer, lrLambda: Functions | NamedFunctions, ...rest: Epochs) {
    const named = typeof lrLambda === "object" && !Array.isArray(lrLambda) ? lrLambda : undefined;
    super(optimizer, take(new.target.name, rest, { lastEpoch: named?.lastEpoch ?? -1 }).lastEpoch);
    const given = named ? named.lrLambda : (lrLambda as Functions);
    const count = optimizer.paramGroups.length;
    if (Array.isArray(given) && given.length !== count)
      throw new ValueError(`Expected ${count} lr_lambdas, but got ${given.length}`);
    this.lrLambdas = Array.isArray(given) ? given : Array<EpochFunction>(count).fill(given);
    this.step();
  }
}
