// The command stream: dispatches, uploads and copies in the order of the calls. Commands are encoded into one compute pass
// after another and submitted when a read needs them, when they are many, or when the task of the event loop ends.

import { BufferPool, type PooledBuffer } from "./buffers.ts";
import type { Bound } from "./call.ts";
import { BufferUsage, type Adapter } from "./device.ts";
import { FAULT_BYTES } from "./faults.ts";
import { ParameterRing } from "./params.ts";
import { PipelineCache, type Pipeline } from "./pipelines.ts";
import { StagingPool } from "./readback.ts";
import type { Slot, Writer } from "./wgsl/writer.ts";

/** Dispatches after which commands are submitted without being asked for. */
const BATCH_LIMIT = 512;
/** bind groups kept; then all are made anew */
const BIND_GROUP_LIMIT = 8192;
const GROUPS_PER_DIM = 65535;

export interface Dispatch {
  /** identifies the pipeline, together with dtypes, aliasing and windows of the operands, which the stream adds */
  readonly key: string;
  readonly operands: readonly Bound[];
  /** the first so many operands are written */
  readonly outputs: number;
  /** parameters as 32-bit patterns (numbers taken modulo 2³²) */
  readonly words: readonly number[];
  /** workgroups in each dim; `linear` folds a count */
  readonly groups: readonly number[];
  /** whether the code calls `w.fault()` */
  readonly faults?: boolean;
  /** the entry point's text through the writer; called when the pipeline is new */
  readonly code: (w: Writer) => unknown;
}

/** Workgroups for `n` invocations of `size` a group, folded where one dim cannot hold them. */
export function linear(n: number, size = 256): readonly number[] {
  const groups = Math.ceil(n / size);
  if (groups <= GROUPS_PER_DIM) return [groups];
  const rows = Math.ceil(groups / GROUPS_PER_DIM);
  return [Math.ceil(groups / rows), rows];
}

export interface StreamStats {
  dispatches: number;
  submits: number;
  pipelines: number;
  bindGroups: number;
}

export class Stream {
  readonly device: GPUDevice;
  readonly features: ReadonlySet<string>;
  readonly buffers: BufferPool;
  readonly pipelines: PipelineCache;
  readonly limits: GPUSupportedLimits;
  /** the adapter is a program on the CPU, where long kernels take seconds to compile */
  readonly software: boolean;
  /** it is SwiftShader, which compiles tiled convolutions, with their many gathering loads, for minutes, in gigabytes */
  readonly swiftShader: boolean;
  readonly #staging: StagingPool;
  readonly #ring: ParameterRing;
  readonly #faults: GPUBuffer;
  readonly #buffersOfCall: PooledBuffer[] = [];
  readonly #slotsOfCall: number[] = [];
  #bindGroupCount = 0;
  readonly #windowBytes: number;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pipeline: Pipeline | undefined;
  #batch = 1;
  #pending = 0;
  #temporaries: number[] = [];
  #flushScheduled = false;
  #waiting: (() => void) | undefined;
  #recording = true;
  readonly stats: StreamStats = { dispatches: 0, submits: 0, pipelines: 0, bindGroups: 0 };
  /** what the next call raises: a validation error or out of memory that the device reported */
  failure: Error | undefined;

  constructor(adapter: Adapter, fail: (error: GPUError) => void) {
    const { device } = adapter;
    this.device = device;
    this.features = adapter.features;
    this.limits = device.limits;
    const { info } = adapter;
    this.swiftShader = /swiftshader/i.test(`${info.architecture} ${info.description}`);
    this.software = this.swiftShader || info.isFallbackAdapter || /llvmpipe/i.test(info.description);
    this.buffers = new BufferPool(device, () => this.#forgetBindGroups());
    this.#ring = new ParameterRing(device, adapter.languageFeatures);
    this.pipelines = new PipelineCache(device, this.#ring, adapter.features, fail);
    this.#staging = new StagingPool(device);
    this.#faults = device.createBuffer({
      size: FAULT_BYTES,
      usage: BufferUsage.Storage | BufferUsage.CopySource | BufferUsage.CopyTarget,
    });
    this.#windowBytes = Math.floor(device.limits.maxStorageBufferBindingSize / 256) * 256;
  }

  /** Whether the whole buffer fits one binding, so that kernels may index it directly. */
  fits(operand: Bound): boolean {
    return this.buffers.get(operand.id).bytes <= this.#windowBytes;
  }

  /** Memory until the end of the kernel's run: `numel` elements of a dtype that take `bytes` each. */
  temporary(dtype: number, numel: number, bytes: number): Bound {
    const id = this.buffers.allocate(numel * bytes);
    this.#temporaries.push(id);
    return { id, offset: 0, dtype };
  }

  /** Frees what `temporary` gave; the backend calls it after every kernel. */
  freeTemporaries(): void {
    for (const id of this.#temporaries) this.buffers.free(id);
    this.#temporaries.length = 0;
  }

  /** Puts work off until the next command, read, upload or free; `runWaiting` does it at once. */
  wait(run: () => void): void {
    this.#waiting = run;
    if (!this.#flushScheduled) this.#scheduleFlush();
  }

  /** Does what was put off. What goes wrong is raised by the next call: this one may stand in the middle of a release. */
  runWaiting(): void {
    const run = this.#waiting;
    if (run === undefined) return;
    this.#waiting = undefined;
    try {
      run();
    } catch (error) {
      this.failure ??= error as Error;
    }
  }

  dispatch(d: Dispatch): void {
    this.runWaiting();
    const { operands, outputs, words } = d;
    const slotOf = this.#slotsOfCall;
    // distinct buffers become slots: WebGPU forbids to bind one twice when it is written
    const buffers = this.#buffersOfCall;
    buffers.length = 0;
    slotOf.length = 0;
    let writable = 0;
    // dtypes and slots of the operands, in a number while they fit one
    let form = 0;
    for (let k = 0; k < operands.length; k++) {
      const operand = operands[k]!;
      const buffer = this.buffers.get(operand.id);
      let slot = buffers.indexOf(buffer);
      if (slot < 0) {
        slot = buffers.length;
        buffers.push(buffer);
      }
      if (k < outputs) writable |= 1 << slot;
      slotOf.push(slot);
      form = form * 256 + operand.dtype * 16 + slot + 1;
    }
    let key: string | number = form;
    if (operands.length > 6) key = operands.map(({ dtype }, k) => `${slotOf[k]}:${dtype}`).join();
    for (let s = 0; s < buffers.length; s++) {
      if (buffers[s]!.bytes > this.#windowBytes) key = `${key}#${s}x${this.#windowsOf(buffers[s]!)}`;
    }
    const faults = d.faults === true;
    const pipeline = this.pipelines.get(d.key, key) ?? this.#newPipeline(d, key, buffers, slotOf, writable, faults);
    if (!this.#recording) return;
    if (this.failure !== undefined) this.#raiseFailure();

    if (!pipeline.immediates && !this.#ring.hasRoom(words.length + operands.length)) this.flush();
    const pass = (this.#pass ??= this.#beginPass());
    if (this.#pipeline !== pipeline) {
      pass.setPipeline(pipeline.gpu);
      this.#pipeline = pipeline;
    }
    let node = pipeline.bindGroups;
    for (const buffer of buffers) {
      node = node.next(buffer.serial);
      buffer.batch = this.#batch;
    }
    pass.setBindGroup(0, (node.group ??= this.#newBindGroup(pipeline, buffers)));
    if (pipeline.immediates) this.#ring.setImmediates(pass, operands, words);
    else this.#ring.bind(pass, this.#ring.push(operands, words));
    const [x = 1, y = 1, z = 1] = d.groups;
    pass.dispatchWorkgroups(x, y, z);
    this.stats.dispatches++;
    if (++this.#pending >= BATCH_LIMIT) this.flush();
    else if (!this.#flushScheduled) this.#scheduleFlush();
  }

  /** Copies bytes into a buffer. `bytes` may be changed as soon as this returns. */
  upload(id: number, offset: number, bytes: Uint8Array): void {
    this.runWaiting();
    if (!this.#recording) return;
    const buffer = this.buffers.get(id);
    // writes of the queue come before commands that are not submitted yet
    if (buffer.batch === this.#batch && this.#encoder !== undefined) this.flush();
    // not all hosts take shared memory, and sizes must be multiples of 4
    const shared = typeof SharedArrayBuffer !== "undefined" && bytes.buffer instanceof SharedArrayBuffer;
    const whole = bytes.byteLength % 4 === 0;
    let source = bytes;
    if (shared || !whole) {
      source = new Uint8Array((bytes.byteLength + 3) & ~3);
      source.set(bytes);
    }
    this.device.queue.writeBuffer(buffer.gpu, offset, source as Uint8Array<ArrayBuffer>);
  }

  /** The bytes of a buffer as of now. Several reads of one task share a submit. */
  read(id: number, offset: number, bytes: number): Promise<Uint8Array> {
    this.runWaiting();
    if (this.failure !== undefined) this.#raiseFailure();
    const from = offset & ~3;
    const size = ((offset + bytes + 3) & ~3) - from;
    const buffer = this.buffers.get(id);
    const encoder = this.#outsidePass();
    buffer.batch = this.#batch;
    return this.#staging
      .read(encoder, buffer.gpu, from, size, this.#faults, () => this.flush())
      .then((all) => all.subarray(offset - from, offset - from + bytes));
  }

  /** Submits what was recorded. */
  flush(): void {
    this.runWaiting();
    if (this.#encoder === undefined) return;
    this.#pass?.end();
    this.#ring.write();
    this.device.queue.submit([this.#encoder.finish()]);
    this.#encoder = undefined;
    this.#pass = undefined;
    this.#pipeline = undefined;
    this.#pending = 0;
    this.#batch++;
    this.stats.submits++;
    this.buffers.trim();
  }

  /** Waits until everything recorded so far has run; raises the fault of a kernel, if there was one. */
  async synchronize(): Promise<void> {
    await this.#staging.read(this.#outsidePass(), this.#faults, 0, 0, this.#faults, () => this.flush());
    if (this.failure !== undefined) this.#raiseFailure();
  }

  /** Runs `record` without executing anything: its pipelines are compiled, in parallel, until the promise resolves. */
  async warmup(record: () => void): Promise<void> {
    this.runWaiting();
    this.#recording = false;
    this.pipelines.asynchronous = true;
    try {
      record();
    } finally {
      this.runWaiting();
      this.#recording = true;
      this.pipelines.asynchronous = false;
    }
    await this.pipelines.settled();
  }

  #raiseFailure(): never {
    const failure = this.failure!;
    this.failure = undefined;
    throw failure;
  }

  #windowsOf(buffer: PooledBuffer): number {
    return Math.ceil(buffer.bytes / this.#windowBytes);
  }

  #newPipeline(
    d: Dispatch,
    form: string | number,
    buffers: readonly PooledBuffer[],
    slotOf: readonly number[],
    writable: number,
    faults: boolean,
  ): Pipeline {
    const slots = buffers.map((buffer, s): Slot => ({
      writable: (writable & (1 << s)) !== 0,
      windows: buffer.bytes > this.#windowBytes ? this.#windowsOf(buffer) : 1,
    }));
    const operands = d.operands.map(({ dtype }, k) => ({ dtype, slot: slotOf[k]! }));
    this.stats.pipelines++;
    return this.pipelines.create(d.key, form, operands, slots, this.#windowBytes, d.words.length, faults, d.code);
  }

  #newBindGroup(pipeline: Pipeline, buffers: readonly PooledBuffer[]): GPUBindGroup {
    if (++this.#bindGroupCount > BIND_GROUP_LIMIT) this.#forgetBindGroups();
    const entries: GPUBindGroupEntry[] = [];
    const bind = (buffer: GPUBuffer, offset: number, size: number) =>
      entries.push({ binding: entries.length, resource: { buffer, offset, size } });
    for (const { gpu, bytes } of buffers) {
      for (let at = 0; at < bytes; at += this.#windowBytes) bind(gpu, at, Math.min(this.#windowBytes, bytes - at));
    }
    if (pipeline.faults) bind(this.#faults, 0, FAULT_BYTES);
    this.stats.bindGroups++;
    return this.device.createBindGroup({ layout: pipeline.layout, entries });
  }

  #forgetBindGroups(): void {
    this.#bindGroupCount = 0;
    this.pipelines.forgetBindGroups();
  }

  #beginPass(): GPUComputePassEncoder {
    this.#encoder ??= this.device.createCommandEncoder();
    return this.#encoder.beginComputePass();
  }

  #outsidePass(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = undefined;
    this.#pipeline = undefined;
    return (this.#encoder ??= this.device.createCommandEncoder());
  }

  #scheduleFlush(): void {
    this.#flushScheduled = true;
    atEndOfTask(() => {
      this.#flushScheduled = false;
      this.flush();
    });
  }
}

/** Runs a function when the running task of the event loop, microtasks included, has ended. */
const atEndOfTask: (run: () => void) => void =
  typeof setImmediate === "function" ? (run) => void setImmediate(run) : (run) => void setTimeout(run, 0);
