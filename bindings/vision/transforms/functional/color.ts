// What pixels hold: brightness, contrast, colours, blur. Formulas are those of torchvision's tensor backend.

import { TypeError, ValueError } from "../../../error.ts";
import { linspace, onesLike, zerosLike } from "../../../factories.ts";
import { stack } from "../../../gen/functions.ts";
import { conv2d, pad } from "../../../gen/nn-functional.ts";
import { type Rest, take } from "../../../nn/arguments.ts";
import { tensor } from "../../../tensor/create.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { float } from "../../../tensor/scalar.ts";
import { where } from "../../../tensor/shapes.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import {
  assertChannels,
  assertImage,
  convertImageDtype,
  getDimensions,
  inFloat,
  maxValue,
  type Size,
} from "./image.ts";
import { pairOf } from "./geometry.ts";

const RGB = [1, 3];

const floatDtype = (image: Tensor): DType => (image.isFloatingPoint() ? image.dtype : "float32");

/** ratio · a + (1 - ratio) · b, kept within the dtype's range. */
function blend(a: Tensor, b: Tensor, ratio: number): Tensor {
  const mixed = a.mul(float(ratio)).add(b.mul(float(1 - ratio)));
  return mixed.clamp(0, maxValue(a.dtype)).to(a.dtype);
}

function nonNegative(name: string, factor: number): void {
  if (!(factor >= 0)) throw new ValueError(`${name} (${factor}) is not non-negative.`);
}

/**
 * Luminance of an image [..., 3 or 1, H, W]; follows torchvision.transforms.functional.rgb_to_grayscale.
 * @example
 * torch.vision.transforms.functional.rgbToGrayscale(torch.full([3, 4, 4], 0.5)).shape; // [1, 4, 4]
 */
export function rgbToGrayscale(image: Tensor, numOutputChannels = 1): Tensor {
  if (image.dim() < 3)
    throw new TypeError(`Input image tensor should have at least 3 dimensions, but found ${image.dim()}`);
  assertChannels(image, RGB);
  if (numOutputChannels !== 1 && numOutputChannels !== 3)
    throw new ValueError("num_output_channels should be either 1 or 3");
  let gray = image;
  if (image.size(-3) === 3) {
    const [r, g, b] = image.unbind(-3) as [Tensor, Tensor, Tensor];
    gray = r.mul(0.2989).add(g.mul(0.587)).add(b.mul(0.114)).to(image.dtype).unsqueeze(-3);
  }
  return numOutputChannels === 3
    ? gray.expand([...image.shape.slice(0, -3), 3, ...image.shape.slice(-2)])
    : gray.clone();
}

/**
 * 0 gives black, 1 the image itself; follows torchvision.transforms.functional.adjust_brightness.
 * @example
 * torch.vision.transforms.functional.adjustBrightness(torch.tensor([[[0.25, 0.75]]]), 2); // tensor([[[0.5000, 1.0000]]])
 */
export function adjustBrightness(image: Tensor, brightnessFactor: number): Tensor {
  nonNegative("brightness_factor", brightnessFactor);
  assertChannels(image, RGB);
  return blend(image, zerosLike(image), brightnessFactor);
}

/**
 * 0 gives the mean gray, 1 the image itself; follows torchvision.transforms.functional.adjust_contrast.
 * @example
 * torch.vision.transforms.functional.adjustContrast(torch.tensor([[[0, 1]]]), 0.5); // tensor([[[0.2500, 0.7500]]])
 */
export function adjustContrast(image: Tensor, contrastFactor: number): Tensor {
  nonNegative("contrast_factor", contrastFactor);
  assertChannels(image, RGB);
  const gray = image.dim() >= 3 && image.size(-3) === 3 ? rgbToGrayscale(image) : image;
  const dims = image.dim() >= 3 ? [-3, -2, -1] : [-2, -1];
  return blend(image, gray.to(floatDtype(image)).mean(dims, true), contrastFactor);
}

/**
 * 0 gives gray, 1 the image itself; follows torchvision.transforms.functional.adjust_saturation.
 * @example
 * torch.vision.transforms.functional.adjustSaturation(torch.rand(3, 2, 2), 0).shape; // [3, 2, 2]
 */
export function adjustSaturation(image: Tensor, saturationFactor: number): Tensor {
  nonNegative("saturation_factor", saturationFactor);
  assertChannels(image, RGB);
  return getDimensions(image)[0] === 1 ? image : blend(image, rgbToGrayscale(image), saturationFactor);
}

/**
 * Colours moved around the circle by -0.5 to 0.5 of it; follows torchvision.transforms.functional.adjust_hue.
 * @example
 * torch.vision.transforms.functional.adjustHue(torch.rand(3, 2, 2), 0.25).shape; // [3, 2, 2]
 */
export function adjustHue(image: Tensor, hueFactor: number): Tensor {
  if (!(hueFactor >= -0.5 && hueFactor <= 0.5))
    throw new ValueError(`hue_factor (${hueFactor}) is not in [-0.5, 0.5].`);
  assertChannels(image, RGB);
  if (getDimensions(image)[0] === 1) return image;
  const [h, s, v] = hsvOf(convertImageDtype(image, "float32"));
  return convertImageDtype(rgbOf(h.add(float(hueFactor)).remainder(1), s, v), image.dtype);
}

function hsvOf(image: Tensor): [Tensor, Tensor, Tensor] {
  const [r, g, b] = image.unbind(-3) as [Tensor, Tensor, Tensor];
  const most = image.amax([-3]);
  const spread = most.sub(image.amin([-3]));
  // gray has no hue: its quotients are of no account, but they must not be NaN
  const gray = spread.eq(0);
  const ones = onesLike(most);
  const divisor = where(gray, ones, spread);
  const [rc, gc, bc] = [r, g, b].map((x) => most.sub(x).div(divisor)) as [Tensor, Tensor, Tensor];
  const [isRed, isGreen] = [most.eq(r), most.eq(g)];
  const red = isRed.mul(bc.sub(gc));
  const green = isGreen.logicalAnd(isRed.logicalNot()).mul(rc.add(2).sub(bc));
  const blue = isGreen.logicalNot().logicalAnd(isRed.logicalNot()).mul(gc.add(4).sub(rc));
  const hue = red.add(green).add(blue).div(6).add(1).fmod(1);
  return [hue, spread.div(where(gray, ones, most)), most];
}

function rgbOf(h: Tensor, s: Tensor, v: Tensor): Tensor {
  const sector = h.mul(6).floor();
  const rest = h.mul(6).sub(sector);
  const level = (x: Tensor): Tensor => v.mul(x.neg().add(1)).clamp(0, 1);
  const [p, q, t] = [level(s), level(s.mul(rest)), level(s.mul(rest.neg().add(1)))] as const;
  const sectors = sector.to("int32").remainder(6);
  const channels = [
    [v, q, p, p, t, v],
    [t, v, v, q, p, p],
    [p, p, t, v, v, q],
  ];
  const masks = Array.from({ length: 6 }, (_, i) => sectors.eq(i));
  const choose = (levels: Tensor[]): Tensor =>
    levels.slice(1).reduce((chosen, value, i) => where(masks[i + 1]!, value, chosen), levels[0]!);
  return stack(channels.map(choose), -3);
}

/**
 * gain · image^gamma of values in [0, 1]; follows torchvision.transforms.functional.adjust_gamma.
 * @example
 * torch.vision.transforms.functional.adjustGamma(torch.tensor([[[0.5]]]), 2); // tensor([[[0.2500]]])
 */
export function adjustGamma(image: Tensor, gamma: number, ...rest: Rest<[gain: number], { gain?: number }>): Tensor {
  const { gain } = take("adjustGamma", rest, { gain: 1 });
  assertChannels(image, RGB);
  if (!(gamma >= 0)) throw new ValueError("Gamma should be a non-negative real number");
  const values = image.isFloatingPoint() ? image : convertImageDtype(image, "float32");
  return convertImageDtype(values.pow(float(gamma)).mul(float(gain)).clamp(0, 1), image.dtype);
}

/**
 * 0 gives a blurred image, 1 the image itself, 2 a sharpened one; follows torchvision's adjust_sharpness.
 * @example
 * torch.vision.transforms.functional.adjustSharpness(torch.rand(3, 8, 8), 2).shape; // [3, 8, 8]
 */
export function adjustSharpness(image: Tensor, sharpnessFactor: number): Tensor {
  nonNegative("sharpness_factor", sharpnessFactor);
  assertChannels(image, RGB);
  if (image.size(-1) <= 2 || image.size(-2) <= 2) return image;
  const kernel = tensor([1, 1, 1, 1, 5, 1, 1, 1, 1]).div(13).view([3, 3]);
  const middle = inFloat(image, (x) => filtered(x, kernel));
  const blurred = image.clone();
  const [, h, w] = getDimensions(image);
  blurred
    .narrow(-2, 1, h - 2)
    .narrow(-1, 1, w - 2)
    .copy_(middle);
  return blend(image, blurred, sharpnessFactor);
}

/** Each channel convolved with a kernel, without border. */
function filtered(image: Tensor, kernel: Tensor): Tensor {
  const channels = image.size(1);
  const weight = kernel.to({ dtype: image.dtype, device: image.device }).expand(channels, 1, ...kernel.shape);
  return conv2d(image, weight, { groups: channels });
}

/**
 * The image blurred by a Gaussian. Follows torchvision.transforms.functional.gaussian_blur.
 * @param kernelSize odd; one number or [width, height]
 * @param sigma standard deviation, one number or [across, down]; by default 0.15 · kernelSize + 0.35
 * @example
 * torch.vision.transforms.functional.gaussianBlur(torch.rand(3, 8, 8), 3, 1.5).shape; // [3, 8, 8]
 */
export function gaussianBlur(image: Tensor, kernelSize: Size, sigma: number | readonly number[] | null = null): Tensor {
  assertImage(image);
  const sizes = pairOf(kernelSize, "If kernel_size is a sequence its length should be 2.");
  for (const size of sizes)
    if (!(size > 0 && size % 2 === 1))
      throw new ValueError(`kernel_size should have odd and positive integers. Got [${sizes.join(", ")}]`);
  const widths =
    sigma === null
      ? sizes.map((size) => size * 0.15 + 0.35)
      : pairOf(sigma, "If sigma is a sequence, its length should be 2.");
  for (const width of widths)
    if (!(width > 0)) throw new ValueError(`sigma should have positive values. Got [${widths.join(", ")}]`);
  const [x, y] = sizes.map((size, i) => {
    const half = (size - 1) * 0.5;
    const bell = linspace(-half, half, size).div(widths[i]!).pow(2).mul(-0.5).exp();
    return bell.div(bell.sum());
  }) as [Tensor, Tensor];
  const kernel = y.unsqueeze(1).mm(x.unsqueeze(0));
  const border = [sizes[0] >> 1, sizes[0] >> 1, sizes[1] >> 1, sizes[1] >> 1];
  return inFloat(image, (given) => filtered(pad(given, border, "reflect"), kernel));
}

/**
 * The negative; follows torchvision.transforms.functional.invert.
 * @example
 * torch.vision.transforms.functional.invert(torch.tensor([[[0, 1]]])); // tensor([[[1., 0.]]])
 */
export function invert(image: Tensor): Tensor {
  assertChannels(image, RGB);
  return image.neg().add(maxValue(image.dtype));
}

/**
 * Only the highest `bits` bits of uint8 values; follows torchvision.transforms.functional.posterize.
 * @example
 * torch.vision.transforms.functional.posterize(torch.tensor([[[7, 200]]], { dtype: "uint8" }), 2).tolist(); // [[[0, 192]]]
 */
export function posterize(image: Tensor, bits: number): Tensor {
  if (image.dtype !== "uint8")
    throw new TypeError(`Only torch.uint8 image tensors are supported, but found torch.${image.dtype}`);
  assertChannels(image, RGB);
  return image.bitwiseAnd(256 - 2 ** (8 - bits));
}

/**
 * The negative of values from `threshold` on; follows torchvision.transforms.functional.solarize.
 * @example
 * torch.vision.transforms.functional.solarize(torch.tensor([[[0.25, 1]]]), 0.5); // tensor([[[0.2500, 0.0000]]])
 */
export function solarize(image: Tensor, threshold: number): Tensor {
  assertChannels(image, RGB);
  if (threshold > maxValue(image.dtype)) throw new TypeError("Threshold should be less than bound of img.");
  return where(image.ge(float(threshold)), invert(image), image);
}

/**
 * Every channel stretched to the whole range; follows torchvision.transforms.functional.autocontrast.
 * @example
 * torch.vision.transforms.functional.autocontrast(torch.tensor([[[0.25, 0.5]]])); // tensor([[[0., 1.]]])
 */
export function autocontrast(image: Tensor): Tensor {
  assertChannels(image, RGB);
  const bound = maxValue(image.dtype);
  const values = image.to(floatDtype(image));
  const least = values.amin([-2, -1], true);
  const spread = values.amax([-2, -1], true).sub(least);
  const flat = spread.eq(0);
  const scale = where(flat, onesLike(spread), onesLike(spread).mul(bound).div(spread));
  return values
    .sub(where(flat, zerosLike(least), least))
    .mul(scale)
    .clamp(0, bound)
    .to(image.dtype);
}

/**
 * The image with the rectangle at (i, j) of h × w replaced by v; follows torchvision.transforms.functional.erase.
 * @example
 * torch.vision.transforms.functional.erase(torch.ones(1, 1, 3), 0, 1, 1, 2, 0); // tensor([[[1., 0., 0.]]])
 */
export function erase(
  image: Tensor,
  i: number,
  j: number,
  h: number,
  w: number,
  v: Tensor | number,
  ...rest: Rest<[inplace: boolean], { inplace?: boolean }>
): Tensor {
  const { inplace } = take("erase", rest, { inplace: false });
  assertImage(image);
  const result = inplace ? image : image.clone();
  const part = result.narrow(-2, i, h).narrow(-1, j, w);
  if (typeof v === "number") part.fill_(v);
  else part.copy_(v);
  return result;
}
