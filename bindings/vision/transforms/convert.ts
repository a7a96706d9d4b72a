// Transforms between images and tensors, and of dtypes.

import { ValueError } from "../../error.ts";
import { required, type Rest, take } from "../../nn/arguments.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Image, RawImage } from "../image.ts";
import * as F from "./functional/index.ts";
import { ImageTransform, Transform } from "./transform.ts";

/**
 * An image to a tensor: uint8 [H, W] or [H, W, C] tensors, or images, become float32 [C, H, W] in [0, 1]; other dtypes are not
 * scaled. Follows torchvision.transforms.ToTensor.
 * @example
 * new torch.vision.transforms.ToTensor()(torch.tensor([[255]], { dtype: "uint8" })); // tensor([[[1.]]])
 */
export class ToTensor extends Transform<Tensor | RawImage, Tensor> {
  constructor(...none: []) {
    super();
    take("ToTensor", none, {});
  }
  transform(image: Tensor | RawImage): Tensor {
    return F.toTensor(image);
  }
}

/**
 * An image to a uint8 tensor [C, H, W]. Follows torchvision.transforms.PILToTensor.
 * @example
 * new torch.vision.transforms.PILToTensor()({ width: 1, height: 2, channels: 1, data: new Uint8Array([3, 4]) }).tolist(); // [[[3], [4]]]
 */
export class PILToTensor extends Transform<Tensor | RawImage, Tensor> {
  constructor(...none: []) {
    super();
    take("PILToTensor", none, {});
  }
  transform(image: Tensor | RawImage): Tensor {
    return F.pilToTensor(image);
  }
}

/**
 * A tensor [C, H, W] to an image. Follows torchvision.transforms.ToPILImage.
 * @example
 * new torch.vision.transforms.ToPILImage()(torch.zeros(3, 4, 5)).height; // 4
 */
export class ToPILImage extends Transform<Tensor, Image> {
  constructor(...none: []) {
    super();
    take("ToPILImage", none, {});
  }
  transform(image: Tensor): Image {
    return F.toPilImage(image);
  }
}

/**
 * The image in another dtype, with values scaled to its range. Follows torchvision.transforms.ConvertImageDtype.
 * @example
 * new torch.vision.transforms.ConvertImageDtype("uint8")(torch.tensor([[0, 1]])).tolist(); // [[0, 255]]
 */
export class ConvertImageDtype extends ImageTransform {
  readonly dtype: DType;
  constructor(...args: [dtype: DType] | [options: { dtype: DType }]) {
    super();
    this.dtype = take("ConvertImageDtype", args, { dtype: required<DType>() }).dtype;
  }
  transform(image: Tensor): Tensor {
    return F.convertImageDtype(image, this.dtype);
  }
}

/**
 * (image - mean) / std for every channel of a float [..., C, H, W]. Follows torchvision.transforms.Normalize.
 * @example
 * new torch.vision.transforms.Normalize([0.5], [0.5])(torch.tensor([[[0, 1]]])); // tensor([[[-1., 1.]]])
 */
export class Normalize extends ImageTransform {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly inplace: boolean;

  /** @throws ValueError if a std is 0 */
  constructor(
    mean: number | readonly number[],
    std: number | readonly number[],
    ...rest: Rest<[inplace: boolean], { inplace?: boolean }>
  ) {
    super();
    this.inplace = take("Normalize", rest, { inplace: false }).inplace;
    this.mean = typeof mean === "number" ? [mean] : [...mean];
    this.std = typeof std === "number" ? [std] : [...std];
    if (this.std.includes(0))
      throw new ValueError("std evaluated to zero after conversion, leading to division by zero.");
  }

  transform(image: Tensor): Tensor {
    return F.normalize(image, this.mean, this.std, this.inplace);
  }

  override toString(): string {
    return `Normalize(mean=[${this.mean.join(", ")}], std=[${this.std.join(", ")}])`;
  }
}
