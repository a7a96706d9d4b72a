// nn.Module: a callable object whose parameters, buffers and submodules are what is assigned to its attributes.

import { noGrad } from "../autograd/mode.ts";
import { NotImplementedError, RuntimeError, TypeError, ValueError } from "../error.ts";
import { keep } from "../memory/scope.ts";
import { checkOptions, defineMethods, typeName } from "../tensor/call.ts";
import type { Device, DType } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Rest, take } from "./arguments.ts";
import { Hooked } from "./hooked.ts";
import { Parameter } from "./parameter.ts";
import { EXTRA_STATE, loadInto, type IncompatibleKeys } from "./state.ts";
import { convertAll } from "./convert.ts";

/** Whether the modules below count, too. */
type Recurse = Rest<[recurse: boolean], { recurse?: boolean }>;
type PrefixRecurse = Rest<[prefix: string, recurse: boolean], { prefix?: string; recurse?: boolean }>;

/** Any module, whatever it is called with. */
// oxlint-disable-next-line typescript/no-explicit-any -- so that subclasses with other arguments can be called
export type AnyModule = Module<any[], any>;
/** Tensors by name, in the order and under the names of PyTorch's state dicts. */
export type StateDict = Record<string, Tensor>;

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
 *   hidden = new nn.Linear(4, 3);
 *   output = new nn.Linear(3, 2);
 *   forward(x) {
 *     return this.output(torch.relu(this.hidden(x)));
 *   }
 * }
 * const net = new Net();
 * net(torch.zeros(5, 4)).shape; // [5, 2]
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export abstract class Module<Args extends unknown[] = [input: Tensor], Result = Tensor> extends Hooked<Args, Result> {
  /** True while training: dropout drops, batch norm uses the batch's statistics. Set by `train` and `eval`. */
  training = true;
  /** Attributes that are buffers, and whether they are part of the state dict. */
  readonly #buffers = new Map<string, boolean>();

  static {
    // for subclasses in JavaScript, which no type tells what they lack
    defineMethods(this, {
      forward(this: AnyModule) {
        throw new NotImplementedError(`Module [${this.constructor.name}] is missing the required "forward" function`);
      },
    });
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

  /** Sets an attribute after PyTorch's checks of its name. */
  private claim(kind: string, name: string, value: unknown, mayReplace: (present: unknown) => boolean): void {
    if (typeof name !== "string") throw new TypeError(`${kind} name should be a string. Got ${typeof name}`);
    if (name.includes(".")) throw new ValueError(`${kind} name can't contain "."`);
    if (name === "") throw new ValueError(`${kind} name can't be empty string ""`);
    const own = this as unknown as Record<string, unknown>;
    const present = own[name];
    if (present !== undefined && present !== null && !mayReplace(present)) {
      throw new ValueError(`attribute '${name}' already exists`);
    }
    own[name] = value;
  }
  /**
   * Registers a tensor that is state but no parameter, such as a running mean; `persistent` ones are in the state dict.
   * Follows torch.nn.Module.register_buffer.
   * @throws ValueError for a name that something else has
   * @example
   * class Scale extends nn.Module {
   *   constructor() {
   *     super();
   *     this.registerBuffer("factor", torch.tensor([2]));
   *   }
   *   forward(x) {
   *     return x.mul(this.factor);
   *   }
   * }
   * new Scale().stateDict(); // { factor: tensor([2.]) }
   */
  registerBuffer(
    name: string,
    tensor: Tensor | null,
    ...rest: Rest<[persistent: boolean], { persistent?: boolean }>
  ): void {
    const { persistent } = take("registerBuffer", rest, { persistent: true });
    if (tensor !== null && !(tensor instanceof Tensor)) {
      throw new TypeError(
        `cannot assign '${typeof tensor}' object to buffer '${name}' (torch Tensor or None required)`,
      );
    }
    this.claim("buffer", name, tensor && keep(tensor), () => this.#buffers.has(name));
    this.#buffers.set(name, persistent);
  }
  /**
   * Sets an attribute to a parameter; the same as assigning it.
   * Follows torch.nn.Module.register_parameter.
   * @throws ValueError for a name that something else has
   * @example
   * const layer = new nn.Module();
   * layer.registerParameter("scale", new nn.Parameter(torch.ones(1)));
   * [...layer.parameters()].length; // 1
   */
  registerParameter(name: string, parameter: Parameter | null): void {
    if (parameter !== null && !(parameter instanceof Parameter)) {
      throw new TypeError(
        `cannot assign '${parameter === undefined ? "undefined" : "torch.FloatTensor"}' object to parameter '${name}' ` +
          `(torch.nn.Parameter or None required)`,
      );
    }
    this.claim("parameter", name, parameter, (present) => present instanceof Parameter);
  }
  /**
   * Sets an attribute to a module; the same as assigning it.
   * Follows torch.nn.Module.add_module.
   * @throws ValueError for a name that something else has
   * @example
   * const net = new nn.Module();
   * net.addModule("first", new nn.Linear(2, 1));
   * [...net.namedParameters()].map(([name]) => name); // ["first.weight", "first.bias"]
   */
  addModule(name: string, module: AnyModule | null): void {
    if (module !== null && !(module instanceof Module)) {
      throw new TypeError(`${typeName(module)} is not a Module subclass`);
    }
    this.claim("module", name, module, (present) => present instanceof Module);
  }
  /**
   * The same as `addModule`.
   * Follows torch.nn.Module.register_module.
   * @example
   * const net = new nn.Module();
   * net.registerModule("first", new nn.Linear(2, 1));
   * [...net.namedParameters()].map(([name]) => name); // ["first.weight", "first.bias"]
   */
  registerModule(name: string, module: AnyModule | null): void {
    this.addModule(name, module);
  }

  /**
   * The modules directly below this one, with their names; each module once.
   * Follows torch.nn.Module.named_children.
   * @example
   * const net = new nn.Sequential(new nn.Linear(2, 1), new nn.ReLU());
   * [...net.namedChildren()].map(([name]) => name); // ["0", "1"]
   */
  *namedChildren(): IterableIterator<[name: string, module: AnyModule]> {
    const seen = new Set<unknown>();
    for (const [name, value] of this.members()) {
      if (value instanceof Module && !seen.has(value)) {
        seen.add(value);
        yield [name, value as AnyModule];
      }
    }
  }
  /**
   * The modules directly below this one.
   * Follows torch.nn.Module.children.
   * @example
   * const net = new nn.Sequential(new nn.Linear(2, 1), new nn.ReLU());
   * [...net.children()].length; // 2
   */
  *children(): IterableIterator<AnyModule> {
    for (const [, module] of this.namedChildren()) yield module;
  }

  /**
   * This module and all below it, depth first, with their dotted names; each module once.
   * Follows torch.nn.Module.named_modules.
   * @example
   * const net = new nn.Sequential(new nn.Sequential(new nn.ReLU()));
   * [...net.namedModules()].map(([name]) => name); // ["", "0", "0.0"]
   */
  *namedModules(prefix = "", seen = new Set<unknown>()): IterableIterator<[name: string, module: AnyModule]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this as unknown as AnyModule];
    for (const [name, value] of this.members()) {
      if (value instanceof Module) yield* value.namedModules(join(prefix, name), seen);
    }
  }
  /**
   * This module and all below it.
   * Follows torch.nn.Module.modules.
   * @example
   * const net = new nn.Sequential(new nn.Sequential(new nn.ReLU()));
   * [...net.modules()].length; // 3
   */
  *modules(): IterableIterator<AnyModule> {
    for (const [, module] of this.namedModules()) yield module;
  }

  /**
   * The parameters with their dotted names; each once, unless `recurse` is off of all modules below.
   * Follows torch.nn.Module.named_parameters.
   * @example
   * const layer = new nn.Linear(2, 1);
   * [...layer.namedParameters()].map(([name]) => name); // ["weight", "bias"]
   */
  *namedParameters(...rest: PrefixRecurse): IterableIterator<[name: string, parameter: Parameter]> {
    yield* this.collect("namedParameters", rest, (module) => module.ownParameters());
  }
  /**
   * The parameters, as optimizers take them.
   * Follows torch.nn.Module.parameters.
   * @example
   * const layer = new nn.Linear(2, 1);
   * [...layer.parameters()].map((parameter) => parameter.shape); // [[1, 2], [1]]
   */
  *parameters(...rest: Recurse): IterableIterator<Parameter> {
    for (const [, parameter] of this.namedParameters("", ...rest)) yield parameter;
  }
  /**
   * The buffers with their dotted names.
   * Follows torch.nn.Module.named_buffers.
   * @example
   * [...new nn.BatchNorm1d(2).namedBuffers()].map(([name]) => name); // ["running_mean", "running_var", "num_batches_tracked"]
   */
  *namedBuffers(...rest: PrefixRecurse): IterableIterator<[name: string, buffer: Tensor]> {
    yield* this.collect("namedBuffers", rest, (module) => module.ownBuffers());
  }
  /**
   * The buffers.
   * Follows torch.nn.Module.buffers.
   * @example
   * [...new nn.BatchNorm1d(2).buffers()].length; // 3
   */
  *buffers(...rest: Recurse): IterableIterator<Tensor> {
    for (const [, buffer] of this.namedBuffers("", ...rest)) yield buffer;
  }

  /** @internal the module's own parameters and buffers by name, each with a function that puts another in its place */
  *tensorMembers(): Iterable<[name: string, value: Tensor, set: (tensor: Tensor) => void]> {
    for (const [name, value, attribute] of this.members()) {
      if (!(value instanceof Parameter) && !(this.#buffers.has(attribute) && value instanceof Tensor)) continue;
      yield [name, value, (tensor) => this.setMember(attribute, tensor)];
    }
  }
  /** Containers that keep their members elsewhere override this, too. */
  protected setMember(attribute: string, tensor: Tensor): void {
    (this as unknown as Record<string, unknown>)[attribute] = tensor;
  }

  private *collect<T>(
    op: string,
    rest: PrefixRecurse,
    own: (module: AnyModule) => Iterable<[string, T]>,
  ): IterableIterator<[string, T]> {
    const { prefix, recurse } = take(op, rest, { prefix: "", recurse: true });
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

  /**
   * The module of a dotted name, this one for "".
   * Follows torch.nn.Module.get_submodule.
   * @throws RuntimeError when there is none
   * @example
   * const net = new nn.Sequential(new nn.Sequential(new nn.ReLU()));
   * net.getSubmodule("0.0"); // ReLU()
   */
  getSubmodule(target: string): AnyModule {
    let module = this as unknown as AnyModule;
    for (const name of target === "" ? [] : target.split(".")) {
      const found = module.member(name);
      if (!(found instanceof Module)) throw new RuntimeError(`\`${name}\` is not an nn.Module`);
      module = found as AnyModule;
    }
    return module;
  }
  /**
   * The parameter of a dotted name.
   * Follows torch.nn.Module.get_parameter.
   * @throws RuntimeError when there is none
   * @example
   * const layer = new nn.Linear(2, 1);
   * layer.getParameter("bias").shape; // [1]
   */
  getParameter(target: string): Parameter {
    const [module, name] = this.owner(target);
    const found = module.member(name);
    if (!(found instanceof Parameter)) throw new RuntimeError(`\`${name}\` is not an nn.Parameter`);
    return found;
  }
  /**
   * The buffer of a dotted name.
   * Follows torch.nn.Module.get_buffer.
   * @throws RuntimeError when there is none
   * @example
   * new nn.BatchNorm1d(2).getBuffer("running_mean"); // tensor([0., 0.])
   */
  getBuffer(target: string): Tensor {
    const [module, name] = this.owner(target);
    module.member(name);
    for (const [own, buffer] of module.ownBuffers()) if (own === name) return buffer;
    throw new RuntimeError(`\`${name}\` is not a buffer`);
  }
  private owner(target: string): [AnyModule, name: string] {
    const dot = target.lastIndexOf(".");
    return [this.getSubmodule(target.slice(0, Math.max(dot, 0))), target.slice(dot + 1)];
  }
  private member(name: string): unknown {
    for (const [own, value] of this.members()) if (own === name) return value;
    throw new RuntimeError(`${this.constructor.name} has no attribute \`${name}\``);
  }

  // ---- state

  /**
   * Parameters and persistent buffers by name, in PyTorch's order: a module's parameters, its buffers, then its children. The
   * tensors share storage with the module's, detached from the tape unless `keepVars` is set.
   * @example
   * Object.keys(new nn.Linear(2, 1).stateDict()); // ["weight", "bias"]
   */
  stateDict(options: string | { prefix?: string; keepVars?: boolean; destination?: StateDict } = {}): StateDict {
    const named = typeof options === "string" ? { prefix: options } : options;
    checkOptions(named, ["destination", "prefix", "keepVars"], "stateDict");
    const { prefix = "", keepVars = false, destination = {} } = named;
    for (const [name, tensor] of this.ownState()) destination[prefix + name] = keepVars ? tensor : tensor.detach();
    if (this.getExtraState) destination[`${prefix}${EXTRA_STATE}`] = this.getExtraState() as Tensor;
    for (const [name, module] of this.namedEntries()) {
      module.stateDict({ prefix: `${prefix}${name}.`, keepVars, destination });
    }
    let result = destination;
    for (const hook of this.ownHooks?.state.values() ?? []) result = hook(this, destination, prefix) ?? result;
    return result;
  }
  /** What a subclass has to save besides its tensors, under `_extra_state`; it comes back to `setExtraState`. */
  getExtraState?(): unknown;
  /** Takes what `getExtraState` gave. */
  setExtraState?(state: unknown): void;

  /** @internal parameters and persistent buffers of this module alone */
  *ownState(): Iterable<[name: string, tensor: Tensor]> {
    yield* this.ownParameters();
    yield* this.ownBuffers(true);
  }

  /**
   * Copies a state dict into the parameters and buffers.
   * Follows torch.nn.Module.load_state_dict.
   * @param strict the names must be exactly those of `stateDict`
   * @returns the names that were missing and those that were not expected
   * @throws RuntimeError that lists what does not fit, TypeError for an unknown option; then nothing has been changed
   * @example
   * const layer = new nn.Linear(2, 1);
   * layer.loadStateDict({ weight: torch.ones(1, 2), bias: torch.zeros(1) });
   * layer(torch.tensor([[1, 2]])).detach(); // tensor([[3.]])
   */
  loadStateDict(
    state: Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>,
    ...rest: Rest<[strict: boolean], { strict?: boolean }>
  ): IncompatibleKeys {
    return loadInto(this as unknown as AnyModule, state, take("loadStateDict", rest, { strict: true }).strict);
  }
  /** @internal the modules directly below, under each of their names */
  *namedEntries(): Iterable<[name: string, module: AnyModule]> {
    for (const [name, value] of this.members()) if (value instanceof Module) yield [name, value as AnyModule];
  }

  // ---- modes, devices, gradients

  /**
   * Sets training mode (or evaluation with `false`) here and in all modules below.
   * Follows torch.nn.Module.train.
   * @example
   * new nn.Dropout(0.5).train(false)(torch.tensor([1, 2])); // tensor([1., 2.])
   */
  train(mode = true): this {
    if (typeof mode !== "boolean") throw new TypeError("training mode is expected to be boolean");
    for (const module of this.modules()) module.training = mode;
    return this;
  }
  /**
   * Sets evaluation mode.
   * Follows torch.nn.Module.eval.
   * @example
   * new nn.Dropout(0.5).eval()(torch.tensor([1, 2])); // tensor([1., 2.])
   */
  eval(): this {
    return this.train(false);
  }
  /**
   * Sets `requiresGrad` of all parameters.
   * Follows torch.nn.Module.requires_grad_.
   * @example
   * const layer = new nn.Linear(2, 1);
   * layer.requiresGrad_(false);
   * layer.weight.requiresGrad; // false
   */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }
  /**
   * Drops the gradients of all parameters, or makes them zero where `setToNone` is off.
   * Follows torch.nn.Module.zero_grad.
   * @example
   * const layer = new nn.Linear(2, 1);
   * layer(torch.ones(1, 2)).sum().backward();
   * layer.zeroGrad();
   * layer.weight.grad; // null
   */
  zeroGrad(...rest: Rest<[setToNone: boolean], { setToNone?: boolean }>): void {
    const { setToNone } = take("zeroGrad", rest, { setToNone: true });
    for (const parameter of this.parameters()) clearGrad(parameter, setToNone);
  }
  /**
   * Calls `fn` with every module below and then with this one; used to initialise.
   * Follows torch.nn.Module.apply.
   * @example
   * const net = new nn.Sequential(new nn.Linear(1, 1), new nn.Linear(1, 1));
   * net.apply((module) => {
   *   if (module instanceof nn.Linear) nn.init.ones_(module.weight);
   * });
   * net[0].weight.detach(); // tensor([[1.]])
   */
  apply(fn: (module: AnyModule) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this as unknown as AnyModule);
    return this;
  }

  /**
   * Moves parameters and buffers to a device, or casts the floating ones to a dtype, in place. From WebGPU to the CPU it is a
   * promise.
   * Follows torch.nn.Module.to.
   * @example
   * new nn.Linear(2, 1).to("float64").weight.dtype; // "float64"
   */
  to(device: "cpu"): this | Promise<this>;
  to(...target: (Device | DType | Tensor | { device?: Device; dtype?: DType })[]): this;
  to(...target: (Device | DType | Tensor | { device?: Device; dtype?: DType })[]): this | Promise<this> {
    const moved = convertAll(this.tensors(), target);
    return moved === undefined ? this : moved.then(() => this);
  }
  private tensors(): Tensor[] {
    const tensors = new Set<Tensor>();
    for (const module of this.modules()) {
      for (const [, parameter] of module.ownParameters()) tensors.add(parameter);
      for (const [, buffer] of module.ownBuffers()) tensors.add(buffer);
    }
    return [...tensors];
  }
  /**
   * Casts floating parameters and buffers to float32.
   * Follows torch.nn.Module.float.
   * @example
   * new nn.Linear(2, 1).double().float().weight.dtype; // "float32"
   */
  float(): this {
    return this.to("float32");
  }
  /**
   * Casts floating parameters and buffers to float64.
   * Follows torch.nn.Module.double.
   * @example
   * new nn.Linear(2, 1).double().weight.dtype; // "float64"
   */
  double(): this {
    return this.to("float64");
  }
  /**
   * Casts floating parameters and buffers to float16.
   * Follows torch.nn.Module.half.
   * @example
   * new nn.Linear(2, 1).half().weight.dtype; // "float16"
   */
  half(): this {
    return this.to("float16");
  }
  /**
   * Casts floating parameters and buffers to bfloat16.
   * Follows torch.nn.Module.bfloat16.
   * @example
   * new nn.Linear(2, 1).bfloat16().weight.dtype; // "bfloat16"
   */
  bfloat16(): this {
    return this.to("bfloat16");
  }
  /**
   * Casts all floating parameters and buffers to a dtype.
   * Follows torch.nn.Module.type.
   * @example
   * new nn.Linear(2, 1).type("float64").weight.dtype; // "float64"
   */
  type(dtype: DType): this {
    return this.to(dtype);
  }
  /**
   * Moves parameters and buffers to a device without their values.
   * Follows torch.nn.Module.to_empty.
   * @example
   * new nn.Linear(2, 1).toEmpty({ device: "cpu" }).weight.shape; // [1, 2]
   */
  toEmpty({ device }: { device: Device }): this {
    void convertAll(this.tensors(), [device], true);
    return this;
  }
  /**
   * Moves parameters and buffers to the CPU; a promise where they are on WebGPU.
   * Follows torch.nn.Module.cpu.
   * @example
   * (await new nn.Linear(2, 1).cpu()).weight.device; // "cpu"
   */
  cpu(): this | Promise<this> {
    return this.to("cpu");
  }
  /**
   * Moves parameters and buffers to WebGPU.
   * @example
   * await torch.webgpu.init();
   * new nn.Linear(2, 1).webgpu().weight.device; // "webgpu"
   */
  webgpu(): this {
    return this.to("webgpu");
  }

  // ---- copies

  /**
   * A copy with parameters, buffers and modules of its own, whatever is shared inside being shared again; its hooks are the same
   * functions.
   * Follows copy.deepcopy of a module.
   * Follows copy.deepcopy.
   * @example
   * const layer = new nn.Linear(2, 1);
   * const copy = layer.deepCopy();
   * copy.weight === layer.weight; // false
   */
  deepCopy(): this {
    return this.copyWith(new Map()) as this;
  }

  /** @internal copies of what `copied` already holds are taken from it */
  copyWith(copied: Map<unknown, unknown>): AnyModule {
    const copy = Reflect.construct(Module, [], this.constructor as new () => AnyModule) as AnyModule;
    copied.set(this, copy);
    for (const [attribute, persistent] of this.#buffers) copy.#buffers.set(attribute, persistent);
    copy.copyHooks(this);
    for (const attribute of Reflect.ownKeys(this)) {
      const value = (this as unknown as Record<string | symbol, unknown>)[attribute];
      (copy as unknown as Record<string | symbol, unknown>)[attribute] = copyOf(value, copied);
    }
    return copy;
  }

  // ---- representation

  /**
   * What stands between the parentheses of the printed module.
   * Follows torch.nn.Module.extra_repr.
   * @example
   * new nn.Linear(2, 1).extraRepr(); // "in_features=2, out_features=1, bias=True"
   */
  extraRepr(): string {
    return "";
  }

  /**
   * As PyTorch prints it.
   * @example
   * String(new nn.Sequential(new nn.Linear(2, 1), new nn.ReLU())); // "Sequential(\n (0): Linear(in_features=2, out_features=1, bias=True)\n (1): ReLU()\n)"
   */
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
