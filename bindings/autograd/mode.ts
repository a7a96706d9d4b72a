// Whether ops are recorded. Each function here runs a callback, sync or async, in a mode, or, called without one, switches
// at once and gives a guard for `using`.
//
// The mode is the runtime's, not the task's: while an async callback awaits, other tasks see its mode, too. Modes may end in
// any order: what counts is the latest that has not ended.

import { core } from "../core.ts";

const ENABLED = 1;
const INFERENCE = 2;

interface Entry {
  readonly bits: number;
}

/** The modes that have not ended, above `base`. */
const entries: Entry[] = [];
let base = ENABLED;

function push(bits: number): Entry {
  if (entries.length === 0) base = core.gradMode();
  const entry = { bits };
  entries.push(entry);
  core.setGradMode(bits);
  return entry;
}

function pop(entry: Entry): void {
  const index = entries.indexOf(entry);
  if (index < 0) return;
  entries.splice(index, 1);
  if (index === entries.length) core.setGradMode(entries.at(-1)?.bits ?? base);
}

/**
 * A mode that lasts until it is disposed of: `using guard = torch.noGrad()`.
 * @example
 * const guard = torch.noGrad();
 * torch.isGradEnabled(); // false
 * guard.dispose();
 * torch.isGradEnabled(); // true
 */
export class GradModeGuard {
  private readonly entry: Entry;
  /** @internal */
  constructor(bits: number) {
    this.entry = push(bits);
  }
  /**
   * Puts the mode back that there was; a `using` declaration does so at the end of its block.
   * Follows torch.no_grad.
   * @example
   * const guard = torch.noGrad();
   * guard.dispose();
   * torch.isGradEnabled(); // true
   */
  dispose(): void {
    pop(this.entry);
  }
  [Symbol.dispose](): void {
    pop(this.entry);
  }
}

function within<T>(bits: number, fn: (() => T) | undefined): T | GradModeGuard {
  if (fn === undefined) return new GradModeGuard(bits);
  const entry = push(bits);
  let result: T;
  try {
    result = fn();
  } catch (error) {
    pop(entry);
    throw error;
  }
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === "function") {
    return Promise.resolve(result).finally(() => pop(entry)) as T;
  }
  pop(entry);
  return result;
}

/**
 * Runs `fn` without recording: results have requiresGrad = false. Follows torch.no_grad.
 * @param fn a function, also async; without one a guard for `using` is returned
 * @example
 * const x = torch.ones(2, { requiresGrad: true });
 * torch.noGrad(() => x.mul(2)).requiresGrad; // false
 */
export function noGrad<T>(fn: () => T): T;
export function noGrad(): GradModeGuard;
export function noGrad<T>(fn?: () => T): T | GradModeGuard {
  return within(core.gradMode() & ~ENABLED, fn);
}

/**
 * Runs `fn` with recording on, inside noGrad for instance. Follows torch.enable_grad.
 * @example
 * torch.noGrad(() => torch.enableGrad(() => torch.isGradEnabled())); // true
 */
export function enableGrad<T>(fn: () => T): T;
export function enableGrad(): GradModeGuard;
export function enableGrad<T>(fn?: () => T): T | GradModeGuard {
  return within(core.gradMode() | ENABLED, fn);
}

/**
 * Runs `fn` without recording and without what recording needs; its results can't be used in recorded ops later.
 * Follows torch.inference_mode.
 * @example
 * torch.inferenceMode(() => torch.ones(2).isInference()); // true
 */
export function inferenceMode<T>(fn: () => T): T;
export function inferenceMode(): GradModeGuard;
export function inferenceMode<T>(fn?: () => T): T | GradModeGuard {
  return within(INFERENCE, fn);
}

/**
 * Switches recording on or off, for `fn` or, without one, from now on until the guard is disposed of.
 * Follows torch.set_grad_enabled.
 * @example
 * torch.setGradEnabled(false, () => torch.isGradEnabled()); // false
 */
export function setGradEnabled<T>(mode: boolean, fn: () => T): T;
export function setGradEnabled(mode: boolean): GradModeGuard;
export function setGradEnabled<T>(mode: boolean, fn?: () => T): T | GradModeGuard {
  const bits = core.gradMode();
  return within(mode ? bits | ENABLED : bits & ~ENABLED, fn);
}

/**
 * Whether ops are recorded now. Follows torch.is_grad_enabled.
 * @example
 * torch.noGrad(() => torch.isGradEnabled()); // false
 */
export function isGradEnabled(): boolean {
  return (core.gradMode() & ENABLED) !== 0;
}

/**
 * Whether inference mode is on. Follows torch.is_inference_mode_enabled.
 * @example
 * torch.isInferenceModeEnabled(); // false
 */
export function isInferenceModeEnabled(): boolean {
  return (core.gradMode() & INFERENCE) !== 0;
}
