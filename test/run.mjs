// Everything that must hold: installs what the suites need, builds, runs the suites two at a time, and closes with the sum
// of their counts. `node test/run.mjs NAME...` runs only the suites whose names contain one of the words.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { BROWSERS, noBrowser } from "./hosts/browsers.mjs";
import { gpuEnvironment, noGpu } from "./hosts/gpu.mjs";
import { HOSTS, WEB_HOSTS, bun, command, deno, node24 } from "./hosts/launch.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, "out");

/** Runs a command; its output is kept, to be printed in one piece. */
function run([program, args], env = {}) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("error", (error) => resolve({ code: 127, output: String(error), seconds: 0 }));
    child.on("close", (code) => resolve({ code: code ?? 128, output, seconds: (performance.now() - started) / 1000 }));
  });
}

/** Counts of a suite that is one check: it passes or it fails. */
const single = ({ code }) => ({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 });

/** Counts from the closing line of a runner of our own. */
function closingLine({ code, output }) {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  if (!found) return { passed: 0, failed: 1, skipped: 0 };
  const [passed, failed, skipped] = found.slice(1).map((n) => Number(n ?? 0));
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
}

/**
 * Counts from a JUnit file, which vitest, deno test and bun test all write. A test that failed counts once, however many
 * errors it has.
 */
const junit = (file) => (result) => {
  const cases = testCases(file);
  const has = (element) => cases.filter(({ body }) => element.test(body)).length;
  const failed = has(FAILED);
  const skipped = has(/<skipped\b/);
  const broken = cases.length === 0 || (result.code !== 0 && failed === 0);
  return { passed: cases.length - failed - skipped, failed: failed + (broken ? 1 : 0), skipped };
};

const FAILED = /<(failure|error)\b/;

/** The test cases of a JUnit file: attributes and body, as written. */
function testCases(file) {
  if (!existsSync(file)) return [];
  const found = readFileSync(file, "utf8").matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g);
  return [...found].map(([, attributes, body = ""]) => ({ attributes, body }));
}

const ENTITIES = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&", "#10": "\n", "#xA": "\n" };
const unescaped = (xml) => xml.replace(/&(#?\w+);/g, (whole, name) => ENTITIES[name] ?? whole);

/** What failed in a suite, in few lines: its tests' names and errors; where these are not written down, the end of its output. */
function failures({ file }, { output }) {
  const failed = file ? testCases(file).filter(({ body }) => FAILED.test(body)) : [];
  const ending = output.trimEnd().split("\n").slice(-40);
  if (failed.length === 0) return ending.join("\n");
  let silent = false;
  const shown = failed.map(({ attributes, body }) => {
    const attribute = (name) => attributes.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? "";
    const [, opening, text = ""] = body.match(/<(?:failure|error)\b([^>]*?)(?:\/>|>([\s\S]*?)<\/(?:failure|error)>)/);
    const error = unescaped(text.trim() || (opening.match(/\bmessage="([^"]*)"/)?.[1] ?? ""));
    silent ||= error === "";
    const lines = error.split("\n").slice(0, 12).join("\n");
    return `✗ ${unescaped(`${attribute("classname") || attribute("file")} > ${attribute("name")}`)}\n${indent(lines)}`;
  });
  return [...shown, ...(silent ? ending : [])].join("\n");
}

/**
 * As `count`, of Deno's tests on the device: its software driver at times corrupts the heap while the process ends, after the
 * runner has closed with its totals. That is no test's failure, and is said.
 */
const despiteTeardown = (count) => (result) => {
  const closed = /\| \d+ passed \| 0 failed/.test(result.output);
  if (result.code < 128 || !closed) return count(result);
  console.log("Deno was killed by a signal while it ended, after all tests on the device had passed");
  return count({ ...result, code: 0 });
};

const PORTABLE = ["examples", "test/hosts"];
/** Needs an adapter, so these are suites of their own. */
const WEBGPU = "test/webgpu";
const report = (name) => join(out, `${name}.xml`);
const vitest = (node, name, paths) => ({
  command: [node, ["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=junit", `--outputFile.junit=${report(name)}`, ...paths]], // prettier-ignore
  counts: junit(report(name)),
  file: report(name),
});
const denoTest = (name, paths) => ({
  command: [deno(), ["test", "--allow-all", "--no-remote", "--no-check", `--junit-path=${report(name)}`, ...paths]],
  counts: junit(report(name)),
  file: report(name),
});
const bunTest = (name, paths) => ({
  command: [bun(), ["test", "--timeout=600000", "--reporter=junit", `--reporter-outfile=${report(name)}`, ...paths.map((path) => `./${path}`)]], // prettier-ignore
  counts: junit(report(name)),
  file: report(name),
});

const conformanceSuite = (host, device, ...flags) => ({
  command: command(host, "test/conformance/main.ts", [`--device=${device}`, ...flags]),
  counts: closingLine,
});

/** Hosts in which whole training programs run. */
const TRAINING = ["node", "node24", "deno", "bun"];

/** Parts of every op's cases that fit the time; `make conformance DEVICE=webgpu HOST=…` runs them all. */
const SHARES = {
  deno: ["--share=0.2"],
  bun: ["--share=0.2"],
  chromium: ["--share=0.02"],
  firefox: ["--share=0.05", "--only=core/a*,nn/*.c*,modules/L*"],
};
/** In two processes, each with half the pipelines: the software adapter has memory mappings for every one. */
const HALVES = {
  first: "core,nn,linalg,optional/fft,second_order,errors",
  second: "promotion,modules,optim,rng,files",
};

/** Suites on the WebGPU device: skipped, with the reason, where there is no adapter. */
const webgpuSuites = () => {
  const inDeno = denoTest("webgpu-deno", [WEBGPU]);
  const suites = {
    "webgpu tests in node": vitest(process.execPath, "webgpu-node", [WEBGPU]),
    "webgpu tests in deno": { ...inDeno, counts: despiteTeardown(inDeno.counts) },
    "webgpu tests in bun": bunTest("webgpu-bun", [WEBGPU]),
    ...Object.fromEntries(
      Object.entries(HALVES).map(([half, categories]) => [
        `webgpu conformance in node, ${half} half`,
        conformanceSuite("node", "webgpu", `--category=${categories}`, "--check-coverage"),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(SHARES).map(([host, share]) => [
        `webgpu conformance in ${host}`,
        conformanceSuite(host, "webgpu", ...share),
      ]),
    ),
  };
  for (const [name, suite] of Object.entries(suites)) {
    const browser = BROWSERS.find((known) => name.endsWith(known));
    // Chromium brings its own adapter
    suite.skip = (browser && noBrowser(browser)) ?? (browser === "chromium" ? null : noGpu());
  }
  return suites;
};

/** Why there is no such host here, or null. */
const noHost = (host) => (host === "workerd" ? null : noBrowser(host.split("-")[0]));

/** Made after the hosts are installed, since the commands name their binaries. */
const suites = () => ({
  format: { command: ["make", ["format-check"]], counts: single },
  lint: { command: ["make", ["lint"]], counts: single },
  types: { command: ["make", ["types"]], counts: single },
  generated: { command: ["make", ["generated-check"]], counts: single },
  ...webgpuSuites(),
  "vitest in node": vitest(process.execPath, "vitest-node", [WEBGPU, ...(noGpu() ? ["test/gpu"] : [])].flatMap((folder) => ["--exclude", `${folder}/**`])), // prettier-ignore
  "vitest in node24": vitest(node24(), "vitest-node24", PORTABLE),
  "deno test": denoTest("deno", PORTABLE),
  "bun test": bunTest("bun", PORTABLE),
  ...Object.fromEntries(
    HOSTS.map((host) => [
      `conformance in ${host}`,
      conformanceSuite(host, "cpu", ...(host === "node" ? ["--check-coverage"] : [])),
    ]),
  ),
  // one thread: there the core is divided
  "conformance in node, core and rest": { ...conformanceSuite("node", "cpu"), env: { OMP_NUM_THREADS: "1" } },
  "conformance in chromium, core and rest": {
    ...conformanceSuite("chromium-unisolated", "cpu", "--share=0.2"),
    skip: noBrowser("chromium"),
  },
  ...Object.fromEntries(
    TRAINING.map((host) => [`training in ${host}`, conformanceSuite(host, "cpu", "--category=training")]),
  ),
  ...Object.fromEntries(
    WEB_HOSTS.map((host) => [
      `conformance in ${host}`,
      // a worker of a page has the page's engine
      { ...conformanceSuite(host, "cpu", ...(host.endsWith("-worker") ? ["--share=0.1"] : [])), skip: noHost(host) },
    ]),
  ),
  ...Object.fromEntries(
    BROWSERS.map((host) => [
      `tests in ${host}`,
      { command: command(host, "test/hosts/web/tests.ts"), counts: closingLine, skip: noHost(host) },
    ]),
  ),
});

async function must(what, step) {
  const { code, output } = await run(step);
  if (code === 0) return;
  console.log(`${what} failed\n${output}\n0 passed, 1 failed, 0 skipped`);
  process.exit(1);
}

const indent = (text) => text.trimEnd().replace(/^/gm, "    ");

async function main(words) {
  mkdirSync(out, { recursive: true });
  await must("install", ["make", ["hosts", "bundlers", "chromium", "firefox", "emscripten", "pytorch"]]);
  await must("build", ["make", ["build"]]);
  const queue = Object.entries(suites()).filter(([name]) => words.length === 0 || words.some((w) => name.includes(w)));
  const rows = [];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [name, suite] = next;
      if (suite.skip) {
        rows.push({ suite: name, passed: 0, failed: 0, skipped: 1, seconds: 0 });
        console.log(`skipped: ${name}: ${suite.skip}`);
        continue;
      }
      if (suite.file) rmSync(suite.file, { force: true });
      const result = await run(suite.command, { ...gpuEnvironment(), ...suite.env });
      const counts = suite.counts(result);
      rows.push({ suite: name, ...counts, seconds: Math.round(result.seconds) });
      console.log(`${counts.failed ? "FAILED" : "ok"}: ${name}, ${result.seconds.toFixed(0)} s`);
      if (counts.failed) {
        const log = join(out, `${name.replaceAll(/\W+/g, "-")}.log`);
        writeFileSync(log, result.output);
        console.log(indent(`${failures(suite, result)}\nAll of its output: ${relative(root, log)}`));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, cpus().length) }, worker));
  console.table(rows);
  const sum = (key) => rows.reduce((total, row) => total + (row[key] ?? 0), 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  process.exit(sum("failed") ? 1 : 0);
}

await main(process.argv.slice(2));
