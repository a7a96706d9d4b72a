// Anomaly mode: which forward call is to blame for a NaN in backward.

import { core, setCallbacks } from "../core.ts";

/** by node: the stack of the call that made it. Addresses are reused, so that no more are kept than nodes live at once. */
const stacks = new Map<number, string>();
let detecting = false;

/** Frames of flambeau itself. */
const INTERNAL = /wasm|flambeau\.js|\/bindings\//;

/** The stack of the program, as far as it goes. */
function programStack(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 64;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = limit;
  const frames = stack.split("\n");
  // the first line is no frame in V8
  return frames.filter((frame) => !INTERNAL.test(frame) && frame.trim() !== "Error").join("\n");
}

setCallbacks({
  nodeCreated(node) {
    stacks.set(node, programStack());
  },
  nodeFailed(node) {
    const stack = stacks.get(node);
    console.warn(
      stack === undefined
        ? "NaN in backward. The forward call that caused it was made before anomaly detection was enabled."
        : `NaN in backward. Traceback of the forward call that caused it:\n${stack}`,
    );
  },
});

/**
 * Whether anomaly mode is on. Follows torch.is_anomaly_enabled.
 * @example
 * torch.autograd.isAnomalyEnabled(); // false
 */
export function isAnomalyEnabled(): boolean {
  return detecting;
}

/**
 * Switches anomaly mode: backward raises where it gives NaN, with the name of the op, and warns with the stack of the
 * forward call. It makes every op slower. Follows torch.autograd.set_detect_anomaly.
 * @example
 * torch.autograd.setDetectAnomaly(true);
 * torch.autograd.isAnomalyEnabled(); // true
 * torch.autograd.setDetectAnomaly(false);
 */
export function setDetectAnomaly(mode: boolean): void {
  detecting = mode;
  if (!mode) stacks.clear();
  core.setDetectAnomaly(mode ? 1 : 0);
}

/**
 * Runs `fn` in anomaly mode. Follows torch.autograd.detect_anomaly.
 * @example
 * const x = torch.tensor([0], { requiresGrad: true });
 * torch.autograd.detectAnomaly(() => x.mul(2).sum().backward());
 * x.grad; // tensor([2.])
 */
export function detectAnomaly<T>(fn: () => T): T {
  const before = detecting;
  setDetectAnomaly(true);
  try {
    return fn();
  } finally {
    setDetectAnomaly(before);
  }
}
