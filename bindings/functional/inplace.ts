// The names in nn.functional that end in `_`, and one of old.

import { conv1d } from "./convolution.ts";
import * as F from "../gen/nn-functional.ts";
import type { Tensor } from "../tensor/tensor.ts";

const inplace =
  <Args extends unknown[]>(fn: unknown) =>
  (input: Tensor, ...args: Args): Tensor =>
    (fn as (...all: unknown[]) => Tensor)(input, ...args, { inplace: true });

/** celu that overwrites its input; follows torch.nn.functional.celu_. */
export const celu_ = /* @__PURE__ */ inplace<[alpha?: number]>(F.celu);
/** elu that overwrites its input; follows torch.nn.functional.elu_. */
export const elu_ = /* @__PURE__ */ inplace<[alpha?: number]>(F.elu);
/** hardtanh that overwrites its input; follows torch.nn.functional.hardtanh_. */
export const hardtanh_ = /* @__PURE__ */ inplace<[minVal?: number, maxVal?: number]>(F.hardtanh);
/** leakyRelu that overwrites its input; follows torch.nn.functional.leaky_relu_. */
export const leakyRelu_ = /* @__PURE__ */ inplace<[negativeSlope?: number]>(F.leakyRelu);
/** relu that overwrites its input; follows torch.nn.functional.relu_. */
export const relu_ = /* @__PURE__ */ inplace<[]>(F.relu);
/** rrelu that overwrites its input; follows torch.nn.functional.rrelu_. */
export const rrelu_ = /* @__PURE__ */ inplace<[lower?: number, upper?: number, training?: boolean]>(F.rrelu);
/** selu that overwrites its input; follows torch.nn.functional.selu_. */
export const selu_ = /* @__PURE__ */ inplace<[]>(F.selu);
/** threshold that overwrites its input; follows torch.nn.functional.threshold_. */
export const threshold_ = /* @__PURE__ */ inplace<[threshold: number, value: number]>(F.threshold);

/** A convolution of sequences [T, N, C] with a weight [K, C, O]; follows torch.nn.functional.conv_tbc. */
export function convTbc(input: Tensor, weight: Tensor, bias: Tensor, pad = 0): Tensor {
  return conv1d(input.permute([1, 2, 0]), weight.permute([2, 1, 0]), bias, 1, pad).permute([2, 0, 1]);
}
