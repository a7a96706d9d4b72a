// The autorelease pool: whatever an op creates is owned by the pool and dies when the outermost call from JavaScript
// ends, unless something else holds it by then. Op code therefore frees nothing and may be left at any point by an error.
//
// An entry is the address of a tensor (one reference), or the address of a raw block with the low bit set; under
// the latter stands the block's byte count.
import { allocate, free } from "./allocator";
import { Tensor } from "../tensor/tensor";

let entries: usize = 0;
let capacity: i32 = 0;
let top: i32 = 0;

/** the first entry that belongs to the innermost call from JavaScript */
export let poolBase: i32 = 0;

// @ts-ignore: decorator
@inline export function poolTop(): i32 {
  return top;
}

export function setPoolBase(base: i32): void {
  poolBase = base;
}

function reserve(): void {
  const grown = capacity == 0 ? 1024 : capacity * 2;
  const moved = allocate((<usize>grown) << 2);
  if (capacity != 0) {
    memory.copy(moved, entries, (<usize>capacity) << 2);
    free(entries, (<usize>capacity) << 2);
  }
  entries = moved;
  capacity = grown;
}

/** Hands the caller's reference to `t` to the pool. */
export function autorelease(t: Tensor): Tensor {
  if (top == capacity) reserve();
  store<usize>(entries + ((<usize>top) << 2), changetype<usize>(t));
  top++;
  return t;
}

/** Memory that lives until the pool is drained. */
export function temporary(bytes: usize): usize {
  if (top + 2 > capacity) reserve();
  const block = allocate(bytes);
  const entry = entries + ((<usize>top) << 2);
  store<usize>(entry, bytes);
  store<usize>(entry, block | 1, 4);
  top += 2;
  return block;
}

/** Releases all entries from `mark` up. */
export function drain(mark: i32): void {
  while (top > mark) {
    const entry = load<usize>(entries + ((<usize>--top) << 2));
    if (entry & 1) free(entry & ~1, load<usize>(entries + ((<usize>--top) << 2)));
    else changetype<Tensor>(entry).release();
  }
}
