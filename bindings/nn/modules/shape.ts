// Padding, shuffling, distances.

import type { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { take, type Rest } from "../arguments.ts";
import * as F from "../functional.ts";
import { Module } from "../module.ts";
import { py } from "../python.ts";
import { perDim, type Size } from "./conv.ts";

abstract class PadModule extends Module {
  /** Elements added before and after each dimension, last dimension first. */
  readonly padding: number[];
  constructor(padding: Size, n: number) {
    super();
    this.padding = perDim(padding, 2 * n);
  }
  override extraRepr(): string {
    return py(this.padding);
  }
}

abstract class ReflectionPad extends PadModule {
  forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, "reflect");
  }
}
/**
 * Mirrors at the borders of the last dimension; follows torch.nn.ReflectionPad1d.
 * @example
 * new nn.ReflectionPad1d(1)(torch.tensor([[[1, 2, 3]]])); // tensor([[[2., 1., 2., 3., 2.]]])
 */
export class ReflectionPad1d extends ReflectionPad {
  constructor(padding: Size) {
    super(padding, 1);
  }
}
/**
 * Mirrors at the borders of the last two dimensions; follows torch.nn.ReflectionPad2d.
 * @example
 * new nn.ReflectionPad2d(1)(torch.zeros(1, 1, 3, 3)).shape; // [1, 1, 5, 5]
 */
export class ReflectionPad2d extends ReflectionPad {
  constructor(padding: Size) {
    super(padding, 2);
  }
}
/**
 * Mirrors at the borders of the last three dimensions; follows torch.nn.ReflectionPad3d.
 * @example
 * new nn.ReflectionPad3d(1)(torch.zeros(1, 1, 3, 3, 3)).shape; // [1, 1, 5, 5, 5]
 */
export class ReflectionPad3d extends ReflectionPad {
  constructor(padding: Size) {
    super(padding, 3);
  }
}

abstract class ReplicationPad extends PadModule {
  forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, "replicate");
  }
}
/**
 * Repeats the borders of the last dimension; follows torch.nn.ReplicationPad1d.
 * @example
 * new nn.ReplicationPad1d(1)(torch.tensor([[[1, 2, 3]]])); // tensor([[[1., 1., 2., 3., 3.]]])
 */
export class ReplicationPad1d extends ReplicationPad {
  constructor(padding: Size) {
    super(padding, 1);
  }
}
/**
 * Repeats the borders of the last two dimensions; follows torch.nn.ReplicationPad2d.
 * @example
 * new nn.ReplicationPad2d(1)(torch.zeros(1, 1, 3, 3)).shape; // [1, 1, 5, 5]
 */
export class ReplicationPad2d extends ReplicationPad {
  constructor(padding: Size) {
    super(padding, 2);
  }
}
/**
 * Repeats the borders of the last three dimensions; follows torch.nn.ReplicationPad3d.
 * @example
 * new nn.ReplicationPad3d(1)(torch.zeros(1, 1, 3, 3, 3)).shape; // [1, 1, 5, 5, 5]
 */
export class ReplicationPad3d extends ReplicationPad {
  constructor(padding: Size) {
    super(padding, 3);
  }
}

abstract class ConstantPad extends PadModule {
  readonly value: number;
  constructor(padding: Size, value: number | FloatScalar, n: number) {
    super(padding, n);
    this.value = Number(value);
  }
  forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, "constant", this.value);
  }
  override extraRepr(): string {
    return `padding=${py(this.padding)}, value=${py(this.value)}`;
  }
}
/**
 * A constant around the last dimension; follows torch.nn.ConstantPad1d.
 * @example
 * new nn.ConstantPad1d(1, 9)(torch.tensor([[[1, 2, 3]]])); // tensor([[[9., 1., 2., 3., 9.]]])
 */
export class ConstantPad1d extends ConstantPad {
  constructor(padding: Size, value: number | FloatScalar) {
    super(padding, value, 1);
  }
}
/**
 * A constant around the last two dimensions; follows torch.nn.ConstantPad2d.
 * @example
 * new nn.ConstantPad2d(1, 9)(torch.tensor([[[1]]])); // tensor([[[9., 9., 9.], [9., 1., 9.], [9., 9., 9.]]])
 */
export class ConstantPad2d extends ConstantPad {
  constructor(padding: Size, value: number | FloatScalar) {
    super(padding, value, 2);
  }
}
/**
 * A constant around the last three dimensions; follows torch.nn.ConstantPad3d.
 * @example
 * new nn.ConstantPad3d(1, 9)(torch.zeros(1, 1, 3, 3, 3)).shape; // [1, 1, 5, 5, 5]
 */
export class ConstantPad3d extends ConstantPad {
  constructor(padding: Size, value: number | FloatScalar) {
    super(padding, value, 3);
  }
}
/**
 * Zeros around the last two dimensions; follows torch.nn.ZeroPad2d.
 * @example
 * new nn.ZeroPad2d([1, 0, 0, 1])(torch.tensor([[[1]]])); // tensor([[[0., 1.], [0., 0.]]])
 */
export class ZeroPad2d extends ConstantPad {
  constructor(padding: Size) {
    super(padding, 0, 2);
  }
  override extraRepr(): string {
    return py(this.padding);
  }
}

/**
 * Moves channels into space; follows torch.nn.PixelShuffle. Shapes: [*, C·r², H, W] → [*, C, H·r, W·r].
 * @example
 * new nn.PixelShuffle(2)(torch.zeros(1, 4, 3, 3)).shape; // [1, 1, 6, 6]
 */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;
  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = upscaleFactor;
  }
  forward(input: Tensor): Tensor {
    return F.pixelShuffle(input, this.upscaleFactor);
  }
  override extraRepr(): string {
    return `upscale_factor=${this.upscaleFactor}`;
  }
}
/**
 * Moves space into channels; follows torch.nn.PixelUnshuffle.
 * @example
 * new nn.PixelUnshuffle(2)(torch.zeros(1, 1, 6, 6)).shape; // [1, 4, 3, 3]
 */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;
  constructor(downscaleFactor: number) {
    super();
    this.downscaleFactor = downscaleFactor;
  }
  forward(input: Tensor): Tensor {
    return F.pixelUnshuffle(input, this.downscaleFactor);
  }
  override extraRepr(): string {
    return `downscale_factor=${this.downscaleFactor}`;
  }
}
/**
 * Interleaves groups of channels; follows torch.nn.ChannelShuffle.
 * @example
 * new nn.ChannelShuffle(2)(torch.arange(4).reshape(1, 4, 1, 1)).flatten(); // tensor([0, 2, 1, 3])
 */
export class ChannelShuffle extends Module {
  readonly groups: number;
  constructor(groups: number) {
    super();
    this.groups = groups;
  }
  forward(input: Tensor): Tensor {
    return F.channelShuffle(input, this.groups);
  }
  override extraRepr(): string {
    return `groups=${this.groups}`;
  }
}

/**
 * x·y / (|x|·|y|) along a dimension; follows torch.nn.CosineSimilarity.
 * @example
 * new nn.CosineSimilarity()(torch.tensor([[1, 0]]), torch.tensor([[1, 1]])); // tensor([0.7071])
 */
export class CosineSimilarity extends Module<[x1: Tensor, x2: Tensor]> {
  readonly dim: number;
  readonly eps: number;
  constructor(...rest: Rest<[dim: number, eps: number | FloatScalar], { dim?: number; eps?: number | FloatScalar }>) {
    super();
    ({ dim: this.dim, eps: this.eps } = take("CosineSimilarity", rest, { dim: 1, eps: 1e-8 }));
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return F.cosineSimilarity(x1, x2, this.dim, this.eps);
  }
}
/**
 * The p-norm of x - y + eps over the last dimension; follows torch.nn.PairwiseDistance.
 * @example
 * new nn.PairwiseDistance()(torch.tensor([[0, 0]]), torch.tensor([[3, 4]])); // tensor([5.0000])
 */
export class PairwiseDistance extends Module<[x1: Tensor, x2: Tensor]> {
  readonly norm: number;
  readonly eps: number;
  readonly keepdim: boolean;
  constructor(
    ...rest: Rest<
      [p: number | FloatScalar, eps: number | FloatScalar, keepdim: boolean],
      { p?: number | FloatScalar; eps?: number | FloatScalar; keepdim?: boolean }
    >
  ) {
    super();
    ({
      p: this.norm,
      eps: this.eps,
      keepdim: this.keepdim,
    } = take("PairwiseDistance", rest, { p: 2, eps: 1e-6, keepdim: false }));
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return F.pairwiseDistance(x1, x2, this.norm, this.eps, this.keepdim);
  }
}
