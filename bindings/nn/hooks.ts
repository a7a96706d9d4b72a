// Module hooks: functions around `forward`, and around the backward pass of what it recorded.

import { Function as AutogradFunction } from "../autograd/function.ts";
import { checkOptions } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { AnyModule } from "./module.ts";

/** What registering a hook gives. */
export interface RemovableHandle {
  remove(): void;
}

export interface HookOptions {
  /** Runs before the hooks that there are (default false). */
  prepend?: boolean;
}

const KINDS = ["forwardPre", "forward", "backwardPre", "backward", "state", "loadPre", "loadPost"] as const;
// oxlint-disable-next-line typescript/no-explicit-any -- a hook's arguments are those of its kind
type AnyHook = (...args: any[]) => any;
/** Hooks by their handles, in the order in which they run. */
export type Hooks = Record<(typeof KINDS)[number], Map<object, AnyHook>>;

/** The same functions, to which others can be added. */
export const mapHooks = (hooks: Hooks): Hooks =>
  Object.fromEntries(KINDS.map((kind) => [kind, new Map(hooks[kind])])) as unknown as Hooks;
export const newHooks = (): Hooks => Object.fromEntries(KINDS.map((kind) => [kind, new Map()])) as unknown as Hooks;

export function addHook(hooks: Hooks, kind: keyof Hooks, hook: AnyHook, options?: HookOptions): RemovableHandle {
  checkOptions(options, ["prepend"], `register${kind.replace("b", "FullB").replace(/^f/, "F")}Hook`);
  const prepend = options?.prepend === true;
  const map = hooks[kind];
  const handle = { remove: () => void map.delete(handle) };
  const others = prepend ? [...map] : [];
  if (prepend) map.clear();
  map.set(handle, hook);
  for (const [key, other] of others) map.set(key, other);
  return handle;
}

type Grads = (Tensor | null)[];
/** Calls a module that has hooks. */
export function callWithHooks(module: AnyModule, hooks: Hooks, args: unknown[]): unknown {
  for (const hook of hooks.forwardPre.values()) {
    const replaced: unknown = hook(module, args);
    if (replaced !== undefined && replaced !== null) args = Array.isArray(replaced) ? replaced : [replaced];
  }
  const watch = hooks.backward.size + hooks.backwardPre.size > 0 ? new BackwardWatch(module, hooks) : undefined;
  if (watch) args = watch.inputs(args);
  let result = (module.forward as (...args: unknown[]) => unknown)(...args);
  for (const hook of hooks.forward.values()) {
    const replaced: unknown = hook(module, args, result);
    if (replaced !== undefined && replaced !== null) result = replaced;
  }
  return watch ? watch.outputs(result) : result;
}

/**
 * Sees the gradients at a module's outputs and inputs: identities on the tape before and after it, as PyTorch's BackwardHook. A hook
 * runs when the inputs' gradients are there or, if no input requires grad, when the outputs' are.
 */
class BackwardWatch {
  private gradOutput: Grads = [];
  private readonly module: AnyModule;
  private readonly hooks: Hooks;
  private inputsDiffer = false;

  constructor(module: AnyModule, hooks: Hooks) {
    this.module = module;
    this.hooks = hooks;
  }

  inputs(args: unknown[]): unknown[] {
    const places = args.flatMap((arg, i) => (arg instanceof Tensor && arg.requiresGrad ? [i] : []));
    this.inputsDiffer = places.length > 0;
    if (!this.inputsDiffer) return args;
    const all = args.flatMap((arg, i) => (arg instanceof Tensor ? [i] : []));
    const through = identity(
      places.map((i) => args[i] as Tensor),
      (grads) => {
        const gradInput: Grads = all.map((i) => (places.includes(i) ? grads[places.indexOf(i)]! : null));
        const replaced = this.run(gradInput);
        return places.map((i) => replaced[all.indexOf(i)] ?? null);
      },
    );
    const result = [...args];
    places.forEach((place, i) => (result[place] = through[i]));
    return result;
  }

  outputs(result: unknown): unknown {
    const list = result instanceof Tensor ? [result] : Array.isArray(result) ? (result as unknown[]) : [];
    const places = list.flatMap((value, i) => (value instanceof Tensor && value.requiresGrad ? [i] : []));
    if (places.length === 0) return result;
    const through = identity(
      places.map((i) => list[i] as Tensor),
      (grads) => {
        this.gradOutput = list.map((_, i) => (places.includes(i) ? grads[places.indexOf(i)]! : null));
        for (const hook of this.hooks.backwardPre.values()) {
          const replaced: unknown = hook(this.module, this.gradOutput);
          if (replaced !== undefined && replaced !== null) {
            this.gradOutput = (Array.isArray(replaced) ? replaced : [replaced]) as Grads;
          }
        }
        if (!this.inputsDiffer) this.run([]);
        return places.map((i) => this.gradOutput[i] ?? null);
      },
    );
    if (result instanceof Tensor) return through[0];
    return list.map((value, i) => (places.includes(i) ? through[places.indexOf(i)] : value));
  }

  private run(gradInput: Grads): Grads {
    for (const hook of this.hooks.backward.values()) {
      const replaced: unknown = hook(this.module, gradInput, this.gradOutput);
      if (replaced !== undefined && replaced !== null)
        gradInput = (Array.isArray(replaced) ? replaced : [replaced]) as Grads;
    }
    return gradInput;
  }
}

/** The tensors themselves, with a function on their gradients. */
function identity(tensors: Tensor[], onGrads: (grads: Grads) => Grads): Tensor[] {
  class Identity extends AutogradFunction {
    static override forward(_context: unknown, ...inputs: Tensor[]): Tensor[] {
      return inputs.map((input) => input.viewAs(input));
    }
    static override backward(_context: unknown, ...grads: Grads): Grads {
      return onGrads(grads);
    }
  }
  return Identity.apply(...tensors) as Tensor[];
}
