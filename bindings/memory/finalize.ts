// Who releases a handle that JavaScript has dropped.
//
// Every wrapper belongs to an Owner: a list of handles that are released together when a token, held by the wrappers and
// by nobody else, is collected. Registering costs 0.2-0.5 µs, more than a small op, so small tensors share an owner
// (BATCH of them; one live wrapper then holds back at most BATCH × SMALL_BYTES). Tensors with a large storage or a tape
// behind them have one of their own. A scope is an owner too (scope.ts).

import { core, i32 } from "../core.ts";
import { allocated, released } from "./pressure.ts";

// Symbol.dispose is missing in some browsers; compiled `using` falls back to the same symbol.
if (Symbol.dispose === undefined) {
  Object.defineProperty(Symbol, "dispose", { value: Symbol.for("Symbol.dispose") });
}

/** The handles of an owner by slot; 0 where the wrapper was disposed of. */
export type Handles = number[];

/** Held by the wrappers of one owner. Must not be reachable from its `handles`. */
export interface Token {
  readonly handles: Handles;
  /** whether wrappers that have nothing to do with each other share this owner */
  readonly shared: boolean;
  /** whether a scope is the owner */
  readonly scoped: boolean;
}

/** What finalization needs of a wrapper. */
export interface Owned {
  handle: number;
  token: Token;
  slot: number;
}

const BATCH = 32;
const SMALL_BYTES = 4096;

/** The engine's finalizers. workerd has none at compatibility dates before 2025-05-05: there scopes and dispose() release. */
export const Finalizers: typeof FinalizationRegistry =
  globalThis.FinalizationRegistry ??
  class {
    register(): void {}
  };

const registry = new Finalizers<Handles>(releaseAll);

function releaseAll(handles: Handles): void {
  for (const handle of handles) {
    if (handle !== 0) {
      released(handle);
      core.release(handle);
    }
  }
}

/** A token whose handles are released when it is collected. */
export function newToken(handles: Handles, shared: boolean, scoped = false): Token {
  const token = { handles, shared, scoped };
  registry.register(token, handles);
  return token;
}

let batch: Token | undefined;

/** The token of the scope that owns new wrappers, if one is open (set by scope.ts). */
let scopeOwner: { own(wrapper: Owned): void } | undefined;

export function setScopeOwner(owner: { own(wrapper: Owned): void } | undefined): void {
  scopeOwner = owner;
}

/** True for a tensor that many may share an owner with: few bytes, no tape. Reads the header (core-wasm/assembly/tensor/tensor.ts). */
function isSmall(handle: number): boolean {
  const at = handle >>> 2;
  const storage = i32[at + 2]!;
  return i32[at + 5] === 0 && i32[(storage >>> 2) + 2]! >>> 0 <= SMALL_BYTES;
}

/** Gives a new wrapper its owner. */
export function adopt(wrapper: Owned): void {
  if (scopeOwner !== undefined) scopeOwner.own(wrapper);
  else own(wrapper);
}

/** Makes garbage collection the owner of a wrapper. */
export function own(wrapper: Owned): void {
  const handle = wrapper.handle;
  if (isSmall(handle)) {
    if (batch === undefined || batch.handles.length === BATCH) batch = newToken([], true);
    enter(wrapper, batch);
  } else {
    wrapper.token = newToken([handle], false);
    wrapper.slot = 0;
    allocated(handle);
  }
}

/** Puts a wrapper under `token`. */
export function enter(wrapper: Owned, token: Token): void {
  wrapper.token = token;
  wrapper.slot = token.handles.push(wrapper.handle) - 1;
}

/** Takes a wrapper out of its owner; its handle is then the caller's. */
export function leave(wrapper: Owned): void {
  wrapper.token.handles[wrapper.slot] = 0;
}

/** After an in-place op: a small tensor that has gained a tape no longer shares an owner. */
export function reconsider(wrapper: Owned): void {
  if (wrapper.token.shared && !isSmall(wrapper.handle)) {
    leave(wrapper);
    own(wrapper);
  }
}

/** Gives `wrapper` the handle of `other`, which is disposed of: the same object then is another tensor. */
export function exchange(wrapper: Owned, other: Owned): void {
  const old = wrapper.handle;
  core.retain(other.handle);
  leave(wrapper);
  released(old);
  core.release(old);
  wrapper.handle = other.handle;
  dispose(other);
  const { handles, scoped } = wrapper.token;
  if (scoped) handles[wrapper.slot] = wrapper.handle;
  else own(wrapper);
}

/** Releases a wrapper's handle now. The wrapper must not be used any more. */
export function dispose(wrapper: Owned): void {
  const handle = wrapper.handle;
  if (handle === 0) return;
  leave(wrapper);
  wrapper.handle = 0;
  released(handle);
  core.release(handle);
}
