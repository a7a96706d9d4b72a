// Pools whose result depends on an argument: with the indices of the maxima or without, and adaptive sizes that may be null.

import * as generated from "../gen/nn-functional.ts";
import type { Named } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { positional, type Sizes } from "./arguments.ts";

type WithIndices = Named<"values" | "indices">;

export interface MaxPoolOptions {
  stride?: Sizes | null;
  padding?: Sizes;
  dilation?: Sizes;
  ceilMode?: boolean;
  returnIndices?: false;
}
type IndexedMaxPoolOptions = Omit<MaxPoolOptions, "returnIndices"> & { returnIndices: true };

export interface MaxPool {
  (
    input: Tensor,
    kernelSize: Sizes,
    stride?: Sizes | null,
    padding?: Sizes,
    dilation?: Sizes,
    ceilMode?: boolean,
    returnIndices?: false,
  ): Tensor;
  (
    input: Tensor,
    kernelSize: Sizes,
    stride: Sizes | null | undefined,
    padding: Sizes | undefined,
    dilation: Sizes | undefined,
    ceilMode: boolean | undefined,
    returnIndices: true,
  ): WithIndices;
  (input: Tensor, kernelSize: Sizes, options: MaxPoolOptions): Tensor;
  (input: Tensor, kernelSize: Sizes, options: IndexedMaxPoolOptions): WithIndices;
  (input: Tensor, kernelSize: Sizes, stride: Sizes | null, options: Omit<MaxPoolOptions, "stride">): Tensor;
  (input: Tensor, kernelSize: Sizes, stride: Sizes | null, options: Omit<IndexedMaxPoolOptions, "stride">): WithIndices;
}

const NAMES = ["input", "kernelSize", "stride", "padding", "dilation", "ceilMode", "returnIndices"];

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = (...args: any[]) => any;

function maxPool(values: Loose, withIndices: Loose, op: string): MaxPool {
  return ((...given: unknown[]) => {
    const args = positional(given, NAMES, op);
    const returnIndices = args[6] === true;
    args.length = Math.min(args.length, 6);
    return returnIndices ? withIndices(...args) : values(...args);
  }) as MaxPool;
}

/**
 * The maximum of every window, with `returnIndices` also its place. (N, C, length) → (N, C, length'); N may be absent.
 * Follows torch.nn.functional.max_pool1d.
 * @example
 * torch.nn.functional.maxPool1d(torch.tensor([[[1, 3, 2, 4]]]), 2); // tensor([[[3., 4.]]])
 */
export const maxPool1d: MaxPool = /* @__PURE__ */ maxPool(
  generated.maxPool1d,
  generated.maxPool1dWithIndices,
  "maxPool1d",
);

/**
 * The maximum of every window, with `returnIndices` also its place in the plane. (N, C, H, W) → (N, C, H', W'); N may be absent.
 * Follows torch.nn.functional.max_pool2d.
 * @example
 * torch.nn.functional.maxPool2d(torch.tensor([[[[1, 2], [3, 4]]]]), 2); // tensor([[[[4.]]]])
 */
export const maxPool2d: MaxPool = /* @__PURE__ */ maxPool(
  generated.maxPool2d,
  generated.maxPool2dWithIndices,
  "maxPool2d",
);

/**
 * The maximum of every window, with `returnIndices` also its place in the volume. (N, C, D, H, W) → (N, C, D', H', W').
 * Follows torch.nn.functional.max_pool3d.
 * @example
 * torch.nn.functional.maxPool3d(torch.arange(8).float().reshape(1, 1, 2, 2, 2), 2); // tensor([[[[[7.]]]]])
 */
export const maxPool3d: MaxPool = /* @__PURE__ */ maxPool(
  generated.maxPool3d,
  generated.maxPool3dWithIndices,
  "maxPool3d",
);

/** null: the input's size. */
export type AdaptiveSizes = number | null | readonly (number | null)[];

/** what the core reads as the input's size */
const KEEP = -2147483647;
const known = (size: unknown): unknown =>
  Array.isArray(size) ? size.map((n: unknown) => n ?? KEEP) : size === null ? KEEP : size;

export interface AdaptiveMaxPool {
  (input: Tensor, outputSize: AdaptiveSizes, returnIndices?: false): Tensor;
  (input: Tensor, outputSize: AdaptiveSizes, returnIndices: true): WithIndices;
  (input: Tensor, outputSize: AdaptiveSizes, options: { returnIndices?: false }): Tensor;
  (input: Tensor, outputSize: AdaptiveSizes, options: { returnIndices: true }): WithIndices;
}

function adaptiveMaxPool(withIndices: (input: Tensor, size: Sizes) => WithIndices, op: string): AdaptiveMaxPool {
  return ((...given: unknown[]) => {
    const args = positional(given, ["input", "outputSize", "returnIndices"], op);
    const both = withIndices(args[0] as Tensor, known(args[1]) as Sizes);
    if (args[2] === true) return both;
    both.indices.dispose();
    return both.values;
  }) as AdaptiveMaxPool;
}

/**
 * Maxima over as many windows as asked for. Follows torch.nn.functional.adaptive_max_pool1d.
 * @example
 * torch.nn.functional.adaptiveMaxPool1d(torch.tensor([[[1, 3, 7, 5]]]), 2); // tensor([[[3., 7.]]])
 */
export const adaptiveMaxPool1d: AdaptiveMaxPool = /* @__PURE__ */ adaptiveMaxPool(
  generated.adaptiveMaxPool1dWithIndices,
  "adaptiveMaxPool1d",
);
/**
 * Maxima over as many windows as asked for, height and width. Follows torch.nn.functional.adaptive_max_pool2d.
 * @example
 * torch.nn.functional.adaptiveMaxPool2d(torch.tensor([[[[1, 2], [3, 4]]]]), 1); // tensor([[[[4.]]]])
 */
export const adaptiveMaxPool2d: AdaptiveMaxPool = /* @__PURE__ */ adaptiveMaxPool(
  generated.adaptiveMaxPool2dWithIndices,
  "adaptiveMaxPool2d",
);
/**
 * Maxima over as many windows as asked for, depth, height and width. Follows torch.nn.functional.adaptive_max_pool3d.
 * @example
 * torch.nn.functional.adaptiveMaxPool3d(torch.ones(1, 1, 2, 2, 2), 1); // tensor([[[[[1.]]]]])
 */
export const adaptiveMaxPool3d: AdaptiveMaxPool = /* @__PURE__ */ adaptiveMaxPool(
  generated.adaptiveMaxPool3dWithIndices,
  "adaptiveMaxPool3d",
);

type AdaptiveAverage = {
  (input: Tensor, outputSize: AdaptiveSizes): Tensor;
  (input: Tensor, options: { outputSize: AdaptiveSizes }): Tensor;
};

const adaptiveAverage = (pool: (input: Tensor, size: Sizes) => Tensor, op: string): AdaptiveAverage =>
  ((...given: unknown[]) => {
    const [input, size] = positional(given, ["input", "outputSize"], op);
    return pool(input as Tensor, known(size) as Sizes);
  }) as AdaptiveAverage;

/**
 * Averages over as many windows as asked for. Follows torch.nn.functional.adaptive_avg_pool1d.
 * @example
 * torch.nn.functional.adaptiveAvgPool1d(torch.tensor([[[1, 3, 5, 7]]]), 2); // tensor([[[2., 6.]]])
 */
export const adaptiveAvgPool1d: AdaptiveAverage = /* @__PURE__ */ adaptiveAverage(
  generated.adaptiveAvgPool1d,
  "adaptiveAvgPool1d",
);
/**
 * Averages over as many windows as asked for, height and width. Follows torch.nn.functional.adaptive_avg_pool2d.
 * @example
 * torch.nn.functional.adaptiveAvgPool2d(torch.tensor([[[[1, 2], [3, 4]]]]), 1); // tensor([[[[2.5000]]]])
 */
export const adaptiveAvgPool2d: AdaptiveAverage = /* @__PURE__ */ adaptiveAverage(
  generated.adaptiveAvgPool2d,
  "adaptiveAvgPool2d",
);
/**
 * Averages over as many windows as asked for, depth, height and width. Follows torch.nn.functional.adaptive_avg_pool3d.
 * @example
 * torch.nn.functional.adaptiveAvgPool3d(torch.ones(1, 1, 2, 2, 2), 1); // tensor([[[[[1.]]]]])
 */
export const adaptiveAvgPool3d: AdaptiveAverage = /* @__PURE__ */ adaptiveAverage(
  generated.adaptiveAvgPool3d,
  "adaptiveAvgPool3d",
);
