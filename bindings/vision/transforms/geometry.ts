// Transforms of where pixels go.

import { TypeError, ValueError } from "../../error.ts";
import { required, type Rest, take } from "../../nn/arguments.ts";
import { pyFloat } from "../../nn/python.ts";
import { tensor } from "../../tensor/create.ts";
import { empty } from "../../factories.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { below, happens, type Range, uniform } from "./draw.ts";
import * as F from "./functional/index.ts";
import { pairOf } from "./functional/geometry.ts";
import { getDimensions, round } from "./functional/image.ts";
import { floatTuple, ImageTransform } from "./transform.ts";

type Size = F.Size;

export interface ResizeOptions {
  interpolation?: F.Interpolation;
  /** the most that the longer edge may have */
  maxSize?: number | null;
  /** pixels are means of what they cover (default true; bilinear and bicubic only) */
  antialias?: boolean;
}

/**
 * The image in another size: [height, width], or one number for the smaller edge. Follows torchvision.transforms.Resize.
 * @example
 * new torch.vision.transforms.Resize(4)(torch.zeros(3, 8, 12)).shape; // [3, 4, 6]
 */
export class Resize extends ImageTransform {
  readonly size: Size;
  private readonly options: Required<ResizeOptions>;
  constructor(
    size: Size,
    ...rest: Rest<[interpolation: F.Interpolation, maxSize: number | null, antialias: boolean], ResizeOptions>
  ) {
    super();
    if (typeof size !== "number" && !Array.isArray(size))
      throw new TypeError("Size should be int or sequence. Got " + typeof size);
    if (typeof size !== "number" && ![1, 2].includes(size.length))
      throw new ValueError("If size is a sequence, it should have 1 or 2 values");
    this.size = size;
    this.options = take("Resize", rest, {
      interpolation: "bilinear" as F.Interpolation,
      maxSize: null as number | null,
      antialias: true,
    });
  }
  transform(image: Tensor): Tensor {
    const { interpolation, maxSize, antialias } = this.options;
    return F.resize(image, this.size, interpolation, maxSize, antialias);
  }
  protected override settings(): object {
    const { interpolation, maxSize, antialias } = this.options;
    return { size: this.size, interpolation, max_size: maxSize, antialias };
  }
}

/**
 * The middle of the image. Follows torchvision.transforms.CenterCrop.
 * @example
 * new torch.vision.transforms.CenterCrop([1, 1])(torch.tensor([[1, 2, 3]])); // tensor([[2.]])
 */
export class CenterCrop extends ImageTransform {
  readonly size: readonly [number, number];
  constructor(...args: [size: Size] | [options: { size: Size }]) {
    super();
    this.size = pairOf(take("CenterCrop", args, { size: required<Size>() }).size);
  }
  transform(image: Tensor): Tensor {
    return F.centerCrop(image, this.size);
  }
  protected override settings(): object {
    return { size: this.size };
  }
}

/**
 * The corners and the middle of the image. Follows torchvision.transforms.FiveCrop.
 * @example
 * torch.stack(new torch.vision.transforms.FiveCrop(4)(torch.zeros(3, 8, 8))).shape; // [5, 3, 4, 4]
 */
export class FiveCrop extends ImageTransform<Tensor[]> {
  readonly size: readonly [number, number];
  constructor(...args: [size: Size] | [options: { size: Size }]) {
    super();
    this.size = pairOf(take("FiveCrop", args, { size: required<Size>() }).size);
  }
  transform(image: Tensor): Tensor[] {
    return F.fiveCrop(image, this.size);
  }
  protected override settings(): object {
    return { size: this.size };
  }
}

/**
 * The corners and the middle of the image and of its mirror image. Follows torchvision.transforms.TenCrop.
 * @example
 * torch.stack(new torch.vision.transforms.TenCrop(4)(torch.zeros(3, 8, 8))).shape; // [10, 3, 4, 4]
 */
export class TenCrop extends ImageTransform<Tensor[]> {
  readonly size: readonly [number, number];
  readonly verticalFlip: boolean;
  constructor(size: Size, ...rest: Rest<[verticalFlip: boolean], { verticalFlip?: boolean }>) {
    super();
    this.size = pairOf(size);
    this.verticalFlip = take("TenCrop", rest, { verticalFlip: false }).verticalFlip;
  }
  transform(image: Tensor): Tensor[] {
    return F.tenCrop(image, this.size, this.verticalFlip);
  }
  protected override settings(): object {
    return { size: this.size, vertical_flip: this.verticalFlip };
  }
}

export interface PadOptions {
  fill?: number;
  paddingMode?: F.PaddingMode;
}

/**
 * A border around the image. Follows torchvision.transforms.Pad.
 * @example
 * new torch.vision.transforms.Pad([1, 0], { paddingMode: "edge" })(torch.tensor([[1, 2]])); // tensor([[1., 1., 2., 2.]])
 */
export class Pad extends ImageTransform {
  readonly padding: F.Padding;
  private readonly options: Required<PadOptions>;
  constructor(padding: F.Padding, ...rest: Rest<[fill: number, paddingMode: F.PaddingMode], PadOptions>) {
    super();
    if (typeof padding !== "number" && !Array.isArray(padding)) throw new TypeError("Got inappropriate padding arg");
    this.options = take("Pad", rest, { fill: 0, paddingMode: "constant" as F.PaddingMode });
    if (typeof this.options.fill !== "number") throw new TypeError("Got inappropriate fill arg");
    if (!["constant", "edge", "reflect", "symmetric"].includes(this.options.paddingMode))
      throw new ValueError("Padding mode should be either constant, edge, reflect or symmetric");
    if (typeof padding !== "number" && ![1, 2, 4].includes(padding.length))
      throw new ValueError(
        `Padding must be an int or a 1, 2, or 4 element tuple, not a ${padding.length} element tuple`,
      );
    this.padding = padding;
  }
  transform(image: Tensor): Tensor {
    return F.pad(image, this.padding, this.options.fill, this.options.paddingMode);
  }
  protected override settings(): object {
    return { padding: this.padding, fill: this.options.fill, padding_mode: this.options.paddingMode };
  }
}

export interface RandomCropOptions extends PadOptions {
  padding?: F.Padding | null;
  /** pads an image that is smaller than the crop */
  padIfNeeded?: boolean;
}

/**
 * A rectangle at a random place, of the image with a border if `padding` is given. Follows torchvision.transforms.RandomCrop.
 * @example
 * new torch.vision.transforms.RandomCrop(32, { padding: 4, paddingMode: "reflect" })(torch.rand(3, 32, 32)).shape; // [3, 32, 32]
 */
export class RandomCrop extends ImageTransform {
  readonly size: readonly [number, number];
  private readonly options: Required<RandomCropOptions>;
  constructor(
    size: Size,
    ...rest: Rest<
      [padding: F.Padding | null, padIfNeeded: boolean, fill: number, paddingMode: F.PaddingMode],
      RandomCropOptions
    >
  ) {
    super();
    this.size = pairOf(size);
    this.options = take("RandomCrop", rest, {
      padding: null as F.Padding | null,
      padIfNeeded: false,
      fill: 0,
      paddingMode: "constant" as F.PaddingMode,
    });
  }
  transform(image: Tensor): Tensor {
    const [height, width] = this.size;
    const { padding, padIfNeeded, fill, paddingMode } = this.options;
    const padded = (by: F.Padding): Tensor => (image = F.pad(image, by, fill, paddingMode));
    if (padding !== null) padded(padding);
    const [, h, w] = getDimensions(image);
    if (padIfNeeded && w < width) padded([width - w, 0]);
    if (padIfNeeded && h < height) padded([0, height - h]);
    const [top, left] = this.place(image);
    return F.crop(image, top, left, height, width);
  }
  private place(image: Tensor): [top: number, left: number] {
    const [height, width] = this.size;
    const [, h, w] = getDimensions(image);
    if (h < height || w < width)
      throw new ValueError(`Required crop size (${height}, ${width}) is larger than input image size (${h}, ${w})`);
    if (h === height && w === width) return [0, 0];
    const top = below(h - height + 1);
    return [top, below(w - width + 1)];
  }
  protected override settings(): object {
    return { size: this.size, padding: this.options.padding };
  }
}

export interface RandomResizedCropOptions {
  /** the crop's part of the area */
  scale?: Range;
  /** the crop's width over its height */
  ratio?: Range;
  interpolation?: F.Interpolation;
  antialias?: boolean;
}

const ROUNDED = 1e4;
const rounded = (values: readonly number[]): number[] => values.map((x) => Math.round(x * ROUNDED) / ROUNDED);

/**
 * A random part of the image in one size. Follows torchvision.transforms.RandomResizedCrop.
 * @example
 * new torch.vision.transforms.RandomResizedCrop(8, { scale: [0.5, 1] })(torch.rand(3, 16, 16)).shape; // [3, 8, 8]
 */
export class RandomResizedCrop extends ImageTransform {
  readonly size: readonly [number, number];
  private readonly options: Required<RandomResizedCropOptions>;
  constructor(
    size: Size,
    ...rest: Rest<
      [scale: Range, ratio: Range, interpolation: F.Interpolation, antialias: boolean],
      RandomResizedCropOptions
    >
  ) {
    super();
    this.size = pairOf(size);
    const options = take("RandomResizedCrop", rest, {
      scale: [0.08, 1] as Range,
      ratio: [3 / 4, 4 / 3] as Range,
      interpolation: "bilinear" as F.Interpolation,
      antialias: true,
    });
    if (!Array.isArray(options.scale)) throw new TypeError("Scale should be a sequence");
    if (!Array.isArray(options.ratio)) throw new TypeError("Ratio should be a sequence");
    this.options = options;
  }
  transform(image: Tensor): Tensor {
    const { interpolation, antialias } = this.options;
    const [top, left, height, width] = this.place(image);
    return F.resizedCrop(image, top, left, height, width, this.size, interpolation, antialias);
  }
  private place(image: Tensor): [top: number, left: number, height: number, width: number] {
    const [, h, w] = getDimensions(image);
    const { scale, ratio } = this.options;
    const [low, high] = tensor([...ratio])
      .log()
      .tolist() as [number, number];
    for (let attempt = 0; attempt < 10; attempt++) {
      const area = h * w * uniform(scale[0], scale[1]);
      const aspect = empty(1).uniform_(low, high).exp().item() as number;
      const width = round(Math.sqrt(area * aspect));
      const height = round(Math.sqrt(area / aspect));
      if (width > 0 && width <= w && height > 0 && height <= h) {
        const top = below(h - height + 1);
        return [top, below(w - width + 1), height, width];
      }
    }
    const [least, most] = [Math.min(...ratio), Math.max(...ratio)];
    const height = w / h < least ? round(w / least) : h;
    const width = w / h > most ? round(h * most) : w;
    return [(h - height) >> 1, (w - width) >> 1, height, width];
  }
  protected override settings(): object {
    const { scale, ratio, interpolation, antialias } = this.options;
    return {
      size: this.size,
      scale: floatTuple(rounded(scale)),
      ratio: floatTuple(rounded(ratio)),
      interpolation,
      antialias,
    };
  }
}

/**
 * Mirrors the image left to right with probability p. Follows torchvision.transforms.RandomHorizontalFlip.
 * @example
 * new torch.vision.transforms.RandomHorizontalFlip(1)(torch.tensor([[1, 2]])); // tensor([[2., 1.]])
 */
export class RandomHorizontalFlip extends ImageTransform {
  readonly p: number;
  constructor(...rest: Rest<[p: number], { p?: number }>) {
    super();
    this.p = take(new.target.name, rest, { p: 0.5 }).p;
  }
  transform(image: Tensor): Tensor {
    return happens(this.p) ? F.hflip(image) : image;
  }
  protected override settings(): object {
    return { p: this.p };
  }
}

/**
 * Mirrors the image top to bottom with probability p. Follows torchvision.transforms.RandomVerticalFlip.
 * @example
 * new torch.vision.transforms.RandomVerticalFlip(1)(torch.tensor([[1], [2]])); // tensor([[2.], [1.]])
 */
export class RandomVerticalFlip extends RandomHorizontalFlip {
  override transform(image: Tensor): Tensor {
    return happens(this.p) ? F.vflip(image) : image;
  }
}

/** Degrees from -x to x, or from one to another. */
export type Angle = number | readonly number[];

function anglesOf(angle: Angle, name: string, lengths: readonly number[]): number[] {
  if (typeof angle === "number") {
    if (angle < 0) throw new ValueError(`If ${name} is a single number, it must be positive.`);
    return [-angle, angle];
  }
  if (!Array.isArray(angle)) throw new TypeError(`${name} should be a sequence of length ${lengths.join(" or ")}.`);
  if (!lengths.includes(angle.length))
    throw new ValueError(`${name} should be a sequence of length ${lengths.join(" or ")}.`);
  return [...(angle as number[])];
}

/** A list as Python prints it, of floats. */
const floats = (values: readonly number[]): string => `[${values.map(pyFloat).join(", ")}]`;

const fillOf = (fill: F.Fill, image: Tensor): F.Fill =>
  typeof fill === "number" ? Array<number>(getDimensions(image)[0]).fill(fill) : fill;

export interface RandomRotationOptions {
  interpolation?: F.Interpolation;
  expand?: boolean;
  center?: readonly number[] | null;
  fill?: F.Fill;
}

/**
 * Turns the image by a random angle. Follows torchvision.transforms.RandomRotation.
 * @example
 * new torch.vision.transforms.RandomRotation(15, { interpolation: "bilinear" })(torch.rand(3, 8, 8)).shape; // [3, 8, 8]
 */
export class RandomRotation extends ImageTransform {
  readonly degrees: readonly number[];
  private readonly options: Required<RandomRotationOptions>;
  constructor(
    degrees: Angle,
    ...rest: Rest<
      [interpolation: F.Interpolation, expand: boolean, center: readonly number[] | null, fill: F.Fill],
      RandomRotationOptions
    >
  ) {
    super();
    this.degrees = anglesOf(degrees, "degrees", [2]);
    this.options = take("RandomRotation", rest, {
      interpolation: "nearest" as F.Interpolation,
      expand: false,
      center: null as readonly number[] | null,
      fill: 0 as F.Fill,
    });
  }
  transform(image: Tensor): Tensor {
    const { interpolation, expand, center, fill } = this.options;
    const angle = uniform(this.degrees[0]!, this.degrees[1]!);
    return F.rotate(image, angle, interpolation, expand, center, fillOf(fill, image));
  }
  protected override settings(): object {
    const { interpolation, expand, center, fill } = this.options;
    return {
      degrees: floats(this.degrees),
      interpolation,
      expand,
      ...(center === null ? {} : { center }),
      ...(fill === null ? {} : { fill }),
    };
  }
}

export interface RandomAffineOptions {
  /** the most that the image moves, as parts of its width and height */
  translate?: readonly number[] | null;
  scale?: readonly number[] | null;
  /** degrees along x, or [from, to] along x, or [from, to] along x and along y */
  shear?: Angle | null;
  interpolation?: F.Interpolation;
  fill?: F.Fill;
  center?: readonly number[] | null;
}

/**
 * Turns, moves, scales and shears the image at random. Follows torchvision.transforms.RandomAffine.
 * @example
 * new torch.vision.transforms.RandomAffine(15, { translate: [0.1, 0.1], scale: [0.9, 1.1] })(torch.rand(3, 8, 8)).shape; // [3, 8, 8]
 */
export class RandomAffine extends ImageTransform {
  readonly degrees: readonly number[];
  private readonly shear: readonly number[] | null;
  private readonly options: Required<RandomAffineOptions>;
  constructor(
    degrees: Angle,
    ...rest: Rest<
      [
        translate: readonly number[] | null,
        scale: readonly number[] | null,
        shear: Angle | null,
        interpolation: F.Interpolation,
        fill: F.Fill,
        center: readonly number[] | null,
      ],
      RandomAffineOptions
    >
  ) {
    super();
    this.degrees = anglesOf(degrees, "degrees", [2]);
    this.options = take("RandomAffine", rest, {
      translate: null as readonly number[] | null,
      scale: null as readonly number[] | null,
      shear: null as Angle | null,
      interpolation: "nearest" as F.Interpolation,
      fill: 0 as F.Fill,
      center: null as readonly number[] | null,
    });
    const { translate, scale, shear } = this.options;
    for (const [name, pair] of Object.entries({ translate, scale }))
      if (pair !== null && pair.length !== 2) throw new ValueError(`${name} should be a sequence of length 2.`);
    if (translate?.some((t) => !(t >= 0 && t <= 1)))
      throw new ValueError("translation values should be between 0 and 1");
    if (scale?.some((s) => !(s > 0))) throw new ValueError("scale values should be positive");
    this.shear = shear === null ? null : anglesOf(shear, "shear", [2, 4]);
  }
  transform(image: Tensor): Tensor {
    const { translate, scale, interpolation, fill, center } = this.options;
    const { shear } = this;
    const [, h, w] = getDimensions(image);
    const moved = (part: number): number => round(uniform(-part, part));
    const angle = uniform(this.degrees[0]!, this.degrees[1]!);
    const right = translate === null ? 0 : moved(translate[0]! * w);
    const down = translate === null ? 0 : moved(translate[1]! * h);
    const factor = scale === null ? 1 : uniform(scale[0]!, scale[1]!);
    const x = shear === null ? 0 : uniform(shear[0]!, shear[1]!);
    const y = shear?.length === 4 ? uniform(shear[2]!, shear[3]!) : 0;
    return F.affine(image, angle, [right, down], factor, [x, y], interpolation, fillOf(fill, image), center);
  }
  protected override settings(): object {
    const { translate, scale, interpolation, fill, center } = this.options;
    const given = {
      translate,
      scale,
      shear: this.shear && floats(this.shear),
      interpolation: interpolation === "nearest" ? null : interpolation,
      fill: fill === 0 ? null : fill,
      center,
    };
    return {
      degrees: floats(this.degrees),
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)),
    };
  }
}
