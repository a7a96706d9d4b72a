// Times flambeau on WebGPU beside jax-js and TensorFlow.js, in the same hosts, minutes apart; tables into out/webgpu.md.
//   make bench DEVICE=webgpu      or: node test/bench/webgpu/run.mjs [--hosts=node24,deno] [--sizes=1024] [--budget=2000]
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gpuEnvironment, noGpu } from "../../hosts/gpu.mjs";
import { deno, node24 } from "../../hosts/launch.mjs";

const bench = join(import.meta.dirname, "..");
const options = Object.fromEntries(process.argv.slice(2).map((arg) => arg.replace(/^--/, "").split("=")));
const hosts = (options.hosts ?? "node24,deno").split(",");
const SYSTEMS = (options.systems ?? "flambeau,jaxjs,tfjs").split(",");
const NAMES = { flambeau: "flambeau", jaxjs: "jax-js", tfjs: "TensorFlow.js" };
/** Seconds for one system. */
const LIMIT = Number(options.limit ?? 300);

function lines(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: bench,
      env: { ...process.env, ...gpuEnvironment() },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const timer = setTimeout(() => child.kill(), LIMIT * 1000);
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.on("close", () => {
      clearTimeout(timer);
      const rows = output.split("\n").filter((line) => line.startsWith("{")); // prettier-ignore
      resolve(rows.map((line) => JSON.parse(line)));
    });
  });
}

const measure = (host, system) => {
  const flags = ["webgpu/measure.mjs", system];
  for (const name of ["sizes", "budget", "only"]) if (options[name]) flags.push(`--${name}=${options[name]}`);
  return host === "deno" ? lines(deno(), ["run", "--allow-all", ...flags]) : lines(node24(), flags);
};

const number = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3));

/** How many times as fast as flambeau's a row is; a result that differs is none. */
function cell(row, ours) {
  if (row === undefined) return "–";
  if (row.error) return "error";
  if (ours?.power > 0 && row.power !== undefined && !(Math.abs(row.power / ours.power - 1) < 0.05))
    return "wrong result";
  const speed = ours?.value && (row.unit === "ms" ? ours.value / row.value : row.value / ours.value);
  return number(row.value) + (row === ours || !speed ? "" : ` (×${number(speed)})`);
}

function table(host, rows) {
  const find = (system, id) => rows.find((row) => row.system === system && row.case === id);
  const ids = [...new Set(rows.map((row) => row.case))];
  const { adapter } = rows[0] ?? {};
  const head = ["case", "unit", ...SYSTEMS.map((name) => NAMES[name]), "dispatches", "submits", "µs JS a dispatch"];
  const body = ids.map((id) => {
    const ours = find("flambeau", id);
    const all = SYSTEMS.map((system) => find(system, id));
    const each = (key) => all.map((row) => (row?.[key] === undefined ? "–" : number(row[key]))).join(" / ");
    const unit = all.find((row) => row?.unit)?.unit ?? "";
    return [id, unit, ...all.map((row) => cell(row, ours)), each("dispatches"), each("submits"), each("microseconds")];
  });
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const errors = rows.filter((row) => row.error).map((row) => `- ${NAMES[row.system]}, ${row.case}: ${row.error}`);
  return [
    `### ${host}: ${adapter}`,
    "",
    line(head),
    line(head.map(() => "---")),
    ...body.map(line),
    "",
    ...errors,
  ].join("\n");
}

const reason = noGpu();
if (reason) {
  console.error(`no WebGPU adapter: ${reason}`);
  process.exit(2);
}
if (!existsSync(join(bench, "node_modules/.package-lock.json")))
  await new Promise((done) =>
    spawn("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: bench, stdio: "inherit" }).on(
      "close",
      done,
    ),
  );
const tables = [];
for (const host of hosts) {
  const rows = [];
  for (const system of SYSTEMS) {
    console.error(`${host}: ${NAMES[system]}`);
    rows.push(...(await measure(host, system)));
  }
  tables.push(table(host, rows));
  console.log(`${tables.at(-1)}\n`);
}
mkdirSync(join(bench, "out"), { recursive: true });
writeFileSync(
  join(bench, "out/webgpu.md"),
  `Values, then speed beside flambeau's. Dispatches, submits and microseconds: ${SYSTEMS.map((s) => NAMES[s]).join(" / ")}.\n\n${tables.join("\n\n")}\n`,
);
