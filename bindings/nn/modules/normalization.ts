// Normalisation by the statistics of batches, instances, groups and layers.

import { ValueError } from "../../error.ts";
import type { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { noGrad } from "../../autograd/mode.ts";
import { type Arguments, defaultFactory, required, take, type Factory } from "../arguments.ts";
import { full } from "../factory.ts";
import * as F from "../functional.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { py, pyFloat } from "../python.ts";

export interface NormOptions extends Factory {
  /** Added to the variance (default 1e-5). */
  eps?: number | FloatScalar;
  /** Weight of the newest statistics in the running ones; null: their mean over all batches (default 0.1). */
  momentum?: number | FloatScalar | null;
  /** Learnable scale and shift. */
  affine?: boolean;
  /** Keeps running statistics for evaluation. */
  trackRunningStats?: boolean;
}
type NormArguments = Arguments<
  [numFeatures: number],
  { numFeatures: number },
  [eps: number | FloatScalar, momentum: number | FloatScalar | null, affine: boolean, trackRunningStats: boolean],
  NormOptions
>;

/** Running statistics and an affine map per feature; follows torch.nn.modules.batchnorm._NormBase. */
abstract class NormBase extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  runningMean: Tensor | null = null;
  runningVar: Tensor | null = null;
  numBatchesTracked: Tensor | null = null;

  constructor(defaults: { affine: boolean; trackRunningStats: boolean }, args: NormArguments) {
    super();
    const { numFeatures, ...options } = take(new.target.name, args, {
      numFeatures: required<number>(),
      eps: 1e-5,
      momentum: 0.1 as number | null,
      ...defaults,
      ...defaultFactory,
    });
    const factory = { device: options.device, dtype: options.dtype };
    this.numFeatures = numFeatures;
    this.eps = options.eps;
    this.momentum = options.momentum;
    this.affine = options.affine;
    this.trackRunningStats = options.trackRunningStats;
    this.weight = this.affine ? new Parameter(full([numFeatures], 1, factory)) : null;
    this.bias = this.affine ? new Parameter(full([numFeatures], 0, factory)) : null;
    if (this.trackRunningStats) {
      this.registerBuffer("runningMean", full([numFeatures], 0, factory));
      this.registerBuffer("runningVar", full([numFeatures], 1, factory));
      this.registerBuffer("numBatchesTracked", full([], 0, { device: options.device, dtype: "int64" }));
    }
  }

  resetRunningStats(): void {
    noGrad(() => {
      this.runningMean?.zero_();
      this.runningVar?.fill_(1);
      this.numBatchesTracked?.zero_();
    });
  }
  resetParameters(): void {
    this.resetRunningStats();
    if (this.weight) init.ones_(this.weight);
    if (this.bias) init.zeros_(this.bias);
  }

  protected abstract checkInput(input: Tensor): void;

  override extraRepr(): string {
    const { numFeatures, eps, momentum, affine, trackRunningStats } = this;
    return (
      `${numFeatures}, eps=${pyFloat(eps)}, momentum=${py(momentum)}, affine=${py(affine)}, ` +
      `track_running_stats=${py(trackRunningStats)}`
    );
  }
}

/** The number of dimensions must be one of `allowed`. */
function checkDims(input: Tensor, allowed: readonly number[]): void {
  if (allowed.includes(input.ndim)) return;
  const list = allowed.map((n) => `${n}D`).join(" or ");
  throw new ValueError(`expected ${list} input (got ${input.ndim}D input)`);
}

abstract class BatchNorm extends NormBase {
  constructor(...args: NormArguments) {
    super({ affine: true, trackRunningStats: true }, args);
  }

  forward(input: Tensor): Tensor {
    this.checkInput(input);
    let factor = this.momentum ?? 0;
    if (this.training && this.numBatchesTracked) {
      // read before it is changed: within torch.webgpu.resolve the read may end this run
      if (this.momentum === null) factor = 1 / (Number(this.numBatchesTracked.item()) + 1);
      noGrad(() => this.numBatchesTracked!.add_(1));
    }
    const ofBatch = this.training || (this.runningMean === null && this.runningVar === null);
    const keepsStats = !this.training || this.trackRunningStats;
    return F.batchNorm(
      input,
      keepsStats ? this.runningMean : null,
      keepsStats ? this.runningVar : null,
      this.weight,
      this.bias,
      ofBatch,
      factor,
      this.eps,
    );
  }
}

/**
 * Batch normalisation of [N, C] or [N, C, L]; follows torch.nn.BatchNorm1d.
 * @example
 * new nn.BatchNorm1d(2)(torch.tensor([[1, 10], [3, 30]])).detach(); // tensor([[-1.0000, -1.0000], [1.0000, 1.0000]])
 */
export class BatchNorm1d extends BatchNorm {
  protected checkInput(input: Tensor): void {
    checkDims(input, [2, 3]);
  }
}
/**
 * Batch normalisation of [N, C, H, W]; follows torch.nn.BatchNorm2d.
 * @example
 * new nn.BatchNorm2d(3)(torch.zeros(2, 3, 4, 4)).shape; // [2, 3, 4, 4]
 */
export class BatchNorm2d extends BatchNorm {
  protected checkInput(input: Tensor): void {
    checkDims(input, [4]);
  }
}
/**
 * Batch normalisation of [N, C, D, H, W]; follows torch.nn.BatchNorm3d.
 * @example
 * new nn.BatchNorm3d(3)(torch.zeros(2, 3, 4, 4, 4)).shape; // [2, 3, 4, 4, 4]
 */
export class BatchNorm3d extends BatchNorm {
  protected checkInput(input: Tensor): void {
    checkDims(input, [5]);
  }
}

abstract class InstanceNorm extends NormBase {
  constructor(...args: NormArguments) {
    super({ affine: false, trackRunningStats: false }, args);
  }
  protected abstract readonly unbatchedDims: number;

  forward(input: Tensor): Tensor {
    this.checkInput(input);
    if (input.ndim === this.unbatchedDims) return this.normalized(input.unsqueeze(0)).squeeze(0);
    return this.normalized(input);
  }
  private normalized(input: Tensor): Tensor {
    const { runningMean, runningVar, weight, bias, momentum, eps } = this;
    const ofInput = this.training || !this.trackRunningStats;
    return F.instanceNorm(input, runningMean, runningVar, weight, bias, ofInput, momentum ?? 0, eps);
  }
}

/**
 * Normalisation of every instance and channel of [N, C, L] or [C, L]; follows torch.nn.InstanceNorm1d.
 * @example
 * new nn.InstanceNorm1d(2)(torch.tensor([[[1, 3], [10, 30]]])); // tensor([[[-1.0000, 1.0000], [-1.0000, 1.0000]]])
 */
export class InstanceNorm1d extends InstanceNorm {
  protected get unbatchedDims(): number {
    return 2;
  }
  protected checkInput(input: Tensor): void {
    checkDims(input, [2, 3]);
  }
}
/**
 * Normalisation of every instance and channel of [N, C, H, W] or [C, H, W]; follows torch.nn.InstanceNorm2d.
 * @example
 * new nn.InstanceNorm2d(3)(torch.zeros(2, 3, 4, 4)).shape; // [2, 3, 4, 4]
 */
export class InstanceNorm2d extends InstanceNorm {
  protected get unbatchedDims(): number {
    return 3;
  }
  protected checkInput(input: Tensor): void {
    checkDims(input, [3, 4]);
  }
}
/**
 * Normalisation of every instance and channel of [N, C, D, H, W] or [C, D, H, W]; follows torch.nn.InstanceNorm3d.
 * @example
 * new nn.InstanceNorm3d(3)(torch.zeros(2, 3, 4, 4, 4)).shape; // [2, 3, 4, 4, 4]
 */
export class InstanceNorm3d extends InstanceNorm {
  protected get unbatchedDims(): number {
    return 4;
  }
  protected checkInput(input: Tensor): void {
    checkDims(input, [4, 5]);
  }
}

export interface LayerNormOptions extends Factory {
  eps?: number | FloatScalar;
  /** Learnable scale and shift (default true). */
  elementwiseAffine?: boolean;
}

/**
 * Normalisation over the last dimensions, which have the sizes `normalizedShape`; follows torch.nn.LayerNorm.
 * @example
 * new nn.LayerNorm(2)(torch.tensor([[1, 3], [10, 30]])).detach(); // tensor([[-1.0000, 1.0000], [-1.0000, 1.0000]])
 */
export class LayerNorm extends Module {
  readonly normalizedShape: number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    ...args: Arguments<
      [normalizedShape: number | readonly number[]],
      { normalizedShape: number | readonly number[] },
      [eps: number | FloatScalar, elementwiseAffine: boolean],
      LayerNormOptions
    >
  ) {
    super();
    const { normalizedShape, eps, elementwiseAffine, ...factory } = take("LayerNorm", args, {
      normalizedShape: required<number | readonly number[]>(),
      eps: 1e-5,
      elementwiseAffine: true,
      ...defaultFactory,
    });
    this.normalizedShape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? new Parameter(full(this.normalizedShape, 1, factory)) : null;
    this.bias = elementwiseAffine ? new Parameter(full(this.normalizedShape, 0, factory)) : null;
  }
  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.LayerNorm.reset_parameters.
   * @example
   * new nn.LayerNorm(2).resetParameters();
   */
  resetParameters(): void {
    if (this.weight) init.ones_(this.weight);
    if (this.bias) init.zeros_(this.bias);
  }
  forward(input: Tensor): Tensor {
    return F.layerNorm(input, this.normalizedShape, this.weight, this.bias, this.eps);
  }
  override extraRepr(): string {
    const { normalizedShape, eps, elementwiseAffine } = this;
    return `${py(normalizedShape)}, eps=${pyFloat(eps)}, elementwise_affine=${py(elementwiseAffine)}`;
  }
}

/**
 * Normalisation over groups of channels; follows torch.nn.GroupNorm.
 * @example
 * new nn.GroupNorm(2, 4)(torch.tensor([[1, 3, 10, 30]])).detach(); // tensor([[-1.0000, 1.0000, -1.0000, 1.0000]])
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    ...args: Arguments<
      [numGroups: number, numChannels: number],
      { numGroups: number; numChannels: number },
      [eps: number | FloatScalar, affine: boolean],
      { eps?: number | FloatScalar; affine?: boolean } & Factory
    >
  ) {
    super();
    const { numGroups, numChannels, eps, affine, ...factory } = take("GroupNorm", args, {
      numGroups: required<number>(),
      numChannels: required<number>(),
      eps: 1e-5,
      affine: true,
      ...defaultFactory,
    });
    if (numChannels % numGroups !== 0) throw new ValueError("num_channels must be divisible by num_groups");
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.affine = affine;
    this.weight = affine ? new Parameter(full([numChannels], 1, factory)) : null;
    this.bias = affine ? new Parameter(full([numChannels], 0, factory)) : null;
  }
  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.GroupNorm.reset_parameters.
   * @example
   * new nn.GroupNorm(1, 2).resetParameters();
   */
  resetParameters(): void {
    if (this.weight) init.ones_(this.weight);
    if (this.bias) init.zeros_(this.bias);
  }
  forward(input: Tensor): Tensor {
    return F.groupNorm(input, this.numGroups, this.weight, this.bias, this.eps);
  }
  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${pyFloat(this.eps)}, affine=${py(this.affine)}`;
  }
}

/**
 * x divided by the root mean square of the last dimensions; follows torch.nn.RMSNorm of PyTorch 2.
 * @example
 * new nn.RMSNorm(2)(torch.tensor([[3, 4]])).detach(); // tensor([[0.8485, 1.1314]])
 */
export class RMSNorm extends Module {
  readonly normalizedShape: number[];
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;

  constructor(
    ...args: Arguments<
      [normalizedShape: number | readonly number[]],
      { normalizedShape: number | readonly number[] },
      [eps: number | FloatScalar | null, elementwiseAffine: boolean],
      { eps?: number | FloatScalar | null; elementwiseAffine?: boolean } & Factory
    >
  ) {
    super();
    const { normalizedShape, eps, elementwiseAffine, ...factory } = take("RMSNorm", args, {
      normalizedShape: required<number | readonly number[]>(),
      eps: null as number | null,
      elementwiseAffine: true,
      ...defaultFactory,
    });
    this.normalizedShape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? new Parameter(full(this.normalizedShape, 1, factory)) : null;
  }
  forward(input: Tensor): Tensor {
    return F.rmsNorm(input, this.normalizedShape, this.weight, this.eps);
  }
  override extraRepr(): string {
    return `${py(this.normalizedShape)}, eps=${py(this.eps)}, elementwise_affine=${py(this.elementwiseAffine)}`;
  }
}

/**
 * x over a power of the squares of neighbouring channels; follows torch.nn.LocalResponseNorm.
 * @example
 * new nn.LocalResponseNorm(2)(torch.zeros(1, 4, 2)).shape; // [1, 4, 2]
 */
export class LocalResponseNorm extends Module {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(
    ...args: Arguments<
      [size: number],
      { size: number },
      [alpha: number | FloatScalar, beta: number | FloatScalar, k: number | FloatScalar],
      { alpha?: number | FloatScalar; beta?: number | FloatScalar; k?: number | FloatScalar }
    >
  ) {
    super();
    ({
      size: this.size,
      alpha: this.alpha,
      beta: this.beta,
      k: this.k,
    } = take(new.target.name, args, { size: required<number>(), alpha: 1e-4, beta: 0.75, k: 1 }));
  }
  forward(input: Tensor): Tensor {
    return F.localResponseNorm(input, this.size, this.alpha, this.beta, this.k);
  }
  override extraRepr(): string {
    return `${this.size}, alpha=${pyFloat(this.alpha)}, beta=${pyFloat(this.beta)}, k=${pyFloat(this.k)}`;
  }
}

/**
 * The same for [N, C, H, W], summing over the window as Caffe does; follows torch.nn.CrossMapLRN2d.
 * @example
 * new nn.CrossMapLRN2d(2)(torch.zeros(1, 4, 2, 2)).shape; // [1, 4, 2, 2]
 */
export class CrossMapLRN2d extends LocalResponseNorm {
  override extraRepr(): string {
    return `${this.size}, alpha=${pyFloat(this.alpha)}, beta=${pyFloat(this.beta)}, k=${py(this.k)}`;
  }
}
