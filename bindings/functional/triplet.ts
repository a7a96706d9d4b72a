// A loss that calls a function of the user's.

import { ValueError } from "../error.ts";
import { clampMin, minimum, pairwiseDistance } from "../gen/functions.ts";
import { checkOptions } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A distance between two batches of vectors, one number a pair. */
export type Distance = (x1: Tensor, x2: Tensor) => Tensor;

export interface TripletOptions {
  distanceFunction?: Distance | null;
  margin?: number;
  swap?: boolean;
  reduction?: "none" | "mean" | "sum";
}

/**
 * max(0, d(anchor, positive) - d(anchor, negative) + margin) with a distance of your own; with `swap` the distance
 * between positive and negative counts where it is the smaller. Follows
 * torch.nn.functional.triplet_margin_with_distance_loss.
 * @throws ValueError for another reduction than "none", "mean" and "sum"
 * @example
 * torch.nn.functional.tripletMarginWithDistanceLoss(torch.tensor([[0, 0]]), torch.tensor([[1, 0]]), torch.tensor([[0, 3]])); // tensor(0.)
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletOptions | null,
): Tensor {
  checkOptions(options, ["distanceFunction", "margin", "swap", "reduction"], "tripletMarginWithDistanceLoss");
  const { margin = 1, swap = false, reduction = "mean", distanceFunction } = options ?? {};
  const distance = distanceFunction ?? pairwiseDistance;
  if (reduction !== "none" && reduction !== "mean" && reduction !== "sum") {
    throw new ValueError(`${String(reduction)} is not a valid value for reduction`);
  }
  const near = distance(anchor, positive);
  let far = distance(anchor, negative);
  if (swap) far = minimum(far, distance(positive, negative));
  const losses = clampMin(near.sub(far).add(margin), 0);
  if (reduction === "none") return losses;
  return reduction === "mean" ? losses.mean() : losses.sum();
}
