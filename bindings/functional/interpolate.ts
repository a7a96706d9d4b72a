// Interpolation of one to three spatial dims, each resampled by itself.

import { NotImplementedError, TypeError, ValueError } from "../error.ts";
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d, resample } from "../gen/nn-functional.ts";
import { tensorArg, typeName } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { resizeAntialiased } from "./antialias.ts";
import { positional, type Sizes } from "./arguments.ts";

export type InterpolationMode = "nearest" | "nearest-exact" | "linear" | "bilinear" | "bicubic" | "trilinear" | "area";

export interface InterpolateOptions {
  size?: Sizes | null;
  /** output size over input size */
  scaleFactor?: number | readonly number[] | null;
  mode?: InterpolationMode;
  alignCorners?: boolean | null;
  /** whether positions follow from the sizes even where a scale factor is given */
  recomputeScaleFactor?: boolean | null;
  antialias?: boolean;
}

const NAMES = ["input", "size", "scaleFactor", "mode", "alignCorners", "recomputeScaleFactor", "antialias"];
/** the core's modes, and the number of spatial dims a mode is for (0: any) */
const MODES: Record<string, readonly [number, number]> = {
  nearest: [0, 0],
  "nearest-exact": [1, 0],
  linear: [2, 1],
  bilinear: [2, 2],
  trilinear: [2, 3],
  bicubic: [3, 2],
  area: [-1, 0],
};

/**
 * Resizes an image, line or volume. Give its `size` or a `scaleFactor`, for all spatial dims or each of them.
 *
 * Shapes: (N, C, ...) → the same with other spatial sizes. Follows torch.nn.functional.interpolate.
 * @throws ValueError if both or neither of size and scaleFactor are given
 * @example
 * torch.nn.functional.interpolate(torch.tensor([[[1, 2]]]), { scaleFactor: 2, mode: "linear" }); // tensor([[[1.0000, 1.2500, 1.7500, 2.0000]]])
 */
export function interpolate(
  input: Tensor,
  size?: Sizes | null,
  scaleFactor?: number | readonly number[] | null,
  mode?: InterpolationMode,
  alignCorners?: boolean | null,
  recomputeScaleFactor?: boolean | null,
  antialias?: boolean,
): Tensor;
export function interpolate(input: Tensor, options: InterpolateOptions): Tensor;
export function interpolate(input: Tensor, size: Sizes | null, options: Omit<InterpolateOptions, "size">): Tensor;
export function interpolate(...given: unknown[]): Tensor {
  const args = positional(given, NAMES, "interpolate");
  const input = args[0] as Tensor;
  const mode = (args[3] ?? "nearest") as string;
  const align = args[4] as boolean | null | undefined;
  tensorArg(input, "interpolate", "input", 1);
  const rank = input.dim() - 2;
  const [kind, wants] = MODES[mode] ?? fail(mode, rank);
  const antialias = args[6] === true;
  if (antialias && (rank !== 2 || (mode !== "bilinear" && mode !== "bicubic")))
    throw new ValueError("Anti-alias option is only supported for bilinear and bicubic modes");
  if (align != null && (kind < 2 || kind === -1)) {
    throw new ValueError(
      "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear",
    );
  }
  if (rank < 1 || rank > 3 || (wants !== 0 && wants !== rank)) fail(mode, rank);
  const { sizes, scales } = targets(input, rank, args[1] as Sizes, args[2] as Sizes, args[5] === true);
  if (kind === -1) {
    const pool = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d][rank - 1]!;
    return pool(input, sizes);
  }
  if (antialias && align !== true) {
    const ratios = scales.map((scale, i) => (scale === 0 ? input.shape[i + 2]! / sizes[i]! : 1 / scale));
    return resizeAntialiased(input, sizes, ratios, mode);
  }
  let result = input;
  for (let i = 0; i < rank; i++) {
    // a dim that keeps its size is its own interpolation
    if (sizes[i] === input.shape[i + 2] && (scales[i] === 0 || scales[i] === 1)) continue;
    result = resample(result, i + 2, sizes[i]!, kind, align === true, scales[i] === 0 ? 0 : 1 / scales[i]!);
  }
  return result === input ? input.clone() : result;
}

function fail(mode: string, rank: number): never {
  throw new NotImplementedError(
    `Input Error: Only 3D, 4D and 5D input Tensors supported (got ${rank + 2}D) for the modes: nearest | linear | ` +
      `bilinear | bicubic | trilinear | area | nearest-exact (got ${mode})`,
  );
}

/** The sizes of the result, and the scale factors that positions are computed with (0: from the sizes). */
function targets(
  input: Tensor,
  rank: number,
  size: Sizes | null | undefined,
  scaleFactor: Sizes | null | undefined,
  recompute: boolean,
): { sizes: number[]; scales: number[] } {
  const spatial = input.shape.slice(2);
  if (size != null && scaleFactor != null) throw new ValueError("only one of size or scale_factor should be defined");
  const given = size ?? scaleFactor;
  if (given == null) throw new ValueError("either size or scale_factor should be defined");
  if (typeof given !== "number" && !Array.isArray(given)) {
    throw new TypeError(`interpolate(): sizes must be a number or a list of numbers, not ${typeName(given)}`);
  }
  const list = typeof given === "number" ? spatial.map(() => given) : given.map(Number);
  if (list.length !== rank) {
    const what = size != null ? "output size" : "scale_factor";
    throw new ValueError(
      `Input and ${what} must have the same number of spatial dimensions, but got input with spatial dimensions of ` +
        `[${spatial.join(", ")}] and ${what} of [${list.join(", ")}].`,
    );
  }
  if (size != null) return { sizes: list, scales: list.map(() => 0) };
  return {
    sizes: spatial.map((n, i) => Math.floor(n * list[i]!)),
    scales: recompute ? list.map(() => 0) : list,
  };
}

/**
 * interpolate by the nearest element. Follows torch.nn.functional.upsample_nearest.
 * @example
 * torch.nn.functional.upsampleNearest(torch.tensor([[[1, 2]]]), { scaleFactor: 2 }); // tensor([[[1., 1., 2., 2.]]])
 */
export function upsampleNearest(
  input: Tensor,
  size?: Sizes | null,
  scaleFactor?: number | readonly number[] | null,
): Tensor;
export function upsampleNearest(input: Tensor, options: Pick<InterpolateOptions, "size" | "scaleFactor">): Tensor;
export function upsampleNearest(...given: unknown[]): Tensor {
  const [input, size, scaleFactor] = positional(given, NAMES.slice(0, 3), "upsampleNearest");
  return interpolate(input as Tensor, size as Sizes, scaleFactor as Sizes, "nearest");
}

/**
 * interpolate between the corners, which are kept. Follows torch.nn.functional.upsample_bilinear.
 * @example
 * torch.nn.functional.upsampleBilinear(torch.tensor([[[[1, 2], [3, 4]]]]), { size: [2, 3] }); // tensor([[[[1.0000, 1.5000, 2.0000], [3.0000, 3.5000, 4.0000]]]])
 */
export function upsampleBilinear(
  input: Tensor,
  size?: Sizes | null,
  scaleFactor?: number | readonly number[] | null,
): Tensor;
export function upsampleBilinear(input: Tensor, options: Pick<InterpolateOptions, "size" | "scaleFactor">): Tensor;
export function upsampleBilinear(...given: unknown[]): Tensor {
  const [input, size, scaleFactor] = positional(given, NAMES.slice(0, 3), "upsampleBilinear");
  return interpolate(input as Tensor, size as Sizes, scaleFactor as Sizes, "bilinear", true);
}
