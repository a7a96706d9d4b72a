// torch.optim.Optimizer: parameters in groups, each with its settings, and a state per parameter.

import { core, i32, word } from "../core.ts";
import { enableGrad, noGrad } from "../autograd/mode.ts";
import { NotImplementedError, TypeError, ValueError } from "../error.ts";
import { keep } from "../memory/scope.ts";
import { fullLike } from "../nn/factory.ts";
import { clearGrad } from "../nn/module.ts";
import { type Rest, take } from "../nn/arguments.ts";
import { pyFloat } from "../nn/python.ts";
import { UPDATE } from "../gen/updates.ts";
import { camelCase, tensors as tensorList, typeName, unexpected } from "../tensor/call.ts";
import { tensor } from "../tensor/create.ts";
import { Code } from "../tensor/dtype.ts";
import { converted } from "../tensor/move.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Settings of a group: numbers, flags, and lists of numbers, such as `betas`. */
export type Settings = object;
/** A group as optimizers keep it: its settings and its parameters. */
export type ParamGroup<S extends Settings> = S & { params: Tensor[]; initialLr?: number };
/** A group as it is given: settings that are absent come from the optimizer's. */
export type GroupInit<S extends Settings> = Partial<S> & { params: Tensor | Iterable<Tensor> };
export type Params<S extends Settings> = Iterable<Tensor> | Iterable<GroupInit<S>>;
/** What an optimizer keeps of a parameter, under PyTorch's names (`exp_avg`). */
export type ParamState = Record<string, unknown>;
/** A closure that computes the loss and its gradients anew. */
export type Closure<T> = () => T;

/** An optimizer's state with PyTorch's names, as checkpoints hold it. Parameters are numbered in the order of the groups. */
export interface OptimizerState {
  state: Record<number, ParamState>;
  param_groups: Record<string, unknown>[];
}

/** The same as torch.load gives it: a dict whose keys are ints is a Map. */
export interface LoadedState {
  state: ReadonlyMap<number, ParamState>;
  param_groups: Record<string, unknown>[];
}

/** Settings that choose between PyTorch's implementations; there is one here, and they change nothing. */
export interface Implementation {
  foreach?: boolean | null;
  fused?: boolean | null;
  capturable?: boolean;
  /** Must be false. */
  differentiable?: boolean;
}

/** How many batches a parameter may still join: more kinds of steps than these are as good as none in common. */
const OPEN_BATCHES = 8;

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Base of all optimizers; follows torch.optim.Optimizer.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.SGD([x], { lr: 0.5 });
 * optimizer.zeroGrad();
 * x.square().sum().backward();
 * optimizer.step();
 * x.item(); // 0
 */
export abstract class Optimizer<S extends Settings> {
  /** The groups. Their settings may be changed between steps. */
  readonly paramGroups: ParamGroup<S>[] = [];
  /** The state by parameter. */
  readonly state = new Map<Tensor, ParamState>();
  readonly defaults: S;

  constructor(params: Params<S>, defaults: S) {
    this.defaults = defaults;
    if (params instanceof Tensor) {
      throw new TypeError(
        "params argument given to the optimizer should be an iterable of Tensors or dicts, but got torch.FloatTensor",
      );
    }
    if ((defaults as Implementation).differentiable) {
      throw new NotImplementedError(`${new.target.name}: differentiable=True is not supported`);
    }
    if (typeof (params as Partial<Iterable<unknown>>)?.[Symbol.iterator] !== "function")
      throw new TypeError(`'${typeName(params)}' object is not iterable`);
    const list: unknown[] = [...params];
    if (list.length === 0) throw new ValueError("optimizer got an empty parameter list");
    if (list[0] instanceof Tensor) this.addParamGroup({ params: list as Tensor[] } as unknown as GroupInit<S>);
    else for (const group of list) this.addParamGroup(group as GroupInit<S>);
  }

  /**
   * Adds a group; settings that it does not have are the optimizer's.
   * Follows torch.optim.Optimizer.add_param_group.
   * @throws ValueError for a parameter that has a group; TypeError for a setting that is written as in Python
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.ones(1))], { lr: 0.1 });
   * optimizer.addParamGroup({ params: [new nn.Parameter(torch.ones(1))], lr: 0.01 });
   * optimizer.paramGroups.map((group) => group.lr); // [0.1, 0.01]
   */
  addParamGroup(group: GroupInit<S>): void {
    const params = group.params instanceof Tensor ? [group.params] : [...group.params];
    const known = new Set(this.paramGroups.flatMap((other) => other.params));
    for (const param of params) {
      if (!(param instanceof Tensor))
        throw new TypeError(`optimizer can only optimize Tensors, but one of the params is ${typeof param}`);
      if (!param.isLeaf) throw new ValueError("can't optimize a non-leaf Tensor");
      if (known.has(param)) throw new ValueError("some parameters appear in more than one parameter group");
    }
    for (const key in group) {
      // other names are the user's own
      if (camelCase(key) !== key && camelCase(key) in this.defaults) unexpected("addParamGroup", key);
    }
    const given = Object.fromEntries(Object.entries(group).filter(([, value]) => value !== undefined));
    this.paramGroups.push({ ...this.defaults, ...given, params } as ParamGroup<S>);
  }

  /**
   * Drops the gradients of all parameters, or makes them zero where `setToNone` is off.
   * Follows torch.optim.Optimizer.zero_grad.
   * @example
   * const x = new nn.Parameter(torch.tensor([1]));
   * const optimizer = new optim.SGD([x], { lr: 0.5 });
   * x.square().sum().backward();
   * optimizer.zeroGrad();
   * x.grad; // null
   */
  zeroGrad(...rest: Rest<[setToNone: boolean], { setToNone?: boolean }>): void {
    const { setToNone } = take("zeroGrad", rest, { setToNone: true });
    for (const group of this.paramGroups) for (const param of group.params) clearGrad(param, setToNone);
  }

  /**
   * Changes the parameters by their gradients.
   * Follows torch.optim.Optimizer.step.
   * A closure computes the loss and its gradients anew; it is called first.
   * @returns what the closure returned
   * @example
   * const x = new nn.Parameter(torch.tensor([1]));
   * const optimizer = new optim.SGD([x], { lr: 0.5 });
   * x.square().sum().backward();
   * optimizer.step();
   * x.detach(); // tensor([0.])
   */
  step(): void;
  step<T>(closure: Closure<T>): T;
  step<T>(closure?: Closure<T>): T | undefined {
    const loss = closure && enableGrad(closure);
    noGrad(() => {
      for (const group of this.paramGroups) {
        for (const param of group.params) {
          const { grad } = param;
          if (grad !== null) this.update(param, grad, group, this.stateOf(param));
        }
        this.flush();
      }
    });
    return loss;
  }

  /** Parameters whose steps are of one kind and have the same numbers, with their state and gradients. */
  #batches: { which: number; numbers: readonly number[]; tensors: Tensor[] }[] = [];

  /**
   * Lets the core make the step `which` of a parameter, together with those of all others that have the same numbers.
   * @param tensors as the step's program has them (core-wasm/ops/updates.ts)
   */
  protected enqueue(which: keyof typeof UPDATE, tensors: readonly Tensor[], numbers: readonly number[]): void {
    const kind = UPDATE[which];
    const first = Math.max(0, this.#batches.length - OPEN_BATCHES);
    for (let i = this.#batches.length - 1; i >= first; i--) {
      const batch = this.#batches[i]!;
      if (batch.which === kind && numbers.every((number, k) => Object.is(number, batch.numbers[k]))) {
        for (const tensor of tensors) batch.tensors.push(tensor);
        return;
      }
    }
    this.#batches.push({ which: kind, numbers, tensors: [...tensors] });
  }

  private flush(): void {
    if (this.#batches.length === 0) return;
    const batches = this.#batches;
    this.#batches = [];
    for (const { which, numbers, tensors } of batches) {
      core.update(which, tensorList(tensors, "step", "params", 1), ...numbers);
    }
  }

  /** One step of one parameter, off the tape. */
  protected abstract update(param: Tensor, grad: Tensor, group: ParamGroup<S>, state: ParamState): void;

  protected stateOf(param: Tensor): ParamState {
    let state = this.state.get(param);
    if (state === undefined) this.state.set(param, (state = {}));
    return state;
  }

  /**
   * The state with PyTorch's names; its tensors are the optimizer's own.
   * @example
   * const optimizer = new optim.SGD([new nn.Parameter(torch.ones(1))], { lr: 0.1 });
   * optimizer.stateDict().param_groups[0].lr; // 0.1
   */
  stateDict(): OptimizerState {
    const numbers = new Map<Tensor, number>();
    for (const group of this.paramGroups) for (const param of group.params) numbers.set(param, numbers.size);
    const state: OptimizerState["state"] = {};
    for (const [param, entries] of this.state) {
      const number = numbers.get(param);
      if (number !== undefined) state[number] = { ...entries };
    }
    return {
      state,
      param_groups: this.paramGroups.map(({ params, ...settings }) => ({
        ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [snakeCase(name), value])),
        params: params.map((param) => numbers.get(param)!),
      })),
    };
  }

  /**
   * Takes over a state of the same groups, copying its tensors.
   * Follows torch.optim.Optimizer.load_state_dict.
   * @throws ValueError when the groups differ in size
   * @example
   * const parameters = [new nn.Parameter(torch.ones(1))];
   * const saved = new optim.SGD(parameters, { lr: 0.1 }).stateDict();
   * const optimizer = new optim.SGD(parameters, { lr: 1 });
   * optimizer.loadStateDict(saved);
   * optimizer.paramGroups[0].lr; // 0.1
   */
  loadStateDict(saved: OptimizerState | LoadedState): void {
    const sizes = (groups: { length: number }[]): string => groups.map(({ length }) => length).join();
    if (saved.param_groups.length !== this.paramGroups.length) {
      throw new ValueError("loaded state dict has a different number of parameter groups");
    }
    const savedParams = saved.param_groups.map((group) => group["params"] as number[]);
    if (sizes(savedParams) !== sizes(this.paramGroups.map((group) => group.params))) {
      throw new ValueError(
        "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
      );
    }
    const states: ReadonlyMap<number, ParamState> =
      saved.state instanceof Map
        ? saved.state
        : new Map(Object.entries(saved.state).map(([number, entries]) => [Number(number), entries]));
    this.state.clear();
    this.paramGroups.forEach((group, g) => {
      for (const [name, value] of Object.entries(saved.param_groups[g]!)) {
        if (name !== "params") (group as Record<string, unknown>)[camelCase(name)] = value;
      }
      group.params.forEach((param, i) => {
        const entries = states.get(savedParams[g]![i]!);
        if (entries) this.state.set(param, copied(entries, param));
      });
    });
  }

  /**
   * As PyTorch prints it.
   * @example
   * String(new optim.SGD([new nn.Parameter(torch.ones(1))], { lr: 0.1 })).startsWith("SGD ("); // true
   */
  toString(): string {
    const lines = this.paramGroups.map((group, g) => {
      const { params: _, ...settings } = group;
      const entries = Object.entries(settings).map(([name, value]) => [snakeCase(name), value] as const);
      const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
      return [`Parameter Group ${g}`, ...sorted.map(([name, value]) => `    ${name}: ${printed(value)}`)].join("\n");
    });
    return `${this.constructor.name} (\n${lines.join("\n\n")}\n)`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

function printed(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null || value === undefined) return "None";
  if (Array.isArray(value)) return `(${value.map(printed).join(", ")})`;
  return typeof value === "number" && !Number.isInteger(value) ? pyFloat(value) : String(value);
}

/** State tensors in the parameter's dtype and on its device, but for the step counter, as PyTorch has it. */
function copied(entries: ParamState, param: Tensor): ParamState {
  return Object.fromEntries(
    Object.entries(entries).map(([name, value]) => {
      if (!(value instanceof Tensor)) return [name, value];
      const dtype = param.isFloatingPoint() ? param.dtype : undefined;
      const cast = name === "step" ? value : converted(value, dtype, param.device);
      return [name, keep(cast.detach().clone())];
    }),
  );
}

/** A number of a state, which outlives every scope: a 0-d tensor as in PyTorch. */
export const stateNumber = (value: number): Tensor => keep(tensor(value));
/** A tensor of a state, which outlives every scope, of a parameter's shape. */
export const filled = (param: Tensor, value: number): Tensor => keep(fullLike(param, value));
export const zeros = (param: Tensor): Tensor => filled(param, 0);

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** Adds one to the step counter of a state, a 0-d tensor as in PyTorch, and gives its value. */
export function nextStep(state: ParamState): number {
  const counter = state["step"] as Tensor;
  const { handle } = counter;
  // dtype and device in the tensor's header (core-wasm/assembly/tensor/tensor.ts): float32 of the CPU
  if (handle === 0 || (word(handle + 4) & 0xffff) !== Code.Float32) return counter.add_(1).item() as number;
  // in place without a call of the core: every parameter has one
  const at = (word(word(handle + 8) + 4) >>> 2) + word(handle + 12);
  bits[0] = i32[at]!;
  const step = ++float[0]!;
  i32[at] = bits[0];
  return step;
}

/** `grad` turned round to ascend, and with the pull of weight decay. */
export function effectiveGrad(grad: Tensor, param: Tensor, maximize: boolean, weightDecay: number): Tensor {
  const direction = maximize ? grad.neg() : grad;
  return weightDecay === 0 ? direction : direction.add(param, weightDecay);
}

/** What PyTorch's errors call settings that they do not call by their names. */
const SPOKEN: Record<string, string> = { lr: "learning rate", eps: "epsilon value" };

/** @throws ValueError for the first of the named settings that is not at least 0, in PyTorch's words */
export function requireNonNegative<Name extends string>(settings: Record<Name, number>, ...names: Name[]): void {
  for (const name of names) {
    if (settings[name] >= 0) continue;
    throw new ValueError(`Invalid ${SPOKEN[name] ?? `${snakeCase(name)} value`}: ${pyFloat(settings[name])}`);
  }
}

/** @throws ValueError when a beta is outside [0, 1) */
export function requireBetas(betas: readonly number[]): void {
  betas.forEach((beta, i) => {
    if (!(beta >= 0 && beta < 1)) throw new ValueError(`Invalid beta parameter at index ${i}: ${pyFloat(beta)}`);
  });
}
