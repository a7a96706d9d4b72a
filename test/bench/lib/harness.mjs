// Shared harness for the JavaScript systems. A system file calls
//   runSystem({name, version, threads, mode, cases, checks})
// cases: {workloadId: async () => ({run, sync, dispose})}. run() does the work of one
// iteration (sync or async); sync() (optional) waits until everything enqueued is done.
// Every row is a JSON line on stdout: value = from the median sample, best = from the fastest.
import fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import path from "node:path";

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const workloads = JSON.parse(fs.readFileSync(path.join(ROOT, "lib/workloads.json"), "utf8"));

export function args() {
  const o = { groups: null, only: null, threads: 1, round: 0, budget: 600, check: false };
  for (const a of process.argv.slice(2)) {
    const m = /^--([a-z-]+)(?:=(.*))?$/.exec(a);
    if (m) o[m[1]] = m[2] === undefined ? true : m[2];
  }
  o.threads = +o.threads;
  o.round = +o.round;
  o.budget = +o.budget;
  o.groups = o.groups ? new Set(o.groups.split(",")) : null;
  o.only = o.only ? new Set(o.only.split(",")) : null;
  return o;
}

// Deterministic uniform [-1,1) data, the same in torch.py.
export function data(n, seed, scale = 1) {
  const a = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const s = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    a[i] = ((s - Math.floor(s)) * 2 - 1) * scale;
  }
  return a;
}
export const labels = (n, k, seed) =>
  Int32Array.from(data(n, seed), (v) => Math.min(k - 1, Math.floor(((v + 1) / 2) * k)));
export function oneHot(lab, k) {
  const a = new Float32Array(lab.length * k);
  lab.forEach((l, i) => {
    a[i * k + l] = 1;
  });
  return a;
}

// CPU used by everything but this process, in cores, between two readings (0 on a quiet machine).
function cpuBusy() {
  try {
    const f = fs.readFileSync("/proc/stat", "utf8").split("\n", 1)[0].trim().split(/\s+/).slice(1).map(Number);
    return (f[0] + f[1] + f[2] + f[5] + f[6] + f[7]) * 10;
  } catch {
    return NaN;
  } // ms, steal included
}
const ownCpu = () => {
  const u = process.cpuUsage?.() ?? { user: 0, system: 0 };
  return (u.user + u.system) / 1e3;
};
const QUIET = +(globalThis.process?.env?.BENCH_QUIET ?? 0.25),
  TRIES = +(globalThis.process?.env?.BENCH_TRIES ?? 1),
  // seconds a sample: on a machine that others share, samples shorter than its time slices find it free now and then
  SAMPLE = +(globalThis.process?.env?.BENCH_SAMPLE ?? 0.05);

const now = () => performance.now();
async function timeIt(c, k) {
  const t = now();
  for (let i = 0; i < k; i++) {
    const r = c.run();
    if (r && r.then) await r;
  }
  if (c.sync) {
    const r = c.sync();
    if (r && r.then) await r;
  }
  return (now() - t) / 1e3 / k;
}
// Up to BENCH_TRIES attempts, until one had less than BENCH_QUIET cores of other load; the quietest attempt is kept.
export async function bench(c, { budgetMs, slow }) {
  const cold = await timeIt(c, 1);
  let bestR;
  if (cold > 15) return { median: cold, min: cold, samples: 1, inner: 1, cold, other: NaN }; // tens of seconds a call: one sample
  for (let a = 0; a < (cold > 4 ? 1 : TRIES); a++) {
    const r = await attempt(c, budgetMs, slow, cold);
    r.cold = cold;
    if (!bestR || !(r.other >= bestR.other)) bestR = r;
    if (!(r.other > QUIET)) break;
    await new Promise((f) => setTimeout(f, 300));
  }
  return bestR;
}
async function attempt(c, budgetMs, slow, cold) {
  let t = cold;
  const w0 = now();
  if (cold <= 4)
    do {
      t = await timeIt(c, 1);
    } while (now() - w0 < budgetMs * 0.3 && !(slow && t > 1)); // warm up (tier-up)
  const k = Math.max(1, Math.round(Math.min(SAMPLE, budgetMs / 1e4) / t));
  const s = cold > 4 ? [cold] : [];
  const b0 = now(),
    busy0 = cpuBusy(),
    own0 = ownCpu();
  do {
    s.push(await timeIt(c, k));
  } while (
    cold <= 4 &&
    (s.length < 3 || (now() - b0 < budgetMs && s.length * SAMPLE < 3)) &&
    !(s.length >= 2 && now() - b0 > 8000)
  );
  const other = Math.max(0, (cpuBusy() - busy0 - (ownCpu() - own0)) / (now() - b0));
  s.sort((a, b) => a - b);
  return { median: s[s.length >> 1], min: s[0], samples: s.length, inner: k, other: +other.toFixed(2) };
}
const sig = (v) => +v.toPrecision(5);
export async function runSystem({ name, version, threads, runtime, modes }) {
  const o = args();
  runtime ??= rt();
  for (const [mode, { cases, checks = {} }] of Object.entries(modes)) {
    const sys = mode ? `${name} ${mode}` : name;
    const base = { system: sys, version, threads, runtime, round: o.round };
    if (o.check) {
      for (const [id, f] of Object.entries(checks)) {
        try {
          console.log(JSON.stringify({ ...base, workload: id, metric: "check", value: await f(), unit: "loss" }));
        } catch (e) {
          console.log(
            JSON.stringify({ ...base, workload: id, metric: "check", error: String(e.message || e).slice(0, 200) }),
          );
        }
      }
      continue;
    }
    for (const w of workloads) {
      if (o.groups && !o.groups.has(w.group)) continue;
      if (o.only && !o.only.has(w.id)) continue;
      const row = { ...base, workload: w.id, metric: w.kind };
      const f = cases[w.id];
      if (!f) {
        if (o.missing) console.log(JSON.stringify({ ...row, error: "not implemented by this system" }));
        continue;
      }
      if (typeof f === "string") {
        console.log(JSON.stringify({ ...row, error: f }));
        continue;
      }
      try {
        const c = await f();
        const r = await bench(c, { budgetMs: o.budget, slow: w.slow });
        const conv = (t) => sig(w.kind === "rate" ? w.n / t : (t / w.n) * w.scale);
        console.log(
          JSON.stringify({
            ...row,
            value: conv(r.median),
            best: conv(r.min),
            cold: conv(r.cold),
            unit: w.unit,
            samples: r.samples,
            inner: r.inner,
            other: r.other,
          }),
        );
        if (c.dispose) await c.dispose();
      } catch (e) {
        console.log(
          JSON.stringify({
            ...row,
            error: String(e.message || e)
              .replace(/\s+/g, " ")
              .slice(0, 240),
          }),
        );
      }
    }
  }
  process.exit(0);
}
export function rt() {
  if (globalThis.Deno) return "deno" + Deno.version.deno;
  if (globalThis.Bun) return "bun" + Bun.version;
  return "node" + process.versions.node;
}
export const pkgVersion = (p) =>
  JSON.parse(fs.readFileSync(path.join(ROOT, "node_modules", p, "package.json"), "utf8")).version;
