// Pooling: maxima and means of windows.

import { Tensor } from "../../tensor/tensor.ts";
import { type Arguments, required, take, type Rest } from "../arguments.ts";
import * as F from "../functional.ts";
import { Module } from "../module.ts";
import { py } from "../python.ts";
import type { Size } from "./conv.ts";

export interface MaxPoolOptions {
  /** Step of the window (default: its size). */
  stride?: Size | null;
  padding?: Size;
  dilation?: Size;
  /** Gives the places of the maxima as well (default false). */
  returnIndices?: boolean;
  /** Rounds the result's size up (default false). */
  ceilMode?: boolean;
}
type MaxPoolRest = Rest<
  [stride: Size | null, padding: Size, dilation: Size, returnIndices: boolean, ceilMode: boolean],
  MaxPoolOptions
>;
/** A tensor, or with `returnIndices` the tensor and the places. */
type MaxPoolResult = Tensor | Tensor[];

abstract class MaxPool extends Module<[input: Tensor], MaxPoolResult> {
  readonly kernelSize: Size;
  readonly stride: Size;
  readonly padding: Size;
  readonly dilation: Size;
  readonly returnIndices: boolean;
  readonly ceilMode: boolean;

  constructor(kernelSize: Size, ...rest: MaxPoolRest);
  constructor(options: { kernelSize: Size } & MaxPoolOptions);
  constructor(...args: unknown[]) {
    super();
    const { kernelSize, ...options } = take(new.target.name, args, {
      kernelSize: required<Size>(),
      stride: null as Size | null,
      padding: 0 as Size,
      dilation: 1 as Size,
      returnIndices: false,
      ceilMode: false,
    });
    this.kernelSize = kernelSize;
    this.stride = options.stride ?? kernelSize;
    this.padding = options.padding;
    this.dilation = options.dilation;
    this.returnIndices = options.returnIndices;
    this.ceilMode = options.ceilMode;
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return (
      `kernel_size=${py(kernelSize)}, stride=${py(stride)}, padding=${py(padding)}, dilation=${py(dilation)}, ` +
      `ceil_mode=${py(ceilMode)}`
    );
  }
}

/**
 * Maxima over windows of [N, C, L] or [C, L]; follows torch.nn.MaxPool1d.
 * @example
 * new nn.MaxPool1d(2)(torch.tensor([[[1, 3, 2, 4]]])); // tensor([[[3., 4.]]])
 */
export class MaxPool1d extends MaxPool {
  forward(input: Tensor): MaxPoolResult {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return this.returnIndices
      ? F.maxPool1dWithIndices(input, kernelSize, stride, padding, dilation, ceilMode)
      : F.maxPool1d(input, kernelSize, stride, padding, dilation, ceilMode);
  }
}

/**
 * Maxima over windows of [N, C, H, W] or [C, H, W]; follows torch.nn.MaxPool2d.
 * @example
 * new nn.MaxPool2d(2)(torch.tensor([[[[1, 2], [3, 4]]]])); // tensor([[[[4.]]]])
 */
export class MaxPool2d extends MaxPool {
  forward(input: Tensor): MaxPoolResult {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return this.returnIndices
      ? F.maxPool2dWithIndices(input, kernelSize, stride, padding, dilation, ceilMode)
      : F.maxPool2d(input, kernelSize, stride, padding, dilation, ceilMode);
  }
}

/**
 * Maxima over windows of [N, C, D, H, W] or [C, D, H, W]; follows torch.nn.MaxPool3d.
 * @example
 * new nn.MaxPool3d(2)(torch.ones(1, 1, 4, 4, 4)).shape; // [1, 1, 2, 2, 2]
 */
export class MaxPool3d extends MaxPool {
  forward(input: Tensor): MaxPoolResult {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return this.returnIndices
      ? F.maxPool3dWithIndices(input, kernelSize, stride, padding, dilation, ceilMode)
      : F.maxPool3d(input, kernelSize, stride, padding, dilation, ceilMode);
  }
}

export interface AvgPoolOptions {
  stride?: Size | null;
  padding?: Size;
  ceilMode?: boolean;
  /** Counts the added zeros (default true). */
  countIncludePad?: boolean;
  /** What to divide by in place of the window's size; not for AvgPool1d. */
  divisorOverride?: number | null;
}

abstract class AvgPool extends Module {
  readonly kernelSize: Size;
  readonly stride: Size;
  readonly padding: Size;
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;

  constructor(
    kernelSize: Size,
    ...rest: Rest<
      [stride: Size | null, padding: Size, ceilMode: boolean, countIncludePad: boolean, divisorOverride: number | null],
      AvgPoolOptions
    >
  );
  constructor(options: { kernelSize: Size } & AvgPoolOptions);
  constructor(...args: unknown[]) {
    super();
    const { kernelSize, ...options } = take(new.target.name, args, {
      kernelSize: required<Size>(),
      stride: null as Size | null,
      padding: 0 as Size,
      ceilMode: false,
      countIncludePad: true,
      divisorOverride: null as number | null,
    });
    this.kernelSize = kernelSize;
    this.stride = options.stride ?? kernelSize;
    this.padding = options.padding;
    this.ceilMode = options.ceilMode;
    this.countIncludePad = options.countIncludePad;
    this.divisorOverride = options.divisorOverride;
  }
  override extraRepr(): string {
    return `kernel_size=${py(this.kernelSize)}, stride=${py(this.stride)}, padding=${py(this.padding)}`;
  }
}

/**
 * Means over windows of [N, C, L] or [C, L]; follows torch.nn.AvgPool1d.
 * @example
 * new nn.AvgPool1d(2)(torch.tensor([[[1, 3, 5, 7]]])); // tensor([[[2., 6.]]])
 */
export class AvgPool1d extends AvgPool {
  forward(input: Tensor): Tensor {
    return F.avgPool1d(input, this.kernelSize, this.stride, this.padding, this.ceilMode, this.countIncludePad);
  }
  override extraRepr(): string {
    const one = (size: Size): string => py(typeof size === "number" ? [size] : size);
    return `kernel_size=${one(this.kernelSize)}, stride=${one(this.stride)}, padding=${one(this.padding)}`;
  }
}

/**
 * Means over windows of [N, C, H, W] or [C, H, W]; follows torch.nn.AvgPool2d.
 * @example
 * new nn.AvgPool2d(2)(torch.tensor([[[[1, 2], [3, 4]]]])); // tensor([[[[2.5000]]]])
 */
export class AvgPool2d extends AvgPool {
  forward(input: Tensor): Tensor {
    const { kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    return F.avgPool2d(input, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);
  }
}

/**
 * Means over windows of [N, C, D, H, W] or [C, D, H, W]; follows torch.nn.AvgPool3d.
 * @example
 * new nn.AvgPool3d(2)(torch.ones(1, 1, 4, 4, 4)).shape; // [1, 1, 2, 2, 2]
 */
export class AvgPool3d extends AvgPool {
  forward(input: Tensor): Tensor {
    const { kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    return F.avgPool3d(input, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);
  }
}

/** A size for each dimension; null keeps the input's. */
export type OutputSize = number | null | readonly (number | null)[];

/** The sizes with the input's in place of null. */
function outputSizeFor(input: Tensor, outputSize: OutputSize, n: number): number[] {
  const sizes = Array.isArray(outputSize) ? outputSize : Array(n).fill(outputSize);
  return sizes.map((size: number | null, d: number) => size ?? input.shape.at(d - n)!);
}

abstract class AdaptiveAvgPool extends Module {
  readonly outputSize: OutputSize;
  constructor(...args: [outputSize: OutputSize] | [options: { outputSize: OutputSize }]) {
    super();
    this.outputSize = take(new.target.name, args, { outputSize: required<OutputSize>() }).outputSize;
  }
  override extraRepr(): string {
    return `output_size=${py(this.outputSize)}`;
  }
}

/**
 * Means over windows that give the asked length; follows torch.nn.AdaptiveAvgPool1d.
 * @example
 * new nn.AdaptiveAvgPool1d(2)(torch.tensor([[[1, 3, 5, 7]]])); // tensor([[[2., 6.]]])
 */
export class AdaptiveAvgPool1d extends AdaptiveAvgPool {
  forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool1d(input, outputSizeFor(input, this.outputSize, 1));
  }
}
/**
 * Means over windows that give the asked size; follows torch.nn.AdaptiveAvgPool2d.
 * @example
 * new nn.AdaptiveAvgPool2d(1)(torch.tensor([[[[1, 2], [3, 4]]]])); // tensor([[[[2.5000]]]])
 */
export class AdaptiveAvgPool2d extends AdaptiveAvgPool {
  forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool2d(input, outputSizeFor(input, this.outputSize, 2));
  }
}
/**
 * Means over windows that give the asked size; follows torch.nn.AdaptiveAvgPool3d.
 * @example
 * new nn.AdaptiveAvgPool3d(1)(torch.ones(1, 2, 3, 4, 5)).shape; // [1, 2, 1, 1, 1]
 */
export class AdaptiveAvgPool3d extends AdaptiveAvgPool {
  forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool3d(input, outputSizeFor(input, this.outputSize, 3));
  }
}

abstract class AdaptiveMaxPool extends Module<[input: Tensor], MaxPoolResult> {
  readonly outputSize: OutputSize;
  readonly returnIndices: boolean;
  constructor(
    ...args: Arguments<
      [outputSize: OutputSize],
      { outputSize: OutputSize },
      [returnIndices: boolean],
      { returnIndices?: boolean }
    >
  ) {
    super();
    ({ outputSize: this.outputSize, returnIndices: this.returnIndices } = take(new.target.name, args, {
      outputSize: required<OutputSize>(),
      returnIndices: false,
    }));
  }
  protected chosen(results: Tensor[]): MaxPoolResult {
    return this.returnIndices ? results : results[0]!;
  }
  override extraRepr(): string {
    return `output_size=${py(this.outputSize)}`;
  }
}

/**
 * Maxima over windows that give the asked length; follows torch.nn.AdaptiveMaxPool1d.
 * @example
 * new nn.AdaptiveMaxPool1d(2)(torch.tensor([[[1, 3, 7, 5]]])); // tensor([[[3., 7.]]])
 */
export class AdaptiveMaxPool1d extends AdaptiveMaxPool {
  forward(input: Tensor): MaxPoolResult {
    return this.chosen(F.adaptiveMaxPool1dWithIndices(input, outputSizeFor(input, this.outputSize, 1)));
  }
}
/**
 * Maxima over windows that give the asked size; follows torch.nn.AdaptiveMaxPool2d.
 * @example
 * new nn.AdaptiveMaxPool2d(1)(torch.tensor([[[[1, 2], [3, 4]]]])); // tensor([[[[4.]]]])
 */
export class AdaptiveMaxPool2d extends AdaptiveMaxPool {
  forward(input: Tensor): MaxPoolResult {
    return this.chosen(F.adaptiveMaxPool2dWithIndices(input, outputSizeFor(input, this.outputSize, 2)));
  }
}
/**
 * Maxima over windows that give the asked size; follows torch.nn.AdaptiveMaxPool3d.
 * @example
 * new nn.AdaptiveMaxPool3d(1)(torch.ones(1, 2, 3, 4, 5)).shape; // [1, 2, 1, 1, 1]
 */
export class AdaptiveMaxPool3d extends AdaptiveMaxPool {
  forward(input: Tensor): MaxPoolResult {
    return this.chosen(F.adaptiveMaxPool3dWithIndices(input, outputSizeFor(input, this.outputSize, 3)));
  }
}
