// Where pixels go: crops, borders, sizes, turns. Follows torchvision's tensor backend, and its rounding of coordinates.

import { TypeError, ValueError } from "../../../error.ts";
import { linspace, onesLike } from "../../../factories.ts";
import { interpolate } from "../../../functional/interpolate.ts";
import { cat, stack } from "../../../gen/functions.ts";
import { gridSample, pad as padDims } from "../../../gen/nn-functional.ts";
import { type Rest, take } from "../../../nn/arguments.ts";
import { tensor } from "../../../tensor/create.ts";
import { where } from "../../../tensor/shapes.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { assertImage, getDimensions, inFloat, round, type Interpolation, type Size } from "./image.ts";

export type PaddingMode = "constant" | "edge" | "reflect" | "symmetric";
/** One border for all sides, [left and right, top and bottom], or [left, top, right, bottom]. */
export type Padding = number | readonly number[];
/** What a new pixel holds that lies outside: one number, or one for each channel; null for black, blended at the edges. */
export type Fill = number | readonly number[] | null;

/** [height, width]. @throws ValueError for more than two numbers */
export function pairOf(size: Size, message = "Please provide only two dimensions (h, w) for size."): [number, number] {
  if (typeof size === "number") return [size, size];
  if (size.length === 1) return [size[0]!, size[0]!];
  if (size.length !== 2) throw new ValueError(message);
  return [size[0]!, size[1]!];
}

/**
 * Mirrored left to right; follows torchvision.transforms.functional.hflip.
 * @example
 * torch.vision.transforms.functional.hflip(torch.tensor([[1, 2, 3]])); // tensor([[3., 2., 1.]])
 */
export function hflip(image: Tensor): Tensor {
  assertImage(image);
  return image.flip([-1]);
}

/**
 * Mirrored top to bottom; follows torchvision.transforms.functional.vflip.
 * @example
 * torch.vision.transforms.functional.vflip(torch.tensor([[1], [2]])); // tensor([[2.], [1.]])
 */
export function vflip(image: Tensor): Tensor {
  assertImage(image);
  return image.flip([-2]);
}

/** A view of rows and columns that lie inside. */
const inside = (image: Tensor, top: number, left: number, bottom: number, right: number): Tensor =>
  image.narrow(-2, top, Math.max(0, bottom - top)).narrow(-1, left, Math.max(0, right - left));

/**
 * The rectangle of the given size whose upper left corner lies at (left, top); what is outside of the image is black. Follows
 * torchvision.transforms.functional.crop.
 * @example
 * torch.vision.transforms.functional.crop(torch.arange(6).view(1, 2, 3), 0, 1, 2, 2); // tensor([[[1, 2], [4, 5]]])
 */
export function crop(image: Tensor, top: number, left: number, height: number, width: number): Tensor {
  const [, h, w] = getDimensions(image);
  const right = left + width;
  const bottom = top + height;
  const within = (x: number, most: number): number => Math.min(Math.max(x, 0), most);
  const part = inside(image, within(top, h), within(left, w), within(bottom, h), within(right, w));
  if (left >= 0 && top >= 0 && right <= w && bottom <= h) return part;
  return pad(part, [
    Math.max(-left + Math.min(0, right), 0),
    Math.max(-top + Math.min(0, bottom), 0),
    Math.max(right - Math.max(w, left), 0),
    Math.max(bottom - Math.max(h, top), 0),
  ]);
}

/**
 * The middle, with a black border where the image is smaller; follows torchvision.transforms.functional.center_crop.
 * @example
 * torch.vision.transforms.functional.centerCrop(torch.tensor([[1, 2, 3]]), [1, 1]); // tensor([[2.]])
 */
export function centerCrop(image: Tensor, outputSize: Size): Tensor {
  const [height, width] = pairOf(outputSize);
  let [, h, w] = getDimensions(image);
  let whole = image;
  if (width > w || height > h) {
    const across = Math.max(width - w, 0);
    const down = Math.max(height - h, 0);
    whole = pad(image, [across >> 1, down >> 1, (across + 1) >> 1, (down + 1) >> 1]);
    [, h, w] = getDimensions(whole);
    if (width === w && height === h) return whole;
  }
  return crop(whole, round((h - height) / 2), round((w - width) / 2), height, width);
}

/**
 * The corners and the middle: top left, top right, bottom left, bottom right, center.
 * Follows torchvision.transforms.functional.five_crop.
 * @example
 * torch.vision.transforms.functional.fiveCrop(torch.zeros(3, 8, 8), 4).length; // 5
 */
export function fiveCrop(image: Tensor, size: Size): Tensor[] {
  const [height, width] = pairOf(size);
  const [, h, w] = getDimensions(image);
  if (width > w || height > h)
    throw new ValueError(`Requested crop size (${height}, ${width}) is bigger than input size (${h}, ${w})`);
  return [
    crop(image, 0, 0, height, width),
    crop(image, 0, w - width, height, width),
    crop(image, h - height, 0, height, width),
    crop(image, h - height, w - width, height, width),
    centerCrop(image, [height, width]),
  ];
}

/**
 * `fiveCrop` of the image and of the flipped image.
 * Follows torchvision.transforms.functional.ten_crop.
 * @example
 * torch.vision.transforms.functional.tenCrop(torch.zeros(3, 8, 8), 4).length; // 10
 */
export function tenCrop(
  image: Tensor,
  size: Size,
  ...rest: Rest<[verticalFlip: boolean], { verticalFlip?: boolean }>
): Tensor[] {
  const { verticalFlip } = take("tenCrop", rest, { verticalFlip: false });
  return [...fiveCrop(image, size), ...fiveCrop(verticalFlip ? vflip(image) : hflip(image), size)];
}

/** [left, right, top, bottom], as `F.pad` takes them. */
function sides(padding: Padding): [number, number, number, number] {
  if (typeof padding === "number") return [padding, padding, padding, padding];
  if (!Array.isArray(padding)) throw new TypeError("Got inappropriate padding arg");
  const [a, b = a, c = a, d = b] = padding as number[];
  if (![1, 2, 4].includes(padding.length))
    throw new ValueError(`Padding must be an int or a 1, 2, or 4 element tuple, not a ${padding.length} element tuple`);
  return [a!, c!, b!, d!];
}

/**
 * A border around the image: of one value, of the edge's pixels, or the image reflected without or with its edge. Follows
 * torchvision.transforms.functional.pad.
 * @example
 * torch.vision.transforms.functional.pad(torch.tensor([[1, 2]]), [1, 0], 0, "edge"); // tensor([[1., 1., 2., 2.]])
 */
export function pad(
  image: Tensor,
  padding: Padding,
  ...rest: Rest<[fill: number, paddingMode: PaddingMode], { fill?: number; paddingMode?: PaddingMode }>
): Tensor {
  const { fill, paddingMode } = take("pad", rest, { fill: 0, paddingMode: "constant" as PaddingMode });
  assertImage(image);
  if (typeof (fill ?? 0) !== "number") throw new TypeError("Got inappropriate fill arg");
  if (!["constant", "edge", "reflect", "symmetric"].includes(paddingMode))
    throw new ValueError("Padding mode should be either constant, edge, reflect or symmetric");
  const border = sides(padding);
  if (paddingMode === "constant") return padDims(image, border, "constant", fill ?? 0);
  if (paddingMode !== "symmetric")
    return inFloat(image, (x) => padDims(x, border, paddingMode === "edge" ? "replicate" : "reflect"));
  const [left, right, top, bottom] = border;
  return mirrored(mirrored(image, -1, left, right), -2, top, bottom);
}

/** A dim with its first and last elements reflected; negative counts leave elements out. */
function mirrored(image: Tensor, dim: number, before: number, after: number): Tensor {
  const size = image.size(dim);
  const count = size + before + after;
  const index = Array.from({ length: count }, (_, i) => {
    const at = i - before;
    return at < 0 ? -at - 1 : at >= size ? 2 * size - at - 1 : at;
  });
  return image.indexSelect(dim, tensor(index, { dtype: "int64", device: image.device }));
}

/** [height, width] of `resize`'s result. */
function resizedSize(h: number, w: number, size: Size, maxSize: number | null): [number, number] {
  if (typeof size !== "number" && size.length > 1) {
    if (maxSize !== null)
      throw new ValueError(
        "max_size should only be passed if size specifies the length of the smaller edge, i.e. size should be an int or a " +
          "sequence of length 1 in torchscript mode.",
      );
    return pairOf(size, "Size must be an int or a 1 or 2 element tuple/list");
  }
  const [wanted] = pairOf(size);
  const [short, long] = w <= h ? [w, h] : [h, w];
  let newShort = wanted;
  let newLong = Math.trunc((wanted * long) / short);
  if (maxSize !== null) {
    if (maxSize <= wanted)
      throw new ValueError(
        `max_size = ${maxSize} must be strictly greater than the requested size for the smaller edge size = ${wanted}`,
      );
    if (newLong > maxSize) [newShort, newLong] = [Math.trunc((maxSize * newShort) / newLong), maxSize];
  }
  return w <= h ? [newLong, newShort] : [newShort, newLong];
}

/**
 * The image in another size: [height, width], or one number for the smaller edge. Follows
 * torchvision.transforms.functional.resize.
 * @param maxSize the most that the longer edge may have
 * @param antialias whether pixels are means of what they cover (bilinear and bicubic only)
 * @example
 * torch.vision.transforms.functional.resize(torch.zeros(3, 8, 6), 3).shape; // [3, 4, 3]
 */
export function resize(
  image: Tensor,
  size: Size,
  ...rest: Rest<
    [interpolation: Interpolation, maxSize: number | null, antialias: boolean],
    { interpolation?: Interpolation; maxSize?: number | null; antialias?: boolean }
  >
): Tensor {
  const { interpolation, maxSize, antialias } = take("resize", rest, {
    interpolation: "bilinear" as Interpolation,
    maxSize: null as number | null,
    antialias: true,
  });
  const [, h, w] = getDimensions(image);
  const [height, width] = resizedSize(h, w, size, maxSize);
  if (height === h && width === w) return image;
  const smooth = interpolation === "bilinear" || interpolation === "bicubic";
  const bytes = image.dtype === "uint8" && interpolation === "bicubic";
  return inFloat(image, (x) => {
    const resized = interpolate(x, {
      size: [height, width],
      mode: interpolation,
      alignCorners: smooth ? false : null,
      antialias: smooth && antialias,
    });
    return bytes ? resized.clamp(0, 255) : resized;
  });
}

/**
 * `crop`, then `resize`; follows torchvision.transforms.functional.resized_crop.
 * @example
 * torch.vision.transforms.functional.resizedCrop(torch.zeros(3, 8, 6), 0, 0, 4, 4, 2).shape; // [3, 2, 2]
 */
export function resizedCrop(
  image: Tensor,
  top: number,
  left: number,
  height: number,
  width: number,
  size: Size,
  ...rest: Rest<
    [interpolation: Interpolation, antialias: boolean],
    { interpolation?: Interpolation; antialias?: boolean }
  >
): Tensor {
  const { interpolation, antialias } = take("resizedCrop", rest, {
    interpolation: "bilinear" as Interpolation,
    antialias: true,
  });
  return resize(crop(image, top, left, height, width), size, interpolation, null, antialias);
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** The first two rows of the inverse of: shear, scale and rotate about `center`, then move. */
function inverseAffine(
  [cx, cy]: readonly number[],
  angle: number,
  [tx, ty]: readonly number[],
  scale: number,
  shear: readonly number[],
): number[] {
  const turn = radians(angle);
  const [sx, sy] = shear.map(radians) as [number, number];
  const cos = Math.cos(turn - sy) / Math.cos(sy);
  const sin = Math.sin(turn - sy) / Math.cos(sy);
  const b = -cos * Math.tan(sx) - Math.sin(turn);
  const d = -sin * Math.tan(sx) + Math.cos(turn);
  const [m0, m1, m3, m4] = [d, -b, -sin, cos].map((x) => x / scale) as [number, number, number, number];
  const [x, y] = [-cx! - tx!, -cy! - ty!];
  return [m0, m1, m0 * x + m1 * y + cx!, m3, m4, m3 * x + m4 * y + cy!];
}

/** From the center of the image, instead of the corner. */
function centered(center: readonly number[] | null, w: number, h: number): number[] {
  if (center === null) return [0, 0];
  if (center.length !== 2) throw new ValueError("center should be a sequence of length 2.");
  return [center[0]! - w * 0.5, center[1]! - h * 0.5];
}

/** [1, height, width, 2]: where in an image of w × h the pixels of the new one are from, from -1 to 1. */
function affineGrid(matrix: readonly number[], image: Tensor, height: number, width: number): Tensor {
  const [, h, w] = getDimensions(image);
  const dtype = image.isFloatingPoint() ? image.dtype : "float32";
  const kind = { dtype, device: image.device } as const;
  const theta = tensor([...matrix], kind).view([1, 2, 3]);
  const line = (n: number): Tensor => linspace(-n * 0.5 + 0.5, n * 0.5 + 0.5 - 1, n, kind);
  const x = line(width).expand(height, width);
  const y = line(height).unsqueeze(-1).expand(height, width);
  const base = stack([x, y, onesLike(x)], -1).view([1, height * width, 3]);
  const scaled = theta.transpose(1, 2).div(tensor([0.5 * w, 0.5 * h], kind));
  return base.bmm(scaled).view([1, height, width, 2]);
}

function sampled(image: Tensor, grid: Tensor, mode: Interpolation, fill: Fill): Tensor {
  if (mode !== "nearest" && mode !== "bilinear")
    throw new ValueError(`Interpolation mode '${mode}' is unsupported with Tensor input`);
  const [channels] = getDimensions(image);
  const colour = typeof fill === "number" ? [fill] : fill;
  if (colour !== null && colour.length > 1 && colour.length !== channels)
    throw new ValueError(
      "The number of elements in 'fill' cannot broadcast to match the number of channels of the image " +
        `(${colour.length} != ${channels})`,
    );
  return inFloat(image.dim() === 2 ? image.unsqueeze(0) : image, (x) => {
    const places = x.size(0) > 1 ? grid.expand(x.size(0), -1, -1, -1) : grid;
    const look = (source: Tensor): Tensor =>
      gridSample(source, places, { mode, paddingMode: "zeros", alignCorners: false });
    if (colour === null) return look(x);
    // one more channel tells how much of a pixel lies inside
    const found = look(cat([x, onesLike(x.narrow(1, 0, 1))], 1));
    const mask = found.narrow(1, x.size(1), 1);
    const pixels = found.narrow(1, 0, x.size(1));
    const border = tensor([...colour], { dtype: x.dtype, device: x.device }).view([1, -1, 1, 1]);
    if (mode === "nearest") return where(mask.lt(0.5), border, pixels);
    return pixels.mul(mask).add(mask.neg().add(1).mul(border));
  }).view([...image.shape.slice(0, -2), grid.size(1), grid.size(2)]);
}

/**
 * The image turned counter-clockwise by degrees. Follows torchvision.transforms.functional.rotate.
 * @param expand makes the result as large as the turned image
 * @param center what it is turned around, as [x, y] from the upper left corner
 * @example
 * torch.vision.transforms.functional.rotate(torch.tensor([[[1, 2], [3, 4]]]), 90); // tensor([[[2., 4.], [1., 3.]]])
 */
export function rotate(
  image: Tensor,
  angle: number,
  ...rest: Rest<
    [interpolation: Interpolation, expand: boolean, center: readonly number[] | null, fill: Fill],
    { interpolation?: Interpolation; expand?: boolean; center?: readonly number[] | null; fill?: Fill }
  >
): Tensor {
  const { interpolation, expand, center, fill } = take("rotate", rest, {
    interpolation: "nearest" as Interpolation,
    expand: false,
    center: null as readonly number[] | null,
    fill: null as Fill,
  });
  if (typeof angle !== "number") throw new TypeError("Argument angle should be int or float");
  const [, h, w] = getDimensions(image);
  // torchvision's affine turns clockwise
  const matrix = inverseAffine(centered(center, w, h), -angle, [0, 0], 1, [0, 0]);
  const [height, width] = expand ? turnedSize(matrix, h, w) : [h, w];
  return sampled(image, affineGrid(matrix, image, height, width), interpolation, fill);
}

/** [height, width] that hold the turned image. */
function turnedSize(matrix: readonly number[], h: number, w: number): [number, number] {
  const f = Math.fround;
  const corners = [-0.5, 0.5].flatMap((x) => [-0.5, 0.5].map((y) => [x * w, y * h] as const));
  const extent = (row: readonly number[], size: number): number => {
    const at = corners.map(([x, y]) => f(f(f(row[0]!) * x) + f(f(row[1]!) * y) + f(row[2]!)) + size * 0.5);
    // beyond 1e-4 it is rounding
    const cut = (x: number): number => Math.trunc(f(f(x) / f(1e-4))) * 1e-4;
    return Math.ceil(f(cut(Math.max(...at)))) - Math.floor(f(cut(Math.min(...at))));
  };
  return [extent(matrix.slice(3), h), extent(matrix.slice(0, 3), w)];
}

/**
 * The image turned clockwise by degrees, moved by pixels, scaled and sheared by degrees. Follows
 * torchvision.transforms.functional.affine.
 * @param translate [right, down]
 * @param shear along x, or [along x, along y]
 * @example
 * torch.vision.transforms.functional.affine(torch.tensor([[[1, 2], [3, 4]]]), 0, [1, 0], 1, 0); // tensor([[[0., 1.], [0., 3.]]])
 */
export function affine(
  image: Tensor,
  angle: number,
  translate: readonly number[],
  scale: number,
  shear: number | readonly number[],
  ...rest: Rest<
    [interpolation: Interpolation, fill: Fill, center: readonly number[] | null],
    { interpolation?: Interpolation; fill?: Fill; center?: readonly number[] | null }
  >
): Tensor {
  const { interpolation, fill, center } = take("affine", rest, {
    interpolation: "nearest" as Interpolation,
    fill: null as Fill,
    center: null as readonly number[] | null,
  });
  if (typeof angle !== "number") throw new TypeError("Argument angle should be int or float");
  if (translate.length !== 2) throw new ValueError("Argument translate should be a sequence of length 2");
  if (!(scale > 0)) throw new ValueError("Argument scale should be positive");
  const shears = typeof shear === "number" ? [shear, 0] : shear.length === 1 ? [shear[0]!, shear[0]!] : shear;
  if (shears.length !== 2)
    throw new ValueError(`Shear should be a sequence containing two values. Got ${shears.join(", ")}`);
  const [, h, w] = getDimensions(image);
  const matrix = inverseAffine(centered(center, w, h), angle, translate, scale, shears);
  return sampled(image, affineGrid(matrix, image, h, w), interpolation, fill);
}
