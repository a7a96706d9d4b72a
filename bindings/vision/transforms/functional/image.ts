// Images as tensors: their sizes, and the change of their dtypes. Formulas are those of torchvision's tensor backend.

import { noGrad } from "../../../autograd/mode.ts";
import { RuntimeError, TypeError, ValueError } from "../../../error.ts";
import { div } from "../../../gen/functions.ts";
import { keep } from "../../../memory/scope.ts";
import { type Rest, take } from "../../../nn/arguments.ts";
import { tensor } from "../../../tensor/create.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { float } from "../../../tensor/scalar.ts";
import { Tensor } from "../../../tensor/tensor.ts";
import { Image, isRawImage, planes, type RawImage } from "../../image.ts";

/** One size for both edges, or [height, width]. */
export type Size = number | readonly number[];
/** How pixels between pixels are made. */
export type Interpolation = "nearest" | "nearest-exact" | "bilinear" | "bicubic";

const LARGEST: Partial<Record<DType, number>> = {
  uint8: 255,
  int8: 127,
  int16: 32767,
  int32: 2 ** 31 - 1,
  int64: 2 ** 63,
};

/** The value of white. */
export const maxValue = (dtype: DType): number => LARGEST[dtype] ?? 1;

/** @throws TypeError unless it is a tensor of at least two dims */
export function assertImage(image: Tensor): void {
  if (!(image instanceof Tensor)) throw new TypeError(`img should be Tensor Image. Got ${typeof image}`);
  if (image.dim() < 2) throw new TypeError("Tensor is not a torch image.");
}

/**
 * [channels, height, width]; follows torchvision.transforms.functional.get_dimensions.
 * @example
 * torch.vision.transforms.functional.getDimensions(torch.zeros(3, 4, 5)); // [3, 4, 5]
 */
export function getDimensions(image: Tensor): [channels: number, height: number, width: number] {
  assertImage(image);
  return [image.dim() === 2 ? 1 : image.size(-3), image.size(-2), image.size(-1)];
}

/** @throws TypeError unless the image has one of the numbers of channels */
export function assertChannels(image: Tensor, permitted: readonly number[]): void {
  const [channels] = getDimensions(image);
  if (!permitted.includes(channels))
    throw new TypeError(
      `Input image tensor permitted channel values are [${permitted.join(", ")}], but found ${channels}`,
    );
}

/** The nearest integer, halves to even, as Python rounds. */
export function round(x: number): number {
  const down = Math.floor(x);
  return x - down === 0.5 ? down + (down % 2 === 0 ? 0 : 1) : Math.round(x);
}

/** Does `fn` in float32 with four dims, and gives the image its dims and dtype back, integers rounded. */
export function inFloat(image: Tensor, fn: (image: Tensor) => Tensor): Tensor {
  const { dtype } = image;
  const floating = dtype === "float32" || dtype === "float64";
  const missing = Math.max(4 - image.dim(), 0);
  let result = floating ? image : image.to("float32");
  for (let i = 0; i < missing; i++) result = result.unsqueeze(0);
  result = fn(result);
  for (let i = 0; i < missing; i++) result = result.squeeze(0);
  if (floating) return result;
  return (image.isFloatingPoint() ? result : result.round()).to(dtype);
}

/**
 * An image to a tensor: uint8 [H, W] or [H, W, C] tensors, or images, become float32 [C, H, W] in [0, 1]; other dtypes are not
 * scaled. Follows torchvision.transforms.functional.to_tensor.
 * @throws ValueError for other shapes
 * @example
 * torch.vision.transforms.functional.toTensor(torch.tensor([[0, 255]], { dtype: "uint8" })); // tensor([[[0., 1.]]])
 */
export function toTensor(pic: Tensor | RawImage): Tensor {
  const image = pilToTensor(pic);
  return noGrad(() => (image.dtype === "uint8" ? image.to("float32").div(255) : image).contiguous());
}

/**
 * An image to a uint8 tensor [C, H, W]; follows torchvision.transforms.functional.pil_to_tensor.
 * @example
 * torch.vision.transforms.functional.pilToTensor({ width: 1, height: 1, channels: 3, data: new Uint8Array([1, 2, 3]) }).shape; // [3, 1, 1]
 */
export function pilToTensor(pic: Tensor | RawImage): Tensor {
  if (isRawImage(pic)) return planes(pic);
  if (!(pic instanceof Tensor)) throw new TypeError(`pic should be PIL Image or ndarray. Got ${typeof pic}`);
  if (pic.dim() !== 2 && pic.dim() !== 3)
    throw new ValueError(`pic should be 2/3 dimensional. Got ${pic.dim()} dimensions.`);
  return pic.dim() === 2 ? pic.unsqueeze(0) : pic.permute([2, 0, 1]);
}

/**
 * A tensor [C, H, W] or [H, W], uint8 or in [0, 1], as an image; follows torchvision.transforms.functional.to_pil_image.
 * @example
 * torch.vision.transforms.functional.toPilImage(torch.zeros(3, 4, 5)).width; // 5
 */
export function toPilImage(image: Tensor): Image {
  if (image.dim() !== 2 && image.dim() !== 3)
    throw new ValueError(`pic should be 2/3 dimensional. Got ${image.dim()} dimensions.`);
  const wide = image.dim() === 2 ? image.unsqueeze(0) : image;
  return new Image(wide.isFloatingPoint() ? wide.mul(255).to("uint8") : wide);
}

/**
 * The image in another dtype, with values scaled to its range. Follows torchvision.transforms.functional.convert_image_dtype.
 * @throws RuntimeError where the float cannot hold the integers
 * @example
 * torch.vision.transforms.functional.convertImageDtype(torch.tensor([[0, 255]], { dtype: "uint8" })); // tensor([[0., 1.]])
 */
export function convertImageDtype(image: Tensor, dtype: DType = "float32"): Tensor {
  const from = image.dtype;
  if (from === dtype) return image;
  const floating = dtype.includes("float");
  const most = maxValue(dtype);
  if (image.isFloatingPoint()) {
    if (floating) return image.to(dtype);
    if ((from === "float32" && (dtype === "int32" || dtype === "int64")) || (from === "float64" && dtype === "int64"))
      throw new RuntimeError(`The cast from torch.${from} to torch.${dtype} cannot be performed safely.`);
    return image.mul(float(most + 1 - 1e-3)).to(dtype);
  }
  const largest = maxValue(from);
  if (floating) return image.to(dtype).div(largest);
  // the numbers of values are powers of two
  const values = (max: number): number => 2 ** Math.round(Math.log2(max));
  if (largest > most) return div(image, values(largest) / values(most), { roundingMode: "floor" }).to(dtype);
  return image.to(dtype).mul(values(most) / values(largest));
}

const constants = new Map<string, Tensor>();

/** One number for each channel as [C, 1, 1]; they are few, and used for every sample. */
function perChannel(values: readonly number[], { dtype, device }: Tensor): Tensor {
  const key = `${device} ${dtype} ${values.join()}`;
  let made = constants.get(key);
  if (constants.size === 64) constants.clear();
  if (made === undefined) constants.set(key, (made = keep(tensor([...values], { dtype, device }).view([-1, 1, 1]))));
  return made;
}

/**
 * (image - mean) / std for every channel of a float [..., C, H, W]. Follows torchvision.transforms.functional.normalize.
 * @throws TypeError for integers, ValueError for a std of 0
 * @example
 * torch.vision.transforms.functional.normalize(torch.tensor([[[0, 1]]]), [0.5], [0.5]); // tensor([[[-1., 1.]]])
 */
export function normalize(
  image: Tensor,
  mean: readonly number[],
  std: readonly number[],
  ...rest: Rest<[inplace: boolean], { inplace?: boolean }>
): Tensor {
  const { inplace } = take("normalize", rest, { inplace: false });
  assertImage(image);
  if (!image.isFloatingPoint()) throw new TypeError(`Input tensor should be a float tensor. Got torch.${image.dtype}.`);
  if (image.dim() < 3)
    throw new ValueError(
      `Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = torch.Size([${image.shape.join(", ")}])`,
    );
  if (std.includes(0))
    throw new ValueError(
      `std evaluated to zero after conversion to torch.${image.dtype}, leading to division by zero.`,
    );
  const [low, wide] = [mean, std].map((values) => perChannel(values, image)) as [Tensor, Tensor];
  return inplace ? image.sub_(low).div_(wide) : image.sub(low).div(wide);
}
