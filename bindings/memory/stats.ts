// What the runtime holds.

import { core, f64 } from "../core.ts";

/** What `torch.memoryStats` gives. Bytes are the wasm heap's, of all tensors and of the tape. */
export interface MemoryStats {
  tensors: number;
  storages: number;
  /** nodes of the tape */
  nodes: number;
  /** bytes in use */
  bytes: number;
  /** the most bytes that ever were in use */
  peakBytes: number;
  /** bytes of the wasm memory that the heap spans */
  reservedBytes: number;
  /** bytes of the whole wasm memory; it never shrinks */
  memoryBytes: number;
  /** what tensors on WebGPU hold; the pool of buffers may hold more (torch.webgpu.stats) */
  webgpu: { tensors: number; storages: number; bytes: number; peakBytes: number };
}

/**
 * The tensors, tape nodes and bytes that are alive. What garbage collection has not released yet counts as alive.
 * @example
 * torch.memoryStats().liveTensors > 0;
 */
export function memoryStats(): MemoryStats {
  const at = core.memoryStats() >>> 3;
  return {
    tensors: f64[at]!,
    storages: f64[at + 5]!,
    nodes: f64[at + 4]!,
    bytes: f64[at + 1]!,
    peakBytes: f64[at + 3]!,
    reservedBytes: f64[at + 2]!,
    memoryBytes: f64[at + 7]!,
    webgpu: { tensors: f64[at + 8]!, storages: f64[at + 9]!, bytes: f64[at + 10]!, peakBytes: f64[at + 11]! },
  };
}

/**
 * Lets allocations fail with OutOfMemoryError once more than `bytes` are in use; 0 lifts the limit. For hosts that must
 * not take what the engine would give, up to 4 GB.
 * @example
 * torch.setMemoryLimit(2 ** 31);
 */
export function setMemoryLimit(bytes: number): void {
  core.setMemoryLimit(bytes);
}
