// Pictures outside of tensors: what decoders give, and what stands for Python's PIL images.

import { TypeError } from "../error.ts";
import { fromTypedArray } from "../tensor/create.ts";
import { typeName } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Pixels as decoders give them: rows of interleaved 8-bit channels. A browser's ImageData is one, with 4 channels. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  /** 1 (gray), 2 (gray and opacity), 3 (RGB) or 4 (RGBA, the default) */
  readonly channels?: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * A picture as image datasets give it to transforms, which stands for a PIL image: transforms make images of images, and
 * `ToTensor` makes a tensor of one.
 * Follows torchvision.transforms.functional._image.
 * @throws TypeError for anything but a uint8 tensor [C, H, W]
 * @example
 * new torch.vision.Image(torch.zeros([3, 4, 5], { dtype: "uint8" })).width; // 5
 */
export class Image implements RawImage {
  /** uint8 [C, H, W] */
  readonly tensor: Tensor;

  constructor(tensor: Tensor) {
    if (!(tensor instanceof Tensor))
      throw new TypeError(`an Image is of a uint8 tensor [C, H, W], not ${typeName(tensor)}`);
    if (tensor.dtype !== "uint8" || tensor.dim() !== 3)
      throw new TypeError(`an Image is of a uint8 tensor [C, H, W], not ${tensor.dtype} [${tensor.shape.join(", ")}]`);
    this.tensor = tensor;
  }
  get channels(): number {
    return this.tensor.size(0);
  }
  get height(): number {
    return this.tensor.size(1);
  }
  get width(): number {
    return this.tensor.size(2);
  }
  get data(): Uint8Array {
    return this.tensor.permute([1, 2, 0]).contiguous().data() as Uint8Array;
  }
}

export function isRawImage(x: unknown): x is RawImage {
  return typeof x === "object" && x !== null && "width" in x && "height" in x && "data" in x;
}

/** The pixels as a uint8 tensor [C, H, W]. */
export function planes(image: RawImage): Tensor {
  if (image instanceof Image) return image.tensor;
  const { width, height, channels = 4, data } = image;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return fromTypedArray(pixels, [height, width, channels]).permute([2, 0, 1]).contiguous();
}
