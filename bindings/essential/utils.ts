/** torch.utils of `flambeau/core`. */
export * as data from "../utils/data/index.ts";
