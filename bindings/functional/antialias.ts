// Resizing that takes the mean of all pixels that a new one covers, as Pillow does: a product with a matrix of weights.

import { fromTypedArray } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

const CUBIC = -0.5;

/** The filters with the width of their support: triangle, and Keys's cubic. */
const FILTERS: Record<string, [support: number, filter: (x: number) => number]> = {
  bilinear: [1, (x) => Math.max(0, 1 - x)],
  bicubic: [
    2,
    (x) => (x < 1 ? ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * CUBIC : 0),
  ],
};

/** [to, from] weights; their rows sum to 1. */
function weights(from: number, to: number, scale: number, mode: string): Float32Array {
  const [width, filter] = FILTERS[mode]!;
  const stretch = Math.max(scale, 1);
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const center = scale * (i + 0.5);
    const start = Math.max(Math.trunc(center - width * stretch + 0.5), 0);
    const end = Math.min(Math.trunc(center + width * stretch + 0.5), from);
    const row = Array.from({ length: end - start }, (_, j) => filter(Math.abs(j + start - center + 0.5) / stretch));
    const sum = row.reduce((a, b) => a + b, 0);
    row.forEach((weight, j) => (matrix[i * from + start + j] = sum === 0 ? weight : weight / sum));
  }
  return matrix;
}

/**
 * [N, C, H, W] resized, both edges one after the other.
 * @param scales old size over new size, as positions are computed with
 */
export function resizeAntialiased(
  input: Tensor,
  sizes: readonly number[],
  scales: readonly number[],
  mode: string,
): Tensor {
  const matrix = (i: number): Tensor => {
    const from = input.size(i + 2);
    const shape = [sizes[i]!, from];
    return fromTypedArray(weights(from, sizes[i]!, scales[i]!, mode), shape).to({
      dtype: input.dtype,
      device: input.device,
    });
  };
  return matrix(0).matmul(input.matmul(matrix(1).t()));
}
