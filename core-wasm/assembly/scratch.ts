import { args } from "./dispatch/args";
import { reduceKernel } from "./kernels/reduce";
export function argsAddress(): usize { return changetype<usize>(args); }
export function heap(): usize { return __heap_base; }
export function grow(pages: i32): void { memory.grow(pages); }
export function reduceRun(): void { reduceKernel(args); }
