// torch.nn: modules, parameters, losses. `nn.functional` has the functions, `nn.init` the initialisations, `nn.utils` clipping.

export { Parameter } from "./parameter.ts";
export { Module, type AnyModule, type StateDict } from "./module.ts";
export type { RemovableHandle } from "./hooks.ts";
export type { IncompatibleKeys } from "./state.ts";
export * from "./modules/containers.ts";
export * from "./modules/linear.ts";
export * from "./modules/activation.ts";
export * from "./modules/adaptive.ts";
export * from "./modules/conv.ts";
export * from "./modules/pooling.ts";
export * from "./modules/unpooling.ts";
export * from "./modules/dropout.ts";
export * from "./modules/normalization.ts";
export * from "./modules/embedding.ts";
export * from "./modules/shape.ts";
export * from "./modules/resize.ts";
export * from "./modules/rnn.ts";
export { MultiheadAttention, type AttentionMasks, type MultiheadAttentionOptions } from "./modules/attention.ts";
export * from "./modules/transformer.ts";
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  CTCLoss,
  GaussianNLLLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  NLLLoss2d,
  PoissonNLLLoss,
  SmoothL1Loss,
  type ClassLossOptions,
  type LossOptions,
  type Reduction,
  type WeightedLossOptions,
} from "./modules/loss.ts";
export * from "./modules/margin-loss.ts";
export * as functional from "./all-functional.ts";
export * as init from "./init.ts";
export * as utils from "./utils/index.ts";
