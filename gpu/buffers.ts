// Buffers in size classes. A freed buffer is reused at once: commands run in the order they were recorded, so what was
// recorded before the free has read the buffer before what comes after writes it.

import { errorOfKind } from "../bindings/error.ts";
import { BufferUsage } from "./device.ts";

const OUT_OF_MEMORY = 5;
const SMALLEST = 256;
/** free bytes that are kept for reuse, besides as many as are in use */
const KEPT_FREE = 64 << 20;

export interface PooledBuffer {
  readonly gpu: GPUBuffer;
  readonly bytes: number;
  /** number that no other buffer has ever had; part of bind groups' keys */
  readonly serial: number;
  /** the batch of commands that used it last */
  batch: number;
}

export interface PoolStats {
  /** bytes of buffers that tensors hold */
  usedBytes: number;
  usedBuffers: number;
  /** bytes of freed buffers kept for reuse */
  freeBytes: number;
  freeBuffers: number;
  /** buffers ever created */
  created: number;
}

/** The size class of a size: four to an octave, so that at most a fifth is wasted. */
export function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

// ids go on counting over lost devices, so that a tensor of a lost one is never taken for one of the new
let nextId = 1;
let nextSerial = 1;

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #live = new Map<number, PooledBuffer>();
  readonly #free = new Map<number, PooledBuffer[]>();
  readonly #destroyed: (buffer: PooledBuffer) => void;
  #usedBytes = 0;
  #freeBytes = 0;
  #freeBuffers = 0;
  #created = 0;

  /** @param destroyed called before a buffer is destroyed, which must not be while unsubmitted commands use it */
  constructor(device: GPUDevice, destroyed: (buffer: PooledBuffer) => void) {
    this.#device = device;
    this.#destroyed = destroyed;
  }

  allocate(bytes: number): number {
    const size = sizeClass(bytes);
    const limit = this.#device.limits.maxBufferSize;
    if (size > limit && bytes > limit) {
      throw errorOfKind(
        OUT_OF_MEMORY,
        `WebGPU out of memory: tried to allocate ${gib(bytes)}, but the largest buffer of this adapter is ${gib(limit)}`,
      );
    }
    const buffer = this.#free.get(size)?.pop();
    if (buffer !== undefined) {
      this.#freeBytes -= buffer.bytes;
      this.#freeBuffers--;
    }
    const id = nextId++;
    this.#live.set(id, buffer ?? this.#create(Math.min(size, limit)));
    this.#usedBytes += size;
    return id;
  }

  free(id: number): void {
    const buffer = this.#live.get(id);
    if (buffer === undefined) return; // of a lost device
    this.#live.delete(id);
    this.#usedBytes -= buffer.bytes;
    const list = this.#free.get(buffer.bytes);
    if (list === undefined) this.#free.set(buffer.bytes, [buffer]);
    else list.push(buffer);
    this.#freeBytes += buffer.bytes;
    this.#freeBuffers++;
  }

  get(id: number): PooledBuffer {
    const buffer = this.#live.get(id);
    if (buffer === undefined) throw errorOfKind(0, "the tensor's memory went with a WebGPU device that was lost");
    return buffer;
  }

  /** Gives back what is more than enough to keep; called when no unsubmitted commands exist. */
  trim(keep = KEPT_FREE + this.#usedBytes): void {
    if (this.#freeBytes <= keep) return;
    const sizes = [...this.#free.keys()].sort((a, b) => b - a);
    for (const size of sizes) {
      const list = this.#free.get(size)!;
      while (list.length > 0 && this.#freeBytes > keep) {
        const buffer = list.shift()!;
        this.#freeBytes -= buffer.bytes;
        this.#freeBuffers--;
        this.#destroyed(buffer);
        buffer.gpu.destroy();
      }
      if (list.length === 0) this.#free.delete(size);
    }
  }

  stats(): PoolStats {
    return {
      usedBytes: this.#usedBytes,
      usedBuffers: this.#live.size,
      freeBytes: this.#freeBytes,
      freeBuffers: this.#freeBuffers,
      created: this.#created,
    };
  }

  #create(size: number): PooledBuffer {
    this.#created++;
    const usage = BufferUsage.Storage | BufferUsage.CopySource | BufferUsage.CopyTarget;
    return { gpu: this.#device.createBuffer({ size, usage }), bytes: size, serial: nextSerial++, batch: 0 };
  }
}

function gib(bytes: number): string {
  return bytes >= 2 ** 29 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
