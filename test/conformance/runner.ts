import { runErrors } from "./errors.ts";
import { runFiles } from "./files.ts";
import type { Host } from "./host.ts";
import type { KnownFaults } from "./known.ts";
import { runModuleFile } from "./modules.ts";
import { runClipGrad, runSchedulers, runTrajectories } from "./optim.ts";
import { runOpFile } from "./ops.ts";
import { runPromotion } from "./promotion.ts";
import { Report, type Row } from "./report.ts";
import { runRng } from "./rng.ts";
import { Runtime, type DeviceMemory, type Torch } from "./runtime.ts";
import { runTraining } from "./training.ts";
import type { Category, VectorFile, Vectors } from "./vectors.ts";

export interface Options {
  device: string;
  known: KnownFaults;
  categories: readonly Category[];
  /** Globs on "op" or "category/op"; empty: everything. */
  only: string[];
  /** Folder of MNIST's four IDX files, for the category "training". */
  mnist: string;
  trace?: boolean;
  /** Part of every op's cases that runs, evenly spread, one at least. */
  share?: number;
}

const globPattern = (glob: string) =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );

/** Parameters and optimizer state outlive scopes: finalizers release them, in turns of the event loop. */
async function collected(host: Host, memory: () => Promise<DeviceMemory | null>, goal: number) {
  for (let turn = 0; ; turn++) {
    host.collectGarbage?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const found = await memory();
    if (found === null || found.buffers <= goal + UNFINISHED.buffers || turn === 40) return found;
  }
}

/** Small tensors that outlive their scope are finalized together, 32 at a time, so a batch may stay incomplete. */
const UNFINISHED = { buffers: 32, bytes: 32 * 4096 };

/** Buffers that a category's cases have left in use. */
function leaks(before: DeviceMemory, after: DeviceMemory): string[] {
  const buffers = after.buffers - before.buffers;
  const bytes = after.bytes - before.bytes;
  return buffers > UNFINISHED.buffers || bytes > UNFINISHED.bytes
    ? [`${buffers} more buffers of ${bytes} bytes in use than before`]
    : [];
}

/** Runs categories of the vectors against a library and gives the counts. Failures are printed as they come. */
export async function runConformance(torch: Torch, vectors: Vectors, host: Host, options: Options): Promise<Report> {
  const runtime = new Runtime(torch, options.device);
  const report = new Report(host, options.known);
  report.trace = options.trace === true;
  report.share = options.share ?? 1;
  const patterns = options.only.map(globPattern);
  const wanted = (category: string, op: string) =>
    patterns.length === 0 || patterns.some((pattern) => pattern.test(op) || pattern.test(`${category}/${op}`));

  for (const category of options.categories) {
    const rows = new Map<string, Row>();
    const rowOf = (op: string) => {
      if (!wanted(category, op)) return null;
      if (!rows.has(op)) rows.set(op, report.row(category, op));
      return rows.get(op)!;
    };
    const files = await vectors.category(category);
    // cases with a random stream or an error that a later read tells run one by one
    report.width = category === "rng" || category === "errors" ? 1 : runtime.width;
    const failures: string[] = [];
    const late = (error: unknown) => failures.push(`a late error: ${error}`);
    const memory = () => runtime.deviceMemory(late);
    const before = await collected(host, memory, 0);
    for (const file of category === "files" ? [] : files) await runFile(category, file, rowOf);
    if (category === "files") await runFiles(runtime, report, rowOf, vectors, files);
    await report.settle();
    const after = await collected(host, memory, before?.buffers ?? 0);
    if (before && after) {
      const row = report.row(category, "device memory");
      rows.set(row.op, row);
      await report.run(row, { id: category }, async () => [
        ...failures,
        ...(host.collectGarbage ? leaks(before, after) : []),
      ]);
      await report.settle();
    }
    for (const row of rows.values()) report.printFailures(row);
  }
  return report;

  async function runFile(category: Category, file: VectorFile, rowOf: (op: string) => Row | null): Promise<void> {
    const name = file.path.slice(file.path.lastIndexOf("/") + 1, -".json".length);
    switch (category) {
      case "errors":
        return runErrors(runtime, report, rowOf, file.json());
      case "promotion":
        return runPromotion(runtime, report, rowOf, file.json());
      case "rng":
        return runRng(runtime, report, rowOf, file.json());
      case "optim":
        if (name === "trajectories") return runTrajectories(runtime, report, rowOf, file.json());
        if (name === "schedulers") return runSchedulers(runtime, report, rowOf, file.json());
        return runClipGrad(runtime, report, rowOf, file.json());
    }
    const row = rowOf(name);
    if (!row) return;
    if (category === "modules") return runModuleFile(runtime, report, row, file.json());
    if (category === "training") return runTraining(runtime, report, row, file.json(), host, options.mnist);
    return runOpFile(runtime, report, row, file.json());
  }
}
