// torch.func: functions of functions.

export { grad, gradAndValue, jvp, vjp } from "./grad.ts";
export { hessian, jacfwd, jacrev } from "./jacobian.ts";
export type { GradOptions } from "./recording.ts";
export { functionalCall, stackModuleState, type State } from "./module.ts";
export { vmap, type Dims, type VmapOptions } from "./vmap.ts";
export type { Randomness } from "./batched.ts";
