// The page of the benchmark: a table of libraries and workloads, filled row by row.
import { Runtime, describe } from "../lib/channel.ts";
import { byId, fail, make, parameter } from "../lib/dom.ts";
import { start } from "../lib/status.ts";
import type { BenchmarkCalls, Timing } from "./worker.ts";
import { type Device, WORKLOADS, type Workload, sizesFor } from "./workloads.ts";

declare const VERSIONS: Record<string, string>;

/** For less work: benchmark.html?size=64&seconds=0.05 */
const SIZE = parameter("size", 512);
const SECONDS = parameter("seconds", 1);
/** A library that needs longer to load, or for one thing, is stopped; in milliseconds. */
const PATIENCE = { open: 15_000, measure: 1000 * parameter("patience", 60) };
/** Libraries have been seen to hang once and never again. */
const TRIES = 2;

const NAMES: Record<string, string> = {
  flambeau: "flambeau",
  jax: "jax-js",
  tfjs: "TensorFlow.js",
  ort: "ONNX Runtime Web",
};
const DEVICES: Record<Device, string> = { cpu: "CPU", webgpu: "WebGPU" };

interface Row {
  name: string;
  device: Device;
  chosen: HTMLInputElement;
  note: HTMLElement;
  cells: HTMLTableCellElement[];
  results: (Timing | string | undefined)[];
}

const { matmul, images, channels, side, batch, widths } = sizesFor(SIZE);
const TITLES: Record<Workload, string> = {
  matmul: `${matmul}² · ${matmul}²`,
  conv2d: `${images}×${channels}×${side}×${side}, 3×3`,
  step: `${widths.join("-")}, batch ${batch}`,
};
for (const workload of WORKLOADS) byId(`size-${workload}`).textContent = TITLES[workload];

const rows = (["cpu", "webgpu"] as const).flatMap((device) => Object.keys(NAMES).map((name) => row(name, device)));
const runButton = byId<HTMLButtonElement>("run");
const copyButton = byId<HTMLButtonElement>("copy");
let current: Runtime<BenchmarkCalls, object> | undefined;
let stopped = true;
let machine = "";

function row(name: string, device: Device): Row {
  const chosen = make("input", { type: "checkbox", checked: "" });
  const note = make("span", { class: "note", text: VERSIONS[name]! });
  const title = make("span", {}, document.createTextNode(`${NAMES[name]} ${DEVICES[device]}`), note);
  const cells = WORKLOADS.map(() => make("td", { text: "–" }));
  byId("rows").append(make("tr", {}, make("th", { scope: "row" }, make("label", {}, chosen, title)), ...cells));
  return { name, device, chosen, note, cells, results: [] };
}

const milliseconds = (ms: number): string => (ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2));
const written = (result: Timing | string | undefined): string =>
  result === undefined ? "–" : typeof result === "string" ? result : milliseconds(result.ms);

/** The first of flambeau's results that are there is what the others are compared with. */
function expected(column: number): number | undefined {
  for (const { results } of rows) {
    const result = results[column];
    if (typeof result === "object") return result.check;
  }
  return undefined;
}

/** Writes a column, and marks the fastest of each device. */
function show(column: number): void {
  const want = expected(column);
  for (const device of ["cpu", "webgpu"] as const) {
    const timed = rows.filter((row) => row.device === device && typeof row.results[column] === "object");
    const best = Math.min(...timed.map((row) => (row.results[column] as Timing).ms));
    for (const { cells, results } of timed) {
      const { ms, check, rounds } = results[column] as Timing;
      const differs = Math.abs(check - want!) > 1e-2 * Math.abs(want!);
      const cell = cells[column]!;
      cell.className = ms === best && timed.length > 1 ? "time best" : "time";
      cell.textContent = milliseconds(ms) + (differs ? " (another result)" : "");
      cell.title = `${(ms / best).toFixed(2)} times the fastest; median of ${rounds} rounds; check ${check.toPrecision(6)}`;
    }
  }
}

function say(row: Row, column: number, text: string): void {
  row.results[column] = text;
  row.cells[column]!.className = "reason";
  row.cells[column]!.textContent = text;
}

class Late extends Error {}
const within = <T>(promise: Promise<T>, patience: number): Promise<T> => {
  let timer = 0;
  const late = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new Late(`it took more than ${patience / 1000} s`)), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** A library in a worker of its own, with the threads that there are, or with one where it does not start with more. */
async function open({ name, device, note }: Row): Promise<Runtime<BenchmarkCalls, object>> {
  const most = crossOriginIsolated && device === "cpu" ? navigator.hardwareConcurrency : 1;
  for (const threads of new Set([most, 1])) {
    const runtime = (current = new Runtime<BenchmarkCalls, object>("benchmark"));
    try {
      const said = await within(runtime.call("open", { name, device, threads, pages: location.href }), PATIENCE.open);
      note.textContent = `${VERSIONS[name]}, ${said}${threads < most ? " (with more it did not start)" : ""}`;
      return runtime;
    } catch (error) {
      runtime.end();
      if (threads === 1 || stopped) throw error;
    }
  }
  throw new Error("it did not start");
}

async function measure(row: Row): Promise<void> {
  let runtime: Runtime<BenchmarkCalls, object> | undefined;
  let tries = 0;
  for (let column = 0; column < WORKLOADS.length && !stopped; column++) {
    try {
      if (runtime === undefined) {
        row.cells[column]!.textContent = "loading …";
        runtime = await open(row);
      }
      row.cells[column]!.textContent = "running …";
      const wish = { workload: WORKLOADS[column]!, size: SIZE, seconds: SECONDS };
      const result = await within(runtime.call("measure", wish), PATIENCE.measure);
      tries = 0;
      if (typeof result === "string") say(row, column, result);
      else {
        row.results[column] = result;
        show(column);
      }
    } catch (error) {
      say(row, column, stopped ? "stopped" : describe(error));
      // a library that does not load is not asked for the rest
      if (runtime === undefined) break;
      // what it is still at would be in the way of what comes next
      runtime.end();
      runtime = undefined;
      if (error instanceof Late && ++tries < TRIES) column--;
      else tries = 0;
    }
  }
  runtime?.end();
}

async function run(): Promise<void> {
  fail("");
  stopped = false;
  runButton.textContent = "Stop";
  const chosen = rows.filter((row) => row.chosen.checked);
  for (const row of rows) {
    row.results = [];
    for (const cell of row.cells) {
      cell.className = "";
      cell.textContent = "–";
    }
  }
  for (const [i, row] of chosen.entries()) {
    if (stopped) break;
    byId("state").textContent = `${NAMES[row.name]} on ${DEVICES[row.device]}, ${i + 1} of ${chosen.length}`;
    await measure(row);
    byId<HTMLProgressElement>("progress").value = (i + 1) / chosen.length;
  }
  byId("state").textContent = stopped ? "stopped" : "done";
  stopped = true;
  runButton.textContent = "Run";
  copyButton.disabled = false;
}

runButton.addEventListener("click", () => {
  if (stopped) return void run();
  stopped = true;
  current?.end();
});

/** The table in Markdown. */
function markdown(): string {
  const heads = WORKLOADS.map((workload) => `${byId(`name-${workload}`).textContent} ${TITLES[workload]}, ms`);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const body = rows
    .filter(({ results }) => results.length > 0)
    .map(({ name, device, note, results }) =>
      line([
        `${NAMES[name]} ${DEVICES[device]} (${note.textContent})`,
        ...WORKLOADS.map((_, i) => written(results[i])),
      ]),
    );
  return [machine, "", line(["", ...heads]), line(["---", ...heads.map(() => "--:")]), ...body, ""].join("\n");
}

copyButton.addEventListener("click", async () => {
  const box = byId<HTMLTextAreaElement>("markdown");
  box.value = markdown();
  box.hidden = false;
  try {
    await navigator.clipboard.writeText(box.value);
    copyButton.textContent = "Copied";
  } catch {
    // a browser may forbid it: then the text is there to be copied by hand
    box.select();
    copyButton.textContent = "Copy by hand";
  }
  setTimeout(() => (copyButton.textContent = "Copy the table"), 2000);
});

async function begin(): Promise<void> {
  const runtime = new Runtime<BenchmarkCalls, object>("benchmark");
  const environment = await start(runtime);
  runtime.end();
  machine = `${navigator.userAgent}; ${environment.cores} cores; ${environment.isolated ? "" : "not "}isolated`;
  if (environment.noWebGpu !== null) for (const row of rows) if (row.device === "webgpu") row.chosen.checked = false;
  byId("state").textContent = "ready";
  runButton.disabled = false;
}

begin().catch((error: unknown) => fail(`The page could not start: ${describe(error)}`));
