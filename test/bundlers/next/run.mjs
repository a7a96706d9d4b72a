// Builds a page of Next.js, whose server and whose client run the fixtures' program, and looks at both: make next
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "../browser.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../../..");
const folder = mkdtempSync(join(tmpdir(), "flambeau-next-"));
const project = join(folder, "project");
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
const run = (program, args, cwd) => execFileSync(program, args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] });

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** The server's page, once it answers. */
async function page(url) {
  for (let tries = 0; ; tries++) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}

function check(where, text) {
  const found = /result (?:<!-- -->)?(\{.*?\})/.exec(text.replaceAll("&quot;", '"'));
  if (found === null) throw new Error(`${where}: ${text.slice(0, 500)}`);
  const { losses } = JSON.parse(found[1]);
  if (!(losses[1] < losses[0])) throw new Error(`${where}: ${losses.join()}`);
  console.log(`${where}: ${found[1]}`);
}

let server;
try {
  cpSync(here, project, { recursive: true, filter: (path) => !path.includes("node_modules") });
  cpSync(join(here, "../fixture/program.js"), join(project, "app/program.js"));
  // no lock: npm refuses one in which a registry lacks the compilers for other systems
  run("npm", ["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"], project);
  run("npm", ["pack", "--silent", "--pack-destination", folder], root);
  const tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".tgz")),
  );
  run("npm", ["install", "--silent", "--offline", "--no-audit", "--no-fund", "--no-save", tarball], project);
  const next = join(project, "node_modules/next/dist/bin/next");
  run(process.execPath, [next, "build"], project);
  const port = await freePort();
  server = spawn(process.execPath, [next, "start", "-p", port, "-H", "127.0.0.1"], {
    cwd: project,
    env,
    stdio: "ignore",
  });
  check("server", await page(`http://127.0.0.1:${port}/`));
  const browser = await launch("chromium");
  check("page", await browser.firstLine(`http://127.0.0.1:${port}/client`));
  await browser.close();
} finally {
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
}
