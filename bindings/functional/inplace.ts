// The names in nn.functional that end in `_`, and one of old.

import { conv1d } from "./convolution.ts";
import * as F from "../gen/nn-functional.ts";
import { tensorArg } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";

const inplace =
  <Args extends unknown[]>(fn: unknown) =>
  (input: Tensor, ...args: Args): Tensor =>
    (fn as (...all: unknown[]) => Tensor)(input, ...args, { inplace: true });

/**
 * celu that overwrites its input; follows torch.nn.functional.celu_.
 * @example
 * torch.nn.functional.celu_(torch.tensor([-1, 1])); // tensor([-0.6321, 1.0000])
 */
export const celu_ = /* @__PURE__ */ inplace<[alpha?: number]>(F.celu);
/**
 * elu that overwrites its input; follows torch.nn.functional.elu_.
 * @example
 * torch.nn.functional.elu_(torch.tensor([-1, 1])); // tensor([-0.6321, 1.0000])
 */
export const elu_ = /* @__PURE__ */ inplace<[alpha?: number]>(F.elu);
/**
 * hardtanh that overwrites its input; follows torch.nn.functional.hardtanh_.
 * @example
 * torch.nn.functional.hardtanh_(torch.tensor([-2, 0.5, 2])); // tensor([-1.0000, 0.5000, 1.0000])
 */
export const hardtanh_ = /* @__PURE__ */ inplace<[minVal?: number, maxVal?: number]>(F.hardtanh);
/**
 * leakyRelu that overwrites its input; follows torch.nn.functional.leaky_relu_.
 * @example
 * torch.nn.functional.leakyRelu_(torch.tensor([-1, 1]), 0.1); // tensor([-0.1000, 1.0000])
 */
export const leakyRelu_ = /* @__PURE__ */ inplace<[negativeSlope?: number]>(F.leakyRelu);
/**
 * relu that overwrites its input; follows torch.nn.functional.relu_.
 * @example
 * torch.nn.functional.relu_(torch.tensor([-1, 2])); // tensor([0., 2.])
 */
export const relu_ = /* @__PURE__ */ inplace<[]>(F.relu);
/**
 * rrelu that overwrites its input; follows torch.nn.functional.rrelu_.
 * @example
 * torch.nn.functional.rrelu_(torch.tensor([-1, 1]), 0.25, 0.75); // tensor([-0.5000, 1.0000])
 */
export const rrelu_ = /* @__PURE__ */ inplace<[lower?: number, upper?: number, training?: boolean]>(F.rrelu);
/**
 * selu that overwrites its input; follows torch.nn.functional.selu_.
 * @example
 * torch.nn.functional.selu_(torch.tensor([-1, 1])); // tensor([-1.1113, 1.0507])
 */
export const selu_ = /* @__PURE__ */ inplace<[]>(F.selu);
/**
 * threshold that overwrites its input; follows torch.nn.functional.threshold_.
 * @example
 * torch.nn.functional.threshold_(torch.tensor([-1, 2]), 0, 9); // tensor([9., 2.])
 */
export const threshold_ = /* @__PURE__ */ inplace<[threshold: number, value: number]>(F.threshold);

/**
 * A convolution of sequences [T, N, C] with a weight [K, C, O]; follows torch.nn.functional.conv_tbc.
 * @example
 * torch.nn.functional.convTbc(torch.tensor([[[1]], [[2]], [[4]]]), torch.tensor([[[1]], [[-1]]]), torch.tensor([0])); // tensor([[[-1.]], [[-2.]]])
 */
export function convTbc(input: Tensor, weight: Tensor, bias: Tensor, pad = 0): Tensor {
  tensorArg(input, "convTbc", "input", 1);
  tensorArg(weight, "convTbc", "weight", 2);
  return conv1d(input.permute([1, 2, 0]), weight.permute([2, 1, 0]), bias, 1, pad).permute([2, 0, 1]);
}
