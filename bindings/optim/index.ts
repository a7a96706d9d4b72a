// torch.optim: optimizers and, under `lrScheduler`, what changes their rates.

export * from "../essential/optim.ts";
// what `flambeau/core` leaves out
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
export { LBFGS, type LBFGSOptions } from "./lbfgs.ts";
export * as lrScheduler from "./lr-schedulers.ts";
export * as swaUtils from "./swa-utils.ts";
