// Gradient hooks: JavaScript functions known by number, called when a tensor's gradient has been computed.
import { allocate, free } from "../memory/allocator";
import { autorelease } from "../memory/pool";
import { enterCallback, leaveCallback } from "../dispatch/entry";
import { ErrorKind, msg, msgShape, raise } from "../tensor/error";
import { sameShape } from "../tensor/broadcast";
import { Tensor } from "../tensor/tensor";

// @ts-ignore: decorator
@external("env", "callHook")
declare function hostCallHook(id: i32, grad: usize): usize;
// @ts-ignore: decorator
@external("env", "releaseCallback")
export declare function releaseCallback(id: i32): void;


@unmanaged
export class Hook {
  next: Hook | null;
  id: i32;
  /** which output of its node; unused for leaves */
  outputNr: i32;
}

export function addHook(list: Hook | null, id: i32, outputNr: i32): Hook {
  const hook = changetype<Hook>(allocate(offsetof<Hook>()));
  hook.next = null;
  hook.id = id;
  hook.outputNr = outputNr;
  if (list === null) return hook;
  let last = list;
  for (let next = last.next; next !== null; next = last.next) last = next;
  last.next = hook;
  return list;
}

export function removeHook(list: Hook | null, id: i32): Hook | null {
  if (list === null) return null;
  if (list.id == id) {
    const rest = list.next;
    dropHook(list);
    return rest;
  }
  list.next = removeHook(list.next, id);
  return list;
}

function dropHook(hook: Hook): void {
  releaseCallback(hook.id);
  free(changetype<usize>(hook), offsetof<Hook>());
}

export function releaseHooks(list: Hook): void {
  let hook: Hook | null = list;
  while (hook !== null) {
    const next: Hook | null = hook.next;
    dropHook(hook);
    hook = next;
  }
}

/** The gradient after all hooks of `list` for output `outputNr` have seen it. */
export function runHooks(list: Hook | null, outputNr: i32, grad: Tensor): Tensor {
  let next = list;
  while (next !== null) {
    const hook: Hook = next;
    next = hook.next;
    if (hook.outputNr != outputNr) continue;
    enterCallback();
    grad.retain();
    const answer = hostCallHook(hook.id, changetype<usize>(grad));
    leaveCallback();
    if (answer == 0) continue;
    const replaced = autorelease(changetype<Tensor>(answer));
    if (!sameShape(replaced, grad)) {
      msg("hook has changed the size of value ");
      msgShape(replaced);
      raise(ErrorKind.Runtime);
    }
    grad = replaced;
  }
  return grad;
}
