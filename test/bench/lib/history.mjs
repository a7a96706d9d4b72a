// history/: one JSON file a run, named by its date and commit: medians and bests, with what is needed to compare runs.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ROOT } from "./harness.mjs";
import { WORKLOADS } from "./results.mjs";

const FOLDER = path.join(ROOT, "history");
const git = (...args) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();

function commit() {
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "../..") ? "+" : "");
  } catch {
    return "unknown";
  }
}

/** Writes the run into history/ and returns the file's name. */
export function record(results, date = new Date()) {
  const systems = {};
  for (const key of results.keys) {
    const cells = WORKLOADS.map((w) => [w.id, results.value(key, w)]).filter(([, value]) => value !== null);
    systems[key] = Object.fromEntries(cells.map(([id, { v, b, quiet }]) => [id, quiet ? [v, b] : [v, b, "loaded"]]));
  }
  const run = {
    date: date.toISOString(),
    commit: commit(),
    machine: { cpu: os.cpus()[0]?.model ?? "unknown", cores: os.availableParallelism(), node: process.version },
    systems,
  };
  const stamp = run.date.slice(0, 16).replace(":", "");
  const name = `${stamp}-${run.commit.replace("+", "-changed")}.json`;
  fs.mkdirSync(FOLDER, { recursive: true });
  // a line a system: what changed between two runs is seen in a diff
  const lines = Object.entries(systems).map(([key, cells]) => `    ${JSON.stringify(key)}: ${JSON.stringify(cells)}`);
  const head = JSON.stringify({ ...run, systems: undefined }, null, 2).replace(/\n}$/, "");
  fs.writeFileSync(path.join(FOLDER, name), `${head},\n  "systems": {\n${lines.join(",\n")}\n  }\n}\n`);
  return path.join("history", name);
}

/** All runs, the oldest first. */
export const runs = () =>
  fs
    .readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(fs.readFileSync(path.join(FOLDER, name), "utf8")));
