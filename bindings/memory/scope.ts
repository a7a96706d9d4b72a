// Deterministic release. A scope owns the tensors made while it is open and releases them when it ends, save those that
// its function returns and those that were kept: parameters, gradients, buffers, optimizer state (see `keep`).
//
// A synchronous scope is exact. In an asynchronous one, other tasks run at every await, and only the host can tell whose
// code runs: where it offers AsyncLocalStorage (Node, Deno, Bun, workerd), an async function's scope is exact, too. Elsewhere
// it is careful: what is made before the first await belongs to the scope; what is made later belongs to a group of all the
// asynchronous scopes that are open at that time, and is released when the last of them ends, never earlier.

import { TypeError } from "../error.ts";
import { adopt, dispose, enter, leave, newToken, own, setScopeOwner, type Owned } from "./finalize.ts";

/** Wrappers that outlive every scope. */
const kept = new WeakSet<object>();

class Scope {
  private wrappers: Owned[] = [];
  private readonly token = newToken([], false, true);
  readonly parent: Scope | undefined;
  ended = false;
  /** the group of asynchronous scopes that are open inside this one */
  group: Group | undefined;

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  own(wrapper: Owned): void {
    this.wrappers.push(wrapper);
    enter(wrapper, this.token);
  }

  /** Releases what does not escape; what does goes to the enclosing scope or to garbage collection. */
  close(escaping: ReadonlySet<unknown>): void {
    this.ended = true;
    let heir = this.parent;
    while (heir?.ended) heir = heir.parent;
    for (const wrapper of this.wrappers) {
      if (wrapper.handle === 0 || wrapper.token !== this.token) continue;
      const isKept = kept.has(wrapper);
      if (!isKept && !escaping.has(wrapper)) {
        dispose(wrapper);
        continue;
      }
      leave(wrapper);
      if (isKept || heir === undefined) own(wrapper);
      else heir.own(wrapper);
    }
    this.wrappers = [];
  }
}

/** Asynchronous scopes that are open together, and what was made meanwhile. */
class Group extends Scope {
  private open = 0;
  private readonly escaping = new Set<unknown>();

  join(): void {
    this.open++;
  }
  /** One of the scopes has ended. */
  quit(escaping: ReadonlySet<unknown>): void {
    for (const value of escaping) this.escaping.add(value);
    if (--this.open > 0) return;
    openGroups--;
    if (this.parent === undefined) rootGroup = undefined;
    else this.parent.group = undefined;
    this.close(this.escaping);
  }
}

/** What a host offers to tell asynchronous tasks apart; AsyncLocalStorage has this form. */
export interface AsyncContext<T> {
  run<R>(value: T, fn: () => R): R;
  getStore(): T | undefined;
}

/** The scope of the synchronous code that runs now. */
let current: Scope | undefined;
let rootGroup: Group | undefined;
let openGroups = 0;
let openInContext = 0;
let makeContext: (() => AsyncContext<Scope>) | undefined;
let context: AsyncContext<Scope> | undefined;

/** Called by hosts that have AsyncLocalStorage. The factory runs at the first asynchronous scope: the store slows promises. */
export function setAsyncContext(factory: () => AsyncContext<unknown>): void {
  makeContext = factory as () => AsyncContext<Scope>;
}

/** The scope that the running task is in, as far as the host can tell. */
function taskScope(): Scope | undefined {
  if (current !== undefined) return current;
  const scope = openInContext > 0 ? context!.getStore() : undefined;
  return scope === undefined || scope.ended ? undefined : scope;
}

/** The scope that owns what is made now. */
function enclosing(): Scope | undefined {
  const scope = taskScope();
  return scope === undefined ? rootGroup : (scope.group ?? scope);
}

const byTask = {
  own(wrapper: Owned): void {
    const scope = enclosing();
    if (scope !== undefined) scope.own(wrapper);
    else own(wrapper);
  },
};

function enterScope(scope: Scope | undefined): void {
  current = scope;
  update();
}

/** Asking which task runs costs something, so it is done only while asynchronous scopes are open. */
function update(): void {
  setScopeOwner(openInContext + openGroups > 0 ? byTask : current);
}

function joinGroup(scope: Scope | undefined): Group {
  let group = scope === undefined ? rootGroup : scope.group;
  if (group === undefined) {
    group = new Group(scope);
    openGroups++;
    if (scope === undefined) rootGroup = group;
    else scope.group = group;
  }
  group.join();
  return group;
}

/**
 * Runs `fn` and then releases every tensor made meanwhile, except those it returns (also inside lists, plain objects,
 * maps and sets), parameters, gradients, module buffers, optimizer state, and whatever was given to `torch.keep`.
 * With an async function the scope lasts until its promise settles.
 * @returns what `fn` returns
 * @example
 * const loss = torch.scope(() => torch.ones(1000).mul(3).mean().item()); // every tensor made inside is released
 * loss; // 3
 */
export function scope<T>(fn: () => T): T {
  const outer = current;
  const task = taskScope();
  const mine = new Scope(enclosing());
  const exact = makeContext !== undefined && Object.prototype.toString.call(fn) === "[object AsyncFunction]";
  if (exact) context ??= makeContext!();
  enterScope(mine);
  let result: T;
  try {
    result = exact ? context!.run(mine, fn) : fn();
  } catch (error) {
    mine.close(NOTHING);
    throw error;
  } finally {
    enterScope(outer);
  }
  if (isThenable(result)) return (exact ? settleInContext(mine, result) : settleInGroup(mine, task, result)) as T;
  mine.close(tensorsIn(result));
  return result;
}

const NOTHING: ReadonlySet<unknown> = new Set();

async function settleInContext<T>(mine: Scope, promise: PromiseLike<T>): Promise<T> {
  openInContext++;
  update();
  let escaping = NOTHING;
  try {
    const result = await promise;
    escaping = tensorsIn(result);
    return result;
  } finally {
    mine.close(escaping);
    openInContext--;
    update();
  }
}

async function settleInGroup<T>(mine: Scope, task: Scope | undefined, promise: PromiseLike<T>): Promise<T> {
  const group = joinGroup(task);
  update();
  let escaping = NOTHING;
  try {
    const result = await promise;
    escaping = tensorsIn(result);
    return result;
  } finally {
    mine.close(escaping);
    group.quit(escaping);
    update();
  }
}

/** What `scoped` gives: iterable as its argument is. */
export interface Scoped<T> {
  [Symbol.iterator](): Generator<T, void, undefined>;
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
}

/**
 * Iterates with a scope per iteration: what the loop's body makes is released before the next element is fetched, and the
 * element (a batch), too. A body that awaits needs `for await`. What shall outlive the loop is given to `torch.keep`.
 * @example
 * const data = new torch.utils.data.TensorDataset(torch.arange(4));
 * const loader = new torch.utils.data.DataLoader(data, { batchSize: 2 });
 * let sum = 0;
 * for (const [batch] of torch.scoped(loader)) sum += batch.sum().item();
 * sum; // 6
 */
export function scoped<T>(iterable: Iterable<T> | AsyncIterable<T>): Scoped<T> {
  return {
    [Symbol.iterator]: () => iterate(iterable as Iterable<T>),
    [Symbol.asyncIterator]: () => iterateAsync(iterable),
  };
}

function* iterate<T>(iterable: Iterable<T>): Generator<T, void, undefined> {
  const iterator = iterable[Symbol.iterator]();
  let finished = false;
  try {
    while (!finished) {
      const outer = current;
      const mine = new Scope(enclosing());
      enterScope(mine);
      try {
        const step = iterator.next();
        finished = step.done === true;
        if (!finished) yield step.value as T;
      } finally {
        enterScope(outer);
        mine.close(NOTHING);
      }
    }
  } finally {
    if (!finished) iterator.return?.();
  }
}

async function* iterateAsync<T>(iterable: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const task = taskScope();
  const iterator =
    Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : (iterable as Iterable<T>)[Symbol.iterator]();
  let finished = false;
  try {
    while (!finished) {
      const group = joinGroup(task);
      update();
      try {
        const step = await iterator.next();
        finished = step.done === true;
        if (!finished) yield step.value as T;
      } finally {
        group.quit(NOTHING);
        update();
      }
    }
  } finally {
    if (!finished) await iterator.return?.();
  }
}

/**
 * Lets a tensor outlive the scopes that are open.
 * @returns the same tensor
 * @example
 * const kept = torch.scope(() => torch.keep(torch.ones(2)));
 * kept; // tensor([1., 1.])
 */
export function keep<T extends object>(tensor: T): T {
  if (typeof tensor !== "object" || tensor === null || !("handle" in tensor)) {
    throw new TypeError("keep(): argument 'tensor' (position 1) must be Tensor");
  }
  kept.add(tensor);
  return tensor;
}

/** Ends `keep`: the tensor belongs to the scope that is open now, or to garbage collection. */
export function unkeep(tensor: Owned): void {
  kept.delete(tensor);
  leave(tensor);
  adopt(tensor);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** The tensors that a returned value holds. */
function tensorsIn(value: unknown, found = new Set<unknown>()): Set<unknown> {
  if (typeof value !== "object" || value === null || found.has(value)) return found;
  found.add(value);
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
    // named results have a property `values` of their own
    for (const item of Array.isArray(value) ? value : value.values()) tensorsIn(item, found);
  } else if (!("handle" in value && "token" in value) && !ArrayBuffer.isView(value)) {
    for (const item of Object.values(value)) tensorsIn(item, found);
  }
  return found;
}
