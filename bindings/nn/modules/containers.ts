// Modules that hold modules or parameters.

import { IndexError, RuntimeError, TypeError } from "../../error.ts";
import { typeName } from "../../tensor/call.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { Module, type AnyModule } from "../module.ts";
import { Parameter } from "../parameter.ts";

/** A module of a Sequential: called with what the one before it gave. */
// oxlint-disable-next-line typescript/no-explicit-any -- its input is what the stage before it gives
export type Stage = Module<any, any>;

/** Own integer keys, as a list has them. */
abstract class ListModule<Item, Args extends unknown[], Result> extends Module<Args, Result> {
  [index: number]: Item;

  /** The number of entries. */
  get size(): number {
    return this.items().length;
  }
  protected items(): Item[] {
    return Array.from(this.members(), ([, value]) => value as Item).filter((value) => this.holds(value));
  }
  /** Whether a member is an entry: parameters of a list of modules are none. */
  protected holds(value: unknown): boolean {
    return value instanceof Module;
  }
  [Symbol.iterator](): IterableIterator<Item> {
    return this.items().values();
  }
  /** The entry at `index`; negative ones count from the end. @throws IndexError when it is out of range */
  at(index: number): Item {
    const items = this.items();
    const item = items.at(index);
    if (item === undefined) throw new IndexError(`index ${index} is out of range`);
    return item;
  }
  /** Adds an entry at the end. */
  append(item: Item): this {
    if (!this.holds(item)) throw new TypeError(`${typeName(item)} is not a Module subclass`);
    this[this.size] = item;
    return this;
  }
  /** Adds entries at the end. */
  extend(items: Iterable<Item>): this {
    for (const item of items) this.append(item);
    return this;
  }
  /** Puts an entry before the one at `index`. */
  insert(index: number, item: Item): this {
    const items = this.items();
    items.splice(index, 0, item);
    items.forEach((entry, i) => (this[i] = entry));
    return this;
  }
  /**
   * Takes an entry out, the last one by default; those behind it move up, and all are named by their places.
   * Follows torch.nn.Sequential.pop. @throws IndexError when it is out of range
   * @example
   * const list = new nn.ModuleList([new nn.ReLU(), new nn.Tanh()]);
   * list.pop(0); // ReLU()
   * list.size; // 1
   */
  pop(index = -1): Item {
    const item = this.at(index);
    const items = this.items();
    items.splice(index < 0 ? index + items.length : index, 1);
    const own = this as unknown as Record<string, unknown>;
    for (const name of Object.keys(own)) if (this.holds(own[name])) delete own[name];
    items.forEach((entry, i) => (this[i] = entry));
    return item;
  }
}

/**
 * Modules called one after the other; follows torch.nn.Sequential. Given an object, its keys name the modules.
 * @example
 * const model = new nn.Sequential(new nn.Linear(4, 3), new nn.ReLU(), new nn.Linear(3, 2));
 * model(torch.zeros(5, 4)).shape; // [5, 2]
 */
export class Sequential extends ListModule<Stage, [input: Tensor], Tensor> {
  constructor(...modules: Stage[] | [named: Record<string, Stage>]) {
    super();
    const [first] = modules;
    const named = modules.length === 1 && typeof first === "object" && !(first instanceof Module);
    for (const [name, module] of Object.entries(named ? first : modules)) this.addModule(name, module as Stage);
  }

  forward(input: Tensor): Tensor {
    let value: unknown = input;
    for (const [, module] of this.members()) {
      if (module instanceof Module) value = (module as unknown as (input: unknown) => unknown)(value);
    }
    return value as Tensor;
  }

  protected override *members(): Iterable<[string, unknown, string]> {
    for (const key of Object.keys(this)) {
      const value = (this as unknown as Record<string, unknown>)[key];
      if (value instanceof Module) yield [key, value, key];
    }
  }

  /**
   * The modules from `start` up to `end`, as a Sequential that shares them.
   * Follows torch.nn.Sequential.__getitem__.
   * @example
   * new nn.Sequential(new nn.ReLU(), new nn.Tanh(), new nn.Identity()).slice(1); // Sequential((0): Tanh() (1): Identity() )
   */
  slice(start?: number, end?: number): Sequential {
    return new Sequential(...this.items().slice(start, end));
  }
}

/**
 * A list of modules, which it registers and does not call; follows torch.nn.ModuleList.
 * @example
 * const layers = new nn.ModuleList([new nn.Linear(2, 3), new nn.Linear(3, 1)]);
 * let x = torch.zeros(5, 2);
 * for (const layer of layers) x = layer(x);
 * x.shape; // [5, 1]
 */
export class ModuleList<Item extends AnyModule = AnyModule> extends ListModule<Item, never[], never> {
  constructor(modules: Iterable<Item> = []) {
    super();
    this.extend(modules);
  }
  forward(): never {
    throw new RuntimeError('Module [ModuleList] is missing the required "forward" function');
  }
}

/**
 * Modules by key, registered and not called; follows torch.nn.ModuleDict.
 * @example
 * const heads = new nn.ModuleDict({ score: new nn.Linear(2, 1), label: new nn.Linear(2, 3) });
 * heads.get("label")(torch.zeros(5, 2)).shape; // [5, 3]
 */
export class ModuleDict<Item extends AnyModule = AnyModule> extends Module<never[], never> {
  /** Held in one Map, which is no attribute of a module. */
  private readonly items: Map<string, Item> = new Map();

  constructor(modules: Record<string, Item> | Iterable<readonly [string, Item]> = {}) {
    super();
    this.update(modules);
  }
  forward(): never {
    throw new RuntimeError('Module [ModuleDict] is missing the required "forward" function');
  }
  protected override *members(): Iterable<[string, unknown, string]> {
    for (const [key, module] of this.items) yield [key, module, key];
  }

  /** The number of entries. */
  get size(): number {
    return this.items.size;
  }
  /**
   * The module of a name.
   * Follows torch.nn.ModuleDict.__getitem__.
   * @example
   * const dict = new nn.ModuleDict({ a: new nn.ReLU() });
   * dict.get("a"); // ReLU()
   */
  get(key: string): Item | undefined {
    return this.items.get(key);
  }
  /**
   * Puts a module under a name.
   * Follows torch.nn.ModuleDict.__setitem__.
   * @example
   * const dict = new nn.ModuleDict({ a: new nn.ReLU() });
   * dict.set("b", new nn.Tanh());
   * [...dict.keys()]; // ["a", "b"]
   */
  set(key: string, module: Item): this {
    if (!(module instanceof Module)) throw new TypeError(`${typeName(module)} is not a Module subclass`);
    this.items.set(key, module);
    return this;
  }
  /**
   * Whether there is a module of a name.
   * Follows torch.nn.ModuleDict.__contains__.
   * @example
   * const dict = new nn.ModuleDict({ a: new nn.ReLU() });
   * dict.has("a"); // true
   */
  has(key: string): boolean {
    return this.items.has(key);
  }
  /**
   * Takes the module of a key out.
   * Follows torch.nn.ModuleDict.pop.
   * @example
   * const dict = new nn.ModuleDict({ relu: new nn.ReLU() });
   * dict.pop("relu"); // ReLU()
   * dict.size; // 0
   */
  pop(key: string): Item | undefined {
    const module = this.items.get(key);
    this.items.delete(key);
    return module;
  }
  /**
   * Takes a module out; whether there was one.
   * Follows torch.nn.ModuleDict.__delitem__.
   * @example
   * const dict = new nn.ModuleDict({ a: new nn.ReLU() });
   * dict.delete("a");
   * [...dict.keys()]; // []
   */
  delete(key: string): boolean {
    return this.items.delete(key);
  }
  /**
   * Takes all modules out.
   * Follows torch.nn.ModuleDict.clear.
   * @example
   * const dict = new nn.ModuleDict({ a: new nn.ReLU() });
   * dict.clear();
   * [...dict.keys()]; // []
   */
  clear(): void {
    this.items.clear();
  }
  /**
   * The names, in order.
   * Follows torch.nn.ModuleDict.keys.
   * @example
   * const dict = new nn.ModuleDict({ a: new nn.ReLU() });
   * [...dict.keys()]; // ["a"]
   */
  keys(): IterableIterator<string> {
    return this.items.keys();
  }
  /**
   * The modules, in order.
   * Follows torch.nn.ModuleDict.values.
   * @example
   * const dict = new nn.ModuleDict({ a: new nn.ReLU() });
   * [...dict.values()]; // [ReLU()]
   */
  values(): IterableIterator<Item> {
    return this.items.values();
  }
  /**
   * The names and their modules, in order.
   * Follows torch.nn.ModuleDict.items.
   * @example
   * const dict = new nn.ModuleDict({ a: new nn.ReLU() });
   * [...dict.entries()]; // [["a", ReLU()]]
   */
  entries(): IterableIterator<[string, Item]> {
    return this.items.entries();
  }
  [Symbol.iterator](): IterableIterator<[string, Item]> {
    return this.items.entries();
  }
  /**
   * Adds or replaces entries.
   * Follows torch.nn.ModuleDict.update.
   * @example
   * const dict = new nn.ModuleDict({ a: new nn.ReLU() });
   * dict.update({ a: new nn.Tanh(), b: new nn.ReLU() });
   * dict.get("a"); // Tanh()
   */
  update(modules: Record<string, Item> | Iterable<readonly [string, Item]>): this {
    const entries =
      Symbol.iterator in modules ? (modules as Iterable<readonly [string, Item]>) : Object.entries(modules);
    for (const [key, module] of entries) this.set(key, module);
    return this;
  }
}

const describe = (tensor: Tensor): string => {
  const kind = tensor instanceof Parameter ? "Parameter containing" : "Tensor containing";
  return `${kind}: [torch.${tensor.dtype} of size ${tensor.shape.join("x")}]`;
};

/**
 * A list of parameters, which it registers; follows torch.nn.ParameterList. Tensors become parameters.
 * @example
 * const list = new nn.ParameterList([torch.zeros(2), torch.ones(3)]);
 * [...list.parameters()].length; // 2
 */
export class ParameterList extends ListModule<Parameter, never[], never> {
  constructor(parameters: Iterable<Tensor> = []) {
    super();
    for (const parameter of parameters) this.append(toParameter(parameter));
  }
  protected override holds(value: unknown): boolean {
    return value instanceof Parameter;
  }
  forward(): never {
    throw new RuntimeError("ParameterList should not be called.");
  }
  override extraRepr(): string {
    return this.items()
      .map((parameter, i) => `  (${i}): ${describe(parameter)}`)
      .join("\n");
  }
}

/**
 * Parameters by key; follows torch.nn.ParameterDict. Tensors become parameters.
 * @example
 * const dict = new nn.ParameterDict({ scale: torch.ones(2) });
 * dict.get("scale").requiresGrad; // true
 */
export class ParameterDict extends Module<never[], never> {
  private readonly items: Map<string, Parameter> = new Map();

  constructor(parameters: Record<string, Tensor> = {}) {
    super();
    for (const [key, parameter] of Object.entries(parameters)) this.set(key, parameter);
  }
  forward(): never {
    throw new RuntimeError("ParameterDict should not be called.");
  }
  protected override *members(): Iterable<[string, unknown, string]> {
    for (const [key, parameter] of this.items) yield [key, parameter, key];
  }
  protected override setMember(key: string, tensor: Tensor): void {
    this.items.set(key, tensor as Parameter);
  }
  get size(): number {
    return this.items.size;
  }
  /**
   * The parameter of a name.
   * Follows torch.nn.ParameterDict.__getitem__.
   * @example
   * const dict = new nn.ParameterDict({ a: torch.ones(2) });
   * dict.get("a").detach(); // tensor([1., 1.])
   */
  get(key: string): Parameter | undefined {
    return this.items.get(key);
  }
  /**
   * Puts a parameter under a name; a tensor becomes one.
   * Follows torch.nn.ParameterDict.__setitem__.
   * @example
   * const dict = new nn.ParameterDict({ a: torch.ones(2) });
   * dict.set("b", torch.zeros(1));
   * [...dict.keys()]; // ["a", "b"]
   */
  set(key: string, parameter: Tensor): this {
    this.items.set(key, toParameter(parameter));
    return this;
  }
  /**
   * Takes the parameter of a name out.
   * Follows torch.nn.ParameterDict.pop.
   * @example
   * const dict = new nn.ParameterDict({ a: torch.ones(2) });
   * dict.pop("a").detach(); // tensor([1., 1.])
   * dict.size; // 0
   */
  pop(key: string): Parameter | undefined {
    const parameter = this.items.get(key);
    this.items.delete(key);
    return parameter;
  }
  /**
   * Adds or replaces parameters.
   * Follows torch.nn.ParameterDict.update.
   * @example
   * const dict = new nn.ParameterDict({ a: torch.ones(2) });
   * [...dict.update({ b: torch.zeros(1) }).keys()]; // ["a", "b"]
   */
  update(parameters: Record<string, Tensor> | Iterable<readonly [string, Tensor]>): this {
    const entries =
      Symbol.iterator in parameters ? (parameters as Iterable<readonly [string, Tensor]>) : Object.entries(parameters);
    for (const [key, parameter] of entries) this.set(key, parameter);
    return this;
  }
  /**
   * Whether there is a parameter of a name.
   * Follows torch.nn.ParameterDict.__contains__.
   * @example
   * const dict = new nn.ParameterDict({ a: torch.ones(2) });
   * dict.has("a"); // true
   */
  has(key: string): boolean {
    return this.items.has(key);
  }
  /**
   * The names, in order.
   * Follows torch.nn.ParameterDict.keys.
   * @example
   * const dict = new nn.ParameterDict({ a: torch.ones(2) });
   * [...dict.keys()]; // ["a"]
   */
  keys(): IterableIterator<string> {
    return this.items.keys();
  }
  /**
   * The parameters, in order.
   * Follows torch.nn.ParameterDict.values.
   * @example
   * const dict = new nn.ParameterDict({ a: torch.ones(2) });
   * [...dict.values()].length; // 1
   */
  values(): IterableIterator<Parameter> {
    return this.items.values();
  }
  [Symbol.iterator](): IterableIterator<[string, Parameter]> {
    return this.items.entries();
  }
  override extraRepr(): string {
    return Array.from(this.items, ([key, parameter]) => `  (${key}): ${describe(parameter)}`).join("\n");
  }
}

const toParameter = (tensor: Tensor): Parameter => (tensor instanceof Parameter ? tensor : new Parameter(tensor));
