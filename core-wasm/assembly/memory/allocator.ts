// The core's allocator. Callers remember sizes, so blocks carry no header.
//
// Up to SMALL_LIMIT bytes: size classes (16-byte steps to 256, then four to a doubling), carved from 64 KiB chunks, one free
// list a class. Above: 4 KiB granules from an address-ordered free list, best fit, neighbours coalesced, so that a program
// whose shapes change does not fragment memory. Everything of 64 bytes or more is 64-byte aligned.
import { outOfMemory } from "../tensor/error";

/** JavaScript renews its views of the memory. */
@external("env", "memoryGrown")
declare function memoryGrown(): void;

const SMALL_LIMIT: usize = 32768;
const CHUNK: usize = 65536;
const GRANULE: usize = 4096;

/** heads of the free lists of the size classes */
const freeLists: usize = memory.data(64 * 4, 16);

/** bump regions: classes under 64 bytes, and the others */
let tinyTop: usize = 0;
let tinyEnd: usize = 0;
let smallTop: usize = 0;
let smallEnd: usize = 0;

/** free large regions: { next: usize, bytes: usize }, address-ordered */
let freeRegions: usize = 0;
/** end of the memory handed out so far */
let heapEnd: usize = (__heap_base + 4095) & ~(4095 as usize);

/** bytes in blocks that are in use, and the most there ever were */
export let liveBytes: f64 = 0;
export let peakBytes: f64 = 0;
/** a limit set by the user, for tests and for hosts with little memory; 0 = none */
let byteLimit: f64 = 0;

export function setByteLimit(bytes: f64): void {
  byteLimit = bytes;
}

/** the bytes of wasm memory that the heap spans */
export function reservedBytes(): f64 {
  return <f64>(heapEnd - __heap_base);
}

// @ts-ignore: decorator
@inline function classOf(bytes: usize): i32 {
  if (bytes <= 256) return bytes == 0 ? 0 : <i32>((bytes - 1) >> 4); // 16, 32 … 256: classes 0..15
  const log = 31 - <i32>clz<u32>(<u32>(bytes - 1)); // 8 for 257..512
  return 16 + ((log - 8) << 2) + <i32>(((bytes - 1) >> (<usize>(log - 2))) & 3);
}

// @ts-ignore: decorator
@inline function classBytes(index: i32): usize {
  if (index < 16) return <usize>((index + 1) << 4);
  const log = ((index - 16) >> 2) + 8;
  const step: usize = 1 << (log - 2);
  return 4 * step + step * <usize>(((index - 16) & 3) + 1);
}

/** Returns uninitialised memory, or raises OutOfMemoryError. */
export function allocate(bytes: usize): usize {
  if (bytes > SMALL_LIMIT) return allocateLarge(bytes);
  const index = classOf(bytes);
  const size = classBytes(index);
  const slot = freeLists + ((<usize>index) << 2);
  let block = load<usize>(slot);
  if (block != 0) {
    store<usize>(slot, load<usize>(block));
  } else if (size < 64) {
    if (tinyTop + size > tinyEnd) {
      tinyTop = takeRegion(CHUNK);
      tinyEnd = tinyTop + CHUNK;
    }
    block = tinyTop;
    tinyTop += size;
  } else {
    const step = (size + 63) & ~(63 as usize);
    if (smallTop + step > smallEnd) {
      smallTop = takeRegion(CHUNK);
      smallEnd = smallTop + CHUNK;
    }
    block = smallTop;
    smallTop += step;
  }
  count(<f64>size);
  return block;
}

/** Gives back a block that was allocated with the same size. */
export function free(block: usize, bytes: usize): void {
  if (bytes > SMALL_LIMIT) {
    const size = (bytes + GRANULE - 1) & ~(GRANULE - 1);
    liveBytes -= <f64>size;
    giveRegion(block, size);
    return;
  }
  const index = classOf(bytes);
  const slot = freeLists + ((<usize>index) << 2);
  store<usize>(block, load<usize>(slot));
  store<usize>(slot, block);
  liveBytes -= <f64>classBytes(index);
}

// @ts-ignore: decorator
@inline function count(bytes: f64): void {
  liveBytes += bytes;
  if (liveBytes > peakBytes) peakBytes = liveBytes;
}

function allocateLarge(bytes: usize): usize {
  const size = (bytes + GRANULE - 1) & ~(GRANULE - 1);
  if (size < bytes || (byteLimit > 0 && liveBytes + <f64>size > byteLimit)) outOfMemory(<f64>bytes);
  const block = takeRegion(size);
  count(<f64>size);
  return block;
}

function takeRegion(size: usize): usize {
  let best: usize = 0;
  let bestPrevious: usize = 0;
  let previous: usize = 0;
  for (let region = freeRegions; region != 0; region = load<usize>(region)) {
    const bytes = load<usize>(region, 4);
    if (bytes >= size && (best == 0 || bytes < load<usize>(best, 4))) {
      best = region;
      bestPrevious = previous;
      if (bytes == size) break;
    }
    previous = region;
  }
  if (best != 0) {
    const rest = load<usize>(best, 4) - size;
    let next = load<usize>(best);
    if (rest > 0) {
      const tail = best + size;
      store<usize>(tail, next);
      store<usize>(tail, rest, 4);
      next = tail;
    }
    if (bestPrevious == 0) freeRegions = next;
    else store<usize>(bestPrevious, next);
    return best;
  }
  const start = heapEnd;
  const end = <u64>start + <u64>size;
  const have = (<u64>memory.size()) << 16;
  if (end > have) {
    // grow by an eighth at least, so that a growing program does not detach JavaScript's views at every step
    const pages = <i32>((end - have + 65535) >> 16);
    const generous = max(pages, memory.size() >> 3);
    if (memory.grow(generous) < 0 && (pages == generous || memory.grow(pages) < 0)) outOfMemory(<f64>size);
    memoryGrown();
  }
  heapEnd = <usize>end;
  return start;
}

function giveRegion(block: usize, size: usize): void {
  let previous: usize = 0;
  let next = freeRegions;
  while (next != 0 && next < block) {
    previous = next;
    next = load<usize>(next);
  }
  if (next != 0 && block + size == next) {
    size += load<usize>(next, 4);
    next = load<usize>(next);
  }
  if (previous != 0 && previous + load<usize>(previous, 4) == block) {
    store<usize>(previous, load<usize>(previous, 4) + size, 4);
    store<usize>(previous, next);
    return;
  }
  store<usize>(block, next);
  store<usize>(block, size, 4);
  if (previous == 0) freeRegions = block;
  else store<usize>(previous, block);
}
