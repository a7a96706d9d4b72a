// What examples/edge does under load, and how soon it answers. Prints tables and puts them into docs/edge.md.
//   node --import tsx test/edge/bench.ts [--requests 10000] [--concurrency 50] [--starts 10] [--only workerd,deno]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildEdgeLight, buildWorkerd, workerdConfig } from "../../examples/edge/build.mjs";
import { numberOption, option } from "../../examples/lib/main.ts";
import { type Digit, type Post, posts, testDigits } from "./digits.ts";
import { load, type LoadResult } from "./load.ts";
import { buildPeer, HEAP, hasPeers, PEERS } from "./peers/build.ts";
import { type Server, SERVERS, start, startWorkerd } from "./servers.ts";

const REQUESTS = numberOption("requests", 10_000);
const CONCURRENCY = numberOption("concurrency", 50);
const STARTS = numberOption("starts", 10);
const ALONE = 500;
/** The memory is looked at after each part of the requests, and before, when as many have made the heap as large as it gets. */
const PARTS = 5;

const only = option("only")?.split(",");
const wanted = (name: string): boolean => only === undefined || only.includes(name);
const docs = fileURLToPath(new URL("../../docs/edge.md", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "flambeau-edge-bench-"));

const digits = testDigits(250);
const cases: (Post & { label: number })[] = digits.flatMap((digit: Digit) =>
  [posts(digit).png, posts(digit).raw, posts(digit).list].map((post) => ({ ...post, label: digit.label })),
);

interface Served extends LoadResult {
  name: string;
  accuracy: number;
  /** one request at a time */
  alone: LoadResult;
  /** of the server's processor, in ms for each of the many requests */
  cpu: number;
  /** resident MB after the warm-up and after each part of the requests */
  rss: number[];
}

/** The requests, in parts, between which the memory is looked at. */
async function serve(name: string, server: Server, count: number): Promise<Served> {
  let right = 0;
  const check = (i: number, status: number, body: string) => {
    if (status !== 200) return `${status} ${body.slice(0, 200)}`;
    if (JSON.parse(body).class === cases[i]!.label) right++;
    return undefined;
  };
  await load(server.url, cases, { count, concurrency: CONCURRENCY, check });
  const rss = [server.rss()];
  right = 0;
  const used = server.cpu();
  const parts: LoadResult[] = [];
  for (let part = 0; part < PARTS; part++) {
    parts.push(await load(server.url, cases, { count: count / PARTS, concurrency: CONCURRENCY, check }));
    rss.push(server.rss());
  }
  const cpu = (server.cpu() - used) / count;
  const accuracy = right / count;
  const alone = await load(server.url, cases, { count: ALONE, concurrency: 1, check });
  return { name, rss, accuracy, alone, cpu, ...merged(parts) };
}

function merged(parts: readonly LoadResult[]): LoadResult {
  const latencies = parts.flatMap((part) => part.latencies).sort((a, b) => a - b);
  const quantile = (share: number) => latencies[Math.ceil(share * latencies.length) - 1]!;
  const seconds = parts.reduce((sum, part) => sum + part.seconds, 0);
  const errors: Record<string, number> = {};
  for (const part of parts)
    for (const [what, count] of Object.entries(part.errors)) errors[what] = (errors[what] ?? 0) + count;
  const perSecond = latencies.length / seconds;
  return { errors, seconds, latencies, perSecond, p50: quantile(0.5), p99: quantile(0.99) };
}

const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

async function throughput(own: Record<string, Startable>, peers: Record<string, Startable>): Promise<string> {
  const rows: string[][] = [];
  for (const [name, { begin, runs = true }] of Object.entries({ ...own, ...peers })) {
    if (!runs) continue;
    const server = await begin();
    try {
      // peers are slower, or known
      const count = name in own ? REQUESTS : REQUESTS / 5;
      const { errors, accuracy, perSecond, p50, p99, alone, cpu, rss } = await serve(name, server, count);
      const wrong = Object.entries(errors).map(([what, count]) => `${count} × ${what}`);
      rows.push([
        name,
        wrong.join("; ") || "none",
        `${(100 * accuracy).toFixed(1)} %`,
        perSecond.toFixed(0),
        ms(cpu),
        `${ms(p50)} / ${ms(p99)}`,
        `${ms(alone.p50)} / ${ms(alone.p99)}`,
        rss.map((mb) => mb.toFixed(0)).join(" "),
      ]);
      console.log(rows.at(-1)!.join(" | "));
    } finally {
      await server.stop();
    }
  }
  const head = ["server", "errors", "right", "requests/s", "processor ms a request", "p50 / p99 ms", "one at a time: p50 / p99 ms", "RSS in MB, after the warm-up and every fifth of the requests"]; // prettier-ignore
  return table(head, rows);
}

/** From the start of the process to the first answer, in ms, and what the process has used then. */
async function firstAnswer(
  begin: () => Promise<Server>,
): Promise<{ time: number; cpu: number; rss: number; answer: string }> {
  const started = performance.now();
  const server = await begin();
  const { type, body } = posts(digits[0]!).raw;
  const response = await fetch(`${server.url}/classify`, { method: "POST", headers: { "content-type": type }, body: body as BodyInit }); // prettier-ignore
  const text = await response.text();
  const time = performance.now() - started;
  const [rss, cpu] = [server.rss(), server.cpu()];
  await server.stop();
  const failed = response.status !== 200;
  return { time, cpu, rss, answer: failed ? text.split("\n")[0]! : `class ${JSON.parse(text).class}` };
}

interface Startable {
  begin: () => Promise<Server>;
  /** kB of the files, and compressed */
  size?: string;
  /** false where it answers no requests */
  runs?: boolean;
}

/** Rounds in which every server starts once, so that each meets the same moments of the machine. */
async function coldStarts(servers: Record<string, Startable>): Promise<string> {
  const found = Object.fromEntries(Object.keys(servers).map((name) => [name, [] as Awaited<ReturnType<typeof firstAnswer>>[]])); // prettier-ignore
  for (let round = 0; round < STARTS; round++)
    for (const [name, { begin }] of Object.entries(servers)) found[name]!.push(await firstAnswer(begin));
  const rows = Object.entries(found).map(([name, all]) => {
    const sorted = (key: "time" | "cpu") => all.map((one) => one[key]).sort((a, b) => a - b);
    const median = (key: "time" | "cpu") => ms(sorted(key)[all.length >> 1]!);
    const { answer, rss } = all[0]!;
    return [name, servers[name]!.size ?? "", answer, ms(sorted("time")[0]!), median("time"), median("cpu"), rss.toFixed(0)]; // prettier-ignore
  });
  return table(["server", "kB (gzip)", "first answer", "ms, least", "ms, median", "processor ms", "RSS in MB"], rows);
}

/** What is sent to the platform. */
function sizeOf(folder: string, names: readonly string[]): string {
  const files = names.map((name) => readFileSync(join(folder, name)));
  const sum = (bytes: (file: Buffer) => number) => files.reduce((total, file) => total + bytes(file), 0) / 1000;
  return `${sum((file) => file.length).toFixed(0)} (${sum((file) => gzipSync(file, { level: 9 }).length).toFixed(0)})`;
}

/** Puts a table between the markers of its name. */
function put(name: string, text: string): void {
  const whole = readFileSync(docs, "utf8");
  const pattern = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  writeFileSync(
    docs,
    whole.replace(pattern, (_, begin, end) => `${begin}\n${text}\n\n${end}`),
  );
}

async function main(): Promise<void> {
  const workerdFolder = join(folder, "workerd");
  const names = await buildWorkerd(workerdFolder);
  writeFileSync(join(workerdFolder, "config.capnp"), workerdConfig(names, undefined, HEAP));
  await buildEdgeLight(join(folder, "edge-light"));
  const own = SERVERS.filter(wanted);
  const peers: Record<string, Startable> = {};
  if (!hasPeers()) console.log("without peers: npm ci --ignore-scripts in test/bench installs them");
  for (const [i, peer] of (hasPeers() && wanted("peers") ? PEERS : []).entries()) {
    const outdir = join(folder, `peer${i}`);
    const size = sizeOf(outdir, await buildPeer(peer, outdir));
    const runs = peer.name !== "onnxruntime-web";
    peers[`workerd: ${peer.name}`] = { begin: () => startWorkerd(join(outdir, "config.capnp")), size, runs };
  }
  const servers: Record<string, Startable> = Object.fromEntries(
    own.map((name) => [name === "workerd" ? "workerd: flambeau" : name, { begin: () => start(name, folder) }]),
  );
  if (servers["workerd: flambeau"]) servers["workerd: flambeau"].size = sizeOf(workerdFolder, names);

  const cold = await coldStarts({ ...servers, ...peers });
  console.log(`\n${cold}\n`);
  const loaded = await throughput(servers, peers);
  console.log(`\n${loaded}`);
  if (only !== undefined) return;
  put("cold starts", cold);
  put("load", loaded);
  const date = new Date().toISOString().slice(0, 10);
  put(
    "machine",
    `${date}, ${cpus().length} cores of ${cpus()[0]!.model}, Node ${process.version}; load average ${loadavg()[1]!.toFixed(0)}.`,
  );
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true });
}
