// Softmax over many classes, the rare ones in clusters.

import { RuntimeError, ValueError } from "../../error.ts";
import * as torch from "../../gen/functions.ts";
import type { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { defaultFactory, take, type Factory, type Rest } from "../arguments.ts";
import { logSoftmax } from "../functional.ts";
import { Module } from "../module.ts";
import { ModuleList, Sequential } from "./containers.ts";
import { Linear } from "./linear.ts";

export interface AdaptiveSoftmaxOptions extends Factory {
  /** By how much each cluster's projection is smaller than the one before (default 4). */
  divValue?: number | FloatScalar;
  headBias?: boolean;
}

/** The log probabilities of the targets, and the mean loss. */
export interface AdaptiveSoftmaxResult {
  output: Tensor;
  loss: Tensor;
}

/**
 * A softmax over classes in the order of their frequency: the first `cutoffs[0]` have a weight each, the others are in clusters
 * with projections to fewer and fewer features; follows torch.nn.AdaptiveLogSoftmaxWithLoss (Grave et al. 2016).
 * Shapes: input [N, inFeatures] or [inFeatures], target [N] or [].
 * @throws ValueError for cutoffs that do not rise
 * @example
 * const criterion = new nn.AdaptiveLogSoftmaxWithLoss(8, 100, [10, 50]);
 * criterion(torch.zeros(2, 8), torch.tensor([3n, 70n])).output.shape; // [2]
 */
export class AdaptiveLogSoftmaxWithLoss extends Module<[input: Tensor, target: Tensor], AdaptiveSoftmaxResult> {
  readonly inFeatures: number;
  readonly nClasses: number;
  /** The cutoffs, then the number of classes. */
  readonly cutoffs: number[];
  readonly divValue: number;
  readonly headBias: boolean;
  readonly shortlistSize: number;
  readonly nClusters: number;
  readonly headSize: number;
  head: Linear;
  tail: ModuleList<Sequential>;

  constructor(
    inFeatures: number,
    nClasses: number,
    cutoffs: readonly number[],
    ...rest: Rest<[divValue: number | FloatScalar, headBias: boolean], AdaptiveSoftmaxOptions>
  ) {
    super();
    const { divValue, headBias, ...factory } = take("AdaptiveLogSoftmaxWithLoss", rest, {
      divValue: 4,
      headBias: false,
      ...defaultFactory,
    });
    const rises = (c: number, i: number): boolean =>
      Number.isInteger(c) && c > (i > 0 ? cutoffs[i - 1]! : 0) && c < nClasses;
    if (cutoffs.length === 0 || !cutoffs.every(rises)) {
      throw new ValueError(
        "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is between " +
          "1 and n_classes-1",
      );
    }
    this.inFeatures = inFeatures;
    this.nClasses = nClasses;
    this.cutoffs = [...cutoffs, nClasses];
    this.divValue = divValue;
    this.headBias = headBias;
    this.shortlistSize = cutoffs[0]!;
    this.nClusters = cutoffs.length;
    this.headSize = this.shortlistSize + this.nClusters;
    const linear = (from: number, to: number, bias = false): Linear => new Linear(from, to, { bias, ...given });
    const given = Object.fromEntries(Object.entries(factory).filter(([, value]) => value !== undefined));
    this.head = linear(inFeatures, this.headSize, headBias);
    this.tail = new ModuleList();
    for (let i = 0; i < this.nClusters; i++) {
      const size = Math.floor(inFeatures / divValue ** (i + 1));
      this.tail.append(new Sequential(linear(inFeatures, size), linear(size, this.cutoffs[i + 1]! - this.cutoffs[i]!)));
    }
  }

  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.AdaptiveLogSoftmaxWithLoss.reset_parameters.
   * @example
   * new nn.AdaptiveLogSoftmaxWithLoss(8, 100, [10, 50]).resetParameters();
   */
  resetParameters(): void {
    this.head.resetParameters();
    for (const module of this.tail) for (const linear of module) (linear as unknown as Linear).resetParameters();
  }

  forward(input: Tensor, target: Tensor): AdaptiveSoftmaxResult {
    if (target.ndim > 1) throw new RuntimeError("0D or 1D target tensor expected, multi-target not supported");
    const batched = target.ndim === 1;
    if (batched && input.size(0) !== target.size(0)) {
      throw new RuntimeError("Input and target should have the same size in the batch dimension.");
    }
    if (input.ndim !== target.ndim + 1) {
      throw new RuntimeError(
        `${target.ndim}D target tensor expects ${target.ndim + 1}D input tensors, but found inputs with size ` +
          `torch.Size([${input.shape.join(", ")}])`,
      );
    }
    if (!batched) {
      input = input.unsqueeze(0);
      target = target.unsqueeze(0);
    }
    const { cutoffs, nClasses, shortlistSize } = this;
    const onCpu = target.device === "cpu";
    if (onCpu && target.numel() > 0) {
      const [low, high] = [Number(target.min().item()), Number(target.max().item())];
      if (low < 0 || high >= nClasses) {
        throw new RuntimeError(
          `Target values should be in [0, ${nClasses - 1}], but values in range [${low}, ${high}] were found. `,
        );
      }
    }
    // in the head: the class itself, or its cluster behind the shortlist
    const beyond = cutoffs.slice(0, -1).map((cutoff) => target.ge(cutoff).to("int64"));
    const cluster = beyond.reduce((sum, one) => sum.add(one)).add(shortlistSize - 1);
    const picked = (logits: Tensor, index: Tensor): Tensor =>
      logSoftmax(logits, 1).gather(1, index.unsqueeze(1)).squeeze(1);
    let output = picked(this.head(input), torch.where(target.lt(shortlistSize), target, cluster));
    for (let i = 0; i < this.nClusters; i++) {
      const [low, high] = [cutoffs[i]!, cutoffs[i + 1]!];
      const mask = target.ge(low).logicalAnd(target.lt(high));
      const project = this.tail.at(i);
      if (onCpu) {
        const rows = mask.nonzero().squeeze(1);
        if (rows.numel() === 0) continue;
        const local = picked(project(input.indexSelect(0, rows)), target.indexSelect(0, rows).sub(low));
        output = output.indexAdd(0, rows, local);
      } else {
        // how many rows there are is known to the device alone: all go through, the others count for nothing
        const local = picked(project(input), target.sub(low).clamp(0, high - low - 1));
        output = output.add(local.mul(mask.to(local.dtype)));
      }
    }
    const loss = output.neg().mean();
    return { output: batched ? output : output.squeeze(0), loss };
  }

  /**
   * The log probabilities of all classes, [N, nClasses].
   * Follows torch.nn.AdaptiveLogSoftmaxWithLoss.log_prob.
   * @example
   * new nn.AdaptiveLogSoftmaxWithLoss(8, 100, [10, 50]).logProb(torch.zeros(2, 8)).shape; // [2, 100]
   */
  logProb(input: Tensor): Tensor {
    const { shortlistSize } = this;
    const head = logSoftmax(this.head(input), 1);
    const clusters = [...this.tail].map((project, i) =>
      logSoftmax(project(input), 1).add(head.narrow(1, shortlistSize + i, 1)),
    );
    return torch.cat([head.narrow(1, 0, shortlistSize), ...clusters], 1);
  }
  /**
   * The likeliest class of every row.
   * Follows torch.nn.AdaptiveLogSoftmaxWithLoss.predict.
   * @example
   * new nn.AdaptiveLogSoftmaxWithLoss(8, 100, [10, 50]).predict(torch.zeros(2, 8)).shape; // [2]
   */
  predict(input: Tensor): Tensor {
    return this.logProb(input).argmax(1);
  }
}
