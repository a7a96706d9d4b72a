// Transforms: callable objects that turn one sample into another.

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
    const self = ((input: In) => self.transform(input)) as unknown as Transform<In, Out>;
    Object.setPrototypeOf(self, new.target.prototype);
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

  /**
   * The transform and its settings, as PyTorch prints them.
   * @example
   * String(new torch.vision.transforms.Normalize([0.5], [0.5])); // "Normalize(mean=[0.5], std=[0.5])"
   */
  toString(): string {
    return `${this.constructor.name}()`;
  }
}
