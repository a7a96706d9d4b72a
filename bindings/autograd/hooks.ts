// JavaScript that runs during a backward pass: gradient hooks, and the numbers by which the core knows them.

import { core, setCallbacks } from "../core.ts";
import { RuntimeError } from "../error.ts";
import { defineMethods } from "../tensor/call.ts";
import { live, Tensor } from "../tensor/tensor.ts";

/** Called with a gradient; what it returns replaces the gradient. */
export type GradHook = (grad: Tensor) => Tensor | null | undefined | void;

/** The backward of a user-defined Function: gradients' handles come and go in the core's result block. */
export interface FunctionCallback {
  run(count: number): void;
  /** its node is gone */
  released(): void;
}

const hooks = new Map<number, GradHook>();
const functions = new Map<number, FunctionCallback>();
let lastId = 0;

/** Gives a Function's backward a number. */
export function registerFunction(make: (id: number) => FunctionCallback): number {
  const id = ++lastId;
  functions.set(id, make(id));
  return id;
}

setCallbacks({
  callHook(id, handle) {
    const grad = new Tensor(handle);
    const replacement = hooks.get(id)?.(grad);
    if (replacement === undefined || replacement === null) return 0;
    if (!(replacement instanceof Tensor)) throw new RuntimeError("a gradient hook must return a Tensor, or nothing");
    core.retain(live(replacement));
    return replacement.handle;
  },
  callFunction(id, count) {
    functions.get(id)!.run(count);
  },
  releaseCallback(id) {
    hooks.delete(id);
    const released = functions.get(id);
    functions.delete(id);
    released?.released();
  },
});

/**
 * What registering a hook gives: `remove()` takes it off again.
 * Follows torch.utils.hooks.RemovableHandle.
 * @example
 * const x = torch.ones(1, { requiresGrad: true });
 * const handle = x.registerHook((grad) => grad.mul(2));
 * handle.remove();
 * x.sum().backward();
 * x.grad; // tensor([1.])
 */
export class RemovableHandle {
  private undo: (() => void) | undefined;
  constructor(undo: () => void) {
    this.undo = undo;
  }
  /**
   * Takes the hook away again.
   * Follows torch.utils.hooks.RemovableHandle.remove.
   * @example
   * const handle = new nn.Linear(1, 1).registerForwardHook(() => console.log("called"));
   * handle.remove();
   */
  remove(): void {
    this.undo?.();
    this.undo = undefined;
  }
  [Symbol.dispose](): void {
    this.remove();
  }
}

/** The methods that this file adds to Tensor. */
export interface TensorHooks {
  /**
   * Calls `hook` with the gradient of this tensor whenever a pass has computed it; what it returns replaces the gradient.
   * Follows torch.Tensor.register_hook.
   * @throws RuntimeError for a tensor that requires no gradient
   * @example
   * const x = torch.ones(1, { requiresGrad: true });
   * x.registerHook((grad) => grad.mul(10));
   * x.mul(2).backward();
   * x.grad; // tensor([20.])
   */
  registerHook(hook: GradHook): RemovableHandle;
}

defineMethods(Tensor, {
  registerHook(this: Tensor, hook: GradHook): RemovableHandle {
    const handle = live(this);
    const id = ++lastId;
    hooks.set(id, hook);
    try {
      core.addHook(handle, id);
    } catch (error) {
      hooks.delete(id);
      throw error;
    }
    return new RemovableHandle(() => {
      if (hooks.has(id) && this.handle !== 0) core.removeHook(this.handle, id);
      hooks.delete(id);
    });
  },
});
