// Linear maps.

import * as torch from "../../gen/functions.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { type Arguments, defaultFactory, required, take, type Factory, type Rest } from "../arguments.ts";
import { empty } from "../factory.ts";
import * as F from "../functional.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { py } from "../python.ts";

/**
 * Gives back its input, whatever it was made with; follows torch.nn.Identity.
 * @example
 * new nn.Identity()(torch.tensor([1, 2])); // tensor([1., 2.])
 */
export class Identity extends Module {
  constructor(..._ignored: unknown[]) {
    super();
  }
  forward(input: Tensor): Tensor {
    return input;
  }
}

export interface LinearOptions extends Factory {
  /** Adds a learnable bias (default true). */
  bias?: boolean;
}

/**
 * y = x·Aᵀ + b over the last dimension; follows torch.nn.Linear. `weight` is [outFeatures, inFeatures].
 * Shapes: [*, inFeatures] → [*, outFeatures].
 * @example
 * torch.manualSeed(0);
 * const layer = new nn.Linear(2, 3);
 * layer(torch.tensor([[1, 2]])).shape; // [1, 3]
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    ...args: Arguments<
      [inFeatures: number, outFeatures: number],
      { inFeatures: number; outFeatures: number },
      [bias: boolean],
      LinearOptions
    >
  ) {
    super();
    const { inFeatures, outFeatures, bias, ...factory } = take("Linear", args, {
      inFeatures: required<number>(),
      outFeatures: required<number>(),
      bias: true,
      ...defaultFactory,
    });
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(empty([outFeatures, inFeatures], factory));
    this.bias = bias ? new Parameter(empty([outFeatures], factory)) : null;
    this.resetParameters();
  }

  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.Linear.reset_parameters.
   * @example
   * new nn.Linear(2, 1).resetParameters();
   */
  resetParameters(): void {
    init.kaimingUniform_(this.weight, Math.sqrt(5));
    if (this.bias) {
      const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
      init.uniform_(this.bias, -bound, bound);
    }
  }

  forward(input: Tensor): Tensor {
    return F.linear(input, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${py(this.bias !== null)}`;
  }
}

/**
 * y = x1ᵀ·A·x2 + b; follows torch.nn.Bilinear. `weight` is [outFeatures, in1Features, in2Features].
 * Shapes: [*, in1Features], [*, in2Features] → [*, outFeatures].
 * @example
 * new nn.Bilinear(2, 3, 4)(torch.ones(5, 2), torch.ones(5, 3)).shape; // [5, 4]
 */
export class Bilinear extends Module<[input1: Tensor, input2: Tensor]> {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    ...args: Arguments<
      [in1Features: number, in2Features: number, outFeatures: number],
      { in1Features: number; in2Features: number; outFeatures: number },
      [bias: boolean],
      LinearOptions
    >
  ) {
    super();
    const { in1Features, in2Features, outFeatures, bias, ...factory } = take("Bilinear", args, {
      in1Features: required<number>(),
      in2Features: required<number>(),
      outFeatures: required<number>(),
      bias: true,
      ...defaultFactory,
    });
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(empty([outFeatures, in1Features, in2Features], factory));
    this.bias = bias ? new Parameter(empty([outFeatures], factory)) : null;
    this.resetParameters();
  }

  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.Bilinear.reset_parameters.
   * @example
   * new nn.Bilinear(2, 3, 1).resetParameters();
   */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    init.uniform_(this.weight, -bound, bound);
    if (this.bias) init.uniform_(this.bias, -bound, bound);
  }

  forward(input1: Tensor, input2: Tensor): Tensor {
    return F.bilinear(input1, input2, this.weight, this.bias);
  }

  override extraRepr(): string {
    const { in1Features, in2Features, outFeatures, bias } = this;
    return `in1_features=${in1Features}, in2_features=${in2Features}, out_features=${outFeatures}, bias=${py(bias !== null)}`;
  }
}

/**
 * Joins dimensions `startDim` to `endDim` into one (default: all but the first); follows torch.nn.Flatten.
 * @example
 * new nn.Flatten()(torch.zeros(2, 3, 4)).shape; // [2, 12]
 */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(...rest: Rest<[startDim: number, endDim: number], { startDim?: number; endDim?: number }>) {
    super();
    ({ startDim: this.startDim, endDim: this.endDim } = take("Flatten", rest, { startDim: 1, endDim: -1 }));
  }
  forward(input: Tensor): Tensor {
    return torch.flatten(input, this.startDim, this.endDim);
  }
  override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`;
  }
}

/**
 * Splits dimension `dim` into the given sizes; follows torch.nn.Unflatten.
 * @example
 * new nn.Unflatten(1, [3, 4])(torch.zeros(2, 12)).shape; // [2, 3, 4]
 */
export class Unflatten extends Module {
  readonly dim: number;
  readonly unflattenedSize: number[];

  constructor(dim: number, unflattenedSize: number[]) {
    super();
    this.dim = dim;
    this.unflattenedSize = unflattenedSize;
  }
  forward(input: Tensor): Tensor {
    return torch.unflatten(input, this.dim, this.unflattenedSize);
  }
  override extraRepr(): string {
    return `dim=${this.dim}, unflattened_size=${py(this.unflattenedSize)}`;
  }
}
