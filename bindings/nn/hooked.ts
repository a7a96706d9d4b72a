// What nn.Module is made on: an object that is called as a function, and the hooks around its calls.

import { asInstance } from "../callable.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  addHook,
  callWithHooks,
  mapHooks,
  newHooks,
  type HookOptions,
  type Hooks,
  type RemovableHandle,
} from "./hooks.ts";
import type { AnyModule, Module, StateDict } from "./module.ts";
import type { IncompatibleKeys } from "./state.ts";

/** Makes instances functions: a module is called as `model(x)`. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Callable {
  constructor() {
    const self: Module<never[], unknown> = asInstance((...args) => call(self, args), new.target.prototype as never);
    // eslint-disable-next-line no-constructor-return
    return self;
  }
}

function call(module: AnyModule, args: never[]): unknown {
  const hooks = module.ownHooks;
  return hooks === undefined ? module.forward(...args) : callWithHooks(module, hooks, args);
}

/** @internal The hooks of a module. */
export abstract class Hooked<Args extends unknown[], Result> extends Callable {
  #hooks: Hooks | undefined = undefined;

  private get hooks(): Hooks {
    return (this.#hooks ??= newHooks());
  }
  /** @internal */
  get ownHooks(): Hooks | undefined {
    return this.#hooks;
  }
  /** @internal Takes over the functions that are hooks of another. */
  copyHooks({ ownHooks }: { ownHooks: Hooks | undefined }): void {
    if (ownHooks) this.#hooks = mapHooks(ownHooks);
  }
  /**
   * `hook(module, args)` runs before `forward`; what it returns, if anything, replaces the arguments.
   * Follows torch.nn.Module.register_forward_pre_hook.
   * @example
   * const layer = new nn.Linear(2, 1);
   * layer.registerForwardPreHook((module, [x]) => [x.mul(0)]);
   * layer(torch.ones(1, 2)).equal(layer.bias.unsqueeze(0)); // true
   */
  registerForwardPreHook(hook: (module: this, args: Args) => unknown, options?: HookOptions): RemovableHandle {
    return addHook(this.hooks, "forwardPre", hook, options);
  }
  /**
   * `hook(module, args, result)` runs after `forward`; what it returns, if anything, replaces the result.
   * Follows torch.nn.Module.register_forward_hook.
   * @example
   * const layer = new nn.Identity();
   * layer.registerForwardHook((module, args, output) => output.mul(2));
   * layer(torch.ones(2)); // tensor([2., 2.])
   */
  registerForwardHook(
    hook: (module: this, args: Args, result: Result) => unknown,
    options?: HookOptions,
  ): RemovableHandle {
    return addHook(this.hooks, "forward", hook, options);
  }
  /**
   * `hook(module, gradOutput)` runs when the gradients of the module's results are known; what it returns, if anything, replaces
   * them.
   * Follows torch.nn.Module.register_full_backward_pre_hook.
   * @example
   * const layer = new nn.Tanh();
   * layer.registerFullBackwardPreHook((module, gradOutput) => [gradOutput[0].mul(10)]);
   * const x = torch.zeros(1, { requiresGrad: true });
   * layer(x).sum().backward();
   * x.grad; // tensor([10.])
   */
  registerFullBackwardPreHook(
    hook: (module: this, gradOutput: (Tensor | null)[]) => unknown,
    options?: HookOptions,
  ): RemovableHandle {
    return addHook(this.hooks, "backwardPre", hook, options);
  }
  /**
   * `hook(module, gradInput, gradOutput)` runs when the gradients of the module's inputs are known; what it returns, if anything,
   * replaces `gradInput`.
   * Follows torch.nn.Module.register_full_backward_hook.
   * @example
   * const layer = new nn.Tanh();
   * layer.registerFullBackwardHook((module, gradInput) => [gradInput[0].mul(10)]);
   * const x = torch.zeros(1, { requiresGrad: true });
   * layer(x).sum().backward();
   * x.grad; // tensor([10.])
   */
  registerFullBackwardHook(
    hook: (module: this, gradInput: (Tensor | null)[], gradOutput: (Tensor | null)[]) => unknown,
    options?: HookOptions,
  ): RemovableHandle {
    return addHook(this.hooks, "backward", hook, options);
  }
  /**
   * `hook(module, stateDict, prefix)` runs when `stateDict` has collected; it changes the dict or returns another.
   * Follows torch.nn.Module.register_state_dict_post_hook.
   * @example
   * const layer = new nn.Linear(2, 1);
   * layer.registerStateDictPostHook((module, state) => {
   *   delete state.bias;
   * });
   * Object.keys(layer.stateDict()); // ["weight"]
   */
  registerStateDictPostHook(
    hook: (module: this, state: StateDict, prefix: string) => StateDict | void,
  ): RemovableHandle {
    return addHook(this.hooks, "state", hook);
  }
  /**
   * `hook(module, state, prefix)` runs before the module's own tensors are looked up in `state`, a Map that it may change.
   * Follows torch.nn.Module.register_load_state_dict_pre_hook.
   * @example
   * const layer = new nn.Linear(2, 1, { bias: false });
   * layer.registerLoadStateDictPreHook((module, state) => {
   *   state.delete("old");
   * });
   * layer.loadStateDict({ weight: torch.ones(1, 2), old: torch.ones(1) });
   * layer.weight.detach(); // tensor([[1., 1.]])
   */
  registerLoadStateDictPreHook(
    hook: (module: this, state: Map<string, unknown>, prefix: string) => void,
  ): RemovableHandle {
    return addHook(this.hooks, "loadPre", hook);
  }
  /**
   * `hook(module, keys)` runs after loading; taking names out of `keys` forgives them.
   * Follows torch.nn.Module.register_load_state_dict_post_hook.
   * @example
   * const layer = new nn.Linear(2, 1);
   * layer.registerLoadStateDictPostHook((module, keys) => {
   *   keys.missingKeys.length = 0;
   * });
   * layer.loadStateDict({ weight: torch.ones(1, 2) });
   * layer.weight.detach(); // tensor([[1., 1.]])
   */
  registerLoadStateDictPostHook(hook: (module: this, keys: IncompatibleKeys) => void): RemovableHandle {
    return addHook(this.hooks, "loadPost", hook);
  }
}
