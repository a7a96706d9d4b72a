// Sums over a profile, and the table that PyTorch prints of them.

import { checkOptions } from "../tensor/call.ts";
import type { DType } from "../tensor/dtype.ts";

/** A call. Times are in microseconds. */
export interface ProfileEvent {
  name: string;
  category: string;
  start: number;
  duration: number;
  /** without the events within */
  selfDuration: number;
  /** that were in use more at its end than at its beginning */
  bytes: number;
  selfBytes: number;
  /** that kernels read and wrote meanwhile */
  bytesMoved: number;
  depth: number;
  inputs?: { shape: number[]; dtype: DType }[];
}

/** All events of one name. */
export interface AveragedEvent {
  key: string;
  count: number;
  /** of all events, in microseconds */
  cpuTimeTotal: number;
  selfCpuTimeTotal: number;
  /** mean of one */
  cpuTime: number;
  cpuMemoryUsage: number;
  selfCpuMemoryUsage: number;
  /** bytes that kernels read and wrote */
  bytesMoved: number;
  inputShapes: string;
}

type SortKey = Exclude<keyof AveragedEvent, "key" | "inputShapes">;
export interface TableOptions {
  /** Largest first; PyTorch's spelling (`cpu_time_total`) is known, too. */
  sortBy?: SortKey | (string & {});
  /** Default 100. */
  rowLimit?: number;
}

const time = (micros: number): string =>
  micros >= 1e6
    ? `${(micros / 1e6).toFixed(3)}s`
    : micros >= 1000
      ? `${(micros / 1000).toFixed(3)}ms`
      : `${micros.toFixed(3)}us`;
function memory(bytes: number): string {
  const size = Math.abs(bytes);
  if (size >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(2)} Gb`;
  if (size >= 2 ** 20) return `${(bytes / 2 ** 20).toFixed(2)} Mb`;
  return size >= 1024 ? `${(bytes / 1024).toFixed(2)} Kb` : `${bytes} b`;
}

/**
 * A list of sums with a table.
 * Follows torch.profiler.profile.key_averages.
 * @example
 * const profile = await torch.profiler.profile(() => torch.ones(2).add(1));
 * profile.keyAverages().selfCpuTimeTotal > 0; // true
 */
export class EventAverages extends Array<AveragedEvent> {
  /** lists that its methods make, such as slices, are ordinary ones */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  /** of the whole profile, in microseconds */
  readonly selfCpuTimeTotal: number;

  constructor(events: readonly ProfileEvent[], byShape: boolean) {
    super();
    const groups = new Map<string, AveragedEvent>();
    let total = 0;
    for (const event of events) {
      const inputShapes = byShape
        ? `[${(event.inputs ?? []).map(({ shape }) => `[${shape.join(", ")}]`).join(", ")}]`
        : "";
      const key = `${event.name} ${inputShapes}`;
      let group = groups.get(key);
      if (group === undefined) {
        group = {
          key: event.name,
          count: 0,
          cpuTimeTotal: 0,
          selfCpuTimeTotal: 0,
          cpuTime: 0,
          cpuMemoryUsage: 0,
          selfCpuMemoryUsage: 0,
          bytesMoved: 0,
          inputShapes,
        };
        groups.set(key, group);
      }
      group.count++;
      group.cpuTimeTotal += event.duration;
      group.selfCpuTimeTotal += event.selfDuration;
      group.cpuTime = group.cpuTimeTotal / group.count;
      group.cpuMemoryUsage += event.bytes;
      group.selfCpuMemoryUsage += event.selfBytes;
      group.bytesMoved += event.bytesMoved;
      total += event.selfDuration;
    }
    this.push(...groups.values());
    this.selfCpuTimeTotal = total;
  }

  /**
   * As PyTorch prints it.
   * @example
   * const profile = await torch.profiler.profile(() => torch.ones(2).add(1));
   * profile.keyAverages().table({ sortBy: "cpuTimeTotal", rowLimit: 5 }).includes("aten::add"); // true
   */
  table(options: TableOptions = {}): string {
    checkOptions(options, ["sortBy", "rowLimit"], "table");
    const { sortBy, rowLimit = 100 } = options;
    const key = sortBy?.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as SortKey | undefined;
    const rows = [...this];
    if (key !== undefined) rows.sort((a, b) => b[key] - a[key]);
    const total = this.selfCpuTimeTotal;
    const percent = (micros: number): string => `${((100 * micros) / (total || 1)).toFixed(2)}%`;
    const columns: [string, (row: AveragedEvent) => string][] = [
      ["Name", (row) => row.key],
      ["Self CPU %", (row) => percent(row.selfCpuTimeTotal)],
      ["Self CPU", (row) => time(row.selfCpuTimeTotal)],
      ["CPU total %", (row) => percent(row.cpuTimeTotal)],
      ["CPU total", (row) => time(row.cpuTimeTotal)],
      ["CPU time avg", (row) => time(row.cpuTime)],
      ["CPU Mem", (row) => memory(row.cpuMemoryUsage)],
      ["Self CPU Mem", (row) => memory(row.selfCpuMemoryUsage)],
      ["Bytes Moved", (row) => memory(row.bytesMoved)],
      ["Moved / s", (row) => `${memory((1e6 * row.bytesMoved) / (row.cpuTimeTotal || 1))}/s`],
      ["# of Calls", (row) => String(row.count)],
    ];
    if (rows.some((row) => row.inputShapes !== "")) columns.push(["Input Shapes", (row) => row.inputShapes]);
    const shown = rows.slice(0, rowLimit);
    const cells = columns.map(([title, cell]) => [title, ...shown.map(cell)]);
    const widths = cells.map((column, i) => Math.max(i === 0 ? 0 : 12, ...column.map((text) => text.length)));
    const line = (i: number): string => cells.map((column, c) => column[i]!.padStart(widths[c]!)).join("  ") + "  ";
    const rule = widths.map((width) => "-".repeat(width)).join("  ") + "  ";
    const body = shown.map((_, i) => line(i + 1));
    return [rule, line(0), rule, ...body, rule, `Self CPU time total: ${time(total)}`, ""].join("\n");
  }
  override toString(): string {
    return this.table();
  }
}
