/** torch.utils */
export * as data from "./data/index.ts";
export { checkpoint } from "./checkpoint.ts";
