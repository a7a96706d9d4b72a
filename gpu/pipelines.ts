// Pipelines by key, and the bind group layouts they share.

import { COMPUTE_STAGE } from "./device.ts";
import type { ParameterRing } from "./params.ts";
import { type Slot, Writer, type WriterOperand } from "./wgsl/writer.ts";

/** Bind groups of one layout, found by the serial numbers of their buffers, one after the other. */
export class BindGroupNode {
  group: GPUBindGroup | undefined;
  readonly #next = new Map<number, BindGroupNode>();

  next(serial: number): BindGroupNode {
    let node = this.#next.get(serial);
    if (node === undefined) this.#next.set(serial, (node = new BindGroupNode()));
    return node;
  }

  clear(): void {
    this.group = undefined;
    this.#next.clear();
  }
}

export interface Pipeline {
  gpu: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindGroups: BindGroupNode;
  readonly faults: boolean;
  /** parameters come as immediates, not through the ring */
  readonly immediates: boolean;
  /** the module's text, for errors and snapshots */
  readonly code: string;
  /** when it was last asked for, in questions */
  used: number;
}

/** Pipelines kept; beyond that the half that was used longest ago is left to the garbage collector. */
const PIPELINE_LIMIT = 1024;

interface Layout {
  readonly bindings: GPUBindGroupLayout;
  readonly bindGroups: BindGroupNode;
}

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #ring: ParameterRing;
  readonly #features: ReadonlySet<string>;
  readonly #fail: (error: GPUError, code: string) => void;
  /** by the kernel's key, then by the form of its operands */
  readonly #pipelines = new Map<string, Map<string | number, Pipeline>>();
  #count = 0;
  #questions = 0;
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

  get(key: string, form: string | number): Pipeline | undefined {
    const pipeline = this.#pipelines.get(key)?.get(form);
    if (pipeline !== undefined) pipeline.used = ++this.#questions;
    return pipeline;
  }

  /** The text of the modules whose key starts so. */
  sources(prefix: string): string[] {
    const found = [...this.#pipelines].filter(([key]) => key.startsWith(prefix));
    return found.flatMap(([, forms]) => [...forms.values()].map(({ code }) => code));
  }

  create(
    key: string,
    form: string | number,
    operands: readonly WriterOperand[],
    slots: readonly Slot[],
    windowBytes: number,
    words: number,
    faults: boolean,
    write: (w: Writer) => unknown,
  ): Pipeline {
    const writer = new Writer(operands, slots, windowBytes, faults, this.#features);
    write(writer);
    const immediates = this.#ring.takesImmediates(words + operands.length);
    const code = writer.finish(words, immediates);
    const device = this.#device;
    const kinds = slots.map((slot) => (slot.writable ? "w" : "r").repeat(slot.windows)).join("") + (faults ? "w" : "");
    const { bindings, bindGroups } = this.#layout(kinds);
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code, label: key });
    const layout = this.#ring.pipelineLayout(bindings, immediates ? words + operands.length : 0);
    const descriptor = { layout, compute: { module, entryPoint: "main" }, label: key };
    const used = ++this.#questions;
    const pipeline: Pipeline = { gpu: undefined!, layout: bindings, bindGroups, faults, immediates, code, used };
    if (this.asynchronous) {
      this.#track(
        device.createComputePipelineAsync(descriptor).then(
          (gpu) => {
            pipeline.gpu = gpu;
          },
          () => void this.#pipelines.get(key)?.delete(form), // the error scope reports it
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
    if (++this.#count > PIPELINE_LIMIT && !this.asynchronous) this.#forgetOldest();
    const forms = this.#pipelines.get(key);
    if (forms === undefined) this.#pipelines.set(key, new Map([[form, pipeline]]));
    else forms.set(form, pipeline);
    return pipeline;
  }

  #forgetOldest(): void {
    const stamps = [...this.#pipelines.values()].flatMap((forms) => Array.from(forms.values(), ({ used }) => used));
    const middle = stamps.sort((a, b) => a - b)[stamps.length >> 1]!;
    this.#count = 0;
    for (const [key, forms] of this.#pipelines) {
      for (const [form, { used }] of forms) if (used < middle) forms.delete(form);
      if (forms.size === 0) this.#pipelines.delete(key);
      this.#count += forms.size;
    }
  }

  /** Drops all bind groups: a buffer is about to be destroyed. */
  forgetBindGroups(): void {
    for (const { bindGroups } of this.#layouts.values()) bindGroups.clear();
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
      layout = { bindings, bindGroups: new BindGroupNode() };
      this.#layouts.set(kinds, layout);
    }
    return layout;
  }
}
