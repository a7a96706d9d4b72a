// Markdown tables of a run. Cell: median (best) ×r1 ×r2, where rN is the speed, by medians, relative to native PyTorch with N
// threads (1: as fast, 0.1: ten times slower). '~': no quiet sample, other jobs ran. The best is over all rounds.
import { keyOf, readLines, workload, WORKLOADS } from "./results.mjs";

const inGroup = (...groups) => WORKLOADS.filter((w) => groups.includes(w.group) && !w.id.endsWith("_peak"));
const SECTIONS = [
  ["matmul", inGroup("matmul")],
  ["elementwise, reductions, copies", inGroup("elementwise")],
  ["op overhead", inGroup("overhead")],
  ["training: polynomial fit, MLP, logistic regression", inGroup("train")],
  ["CNN", inGroup("cnn")],
  ["MLP inference", inGroup("infer")],
  ["process start to the first 2×2 product", inGroup("startup")],
];
const HEADLINE = ["matmul_256", "matmul_1024", "ew_fma_relu", "ew_exp", "softmax", "op_add64", "polyfit", "mlp_sgd", "logreg_sgd", "cnn_adam", "conv_fwd", "infer_b1", "infer_b64"]; // prettier-ignore

export const number = (v) =>
  v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v >= 1 ? v.toFixed(2) : v.toPrecision(2);
export const ratio = (v) => (v == null ? "–" : v >= 10 ? v.toFixed(0) : v.toPrecision(2));

export function table(title, head, rows) {
  if (rows.length === 0) return "";
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [`\n### ${title}\n`, line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** Rows of `keys` that have a cell which says something. */
const rowsOf = (keys, cellsOf) =>
  keys.map((key) => [key, ...cellsOf(key)]).filter((row) => row.slice(1).some((cell) => cell !== "–"));

function cell(results, key, w) {
  const x = results.value(key, w);
  if (!x) return results.error(key, w) ? "error¹" : "–";
  const one = key === "pytorch · 1T" ? null : results.speed(key, "pytorch · 1T", w);
  const two = ["pytorch · 2T", "pytorch-openmp · 2T"].map((native) => results.speed(key, native, w));
  const others = key.startsWith("pytorch") ? [] : two.filter((r) => r !== null);
  return (
    `${number(x.v)}${x.quiet ? "" : "~"} (${number(x.b)})` +
    (one ? ` ×${ratio(one)}` : "") +
    (others.length ? ` ×${ratio(Math.min(...others))}` : "")
  );
}

const headline = (results) =>
  table(
    "Headline: speed ÷ PyTorch with one thread, by medians / by bests",
    ["system", ...HEADLINE],
    rowsOf(
      results.keys.filter((key) => !key.startsWith("(") && key !== "pytorch · 1T"),
      (key) =>
        HEADLINE.map((id) => {
          const w = workload(id);
          const [v, b] = ["v", "b"].map((which) => results.speed(key, "pytorch · 1T", w, which));
          return v === null ? "–" : `${ratio(v)} / ${ratio(b)}`;
        }),
    ),
  );

function shareOfPeak(results) {
  const sizes = WORKLOADS.filter((w) => w.id.startsWith("matmul_"));
  const peakOf = (key) => results.value(key, workload("simd_peak"));
  const share = (x, peak) => (x ? `${Math.round((100 * x.v) / peak.v)} / ${Math.round((100 * x.b) / peak.b)}` : "–");
  return table(
    "matmul, % of the 128-bit SIMD peak of one core, measured in the same process, by medians / by bests",
    ["system", ...sizes.map((w) => w.id)],
    rowsOf(results.keys.filter(peakOf), (key) => sizes.map((w) => share(results.value(key, w), peakOf(key)))),
  );
}

function checks() {
  const rows = readLines("checks.jsonl");
  const ids = [...new Set(rows.map((row) => row.workload))];
  const find = (key, id) => rows.find((row) => keyOf(row) === key && row.workload === id);
  const shown = (row) => (row ? (row.error ?? row.value.toPrecision(6)) : "–");
  return table(
    "The same work: losses after 20 steps (polynomial: 200)",
    ["system", ...ids],
    [...new Set(rows.map(keyOf))].map((key) => [key, ...ids.map((id) => shown(find(key, id)))]),
  );
}

function errors(results) {
  const all = results.keys.flatMap((key) =>
    WORKLOADS.filter((w) => !results.value(key, w) && results.error(key, w)).map(
      (w) => `- ${key}: ${w.id}: ${results.error(key, w)}`,
    ),
  );
  return all.length ? `\n¹ Errors:\n${all.join("\n")}` : "";
}

/** Every table of what was timed. */
export const tables = (results) => [
  headline(results),
  ...SECTIONS.map(([title, ws]) =>
    table(
      title,
      ["system", ...ws.map((w) => `${w.id} (${w.unit})`)],
      rowsOf(results.keys, (key) => ws.map((w) => cell(results, key, w))),
    ),
  ),
  shareOfPeak(results),
  checks(),
  errors(results),
];
