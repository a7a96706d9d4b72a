// The profiler: an interceptor of the core's ops that notes when each began and ended.

import { host } from "../boot.ts";
import { core, setCallbacks, textAt, word } from "../core.ts";
import { KernelId } from "../gen/kernels.ts";
import { synchronize } from "../webgpu.ts";
import { memoryStats } from "../memory/stats.ts";
import { Optimizer } from "../optim/optimizer.ts";
import { type Rest, take } from "../nn/arguments.ts";
import { checkOptions } from "../tensor/call.ts";
import { DTYPES, ITEM_SIZES, type DType } from "../tensor/dtype.ts";
import { handlesOf, intercept } from "../tensor/intercept.ts";
import { functionNames } from "../tensor/gradfn.ts";
import { recorder } from "./record.ts";
import { EventAverages, type ProfileEvent } from "./report.ts";

export interface ProfileOptions {
  /** Notes the shapes and types of operands (default false). */
  recordShapes?: boolean;
  /** Notes the bytes that ops allocate (default true). */
  profileMemory?: boolean;
  /** Makes events of kernels, too, by which ops and derivatives are made (default false). */
  withKernels?: boolean;
}

/** Calls of the core that are no ops, under PyTorch's names. */
const CALLS = {
  backward: "autograd::engine::backward",
  autogradGrad: "autograd::engine::grad",
  update: "optimizer::update",
};

const snakeCase = (name: string): string => name.replace(/(?<=[a-z0-9])[A-Z]/g, (c) => `_${c}`).toLowerCase();
const bytesInUse = (): number => {
  const { bytes, webgpu } = memoryStats();
  return bytes + webgpu.bytes;
};
function shapeOf(handle: number): number[] {
  const ndim = (word(handle + 4) >>> 16) & 255;
  return Array.from({ length: ndim }, (_, d) => word(handle + 48 + 4 * d));
}
const dtypeOf = (handle: number): DType => DTYPES[word(handle + 4) & 255]!;

// What the core reports: core-wasm/assembly/dispatch/observe.ts.
const [KERNEL, NODE] = [0, 1];
const KERNELS = new Map(Object.entries(KernelId).map(([name, id]) => [id as number, name]));

/** The bytes of memory that a kernel reads and writes: each operand's once, of an update's results twice. */
function bytesMoved(args: number): number {
  // the argument block: core-wasm/assembly/dispatch/args.ts
  const results = word(args) === KernelId.Update ? word(args + 288) : 0;
  let bytes = 0;
  for (let i = 0; i < word(args + 4); i++) {
    const operand = args + 800 + 160 * i;
    let count = 1;
    for (let d = 0; d < word(operand + 12); d++) {
      // what is repeated is read from memory once
      if (word(operand + 96 + 4 * d) !== 0 || word(operand + 32 + 4 * d) === 0) count *= word(operand + 32 + 4 * d);
    }
    bytes += count * ITEM_SIZES[word(operand + 8)]! * (i < results ? 2 : 1);
  }
  return bytes;
}

function nodeName(node: number): string {
  const length = core.nodeName(node);
  return functionNames.get(core.nodeCallback(node)) ?? textAt(core.messageText(), length);
}

/**
 * What was measured, and is being measured until `stop`.
 * Follows torch.profiler.profile.
 * @example
 * const profile = await torch.profiler.profile();
 * torch.ones(2).add(1);
 * profile.stop().events.length > 0; // true
 */
export class Profile {
  /** In the order of their beginnings; times in microseconds since the profile began. */
  readonly events: ProfileEvent[] = [];
  private readonly startedAt = performance.now();
  private readonly open: ProfileEvent[] = [];
  private readonly remove: () => void;
  private running = true;

  /** @throws TypeError for an unknown option */
  constructor(options: ProfileOptions = {}) {
    checkOptions(options, ["recordShapes", "profileMemory", "withKernels"], "profile");
    const { recordShapes = false, profileMemory = true, withKernels = false } = options;
    const begin = (name: string, category: string): (() => void) => {
      const parent = this.open.at(-1);
      const event: ProfileEvent = {
        name,
        category,
        start: 0,
        duration: 0,
        selfDuration: 0,
        bytes: 0,
        selfBytes: 0,
        bytesMoved: 0,
        depth: this.open.length,
      };
      this.events.push(event);
      this.open.push(event);
      const before = profileMemory ? bytesInUse() : 0;
      event.start = (performance.now() - this.startedAt) * 1000;
      return () => {
        event.duration = (performance.now() - this.startedAt) * 1000 - event.start;
        event.selfDuration += event.duration;
        event.bytes = profileMemory ? bytesInUse() - before : 0;
        event.selfBytes += event.bytes;
        const at = this.open.indexOf(event);
        if (at >= 0) this.open.splice(at, 1);
        if (parent !== undefined) {
          parent.selfDuration -= event.duration;
          parent.selfBytes -= event.bytes;
        }
      };
    };
    /** ends of what the core has begun */
    const inside: (() => void)[] = [];
    const around = <T>(name: string, category: string, run: () => T): T => {
      const level = inside.length;
      const end = begin(name, category);
      try {
        return run();
      } finally {
        // what an error has left
        while (inside.length > level) inside.pop()!();
        end();
      }
    };
    const silent = (): void => {};
    setCallbacks({
      observe: (event, address) => {
        if (event === KERNEL) {
          const name = KERNELS.get(word(address)) ?? "";
          inside.push(withKernels ? begin(`kernel::${snakeCase(name)}`, "kernel") : silent);
          const bytes = bytesMoved(address);
          for (const outer of this.open) outer.bytesMoved += bytes;
        } else if (event === NODE) {
          inside.push(begin(`autograd::engine::evaluate_function: ${nodeName(address)}`, "cpu_op"));
        } else inside.pop()?.();
      },
    });
    core.setObserving(1);

    const removeInterceptor = intercept((op, words, run) => {
      const shapes = recordShapes ? handlesOf(op, words) : [];
      const place = this.events.length;
      const inputs = shapes.map((handle) => ({ shape: shapeOf(handle), dtype: dtypeOf(handle) }));
      const answer = around(`aten::${snakeCase(op)}`, "cpu_op", () => run(...words));
      if (recordShapes) this.events[place]!.inputs = inputs;
      return answer;
    });
    const calls = core as unknown as Record<string, (...words: number[]) => number>;
    const plainCalls = { ...calls };
    for (const [call, name] of Object.entries(CALLS)) {
      const plain = calls[call]!;
      calls[call] = (...words) => around(name, "cpu_op", () => plain(...words));
    }
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const { step } = Optimizer.prototype;
    Optimizer.prototype.step = function (this: Optimizer<object>, closure?: () => unknown): unknown {
      const name = `Optimizer.step#${this.constructor.name}.step`;
      return around(name, "user_annotation", () => step.call(this, closure as () => unknown));
    } as typeof step;
    const outer = recorder.begin;
    recorder.begin = (name) => begin(name, "user_annotation");
    this.remove = () => {
      core.setObserving(0);
      setCallbacks({ observe: silent });
      recorder.begin = outer;
      Optimizer.prototype.step = step;
      for (const call of Object.keys(CALLS)) calls[call] = plainCalls[call]!;
      removeInterceptor();
    };
  }

  /**
   * Ends the measurement.
   * Follows torch.profiler.profile.stop.
   * @example
   * const profile = await torch.profiler.profile();
   * torch.ones(2).add(1);
   * profile.stop().events.length > 0; // true
   */
  stop(): this {
    if (this.running) this.remove();
    this.running = false;
    return this;
  }
  [Symbol.dispose](): void {
    this.stop();
  }

  /**
   * Sums of the events of one name, and with `groupByInputShape` of one name and one set of shapes.
   * Follows torch.profiler.profile.key_averages.
   * @example
   * const profile = await torch.profiler.profile(() => torch.ones(2).add(1));
   * profile.keyAverages().find(({ key }) => key === "aten::add").count; // 1
   */
  keyAverages(...rest: Rest<[groupByInputShape: boolean], { groupByInputShape?: boolean }>): EventAverages {
    const { groupByInputShape } = take("keyAverages", rest, { groupByInputShape: false });
    return new EventAverages(this.events, groupByInputShape);
  }

  /**
   * The events as chrome://tracing and Perfetto read them.
   * Follows torch.profiler.profile.export_chrome_trace.
   * With a path they are written there.
   * @returns the JSON, where there is no path
   * @example
   * const profile = await torch.profiler.profile(() => torch.ones(2).add(1));
   * Array.isArray(JSON.parse(profile.exportChromeTrace()).traceEvents); // true
   */
  exportChromeTrace(): string;
  exportChromeTrace(path: string | URL): Promise<void>;
  exportChromeTrace(path?: string | URL): string | Promise<void> {
    const traceEvents: object[] = [
      { ph: "M", name: "process_name", pid: 0, tid: 0, args: { name: `flambeau ${host().name}` } },
      ...this.events.map(({ name, category, start, duration, bytes, bytesMoved: moved, inputs }) => ({
        ph: "X",
        cat: category,
        name,
        pid: 0,
        tid: 0,
        ts: start,
        dur: duration,
        args: {
          Bytes: bytes,
          "Bytes Moved": moved,
          ...(inputs && {
            "Input Dims": inputs.map(({ shape }) => shape),
            "Input type": inputs.map(({ dtype }) => dtype),
          }),
        },
      })),
    ];
    const json = JSON.stringify({ schemaVersion: 1, displayTimeUnit: "ms", traceEvents });
    return path === undefined ? json : host().writeFile(path, new TextEncoder().encode(json));
  }
}

export async function runProfile(fn: () => unknown, options: ProfileOptions): Promise<Profile> {
  const profile = new Profile(options);
  try {
    await fn();
    if (memoryStats().webgpu.tensors > 0) {
      const end = recorder.begin!("webgpu::synchronize");
      await synchronize();
      end();
    }
  } finally {
    profile.stop();
  }
  return profile;
}
