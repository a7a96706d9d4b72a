// Times one system's cases on WebGPU: node measure.mjs SYSTEM [--sizes=1024,2048] [--budget=2000] [--only=matmul]
// A case is { run(), unit, work, power?(), dispose?() }; `work` is what one run does, in units of 1e9 (flop, bytes); power()
// resolves to the mean square of the result, by which the report sees that the systems did the same.
// Prints a JSON line per case.
import { data, labels } from "../lib/harness.mjs";
import { casesOf } from "./cases.mjs";
import { counted, hostGpu } from "./gpu.mjs";

const [system, ...rest] = process.argv.slice(2);
const options = Object.fromEntries(rest.map((arg) => arg.replace(/^--/, "").split("=")));
const BUDGET = Number(options.budget ?? 2000);
const gpu = await hostGpu();
const adapter = await gpu.requestAdapter();
const software = /llvmpipe|lavapipe|swiftshader|software/i.test(Object.values(describe(adapter.info)).join(" "));
const sizes = (options.sizes ?? (software ? "256,512,1024" : "1024,2048,4096")).split(",").map(Number);
/** elements of the elementwise cases: 64 MiB an operand on a GPU */
const elements = software ? 1 << 20 : 1 << 24;

function describe({ vendor, architecture, device, description }) {
  return { vendor, architecture, device, description };
}

const { start } = await import(`./${system}.mjs`);
const filled = (shape, seed, scale = 1) => data(shape.reduce((a, b) => a * b, 1), seed, scale); // prettier-ignore
const { version, sync, ...parts } = await start({ gpu, filled });
const cases = casesOf(parts, { sizes, elements, labels });
const base = { system, version, adapter: Object.values(describe(adapter.info)).filter(Boolean).join(" "), software };

async function timed(run, times) {
  const begun = performance.now();
  for (let i = 0; i < times; i++) await run();
  const recorded = performance.now();
  await sync();
  return { recording: (recorded - begun) / times, whole: (performance.now() - begun) / times };
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

async function measure(id, { run, unit, work, power, dispose }) {
  await timed(run, 1); // compiles the pipelines
  const found = await power?.();
  const { whole } = await timed(run, 2);
  const times = Math.max(1, Math.min(50, Math.round(BUDGET / 8 / whole)));
  const samples = [];
  const end = performance.now() + BUDGET;
  do samples.push(await timed(run, times));
  while (samples.length < 3 || (performance.now() < end && samples.length < 30));
  const ms = median(samples.map((sample) => sample.whole));
  const counts = await counted(async () => {
    await timed(run, 4);
  });
  const dispatches = counts.dispatches / 4;
  const row = { ...base, case: id, unit, ms, value: work ? (work * 1000) / ms : ms, dispatches };
  row.power = found;
  row.submits = counts.submits / 4;
  row.microseconds = (1000 * median(samples.map((sample) => sample.recording))) / Math.max(1, dispatches);
  console.log(JSON.stringify(row));
  dispose?.();
}

for (const [id, make] of Object.entries(cases)) {
  if (options.only && !id.includes(options.only)) continue;
  try {
    await measure(id, await make());
  } catch (error) {
    console.log(JSON.stringify({ ...base, case: id, error: String(error?.message ?? error).slice(0, 200) }));
  }
}
process.exit(0);
