// Parameters of kernels. Where WGSL has immediates and the parameters are few, they travel with the commands; else they
// stand in a uniform buffer, each dispatch with its own offset, written in one piece when the commands are submitted.

import type { Bound } from "./call.ts";
import { BufferUsage, COMPUTE_STAGE } from "./device.ts";

const RING_BYTES = 128 << 10;
/** bytes of the binding, so that one bind group serves all dispatches */
const WINDOW = 1024;
/** words that a dispatch may have, offsets of its operands included */
export const MAX_WORDS = WINDOW / 4;

export class ParameterRing {
  readonly layout: GPUBindGroupLayout;
  readonly #device: GPUDevice;
  readonly #buffer: GPUBuffer;
  readonly #group: GPUBindGroup;
  readonly #data = new Int32Array(RING_BYTES / 4);
  readonly #alignment: number;
  readonly #offsets = new Uint32Array(1);
  /** in words */
  #used = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#alignment = device.limits.minUniformBufferOffsetAlignment / 4;
    this.#buffer = device.createBuffer({
      size: RING_BYTES + WINDOW,
      usage: BufferUsage.Uniform | BufferUsage.CopyTarget,
    });
    this.layout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: COMPUTE_STAGE, buffer: { type: "uniform", hasDynamicOffset: true } }],
    });
    this.#group = device.createBindGroup({
      layout: this.layout,
      entries: [{ binding: 0, resource: { buffer: this.#buffer, size: WINDOW } }],
    });
  }

  hasRoom(words: number): boolean {
    if (words > MAX_WORDS) throw new Error(`a dispatch with ${words} words of parameters`);
    return this.#used + words + this.#alignment <= this.#data.length;
  }

  /** Lays down the operands' offsets and the words; returns the byte offset. */
  push(operands: readonly Bound[], words: readonly number[]): number {
    const start = this.#used;
    const data = this.#data;
    let at = start;
    for (let k = 0; k < operands.length; k++) data[at++] = operands[k]!.offset;
    for (let j = 0; j < words.length; j++) data[at++] = words[j]!;
    this.#used = Math.ceil(at / this.#alignment) * this.#alignment;
    return start * 4;
  }

  bind(pass: GPUComputePassEncoder, offset: number): void {
    this.#offsets[0] = offset;
    pass.setBindGroup(1, this.#group, this.#offsets, 0, 1);
  }

  /** Writes what the commands about to be submitted need. */
  write(): void {
    if (this.#used === 0) return;
    this.#device.queue.writeBuffer(this.#buffer, 0, this.#data, 0, Math.min(this.#used, this.#data.length));
    this.#used = 0;
  }
}
