// The conformance matrix: every host, device and build of the core on PyTorch's own answers, two threads against one, and the
// time from import to the first result.
//   node test/matrix/run.mjs [cpu] [webgpu] [threads] [startup] [--host=NAME,…] [--write]      no word: everything
// What ran is kept in out/cells.json, so that parts may be run one by one. docs/matrix.md is written once all are there, or,
// with --write, of those that are.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gpuEnvironment } from "../hosts/gpu.mjs";
import { command } from "../hosts/launch.mjs";
import { startWorkerd, workerd } from "../hosts/workerd.mjs";
import { CPU, STARTING, THREADED, WEBGPU } from "./cells.mjs";
import { markdown } from "./report.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const out = join(root, "test/matrix/out");
const RECORD = join(out, "cells.json");
const LIMIT_MS = 30 * 60_000;
const STARTS = 5;

/** Runs a program in a host; its output and seconds. */
function launch(host, file, args, env = {}) {
  const [program, programArgs] = command(host, file, args);
  const started = performance.now();
  return new Promise((resolve) => {
    // a group of its own, so that a host that hangs ends with what it started
    const child = spawn(program, programArgs, {
      cwd: root,
      detached: true,
      env: { ...process.env, ...gpuEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), LIMIT_MS);
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("error", (error) => (output += error));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({
        code: code ?? 128,
        end: signal ?? `exit code ${code}`,
        output,
        seconds: (performance.now() - started) / 1000,
      });
    });
  });
}

/** What a program says in a line that begins with RESULT. */
const resultOf = (output) => {
  const found = /^RESULT (.*)$/m.exec(output);
  return found && JSON.parse(found[1]);
};

const sum = (results, key) => results.reduce((total, result) => total + (result?.[key] ?? 0), 0);

/** The counts of a cell, of all its runs. */
async function conformance(cell) {
  const results = [];
  let seconds = 0;
  let broken = 0;
  for (const { launch: host, args, env } of cell.runs) {
    const run = await launch(host, "test/conformance/main.ts", ["--summary", ...args], env);
    const result = resultOf(run.output);
    seconds += run.seconds;
    // a driver that dies while the process ends, after all results, is no failure of a case
    const died = run.code >= 128 && result?.failed === 0;
    if (died) console.log(`${cell.host} was killed by a signal while it ended, after all cases had passed`);
    if (!result) console.log(`${cell.host} ended by ${run.end} without a result`);
    if (!result || (run.code !== 0 && result.failed === 0 && !died)) broken++;
    if (run.code !== 0 && !died) console.log(run.output.trimEnd().split("\n").slice(-30).join("\n"));
    results.push(result);
  }
  const first = results.find((result) => result !== null);
  const several = cell.threads && cpus().length > 1;
  const wrong = cell.build !== undefined && first && (first.build !== cell.build || first.threads > 1 !== several);
  if (wrong) console.log(`${cell.host} loaded ${first.build} with ${first.threads} threads`);
  return {
    version: first?.host,
    build: first?.build,
    threads: first?.threads,
    passed: sum(results, "passed"),
    failed: sum(results, "failed") + broken + (wrong ? 1 : 0),
    skipped: sum(results, "skipped"),
    known: sum(results, "known"),
    refused: sum(results, "refused"),
    seconds: Math.round(seconds),
  };
}

/** Milliseconds until a fresh worker has answered its first request, which imports the package. */
async function workerdStart() {
  const main = `export default { async fetch() {
  const torch = await import("./dist/workerd.js");
  return new Response(JSON.stringify(torch.mm(torch.ones(2, 2), torch.ones(2, 2)).tolist()));
} };`;
  const worker = await startWorkerd({ main });
  try {
    const start = performance.now();
    const text = await (await fetch(worker.address)).text();
    const ms = performance.now() - start;
    return text === "[[2,2],[2,2]]" ? ms : undefined;
  } finally {
    worker.close();
  }
}

async function startup({ host }) {
  const samples = [];
  for (let i = 0; i < STARTS; i++) {
    const ms =
      host === "workerd"
        ? await workerdStart()
        : resultOf((await launch(host, "test/matrix/startup.mjs", [])).output)?.ms;
    if (ms === undefined) return { failed: 1 };
    samples.push(ms);
  }
  samples.sort((a, b) => a - b);
  return { failed: 0, best: samples[0], median: samples[samples.length >> 1] };
}

async function threads({ host }) {
  const { output } = await launch(host, "test/matrix/threads.ts", ["--json"]);
  const result = resultOf(output);
  if (!result?.results.length) console.log(output);
  return result?.results.length ? { failed: 0, build: result.build, results: result.results } : { failed: 1 };
}

const PARTS = {
  cpu: { cells: CPU, run: conformance },
  webgpu: { cells: WEBGPU, run: conformance },
  startup: { cells: STARTING, run: startup },
  threads: { cells: THREADED, run: threads },
};

const keyOf = (part, { host, build, threads: several }) =>
  [part, host, build, several === undefined ? undefined : several ? "threads" : "alone"].filter(Boolean).join(" ");

const line = ({ skip, failed, passed, skipped, seconds, median, results }) => {
  if (skip) return `skipped: ${skip}`;
  if (median !== undefined) return `${median.toFixed(0)} ms`;
  if (results) return results.map(({ one, two }) => `${(one / two).toFixed(2)}×`).join(", ");
  return passed === undefined ? "FAILED" : `${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`;
};

async function main(args) {
  const words = args.filter((word) => word in PARTS);
  const hosts = args.find((word) => word.startsWith("--host="))?.slice("--host=".length).split(","); // prettier-ignore
  const unknown = args.filter((word) => !(word in PARTS) && !word.startsWith("--host=") && word !== "--write");
  if (unknown.length > 0) throw new Error(`no such part: ${unknown} (there are ${Object.keys(PARTS).join(", ")})`);
  mkdirSync(out, { recursive: true });
  const cells = {};
  /** Adds to the record, which another run may have added to meanwhile. */
  const keep = (key, cell) => {
    Object.assign(cells, existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, "utf8")) : {}, { [key]: cell });
    writeFileSync(RECORD, JSON.stringify(cells, null, 1));
  };
  keep("workerd", execFileSync(workerd(), ["--version"], { encoding: "utf8" }).trim());
  let failed = 0;
  for (const [part, { cells: wanted, run }] of Object.entries(PARTS)) {
    if (words.length > 0 && !words.includes(part)) continue;
    for (const cell of wanted) {
      if (hosts !== undefined && !hosts.includes(cell.host)) continue;
      const key = keyOf(part, cell);
      const result = cell.skip ? { skip: cell.skip, failed: 0 } : await run(cell);
      keep(key, { ...result, share: cell.share });
      failed += result.failed;
      console.log(`${key}: ${line(result)}`);
    }
  }
  const complete = {};
  for (const [part, { cells: all }] of Object.entries(PARTS)) {
    const keyed = all.map((cell) => ({ cell, key: keyOf(part, cell) }));
    const bad = keyed.filter(({ key }) => cells[key] === undefined || cells[key].skip || cells[key].failed > 0);
    if (bad.length === 0) complete[part] = keyed;
    else console.log(`${part} is not complete: failed or not run are ${bad.map(({ key }) => key).join("; ")}`);
  }
  const whole = Object.keys(complete).length === Object.keys(PARTS).length;
  if (whole || args.includes("--write")) {
    const { format, resolveConfig } = await import("prettier");
    const page = join(root, "docs/matrix.md");
    writeFileSync(page, await format(markdown(cells, complete), { ...(await resolveConfig(page)), filepath: page }));
  }
  process.exit(failed > 0 ? 1 : 0);
}

await main(process.argv.slice(2));
