// Draws from torch's generator, one number at a time as torchvision makes them: a seed gives the same crops.

import { ValueError } from "../../error.ts";
import { empty } from "../../factories.ts";
import { rand, randint, randperm } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";

function number(drawn: Tensor): number {
  const value = drawn.item() as number;
  drawn.dispose();
  return value;
}

/** torch.rand(1) */
export const unit = (): number => number(rand(1));
/** torch.rand(1) < p, compared in float32 */
export const happens = (p: number): boolean => unit() < Math.fround(p);
/** torch.empty(1).uniform_(low, high) */
export const uniform = (low: number, high: number): number => number(empty(1).uniform_(low, high));
/** torch.randint(0, end, (1,)) */
export const below = (end: number): number => number(randint(0, end, [1]));
/** torch.randperm(n) */
export const permutation = (n: number): number[] => randperm(n).tolist() as number[];

export type Range = readonly [low: number, high: number];

/** @throws ValueError unless it is a probability */
export function probability(p: number, what = "probability"): number {
  if (!(p >= 0 && p <= 1)) throw new ValueError(`${what} should be between 0 and 1`);
  return p;
}
