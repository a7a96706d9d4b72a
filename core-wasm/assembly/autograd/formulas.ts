// The functions that derivative strings of op records may call besides the ops, by topic.
export { attentionGradients } from "./formulas/attention";
export { permuteBackward, sizeAt } from "./formulas/shapes";
export { channelSums, rows, scaled } from "./formulas/contractions";
export {
  gatherBackward,
  scatterBackward,
  scatterSourceBackward,
  indexSelectBackward,
  indexAddSourceBackward,
  indexSourceBackward,
  indexZeroBackward,
  indexFillValueBackward,
  takeBackward,
  putBackward,
  putSourceBackward,
  maskedSelectBackward,
  maskedScatterBackward,
  maskedScatterSourceBackward,
  indexBackward,
  indexPutBackward,
  indexPutValuesBackward,
  selectionBackward,
  scatterReduceBackward,
  scatterReduceSourceBackward,
} from "./formulas/indexing";
export { catBackward, constantPadBackward, rollBackward, zerosOf } from "./formulas/joining";
export {
  aminmaxBackward,
  evenlyBackward,
  extremumBackward,
  logsumexpBackward,
  meanBackward,
  nansumBackward,
  normBackward,
  spread,
  stdBackward,
  stdMeanBackward,
  sumBackward,
  varBackward,
  varMeanBackward,
} from "./formulas/reductions";
export { cumprodBackward, cumulativeExtremumBackward, logcumsumexpBackward, prodBackward } from "./formulas/products";
export {
  batchNormGradients,
  groupNormGradients,
  layerNormGradients,
  logSoftmaxGradient,
  softmaxGradient,
} from "./formulas/normalization";
export { embeddingBackward, embeddingDoubleBackward } from "./formulas/embedding";
