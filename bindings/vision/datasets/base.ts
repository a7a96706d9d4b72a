// What image datasets share: their options, and a sample's way through the transforms.

import { TypeError } from "../../error.ts";
import { checkOptions, isOptions, typeName } from "../../tensor/call.ts";
import { Dataset } from "../../utils/data/dataset.ts";
import type { TransformFunction } from "../transforms/transform.ts";

export interface TransformOptions {
  /** applied to each image */
  transform?: TransformFunction | null;
  /** applied to each label, a number */
  targetTransform?: TransformFunction<number> | null;
}

export interface SplitOptions extends TransformOptions {
  /** the training images (default) or the test images */
  train?: boolean;
}

export interface DownloadOptions extends SplitOptions {
  /** fetches the files that are not there */
  download?: boolean;
  /** addresses to fetch from, in order, in place of the public ones */
  mirrors?: readonly string[];
}

export type Sample = [image: unknown, label: unknown];

/**
 * Checks what a dataset is given after its root.
 * @throws TypeError for an unknown option, or anything else in their place
 */
export function checkDataset(name: string, options: unknown, names: readonly string[]): void {
  if (!isOptions(options)) throw new TypeError(`${name}(): options must be an object, not ${typeName(options)}`);
  checkOptions(options, ["transform", "targetTransform", ...names], name);
}

/** The same for datasets that are downloaded; their constructors only read what is there. */
export const checkDownloaded = (name: string, options: unknown): void =>
  checkDataset(name, options, ["train", "download", "mirrors"]);

/**
 * Images with labels, and what is done to them. Follows torchvision.datasets.VisionDataset.
 * @example
 * class Squares extends torch.vision.datasets.VisionDataset {
 *   length = 10;
 *   get(index) {
 *     return this.transformed(torch.full([1, 2, 2], index), index % 2);
 *   }
 * }
 * new Squares({ targetTransform: (label) => label + 5 }).get(3)[1]; // 6
 */
export abstract class VisionDataset<S = Sample> extends Dataset<S> {
  readonly transform: TransformFunction | null;
  readonly targetTransform: TransformFunction<number> | null;

  constructor({ transform, targetTransform }: TransformOptions) {
    super();
    this.transform = transform ?? null;
    this.targetTransform = targetTransform ?? null;
  }

  protected transformed(image: unknown, label: number): Sample {
    return [
      this.transform === null ? image : this.transform(image as never),
      this.targetTransform === null ? label : this.targetTransform(label),
    ];
  }
}
