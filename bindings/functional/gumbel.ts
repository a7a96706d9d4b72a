// Samples of a categorical distribution that gradients pass through.

import * as F from "../gen/nn-functional.ts";
import { floatArg, tensorArg } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { positional } from "./arguments.ts";

export interface GumbelOptions {
  /** Temperature (default 1). */
  tau?: number;
  /** Gives one-hot vectors, with the gradient of the soft ones (default false). */
  hard?: boolean;
  dim?: number;
}

/**
 * softmax of the logits and Gumbel noise, over the temperature. Follows torch.nn.functional.gumbel_softmax.
 * @example
 * torch.nn.functional.gumbelSoftmax(torch.zeros(2, 3), { hard: true }).sum(1); // tensor([1., 1.])
 */
export function gumbelSoftmax(logits: Tensor, options?: GumbelOptions): Tensor;
export function gumbelSoftmax(logits: Tensor, tau: number, options?: Omit<GumbelOptions, "tau">): Tensor;
export function gumbelSoftmax(logits: Tensor, tau: number, hard: boolean, eps?: number, dim?: number): Tensor;
export function gumbelSoftmax(...args: unknown[]): Tensor {
  const [input, tau = 1, hard = false, , dim = -1] = positional(
    args,
    ["logits", "tau", "hard", "eps", "dim"],
    "gumbelSoftmax",
  );
  tensorArg(input, "gumbel_softmax", "logits", 1);
  const logits = input as Tensor;
  const noise = logits.detach().clone().exponential_().log_().neg_();
  const soft = F.softmax(logits.add(noise).div(floatArg(tau, "gumbel_softmax", "tau", 2)), dim as number);
  if (hard !== true) return soft;
  const chosen = soft.detach().argmax(dim as number, true);
  const oneHot = soft
    .detach()
    .clone()
    .zero_()
    .scatter_(dim as number, chosen, 1);
  return oneHot.sub(soft.detach()).add(soft);
}
