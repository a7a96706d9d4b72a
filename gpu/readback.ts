// Reading buffers back: copies into mapped staging buffers, which are pooled by size class. With every read comes the
// fault buffer, so that what a kernel found wrong is known before its results are used.

import { sizeClass } from "./buffers.ts";
import { BufferUsage, MAP_READ } from "./device.ts";
import { FAULT_BYTES, faultError } from "./faults.ts";

/** staging buffers of one class kept for reuse */
const KEPT = 8;

export class StagingPool {
  readonly #device: GPUDevice;
  readonly #free = new Map<number, GPUBuffer[]>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * Encodes the copy of `size` bytes (a multiple of 4) from byte `offset` (too) and gives them when the commands have run.
   * @param submit called at the end of the running microtasks, so that reads of one task share a submit
   */
  async read(
    encoder: GPUCommandEncoder,
    buffer: GPUBuffer,
    offset: number,
    size: number,
    faults: GPUBuffer,
    submit: () => void,
  ): Promise<Uint8Array> {
    const bytes = sizeClass(size + FAULT_BYTES);
    const staging =
      this.#free.get(bytes)?.pop() ??
      this.#device.createBuffer({ size: bytes, usage: BufferUsage.MapRead | BufferUsage.CopyTarget });
    encoder.copyBufferToBuffer(faults, 0, staging, 0, FAULT_BYTES);
    if (size > 0) encoder.copyBufferToBuffer(buffer, offset, staging, FAULT_BYTES, size);
    await Promise.resolve();
    submit();
    await staging.mapAsync(MAP_READ, 0, FAULT_BYTES + size);
    const mapped = new Uint8Array(staging.getMappedRange(0, FAULT_BYTES + size)).slice();
    staging.unmap();
    const list = this.#free.get(bytes) ?? [];
    this.#free.set(bytes, list);
    if (list.length < KEPT) list.push(staging);
    else staging.destroy();
    const fault = faultError(new Int32Array(mapped.buffer, 0, FAULT_BYTES / 4));
    if (fault !== undefined) {
      this.#device.queue.writeBuffer(faults, 0, new Uint32Array(FAULT_BYTES / 4));
      throw fault;
    }
    return mapped.subarray(FAULT_BYTES);
  }
}
