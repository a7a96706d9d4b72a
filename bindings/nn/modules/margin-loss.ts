// Losses with margins: for pairs, triplets, rankings, and several labels. Modules around the functions of nn.functional.

import type { FloatScalar } from "../../tensor/scalar.ts";
import type { Distance } from "../../functional/triplet.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { take, type Rest } from "../arguments.ts";
import * as F from "../all-functional.ts";
import { Module } from "../module.ts";
import {
  deprecated,
  type LossOptions,
  type Pair,
  PlainLoss,
  type Reduction,
  reductionOf,
  WeightedLoss,
  type WeightedLossOptions,
} from "./loss.ts";
import { PairwiseDistance } from "./shape.ts";

type Real = number | FloatScalar;

/**
 * log(1 + exp(-target·input)), targets 1 and -1; follows torch.nn.SoftMarginLoss.
 * @example
 * new nn.SoftMarginLoss()(torch.tensor([1, -1]), torch.tensor([1, 1])); // tensor(0.8133)
 */
export class SoftMarginLoss extends PlainLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.softMarginLoss(input, target, { reduction: this.reduction });
  }
}
/**
 * Margins between the classes that are targets and those that are not; follows torch.nn.MultiLabelMarginLoss.
 * @example
 * new nn.MultiLabelMarginLoss()(torch.tensor([[0.1, 0.2, 0.4, 0.8]]), torch.tensor([[3n, 0n, -1n, 1n]])); // tensor(0.8500)
 */
export class MultiLabelMarginLoss extends PlainLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelMarginLoss(input, target, { reduction: this.reduction });
  }
}

/** A loss with a margin. */
abstract class MarginLoss<Args extends unknown[]> extends Module<Args> {
  readonly margin: number;
  readonly reduction: Reduction;
  constructor(
    margin: number,
    rest: Rest<
      [margin: Real, sizeAverage: boolean | null, reduce: boolean | null, reduction: Reduction],
      LossOptions & { margin?: Real }
    >,
  ) {
    super();
    const options = take(new.target.name, rest, { margin, ...deprecated, reduction: "mean" as Reduction });
    this.margin = options.margin;
    this.reduction = reductionOf(options);
  }
}
type MarginRest = Rest<
  [margin: Real, sizeAverage: boolean | null, reduce: boolean | null, reduction: Reduction],
  LossOptions & { margin?: Real }
>;

/**
 * max(0, margin - x) of dissimilar pairs; follows torch.nn.HingeEmbeddingLoss.
 * @example
 * new nn.HingeEmbeddingLoss()(torch.tensor([0.5, 0.2]), torch.tensor([1, -1])); // tensor(0.6500)
 */
export class HingeEmbeddingLoss extends MarginLoss<Pair> {
  constructor(...rest: MarginRest) {
    super(1, rest);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.hingeEmbeddingLoss(input, target, { margin: this.margin, reduction: this.reduction });
  }
}
/**
 * By cosine similarity, with targets 1 and -1; follows torch.nn.CosineEmbeddingLoss.
 * @example
 * new nn.CosineEmbeddingLoss()(torch.tensor([[1, 0]]), torch.tensor([[0, 1]]), torch.tensor([1])); // tensor(1.)
 */
export class CosineEmbeddingLoss extends MarginLoss<[input1: Tensor, input2: Tensor, target: Tensor]> {
  constructor(...rest: MarginRest) {
    super(0, rest);
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return F.cosineEmbeddingLoss(input1, input2, target, { margin: this.margin, reduction: this.reduction });
  }
}
/**
 * max(0, -target·(x1 - x2) + margin); follows torch.nn.MarginRankingLoss.
 * @example
 * new nn.MarginRankingLoss()(torch.tensor([1, 2]), torch.tensor([2, 1]), torch.tensor([1, 1])); // tensor(0.5000)
 */
export class MarginRankingLoss extends MarginLoss<[input1: Tensor, input2: Tensor, target: Tensor]> {
  constructor(...rest: MarginRest) {
    super(0, rest);
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return F.marginRankingLoss(input1, input2, target, { margin: this.margin, reduction: this.reduction });
  }
}

/**
 * Cross entropy of every class for itself; follows torch.nn.MultiLabelSoftMarginLoss.
 * @example
 * new nn.MultiLabelSoftMarginLoss()(torch.tensor([[1, -1]]), torch.tensor([[1, 0]])); // tensor(0.3133)
 */
export class MultiLabelSoftMarginLoss extends WeightedLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelSoftMarginLoss(input, target, { weight: this.weight, reduction: this.reduction });
  }
}

/**
 * Margins of the target class against the others; follows torch.nn.MultiMarginLoss.
 * @example
 * new nn.MultiMarginLoss()(torch.tensor([[0.1, 0.2, 0.9]]), torch.tensor([2n])); // tensor(0.1667)
 */
export class MultiMarginLoss extends Module<Pair> {
  readonly p: number;
  readonly margin: number;
  weight: Tensor | null = null;
  readonly reduction: Reduction;
  constructor(
    ...rest: Rest<
      [
        p: number,
        margin: Real,
        weight: Tensor | null,
        sizeAverage: boolean | null,
        reduce: boolean | null,
        reduction: Reduction,
      ],
      WeightedLossOptions & { p?: number; margin?: Real }
    >
  ) {
    super();
    const options = take("MultiMarginLoss", rest, {
      p: 1,
      margin: 1,
      weight: null as Tensor | null,
      ...deprecated,
      reduction: "mean" as Reduction,
    });
    this.p = options.p;
    this.margin = options.margin;
    this.registerBuffer("weight", options.weight);
    this.reduction = reductionOf(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { p, margin, weight, reduction } = this;
    return F.multiMarginLoss(input, target, { p, margin, weight, reduction });
  }
}

type Triplet = [anchor: Tensor, positive: Tensor, negative: Tensor];

/**
 * Distances to a positive and a negative example; follows torch.nn.TripletMarginLoss.
 * @example
 * new nn.TripletMarginLoss()(torch.tensor([[0, 0]]), torch.tensor([[1, 0]]), torch.tensor([[0, 3]])); // tensor(0.)
 */
export class TripletMarginLoss extends Module<Triplet> {
  readonly margin: number;
  readonly p: number;
  readonly eps: number;
  readonly swap: boolean;
  readonly reduction: Reduction;
  constructor(
    ...rest: Rest<
      [
        margin: Real,
        p: Real,
        eps: Real,
        swap: boolean,
        sizeAverage: boolean | null,
        reduce: boolean | null,
        reduction: Reduction,
      ],
      LossOptions & { margin?: Real; p?: Real; eps?: Real; swap?: boolean }
    >
  ) {
    super();
    const options = take("TripletMarginLoss", rest, {
      margin: 1,
      p: 2,
      eps: 1e-6,
      swap: false,
      ...deprecated,
      reduction: "mean" as Reduction,
    });
    ({ margin: this.margin, p: this.p, eps: this.eps, swap: this.swap } = options);
    this.reduction = reductionOf(options);
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { margin, p, eps, swap, reduction } = this;
    return F.tripletMarginLoss(anchor, positive, negative, { margin, p, eps, swap, reduction });
  }
}

/**
 * The same with a distance of your own; follows torch.nn.TripletMarginWithDistanceLoss.
 * @example
 * new nn.TripletMarginWithDistanceLoss()(torch.tensor([[0, 0]]), torch.tensor([[1, 0]]), torch.tensor([[0, 3]])); // tensor(0.)
 */
export class TripletMarginWithDistanceLoss extends Module<Triplet> {
  readonly distanceFunction: Distance;
  readonly margin: number;
  readonly swap: boolean;
  readonly reduction: Reduction;
  constructor(
    options: {
      distanceFunction?: Distance | null;
      margin?: Real;
      swap?: boolean;
      reduction?: Reduction;
    } = {},
  ) {
    super();
    const { distanceFunction, margin, swap, reduction } = take("TripletMarginWithDistanceLoss", [options], {
      distanceFunction: null as Distance | null,
      margin: 1,
      swap: false,
      reduction: "mean" as Reduction,
    });
    this.distanceFunction = distanceFunction ?? new PairwiseDistance();
    this.margin = margin;
    this.swap = swap;
    this.reduction = reduction;
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { distanceFunction, margin, swap, reduction } = this;
    return F.tripletMarginWithDistanceLoss(anchor, positive, negative, { distanceFunction, margin, swap, reduction });
  }
}
