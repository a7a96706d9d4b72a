// Tables from out/results.jsonl (markdown on stdout). Cell: median (best) ×r1 ×r2, where rN is the SPEED (by medians) relative to
// native PyTorch with N threads (1 = as fast, 0.1 = ten times slower). '~': no quiet sample (other jobs ran); best is over all rounds.
import fs from "node:fs";
import path from "node:path";
import { workloads, ROOT } from "./lib/harness.mjs";
import { kernelTable } from "./lib/roofline.mjs";
const rd = (f) =>
  fs.existsSync(f)
    ? fs
        .readFileSync(f, "utf8")
        .split("\n")
        .filter((l) => l.startsWith("{"))
        .map((l) => JSON.parse(l))
    : [];
const rows = rd(path.join(ROOT, "out", "results.jsonl"));
const W = [...workloads, { id: "startup", group: "startup", kind: "time", unit: "ms" }];
const key = (r) =>
  r.system +
  " · " +
  (r.threads ?? 1) +
  "T" +
  (r.runtime && !r.runtime.startsWith("python") ? " · " + r.runtime.replace(/\.\d+\.\d+$/, "") : "");
const med = (a) => {
  a = [...a].sort((x, y) => x - y);
  const n = a.length;
  return n % 2 ? a[n >> 1] : (a[n / 2 - 1] + a[n / 2]) / 2;
};
const num = (v) => (v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v >= 1 ? v.toFixed(2) : v.toPrecision(2));
const rat = (v) => (v >= 10 ? v.toFixed(0) : v >= 1 ? v.toFixed(1) : v.toPrecision(2));
const by = {}; // key -> id -> round -> {v:[], b:[]}, err
const keys = [];
for (const r of rows) {
  const k = key(r);
  if (k.startsWith("tfjs-wasm · 2T")) continue;
  /* getThreadsCount() stays 1 in Node: see RESULTS.md */ if (!by[k]) {
    by[k] = {};
    keys.push(k);
  }
  const c = (by[k][r.workload] ??= { rounds: {}, all: [], err: null });
  if (r.error) {
    c.err = r.error;
    continue;
  }
  const x = (c.rounds[r.round] ??= { v: [], b: [] });
  x.v.push(r.value);
  x.b.push(r.best);
  c.all.push(r);
}
const best = (w, a) => (w.kind === "rate" ? Math.max(...a) : Math.min(...a));
// Rows measured with under 0.35 cores of other load count as quiet; where a system has any for a workload, only those are used.
const vals = (k, w) => {
  const c = by[k]?.[w.id];
  if (!c?.all.length) return null;
  const q = c.all.filter((r) => r.other != null && r.other <= 0.35);
  const u = q.length ? q : c.all;
  return {
    v: med(u.map((r) => r.value)),
    b: best(
      w,
      c.all.map((r) => r.best),
    ),
    quiet: q.length > 0,
    n: u.length,
  };
};
export function cell(k, w) {
  const c = by[k]?.[w.id];
  if (!c) return "–";
  const x = vals(k, w);
  if (!x) return c.err ? "error¹" : "–";
  const ratio = (pk) => {
    const p = vals(pk, w);
    if (!p) return null;
    const z = x.v / p.v;
    return w.kind === "rate" ? z : 1 / z;
  };
  const r1 = ratio("pytorch · 1T"),
    ra = ratio("pytorch · 2T"),
    rb = ratio("pytorch-openmp · 2T"),
    r2 = ra && rb ? Math.min(ra, rb) : (ra ?? rb);
  return {
    ...x,
    r1,
    r2,
    s:
      `${num(x.v)}${x.quiet ? "" : "~"} (${num(x.b)})` +
      (r1 && k !== "pytorch · 1T" ? ` ×${rat(r1)}` : "") +
      (r2 && !k.startsWith("pytorch") ? ` ×${rat(r2)}` : ""),
  };
}
const order = (k) =>
  [
    "pytorch",
    "flambeau",
    "ort-node",
    "ort-web",
    "jax-js jit",
    "jax-js eager",
    "tfjs-wasm",
    "tfjs-cpu",
    "js-pytorch",
    "(",
  ].findIndex((p) => k.startsWith(p));
keys.sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
const G = [
  ["1. matmul", W.filter((w) => w.group === "matmul")],
  ["2. elementwise, reductions, copies", W.filter((w) => w.group === "elementwise" && w.id !== "copy_peak")],
  ["3. op overhead", W.filter((w) => w.group === "overhead")],
  ["4. polynomial fit", W.filter((w) => w.id === "polyfit")],
  ["5. MLP training step, and 6. logistic regression", W.filter((w) => /^(mlp|logreg)/.test(w.id))],
  ["7. CNN", W.filter((w) => w.group === "cnn")],
  ["8. MLP inference", W.filter((w) => w.group === "infer")],
  ["9. startup", W.filter((w) => w.group === "startup")],
];
for (const [title, ws] of G) {
  console.log(
    `\n### ${title}\n\n| system | ${ws.map((w) => `${w.id} (${w.unit})`).join(" | ")} |\n|---|${ws.map(() => "---").join("|")}|`,
  );
  for (const k of keys) {
    const cs = ws.map((w) => cell(k, w));
    if (cs.every((c) => c === "–")) continue;
    console.log(`| ${k} | ${cs.map((c) => c.s ?? c).join(" | ")} |`);
  }
}
const kernels = kernelTable(W, keys, vals);
if (kernels) console.log(kernels);
const peaks = keys.filter((k) =>
  vals(
    k,
    W.find((w) => w.id === "simd_peak"),
  ),
);
if (peaks.length) {
  const ws = W.filter((w) => w.id.startsWith("matmul_"));
  console.log(
    `\n### 1b. matmul, % of the 128-bit SIMD peak of the same process, by medians / by bests\n\n| system | ${ws.map((w) => w.id).join(" | ")} |\n|---|${ws.map(() => "---").join("|")}|`,
  );
  for (const k of peaks) {
    const p = vals(
      k,
      W.find((w) => w.id === "simd_peak"),
    );
    const share = (x) => (x ? `${Math.round((100 * x.v) / p.v)} / ${Math.round((100 * x.b) / p.b)}` : "–");
    console.log(`| ${k} | ${ws.map((w) => share(vals(k, w))).join(" | ")} |`);
  }
}
const checks = rd(path.join(ROOT, "out/checks.jsonl"));
if (checks.length) {
  const ids = [...new Set(checks.map((c) => c.workload))],
    ks = [...new Set(checks.map(key))];
  console.log(
    `\n### 10. The same work: losses after 20 steps (polynomial: 200)\n\n| system | ${ids.join(" | ")} |\n|---|${ids.map(() => "---").join("|")}|`,
  );
  for (const k of ks)
    console.log(
      `| ${k} | ${ids
        .map((id) => {
          const c = checks.find((c) => key(c) === k && c.workload === id);
          return c ? (c.error ?? c.value.toPrecision(6)) : "–";
        })
        .join(" | ")} |`,
    );
}
const errs = new Map();
for (const k of keys)
  for (const [id, c] of Object.entries(by[k]))
    if (c.err && !Object.keys(c.rounds).length) errs.set(`${k}: ${id}: ${c.err}`, 1);
if (errs.size) console.log("\n¹ Errors:\n" + [...errs.keys()].map((e) => "- " + e).join("\n"));
const sz = rd(path.join(ROOT, "out/size.jsonl"));
if (sz.length) {
  const ms = ["disk", "bundle", "bundle_gzip", "wasm", "wasm_gzip"],
    ss = [...new Set(sz.map((s) => s.system))];
  console.log(`\n### 9b. size (KB)\n\n| system | ${ms.join(" | ")} |\n|---|${ms.map(() => "---").join("|")}|`);
  for (const s of ss)
    console.log(
      `| ${s} | ${ms.map((m) => sz.find((x) => x.system === s && x.metric === m)?.value ?? "–").join(" | ")} |`,
    );
}
if (process.argv.includes("--headline")) {
  // speed relative to PyTorch 1T: by medians / by bests
  const ids = [
    "matmul_256",
    "matmul_1024",
    "ew_fma_relu",
    "ew_exp",
    "softmax",
    "op_add64",
    "polyfit",
    "mlp_sgd",
    "logreg_sgd",
    "cnn_adam",
    "conv_fwd",
    "infer_b1",
    "infer_b64",
  ];
  console.log(
    `\n### 0. Headline: speed ÷ PyTorch 1T, by medians / by bests\n\n| system | ${ids.join(" | ")} |\n|---|${ids.map(() => "---").join("|")}|`,
  );
  for (const k of keys) {
    if (k.startsWith("(") || k === "pytorch · 1T") continue;
    const cs = ids.map((id) => {
      const w = W.find((x) => x.id === id),
        x = vals(k, w),
        p = vals("pytorch · 1T", w);
      if (!x || !p) return "–";
      const f = (a, b) => rat(w.kind === "rate" ? a / b : b / a);
      return f(x.v, p.v) + " / " + f(x.b, p.b);
    });
    if (cs.every((c) => c === "–")) continue;
    console.log(`| ${k} | ${cs.join(" | ")} |`);
  }
}
