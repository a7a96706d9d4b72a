// Fork and join. Every thread of the pool is an instance of this module on the same memory, which sits in `serve` and takes
// tiles of whatever job the main thread has laid out; the main thread takes tiles, too, and goes on when all are done. Only
// kernels run on threads: allocation, shapes and the tape are the main thread's alone.
import { temporary } from "../memory/pool";
import { setCopyArena, COPY_ARENA_BYTES } from "../kernels/copy";
import { setProgramArena, ARENA_BYTES } from "../kernels/program/interpreter";
import { ARGS_SIZE, Args, args } from "./args";
import { runCpu } from "./kernel";
import { afterParts, runPart, sharesWorkspace, tilesFor, unitsOf, workOf } from "./split";

/** There has been work for more threads than there are: the host starts them. */
@external("env", "wantThreads")
declare function wantThreads(): void;

/** The most threads that work. */
const MOST: i32 = 16;

// The job and its counters, each on a cache line of its own.
/** tiles that are done */
const FINISHED: usize = 0;
/** counts jobs: what idle threads wait for */
const JOBS: usize = 64;
/** threads that are there */
const SERVING: usize = 128;
/** threads that sleep */
const SLEEPING: usize = 192;
const UNITS: usize = 256;
const UNITS_A_TILE: usize = 260;
const THREADS: usize = 264;
const WORKSPACE: usize = 268;
const WORKSPACE_BYTES: usize = 272;
/** for each thread: number of the job << TILE_BITS | the next of its tiles; their end */
const SHARES: usize = 320;
const SHARE_BYTES: usize = 64;
const SHARE_END: usize = 4;
const pool = memory.data(320 + 16 * 64, 64);

const TILE_BITS: u32 = 12;
const NO_TILE: u32 = (1 << 12) - 1;
/**
 * About 100 µs of looking for the next job before a thread sleeps: waking it takes some 50. What lies between the products of a
 * training step takes less.
 */
const SPINS: i32 = 4000;
/** Nanoseconds of work that could have been divided, after which threads are started: a program must be worth the start. */
const PATIENCE: f64 = 5000000;
/** Nanoseconds of work for which a second thread pays, for which it pays if none must be woken, and the least for a tile. */
const WORTH: f64 = 40000;
const WORTH_AWAKE: f64 = 15000;
const TILE_WORK: f64 = 6000;

/** Bytes of memory that a thread needs of its own. */
export const THREAD_BYTES: usize = ((ARGS_SIZE + 63) & ~63) + ((ARENA_BYTES + 63) & ~63) + COPY_ARENA_BYTES;

/** this thread's argument block for parts of a job, and which share of the workspace is its; the main thread's is 0 */
let ownBlock: usize = memory.data(800 + 16 * (32 + 128), 16);
let ownIndex: i32 = 0;
/** of the main thread */
let job: u32 = 0;
export let threadLimit: i32 = 1;
let waited: f64 = 0;

/** The most threads that work from now on, the main thread among them. */
export function setThreads(count: i32): void {
  threadLimit = min(count, MOST);
  waited = 0;
}

/** How many threads there are beside the main one. */
export function servingThreads(): i32 {
  return atomic.load<i32>(pool + SERVING);
}

let quotient: f64 = 1;

/** Some 30 ns that leave the core's units to the thread beside it: divisions that wait for one another. wasm has no pause. */
// @ts-ignore: decorator
@inline function pause(): void {
  quotient = 3 / (3 / (3 / (3 / (3 / (3 / (3 / (3 / quotient)))))));
}

/** What a thread of the pool does until the program ends; `own` is the address of THREAD_BYTES. */
export function serve(own: usize): void {
  ownBlock = own;
  setProgramArena(own + ((ARGS_SIZE + 63) & ~63));
  setCopyArena(own + ((ARGS_SIZE + 63) & ~63) + ((ARENA_BYTES + 63) & ~63));
  let seen = atomic.load<i32>(pool + JOBS);
  ownIndex = atomic.add<i32>(pool + SERVING, 1) + 1;
  while (true) {
    let spins = 0;
    while (atomic.load<i32>(pool + JOBS) == seen) {
      pause();
      if (++spins < SPINS) continue;
      atomic.add<i32>(pool + SLEEPING, 1);
      atomic.wait<i32>(pool + JOBS, seen, -1);
      atomic.sub<i32>(pool + SLEEPING, 1);
    }
    seen = atomic.load<i32>(pool + JOBS);
    takeTiles();
  }
}

/**
 * Does tiles of the current job until none is left: first those of this thread's own share, which is the same part of the whole
 * in every job, so that what a thread wrote is in its cache when it reads it; then those of others. Half of what a share still
 * has is taken at once: a kernel that packs an operand packs it for few large parts, and small ones are left for the end.
 */
function takeTiles(): void {
  let share = ownIndex;
  while (true) {
    const at = shareOf(share);
    // A ticket holds the job's number: a thread that comes late takes no tile of a job of which it has read nothing, since the
    // exchange fails.
    const ticket = atomic.load<u32>(at);
    const tile = <i32>(ticket & NO_TILE);
    const end = atomic.load<i32>(at + SHARE_END);
    const threads = load<i32>(pool + THREADS);
    if (ownIndex >= threads) return;
    if (tile >= end) {
      if (++share >= threads) share = 0;
      if (share == ownIndex) return;
      continue;
    }
    const count = (end - tile + 1) >> 1;
    if (atomic.cmpxchg<u32>(at, ticket, ticket + <u32>count) != ticket) continue;
    const step = load<i32>(pool + UNITS_A_TILE);
    const begin = tile * step;
    const workspace = load<usize>(pool + WORKSPACE) + <usize>ownIndex * load<usize>(pool + WORKSPACE_BYTES);
    const last = min(begin + count * step, load<i32>(pool + UNITS));
    runPart(args, begin, last, changetype<Args>(ownBlock), ARGS_SIZE, workspace);
    atomic.add<i32>(pool + FINISHED, count);
  }
}

/** Runs the argument block on the CPU, on several threads where there are any and it pays. */
export function runThreaded(): void {
  const work = workOf(args);
  if (work < WORTH_AWAKE) return runCpu(args);
  const threads = min(threadLimit, 1 + atomic.load<i32>(pool + SERVING));
  if (work < WORTH && (threads < 2 || atomic.load<i32>(pool + SLEEPING) != 0)) return runCpu(args);
  if (threads < threadLimit && waited < PATIENCE) {
    waited += work;
    if (waited >= PATIENCE) wantThreads();
  }
  if (threads < 2) return runCpu(args);
  const units = unitsOf(args);
  if (units < 2) return runCpu(args);
  fork(units, min(<i32>(work / TILE_WORK), tilesFor(args, threads)), threads);
}

// @ts-ignore: decorator
@inline function shareOf(thread: i32): usize {
  return pool + SHARES + <usize>thread * SHARE_BYTES;
}

function fork(units: i32, tiles: i32, threads: i32): void {
  const step = (units + tiles - 1) / tiles;
  const bytes = sharesWorkspace(args) ? <usize>0 : (args.workspaceBytes + 127) & ~(<usize>127);
  const workspace = bytes != 0 ? (temporary(bytes * <usize>threads + 64) + 63) & ~(<usize>63) : args.workspace;
  // closed for those who come late
  for (let i = 0; i < MOST; i++) atomic.store<u32>(shareOf(i), (job << TILE_BITS) | NO_TILE);
  store<i32>(pool + UNITS, units);
  store<i32>(pool + UNITS_A_TILE, step);
  store<i32>(pool + THREADS, threads);
  store<usize>(pool + WORKSPACE, workspace);
  store<usize>(pool + WORKSPACE_BYTES, bytes);
  const count = (units + step - 1) / step;
  atomic.store<i32>(pool + FINISHED, 0);
  for (let i = 0; i < threads; i++) atomic.store<i32>(shareOf(i) + SHARE_END, ((i + 1) * count) / threads);
  job++;
  for (let i = 0; i < threads; i++) {
    atomic.store<u32>(shareOf(i), (job << TILE_BITS) | (<u32>((i * count) / threads)));
  }
  atomic.add<i32>(pool + JOBS, 1);
  if (atomic.load<i32>(pool + SLEEPING) > 0) atomic.notify(pool + JOBS, threads - 1);
  takeTiles();
  while (atomic.load<i32>(pool + FINISHED) < count) pause();
  afterParts(args);
}
