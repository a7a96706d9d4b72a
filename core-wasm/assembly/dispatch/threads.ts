// Fork and join. Every thread of the pool is an instance of this module on the same memory, which sits in `serve` and takes
// tiles of whatever job the main thread has laid out; the main thread takes tiles, too, and goes on when all are done. Only
// kernels run on threads: allocation, shapes and the tape are the main thread's alone.
import { temporary } from "../memory/pool";
import { setCopyArena, COPY_ARENA_BYTES } from "../kernels/copy";
import { setProgramArena, ARENA_BYTES } from "../kernels/program/interpreter";
import { ARGS_SIZE, Args, args } from "./args";
import { runCpu } from "./kernel";
import { runPart, tilesFor, unitsOf, workOf } from "./split";

/** There has been work for more threads than there are: the host starts them. */
@external("env", "wantThreads")
declare function wantThreads(): void;

// The job and its counters, each on a cache line of its own.
/** number of the job << TILE_BITS | the next tile */
const TICKET: usize = 0;
const TILES: usize = 64;
const FINISHED: usize = 128;
/** counts jobs: what idle threads wait for */
const JOBS: usize = 192;
/** threads that are there */
const SERVING: usize = 256;
/** threads that sleep */
const SLEEPING: usize = 320;
const UNITS: usize = 448;
const UNITS_A_TILE: usize = 452;
const THREADS: usize = 456;
const WORKSPACE: usize = 460;
const WORKSPACE_BYTES: usize = 464;
const pool = memory.data(512, 64);

const TILE_BITS: u32 = 12;
const NO_TILE: u32 = (1 << 12) - 1;
/** About 20 µs of looking for the next job before a thread sleeps. */
const SPINS: i32 = 4000;
/** Nanoseconds of work that could have been divided, after which threads are started: a program must be worth the start. */
const PATIENCE: f64 = 5000000;
/** Nanoseconds of work for which a second thread pays, and the least for a tile. */
const WORTH: f64 = 40000;
const TILE_WORK: f64 = 15000;

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
  threadLimit = count;
  waited = 0;
}

/** How many threads there are beside the main one. */
export function servingThreads(): i32 {
  return atomic.load<i32>(pool + SERVING);
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
 * Does tiles of the current job until none is left. A ticket holds the job's number, so that a thread that comes late takes no
 * tile of a job of which it has read nothing: the exchange fails.
 */
function takeTiles(): void {
  while (true) {
    const ticket = atomic.load<u32>(pool + TICKET);
    const tile = ticket & NO_TILE;
    if (tile >= <u32>atomic.load<i32>(pool + TILES) || ownIndex >= load<i32>(pool + THREADS)) return;
    if (atomic.cmpxchg<u32>(pool + TICKET, ticket, ticket + 1) != ticket) continue;
    const step = load<i32>(pool + UNITS_A_TILE);
    const begin = <i32>tile * step;
    const end = min(begin + step, load<i32>(pool + UNITS));
    const workspace = load<usize>(pool + WORKSPACE) + <usize>ownIndex * load<usize>(pool + WORKSPACE_BYTES);
    runPart(args, begin, end, changetype<Args>(ownBlock), ARGS_SIZE, workspace);
    atomic.add<i32>(pool + FINISHED, 1);
  }
}

/** Runs the argument block on the CPU, on several threads where there are any and it pays. */
export function runThreaded(): void {
  const work = workOf(args);
  if (work < WORTH) return runCpu(args);
  const threads = min(threadLimit, 1 + atomic.load<i32>(pool + SERVING));
  if (threads < threadLimit && waited < PATIENCE) {
    waited += work;
    if (waited >= PATIENCE) wantThreads();
  }
  if (threads < 2) return runCpu(args);
  const units = unitsOf(args);
  if (units < 2) return runCpu(args);
  fork(units, min(<i32>(work / TILE_WORK), tilesFor(args, threads)), threads);
}

function fork(units: i32, tiles: i32, threads: i32): void {
  const step = (units + tiles - 1) / tiles;
  const bytes = (args.workspaceBytes + 127) & ~127;
  const workspace = bytes != 0 ? (temporary(bytes * <usize>threads + 64) + 63) & ~63 : 0;
  atomic.store<u32>(pool + TICKET, (job << TILE_BITS) | NO_TILE);
  store<i32>(pool + UNITS, units);
  store<i32>(pool + UNITS_A_TILE, step);
  store<i32>(pool + THREADS, threads);
  store<usize>(pool + WORKSPACE, workspace);
  store<usize>(pool + WORKSPACE_BYTES, bytes);
  const count = (units + step - 1) / step;
  atomic.store<i32>(pool + FINISHED, 0);
  atomic.store<i32>(pool + TILES, count);
  job++;
  atomic.store<u32>(pool + TICKET, job << TILE_BITS);
  atomic.add<i32>(pool + JOBS, 1);
  if (atomic.load<i32>(pool + SLEEPING) > 0) atomic.notify(pool + JOBS, threads - 1);
  takeTiles();
  while (atomic.load<i32>(pool + FINISHED) < count) {}
}
