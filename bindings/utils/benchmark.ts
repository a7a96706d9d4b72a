// torch.utils.benchmark: how long something takes, measured until it can be said.

import { RuntimeError } from "../error.ts";
import { checkOptions } from "../tensor/call.ts";
import { memoryStats } from "../memory/stats.ts";
import { isLost, synchronize } from "../webgpu.ts";

/**
 * Times of a statement, in seconds.
 * Follows torch.utils.benchmark.Measurement.
 * @example
 * new torch.utils.benchmark.Measurement([0.1, 0.3], 1, "step").mean; // 0.2
 */
export class Measurement {
  /** One per run of `numberPerRun` calls: the time of a call. */
  readonly times: readonly number[];
  readonly numberPerRun: number;
  readonly label: string;

  constructor(times: readonly number[], numberPerRun: number, label: string) {
    this.times = times;
    this.numberPerRun = numberPerRun;
    this.label = label;
  }
  private quantile(share: number): number {
    const sorted = [...this.times].sort((a, b) => a - b);
    const at = (sorted.length - 1) * share;
    const below = Math.floor(at);
    return sorted[below]! + (at - below) * ((sorted[below + 1] ?? sorted[below]!) - sorted[below]!);
  }
  get median(): number {
    return this.quantile(0.5);
  }
  get mean(): number {
    return this.times.reduce((sum, time) => sum + time, 0) / this.times.length;
  }
  /** The distance of the quartiles. */
  get iqr(): number {
    return this.quantile(0.75) - this.quantile(0.25);
  }
  /**
   * The label, the median and the spread.
   * Follows torch.utils.benchmark.Measurement.
   * @example
   * String(new torch.utils.benchmark.Measurement([0.1, 0.3], 1, "step")).startsWith("step"); // true
   */
  toString(): string {
    const text = (seconds: number): string => {
      const [unit, scale] =
        seconds >= 1 ? ["s", 1] : seconds >= 1e-3 ? ["ms", 1e3] : seconds >= 1e-6 ? ["us", 1e6] : ["ns", 1e9];
      return `${(seconds * (scale as number)).toFixed(2)} ${unit}`;
    };
    const runs = `${this.times.length} run${this.times.length === 1 ? "" : "s"} of ${this.numberPerRun}`;
    return `${this.label}\n  Median: ${text(this.median)}\n  IQR:    ${text(this.iqr)}\n  ${runs} calls`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

export interface TimerOptions {
  /** What is measured, sync or async. */
  stmt: () => unknown;
  /** Runs once before. */
  setup?: () => unknown;
  label?: string;
}

/**
 * Measures a function, with what it left to the GPU; follows torch.utils.benchmark.Timer.
 * @example
 * const a = torch.ones(8, 8);
 * const timer = new torch.utils.benchmark.Timer({ stmt: () => a.matmul(a), label: "matmul" });
 * (await timer.timeit(10)).numberPerRun; // 10
 */
export class Timer {
  private readonly options: TimerOptions;
  private isReady = false;
  /** @throws TypeError for an unknown option */
  constructor(options: TimerOptions) {
    checkOptions(options, ["stmt", "setup", "label"], "Timer");
    this.options = options;
  }

  private async seconds(count: number): Promise<number> {
    const { stmt, setup } = this.options;
    if (!this.isReady) await setup?.();
    this.isReady = true;
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const result = stmt();
      if (result instanceof Promise) await result;
    }
    if (memoryStats().webgpu.tensors > 0 && !isLost()) await synchronize();
    return (performance.now() - start) / 1000;
  }
  private measurement(times: number[], count: number): Measurement {
    return new Measurement(times, count, this.options.label ?? String(this.options.stmt));
  }

  /**
   * One run of `number` calls, after a short one to warm up.
   * Follows torch.utils.benchmark.Timer.timeit.
   * @example
   * const timer = new torch.utils.benchmark.Timer({ stmt: () => torch.ones(2).add(1) });
   * (await timer.timeit(10)).median > 0; // true
   */
  async timeit(number = 1000): Promise<Measurement> {
    await this.seconds(Math.max(1, Math.floor(number / 100)));
    return this.measurement([(await this.seconds(number)) / number], number);
  }
  /**
   * Runs of as many calls as the clock needs, until they have taken `minRunTime` seconds.
   * Follows torch.utils.benchmark.Timer.blocked_autorange.
   * @example
   * const timer = new torch.utils.benchmark.Timer({ stmt: () => torch.ones(2).add(1) });
   * (await timer.blockedAutorange({ minRunTime: 0.01 })).median > 0; // true
   */
  async blockedAutorange(options: { minRunTime?: number } = {}): Promise<Measurement> {
    checkOptions(options, ["minRunTime"], "blockedAutorange");
    const { minRunTime = 0.2 } = options;
    let count = 1;
    for (;;) {
      const seconds = await this.seconds(count);
      if (seconds > minRunTime / 1000 && seconds > 1e-4) break;
      if (seconds === 0 && count >= 1e6) throw new RuntimeError("this host's clock stands still while it computes");
      count *= 10;
    }
    const times: number[] = [];
    let total = 0;
    while (total < minRunTime) {
      const seconds = await this.seconds(count);
      times.push(seconds / count);
      total += seconds;
    }
    return this.measurement(times, count);
  }
}
