// nn.Module: a callable object whose parameters, buffers and submodules are what is assigned to its attributes.

import { noGrad } from "../autograd/mode.ts";
import { RuntimeError, TypeError } from "../error.ts";
import { keep } from "../memory/scope.ts";
import type { Device, DType } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { callWithHooks, type Hooks, type RemovableHandle } from "./hooks.ts";
import { Parameter } from "./parameter.ts";
import { loadInto, type IncompatibleKeys } from "./state.ts";
import { convertAll } from "./convert.ts";

/** Any module, whatever it is called with. */
// oxlint-disable-next-line typescript/no-explicit-any -- so that subclasses with other arguments can be called
export type AnyModule = Module<any[], any>;
/** Tensors by name, in the order and under the names of PyTorch's state dicts. */
export type StateDict = Record<string, Tensor>;

/**
 * Makes instances functions: a module is called as `model(x)`. The function object has the class's prototype in place of
 * Function's, so that `apply`, `name` and `length` are the module's own.
 */
// oxlint-disable-next-line typescript/no-extraneous-class
class Callable {
  constructor() {
    const self = ((...args: never[]) => call(self, args)) as unknown as Module<never[], unknown>;
    delete (self as { name?: unknown }).name;
    delete (self as { length?: unknown }).length;
    Object.setPrototypeOf(self, new.target.prototype);
    // eslint-disable-next-line no-constructor-return
    return self;
  }
}

function call(module: AnyModule, args: never[]): unknown {
  const hooks = hooksOf(module);
  return hooks === undefined ? module.forward(...args) : callWithHooks(module, hooks, args);
}

let hooksOf: (module: AnyModule) => Hooks | undefined;

/** A member's name in state dicts: PyTorch's spelling of the attribute, `inProjWeight` → `in_proj_weight`. */
export const stateName = (attribute: string): string =>
  /^[a-z]/.test(attribute)
    ? attribute.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    : attribute;

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface Module<Args extends unknown[] = [input: Tensor], Result = Tensor> {
  (...args: Args): Result;
}

/**
 * Base of all modules; follows torch.nn.Module. Parameters and modules assigned to attributes belong to the module, buffers are
 * made with `registerBuffer`. In names and state dicts attributes have PyTorch's spelling (`runningMean` is `running_mean`).
 * @example
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(784, 128);
 *   output = new nn.Linear(128, 10);
 *   forward(x: Tensor) { return this.output(F.relu(this.hidden(x))); }
 * }
 * const logits = new Net()(images);
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export abstract class Module<Args extends unknown[] = [input: Tensor], Result = Tensor> extends Callable {
  /** True while training: dropout drops, batch norm uses the batch's statistics. Set by `train` and `eval`. */
  training = true;
  /** Attributes that are buffers, and whether they are part of the state dict. */
  readonly #buffers = new Map<string, boolean>();
  #hooks: Hooks | undefined = undefined;

  static {
    hooksOf = (module) => module.#hooks;
  }

  /** What calling the module computes. */
  abstract forward(...args: Args): Result;

  // ---- members

  /** Registered values by their names; containers that keep theirs elsewhere override this. */
  protected *members(): Iterable<[name: string, value: unknown, attribute: string]> {
    for (const attribute of Reflect.ownKeys(this)) {
      if (typeof attribute !== "string") continue;
      const value = (this as unknown as Record<string, unknown>)[attribute];
      if (typeof value === "object" || typeof value === "function") yield [stateName(attribute), value, attribute];
    }
  }

  private *ownParameters(): Iterable<[string, Parameter]> {
    for (const [name, value, attribute] of this.members()) {
      if (value instanceof Parameter && !this.#buffers.has(attribute)) yield [name, value];
    }
  }

  private *ownBuffers(persistentOnly = false): Iterable<[string, Tensor]> {
    if (this.#buffers.size === 0) return;
    for (const [name, value, attribute] of this.members()) {
      const persistent = this.#buffers.get(attribute);
      if (persistent !== undefined && value instanceof Tensor && (persistent || !persistentOnly)) yield [name, value];
    }
  }

  /** Registers a tensor that is state but no parameter, such as a running mean; `persistent` ones are in the state dict. */
  registerBuffer(name: string, tensor: Tensor | null, persistent = true): void {
    this.#buffers.set(name, persistent);
    (this as unknown as Record<string, unknown>)[name] = tensor && keep(tensor);
  }
  /** Sets an attribute to a parameter; the same as assigning it. */
  registerParameter(name: string, parameter: Parameter | null): void {
    (this as unknown as Record<string, unknown>)[name] = parameter;
  }
  /** Sets an attribute to a module; the same as assigning it. */
  addModule(name: string, module: AnyModule | null): void {
    (this as unknown as Record<string, unknown>)[name] = module;
  }
  /** The same as `addModule`. */
  registerModule(name: string, module: AnyModule | null): void {
    this.addModule(name, module);
  }

  /** The modules directly below this one, with their names; each module once. */
  *namedChildren(): IterableIterator<[name: string, module: AnyModule]> {
    const seen = new Set<unknown>();
    for (const [name, value] of this.members()) {
      if (value instanceof Module && !seen.has(value)) {
        seen.add(value);
        yield [name, value as AnyModule];
      }
    }
  }
  /** The modules directly below this one. */
  *children(): IterableIterator<AnyModule> {
    for (const [, module] of this.namedChildren()) yield module;
  }

  /** This module and all below it, depth first, with their dotted names; each module once. */
  *namedModules(prefix = "", seen = new Set<unknown>()): IterableIterator<[name: string, module: AnyModule]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this as unknown as AnyModule];
    for (const [name, value] of this.members()) {
      if (value instanceof Module) yield* value.namedModules(join(prefix, name), seen);
    }
  }
  /** This module and all below it. */
  *modules(): IterableIterator<AnyModule> {
    for (const [, module] of this.namedModules()) yield module;
  }

  /** The parameters with their dotted names; each once, unless `recurse` is off of all modules below. */
  *namedParameters(prefix = "", recurse = true): IterableIterator<[name: string, parameter: Parameter]> {
    yield* this.collect(prefix, recurse, (module) => module.ownParameters());
  }
  /** The parameters, as optimizers take them. */
  *parameters(recurse = true): IterableIterator<Parameter> {
    for (const [, parameter] of this.namedParameters("", recurse)) yield parameter;
  }
  /** The buffers with their dotted names. */
  *namedBuffers(prefix = "", recurse = true): IterableIterator<[name: string, buffer: Tensor]> {
    yield* this.collect(prefix, recurse, (module) => module.ownBuffers());
  }
  /** The buffers. */
  *buffers(recurse = true): IterableIterator<Tensor> {
    for (const [, buffer] of this.namedBuffers("", recurse)) yield buffer;
  }

  private *collect<T>(
    prefix: string,
    recurse: boolean,
    own: (module: AnyModule) => Iterable<[string, T]>,
  ): IterableIterator<[string, T]> {
    const seen = new Set<T>();
    const modules = recurse ? this.namedModules(prefix) : [[prefix, this as unknown as AnyModule] as const];
    for (const [path, module] of modules) {
      for (const [name, value] of own(module)) {
        if (seen.has(value)) continue;
        seen.add(value);
        yield [join(path, name), value];
      }
    }
  }

  /** The parameter of a dotted name. @throws RuntimeError when there is none */
  getParameter(name: string): Parameter {
    for (const [path, parameter] of this.namedParameters()) if (path === name) return parameter;
    throw new RuntimeError(`Module has no parameter ${name}`);
  }
  /** The module of a dotted name, this one for "". @throws RuntimeError when there is none */
  getSubmodule(name: string): AnyModule {
    for (const [path, module] of this.namedModules()) if (path === name) return module;
    throw new RuntimeError(`Module has no submodule ${name}`);
  }

  // ---- state

  /**
   * Parameters and persistent buffers by name, in PyTorch's order: a module's parameters, its buffers, then its children. The
   * tensors share storage with the module's, detached from the tape.
   */
  stateDict(prefix = ""): StateDict {
    const state: StateDict = {};
    for (const [name, tensor] of this.stateEntries(prefix)) state[name] = tensor.detach();
    return state;
  }

  /** @internal the module's own tensors in the order of its state dict; a tensor that is shared comes under each of its names */
  *stateEntries(prefix = ""): Iterable<[name: string, tensor: Tensor]> {
    for (const [name, parameter] of this.ownParameters()) yield [prefix + name, parameter];
    for (const [name, buffer] of this.ownBuffers(true)) yield [prefix + name, buffer];
    for (const [name, value] of this.members()) {
      if (value instanceof Module) yield* value.stateEntries(`${prefix}${name}.`);
    }
  }

  /**
   * Copies a state dict into the parameters and buffers.
   * @param strict the names must be exactly those of `stateDict`
   * @returns the names that were missing and those that were not expected
   * @throws RuntimeError that lists what does not fit; then nothing has been changed
   */
  loadStateDict(
    state: Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>,
    strict = true,
  ): IncompatibleKeys {
    return loadInto(this as unknown as AnyModule, state, strict);
  }

  // ---- modes, devices, gradients

  /** Sets training mode (or evaluation with `false`) here and in all modules below. */
  train(mode = true): this {
    if (typeof mode !== "boolean") throw new TypeError("training mode is expected to be boolean");
    for (const module of this.modules()) module.training = mode;
    return this;
  }
  /** Sets evaluation mode. */
  eval(): this {
    return this.train(false);
  }
  /** Sets `requiresGrad` of all parameters. */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }
  /** Drops the gradients of all parameters, or makes them zero where `setToNone` is off. */
  zeroGrad(setToNone = true): void {
    for (const parameter of this.parameters()) clearGrad(parameter, setToNone);
  }
  /** Calls `fn` with every module below and then with this one; used to initialise. */
  apply(fn: (module: AnyModule) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this as unknown as AnyModule);
    return this;
  }

  /**
   * Moves parameters and buffers to a device, or casts the floating ones to a dtype, in place. From WebGPU to the CPU it is a
   * promise.
   * @example model.to("webgpu"); await model.to("cpu");
   */
  to(device: "cpu"): this | Promise<this>;
  to(...target: (Device | DType | Tensor | { device?: Device; dtype?: DType })[]): this;
  to(...target: (Device | DType | Tensor | { device?: Device; dtype?: DType })[]): this | Promise<this> {
    const tensors = new Set<Tensor>();
    for (const module of this.modules()) {
      for (const [, parameter] of module.ownParameters()) tensors.add(parameter);
      for (const [, buffer] of module.ownBuffers()) tensors.add(buffer);
    }
    const moved = convertAll([...tensors], target);
    return moved === undefined ? this : moved.then(() => this);
  }
  /** Casts floating parameters and buffers to float32. */
  float(): this {
    return this.to("float32");
  }
  /** Casts floating parameters and buffers to float64. */
  double(): this {
    return this.to("float64");
  }
  /** Casts floating parameters and buffers to float16. */
  half(): this {
    return this.to("float16");
  }
  /** Casts floating parameters and buffers to bfloat16. */
  bfloat16(): this {
    return this.to("bfloat16");
  }
  /** Moves parameters and buffers to the CPU; a promise where they are on WebGPU. */
  cpu(): this | Promise<this> {
    return this.to("cpu");
  }
  /** Moves parameters and buffers to WebGPU. */
  webgpu(): this {
    return this.to("webgpu");
  }

  // ---- copies

  /**
   * A copy with parameters, buffers and modules of its own, whatever is shared inside being shared again; hooks are not copied.
   * Follows copy.deepcopy of a module.
   */
  deepCopy(): this {
    return this.copyWith(new Map()) as this;
  }

  /** @internal copies of what `copied` already holds are taken from it */
  copyWith(copied: Map<unknown, unknown>): AnyModule {
    const copy = Reflect.construct(Module, [], this.constructor as new () => AnyModule) as AnyModule;
    copied.set(this, copy);
    for (const [attribute, persistent] of this.#buffers) copy.#buffers.set(attribute, persistent);
    for (const attribute of Reflect.ownKeys(this)) {
      const value = (this as unknown as Record<string | symbol, unknown>)[attribute];
      (copy as unknown as Record<string | symbol, unknown>)[attribute] = copyOf(value, copied);
    }
    return copy;
  }

  // ---- hooks

  private get hooks(): Hooks {
    return (this.#hooks ??= { forwardPre: new Map(), forward: new Map(), backward: new Map() });
  }
  /** `hook(module, args)` runs before `forward`; what it returns, if anything, replaces the arguments. */
  registerForwardPreHook(hook: (module: this, args: Args) => unknown): RemovableHandle {
    return addHook(this.hooks.forwardPre, hook);
  }
  /** `hook(module, args, result)` runs after `forward`; what it returns, if anything, replaces the result. */
  registerForwardHook(hook: (module: this, args: Args, result: Result) => unknown): RemovableHandle {
    return addHook(this.hooks.forward, hook);
  }
  /**
   * `hook(module, gradInput, gradOutput)` runs when the gradients of the module's inputs are known; what it returns, if anything,
   * replaces `gradInput`.
   */
  registerFullBackwardHook(
    hook: (module: this, gradInput: (Tensor | null)[], gradOutput: (Tensor | null)[]) => unknown,
  ): RemovableHandle {
    return addHook(this.hooks.backward, hook);
  }

  // ---- representation

  /** What stands between the parentheses of the printed module. */
  extraRepr(): string {
    return "";
  }

  /** As PyTorch prints it. */
  override toString(): string {
    const extra = this.extraRepr();
    const lines = extra === "" ? [] : extra.split("\n");
    const count = lines.length;
    for (const [name, value] of this.members()) {
      if (value instanceof Module) lines.push(`(${name}): ${value.toString().replaceAll("\n", "\n  ")}`);
    }
    const name = this.constructor.name;
    if (lines.length === 0) return `${name}()`;
    if (count === 1 && lines.length === 1) return `${name}(${extra})`;
    return `${name}(\n  ${lines.join("\n  ")}\n)`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

/** @internal A copy of a module's attribute; plain values and functions are shared. */
export function copyOf(value: unknown, copied: Map<unknown, unknown>): unknown {
  if (copied.has(value)) return copied.get(value);
  let copy = value;
  if (value instanceof Module) return value.copyWith(copied);
  if (value instanceof Parameter) copy = new Parameter(value.detach().clone(), value.requiresGrad);
  else if (value instanceof Tensor) copy = keep(value.detach().clone());
  else if (Array.isArray(value)) copy = value.map((item) => copyOf(item, copied));
  else if (value instanceof Map) copy = new Map(Array.from(value, ([key, item]) => [key, copyOf(item, copied)]));
  copied.set(value, copy);
  return copy;
}

const join = (prefix: string, name: string): string => (prefix === "" ? name : `${prefix}.${name}`);

function addHook<F>(hooks: Map<object, unknown>, hook: F): RemovableHandle {
  const handle = { remove: () => void hooks.delete(handle) };
  hooks.set(handle, hook);
  return handle;
}

/** Drops a parameter's gradient, or makes it zero in place. */
export function clearGrad(parameter: Tensor, setToNone: boolean): void {
  const grad = parameter.grad;
  if (grad === null) return;
  if (setToNone) parameter.grad = null;
  else {
    if (grad.gradFn !== null) parameter.grad = grad.detach();
    noGrad(() => parameter.grad!.zero_());
  }
}
