// Resizing, and windows as columns.

import type { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { take, type Rest } from "../arguments.ts";
import * as F from "../all-functional.ts";
import { Module } from "../module.ts";
import { py, pyFloat } from "../python.ts";
import { perDim, type Size } from "./conv.ts";

export type UpsampleMode = "nearest" | "linear" | "bilinear" | "bicubic" | "trilinear";
export interface UpsampleOptions {
  size?: Size | null;
  scaleFactor?: number | FloatScalar | readonly number[] | null;
  mode?: UpsampleMode;
  alignCorners?: boolean | null;
  recomputeScaleFactor?: boolean | null;
}

/**
 * Resizes the spatial dimensions; follows torch.nn.Upsample.
 * @example
 * new nn.Upsample({ scaleFactor: 2 })(torch.tensor([[[1, 2]]])); // tensor([[[1., 1., 2., 2.]]])
 */
export class Upsample extends Module {
  readonly size: Size | null;
  readonly scaleFactor: number | readonly number[] | null;
  readonly mode: UpsampleMode;
  readonly alignCorners: boolean | null;
  readonly recomputeScaleFactor: boolean | null;
  constructor(
    ...rest: Rest<
      [
        size: Size | null,
        scaleFactor: number | FloatScalar | readonly number[] | null,
        mode: UpsampleMode,
        alignCorners: boolean | null,
      ],
      UpsampleOptions
    >
  ) {
    super();
    const options = take("Upsample", rest, {
      size: null as Size | null,
      scaleFactor: null as number | readonly number[] | null,
      mode: "nearest" as UpsampleMode,
      alignCorners: null as boolean | null,
      recomputeScaleFactor: null as boolean | null,
    });
    this.size = options.size;
    this.scaleFactor = options.scaleFactor;
    this.mode = options.mode;
    this.alignCorners = options.alignCorners;
    this.recomputeScaleFactor = options.recomputeScaleFactor;
  }
  forward(input: Tensor): Tensor {
    const { size, scaleFactor, mode, alignCorners, recomputeScaleFactor } = this;
    return F.interpolate(input, size, scaleFactor, mode, alignCorners, recomputeScaleFactor);
  }
  override extraRepr(): string {
    const { size, scaleFactor, mode } = this;
    const what =
      scaleFactor === null
        ? `size=${py(size)}`
        : `scale_factor=${typeof scaleFactor === "number" ? pyFloat(scaleFactor) : `(${scaleFactor.map(pyFloat).join(", ")})`}`;
    return `${what}, mode=${mode}`;
  }
}

type UpsamplingRest = Rest<
  [size: Size | null, scaleFactor: number | FloatScalar | readonly number[] | null],
  Pick<UpsampleOptions, "size" | "scaleFactor">
>;
const upsampling = (name: string, rest: UpsamplingRest): { size: Size | null; scaleFactor: number | null } =>
  take(name, rest, { size: null as Size | null, scaleFactor: null as number | null });

/**
 * Repeats the nearest pixels; follows torch.nn.UpsamplingNearest2d.
 * @example
 * new nn.UpsamplingNearest2d({ scaleFactor: 2 })(torch.tensor([[[[1, 3]]]])); // tensor([[[[1., 1., 3., 3.], [1., 1., 3., 3.]]]])
 */
export class UpsamplingNearest2d extends Upsample {
  constructor(...rest: UpsamplingRest) {
    super({ ...upsampling("UpsamplingNearest2d", rest), mode: "nearest" });
  }
}
/**
 * Bilinear with aligned corners; follows torch.nn.UpsamplingBilinear2d.
 * @example
 * new nn.UpsamplingBilinear2d({ scaleFactor: 2 })(torch.tensor([[[[1, 3]]]])); // tensor([[[[1.0000, 1.6667, 2.3333, 3.0000], [1.0000, 1.6667, 2.3333, 3.0000]]]])
 */
export class UpsamplingBilinear2d extends Upsample {
  constructor(...rest: UpsamplingRest) {
    super({ ...upsampling("UpsamplingBilinear2d", rest), mode: "bilinear", alignCorners: true });
  }
}

interface WindowOptions {
  dilation?: Size;
  padding?: Size;
  stride?: Size;
}
type WindowRest = Rest<[dilation: Size, padding: Size, stride: Size], WindowOptions>;
const windowDefaults: Required<WindowOptions> = { dilation: 1, padding: 0, stride: 1 };

/**
 * The windows of a picture as columns; follows torch.nn.Unfold.
 * @example
 * new nn.Unfold([1, 2])(torch.tensor([[[[1, 2], [3, 4]]]])); // tensor([[[1., 3.], [2., 4.]]])
 */
export class Unfold extends Module {
  readonly kernelSize: Size;
  readonly dilation: Size;
  readonly padding: Size;
  readonly stride: Size;
  constructor(kernelSize: Size, ...rest: WindowRest) {
    super();
    this.kernelSize = kernelSize;
    ({ dilation: this.dilation, padding: this.padding, stride: this.stride } = take("Unfold", rest, windowDefaults));
  }
  forward(input: Tensor): Tensor {
    return F.unfold(
      input,
      perDim(this.kernelSize, 2),
      perDim(this.dilation, 2),
      perDim(this.padding, 2),
      perDim(this.stride, 2),
    );
  }
  override extraRepr(): string {
    const { kernelSize, dilation, padding, stride } = this;
    return `kernel_size=${py(kernelSize)}, dilation=${py(dilation)}, padding=${py(padding)}, stride=${py(stride)}`;
  }
}
/**
 * Columns summed into a picture, the reverse of Unfold; follows torch.nn.Fold.
 * @example
 * new nn.Fold([3, 3], [2, 2])(torch.ones(1, 4, 4)); // tensor([[[[1., 2., 1.], [2., 4., 2.], [1., 2., 1.]]]])
 */
export class Fold extends Module {
  readonly outputSize: Size;
  readonly kernelSize: Size;
  readonly dilation: Size;
  readonly padding: Size;
  readonly stride: Size;
  constructor(outputSize: Size, kernelSize: Size, ...rest: WindowRest) {
    super();
    this.outputSize = outputSize;
    this.kernelSize = kernelSize;
    ({ dilation: this.dilation, padding: this.padding, stride: this.stride } = take("Fold", rest, windowDefaults));
  }
  forward(input: Tensor): Tensor {
    const { outputSize, kernelSize, dilation, padding, stride } = this;
    return F.fold(
      input,
      perDim(outputSize, 2),
      perDim(kernelSize, 2),
      perDim(dilation, 2),
      perDim(padding, 2),
      perDim(stride, 2),
    );
  }
  override extraRepr(): string {
    const { outputSize, kernelSize, dilation, padding, stride } = this;
    return `output_size=${py(outputSize)}, kernel_size=${py(kernelSize)}, dilation=${py(dilation)}, padding=${py(padding)}, stride=${py(stride)}`;
  }
}
