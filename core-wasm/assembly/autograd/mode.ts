// What is recorded at the moment.
export const enum GradMode {
  Enabled = 1,
  /** nothing is recorded, and tensors made now can never be */
  Inference = 2,
}

export let gradMode: i32 = GradMode.Enabled;

export function setGradMode(mode: i32): void {
  gradMode = mode;
}

// @ts-ignore: decorator
@inline export function gradEnabled(): bool {
  return gradMode == GradMode.Enabled;
}

// @ts-ignore: decorator
@inline export function isInferenceMode(): bool {
  return (gradMode & GradMode.Inference) != 0;
}

/** Switches recording off; give the result to `resumeGrad`. */
// @ts-ignore: decorator
@inline export function pauseGrad(): i32 {
  const previous = gradMode;
  gradMode = previous & GradMode.Inference;
  return previous;
}

// @ts-ignore: decorator
@inline export function resumeGrad(previous: i32): void {
  gradMode = previous;
}
