// torch.amp: training with smaller floats.
export { autocast, AutocastGuard, getAutocastDtype, isAutocastEnabled, type AutocastOptions } from "./autocast.ts";
export { GradScaler, type GradScalerOptions, type GradScalerState } from "./grad-scaler.ts";
