// torch.optim.lrScheduler
export * from "./lr-scheduler.ts";
export * from "./lr-more.ts";
export * from "./cyclic.ts";
