// docs/matrix.md, of what test/matrix/run.mjs has found.
import { cpus } from "node:os";

const NAMES = {
  node: "Node",
  node24: "Node 24",
  node26: "Node 26",
  deno: "Deno",
  bun: "Bun",
  chromium: "Chromium, page",
  "chromium-worker": "Chromium, worker",
  firefox: "Firefox, page",
  "firefox-worker": "Firefox, worker",
  workerd: "workerd",
};

const BUILDS = { simd: "SIMD", relaxed: "relaxed SIMD" };

const row = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) =>
  [row(head), row(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(row)].join("\n");

const versionOf = (cells, host) => {
  if (host === "workerd") return cells.workerd.replace(/^workerd /, "");
  const found = Object.entries(cells).find(([key, cell]) => key.startsWith(`cpu ${host} `) && cell.version);
  return found ? found[1].version.replace(/^\w+ | worker$/g, "") : "?";
};

const counts = ({ passed, failed, skipped, known, seconds }) => [passed, failed, skipped, known, seconds];
const NUMBERS = ["passed", "failed", "skipped", "known faults", "seconds"];
const ms = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

const SECTIONS = {
  cpu: ({ each, cells }) => `## CPU

All cases. A host takes relaxed SIMD where its engine has it, and threads where there are several cores and memory can be
shared: pages have one thread when they are not cross-origin isolated, Node and Bun with \`OMP_NUM_THREADS=1\`; there the core is
in two parts, of which the second is loaded when it is needed. Where SIMD stands beside relaxed SIMD, the engine was said not
to have the latter. Deno and workerd import one build by name.

${table(
  ["host", "version", "build", "threads", ...NUMBERS],
  each((found, { host }) => [
    NAMES[host],
    versionOf(cells, host),
    BUILDS[found.build],
    found.threads,
    ...counts(found),
  ]),
)}`,

  webgpu: ({ each, cells }) => `## WebGPU

On software adapters: SwiftShader in Chromium, lavapipe everywhere else. What takes the time there is the compilation of pipelines;
so in some hosts a share of every op's cases runs, evenly spread, one at least. In Deno and Bun each category is a process of its
own: the whole suite makes more pipelines than the driver has memory mappings for, and Bun's collector frees them too late. WebGPU has no float64 and no complex numbers: cases
that need them pass by the documented error, which the last column counts.

${table(
  ["host", "version", "share", ...NUMBERS, "by that error"],
  each((found, { host, share }) => [
    NAMES[host],
    versionOf(cells, host),
    `${Math.round(share * 100)} %`,
    ...counts(found),
    found.refused,
  ]),
)}`,

  startup: ({ each }) => `## From import to the first product

Milliseconds from \`import("flambeau")\` to the values of a 2×2 matrix product in a fresh process or page: the median and the best of
some. In workerd it is the first request to a fresh worker, seen by the one who asks; a page gets its files from a server
beside it.

${table(
  ["host", "median", "best"],
  each((found, { host }) => [NAMES[host], ms(found.median), ms(found.best)]),
)}`,

  threads: ({ each }) => `## Two threads against one

Medians of samples that were taken in turn, in one process.

${table(
  ["host", "build", ...each(({ results }) => results.map(({ workload }) => workload))[0]],
  each((found, { host }) => [
    NAMES[host],
    BUILDS[found.build],
    ...found.results.map(({ one, two }) => `${ms(one)} → ${ms(two)} ms, ${(one / two).toFixed(2)}×`),
  ]),
)}`,
};

/**
 * @param cells what ran, by key
 * @param parts those that are complete: their cells, with their keys
 */
export function markdown(cells, parts) {
  const sections = Object.entries(parts).map(([part, all]) =>
    SECTIONS[part]({ cells, each: (fn) => all.map(({ key, cell }) => fn(cells[key], cell)) }),
  );
  return `<!-- written by make matrix -->

# Matrix

\`make matrix\` runs the conformance suite in every host, on every device and with every build of the core that the host can
load, and writes this page. A case is one answer of PyTorch 1.13, with its gradients; known faults are cases that cannot pass, listed with
their reasons in \`test/conformance/known-faults.json\`. Seconds are of the whole process, on ${cpus().length} × ${cpus()[0].model.trim()}.

${sections.join("\n\n")}
`;
}
