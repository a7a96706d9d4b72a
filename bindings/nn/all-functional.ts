// torch.nn.functional, with what `flambeau/core` leaves out.

export * from "./functional.ts";
export { multiHeadAttentionForward, type Attended, type AttentionOptions } from "../functional/attention.ts";
export {
  interpolate,
  interpolate as upsample,
  upsampleBilinear,
  upsampleNearest,
  type InterpolateOptions,
  type InterpolationMode,
} from "../functional/interpolate.ts";
export { tripletMarginWithDistanceLoss, type Distance, type TripletOptions } from "../functional/triplet.ts";
