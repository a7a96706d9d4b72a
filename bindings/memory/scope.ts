// Deterministic release. A scope owns the tensors made while it is open and releases them when it ends, save those that
// its function returns and those that were kept: parameters, gradients, buffers, optimizer state (see `keep`).
//
// A synchronous scope is exact. In an asynchronous one, code of other tasks may run at every await, and only the host can
// tell whose code runs: where it offers AsyncLocalStorage (Node, Deno, Bun, workerd) the attribution is exact. In
// browsers it is careful instead: what is made before the first await belongs to its scope; what is made later belongs to
// all asynchronous scopes that are open at that time, and is released when the last of them ends.

import { dispose, enter, leave, newToken, own, setScopeOwner, type Owned, type Token } from "./finalize.ts";

/** Marks wrappers that outlive every scope. */
const kept = new WeakSet<object>();

class Scope {
  private wrappers: Owned[] = [];
  private readonly token: Token = newToken([], false);
  readonly parent: Scope | undefined;
  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  own(wrapper: Owned): void {
    this.wrappers.push(wrapper);
    enter(wrapper, this.token);
  }

  /** Releases what does not escape; `escaping` goes to the enclosing scope or to garbage collection. */
  close(escaping: Set<unknown>): void {
    const wrappers = this.wrappers;
    this.wrappers = [];
    for (const wrapper of wrappers) {
      if (wrapper.handle === 0 || wrapper.token !== this.token) continue;
      if (kept.has(wrapper)) {
        leave(wrapper);
        own(wrapper);
      } else if (escaping.has(wrapper)) {
        leave(wrapper);
        const heir = this.parent;
        if (heir !== undefined && !heir.ended) heir.own(wrapper);
        else own(wrapper);
      } else {
        dispose(wrapper);
      }
    }
    this.ended = true;
  }
  ended = false;
}

/** The scope of the running synchronous code. */
let current: Scope | undefined;
/** Asynchronous scopes that have awaited and not ended, where the host can't tell tasks apart. */
let pending: Group | undefined;

/** The scopes that are open together, and what was made meanwhile. */
class Group extends Scope {
  open = 0;
  escaping = new Set<unknown>();
}

/** What a host offers to tell asynchronous tasks apart: AsyncLocalStorage has this form. */
export interface AsyncContext<T> {
  run<R>(value: T, fn: () => R): R;
  getStore(): T | undefined;
}

let makeContext: (() => AsyncContext<Scope | undefined>) | undefined;
let context: AsyncContext<Scope | undefined> | undefined;
let openInContext = 0;

/** Called by hosts that have AsyncLocalStorage; the factory runs at the first asynchronous scope. */
export function setAsyncContext(factory: () => AsyncContext<unknown>): void {
  makeContext = factory as () => AsyncContext<Scope | undefined>;
}

function enclosing(): Scope | undefined {
  if (current !== undefined) return current;
  if (openInContext > 0) {
    const scope = context!.getStore();
    return scope !== undefined && !scope.ended ? scope : undefined;
  }
  return pending;
}

/** Stands for "ask which task runs" while asynchronous scopes are open. */
const byTask = {
  own(wrapper: Owned): void {
    const scope = enclosing();
    if (scope !== undefined) scope.own(wrapper);
    else own(wrapper);
  },
};

function enterScope(scope: Scope | undefined): void {
  current = scope;
  setScopeOwner(scope ?? (openInContext > 0 ? byTask : pending));
}

/**
 * Runs `fn` and then releases every tensor made meanwhile, except those it returns (also inside arrays, plain objects,
 * maps and sets), parameters, gradients, module buffers, optimizer state and whatever was given to `torch.keep`.
 * With an async function the scope lasts until its promise settles.
 * @returns what `fn` returns
 * @example torch.scope(() => { const loss = step(batch); return loss.item(); });
 */
export function scope<T>(fn: () => T): T {
  const parent = enclosing();
  const outer = current;
  const own = new Scope(parent);
  if (makeContext !== undefined) context ??= makeContext();
  enterScope(own);
  let result: T;
  try {
    result = context === undefined ? fn() : runInContext(context, own, fn);
  } catch (error) {
    enterScope(outer);
    own.close(new Set());
    throw error;
  }
  enterScope(outer);
  if (!isThenable(result)) {
    own.close(tensorsIn(result));
    return result;
  }
  return (context === undefined ? settleInGroup(own, outer, result) : settleInContext(own, result)) as T;
}

/** The context is entered only now: a synchronous scope must not pay for it. */
function runInContext<T>(store: AsyncContext<Scope | undefined>, scope: Scope, fn: () => T): T {
  return store.run(scope, fn);
}

async function settleInContext<T>(own: Scope, promise: PromiseLike<T>): Promise<T> {
  openInContext++;
  if (current === undefined) enterScope(undefined);
  let escaping = new Set<unknown>();
  try {
    const result = await promise;
    escaping = tensorsIn(result);
    return result;
  } finally {
    openInContext--;
    own.close(escaping);
    if (current === undefined) enterScope(undefined);
  }
}

async function settleInGroup<T>(own: Scope, outer: Scope | undefined, promise: PromiseLike<T>): Promise<T> {
  const group = (pending ??= new Group(undefined));
  group.open++;
  if (outer === undefined) enterScope(undefined);
  let escaping = new Set<unknown>();
  try {
    const result = await promise;
    escaping = tensorsIn(result);
    return result;
  } finally {
    for (const tensor of escaping) group.escaping.add(tensor);
    own.close(escaping);
    if (--group.open === 0) {
      pending = undefined;
      group.close(group.escaping);
    }
    if (current === undefined) enterScope(undefined);
  }
}

/**
 * Iterates with a scope per iteration: what the loop's body makes is released before the next element is fetched.
 * The element itself (a batch) belongs to the iteration, too.
 * @example for (const [x, y] of torch.scoped(loader)) { … }
 */
export function* scoped<T>(iterable: Iterable<T>): Generator<T, void, unknown> {
  const outer = current;
  const iterator = iterable[Symbol.iterator]();
  try {
    for (;;) {
      const own = new Scope(outer);
      enterScope(own);
      let step: IteratorResult<T> | undefined;
      try {
        step = iterator.next();
        if (step.done === true) return;
        yield step.value;
      } finally {
        enterScope(outer);
        own.close(new Set());
      }
    }
  } finally {
    iterator.return?.();
  }
}

/** Lets a tensor outlive the scopes that are open. @returns the same tensor */
export function keep<T extends object>(tensor: T): T {
  kept.add(tensor);
  return tensor;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** The tensors that a returned value holds. */
function tensorsIn(value: unknown, found = new Set<unknown>(), depth = 0): Set<unknown> {
  if (typeof value !== "object" || value === null || found.has(value) || depth > 64) return found;
  if ("handle" in value && "token" in value) found.add(value);
  else if (Array.isArray(value) || value instanceof Set) for (const item of value) tensorsIn(item, found, depth + 1);
  else if (value instanceof Map) for (const item of value.values()) tensorsIn(item, found, depth + 1);
  else if (!ArrayBuffer.isView(value)) {
    found.add(value);
    for (const item of Object.values(value)) tensorsIn(item, found, depth + 1);
  }
  return found;
}
