// The package as `npm pack` makes it, built into pages and servers by bundlers. The pages run in Chromium, the servers in Node.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noBrowser } from "../hosts/browsers.mjs";
import { deno } from "../hosts/launch.mjs";
import { launch, type Browser } from "./browser.mjs";
import { serve, type ServeOptions } from "./serve.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = join(root, "test/bundlers");
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'self'";
const noChromium = noBrowser("chromium") !== null;
const noBundlers = !existsSync(join(here, "node_modules/.package-lock.json"));

interface Outcome {
  losses: number[];
  determinant: number;
  webgpu: string;
  threads: number;
  early?: string[];
}

/** What attw says. */
interface Report {
  problems?: Record<string, { resolutionKind?: string }[]>;
}

let folder: string;
let project: string;
let extension: string;
let tarball: string;
let browser: Browser;
let expected: Outcome;

const node = (args: string[], cwd = project): string =>
  execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const outcomeOf = (line: string): Outcome => {
  const found = /^result (.*)$/m.exec(line);
  if (found === null) throw new Error(line);
  return JSON.parse(found[1]!) as Outcome;
};

function build(bundler: string, entry: string): string {
  const out = join(folder, bundler);
  const printed = node([join(here, "builders.mjs"), bundler, project, entry, out]);
  expect(printed.match(/^(warning|error): (?!asset size|entrypoint size|webpack performance).*$/gm) ?? []).toEqual([]);
  return out;
}

/** Engines with fused multiply-add differ from Node 20 in the last bits. */
function same(actual: Outcome): void {
  const numbers = ({ losses, determinant }: Outcome): number[] => [...losses, determinant];
  expect(actual.losses[1]).toBeLessThan(actual.losses[0]!);
  numbers(actual).forEach((value, i) => expect(value).toBeCloseTo(numbers(expected)[i]!, 4));
  expect(actual.webgpu).toContain("no adapter");
}

async function inChromium(where: string, page = "", options: ServeOptions = {}): Promise<Outcome> {
  const server = await serve(where, options);
  try {
    return outcomeOf(await browser.firstLine(server.url + page));
  } finally {
    server.close();
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "flambeau-bundlers-"));
  project = join(folder, "project");
  mkdirSync(project);
  cpSync(join(here, "fixture"), project, { recursive: true });
  writeFileSync(join(project, "package.json"), `{"type":"module","private":true}`);
  const npm = (args: string[], cwd: string) =>
    execFileSync("npm", args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
  npm(["pack", "--silent", "--pack-destination", folder], root);
  tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".tgz"))!,
  );
  npm(["install", "--silent", "--offline", "--no-audit", "--no-fund", "--no-save", tarball], project);
  expected = outcomeOf(node(["server.js"]));
  extension = join(folder, "extension");
  // no import map, which would be a script in the page; and an extension holds all it runs
  cpSync(join(project, "extension"), extension, { recursive: true });
  cpSync(join(project, "node_modules/flambeau/dist"), join(extension, "flambeau"), { recursive: true });
  for (const file of ["page.js", "program.js", "index.html"]) {
    const text = readFileSync(join(project, file), "utf8");
    writeFileSync(join(extension, file), text.replace(`from "flambeau"`, `from "./flambeau/browser.js"`));
  }
  if (!noChromium) browser = await launch("chromium", extension);
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

describe.skipIf(noBundlers || noChromium)("pages built by", () => {
  test.each(["vite", "webpack", "esbuild", "rollup", "parcel"])("%s", async (bundler) => {
    const out = build(bundler, "page.js");
    const plain = await inChromium(out);
    same(plain);
    expect(plain.threads).toBe(1);
    const isolated = await inChromium(out, "", { isolated: true });
    same(isolated);
    expect(isolated.threads).toBeGreaterThan(1);
  });
});

describe.skipIf(noBundlers || noChromium)("with Vite", () => {
  test("its development server", async () => {
    const child = spawn(process.execPath, [join(here, "dev.mjs"), project], { stdio: ["pipe", "pipe", "inherit"] });
    try {
      const [url] = (await once(child.stdout, "data")) as [Buffer];
      same(outcomeOf(await browser.firstLine(url.toString().trim())));
    } finally {
      child.stdin.end();
    }
  });

  test("workers of a DataLoader in the bundle", async () => {
    const server = await serve(build("vite-loader", "loader.js"));
    expect(await browser.firstLine(`${server.url}loader.html`)).toBe("result [[0,1,4],[9,16,25]]");
    server.close();
  });
});

const browsable = describe.skipIf(noBundlers || noChromium);
browsable("flambeau/inline and flambeau/manual", () => {
  test("a script that is one file needs no server", async () => {
    const out = build("esbuild-inline", "page.js");
    expect(readdirSync(out).sort()).toEqual(["index.html", "page.js"]);
    same(outcomeOf(await browser.firstLine(pathToFileURL(join(out, "index.html")).href)));
    const headers = { "content-security-policy": POLICY };
    same(await inChromium(out, "", { headers, isolated: true }));
  });

  test("a service worker, which may neither wait at its top level nor import", async () => {
    const out = build("esbuild-inline", "service-worker.js");
    cpSync(join(project, "service-worker.html"), join(out, "index.html"));
    same(await inChromium(out));
  });

  test("wasm that the page brings, whatever its name and MIME type", async () => {
    const out = build("esbuild-manual", "manual.js");
    for (const wasmType of ["application/wasm", "application/octet-stream"]) {
      const outcome = await inChromium(out, "", { wasmType, without: /flambeau/ });
      same(outcome);
      expect(outcome.early).toHaveLength(3);
      for (const message of outcome.early!) expect(message).toContain("flambeau is not started: await init()");
    }
    await expect(inChromium(out, "", { without: /core/ })).rejects.toThrow(/could not load .*core\.wasm: HTTP 404/);
  });
});

describe.skipIf(noChromium)("pages without a bundler", () => {
  test("find the package by an import map", async () => {
    same(await inChromium(project, "unbundled.html"));
    same(await inChromium(project, "unbundled.html", { isolated: true }));
  });

  test("don't mind the MIME type of .wasm", async () => {
    same(await inChromium(extension, "", { wasmType: "application/octet-stream" }));
  });

  test("say what to do where a .wasm file is not found", async () => {
    const opened = inChromium(extension, "", { without: /\.core\.wasm$/ });
    await expect(opened).rejects.toThrow(
      /could not load http.*flambeau\.relaxed\.core\.wasm: HTTP 404.*copy node_modules\/flambeau/,
    );
  });

  test("run under the strictest policy for content", async () => {
    const headers = {
      "content-security-policy": POLICY,
    };
    same(await inChromium(extension, "", { headers }));
    same(await inChromium(extension, "", { headers, isolated: true }));
  });

  test("run in an extension", async () => {
    same(outcomeOf(await browser.firstLine(`${browser.extension}index.html`)));
  });
});

describe.skipIf(noBundlers)("servers built by", () => {
  test.each(["webpack-server", "esbuild-server", "rollup-server", "vite-server"])("%s", (bundler) => {
    same(outcomeOf(node([join(build(bundler, "server.js"), "server.mjs")])));
  });

  test.each(["webpack-next-server", "esbuild-inline-server"])("%s, in CommonJS", (bundler) => {
    same(outcomeOf(node([join(build(bundler, "server.js"), "server.cjs")])));
  });
});

describe("registries", () => {
  const bin = (name: string, ...args: string[]): string => node([join(here, "node_modules", name), ...args], folder);

  test.skipIf(noBundlers)("publint has no complaint", () => {
    expect(bin("publint/src/cli.js", "--strict", tarball)).not.toMatch(/^(Warnings|Errors):/m);
  });

  test.skipIf(noBundlers)("the types are found as the modules are", () => {
    const found = JSON.parse(bin("@arethetypeswrong/cli/dist/index.js", "--profile", "esm-only", "--format", "json", tarball)) as Report; // prettier-ignore
    const ignored = ["node10", "node16-cjs"];
    const problems = Object.values(found.problems ?? {}).flat();
    expect(problems.filter(({ resolutionKind }) => !ignored.includes(resolutionKind ?? ""))).toEqual([]);
  });

  test("JSR would take it, under the same version", () => {
    const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8")) as { version: string };
    expect(read("deno.json").version).toBe(read("package.json").version);
    const args = ["publish", "--dry-run", "--allow-dirty", "--no-remote"];
    const { status, stderr } = spawnSync(deno(), args, {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    expect(stderr).toContain("Success Dry run complete");
    // modules that the program names, and packages that it has installed
    const warnings = new Set(stderr.match(/^warning\[.*?\]/gm));
    expect([...warnings]).toEqual(["warning[unanalyzable-dynamic-import]"]);
    expect(status).toBe(0);
  });
});
