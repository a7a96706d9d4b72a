// torch.optim.lrScheduler
export * from "./lr-scheduler.ts";
export * from "./cyclic.ts";
