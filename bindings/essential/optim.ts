/** torch.optim of `flambeau/core`. */
export { Optimizer, type GroupInit, type OptimizerState, type ParamGroup, type Params } from "../optim/optimizer.ts";
export { SGD, type SGDOptions } from "../optim/sgd.ts";
export { Adam, AdamW, type AdamOptions, type Betas } from "../optim/adam.ts";
export { RMSprop, type RMSpropOptions } from "../optim/rmsprop.ts";
export * as lrScheduler from "../optim/lr-scheduler.ts";
