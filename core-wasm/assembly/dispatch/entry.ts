// The boundary with JavaScript: what a call leaves behind, and what happens when JavaScript is called back.
//
// A *frame* is one nesting level of JavaScript → core. The first is static; each call out to JavaScript (a hook, a user's
// Function) opens another, since what JavaScript does there are whole calls of their own.
import { abandonRuns, runMark } from "../autograd/engine";
import { GradMode, gradMode, setGradMode } from "../autograd/mode";
import { allocate, free } from "../memory/allocator";
import { drain, poolBase, poolTop, setPoolBase } from "../memory/pool";
import { Tensors } from "../tensor/tensors";
import { Tensor } from "../tensor/tensor";

const RESULT_CAPACITY: i32 = 4096;
const results: usize = memory.data(4096 * 4, 16);
/** a list of results too long for the static area */
let longResults: usize = 0;
let longCapacity: i32 = 0;

const FRAME_LIMIT: i32 = 64;
/** per frame: pool base, engine run mark, grad mode of JavaScript, grad mode of the core */
const frames: usize = memory.data(64 * 16, 16);
let depth: i32 = 0;

/** the grad mode as JavaScript set it; the core's own is put back to it when a call is abandoned */
let userMode: i32 = GradMode.Enabled;
let baseRuns: i32 = 0;

export function setUserMode(mode: i32): i32 {
  const previous = userMode;
  userMode = mode;
  setGradMode(mode);
  return previous;
}

export function resultsAddress(): usize {
  return longResults != 0 ? longResults : results;
}

/** Room for `n` handles at resultsAddress(). */
function resultRoom(n: i32): usize {
  if (longResults != 0) {
    free(longResults, (<usize>longCapacity) << 2);
    longResults = 0;
  }
  if (n > RESULT_CAPACITY) {
    longResults = allocate((<usize>n) << 2);
    longCapacity = n;
  }
  return resultsAddress();
}

/** Keeps result `i` of an op with several for its caller. */
export function setResult(i: i32, t: Tensor): void {
  store<usize>(results + ((<usize>i) << 2), changetype<usize>(t));
}

export function resultAt(i: i32): Tensor {
  return load<Tensor>(results + ((<usize>i) << 2));
}

export function resultPresent(i: i32): bool {
  return load<usize>(results + ((<usize>i) << 2)) != 0;
}

// @ts-ignore: decorator
@inline function end(): void {
  drain(poolBase);
}

/** Ends a call: JavaScript gets a reference to `t`, everything else that the call made goes. */
export function leave(t: Tensor): usize {
  t.retain();
  end();
  return changetype<usize>(t);
}

export function leaveOptional(t: Tensor | null): usize {
  if (t !== null) t.retain();
  end();
  return changetype<usize>(t);
}

/** As `leave` for the first `n` results set by setResult. */
export function leaveResults(n: i32): i32 {
  for (let i = 0; i < n; i++) if (resultPresent(i)) resultAt(i).retain();
  end();
  return n;
}

export function leaveList(list: Tensors): i32 {
  const n = list.length;
  const room = resultRoom(n);
  for (let i = 0; i < n; i++) {
    if (list.has(i)) list.get(i).retain();
    store<usize>(room + ((<usize>i) << 2), changetype<usize>(list.get(i)));
  }
  end();
  return n;
}

export function leaveNothing(): void {
  end();
}

/** Called by `raise`: what the failing call had made is released, and the state between calls is as before it. */
export function abandonCall(): void {
  abandonRuns(baseRuns);
  drain(poolBase);
  setGradMode(userMode);
}

/** Before a callback into JavaScript. */
export function enterCallback(): void {
  if (depth == FRAME_LIMIT) unreachable();
  const frame = frames + ((<usize>depth) << 4);
  depth++;
  store<i32>(frame, poolBase);
  store<i32>(frame, baseRuns, 4);
  store<i32>(frame, userMode, 8);
  store<i32>(frame, gradMode, 12);
  setPoolBase(poolTop());
  baseRuns = runMark();
  userMode = gradMode;
}

/** After a callback into JavaScript that returned. */
export function leaveCallback(): void {
  const frame = frames + ((<usize>--depth) << 4);
  drain(poolBase);
  setPoolBase(load<i32>(frame));
  baseRuns = load<i32>(frame, 4);
  userMode = load<i32>(frame, 8);
  setGradMode(load<i32>(frame, 12));
}

/** After a callback that threw, called by the bindings before they let the exception pass on: the outer call is abandoned too. */
export function abandonCallback(): void {
  leaveCallback();
  abandonCall();
}
