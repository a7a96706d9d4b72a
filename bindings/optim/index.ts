// torch.optim: optimizers and, under `lrScheduler`, what changes their rates.

export { Optimizer, type GroupInit, type OptimizerState, type ParamGroup, type Params } from "./optimizer.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export { Adam, AdamW, type AdamOptions, type Betas } from "./adam.ts";
export {
  Adamax,
  NAdam,
  RAdam,
  SparseAdam,
  type AdamaxOptions,
  type NAdamOptions,
  type RAdamOptions,
  type SparseAdamOptions,
} from "./adam-variants.ts";
export {
  Adadelta,
  Adagrad,
  ASGD,
  Rprop,
  type AdadeltaOptions,
  type AdagradOptions,
  type ASGDOptions,
  type RpropOptions,
} from "./adaptive.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { LBFGS, type LBFGSOptions } from "./lbfgs.ts";
export * as lrScheduler from "./lr-schedulers.ts";
export * as swaUtils from "./swa-utils.ts";
