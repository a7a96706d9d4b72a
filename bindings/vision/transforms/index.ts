/** torch.vision.transforms: preparing images, as torchvision.transforms does. */
import { TypeError as TorchTypeError, ValueError } from "../../error.ts";
import { noGrad } from "../../autograd/mode.ts";
import { keep } from "../../memory/scope.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Transform, type TransformFunction } from "./transform.ts";

export { Transform, type TransformFunction };

/** Pixels as decoders give them: rows of interleaved 8-bit channels. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  /** 1 (gray), 3 (RGB) or 4 (RGBA) */
  readonly channels: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

function isRawImage(x: unknown): x is RawImage {
  return typeof x === "object" && x !== null && "width" in x && "height" in x && "data" in x;
}

/**
 * An image to a tensor: uint8 [H, W] or [H, W, C] tensors, or raw pixels, become float32 [C, H, W] in [0, 1]; other dtypes are
 * not scaled. Follows torchvision.transforms.ToTensor.
 * @example
 * new torch.vision.transforms.ToTensor()(torch.tensor([[255]], { dtype: "uint8" })); // tensor([[[1.]]])
 */
export class ToTensor extends Transform<Tensor | RawImage, Tensor> {
  transform(image: Tensor | RawImage): Tensor {
    const pixels = isRawImage(image)
      ? tensor(new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.byteLength)).view([
          image.height,
          image.width,
          "channels" in image ? image.channels : 4,
        ])
      : image;
    if (pixels.dim() !== 2 && pixels.dim() !== 3)
      throw new ValueError(`pic should be 2/3 dimensional. Got ${pixels.dim()} dimensions.`);
    const planes = pixels.dim() === 2 ? pixels.unsqueeze(0) : pixels.permute([2, 0, 1]);
    return noGrad(() => (planes.dtype === "uint8" ? planes.to("float32").div(255) : planes).contiguous());
  }
}

/**
 * (image - mean) / std for every channel of a float [..., C, H, W]. Follows torchvision.transforms.Normalize.
 * @example
 * new torch.vision.transforms.Normalize([0.5], [0.5])(torch.tensor([[[0, 1]]])); // tensor([[[-1., 1.]]])
 */
export class Normalize extends Transform<Tensor, Tensor> {
  private readonly mean: readonly number[];
  private readonly std: readonly number[];
  private meanTensor: Tensor | undefined;
  private stdTensor: Tensor | undefined;

  /** @throws ValueError if a std is 0 */
  constructor(mean: number | readonly number[], std: number | readonly number[]) {
    super();
    this.mean = typeof mean === "number" ? [mean] : [...mean];
    this.std = typeof std === "number" ? [std] : [...std];
    if (this.std.includes(0))
      throw new ValueError("std evaluated to zero after conversion, leading to division by zero.");
  }

  transform(image: Tensor): Tensor {
    if (!image.dtype.startsWith("float") && image.dtype !== "bfloat16")
      throw new TorchTypeError(`Input tensor should be a float tensor. Got ${image.dtype}.`);
    if (image.dim() < 3)
      throw new ValueError(
        `Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = (${image.shape.join(", ")})`,
      );
    this.meanTensor ??= keptTensor(this.mean);
    this.stdTensor ??= keptTensor(this.std);
    return image.sub(this.meanTensor).div(this.stdTensor);
  }

  override toString(): string {
    return `Normalize(mean=[${this.mean.join(", ")}], std=[${this.std.join(", ")}])`;
  }
}

function keptTensor(values: readonly number[]): Tensor {
  return keep(tensor([...values]).view([-1, 1, 1]));
}

/**
 * A user's function as a transform. Follows torchvision.transforms.Lambda.
 * @example
 * new torch.vision.transforms.Lambda((x) => x.mul(2))(torch.tensor([1, 2])); // tensor([2., 4.])
 */
export class Lambda<In = unknown, Out = unknown> extends Transform<In, Out> {
  private readonly fn: TransformFunction<In, Out>;
  /** @throws TypeError if `lambd` is no function */
  constructor(lambd: TransformFunction<In, Out>) {
    super();
    if (typeof lambd !== "function") throw new TorchTypeError(`Argument lambd should be callable, got ${typeof lambd}`);
    this.fn = lambd;
  }
  transform(input: In): Out {
    return this.fn(input);
  }
}

/**
 * Transforms one after another. Follows torchvision.transforms.Compose.
 * @example
 * const { Compose, Lambda, Normalize } = torch.vision.transforms;
 * new Compose([new Lambda((x) => x.div(10)), new Normalize([0.5], [0.5])])(torch.tensor([[[0, 10]]])); // tensor([[[-1., 1.]]])
 */
export class Compose extends Transform<unknown, unknown> {
  readonly transforms: readonly TransformFunction[];
  constructor(transforms: Iterable<TransformFunction>) {
    super();
    this.transforms = [...transforms];
  }
  transform(input: unknown): unknown {
    return this.transforms.reduce((value, t) => t(value as never), input);
  }
  override toString(): string {
    return `Compose(${this.transforms.map((t) => `\n    ${t}`).join("")}\n)`;
  }
}
