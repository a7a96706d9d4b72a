// Transforms of what pixels hold.

import { TypeError, ValueError } from "../../error.ts";
import { randn } from "../../random.ts";
import { type Rest, take } from "../../nn/arguments.ts";
import { empty } from "../../factories.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { below, happens, permutation, probability, type Range, uniform } from "./draw.ts";
import * as F from "./functional/index.ts";
import { pairOf } from "./functional/geometry.ts";
import { getDimensions, round } from "./functional/image.ts";
import { floatTuple, ImageTransform } from "./transform.ts";

/**
 * Luminance. Follows torchvision.transforms.Grayscale.
 * @example
 * new torch.vision.transforms.Grayscale(3)(torch.rand(3, 4, 4)).shape; // [3, 4, 4]
 */
export class Grayscale extends ImageTransform {
  readonly numOutputChannels: number;
  constructor(...rest: Rest<[numOutputChannels: number], { numOutputChannels?: number }>) {
    super();
    this.numOutputChannels = take("Grayscale", rest, { numOutputChannels: 1 }).numOutputChannels;
  }
  transform(image: Tensor): Tensor {
    return F.rgbToGrayscale(image, this.numOutputChannels);
  }
  protected override settings(): object {
    return { num_output_channels: this.numOutputChannels };
  }
}

/**
 * Luminance with probability p, in as many channels as there are. Follows torchvision.transforms.RandomGrayscale.
 * @example
 * new torch.vision.transforms.RandomGrayscale(0.2)(torch.rand(3, 4, 4)).shape; // [3, 4, 4]
 */
export class RandomGrayscale extends ImageTransform {
  readonly p: number;
  constructor(...rest: Rest<[p: number], { p?: number }>) {
    super();
    this.p = take("RandomGrayscale", rest, { p: 0.1 }).p;
  }
  transform(image: Tensor): Tensor {
    const [channels] = getDimensions(image);
    return happens(this.p) ? F.rgbToGrayscale(image, channels) : image;
  }
  protected override settings(): object {
    return { p: this.p };
  }
}

/** How far a factor may be from the middle, or its least and its greatest value. */
export type Jitter = number | Range;

export interface ColorJitterOptions {
  brightness?: Jitter;
  contrast?: Jitter;
  saturation?: Jitter;
  hue?: Jitter;
}

const NAMES = ["brightness", "contrast", "saturation", "hue"] as const;
const ADJUST = [F.adjustBrightness, F.adjustContrast, F.adjustSaturation, F.adjustHue];

function rangeOf(jitter: Jitter, name: (typeof NAMES)[number]): Range | null {
  const [center, least, most] = name === "hue" ? [0, -0.5, 0.5] : [1, 0, Infinity];
  let range: Range;
  if (typeof jitter === "number") {
    if (jitter < 0) throw new ValueError(`If ${name} is a single number, it must be non negative.`);
    const low = center - jitter;
    range = [name === "hue" ? low : Math.max(low, 0), center + jitter];
  } else if (Array.isArray(jitter) && jitter.length === 2) {
    range = [jitter[0] as number, jitter[1] as number];
  } else throw new TypeError(`${name} should be a single number or a list/tuple with length 2.`);
  if (!(least <= range[0] && range[0] <= range[1] && range[1] <= most))
    throw new ValueError(`${name} values should be between (${least}, ${most}), but got [${range.join(", ")}].`);
  return range[0] === center && range[1] === center ? null : range;
}

/**
 * Brightness, contrast, saturation and hue changed at random, in a random order. Follows torchvision.transforms.ColorJitter.
 * @example
 * new torch.vision.transforms.ColorJitter({ brightness: 0.4, hue: [-0.1, 0.1] })(torch.rand(3, 4, 4)).shape; // [3, 4, 4]
 */
export class ColorJitter extends ImageTransform {
  private readonly ranges: readonly (Range | null)[];
  constructor(
    ...rest: Rest<[brightness: Jitter, contrast: Jitter, saturation: Jitter, hue: Jitter], ColorJitterOptions>
  ) {
    super();
    const none = 0 as Jitter;
    const given = take("ColorJitter", rest, { brightness: none, contrast: none, saturation: none, hue: none });
    this.ranges = NAMES.map((name) => rangeOf(given[name], name));
  }
  transform(image: Tensor): Tensor {
    const order = permutation(4);
    const factors = this.ranges.map((range) => range && uniform(range[0], range[1]));
    return order.reduce((changed, i) => (factors[i] === null ? changed : ADJUST[i]!(changed, factors[i]!)), image);
  }
  protected override settings(): object {
    return Object.fromEntries(NAMES.map((name, i) => [name, this.ranges[i] && floatTuple(this.ranges[i])]));
  }
}

/**
 * The image blurred by a Gaussian of random width. Follows torchvision.transforms.GaussianBlur.
 * @example
 * new torch.vision.transforms.GaussianBlur(3, [0.1, 2])(torch.rand(3, 8, 8)).shape; // [3, 8, 8]
 */
export class GaussianBlur extends ImageTransform {
  readonly kernelSize: readonly [number, number];
  readonly sigma: Range;
  /** @param kernelSize odd; one number or [width, height] */
  constructor(kernelSize: F.Size, ...rest: Rest<[sigma: number | Range], { sigma?: number | Range }>) {
    super();
    this.kernelSize = pairOf(kernelSize, "Kernel size should be a tuple/list of two integers");
    if (this.kernelSize.some((size) => !(size > 0 && size % 2 === 1)))
      throw new ValueError("Kernel size value should be an odd and positive number.");
    const { sigma } = take("GaussianBlur", rest, { sigma: [0.1, 2] as number | Range });
    if (typeof sigma === "number") {
      if (!(sigma > 0)) throw new ValueError("If sigma is a single number, it must be positive.");
      this.sigma = [sigma, sigma];
    } else {
      if (!Array.isArray(sigma) || sigma.length !== 2)
        throw new ValueError("sigma should be a single number or a list/tuple with length 2.");
      if (!(sigma[0]! > 0 && sigma[0]! <= sigma[1]!))
        throw new ValueError("sigma values should be positive and of the form (min, max).");
      this.sigma = [sigma[0]!, sigma[1]!];
    }
  }
  transform(image: Tensor): Tensor {
    return F.gaussianBlur(image, this.kernelSize, uniform(this.sigma[0], this.sigma[1]));
  }
  protected override settings(): object {
    return { kernel_size: this.kernelSize, sigma: floatTuple(this.sigma) };
  }
}

export interface RandomErasingOptions {
  p?: number;
  /** the erased part of the area */
  scale?: Range;
  /** its height over its width */
  ratio?: Range;
  /** what the pixels become: one number, one for each channel, or "random" */
  value?: number | readonly number[] | "random";
  inplace?: boolean;
}

/**
 * Erases a random rectangle of a tensor with probability p. Follows torchvision.transforms.RandomErasing.
 * @example
 * new torch.vision.transforms.RandomErasing({ p: 1, value: "random" })(torch.rand(3, 8, 8)).shape; // [3, 8, 8]
 */
export class RandomErasing extends ImageTransform {
  private readonly options: Required<RandomErasingOptions>;
  constructor(
    ...rest: Rest<
      [p: number, scale: Range, ratio: Range, value: number | readonly number[] | "random", inplace: boolean],
      RandomErasingOptions
    >
  ) {
    super();
    const options = take("RandomErasing", rest, {
      p: 0.5,
      scale: [0.02, 0.33] as Range,
      ratio: [0.3, 3.3] as Range,
      value: 0 as number | readonly number[] | "random",
      inplace: false,
    });
    const { value, scale, ratio } = options;
    if (typeof value === "string" && value !== "random") throw new ValueError("If value is str, it should be 'random'");
    if (!["number", "string"].includes(typeof value) && !Array.isArray(value))
      throw new TypeError("Argument value should be either a number or str or a sequence");
    if (!Array.isArray(scale)) throw new TypeError("Scale should be a sequence");
    if (!Array.isArray(ratio)) throw new TypeError("Ratio should be a sequence");
    if (scale[0]! < 0 || scale[1]! > 1) throw new ValueError("Scale should be between 0 and 1");
    probability(options.p, "Random erasing probability");
    this.options = options;
  }
  transform(image: Tensor): Tensor {
    const { p, value, inplace } = this.options;
    if (!happens(p)) return image;
    const values = typeof value === "number" ? [value] : value === "random" ? null : value;
    if (values !== null && values.length !== 1 && values.length !== image.size(-3))
      throw new ValueError(
        `If value is a sequence, it should have either a single value or ${image.size(-3)} (number of input channels)`,
      );
    return this.erased(image, values, inplace);
  }
  private erased(image: Tensor, values: readonly number[] | null, inplace: boolean): Tensor {
    const { scale, ratio } = this.options;
    const [channels, height, width] = getDimensions(image);
    const [low, high] = tensor([...ratio])
      .log()
      .tolist() as [number, number];
    for (let attempt = 0; attempt < 10; attempt++) {
      const area = height * width * uniform(scale[0], scale[1]);
      const aspect = empty(1).uniform_(low, high).exp().item() as number;
      const h = round(Math.sqrt(area * aspect));
      const w = round(Math.sqrt(area / aspect));
      if (h >= height || w >= width) continue;
      const v = values === null ? randn(channels, h, w) : tensor([...values]).view([-1, 1, 1]);
      const top = below(height - h + 1);
      return F.erase(image, top, below(width - w + 1), h, w, v, inplace);
    }
    return image;
  }
  protected override settings(): object {
    return this.options;
  }
}
