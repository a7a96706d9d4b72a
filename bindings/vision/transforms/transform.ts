// Transforms: callable objects that turn one sample into another.

import { asInstance } from "../../callable.ts";
import { py, pyFloat } from "../../nn/python.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { Image, isRawImage, planes, type RawImage } from "../image.ts";

/** What a dataset accepts as a transform: any function of one argument. */
export type TransformFunction<In = never, Out = unknown> = (input: In) => Out;

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface Transform<In, Out> {
  (input: In): Out;
}

/**
 * Base of the transforms: an instance is a function, and prints as torchvision prints it.
 * @example
 * class Invert extends torch.vision.transforms.Transform {
 *   transform(image) {
 *     return image.neg().add(1);
 *   }
 * }
 * new Invert()(torch.tensor([0, 1])); // tensor([1., 0.])
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export abstract class Transform<In, Out> {
  constructor() {
    if ([Transform, ImageTransform].includes(new.target))
      throw new TypeError(`${new.target.name} is abstract: extend it, with a method \`transform\``);
    const self: Transform<In, Out> = asInstance((input) => self.call(input as In), new.target.prototype);
    // oxlint-disable-next-line no-constructor-return
    return self;
  }

  /**
   * What calling the transform computes.
   * Follows torchvision.transforms.
   * @example
   * new torch.vision.transforms.Lambda((x) => x.mul(2)).transform(torch.tensor([1])); // tensor([2.])
   */
  abstract transform(input: In): Out;

  /** @internal */
  protected call(input: In): Out {
    return this.transform(input);
  }

  /** What is printed between the parentheses, by name; null prints as None. */
  protected settings(): object {
    return {};
  }

  /**
   * The transform and its settings, as PyTorch prints them.
   * @example
   * String(new torch.vision.transforms.CenterCrop(4)); // "CenterCrop(size=(4, 4))"
   */
  toString(): string {
    const settings = Object.entries(this.settings()).map(([name, value]) => `${name}=${shown(value)}`);
    return `${this.constructor.name}(${settings.join(", ")})`;
  }
}

/** Floats as Python prints a tuple of them. */
export const floatTuple = (values: readonly number[]): string => `(${values.map(pyFloat).join(", ")})`;

const shown = (value: unknown): string => (typeof value === "string" ? value : py(value as never));

/** The overloads of what transforms make of tensors and of images. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface ImageTransform<Out> {
  (input: Tensor): Out;
  // oxlint-disable-next-line typescript/no-explicit-any -- an image, or images, where the tensor's result is such
  (input: RawImage): any;
}

/**
 * A transform of tensors [..., C, H, W], which makes images of images, as torchvision's do.
 * @example
 * class Dark extends torch.vision.transforms.ImageTransform {
 *   transform(image) {
 *     return torch.vision.transforms.functional.adjustBrightness(image, 0.5);
 *   }
 * }
 * new Dark()(torch.ones(1, 1, 2)); // tensor([[[0.5000, 0.5000]]])
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export abstract class ImageTransform<Out = Tensor> extends Transform<Tensor, Out> {
  /** @internal */
  protected override call(input: Tensor | RawImage): Out {
    return isRawImage(input) ? (imagesOf(this.transform(planes(input))) as Out) : this.transform(input);
  }
}

function imagesOf(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(imagesOf);
  return result instanceof Tensor && result.dtype === "uint8" && result.dim() === 3 ? new Image(result) : result;
}
