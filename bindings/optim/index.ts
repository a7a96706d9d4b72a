// torch.optim: optimizers and, under `lrScheduler`, what changes their rates.

export { Optimizer, type GroupInit, type OptimizerState, type ParamGroup, type Params } from "./optimizer.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export {
  Adam,
  Adamax,
  AdamW,
  NAdam,
  RAdam,
  SparseAdam,
  type AdamaxOptions,
  type AdamOptions,
  type Betas,
  type NAdamOptions,
  type RAdamOptions,
  type SparseAdamOptions,
} from "./adam.ts";
export {
  Adadelta,
  Adagrad,
  ASGD,
  RMSprop,
  Rprop,
  type AdadeltaOptions,
  type AdagradOptions,
  type ASGDOptions,
  type RMSpropOptions,
  type RpropOptions,
} from "./adaptive.ts";
export { LBFGS, type LBFGSOptions } from "./lbfgs.ts";
export * as lrScheduler from "./lr-schedulers.ts";
export * as swaUtils from "./swa-utils.ts";
