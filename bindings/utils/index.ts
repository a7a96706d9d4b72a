/** torch.utils */
export * as data from "./data/index.ts";
export { checkpoint } from "./checkpoint.ts";
export * as benchmark from "./benchmark.ts";
export { progress, ProgressBar, type ProgressOptions } from "./progress.ts";
export { summary, type SummaryInput, type SummaryOptions, type SummaryTable } from "./summary.ts";
export * as tensorboard from "./tensorboard/index.ts";
