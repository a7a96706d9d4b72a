// Convolutions that also take their padding by name.

import * as generated from "../gen/nn-functional.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { positional, type Sizes } from "./arguments.ts";

/** `"valid"`: none. `"same"`: the output has the input's size, for which the stride has to be 1. */
export type Padding = Sizes | "valid" | "same";

export interface ConvOptions {
  bias?: Tensor | null;
  stride?: Sizes;
  padding?: Padding;
  dilation?: Sizes;
  groups?: number;
}

export interface Conv {
  (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: Sizes,
    padding?: Padding,
    dilation?: Sizes,
    groups?: number,
  ): Tensor;
  (input: Tensor, weight: Tensor, options: ConvOptions): Tensor;
  (input: Tensor, weight: Tensor, bias: Tensor | null | undefined, options: Omit<ConvOptions, "bias">): Tensor;
  (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null | undefined,
    stride: Sizes,
    options: Pick<ConvOptions, "padding" | "dilation" | "groups">,
  ): Tensor;
}

const NAMES = ["input", "weight", "bias", "stride", "padding", "dilation", "groups"];
/** what the core reads as "same" */
const SAME = -2147483647;

// eslint-disable-next-line @typescript-eslint/no-explicit-any
const withPadding = (convolve: (...args: any[]) => Tensor, op: string): Conv =>
  ((...given: unknown[]) => {
    const args = positional(given, NAMES, op);
    if (args[4] === "same") args[4] = SAME;
    else if (args[4] === "valid") args[4] = 0;
    return convolve(...args);
  }) as Conv;

/**
 * A convolution over one dim. Shapes: (N, Cin, length), (Cout, Cin / groups, kernel), (Cout) → (N, Cout, length'); N may be absent.
 * Follows torch.nn.functional.conv1d.
 * @example
 * torch.nn.functional.conv1d(torch.tensor([[[1, 2, 3, 4]]]), torch.tensor([[[1, -1]]])); // tensor([[[-1., -1., -1.]]])
 */
export const conv1d: Conv = /* @__PURE__ */ withPadding(generated.conv1d, "conv1d");

/**
 * A convolution over two dims. Shapes: (N, Cin, H, W), (Cout, Cin / groups, kh, kw), (Cout) → (N, Cout, H', W'); N may be absent.
 * Follows torch.nn.functional.conv2d.
 * @example
 * torch.nn.functional.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2), { padding: "same" }); // tensor([[[[4., 4., 2.], [4., 4., 2.], [2., 2., 1.]]]])
 */
export const conv2d: Conv = /* @__PURE__ */ withPadding(generated.conv2d, "conv2d");

/**
 * A convolution over three dims. Shapes: (N, Cin, D, H, W), (Cout, Cin / groups, kd, kh, kw), (Cout) → (N, Cout, D', H', W').
 * Follows torch.nn.functional.conv3d.
 * @example
 * torch.nn.functional.conv3d(torch.ones(1, 1, 2, 2, 2), torch.ones(1, 1, 2, 2, 2)); // tensor([[[[[8.]]]]])
 */
export const conv3d: Conv = /* @__PURE__ */ withPadding(generated.conv3d, "conv3d");
