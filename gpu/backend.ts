// The device as the core sees it: memory, runs of kernels, transfers.

import type { DeviceBackend, DeviceStats } from "../bindings/device.ts";
import { errorOfKind, TorchError } from "../bindings/error.ts";
import { Call } from "./call.ts";
import type { Adapter } from "./device.ts";
import { kernels } from "./kernels/index.ts";
import { Stream } from "./stream.ts";

const NOT_IMPLEMENTED = 4;
const OUT_OF_MEMORY = 5;
/** milliseconds */
const LOSS_WAIT = 500;

/** The message that a lost device answers everything with. */
function lostMessage(info: GPUDeviceLostInfo): string {
  const reason = info.reason === "destroyed" ? "it was destroyed" : info.message || "no reason given";
  return `the WebGPU device was lost (${reason}); await torch.webgpu.init() starts a new one`;
}

export class WebGpuBackend implements DeviceBackend {
  readonly adapter: Adapter;
  readonly stream: Stream;
  readonly #call = new Call();
  lost: Error | undefined;

  constructor(adapter: Adapter) {
    this.adapter = adapter;
    this.stream = new Stream(adapter, (error) => this.#fail(error));
    const { device } = adapter;
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#fail(event.error);
    });
    void device.lost.then((info) => {
      this.lost ??= errorOfKind(0, lostMessage(info));
    });
  }

  get hasHalf(): boolean {
    return this.adapter.features.has("shader-f16");
  }

  allocate(bytes: number): number {
    this.#checkLost();
    return this.stream.buffers.allocate(bytes);
  }

  free(id: number): void {
    this.stream.runWaiting();
    this.stream.buffers.free(id);
  }

  run(args: number): void {
    this.#checkLost();
    this.#call.read(args);
    const kernel = kernels[this.#call.kernel];
    if (kernel === undefined) {
      throw errorOfKind(NOT_IMPLEMENTED, `kernel ${this.#call.kernel} does not run on WebGPU`);
    }
    try {
      kernel(this.#call, this.stream);
    } finally {
      this.stream.freeTemporaries();
    }
  }

  upload(id: number, offset: number, bytes: Uint8Array): void {
    this.#checkLost();
    this.stream.upload(id, offset, bytes);
  }

  async read(id: number, offset: number, bytes: number): Promise<Uint8Array> {
    this.#checkLost();
    try {
      return await this.stream.read(id, offset, bytes);
    } catch (error) {
      if (error instanceof TorchError) throw error;
      // a read that the loss of the device interrupts fails with an error of the host's own, in Deno before the loss is told
      await Promise.race([this.adapter.device.lost, new Promise((resolve) => setTimeout(resolve, LOSS_WAIT))]);
      throw this.lost ?? error;
    }
  }

  flush(): void {
    if (this.lost === undefined) this.stream.flush();
  }

  async synchronize(): Promise<void> {
    this.#checkLost();
    await this.stream.synchronize();
    this.#checkLost();
  }

  warmup(record: () => void): Promise<void> {
    this.#checkLost();
    return this.stream.warmup(record);
  }

  stats(): DeviceStats {
    return { ...this.stream.buffers.stats(), ...this.stream.stats };
  }

  /** Ends the device: everything on it is gone. */
  destroy(): void {
    this.lost ??= errorOfKind(0, "the WebGPU device was destroyed; await torch.webgpu.init() starts a new one");
    this.adapter.device.destroy();
  }

  #checkLost(): void {
    if (this.lost !== undefined) throw this.lost;
  }

  #fail(error: GPUError): void {
    const outOfMemory = typeof GPUOutOfMemoryError !== "undefined" && error instanceof GPUOutOfMemoryError;
    this.stream.failure ??= errorOfKind(
      outOfMemory ? OUT_OF_MEMORY : 0,
      `WebGPU${outOfMemory ? " out of memory" : ""}: ${error.message}`,
    );
  }
}
