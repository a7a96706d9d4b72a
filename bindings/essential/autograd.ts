/** torch.autograd of `flambeau/core`: without functional, gradcheck and anomaly detection. */
export { backward, grad, type BackwardOptions, type GradOptions } from "../autograd/backward.ts";
export { Function, FunctionContext } from "../autograd/function.ts";
export { RemovableHandle, type GradHook } from "../autograd/hooks.ts";
export {
  enableGrad,
  GradModeGuard,
  inferenceMode,
  isGradEnabled,
  isInferenceModeEnabled,
  noGrad,
  setGradEnabled,
} from "../autograd/mode.ts";
