// The rows of a run, out/results.jsonl: one line a system, workload and round; here, one value a system and workload.
import fs from "node:fs";
import path from "node:path";
import { ROOT, workloads } from "./harness.mjs";

export const WORKLOADS = [
  ...workloads,
  { id: "startup", group: "startup", kind: "time", n: 1, scale: 1000, unit: "ms" },
];
export const workload = (id) => WORKLOADS.find((w) => w.id === id);

export const readLines = (file) => {
  const full = path.join(ROOT, "out", file);
  if (!fs.existsSync(full)) return [];
  const lines = fs.readFileSync(full, "utf8").split("\n");
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
};

/** "flambeau · 2T · node24": system, threads, host. */
export const keyOf = (row) => {
  const host = row.runtime && !row.runtime.startsWith("python") ? row.runtime.replace(/\.\d+\.\d+$/, "") : "";
  return [row.system, `${row.threads ?? 1}T`, host].filter(Boolean).join(" · ");
};

export const median = (values) => {
  const sorted = [...values].sort((x, y) => x - y);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

const ORDER = ["pytorch", "flambeau", "ort-node", "ort-web", "jax-js jit", "jax-js eager", "tfjs-wasm", "tfjs-cpu", "js-pytorch", "("]; // prettier-ignore
const rank = (key) => ORDER.findIndex((prefix) => key.startsWith(prefix));

/** Other load, in cores, under which a sample counts as quiet. */
const QUIET = 0.35;

export class Results {
  constructor(rows) {
    this.cells = new Map();
    for (const row of rows) {
      const key = keyOf(row);
      // its thread count stays 1 in Node, whatever it is told
      if (key.startsWith("tfjs-wasm · 2T")) continue;
      const id = `${key}|${row.workload}`;
      const cell = this.cells.get(id) ?? { key, rows: [], error: null };
      if (row.error) cell.error = row.error;
      else cell.rows.push(row);
      this.cells.set(id, cell);
    }
    this.keys = [...new Set([...this.cells.values()].map((cell) => cell.key))];
    this.keys.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    this.summaries = new Map();
  }

  error = (key, w) => this.cells.get(`${key}|${w.id}`)?.error ?? null;

  /** { v: median, b: best, quiet, n: rows } or null. Where a workload has quiet rows only those are taken for the median. */
  value = (key, w) => {
    const id = `${key}|${w.id}`;
    if (!this.summaries.has(id)) this.summaries.set(id, this.#summary(id, w));
    return this.summaries.get(id);
  };

  #summary(id, w) {
    const rows = this.cells.get(id)?.rows ?? [];
    if (rows.length === 0) return null;
    const quiet = rows.filter((row) => row.other != null && row.other <= QUIET);
    const taken = quiet.length ? quiet : rows;
    const bests = rows.map((row) => row.best);
    return {
      v: median(taken.map((row) => row.value)),
      b: w.kind === "rate" ? Math.max(...bests) : Math.min(...bests),
      quiet: quiet.length > 0,
      n: taken.length,
    };
  }

  /** How many times as fast `key` is as `other`, by medians; null when one has no value. */
  speed = (key, other, w, which = "v") => {
    const [mine, theirs] = [this.value(key, w), this.value(other, w)];
    if (!mine || !theirs) return null;
    return w.kind === "rate" ? mine[which] / theirs[which] : theirs[which] / mine[which];
  };
}
