// torch.nn of `flambeau/core`: without recurrent layers, attention, transformers, resizing, margin losses and unpooling, which
// `flambeau` has.

export { Parameter } from "../nn/parameter.ts";
export { Module, type AnyModule, type StateDict } from "../nn/module.ts";
export type { RemovableHandle } from "../nn/hooks.ts";
export type { IncompatibleKeys } from "../nn/state.ts";
export * from "../nn/modules/containers.ts";
export * from "../nn/modules/linear.ts";
export * from "../nn/modules/activation.ts";
export * from "../nn/modules/conv.ts";
export * from "../nn/modules/pooling.ts";
export * from "../nn/modules/dropout.ts";
export * from "../nn/modules/normalization.ts";
export * from "../nn/modules/embedding.ts";
export * from "../nn/modules/shape.ts";
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
} from "../nn/modules/loss.ts";
export * as functional from "../nn/functional.ts";
export * as init from "../nn/init.ts";
export * as utils from "../nn/utils/clip-grad.ts";
