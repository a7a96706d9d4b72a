// Parameters of kernels. Where WGSL has immediates and the parameters are few, they travel with the commands; else they
// stand in a uniform buffer, each dispatch with its own offset, written in one piece when the commands are submitted.

import type { Bound } from "./call.ts";
import { BufferUsage, COMPUTE_STAGE } from "./device.ts";

const RING_BYTES = 128 << 10;
/** bytes of the binding, so that one bind group serves all dispatches */
const WINDOW = 1024;
/** words that a dispatch may have, offsets of its operands included */
export const MAX_WORDS = WINDOW / 4;

/** The parameters are a struct of vectors of four. */
const roundUp = (words: number): number => (words + 3) & ~3;

export class ParameterRing {
  readonly #layout: GPUBindGroupLayout;
  /** words that immediates can hold */
  readonly #immediateWords: number;
  readonly #words = new Int32Array(64);
  readonly #device: GPUDevice;
  readonly #buffer: GPUBuffer;
  readonly #group: GPUBindGroup;
  readonly #data = new Int32Array(RING_BYTES / 4);
  readonly #alignment: number;
  readonly #offsets = new Uint32Array(1);
  /** in words */
  #used = 0;

  constructor(device: GPUDevice, languageFeatures: ReadonlySet<string>) {
    this.#device = device;
    this.#alignment = device.limits.minUniformBufferOffsetAlignment / 4;
    const limit = (device.limits as { maxImmediateSize?: number }).maxImmediateSize ?? 0;
    this.#immediateWords = languageFeatures.has("immediate_address_space")
      ? Math.min(limit / 4, this.#words.length)
      : 0;
    this.#buffer = device.createBuffer({
      size: RING_BYTES + WINDOW,
      usage: BufferUsage.Uniform | BufferUsage.CopyTarget,
    });
    this.#layout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: COMPUTE_STAGE, buffer: { type: "uniform", hasDynamicOffset: true } }],
    });
    this.#group = device.createBindGroup({
      layout: this.#layout,
      entries: [{ binding: 0, resource: { buffer: this.#buffer, size: WINDOW } }],
    });
  }

  /** Whether so many words travel as immediates. */
  takesImmediates(words: number): boolean {
    return words <= this.#immediateWords;
  }

  /** The layout of a pipeline with this bind group and, if not 0, so many words as immediates. */
  pipelineLayout(bindings: GPUBindGroupLayout, immediateWords: number): GPUPipelineLayout {
    const descriptor =
      immediateWords === 0
        ? { bindGroupLayouts: [bindings, this.#layout] }
        : { bindGroupLayouts: [bindings], immediateSize: roundUp(immediateWords) * 4 };
    return this.#device.createPipelineLayout(descriptor);
  }

  /** Sets the operands' offsets and the words for the next dispatch of the pass. */
  setImmediates(pass: GPUComputePassEncoder, operands: readonly Bound[], words: readonly number[]): void {
    const data = this.#words;
    let at = 0;
    for (let k = 0; k < operands.length; k++) data[at++] = operands[k]!.offset;
    for (let j = 0; j < words.length; j++) data[at++] = words[j]!;
    pass.setImmediates(0, data, 0, roundUp(at));
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
