// The functions that derivative strings of op records may call besides the ops, by topic.
export { permuteBackward } from "./formulas/shapes";
export { spread, sumBackward } from "./formulas/reductions";
export { channelSums, rows, scaled } from "./formulas/contractions";
