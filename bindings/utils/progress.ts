// A progress line around a loop, as tqdm draws it.

import { host } from "../boot.ts";
import { checkOptions, isOptions } from "../tensor/call.ts";

export interface ProgressOptions {
  /** What stands before the bar. */
  desc?: string;
  /** How many items there are, where the source does not say. */
  total?: number;
  /** What is counted (default "it"). */
  unit?: string;
  /** Draws nothing (default false). */
  disable?: boolean;
}

const WIDTH = 20;
const EIGHTHS = " ▏▎▍▌▋▊▉█";
/** Redrawing more often than this costs more than it shows. */
const REDRAW_MS = 100;

const clock = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return `${hours > 0 ? `${hours}:` : ""}${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
};

function bar(share: number): string {
  const eighths = Math.floor(Math.min(1, share) * WIDTH * 8);
  const full = EIGHTHS[8]!.repeat(eighths >> 3);
  return (full + (eighths & 7 ? EIGHTHS[eighths & 7]! : "")).padEnd(WIDTH);
}

/**
 * What `progress` gives: the items of its source, with a line that is drawn as they are taken.
 * @example
 * const bar = torch.utils.progress([1, 2], { desc: "epoch 1", disable: true });
 * [...bar]; // [1, 2]
 */
export class ProgressBar<T> {
  private readonly source: Iterable<T> | AsyncIterable<T> | undefined;
  private readonly unit: string;
  private readonly disabled: boolean;
  private desc: string;
  private postfix = "";
  total: number;
  /** Items so far. */
  n = 0;
  private startedAt = 0;
  private drawnAt = 0;
  private line: { update(value: number, total?: number, text?: string): void; done(): void } | undefined;

  constructor(source: Iterable<T> | AsyncIterable<T> | undefined, options: ProgressOptions) {
    checkOptions(options, ["desc", "total", "unit", "disable"], "progress");
    this.source = source;
    this.desc = options.desc ?? "";
    this.unit = options.unit ?? "it";
    this.disabled = options.disable ?? false;
    this.total = options.total ?? sizeOf(source);
  }

  /**
   * Shows numbers behind the bar.
   * @example
   * const bar = torch.utils.progress([1, 2], { desc: "epoch 1", disable: true });
   * bar.setPostfix({ loss: 0.25 });
   * String(bar).endsWith(", loss=0.250]"); // true
   */
  setPostfix(values: Record<string, number | string>): void {
    const texts = Object.entries(values).map(([name, value]) => {
      const text = typeof value !== "number" || Number.isInteger(value) ? String(value) : value.toPrecision(3);
      return `${name}=${text}`;
    });
    this.postfix = texts.length > 0 ? `, ${texts.join(", ")}` : "";
  }
  /**
   * What stands before the bar.
   * @example
   * const bar = torch.utils.progress([1, 2], { desc: "epoch 1", disable: true });
   * bar.setDescription("epoch 2");
   * String(bar).startsWith("epoch 2: "); // true
   */
  setDescription(desc: string): void {
    this.desc = desc;
  }

  /**
   * The line as it is now.
   * @example
   * const bar = torch.utils.progress([1, 2], { desc: "epoch 1", disable: true });
   * String(bar).startsWith("epoch 1:   0%|"); // true
   */
  toString(): string {
    const { n, total, unit } = this;
    const seconds = this.startedAt === 0 ? 0 : (performance.now() - this.startedAt) / 1000;
    const rate = seconds > 0 ? n / seconds : 0;
    const speed =
      rate === 0 ? `?${unit}/s` : rate >= 1 ? `${rate.toFixed(2)}${unit}/s` : `${(1 / rate).toFixed(2)}s/${unit}`;
    const before = this.desc === "" ? "" : `${this.desc}: `;
    if (!(total > 0)) return `${before}${n}${unit} [${clock(seconds)}, ${speed}${this.postfix}]`;
    const percent = String(Math.floor((n / total) * 100)).padStart(3);
    const left = clock(rate > 0 ? (total - n) / rate : Infinity);
    return `${before}${percent}%|${bar(n / total)}| ${n}/${total} [${clock(seconds)}<${left}, ${speed}${this.postfix}]`;
  }

  private begin(): void {
    if (this.startedAt !== 0) return;
    this.startedAt = performance.now();
    if (!this.disabled) this.line = host().progress(this.desc, this.total);
  }
  /**
   * Counts items; for loops of one's own.
   * @example
   * const bar = torch.utils.progress(null, { total: 4, disable: true });
   * bar.update(2);
   * bar.n; // 2
   */
  update(count = 1): void {
    this.begin();
    this.n += count;
    const now = performance.now();
    if (this.line === undefined || now - this.drawnAt < REDRAW_MS) return;
    this.drawnAt = now;
    this.line.update(this.n, this.total, this.toString());
  }
  /**
   * Draws the line a last time and ends it.
   * @example
   * const bar = torch.utils.progress(null, { total: 1, disable: true });
   * bar.update();
   * bar.close();
   */
  close(): void {
    this.line?.update(this.n, this.total, this.toString());
    this.line?.done();
    this.line = undefined;
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    this.begin();
    try {
      for (const item of (this.source ?? []) as Iterable<T>) {
        yield item;
        this.update();
      }
    } finally {
      this.close();
    }
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    this.begin();
    try {
      for await (const item of this.source ?? []) {
        yield item;
        this.update();
      }
    } finally {
      this.close();
    }
  }
}

/** How many items a source says that it has, 0 if it does not. */
function sizeOf(source: unknown): number {
  try {
    const { length, size } = (source ?? {}) as { length?: unknown; size?: unknown };
    return [length, size].find((count): count is number => typeof count === "number") ?? 0;
  } catch {
    // a loader of an iterable dataset does not know
    return 0;
  }
}

/**
 * A source whose items are counted on a progress line: on a terminal's stderr, a line per tenth elsewhere, on the console of a
 * browser; as Python's tqdm. Without a source, count with `update` and end with `close`.
 * @example
 * const bar = torch.utils.progress([1, 2, 3], { desc: "epoch 1", disable: true });
 * let sum = 0;
 * for (const item of bar) bar.setPostfix({ sum: (sum += item) });
 * sum; // 6
 */
export function progress<T>(
  source?: Iterable<T> | AsyncIterable<T> | ProgressOptions | null,
  options: ProgressOptions = {},
): ProgressBar<T> {
  if (isOptions(source) && !(Symbol.iterator in source || Symbol.asyncIterator in source))
    return new ProgressBar<T>(undefined, source);
  return new ProgressBar((source ?? undefined) as Iterable<T> | AsyncIterable<T> | undefined, options);
}
