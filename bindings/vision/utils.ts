/** torch.vision.utils: images side by side, and into files. */

import { noGrad } from "../autograd/mode.ts";
import { TypeError } from "../error.ts";
import { cat, stack } from "../gen/functions.ts";
import { take, type Rest } from "../nn/arguments.ts";
import { Tensor } from "../tensor/tensor.ts";
import { lazily } from "./io/index.ts";

export interface GridOptions {
  /** images a row (default 8) */
  nrow?: number;
  /** pixels between the images and around them (default 2) */
  padding?: number;
  /** scales values to [0, 1] (default false) */
  normalize?: boolean;
  /** what becomes 0 and 1; by default the least and the greatest value */
  valueRange?: readonly [min: number, max: number] | null;
  /** scales each image by itself (default false) */
  scaleEach?: boolean;
  /** what the pixels between hold (default 0) */
  padValue?: number;
}

/** What `makeGrid` takes after the images. */
export type GridRest = Rest<
  [
    nrow: number,
    padding: number,
    normalize: boolean,
    valueRange: readonly [number, number] | null,
    scaleEach: boolean,
    padValue: number,
  ],
  GridOptions
>;

/**
 * One image of many: [B, C, H, W], or a list of images of one size. Gray ones become coloured. Follows
 * torchvision.utils.make_grid.
 * @throws TypeError for anything but tensors
 * @example
 * torch.vision.utils.makeGrid(torch.rand(5, 3, 8, 8), { nrow: 4 }).shape; // [3, 22, 42]
 */
export function makeGrid(tensor: Tensor | readonly Tensor[], ...rest: GridRest): Tensor {
  if (!(tensor instanceof Tensor) && !(Array.isArray(tensor) && tensor.every((t) => t instanceof Tensor)))
    throw new TypeError(`tensor or list of tensors expected, got ${typeof tensor}`);
  const options = take("makeGrid", rest, {
    nrow: 8,
    padding: 2,
    normalize: false,
    valueRange: null as readonly [number, number] | null,
    scaleEach: false,
    padValue: 0,
  });
  return noGrad(() => gridOf(tensor instanceof Tensor ? tensor : stack(tensor as Tensor[], 0), options));
}

function gridOf(given: Tensor, options: Required<GridOptions>): Tensor {
  const { nrow, padding, normalize, valueRange, scaleEach, padValue } = options;
  let images = given;
  if (images.dim() === 2) images = images.unsqueeze(0);
  if (images.dim() === 3) images = images.unsqueeze(0);
  if (images.dim() === 4 && images.size(1) === 1) images = cat([images, images, images], 1);
  if (normalize) {
    const scaled = (image: Tensor): Tensor => {
      const [low, high] = valueRange ?? [image.min().item() as number, image.max().item() as number];
      return image
        .clamp(low, high)
        .sub(low)
        .div(Math.max(high - low, 1e-5));
    };
    images = scaleEach ? stack(images.unbind(0).map(scaled), 0) : scaled(images);
  }
  const [count, channels, h, w] = images.shape as [number, number, number, number];
  if (count === 1) return images.squeeze(0);
  const across = Math.min(nrow, count);
  const down = Math.ceil(count / across);
  const [height, width] = [h + padding, w + padding];
  const grid = images.newFull([channels, height * down + padding, width * across + padding], padValue);
  images.unbind(0).forEach((image, k) => {
    const place = grid.narrow(1, Math.floor(k / across) * height + padding, h);
    place.narrow(2, (k % across) * width + padding, w).copy_(image);
  });
  return grid;
}

/**
 * Saves an image, or a grid of images, of values in [0, 1] as a PNG or JPEG file, after its extension. Without a path it gives the
 * PNG as a Blob. Follows torchvision.utils.save_image.
 * @throws TypeError for another extension
 * @example
 * const blob = await torch.vision.utils.saveImage(torch.rand(4, 3, 8, 8), null, { nrow: 2 });
 * blob.type; // "image/png"
 */
export const saveImage: {
  (tensor: Tensor | readonly Tensor[], path?: null, ...grid: GridRest): Promise<Blob>;
  (tensor: Tensor | readonly Tensor[], path: string | URL, ...grid: GridRest): Promise<void>;
} = /* @__PURE__ */ lazily("saveImage");
