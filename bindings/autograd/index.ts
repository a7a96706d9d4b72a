// torch.autograd

export { detectAnomaly, isAnomalyEnabled, setDetectAnomaly } from "./anomaly.ts";
export { backward, grad, type BackwardOptions, type GradOptions } from "./backward.ts";
export * as functional from "./functional.ts";
export { gradcheck, GradcheckError, gradgradcheck, type GradcheckOptions } from "./gradcheck.ts";
export { Function, FunctionContext } from "./function.ts";
export { RemovableHandle, type GradHook } from "./hooks.ts";
export {
  enableGrad,
  GradModeGuard,
  inferenceMode,
  isGradEnabled,
  isInferenceModeEnabled,
  noGrad,
  setGradEnabled,
} from "./mode.ts";
