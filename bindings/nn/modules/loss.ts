// Losses: modules around the functions of nn.functional, which have the formulas.

import type { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { take, type Rest } from "../arguments.ts";
import * as F from "../functional.ts";
import { Module } from "../module.ts";

/** "mean" and "sum" over everything, or "none". */
export type Reduction = "none" | "mean" | "sum";
type Real = number | FloatScalar;
/** @internal */
export type Pair = [input: Tensor, target: Tensor];

/** Arguments that PyTorch deprecates stand in their places: sizeAverage and reduce, for which `reduction` is used. */
interface Deprecated {
  sizeAverage?: boolean | null;
  reduce?: boolean | null;
}
export interface LossOptions extends Deprecated {
  reduction?: Reduction;
}
/** @internal */
export const deprecated: { sizeAverage: boolean | null; reduce: boolean | null } = { sizeAverage: null, reduce: null };

/** @internal The reduction that the deprecated arguments ask for; follows torch.nn._reduction.legacy_get_string. */
export function reductionOf(o: {
  sizeAverage: boolean | null;
  reduce: boolean | null;
  reduction: Reduction;
}): Reduction {
  if (o.sizeAverage === null && o.reduce === null) return o.reduction;
  if (o.reduce === false) return "none";
  return o.sizeAverage === false ? "sum" : "mean";
}

/** @internal A loss whose only setting is its reduction. */
export abstract class PlainLoss extends Module<Pair> {
  readonly reduction: Reduction;
  constructor(...rest: Rest<[sizeAverage: boolean | null, reduce: boolean | null, reduction: Reduction], LossOptions>) {
    super();
    this.reduction = reductionOf(take(new.target.name, rest, { ...deprecated, reduction: "mean" as Reduction }));
  }
}

/**
 * |input - target|; follows torch.nn.L1Loss.
 * @example
 * new nn.L1Loss()(torch.tensor([1, 2]), torch.tensor([1, 4])); // tensor(1.)
 */
export class L1Loss extends PlainLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, { reduction: this.reduction });
  }
}
/**
 * (input - target)²; follows torch.nn.MSELoss.
 * @example
 * new nn.MSELoss()(torch.tensor([1, 2]), torch.tensor([1, 4])); // tensor(2.)
 */
export class MSELoss extends PlainLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, { reduction: this.reduction });
  }
}
export interface WeightedLossOptions extends LossOptions {
  /** A factor per class. */
  weight?: Tensor | null;
}

/** @internal A loss whose settings are a weight and its reduction. */
export abstract class WeightedLoss extends Module<Pair> {
  weight: Tensor | null = null;
  readonly reduction: Reduction;
  constructor(
    ...rest: Rest<
      [weight: Tensor | null, sizeAverage: boolean | null, reduce: boolean | null, reduction: Reduction],
      WeightedLossOptions
    >
  ) {
    super();
    const defaults = { weight: null as Tensor | null, ...deprecated, reduction: "mean" as Reduction };
    const options = take(new.target.name, rest, defaults);
    this.registerBuffer("weight", options.weight);
    this.reduction = reductionOf(options);
  }
}

/**
 * Binary cross entropy of probabilities; follows torch.nn.BCELoss.
 * @example
 * new nn.BCELoss()(torch.tensor([0.9, 0.2]), torch.tensor([1, 0])); // tensor(0.1643)
 */
export class BCELoss extends WeightedLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.binaryCrossEntropy(input, target, { weight: this.weight, reduction: this.reduction });
  }
}

/**
 * Binary cross entropy of logits; follows torch.nn.BCEWithLogitsLoss.
 * @example
 * new nn.BCEWithLogitsLoss()(torch.tensor([2, -1]), torch.tensor([1, 0])); // tensor(0.2201)
 */
export class BCEWithLogitsLoss extends Module<Pair> {
  weight: Tensor | null = null;
  posWeight: Tensor | null = null;
  readonly reduction: Reduction;
  constructor(
    ...rest: Rest<
      [
        weight: Tensor | null,
        sizeAverage: boolean | null,
        reduce: boolean | null,
        reduction: Reduction,
        posWeight: Tensor | null,
      ],
      WeightedLossOptions & { posWeight?: Tensor | null }
    >
  ) {
    super();
    const options = take("BCEWithLogitsLoss", rest, {
      weight: null as Tensor | null,
      ...deprecated,
      reduction: "mean" as Reduction,
      posWeight: null as Tensor | null,
    });
    this.registerBuffer("weight", options.weight);
    this.registerBuffer("posWeight", options.posWeight);
    this.reduction = reductionOf(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, posWeight, reduction } = this;
    return F.binaryCrossEntropyWithLogits(input, target, { weight, posWeight, reduction });
  }
}

export interface ClassLossOptions extends WeightedLossOptions {
  /** Targets of this class do not count (default -100). */
  ignoreIndex?: number;
}

/**
 * Negative log likelihood of log probabilities; follows torch.nn.NLLLoss.
 * @example
 * new nn.NLLLoss()(torch.tensor([[-1, -2], [-3, -4]]), torch.tensor([0n, 1n])); // tensor(2.5000)
 */
export class NLLLoss extends Module<Pair> {
  weight: Tensor | null = null;
  readonly ignoreIndex: number;
  readonly reduction: Reduction;
  constructor(
    ...rest: Rest<
      [
        weight: Tensor | null,
        sizeAverage: boolean | null,
        ignoreIndex: number,
        reduce: boolean | null,
        reduction: Reduction,
      ],
      ClassLossOptions
    >
  ) {
    super();
    const options = take("NLLLoss", rest, {
      weight: null as Tensor | null,
      sizeAverage: null as boolean | null,
      ignoreIndex: -100,
      reduce: null as boolean | null,
      reduction: "mean" as Reduction,
    });
    this.registerBuffer("weight", options.weight);
    this.ignoreIndex = options.ignoreIndex;
    this.reduction = reductionOf(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction } = this;
    return F.nllLoss(input, target, { weight, ignoreIndex, reduction });
  }
}

/**
 * The older name of NLLLoss for pictures; follows torch.nn.NLLLoss2d.
 * @example
 * new nn.NLLLoss2d()(torch.zeros(1, 2, 1, 1), torch.zeros(1, 1, 1, { dtype: "int64" })); // tensor(0.)
 */
export class NLLLoss2d extends NLLLoss {}

/**
 * Cross entropy of logits against class indices or probabilities; follows torch.nn.CrossEntropyLoss.
 * @example
 * new nn.CrossEntropyLoss()(torch.tensor([[3.2, 5.1, -1.7]]), torch.tensor([0n])); // tensor(2.0404)
 */
export class CrossEntropyLoss extends Module<Pair> {
  weight: Tensor | null = null;
  readonly ignoreIndex: number;
  readonly reduction: Reduction;
  readonly labelSmoothing: number;
  constructor(
    ...rest: Rest<
      [
        weight: Tensor | null,
        sizeAverage: boolean | null,
        ignoreIndex: number,
        reduce: boolean | null,
        reduction: Reduction,
        labelSmoothing: Real,
      ],
      ClassLossOptions & { labelSmoothing?: Real }
    >
  ) {
    super();
    const options = take("CrossEntropyLoss", rest, {
      weight: null as Tensor | null,
      sizeAverage: null as boolean | null,
      ignoreIndex: -100,
      reduce: null as boolean | null,
      reduction: "mean" as Reduction,
      labelSmoothing: 0,
    });
    this.registerBuffer("weight", options.weight);
    this.ignoreIndex = options.ignoreIndex;
    this.reduction = reductionOf(options);
    this.labelSmoothing = options.labelSmoothing;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction, labelSmoothing } = this;
    return F.crossEntropy(input, target, { weight, ignoreIndex, reduction, labelSmoothing });
  }
}

/**
 * Poisson likelihood; follows torch.nn.PoissonNLLLoss.
 * @example
 * new nn.PoissonNLLLoss()(torch.tensor([0, 1]), torch.tensor([1, 2])); // tensor(0.8591)
 */
export class PoissonNLLLoss extends Module<Pair> {
  readonly logInput: boolean;
  readonly full: boolean;
  readonly eps: number;
  readonly reduction: Reduction;
  constructor(
    ...rest: Rest<
      [
        logInput: boolean,
        full: boolean,
        sizeAverage: boolean | null,
        eps: Real,
        reduce: boolean | null,
        reduction: Reduction,
      ],
      LossOptions & { logInput?: boolean; full?: boolean; eps?: Real }
    >
  ) {
    super();
    const options = take("PoissonNLLLoss", rest, {
      logInput: true,
      full: false,
      sizeAverage: null as boolean | null,
      eps: 1e-8,
      reduce: null as boolean | null,
      reduction: "mean" as Reduction,
    });
    ({ logInput: this.logInput, full: this.full, eps: this.eps } = options);
    this.reduction = reductionOf(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { logInput, full, eps, reduction } = this;
    return F.poissonNllLoss(input, target, { logInput, full, eps, reduction });
  }
}

/**
 * Gaussian likelihood with given variances; follows torch.nn.GaussianNLLLoss.
 * @example
 * new nn.GaussianNLLLoss()(torch.tensor([1, 2]), torch.tensor([1, 1]), torch.tensor([1, 1])); // tensor(0.2500)
 */
export class GaussianNLLLoss extends Module<[input: Tensor, target: Tensor, variance: Tensor]> {
  readonly full: boolean;
  readonly eps: number;
  readonly reduction: Reduction;
  constructor(...rest: Rest<[], { full?: boolean; eps?: Real; reduction?: Reduction }>) {
    super();
    const options = take("GaussianNLLLoss", rest, { full: false, eps: 1e-6, reduction: "mean" as Reduction });
    ({ full: this.full, eps: this.eps, reduction: this.reduction } = options);
  }
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    const { full, eps, reduction } = this;
    return F.gaussianNllLoss(input, target, variance, { full, eps, reduction });
  }
}

/**
 * Kullback-Leibler divergence of log probabilities; follows torch.nn.KLDivLoss.
 * @example
 * new nn.KLDivLoss({ reduction: "batchmean" })(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.9, 0.1]])); // tensor(0.3681)
 */
export class KLDivLoss extends Module<Pair> {
  readonly reduction: Reduction | "batchmean";
  readonly logTarget: boolean;
  constructor(
    ...rest: Rest<
      [sizeAverage: boolean | null, reduce: boolean | null, reduction: Reduction | "batchmean", logTarget: boolean],
      Deprecated & { reduction?: Reduction | "batchmean"; logTarget?: boolean }
    >
  ) {
    super();
    const options = take("KLDivLoss", rest, {
      ...deprecated,
      reduction: "mean" as Reduction | "batchmean",
      logTarget: false,
    });
    this.reduction =
      options.reduction === "batchmean"
        ? "batchmean"
        : reductionOf(options as typeof options & { reduction: Reduction });
    this.logTarget = options.logTarget;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.klDiv(input, target, { reduction: this.reduction, logTarget: this.logTarget });
  }
}

/**
 * Quadratic below δ, linear beyond; follows torch.nn.HuberLoss.
 * @example
 * new nn.HuberLoss()(torch.tensor([0.5, 3]), torch.tensor([0, 0])); // tensor(1.3125)
 */
export class HuberLoss extends Module<Pair> {
  readonly reduction: Reduction;
  readonly delta: number;
  constructor(...rest: Rest<[reduction: Reduction, delta: Real], { reduction?: Reduction; delta?: Real }>) {
    super();
    ({ reduction: this.reduction, delta: this.delta } = take("HuberLoss", rest, {
      reduction: "mean" as Reduction,
      delta: 1,
    }));
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.huberLoss(input, target, { reduction: this.reduction, delta: this.delta });
  }
}

/**
 * Huber's loss over β; follows torch.nn.SmoothL1Loss.
 * @example
 * new nn.SmoothL1Loss()(torch.tensor([0.5, 3]), torch.tensor([0, 0])); // tensor(1.3125)
 */
export class SmoothL1Loss extends Module<Pair> {
  readonly reduction: Reduction;
  readonly beta: number;
  constructor(
    ...rest: Rest<
      [sizeAverage: boolean | null, reduce: boolean | null, reduction: Reduction, beta: Real],
      LossOptions & { beta?: Real }
    >
  ) {
    super();
    const options = take("SmoothL1Loss", rest, { ...deprecated, reduction: "mean" as Reduction, beta: 1 });
    this.reduction = reductionOf(options);
    this.beta = options.beta;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta });
  }
}

const lengths = (given: Tensor | number[]): number[] =>
  given instanceof Tensor ? (given.tolist() as number[]) : given;

/**
 * Connectionist temporal classification; follows torch.nn.CTCLoss.
 * @example
 * new nn.CTCLoss()(torch.zeros(3, 1, 2).logSoftmax(2), torch.tensor([[1n]]), [3], [1]); // tensor(0.2877)
 */
export class CTCLoss extends Module<
  [logProbs: Tensor, targets: Tensor, inputLengths: Tensor | number[], targetLengths: Tensor | number[]]
> {
  readonly blank: number;
  readonly reduction: Reduction;
  readonly zeroInfinity: boolean;
  constructor(
    ...rest: Rest<
      [blank: number, reduction: Reduction, zeroInfinity: boolean],
      { blank?: number; reduction?: Reduction; zeroInfinity?: boolean }
    >
  ) {
    super();
    const options = take("CTCLoss", rest, { blank: 0, reduction: "mean" as Reduction, zeroInfinity: false });
    ({ blank: this.blank, reduction: this.reduction, zeroInfinity: this.zeroInfinity } = options);
  }
  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Tensor | number[],
    targetLengths: Tensor | number[],
  ): Tensor {
    const { blank, reduction, zeroInfinity } = this;
    return F.ctcLoss(logProbs, targets, lengths(inputLengths), lengths(targetLengths), {
      blank,
      reduction,
      zeroInfinity,
    });
  }
}
