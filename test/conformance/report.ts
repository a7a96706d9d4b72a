import type { Host } from "./host.ts";
import { caseName, type KnownFaults } from "./known.ts";
import { SharedFailure } from "./reads.ts";
import { isRefusal, mustRefuse } from "./refusal.ts";
import { Missing, Skip } from "./runtime.ts";

export type Outcome = "passed" | "failed" | "skipped";

/** Counts of one op's file in one category. */
export interface Row {
  category: string;
  op: string;
  /** What the cases call, in JavaScript's names: "torch.indexAdd". */
  calls?: string;
  passed: number;
  failed: number;
  skipped: number;
  /** dtypes of the cases that passed and were not refused. */
  dtypes: Set<string>;
  /** Cases with gradients: passed, of all. */
  gradients: [number, number];
  missing: Map<string, number>;
  failures: { id: string; reason: string }[];
  skips: Map<string, number>;
  /** Cases that passed because the library refused a dtype that the device does not have. */
  refused: number;
  /** Cases that fail and are listed in known-faults.json: they count as nothing else. */
  known: number;
  /** Cases so far, those that did not run among them. */
  seen: number;
}

export interface CaseInfo {
  id: string;
  dtype?: string;
  hasGradients?: boolean;
  /** The case needs a dtype that the device does not have: it passes if that is what the library says. */
  refused?: boolean;
  /** The op itself may need one for what lies between its input and its result. */
  refusable?: boolean;
}

const shorten = (text: string, length = 220) => {
  const line = text.split("\n")[0]!.trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  return error instanceof Missing ? error.message : `${error.name}: ${error.message}`;
}

export class Report {
  readonly rows: Row[] = [];
  trace = false;
  /** So many cases run side by side. */
  width = 1;
  /** Part of every row's cases that runs. */
  share = 1;

  private readonly host: Host;
  private readonly known: KnownFaults;
  private readonly running: Promise<void>[] = [];
  private readonly alone: (() => Promise<void>)[] = [];

  constructor(host: Host, known: KnownFaults) {
    this.host = host;
    this.known = known;
  }

  row(category: string, op: string): Row {
    const row: Row = {
      category,
      op,
      passed: 0,
      failed: 0,
      skipped: 0,
      dtypes: new Set(),
      gradients: [0, 0],
      missing: new Map(),
      failures: [],
      skips: new Map(),
      refused: 0,
      known: 0,
      seen: 0,
    };
    this.rows.push(row);
    return row;
  }

  /**
   * Runs one case: the body returns the reasons why it fails, throws Skip, or throws anything else, which fails it. Cases that
   * run side by side are waited for by `settle`.
   */
  async run(row: Row, info: CaseInfo, body: () => Promise<string[]>): Promise<void> {
    const index = row.seen++;
    if (Math.ceil((index + 1) * this.share) === Math.ceil(index * this.share)) return;
    this.running.push(this.runOne(row, info, body));
    if (this.running.length >= this.width) await this.settle();
  }

  async settle(): Promise<void> {
    await Promise.all(this.running.splice(0));
    for (const again of this.alone.splice(0)) await again();
  }

  private async runOne(row: Row, info: CaseInfo, body: () => Promise<string[]>, first = true): Promise<void> {
    let reasons: string[];
    let missing: string | undefined;
    let refused = info.refused;
    try {
      reasons = info.refused ? await mustRefuse(body) : await body();
    } catch (thrown) {
      const error = thrown instanceof SharedFailure ? thrown.cause : thrown;
      // an error that a kernel found reaches whoever reads next: each case by itself shows whose it was
      if (first && this.width > 1 && !(error instanceof Skip) && !(error instanceof Missing)) {
        this.alone.push(() => this.runOne(row, info, body, false));
        return;
      }
      // a build without emscripten lacks the module, and says so
      const noNumerics = error instanceof Error && /flambeau\.numerics\.wasm|torch\.linalg\.load/.test(error.message);
      if (error instanceof Skip || noNumerics) {
        const reason = noNumerics ? "built without core-wasm/numerics" : error.message;
        row.skipped++;
        row.skips.set(reason, (row.skips.get(reason) ?? 0) + 1);
        return;
      }
      if (error instanceof Missing) missing = error.what;
      refused = info.refusable && isRefusal(error);
      reasons = refused ? [] : [reasonOf(error)];
      if (this.trace && error instanceof Error && error.stack) this.host.print(error.stack);
    }
    if (this.known.excuse(caseName(row.category, row.op, info.id), reasons.length > 0)) {
      row.known++;
      return;
    }
    if (info.hasGradients && !refused) row.gradients[1]++;
    if (reasons.length === 0) {
      row.passed++;
      if (refused) {
        row.refused++;
        return;
      }
      if (info.dtype) row.dtypes.add(info.dtype);
      if (info.hasGradients) row.gradients[0]++;
    } else {
      row.failed++;
      if (missing) row.missing.set(missing, (row.missing.get(missing) ?? 0) + 1);
      else row.failures.push({ id: info.id, reason: shorten(reasons.join("; ")) });
    }
  }

  /** Prints a row's failures; missing names are one line each, with the count of cases that need them. */
  printFailures(row: Row): void {
    for (const [what, count] of row.missing)
      this.host.print(`MISSING ${row.category} ${row.op}: ${what} is not there (${count} cases)`);
    for (const { id, reason } of row.failures) this.host.print(`FAILED ${row.category} ${row.op} ${id}: ${reason}`);
  }

  totals(rows: Row[] = this.rows): Record<Outcome, number> {
    const sum = (pick: (row: Row) => number) => rows.reduce((total, row) => total + pick(row), 0);
    return { passed: sum((row) => row.passed), failed: sum((row) => row.failed), skipped: sum((row) => row.skipped) };
  }

  /** The table of counts per op, then per category. */
  printTable(perOp: boolean): void {
    const width = Math.max(...this.rows.map((row) => row.category.length + row.op.length + 1), 20);
    const line = (name: string, { passed, failed, skipped }: Record<Outcome, number>, note = "") =>
      this.host.print(
        `${name.padEnd(width)} ${String(passed).padStart(6)} ${String(failed).padStart(6)} ${String(skipped).padStart(7)}${note}`,
      );
    this.host.print(`${"op".padEnd(width)} passed failed skipped`);
    if (perOp) for (const row of this.rows) line(`${row.category}/${row.op}`, row);
    for (const category of new Set(this.rows.map((row) => row.category))) {
      const rows = this.rows.filter((row) => row.category === category);
      const green = rows.filter((row) => row.failed === 0).length;
      line(category, this.totals(rows), `   ${green} of ${rows.length} files without a failure`);
    }
  }

  /** The totals, with what is counted beside them. */
  counts(): Record<Outcome | "refused" | "known", number> {
    const refused = this.rows.reduce((total, row) => total + row.refused, 0);
    return { ...this.totals(), refused, known: this.known.count };
  }

  printTotals(): void {
    const { passed, failed, skipped, refused } = this.counts();
    if (refused > 0)
      this.host.print(`of those that passed, ${refused} by the error for dtypes that the device does not have`);
    const reasons = new Map<string, number>();
    for (const { skips } of this.rows)
      for (const [reason, count] of skips) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    for (const [reason, count] of reasons) this.host.print(`skipped ${count}: ${reason}`);
    if (this.known.count > 0)
      this.host.print(`besides, ${this.known.count} known faults, each with its reason in known-faults.json`);
    this.host.print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}
