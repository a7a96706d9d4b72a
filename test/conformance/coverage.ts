// What the rows of a run say of each op and module, as records of one device (gen/coverage-DEVICE.json, committed), and the table
// docs/coverage.md made from the records of both devices.
import { absentNames } from "./absent.ts";
import type { Host } from "./host.ts";
import type { Row } from "./report.ts";
import type { Torch } from "./runtime.ts";

/** Of the cases of one file of the vectors, on one device. */
interface Entry {
  /** "torch.indexAdd", "nn.Linear" */
  calls: string;
  cases: number;
  /** Letters of the dtypes that agree with PyTorch. */
  dtypes: string;
  /** Cases with gradients that agree; absent: the op's cases have none. */
  gradient?: number;
  /** Cases that fail or are known faults. */
  wrong?: number;
  /** Cases that pass by the documented error for a dtype that the device does not have. */
  refused?: number;
}
type Records = Record<string, Entry>;
type Device = "cpu" | "webgpu";

const LETTERS: Record<string, string> = {
  float32: "f",
  float64: "d",
  float16: "h",
  bfloat16: "b",
  complex64: "c",
  complex128: "z",
  uint8: "u",
  int8: "a",
  int16: "s",
  int32: "i",
  int64: "l",
  bool: "B",
};
const ordered = (letters: string) =>
  Object.values(LETTERS)
    .filter((letter) => letters.includes(letter))
    .join("");

const recordsFile = (device: string) => `test/conformance/gen/coverage-${device}.json`;
const TABLE = "docs/coverage.md";

async function readJson(host: Host, path: string): Promise<any> {
  const bytes = await host.read(path);
  return bytes && JSON.parse(new TextDecoder().decode(bytes));
}

const stated = new Set(["core", "nn", "linalg", "optional/fft", "second_order", "modules"]);

function recordsOf(rows: readonly Row[]): Records {
  const records: Records = {};
  for (const row of rows) {
    if (!stated.has(row.category) || row.op === "device memory") continue;
    const [right, all] = row.gradients;
    const wrong = row.failed + row.known;
    records[`${row.category}/${row.op}`] = {
      calls: row.calls ?? `nn.${row.op}`,
      cases: row.passed,
      dtypes: ordered([...row.dtypes].map((dtype) => LETTERS[dtype]!).join("")),
      ...(all > 0 && { gradient: right }),
      ...(wrong > 0 && { wrong }),
      ...(row.refused > 0 && { refused: row.refused }),
    };
  }
  return records;
}

const printRecords = (records: Records) =>
  `{\n${Object.entries(records)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entry]) => `  ${JSON.stringify(name)}: ${JSON.stringify(entry)}`)
    .join(",\n")}\n}\n`;

/** Writes the records of the categories that ran, and the table. */
export async function writeCoverage(torch: Torch, host: Host, device: string, rows: readonly Row[]): Promise<void> {
  const kept: Records = (await readJson(host, recordsFile(device))) ?? {};
  const ran = new Set(rows.map((row) => row.category));
  for (const name of Object.keys(kept)) if (ran.has(name.slice(0, name.lastIndexOf("/")))) delete kept[name];
  await host.write(recordsFile(device), printRecords({ ...kept, ...recordsOf(rows) }));
  await host.write(TABLE, await table(torch, host));
}

/** Where the committed records, of the categories that ran, or the table differ from what runs. */
export async function staleCoverage(torch: Torch, host: Host, device: string, rows: readonly Row[]): Promise<string[]> {
  const committed: Records = (await readJson(host, recordsFile(device))) ?? {};
  const now = recordsOf(rows);
  const ran = new Set(rows.map((row) => row.category));
  const names = Object.keys(committed).filter((name) => ran.has(name.slice(0, name.lastIndexOf("/"))));
  const differing = [...new Set([...names, ...Object.keys(now)])].filter(
    (name) => JSON.stringify(committed[name]) !== JSON.stringify(now[name]),
  );
  const stale = differing.map((name) => `${recordsFile(device)} is not what runs: ${name}`);
  const bytes = await host.read(TABLE);
  const text = bytes && new TextDecoder().decode(bytes);
  if (text !== (await table(torch, host))) stale.push(`${TABLE} is not made of the records`);
  return stale;
}

// ---- the table

/** An op on one device: what its files of the vectors say together. */
interface Cell {
  cases: number;
  dtypes: string;
  gradient: [right: number, all: boolean];
  second: boolean;
  wrong: number;
  refused: number;
}

interface Op {
  readonly name: string;
  readonly cells: Partial<Record<Device, Cell>>;
}

const SPACES = ["torch", "Tensor", "nn.functional", "linalg", "fft", "special", "nn"] as const;
const TITLES: Record<string, string> = {
  torch: "torch",
  Tensor: "Tensor: methods, properties, indexing",
  "nn.functional": "torch.nn.functional",
  linalg: "torch.linalg",
  fft: "torch.fft",
  special: "torch.special",
  nn: "torch.nn: modules",
};

/** "nn.functional" of "torch.nn.functional.relu", "Tensor" of "Tensor.at". */
function spaceOf(name: string): string {
  const parts = name.replace(/^torch\./, "").split(".");
  return parts.length === 1 ? "torch" : parts.slice(0, -1).join(".");
}

function opsOf(records: Record<Device, Records>): Op[] {
  const ops = new Map<string, Op>();
  for (const device of ["cpu", "webgpu"] as const)
    for (const [file, entry] of Object.entries(records[device])) {
      const op = ops.get(entry.calls) ?? { name: entry.calls, cells: {} };
      ops.set(entry.calls, op);
      const cell = (op.cells[device] ??= {
        cases: 0,
        dtypes: "",
        gradient: [0, false],
        second: false,
        wrong: 0,
        refused: 0,
      });
      const second = file.startsWith("second_order/");
      cell.cases += entry.cases;
      cell.dtypes = ordered(cell.dtypes + entry.dtypes);
      cell.wrong += entry.wrong ?? 0;
      cell.refused += entry.refused ?? 0;
      cell.second ||= second && entry.cases > (entry.refused ?? 0);
      if (entry.gradient !== undefined) cell.gradient = [cell.gradient[0] + entry.gradient, true];
    }
  return [...ops.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function cellText(cell: Cell | undefined): string[] {
  if (!cell) return ["", "", ""];
  const dtypes = cell.dtypes || (cell.refused > 0 ? "*refused*" : "✓");
  const marks = [cell.gradient[0] > 0, cell.second].map((mark) => (mark ? "✓" : ""));
  return [cell.wrong > 0 ? `${dtypes} (${cell.wrong} known)` : dtypes, ...marks];
}

const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;

async function table(torch: Torch, host: Host): Promise<string> {
  const records = {
    cpu: (await readJson(host, recordsFile("cpu"))) ?? {},
    webgpu: (await readJson(host, recordsFile("webgpu"))) ?? {},
  };
  const reference: any[] = (await readJson(host, "core-wasm/gen/ops.json")) ?? [];
  const ops = opsOf(records);
  const lines = [...introduction(ops)];
  for (const space of SPACES) {
    const here = ops.filter((op) => spaceOf(op.name) === space);
    if (here.length === 0) continue;
    lines.push(
      "",
      `## ${TITLES[space]}`,
      "",
      "| name | cases | CPU | ∂ | ∂² | WebGPU | ∂ | ∂² |",
      "|---|--:|---|:-:|:-:|---|:-:|:-:|",
      ...here.map(({ name, cells }) =>
        row([
          `\`${name.replace(/^(torch|Tensor)\.(?=[^.]+$)/, space === "Tensor" ? "" : "torch.").replace(/^nn\./, "")}\``,
          cells.cpu?.cases ?? 0,
          ...cellText(cells.cpu),
          ...cellText(cells.webgpu),
        ]),
      ),
    );
  }
  lines.push(...withoutVectors(ops, reference));
  lines.push(...(await absentNames(torch, await readJson(host, "test/conformance/gen/pytorch-names.json"))));
  return `${lines.join("\n")}\n`;
}

function introduction(ops: readonly Op[]): string[] {
  const sum = (device: Device) => ops.reduce((total, { cells }) => total + (cells[device]?.cases ?? 0), 0);
  const refused = ops.reduce((total, { cells }) => total + (cells.webgpu?.refused ?? 0), 0);
  return [
    "# Coverage",
    "",
    "Written by `make coverage`, the conformance run, never by hand; `make test` compares it with what runs.",
    "",
    `${sum("cpu")} cases of PyTorch 1.13's own test data agree on the CPU and ${sum("webgpu")} on WebGPU, ${refused} of these by the`,
    "documented error for a dtype that WebGPU does not have. A case compares values, dtypes, shapes, views, in-place and method",
    "forms, and gradients. Type promotion, errors, optimizers, random streams and files have categories of their own, which",
    "`make conformance` counts.",
    "",
    "- **CPU, WebGPU**: dtypes whose results agree: f float32, d float64, h float16, b bfloat16, c complex64, z complex128,",
    "  u uint8, a int8, s int16, i int32, l int64, B bool. ✓: a call without a dtype. Those are the dtypes of the test data,",
    "  not all that work. WebGPU refuses d, c and z, and says so: *refused* is an op whose cases all need one. `linalg` and `fft`",
    "  run there by a transfer to the CPU.",
    "- **∂, ∂²**: gradients, and gradients of gradients, agree. Every gradient is made of ops that have gradients themselves;",
    "  the test data have second derivatives of some.",
    "- **known**: cases that PyTorch itself gets wrong or that the language or the device cannot do, by name and with the reason",
    "  in [known-faults.json](../test/conformance/known-faults.json).",
  ];
}

/** Ops of the records that no file of the vectors calls under any of their names. */
function withoutVectors(ops: readonly Op[], reference: readonly any[]): string[] {
  const called = new Set(ops.map((op) => op.name));
  const qualified = (name: string, space: string) => (space === "torch" ? `torch.${name}` : `torch.${space}.${name}`);
  const publicName = (name: string, space: string, variants: string[]) =>
    variants.includes("function") ? qualified(name, space) : `Tensor.${name}${variants.includes("method") ? "" : "_"}`;
  const rows = reference
    .filter(({ name, variants }) => !name.startsWith("_") && variants.length > 0)
    .filter(({ name, namespace, aliases }) => {
      const names = [
        qualified(name, namespace),
        ...aliases.map((alias: string) => (alias.includes(".") ? `torch.${alias}` : qualified(alias, namespace))),
      ];
      return !names.some((item) => called.has(item)) && !called.has(`Tensor.${name}`) && !called.has(`Tensor.${name}_`);
    })
    .map(({ name, namespace, follows, gradient, variants }) =>
      row([`\`${publicName(name, namespace, variants)}\``, follows, gradient === "none" ? "" : "✓"]),
    );
  return [
    "",
    "## Without test data of PyTorch",
    "",
    "Ops that the test data do not call by themselves. They are tested in `test/unit`, by the modules and the random streams of",
    "the conformance run, or as parts of ops above. Examples of all of them, whose results are compared, are in the op reference.",
    "",
    "| name | follows | ∂ |",
    "|---|---|:-:|",
    ...rows,
  ];
}
