// Convolutions and transposed convolutions in one, two and three dimensions.

import { RuntimeError, ValueError } from "../../error.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { defaultFactory, required, take, type Factory, type Rest } from "../arguments.ts";
import { empty } from "../factory.ts";
import * as F from "../functional.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { py } from "../python.ts";

/** One number for all spatial dimensions, or one for each. */
export type Size = number | readonly number[];
export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";

export interface ConvOptions extends Factory {
  /** Step of the window (default 1). */
  stride?: Size;
  /** Rows added at either side (default 0), "valid" for none, "same" to keep the size. */
  padding?: Size | "valid" | "same";
  /** Distance of the window's elements (default 1). */
  dilation?: Size;
  /** Groups of channels that are convolved apart (default 1). */
  groups?: number;
  /** Adds a learnable bias (default true). */
  bias?: boolean;
  /** What the added rows hold (default "zeros"). */
  paddingMode?: PaddingMode;
}

export interface ConvTransposeOptions extends Factory {
  stride?: Size;
  padding?: Size;
  /** Added to one side of the result (default 0). */
  outputPadding?: Size;
  groups?: number;
  bias?: boolean;
  dilation?: Size;
  paddingMode?: "zeros";
}

type ConvRest = Rest<
  [
    stride: Size,
    padding: Size | "valid" | "same",
    dilation: Size,
    groups: number,
    bias: boolean,
    paddingMode: PaddingMode,
  ],
  ConvOptions
>;
type ConvTransposeRest = Rest<
  [
    stride: Size,
    padding: Size,
    outputPadding: Size,
    groups: number,
    bias: boolean,
    dilation: Size,
    paddingMode: "zeros",
  ],
  ConvTransposeOptions
>;

/** What every convolution is given, by position or by name, and the rest of its arguments. */
type Arguments<Positional extends unknown[], Options> =
  | [inChannels: number, outChannels: number, kernelSize: Size, ...Positional]
  | [inChannels: number, outChannels: number, options: { kernelSize: Size } & Options]
  | [options: { inChannels: number; outChannels: number; kernelSize: Size } & Options];
type ConvArguments = Arguments<ConvRest, ConvOptions>;
type ConvTransposeArguments = Arguments<ConvTransposeRest, ConvTransposeOptions>;

const needed = {
  inChannels: required<number>(),
  outChannels: required<number>(),
  kernelSize: required<Size>(),
};

/**
 * A size for each of `n` dimensions.
 * @example
 * nn.perDim(3, 2); // [3, 3]
 */
export const perDim = (size: Size, n: number): number[] =>
  typeof size === "number" ? Array<number>(n).fill(size) : [...size];

interface Settings {
  stride: number[];
  padding: number[] | "valid" | "same";
  dilation: number[];
  outputPadding: number[];
  groups: number;
  bias: boolean;
  paddingMode: PaddingMode;
  transposed: boolean;
}

/** What all convolutions have in common; follows torch.nn.modules.conv._ConvNd. */
abstract class Convolution<Args extends unknown[] = [input: Tensor]> extends Module<Args> {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number[];
  readonly stride: number[];
  readonly padding: number[] | "valid" | "same";
  readonly dilation: number[];
  readonly outputPadding: number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  protected readonly transposed: boolean;
  weight: Parameter;
  bias: Parameter | null;

  constructor(inChannels: number, outChannels: number, kernelSize: number[], settings: Settings, factory: Factory) {
    super();
    const { groups, padding, stride, transposed, paddingMode } = settings;
    if (inChannels % groups !== 0) throw new ValueError("in_channels must be divisible by groups");
    if (outChannels % groups !== 0) throw new ValueError("out_channels must be divisible by groups");
    if (padding === "same" && stride.some((s) => s !== 1)) {
      throw new ValueError("padding='same' is not supported for strided convolutions");
    }
    if (typeof padding === "string" && padding !== "same" && padding !== "valid") {
      throw new ValueError(`Invalid padding string ${py(padding)}, should be one of {'valid', 'same'}`);
    }
    if (transposed && paddingMode !== "zeros") {
      throw new ValueError(`Only "zeros" padding mode is supported for ${new.target.name}`);
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = padding;
    this.dilation = settings.dilation;
    this.outputPadding = settings.outputPadding;
    this.groups = groups;
    this.paddingMode = paddingMode;
    this.transposed = transposed;
    const channels = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups];
    this.weight = new Parameter(empty([...channels, ...kernelSize], factory));
    this.bias = settings.bias ? new Parameter(empty([outChannels], factory)) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    init.kaimingUniform_(this.weight, Math.sqrt(5));
    if (this.bias) {
      const { fanIn } = init.calculateFans(this.weight);
      if (fanIn !== 0) init.uniform_(this.bias, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
    }
  }

  /** The input with the rows that `paddingMode` makes, and the padding that is then left to the convolution. */
  protected padded(input: Tensor): { input: Tensor; padding: number[] | "valid" | "same" } {
    const { padding, paddingMode } = this;
    if (paddingMode === "zeros") return { input, padding };
    return { input: F.pad(input, this.sides(), paddingMode), padding: perDim(0, this.kernelSize.length) };
  }

  /** Rows added before and after each dimension, last dimension first. */
  private sides(): number[] {
    const { padding, dilation, kernelSize } = this;
    const sides: number[] = [];
    for (let d = kernelSize.length - 1; d >= 0; d--) {
      if (padding === "valid") sides.push(0, 0);
      else if (padding === "same") {
        const total = dilation[d]! * (kernelSize[d]! - 1);
        const left = Math.floor(total / 2);
        sides.push(left, total - left);
      } else sides.push(padding[d]!, padding[d]!);
    }
    return sides;
  }

  /** Output padding that gives the asked size; follows _ConvTransposeNd._output_padding. */
  protected outputPaddingFor(input: Tensor, outputSize: readonly number[] | null | undefined): number[] {
    if (outputSize === null || outputSize === undefined) return this.outputPadding;
    const n = this.kernelSize.length;
    const wanted = outputSize.length > n ? outputSize.slice(-n) : outputSize;
    if (wanted.length !== n) {
      throw new ValueError(`output_size must have ${n} or ${n + 2} elements (got ${outputSize.length})`);
    }
    const spatial = input.shape.slice(-n);
    const padding = this.padding as number[];
    return wanted.map((size, d) => {
      const least =
        (spatial[d]! - 1) * this.stride[d]! - 2 * padding[d]! + this.dilation[d]! * (this.kernelSize[d]! - 1) + 1;
      const most = least + this.stride[d]! - 1;
      if (size < least || size > most) {
        throw new ValueError(
          `requested an output size of ${py([...wanted])}, but valid sizes range from ${least} to ${most} ` +
            `(for an input of torch.Size([${spatial.join(", ")}]))`,
        );
      }
      return size - least;
    });
  }

  override extraRepr(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, outputPadding, groups, bias, paddingMode } =
      this;
    const parts = [`${inChannels}, ${outChannels}`, `kernel_size=${py(kernelSize)}`, `stride=${py(stride)}`];
    if (typeof padding === "string" || padding.some((p) => p !== 0))
      parts.push(`padding=${typeof padding === "string" ? padding : py(padding)}`);
    if (dilation.some((d) => d !== 1)) parts.push(`dilation=${py(dilation)}`);
    if (outputPadding.some((p) => p !== 0)) parts.push(`output_padding=${py(outputPadding)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (bias === null) parts.push("bias=False");
    if (paddingMode !== "zeros") parts.push(`padding_mode=${paddingMode}`);
    return parts.join(", ");
  }
}

const convDefaults: typeof needed & Required<Omit<ConvOptions, "device" | "dtype">> & typeof defaultFactory = {
  ...needed,
  stride: 1,
  padding: 0,
  dilation: 1,
  groups: 1,
  bias: true,
  paddingMode: "zeros",
  ...defaultFactory,
};

/** A convolution over `n` dimensions. */
abstract class ConvNd extends Convolution {
  constructor(n: number, what: string, args: ConvArguments) {
    const { inChannels, outChannels, kernelSize, device, dtype, ...options } = take(what, args, convDefaults);
    const { padding } = options;
    const settings: Settings = {
      ...options,
      stride: perDim(options.stride, n),
      padding: typeof padding === "string" ? padding : perDim(padding, n),
      dilation: perDim(options.dilation, n),
      outputPadding: perDim(0, n),
      transposed: false,
    };
    super(inChannels, outChannels, perDim(kernelSize, n), settings, factoryOf(device, dtype));
  }
}

const factoryOf = (device: Factory["device"], dtype: Factory["dtype"]): Factory => ({
  ...(device === undefined ? {} : { device }),
  ...(dtype === undefined ? {} : { dtype }),
});

/**
 * Convolution of [N, C, L] or [C, L]; follows torch.nn.Conv1d.
 * @example
 * new nn.Conv1d(2, 4, 3, { padding: 1 })(torch.zeros(1, 2, 8)).shape; // [1, 4, 8]
 */
export class Conv1d extends ConvNd {
  constructor(...args: ConvArguments) {
    super(1, "Conv1d", args);
  }
  forward(input: Tensor): Tensor {
    const { input: x, padding } = this.padded(input);
    return F.conv1d(x, this.weight, this.bias, this.stride, padding, this.dilation, this.groups);
  }
}

/**
 * Convolution of [N, C, H, W] or [C, H, W]; follows torch.nn.Conv2d.
 * @example
 * new nn.Conv2d(1, 5, 3, { padding: 1 })(torch.zeros(2, 1, 8, 8)).shape; // [2, 5, 8, 8]
 */
export class Conv2d extends ConvNd {
  constructor(...args: ConvArguments) {
    super(2, "Conv2d", args);
  }
  forward(input: Tensor): Tensor {
    const { input: x, padding } = this.padded(input);
    return F.conv2d(x, this.weight, this.bias, this.stride, padding, this.dilation, this.groups);
  }
}

/**
 * Convolution of [N, C, D, H, W] or [C, D, H, W]; follows torch.nn.Conv3d.
 * @example
 * new nn.Conv3d(1, 2, 3)(torch.zeros(1, 1, 4, 5, 6)).shape; // [1, 2, 2, 3, 4]
 */
export class Conv3d extends ConvNd {
  constructor(...args: ConvArguments) {
    super(3, "Conv3d", args);
  }
  forward(input: Tensor): Tensor {
    const { input: x, padding } = this.padded(input);
    return F.conv3d(x, this.weight, this.bias, this.stride, padding, this.dilation, this.groups);
  }
}

const transposeDefaults: typeof needed &
  Required<Omit<ConvTransposeOptions, "device" | "dtype">> &
  typeof defaultFactory = {
  ...needed,
  stride: 1,
  padding: 0,
  outputPadding: 0,
  groups: 1,
  bias: true,
  dilation: 1,
  paddingMode: "zeros",
  ...defaultFactory,
};

/** A transposed convolution over `n` dimensions. */
abstract class ConvTransposeNd extends Convolution<[input: Tensor, outputSize?: readonly number[] | null]> {
  constructor(n: number, what: string, args: ConvTransposeArguments) {
    const { inChannels, outChannels, kernelSize, device, dtype, ...options } = take(what, args, transposeDefaults);
    const settings: Settings = {
      ...options,
      stride: perDim(options.stride, n),
      padding: perDim(options.padding, n),
      dilation: perDim(options.dilation, n),
      outputPadding: perDim(options.outputPadding, n),
      transposed: true,
    };
    super(inChannels, outChannels, perDim(kernelSize, n), settings, factoryOf(device, dtype));
  }
  protected get transposePadding(): number[] {
    if (typeof this.padding === "string")
      throw new RuntimeError("a transposed convolution needs its padding in numbers");
    return this.padding;
  }
}

/**
 * The gradient of Conv1d with respect to its input, as a layer; follows torch.nn.ConvTranspose1d.
 * @example
 * new nn.ConvTranspose1d(2, 4, 2, { stride: 2 })(torch.zeros(1, 2, 8)).shape; // [1, 4, 16]
 */
export class ConvTranspose1d extends ConvTransposeNd {
  constructor(...args: ConvTransposeArguments) {
    super(1, "ConvTranspose1d", args);
  }
  forward(input: Tensor, outputSize?: readonly number[] | null): Tensor {
    const extra = this.outputPaddingFor(input, outputSize);
    const { weight, bias, stride, groups, dilation } = this;
    return F.convTranspose1d(input, weight, bias, stride, this.transposePadding, extra, groups, dilation);
  }
}

/**
 * The gradient of Conv2d with respect to its input, as a layer; follows torch.nn.ConvTranspose2d.
 * @example
 * new nn.ConvTranspose2d(2, 1, 2, { stride: 2 })(torch.zeros(1, 2, 4, 4)).shape; // [1, 1, 8, 8]
 */
export class ConvTranspose2d extends ConvTransposeNd {
  constructor(...args: ConvTransposeArguments) {
    super(2, "ConvTranspose2d", args);
  }
  forward(input: Tensor, outputSize?: readonly number[] | null): Tensor {
    const extra = this.outputPaddingFor(input, outputSize);
    const { weight, bias, stride, groups, dilation } = this;
    return F.convTranspose2d(input, weight, bias, stride, this.transposePadding, extra, groups, dilation);
  }
}

/**
 * The gradient of Conv3d with respect to its input, as a layer; follows torch.nn.ConvTranspose3d.
 * @example
 * new nn.ConvTranspose3d(2, 1, 2, { stride: 2 })(torch.zeros(1, 2, 2, 2, 2)).shape; // [1, 1, 4, 4, 4]
 */
export class ConvTranspose3d extends ConvTransposeNd {
  constructor(...args: ConvTransposeArguments) {
    super(3, "ConvTranspose3d", args);
  }
  forward(input: Tensor, outputSize?: readonly number[] | null): Tensor {
    const extra = this.outputPaddingFor(input, outputSize);
    const { weight, bias, stride, groups, dilation } = this;
    return F.convTranspose3d(input, weight, bias, stride, this.transposePadding, extra, groups, dilation);
  }
}
