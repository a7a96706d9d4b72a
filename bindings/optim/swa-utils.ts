// torch.optim.swa_utils: averages of a model's weights while it trains.

import { noGrad } from "../autograd/mode.ts";
import { ValueError } from "../error.ts";
import { take, type Rest } from "../nn/arguments.ts";
import { Module, type AnyModule } from "../nn/module.ts";
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "../nn/modules/normalization.ts";
import { tensor } from "../tensor/create.ts";
import type { Device } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { LRScheduler } from "./lr-scheduler.ts";
import type { Optimizer } from "./optimizer.ts";

/** The new average of one tensor. */
export type AverageFunction = (averaged: Tensor, current: Tensor, numAveraged: number) => Tensor;
/** Moves averages in place. */
export type MultiAverageFunction = (averaged: Tensor[], current: Tensor[], numAveraged: number) => void;

/** Moves each average by a share of the way. */
const moveBy =
  (share: (numAveraged: number) => number): MultiAverageFunction =>
  (averaged, current, numAveraged) => {
    const weight = share(numAveraged);
    averaged.forEach((average, i) => {
      if (average.isFloatingPoint()) average.lerp_(current[i]!, weight);
      else average.copy_(average.mul(1 - weight).add(current[i]!.mul(weight)));
    });
  };
const one =
  (multi: MultiAverageFunction): AverageFunction =>
  (averaged, current, numAveraged) => {
    const average = averaged.clone();
    multi([average], [current], numAveraged);
    return average;
  };
function decaying(decay: number): MultiAverageFunction {
  if (decay < 0 || decay > 1) {
    throw new ValueError(`Invalid decay value ${decay} provided. Please provide a value in [0,1] range.`);
  }
  return moveBy(() => 1 - decay);
}

/**
 * The mean of all weights so far; follows torch.optim.swa_utils.get_swa_multi_avg_fn.
 * @example
 * const average = torch.tensor([0]);
 * optim.swaUtils.getSwaMultiAvgFn()([average], [torch.tensor([1])], 1);
 * average; // tensor([0.5000])
 */
export const getSwaMultiAvgFn = (): MultiAverageFunction => moveBy((numAveraged) => 1 / (numAveraged + 1));
/**
 * decay·average + (1 - decay)·weights; follows torch.optim.swa_utils.get_ema_multi_avg_fn.
 * @example
 * const average = torch.tensor([0]);
 * optim.swaUtils.getEmaMultiAvgFn(0.9)([average], [torch.tensor([1])], 1);
 * average; // tensor([0.1000])
 */
export const getEmaMultiAvgFn = (decay = 0.999): MultiAverageFunction => decaying(decay);
/**
 * The same for one tensor; follows torch.optim.swa_utils.get_swa_avg_fn.
 * @example
 * optim.swaUtils.getSwaAvgFn()(torch.tensor([0]), torch.tensor([1]), 1); // tensor([0.5000])
 */
export const getSwaAvgFn = (): AverageFunction => one(getSwaMultiAvgFn());
/**
 * The same for one tensor; follows torch.optim.swa_utils.get_ema_avg_fn.
 * @example
 * optim.swaUtils.getEmaAvgFn(0.9)(torch.tensor([0]), torch.tensor([1]), 1); // tensor([0.1000])
 */
export const getEmaAvgFn = (decay = 0.999): AverageFunction => one(decaying(decay));

export interface AveragedModelOptions {
  device?: Device | null;
  avgFn?: AverageFunction | null;
  multiAvgFn?: MultiAverageFunction | null;
  /** Averages buffers too, rather than copying them (default false). */
  useBuffers?: boolean;
}

/**
 * A copy of a model whose weights are averages of that model's; follows torch.optim.swa_utils.AveragedModel. Without a function
 * they are the means of all updates (stochastic weight averaging).
 * @example
 * const { AveragedModel, getEmaMultiAvgFn } = torch.optim.swaUtils;
 * const model = new nn.Linear(2, 1);
 * const average = new AveragedModel(model, { multiAvgFn: getEmaMultiAvgFn(0.999) });
 * average.updateParameters(model); // after each step of the optimizer
 * average(torch.ones(1, 2)).shape; // [1, 1]
 */
export class AveragedModel<M extends AnyModule = AnyModule> extends Module<Parameters<M>, ReturnType<M>> {
  readonly module: M;
  nAveraged!: Tensor;
  readonly useBuffers: boolean;
  readonly multiAvgFn: MultiAverageFunction;
  /** updates so far, where the buffer can't be read */
  private updates = 0;

  constructor(
    model: M,
    ...rest: Rest<
      [
        device: Device | null,
        avgFn: AverageFunction | null,
        multiAvgFn: MultiAverageFunction | null,
        useBuffers: boolean,
      ],
      AveragedModelOptions
    >
  ) {
    super();
    const { device, avgFn, multiAvgFn, useBuffers } = take("AveragedModel", rest, {
      device: null as Device | null,
      avgFn: null as AverageFunction | null,
      multiAvgFn: null as MultiAverageFunction | null,
      useBuffers: false,
    });
    if (avgFn && multiAvgFn) throw new ValueError("Only one of avg_fn and multi_avg_fn should be provided");
    this.module = model.deepCopy();
    if (device !== null) void this.module.to(device);
    this.registerBuffer("nAveraged", tensor(0, { dtype: "int64" }));
    this.useBuffers = useBuffers;
    this.multiAvgFn = avgFn
      ? (averaged, current, count) =>
          averaged.forEach((average, i) => average.copy_(avgFn(average, current[i]!, count)))
      : (multiAvgFn ?? getSwaMultiAvgFn());
  }

  forward(...args: Parameters<M>): ReturnType<M> {
    return (this.module as unknown as (...args: Parameters<M>) => ReturnType<M>)(...args);
  }

  /**
   * Takes the model's weights into the averages; the first time they are copied.
   * Follows torch.optim.swa_utils.AveragedModel.update_parameters.
   * @example
   * const model = new nn.Linear(2, 1);
   * const average = new optim.swaUtils.AveragedModel(model);
   * average.updateParameters(model);
   * average.module.weight.equal(model.weight); // true
   */
  updateParameters(model: AnyModule): void {
    const { nAveraged } = this;
    const count = nAveraged.device === "cpu" ? Number(nAveraged.item()) : this.updates;
    const tensors = (from: AnyModule): Tensor[] =>
      [...from.parameters(), ...(this.useBuffers ? from.buffers() : [])].map((value) => value.detach());
    noGrad(() => {
      const averaged = tensors(this.module);
      const current = tensors(model).map((value, i) => value.to(averaged[i]!.device) as Tensor);
      if (count === 0) averaged.forEach((average, i) => average.copy_(current[i]!));
      else this.multiAvgFn(averaged, current, count);
      if (!this.useBuffers) {
        const buffers = [...model.buffers()];
        [...this.module.buffers()].forEach((buffer, i) => buffer.detach().copy_(buffers[i]!));
      }
      nAveraged.add_(1);
    });
    this.updates = count + 1;
  }
}

/**
 * Computes the statistics of all batch norms anew, as means over the batches of a loader; follows
 * torch.optim.swa_utils.update_bn.
 * @param loader batches, or lists whose first entry is the batch
 * @example
 * const model = new nn.Sequential(new nn.BatchNorm1d(1));
 * await torch.optim.swaUtils.updateBn([torch.tensor([[1], [3]])], model);
 * model[0].runningMean; // tensor([2.])
 */
export async function updateBn(
  loader: Iterable<unknown> | AsyncIterable<unknown>,
  model: AnyModule,
  device?: Device | null,
): Promise<void> {
  const norms = [...model.modules()].filter(
    (module): module is BatchNorm1d =>
      [BatchNorm1d, BatchNorm2d, BatchNorm3d].some((Class) => (module as object) instanceof Class) &&
      (module as unknown as BatchNorm1d).runningMean !== null,
  ) as unknown as (BatchNorm1d & { momentum: number | null })[];
  if (norms.length === 0) return;
  const momenta = norms.map((norm) => norm.momentum);
  const wasTraining = model.training;
  model.train();
  norms.forEach((norm) => {
    norm.runningMean!.zero_();
    norm.runningVar!.fill_(1);
    norm.numBatchesTracked!.zero_();
    norm.momentum = null;
  });
  try {
    for await (const batch of loader) {
      let input = (Array.isArray(batch) ? batch[0] : batch) as Tensor;
      if (device) input = (await input.to(device)) as Tensor;
      noGrad(() => void (model as unknown as (input: Tensor) => unknown)(input));
    }
  } finally {
    norms.forEach((norm, i) => (norm.momentum = momenta[i]!));
    model.train(wasTraining);
  }
}

/** The rate that a group settles at. */
interface SwaGroup {
  lr: number;
  swaLr?: number;
}

/**
 * Moves the rates to constant ones, along a cosine or a line over `annealEpochs`; follows torch.optim.swa_utils.SWALR.
 * @example
 * const optimizer = new optim.SGD([new nn.Parameter(torch.zeros(1))], { lr: 1 });
 * const scheduler = new optim.swaUtils.SWALR(optimizer, { swaLr: 0.1, annealEpochs: 1 });
 * optimizer.step();
 * scheduler.step();
 * scheduler.getLastLr(); // [NaN]
 */
export class SWALR extends LRScheduler {
  readonly annealEpochs: number;
  private readonly anneal: (share: number) => number;

  constructor(
    optimizer: Pick<Optimizer<object>, "paramGroups">,
    swaLr: number | number[],
    ...rest: Rest<
      [annealEpochs: number, annealStrategy: "cos" | "linear", lastEpoch: number],
      { annealEpochs?: number; annealStrategy?: "cos" | "linear"; lastEpoch?: number }
    >
  ) {
    const { annealEpochs, annealStrategy, lastEpoch } = take("SWALR", rest, {
      annealEpochs: 10,
      annealStrategy: "cos" as "cos" | "linear",
      lastEpoch: -1,
    });
    const groups = optimizer.paramGroups as unknown as SwaGroup[];
    const rates = Array.isArray(swaLr) ? swaLr : groups.map(() => swaLr);
    if (rates.length !== groups.length) {
      throw new ValueError(
        `swa_lr must have the same length as optimizer.param_groups: swa_lr has ${rates.length}, ` +
          `optimizer.param_groups has ${groups.length}`,
      );
    }
    if (annealStrategy !== "cos" && annealStrategy !== "linear") {
      throw new ValueError(`anneal_strategy must by one of 'cos' or 'linear', instead got ${String(annealStrategy)}`);
    }
    if (!(Number.isInteger(annealEpochs) && annealEpochs >= 0)) {
      throw new ValueError(`anneal_epochs must be equal or greater than 0, got ${annealEpochs}`);
    }
    groups.forEach((group, i) => (group.swaLr = rates[i]!));
    super(optimizer, lastEpoch);
    this.annealEpochs = annealEpochs;
    this.anneal = annealStrategy === "cos" ? (share) => (1 - Math.cos(Math.PI * share)) / 2 : (share) => share;
    this.step();
  }

  protected getLr(): number[] {
    const { annealEpochs, anneal } = this;
    const step = annealEpochs === 0 ? Math.max(1, this.stepCount - 1) : this.stepCount - 1;
    const share = (at: number): number => anneal(Math.max(0, Math.min(1, at / Math.max(1, annealEpochs))));
    const [before, now] = [share(step - 1), share(step)];
    return (this.groups as unknown as SwaGroup[]).map(({ lr, swaLr }) => {
      const initial = before === 1 ? swaLr! : (lr - before * swaLr!) / (1 - before);
      return swaLr! * now + initial * (1 - now);
    });
  }
}
