// Random images, for programs that are to be tried out without data.

import { IndexError } from "../../error.ts";
import { getRngState, manualSeed, randint, randn, setRngState } from "../../random.ts";
import { take, type Rest } from "../../nn/arguments.ts";
import { toPilImage } from "../transforms/functional/image.ts";
import { type Sample, type TransformOptions, VisionDataset } from "./base.ts";

export interface FakeDataOptions extends TransformOptions {
  size?: number;
  /** [channels, height, width] */
  imageSize?: readonly number[];
  numClasses?: number;
  /** added to the seeds of the images, which are their indices */
  randomOffset?: number;
}

/**
 * Images and labels drawn at random, the same ones for the same index. Follows torchvision.datasets.FakeData.
 * @example
 * const data = new torch.vision.datasets.FakeData(100, [3, 32, 32], { transform: new torch.vision.transforms.ToTensor() });
 * data.get(0)[0].shape; // [3, 32, 32]
 */
export class FakeData extends VisionDataset {
  readonly length: number;
  readonly imageSize: readonly number[];
  readonly numClasses: number;
  private readonly randomOffset: number;

  constructor(...args: Rest<[size: number, imageSize: readonly number[], numClasses: number], FakeDataOptions>) {
    const none = null as never;
    const { size, imageSize, numClasses, transform, targetTransform, randomOffset } = take("FakeData", args, {
      size: 1000,
      imageSize: [3, 224, 224] as readonly number[],
      numClasses: 10,
      transform: none as NonNullable<FakeDataOptions["transform"]>,
      targetTransform: none as NonNullable<FakeDataOptions["targetTransform"]>,
      randomOffset: 0,
    });
    super({ transform, targetTransform });
    this.length = size;
    this.imageSize = imageSize;
    this.numClasses = numClasses;
    this.randomOffset = randomOffset;
  }

  get(index: number): Sample {
    if (!(index >= 0 && index < this.length)) throw new IndexError("FakeData index out of range");
    const state = getRngState();
    manualSeed(index + this.randomOffset);
    const image = toPilImage(randn(...this.imageSize));
    const label = randint(0, this.numClasses, [1]).item() as number;
    setRngState(state);
    return this.transformed(image, label);
  }
}
