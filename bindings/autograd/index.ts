// torch.autograd

export * from "../essential/autograd.ts";
// what `flambeau/core` leaves out
export { detectAnomaly, isAnomalyEnabled, setDetectAnomaly } from "./anomaly.ts";
export * as functional from "./functional.ts";
export { gradcheck, GradcheckError, gradgradcheck, type GradcheckOptions } from "./gradcheck.ts";
