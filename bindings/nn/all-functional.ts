// torch.nn.functional, with what `flambeau/core` leaves out.

export * from "./functional.ts";
export { multiHeadAttentionForward, type Attended, type AttentionOptions } from "../functional/attention.ts";
