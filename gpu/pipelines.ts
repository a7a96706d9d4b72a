// Pipelines by key, and the bind group layouts they share.

import { COMPUTE_STAGE } from "./device.ts";
import type { ParameterRing } from "./params.ts";
import { type Slot, Writer, type WriterOperand } from "./wgsl/writer.ts";

export interface Pipeline {
  gpu: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** start of the keys of bind groups for this layout */
  readonly prefix: string;
  readonly faults: boolean;
  /** the module's text, for errors and snapshots */
  readonly code: string;
}

interface Layout {
  readonly bindings: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #ring: ParameterRing;
  readonly #features: ReadonlySet<string>;
  readonly #fail: (error: GPUError, code: string) => void;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, Layout>();
  readonly #compiling = new Set<Promise<unknown>>();
  /** while set, pipelines are compiled in the background and cannot be run before `settled` */
  asynchronous = false;

  constructor(
    device: GPUDevice,
    ring: ParameterRing,
    features: ReadonlySet<string>,
    fail: (error: GPUError, code: string) => void,
  ) {
    this.#device = device;
    this.#ring = ring;
    this.#features = features;
    this.#fail = fail;
  }

  get(key: string): Pipeline | undefined {
    return this.#pipelines.get(key);
  }

  /** The text of the modules whose key starts so. */
  sources(prefix: string): string[] {
    return [...this.#pipelines].filter(([key]) => key.startsWith(prefix)).map(([, pipeline]) => pipeline.code);
  }

  create(
    key: string,
    operands: readonly WriterOperand[],
    slots: readonly Slot[],
    windowBytes: number,
    words: number,
    faults: boolean,
    write: (w: Writer) => unknown,
  ): Pipeline {
    const writer = new Writer(operands, slots, windowBytes, faults, this.#features);
    write(writer);
    const code = writer.finish(words);
    const device = this.#device;
    const prefix = slots.map((slot) => (slot.writable ? "w" : "r").repeat(slot.windows)).join("") + (faults ? "w" : "");
    const layout = this.#layout(prefix);
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code, label: key });
    const descriptor = { layout: layout.pipeline, compute: { module, entryPoint: "main" }, label: key };
    const pipeline: Pipeline = { gpu: undefined!, layout: layout.bindings, prefix, faults, code };
    if (this.asynchronous) {
      this.#track(
        device.createComputePipelineAsync(descriptor).then(
          (gpu) => {
            pipeline.gpu = gpu;
          },
          () => void this.#pipelines.delete(key), // the error scope reports it
        ),
      );
    } else pipeline.gpu = device.createComputePipeline(descriptor);
    this.#track(
      device.popErrorScope().then(
        (error) => {
          if (error !== null) this.#fail(error, code);
        },
        () => {}, // the device is lost, which is reported elsewhere
      ),
    );
    this.#pipelines.set(key, pipeline);
    return pipeline;
  }

  /** Resolves when no pipeline is being compiled or checked. */
  async settled(): Promise<void> {
    while (this.#compiling.size > 0) await Promise.all(this.#compiling);
  }

  #track(promise: Promise<unknown>): void {
    this.#compiling.add(promise);
    void promise.finally(() => this.#compiling.delete(promise));
  }

  #layout(kinds: string): Layout {
    let layout = this.#layouts.get(kinds);
    if (layout === undefined) {
      const bindings = this.#device.createBindGroupLayout({
        entries: Array.from(kinds, (kind, binding) => ({
          binding,
          visibility: COMPUTE_STAGE,
          buffer: { type: kind === "w" ? "storage" : "read-only-storage" },
        })),
      });
      const pipeline = this.#device.createPipelineLayout({ bindGroupLayouts: [bindings, this.#ring.layout] });
      layout = { bindings, pipeline };
      this.#layouts.set(kinds, layout);
    }
    return layout;
  }
}
