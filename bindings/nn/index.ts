// torch.nn: modules, parameters, losses. `nn.functional` has the functions, `nn.init` the initialisations, `nn.utils` clipping.

export * from "../essential/nn.ts";
// what `flambeau/core` leaves out
export * from "./modules/adaptive.ts";
export { MultiheadAttention, type AttentionMasks, type MultiheadAttentionOptions } from "./modules/attention.ts";
export * from "./modules/margin-loss.ts";
export * from "./modules/resize.ts";
export * from "./modules/rnn.ts";
export * from "./modules/transformer.ts";
export * from "./modules/unpooling.ts";
export * as functional from "./all-functional.ts";
export * as utils from "./utils/index.ts";
