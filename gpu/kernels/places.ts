// Index tensors: from an index to a place in its dim, which never leaves the dim.

import type { Writer } from "../wgsl/writer.ts";

/**
 * The name of a function (index: vec2<u32>, size: u32) → i32: the place that an int64 index stands for, negative ones
 * counted from the end, or -1 where there is none.
 */
export function placeOf(w: Writer): string {
  return w.define(
    "placeOf",
    `fn placeOf(index: vec2<u32>, size: u32) -> i32 {
  let low = bitcast<i32>(index.x);
  let narrow = index.y == bitcast<u32>(low >> 31u);
  let place = select(low, low + i32(size), low < 0);
  return select(-1, place, narrow && place >= 0 && place < i32(size));
}`,
  );
}

/**
 * A statement that raises the call's fault where `place` is negative or, for ops that do not count from the end, the index
 * is. Words `at`, `at + 1`: the code with the dim, and whether negative indices are faults. Nothing without a code.
 */
export function raiseFault(w: Writer, faults: boolean, index: string, place: string, size: string, at: number): string {
  if (!faults) return "";
  const negative = `(${w.u32(at + 1)} == 1u && bitcast<i32>(${index}.y) < 0)`;
  return `if (${place} < 0 || ${negative}) { ${w.fault()}(${w.u32(at)}, ${index}.x, ${size}); }`;
}

/** The two words that raiseFault reads. `code` as the core has it: fault code, bit 7 where negative indices are faults. */
export function faultWords(code: number, dim: number): [number, number] {
  return [(code & 127) | (dim << 8), (code >> 7) & 1];
}
