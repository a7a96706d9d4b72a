// Damaged and hostile files: whatever bytes a reader is given, it gives values or raises a TorchError, soon, within bounded
// memory, and leaves no tensor behind. FUZZ is the number of files of each format, FUZZ_CASE one of them: `zip:1234`.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as torch from "flambeau";
import { formats, type Format } from "./files/formats.ts";
import { Random } from "./files/random.ts";

const [onlyFormat, onlyCase] = process.env["FUZZ_CASE"]?.split(":") ?? [];
const FILES = Number(process.env["FUZZ"] ?? 800);
/** No file takes more of the processor's time; they are of some kilobytes. */
const MOST_MS = 2000;
const MB = 2 ** 20;

// what the files are made of is gone before they are read
const readers = await torch.scope(async () => formats());

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Lets what nobody holds go. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise((done) => setImmediate(done));
  }
}

let held: unknown[] = [];
/** Keeps what the collector must not take just now, until there is much of it. */
async function hold(value: unknown): Promise<true> {
  if (held.push(value) < 100) return true;
  held = [];
  await settle();
  return true;
}

beforeAll(async () => {
  // what the core keeps for the copying of large tensors is there before anything is counted
  torch.scope(() => torch.zeros([30, 1000, 1000], { dtype: "uint8" }).permute([2, 0, 1]).contiguous());
  await settle();
  torch.setMemoryLimit(64 * MB);
});
afterAll(() => torch.setMemoryLimit(0));

/** The tensors that a value holds. */
function tensorsIn(value: unknown, found = new Set<torch.Tensor>(), seen = new Set<unknown>()): Set<torch.Tensor> {
  const stack = [value];
  while (stack.length > 0) {
    const next = stack.pop();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    if (next instanceof torch.Tensor) found.add(next);
    else if (next instanceof Map) for (const [key, item] of next) stack.push(key, item);
    else if (next instanceof Set || Array.isArray(next)) for (const item of next) stack.push(item);
    else if (!ArrayBuffer.isView(next)) for (const item of Object.values(next)) stack.push(item);
  }
  return found;
}

/** Reads one file; what was wrong with how that went, else whether it was a success. */
async function attempt(format: Format, name: string, index: number): Promise<string | boolean> {
  const random = new Random(`${name}:${index}`);
  const bytes = format.make(random);
  const before = torch.memoryStats();
  const started = process.cpuUsage();
  let outcome = "success";
  let ok = true;
  try {
    const value = await format.load(bytes, random);
    if (format.opaque) return hold(value);
    for (const tensor of tensorsIn(value)) tensor.dispose();
  } catch (error) {
    ok = false;
    outcome = String(error).slice(0, 200);
    if (!(error instanceof torch.TorchError)) return `threw ${(error as Error)?.stack ?? outcome}`;
  }
  const after = torch.memoryStats();
  const { user, system } = process.cpuUsage(started);
  if (user + system > 1000 * MOST_MS) return `took ${(user + system) / 1000} ms to ${outcome}`;
  for (const what of ["tensors", "storages", "nodes", "bytes"] as const) {
    if (after[what] !== before[what]) return `left ${after[what] - before[what]} ${what} after ${outcome}`;
  }
  return ok;
}

describe.each(Object.entries(readers))("%s", (name, format) => {
  const cases = onlyCase === undefined ? Array.from({ length: FILES }, (_, i) => i) : [Number(onlyCase)];

  test.skipIf(onlyFormat !== undefined && onlyFormat !== name)(`${cases.length} files`, async () => {
    const problems: string[] = [];
    let loaded = 0;
    const resident = process.memoryUsage().rss;
    for (const index of cases) {
      const outcome = await attempt(format, name, index);
      if (outcome === true) loaded++;
      if (typeof outcome === "string") problems.push(`FUZZ_CASE=${name}:${index} ${outcome}`);
      if (problems.length === 10) break;
    }
    const grown = (process.memoryUsage().rss - resident) / MB;
    if (FILES > 800)
      console.log(`${name}: ${loaded} of ${cases.length} files loaded, memory grew by ${grown.toFixed(0)} MB`);
    expect(problems).toEqual([]);
    expect(grown).toBeLessThan(600);
  });
});
