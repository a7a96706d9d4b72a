// Many pictures in one, saved as a PNG file; torchvision.utils.make_grid and save_image.
import { writeFileSync } from "node:fs";
import { encode } from "fast-png";
import * as torch from "flambeau";

/** Images [N, C, H, W], `nrow` of them side by side, with lines of `padding` black pixels between. Shapes: → [3, H', W'] */
export function makeGrid(images: torch.Tensor, { nrow = 8, padding = 2 } = {}): torch.Tensor {
  const [n, channels, height, width] = images.shape as [number, number, number, number];
  const columns = Math.min(nrow, n);
  const rows = Math.ceil(n / columns);
  const grid = torch.zeros([3, rows * (height + padding) + padding, columns * (width + padding) + padding]);
  for (let i = 0; i < n; i++) {
    const top = Math.floor(i / columns) * (height + padding) + padding;
    const left = (i % columns) * (width + padding) + padding;
    const place = grid.narrow(1, top, height).narrow(2, left, width);
    place.copy_(channels === 1 ? images.at(i).expand([3, height, width]) : images.at(i));
  }
  return grid;
}

/** Writes images with values in [0, 1] as a grid. */
export async function saveImage(images: torch.Tensor, file: string, options: { nrow?: number } = {}): Promise<void> {
  torch.scope(() => {
    const grid = makeGrid(images, options);
    const [, height, width] = grid.shape as [number, number, number];
    const bytes = grid.mul(255).add(0.5).clamp(0, 255).to("uint8").permute([1, 2, 0]).contiguous().data() as Uint8Array;
    writeFileSync(file, encode({ width, height, channels: 3, data: new Uint8Array(bytes) }));
  });
}
